"""Texts with a class each as a contender reads them, and what is asked of it when it has learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

ASKED = 64
"""Texts in one question."""


class Reviews:
    """For `train` and `held`: token ids of every text, and their classes."""

    def __init__(self, file: str) -> None:
        data = np.load(file)
        self.rows: dict[str, list[np.ndarray[Any, Any]]] = {}
        self.y: dict[str, np.ndarray[Any, Any]] = {}
        for name in ("train", "held"):
            ends = np.cumsum(data[f"{name}_lengths"])[:-1]
            self.rows[name] = np.split(data[f"{name}_x"].astype(np.int64), ends)
            self.y[name] = data[f"{name}_y"].astype(np.int64)

    def accuracy(self, classes: Callable[[np.ndarray[Any, Any], np.ndarray[Any, Any]], Any]) -> float:
        """The share of the held texts that are told right; `classes` of x and mask (B, T) gives them (B)."""
        right = sum(int((np.asarray(classes(x, mask)) == y).sum()) for x, mask, y in self._questions())
        return right / len(self.y["held"])

    def _questions(self) -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
        """x, mask (B, T), int64, 1 where there is a token, and y (B); the shortest texts first."""
        rows = self.rows["held"]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        for begin in range(0, len(order), ASKED):
            chosen = order[begin : begin + ASKED]
            longest = len(rows[chosen[-1]])
            x = np.zeros((len(chosen), longest), np.int64)
            mask = np.zeros_like(x)
            for place, i in enumerate(chosen):
                x[place, : len(rows[i])] = rows[i]
                mask[place, : len(rows[i])] = 1
            yield x, mask, self.y["held"][chosen]
