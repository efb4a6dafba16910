"""Hiding tokens from a BERT (Devlin et al. 2018, section 3.1): some of the words, of them most as [MASK], a few as
another token, a few as they are.

What is hidden is drawn anew whenever a text is seen (Liu et al. 2019, section 4.1), from a generator that is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np

    from jinjie.data.tokenization.processor import TokenProcessor
else:
    np = lazy("numpy")

NOTHING = -100
"""y where nothing is hidden: cross-entropy leaves it out."""

MASKED, OTHER = 0.8, 0.1
"""Of the hidden tokens, how many are [MASK] and how many are another token; the rest stays as it is."""


@dataclass(frozen=True)
class Masking:
    """How tokens are hidden, for one vocabulary of V tokens."""

    share: float
    """Of the tokens of a row that can be hidden, how many are; at least one word is."""
    mask: int
    regular: np.ndarray[Any, Any]
    """The ids (R) that stand for text: one of them takes the place of a token that is swapped."""
    special: np.ndarray[Any, Any]
    """Whether a token is special (V): it is never hidden."""
    inside: np.ndarray[Any, Any] | None = None
    """Whether a token goes on with a word (V), where words are hidden whole; None where each token is by itself."""

    @classmethod
    def of(cls, processor: TokenProcessor, share: float, whole_word: bool) -> Masking:
        from jinjie.data.tokenization.wordpiece import INSIDE

        special = np.zeros(processor.vocabulary, bool)
        special[list(processor.special_ids)] = True
        inside = None
        if whole_word:
            inside = np.zeros(processor.vocabulary, bool)
            ids = [i for token, i in processor.tokenizer.get_vocab().items() if token.startswith(INSIDE)]
            inside[ids] = True
        return cls(share, processor.special["mask"], np.flatnonzero(~special), special, inside)

    def hide(
        self, x: np.ndarray[Any, Any], generator: np.random.Generator
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """x (T) with some tokens hidden, and y (T): what stood there, −100 at all other places."""
        y = np.full(len(x), NOTHING, np.int64)
        chosen = self._chosen(x, generator)
        y[chosen] = x[chosen]
        drawn = generator.random(len(chosen))
        swapped = self.regular[generator.integers(len(self.regular), size=len(chosen))]
        hidden = np.where(drawn < MASKED, self.mask, np.where(drawn < MASKED + OTHER, swapped, x[chosen]))
        seen = x.copy()
        seen[chosen] = hidden
        return seen, y

    def _chosen(self, x: np.ndarray[Any, Any], generator: np.random.Generator) -> np.ndarray[Any, Any]:
        """The places of the tokens to hide: those of words in an order of chance, until no further one fits."""
        places = np.flatnonzero(~self.special[x])
        if not len(places):
            return places
        if self.inside is None:
            words = np.arange(len(places))
        else:
            # the pieces of a word stand side by side; behind a special token a new word begins
            goes_on = self.inside[x[places]] & (np.diff(places, prepend=-2) == 1)
            words = np.cumsum(~goes_on) - 1
            words -= words[0]
        sizes = np.bincount(words)
        order = generator.permutation(len(sizes))
        wanted = max(1.0, self.share * len(places))
        # a fraction of a token is one, as often as it says: the share holds for short texts too
        taken = int(wanted) + (generator.random() < wanted % 1)
        fits = np.cumsum(sizes[order]) <= taken
        fits[0] = True
        kept = np.zeros(len(sizes), bool)
        kept[order[fits]] = True
        return places[kept[words]]
