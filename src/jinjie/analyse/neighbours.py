"""What a hidden token is, judged by its two neighbours alone: the mark that a model which fills gaps has to pass.

p(w | l, r) ∝ p(w | l) · p(r | w), with l and r the tokens on either side and each factor a bigram of the training text:
exact where l and r know nothing of each other but through w. Bigrams are mixed with single tokens by absolute
discounting (Ney et al. 1994): p(b | a) = max(c(a b) − D, 0) / c(a) + D · N(a) / c(a) · p(b), N(a) how many different
tokens follow a.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinjie.analyse.ngrams import DISCOUNT
from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

AT_ONCE = 2**22
"""Most shares that exist at once: 32 MB."""


class Neighbours:
    """Counts of training rows, and what they say of hidden tokens. Tokens are integers below V."""

    def __init__(self, tokens: np.ndarray[Any, Any], vocabulary: int, discount: float = DISCOUNT) -> None:
        """`tokens` (N) are the rows one behind the other; a pair over a row's end counts as any other."""
        self.vocabulary, self.discount = vocabulary, discount
        text = tokens.astype(np.int64)
        counts = np.bincount(text, minlength=vocabulary) + 1.0
        self.shares = counts / counts.sum()
        """p(w) of single tokens, each counted once more: (V)."""
        pairs, found = np.unique(text[:-1] * vocabulary + text[1:], return_counts=True)
        first, second = np.divmod(pairs, vocabulary)
        self._left = _rows(first, second, found, vocabulary)
        order = np.argsort(second, kind="stable")
        self._right = _rows(second[order], first[order], found[order], vocabulary)
        self._total = np.bincount(first, found, minlength=vocabulary)
        kinds = np.bincount(first, minlength=vocabulary)
        known = self._total > 0
        self._rest = np.where(known, discount * kinds / np.where(known, self._total, 1), 1.0)
        """The share of p(b | a) that p(b) is mixed in with: (V); 1 of a token that nothing follows."""

    def fill(
        self,
        left: np.ndarray[Any, Any],
        right: np.ndarray[Any, Any],
        targets: np.ndarray[Any, Any],
        unknown: int | None = None,
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Of hidden tokens (N) between `left` and `right` (N): the likeliest token (N), and −ln p of the true one (N).

        A neighbour that is `unknown`, as one that is hidden itself, tells nothing.
        """
        guess, nats = np.zeros(len(targets), np.int64), np.zeros(len(targets))
        size = max(1, AT_ONCE // self.vocabulary)
        for begin in range(0, len(targets), size):
            part = slice(begin, begin + size)
            shares = self._given_left(left[part], unknown) * self._before_right(right[part], unknown)
            shares /= shares.sum(1, keepdims=True)
            guess[part] = shares.argmax(1)
            nats[part] = -np.log(shares[np.arange(len(shares)), targets[part]])
        return guess, nats

    def _given_left(self, left: np.ndarray[Any, Any], unknown: int | None) -> np.ndarray[Any, Any]:
        """p(w | l) of every w, (N, V)."""
        silent = left == unknown if unknown is not None else np.zeros(len(left), bool)
        made: np.ndarray[Any, Any] = np.where(silent, 1.0, self._rest[left])[:, None] * self.shares
        for row, token in enumerate(left.tolist()):
            if not silent[row]:
                others, counts = _row(self._left, token)
                made[row, others] += (counts - self.discount) / self._total[token]
        return made

    def _before_right(self, right: np.ndarray[Any, Any], unknown: int | None) -> np.ndarray[Any, Any]:
        """p(r | w) of every w, (N, V)."""
        silent = right == unknown if unknown is not None else np.zeros(len(right), bool)
        made: np.ndarray[Any, Any] = self._rest * self.shares[right][:, None]
        for row, token in enumerate(right.tolist()):
            if silent[row]:
                made[row] = 1.0
            else:
                others, counts = _row(self._right, token)
                made[row, others] += (counts - self.discount) / self._total[others]
        return made


_Rows = tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]
"""Where each token's entries begin (V + 1), the tokens beside it, and how often."""


def _rows(
    token: np.ndarray[Any, Any], other: np.ndarray[Any, Any], counts: np.ndarray[Any, Any], vocabulary: int
) -> _Rows:
    return np.searchsorted(token, np.arange(vocabulary + 1)), other, counts


def _row(rows: _Rows, token: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    first, last = rows[0][token], rows[0][token + 1]
    return rows[1][first:last], rows[2][first:last]
