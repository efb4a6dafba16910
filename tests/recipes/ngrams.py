"""The n-gram model that a language model must beat: interpolated Kneser-Ney with one discount (Chen & Goodman 1998).

Of its kind the strongest simple one. The course's own, `scratch/language/ngram.py`, is for small texts.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np


class KneserNey:
    """Counts of a training text, and the bits that it needs for another. Tokens are integers below V."""

    def __init__(
        self, tokens: np.ndarray[Any, Any], order: int, vocabulary: int, discount: float = 0.75
    ) -> None:
        self.order, self.vocabulary, self.discount = order, vocabulary, discount
        text = tokens.tolist()
        grams = Counter(zip(*(text[i:] for i in range(order)), strict=False))
        # The longest order counts occurrences, every shorter one how many different tokens stand before it.
        self.levels: list[dict[tuple[int, ...], dict[int, int]]] = []
        for _ in range(order):
            level: dict[tuple[int, ...], dict[int, int]] = defaultdict(dict)
            for gram, count in grams.items():
                level[gram[:-1]][gram[-1]] = count
            self.levels.insert(0, dict(level))
            grams = Counter(gram[1:] for gram in grams)
        self.totals = [{h: sum(c.values()) for h, c in level.items()} for level in self.levels]

    def probability(self, context: tuple[int, ...], token: int) -> float:
        """p(token | the last order − 1 tokens)."""
        p = 1 / self.vocabulary
        for length, (level, totals) in enumerate(zip(self.levels, self.totals, strict=True)):
            history = context[len(context) - length :] if length else ()
            seen = level.get(history) if length <= len(context) else None
            if seen is None:
                break
            total = totals[history]
            p = max(seen.get(token, 0) - self.discount, 0) / total + self.discount * len(seen) / total * p
        return p

    def bits(self, tokens: np.ndarray[Any, Any]) -> float:
        """Bits a token over a text."""
        text = tokens.tolist()
        n = self.order - 1
        return -sum(
            math.log2(self.probability(tuple(text[max(0, t - n) : t]), token)) for t, token in enumerate(text)
        ) / len(text)
