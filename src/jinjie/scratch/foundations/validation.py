"""Held-out data: what a model is worth is seen on examples that it was not trained on.

All functions deal in indices, so that X[train], y[train] and whatever else belongs to an example stay together.
"""

from collections.abc import Callable

import numpy as np

from jinjie.scratch import Array, Integers

Fold = tuple[Integers, Integers]


def train_test_split(N: int, test_share: float, rng: np.random.Generator) -> Fold:
    """(training indices, test indices): a random share of N examples held out, at least one on each side.

    >>> train, test = train_test_split(5, test_share=0.4, rng=np.random.default_rng(0))
    >>> train, test
    (array([0, 1, 3]), array([2, 4]))
    """
    held_out = round(test_share * N)
    if not 0 < held_out < N:
        raise ValueError(
            f"expected a share that leaves at least one of {N} examples on each side, got {test_share}"
        )
    order = rng.permutation(N)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def stratified_split(y: Integers, test_share: float, rng: np.random.Generator) -> Fold:
    """A split that takes the same share of every class, so that a rare class is on both sides.

    >>> train, test = stratified_split(np.array([0, 0, 0, 0, 1, 1]), test_share=0.5, rng=np.random.default_rng(0))
    >>> train, test
    (array([1, 3, 4]), array([0, 2, 5]))
    """
    trains, tests = [], []
    for k in np.unique(y):
        members = np.flatnonzero(y == k)
        train, test = train_test_split(len(members), test_share, rng)
        trains.append(members[train])
        tests.append(members[test])
    return np.sort(np.concatenate(trains)), np.sort(np.concatenate(tests))


def k_fold(N: int, k: int, rng: np.random.Generator) -> list[Fold]:
    """k pairs (training indices, validation indices): each example is validated on exactly once.

    Source: Stone 1974; Hastie, Tibshirani & Friedman, The Elements of Statistical Learning (2009), §7.10.

    >>> for train, validation in k_fold(5, k=2, rng=np.random.default_rng(0)):
    ...     print(train, validation)
    [0 1] [2 3 4]
    [2 3 4] [0 1]
    """
    if not 2 <= k <= N:
        raise ValueError(f"expected from 2 to {N} folds, the number of examples, got {k}")
    order = rng.permutation(N)
    return folds_of([np.sort(part) for part in np.array_split(order, k)])


def stratified_k_fold(y: Integers, k: int, rng: np.random.Generator) -> list[Fold]:
    """k folds with every class in equal shares, to within one example: each class is dealt out like cards.

    >>> for train, validation in stratified_k_fold(np.array([0, 0, 0, 0, 1, 1]), k=2, rng=np.random.default_rng(0)):
    ...     print(train, validation)
    [0 3 4] [1 2 5]
    [1 2 5] [0 3 4]
    """
    _, counts = np.unique(y, return_counts=True)
    if y.size == 0 or not 2 <= k <= counts.min():
        raise ValueError(
            f"expected at least 2 folds and k = {k} examples of every class, got {counts} of each"
        )
    shuffled = [rng.permutation(np.flatnonzero(y == label)) for label in np.unique(y)]
    dealt = np.concatenate(shuffled)
    return folds_of([np.sort(dealt[fold::k]) for fold in range(k)])


def cross_validation(score: Callable[[Integers, Integers], float], folds: list[Fold]) -> tuple[float, float]:
    """The mean score over the folds and its standard error; `score(train, validation)` trains and judges.

    Source: Hastie, Tibshirani & Friedman (2009), equation 7.48, here the mean of the folds.

    Formula `cross-validation`: CV = 1/k Σ_i s_i;  SE = √(Σ_i (s_i − CV)² / (k − 1)) / √k;  s_i the score on fold i

    >>> folds = k_fold(6, k=3, rng=np.random.default_rng(0))
    >>> mean, error = cross_validation(lambda train, validation: float(validation.mean()), folds)
    >>> round(mean, 4), round(error, 4)
    (2.5, 1.1547)
    """
    s = np.array([score(train, validation) for train, validation in folds])
    k = len(s)
    cv = np.mean(s)
    error = np.sqrt(np.sum((s - cv) ** 2) / (k - 1)) / np.sqrt(k)
    return float(cv), float(error)


def bias_variance(predictions: Array, y: Array) -> tuple[float, float]:
    """Where a loss comes from: what all the models get wrong together, and how far they differ among themselves.

    Each of R models was trained on a sample of its own; row r holds its predictions for the same N examples, on which
    none of them was trained. The two parts add up to the mean squared error of a model. The first is the square of
    the bias and, where the targets are measured, their noise as well: data cannot tell these two apart.
    Source: Geman, Bienenstock & Doursat 1992; Hastie, Tibshirani & Friedman (2009), equation 7.9.

    Formula `bias-variance`: f̄_n = 1/R Σ_r f_rn;  B = 1/N Σ_n (f̄_n − y_n)²;  V = 1/(RN) Σ_r Σ_n (f_rn − f̄_n)²

    >>> bias, variance = bias_variance(np.array([[1.0, 4.0], [3.0, 4.0]]), y=np.array([2.0, 3.0]))
    >>> bias, variance  # together the mean of the four squared errors 1, 1, 1, 1
    (0.5, 0.5)
    """
    if predictions.shape[1:] != y.shape:
        raise ValueError(f"expected a prediction for each target, got {predictions.shape} and {y.shape}")
    f_bar = predictions.mean(axis=0)
    bias = np.mean((f_bar - y) ** 2)
    variance = np.mean((predictions - f_bar) ** 2)
    return float(bias), float(variance)


def folds_of(parts: list[Integers]) -> list[Fold]:
    """Each part held out once, the others together to train on.

    >>> folds_of([np.array([0, 2]), np.array([1])])
    [(array([1]), array([0, 2])), (array([0, 2]), array([1]))]
    """
    folds = []
    for i, validation in enumerate(parts):
        others = [part for j, part in enumerate(parts) if j != i]
        folds.append((np.sort(np.concatenate(others)), validation))
    return folds
