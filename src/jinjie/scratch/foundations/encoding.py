"""Categories as numbers: codes for what is to be predicted, one-hot columns for what predicts.

The classes are learnt on the training data and applied to all others, so that a code means the same everywhere.
"""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from jinjie.scratch import Array, Integers


def learn_classes(values: Sequence[Hashable]) -> list[Any]:
    """The distinct values in sorted order: the class at place k gets the code k.

    >>> learn_classes(["red", "green", "red", "blue"])
    ['blue', 'green', 'red']
    """
    if len(values) == 0:
        raise ValueError("expected at least one value to learn the classes from, got none")
    return sorted(set(values))


def encode(values: Sequence[Hashable], classes: Sequence[Hashable]) -> Integers:
    """The code of each value, its place among the classes: (N,) codes from 0 to K − 1.

    A value that was not among the classes raises ValueError: no code would be right for it.

    Formula `label-encoding`: y_n = k where value_n = class_k

    >>> encode(["red", "green", "red"], classes=["blue", "green", "red"])
    array([2, 1, 2])
    """
    codes = {value: k for k, value in enumerate(classes)}
    unknown = [value for value in values if value not in codes]
    if unknown:
        raise ValueError(f"expected values among the classes {list(classes)}, got {unknown[0]!r}")
    return np.array([codes[value] for value in values], dtype=np.int64)


def decode(y: Integers, classes: Sequence[Any]) -> list[Any]:
    """The values that the codes stand for: `encode` undone.

    >>> decode(np.array([2, 1, 2]), classes=["blue", "green", "red"])
    ['red', 'green', 'red']
    """
    check_labels(y, len(classes))
    return [classes[k] for k in y]


def one_hot(y: Integers, K: int) -> Array:
    """A column for each class, 1 in the column of the label and 0 elsewhere: (...) → (..., K).

    All classes are equally far from one another, where codes would say that class 2 is twice class 1.

    Formula `one-hot`: q_nk = 1 if y_n = k, else 0

    >>> one_hot(np.array([2, 0, 1]), K=3)
    array([[0., 0., 1.],
           [1., 0., 0.],
           [0., 1., 0.]])
    """
    check_labels(y, K)
    return np.equal(y[..., None], np.arange(K)).astype(np.float64)


def check_labels(y: Integers, K: int) -> None:
    """Raise ValueError unless every label is an integer from 0 to K − 1.

    NumPy would take −1 for the last class and cut no fraction off aloud; the loss would be that of other labels.

    >>> check_labels(np.array([0, 2, 1]), K=3)
    """
    if y.size == 0:
        raise ValueError("expected at least one label, got none")
    if not np.issubdtype(y.dtype, np.integer):
        raise ValueError(f"expected integer labels from 0 to {K - 1}, got numbers of type {y.dtype}")
    if y.min() < 0 or y.max() >= K:
        raise ValueError(f"expected labels from 0 to {K - 1}, got labels from {y.min()} to {y.max()}")
