"""What a model said of every example, as a CSV: for whoever computes a score of their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np

    from jinjie.analyse.measures import Predictions
else:
    np = lazy("numpy")

FILE = "predictions.csv"


def of_classes(made: Predictions, labels: Sequence[str]) -> str:
    """`index` in the split, the `true` class, the `predicted` one, and the probability `p(CLASS)` of each."""
    head = ["index", "true", "predicted", *(f"p({label})" for label in labels)]
    truths, guesses = made.y.tolist(), made.guess.tolist()
    rows = zip(truths, guesses, np.exp(made.log_shares).tolist(), strict=True)
    return _written(head, ([i, labels[y], labels[g], *p] for i, (y, g, p) in enumerate(rows)))


def of_numbers(predicted: np.ndarray[Any, Any], target: np.ndarray[Any, Any]) -> str:
    """`index` in the split, the `true` number and the `predicted` one."""
    rows = zip(target.tolist(), predicted.tolist(), strict=True)
    return _written(["index", "true", "predicted"], ([i, *row] for i, row in enumerate(rows)))


def _written(head: list[str], rows: Any) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
