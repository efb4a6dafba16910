"""The n-gram model that a language model must beat: interpolated Kneser-Ney with one discount (Chen & Goodman 1998).

Of its kind the strongest simple one. It is worked out for all tokens at once: an n-gram is the pair of the n-gram of
its first n − 1 tokens and its last token, and gets a number of its own, so that counting is sorting. The course's own,
`scratch/language/ngram.py`, is for small texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

ORDER = 5
DISCOUNT = 0.75


@dataclass(frozen=True)
class _Level:
    """All n-grams of one length n: the history is the first n − 1 tokens, the continuation the last."""

    pairs: np.ndarray[Any, Any]
    """history · V + token, ascending (G): number i is the n-gram i. The history is a number of the level below."""
    counts: np.ndarray[Any, Any]
    """(G): occurrences at the longest n, at all others how many different tokens stand before; 0 at a text's front."""
    totals: np.ndarray[Any, Any]
    """The sum of counts, for each history."""
    kinds: np.ndarray[Any, Any]
    """How many different tokens follow each history."""


class KneserNey:
    """Counts of a training text, and the probabilities that it gives another. Tokens are integers below V.

    With h the last n − 1 tokens, c counts, N(h) how many different tokens follow h, and D the discount:

    p_n(w | h) = max(c(h w) − D, 0) / c(h) + D · N(h) / c(h) · p_{n−1}(w | h'),   p_0 = 1 / V.

    h' is h without its first token. An h that training lacks has p_n = p_{n−1}.
    """

    def __init__(
        self,
        tokens: np.ndarray[Any, Any],
        order: int = ORDER,
        vocabulary: int = 2**16,
        discount: float = DISCOUNT,
    ) -> None:
        self.order, self.vocabulary, self.discount = order, vocabulary, discount
        text = tokens.astype(np.int64)
        pairs, firsts, counts, ends = [], [], [], [np.zeros(len(text) + 1, np.int64)]
        for n in range(1, order + 1):
            # The n-gram that begins at place i is the one of n − 1 tokens there, and the token at i + n − 1.
            known = ends[-1][: max(0, len(text) - n + 1)]
            found = np.unique(
                known * vocabulary + text[n - 1 :], return_index=True, return_inverse=True, return_counts=True
            )
            pairs.append(found[0])
            firsts.append(found[1])
            ends.append(found[2].reshape(-1))
            counts.append(found[3])
        histories = 1
        self._levels: list[_Level] = []
        for n in range(1, order + 1):
            if n < order:
                # Each longer n-gram is counted once, for the n-gram that it ends with.
                counts[n - 1] = np.bincount(ends[n][firsts[n] + 1], minlength=len(pairs[n - 1]))
            history, count = pairs[n - 1] // vocabulary, counts[n - 1]
            totals = np.bincount(history, count, minlength=histories)
            kinds = np.bincount(history, count > 0, minlength=histories)
            self._levels.append(_Level(pairs[n - 1], count, totals, kinds))
            histories = len(pairs[n - 1])

    def nats(self, tokens: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """−ln p of each token of a text, given the order − 1 before it: (T)."""
        text = tokens.astype(np.int64)
        p = np.full(len(text), 1 / self.vocabulary)
        # The number of the history of each token, −1 where training lacks it or the text has not so many before.
        history = np.zeros(len(text), np.int64)
        for n, level in enumerate(self._levels, 1):
            known = history >= 0
            history = np.where(known, history, 0)
            total = np.where(known, _at(level.totals, history), 0)
            seen = total > 0
            place, found = _found(level.pairs, history * self.vocabulary + text)
            count = np.where(found & known, _at(level.counts, place), 0)
            safe = np.where(seen, total, 1)
            left = self.discount * np.where(seen, _at(level.kinds, history), 0) / safe
            p = np.where(seen, np.maximum(count - self.discount, 0) / safe + left * p, p)
            if n < self.order:
                history = self._next(text, n)
        made: np.ndarray[Any, Any] = -np.log(p)
        return made

    def _next(self, text: np.ndarray[Any, Any], n: int) -> np.ndarray[Any, Any]:
        """The number of the n tokens before each token, −1 where there is none."""
        number = np.zeros(max(0, len(text) - n + 1), np.int64)
        for k in range(n):
            key = np.where(number >= 0, number, 0) * self.vocabulary + text[k : k + len(number)]
            place, found = _found(self._levels[k].pairs, key)
            number = np.where(found & (number >= 0), place, -1)
        made = np.full(len(text), -1)
        made[n:] = number[: max(0, len(text) - n)]
        return made

    def probability(self, context: tuple[int, ...], token: int) -> float:
        """p(token | the last order − 1 tokens of the context)."""
        return float(np.exp(-self.nats(np.array([*context, token]))[-1]))

    def bits(self, tokens: np.ndarray[Any, Any]) -> float:
        """Bits a token over a text."""
        return float(self.nats(tokens).mean() / np.log(2))


def unigram_nats(
    train: np.ndarray[Any, Any], tokens: np.ndarray[Any, Any], vocabulary: int
) -> np.ndarray[Any, Any]:
    """−ln p of each token by its share in training alone, each counted once more so that none is impossible: (T)."""
    counts = np.bincount(train.astype(np.int64), minlength=vocabulary) + 1.0
    made: np.ndarray[Any, Any] = -np.log(counts / counts.sum())[tokens.astype(np.int64)]
    return made


def _found(
    known: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Where each of `wanted` stands in `known`, which ascends, and whether it does."""
    place = np.minimum(np.searchsorted(known, wanted), max(0, len(known) - 1))
    return place, _at(known, place, -1) == wanted


def _at(values: np.ndarray[Any, Any], places: np.ndarray[Any, Any], none: int = 0) -> np.ndarray[Any, Any]:
    """`values` at `places`; `none` everywhere where there are no values at all, as of a text shorter than n."""
    return values[places] if len(values) else np.full(len(places), none)
