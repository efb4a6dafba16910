"""How well an answer's text agrees with the right one, as SQuAD scores it (Rajpurkar et al. 2016, section 6.1).

Case, punctuation and the English articles do not count. Words stand between blanks; of Chinese, each character is one.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from jinjie.data.tokenization.labels import wide

ARTICLES = frozenset({"a", "an", "the"})


def words(text: str) -> list[str]:
    """What counts of a text, word by word."""
    parts = []
    for character in text.lower():
        if unicodedata.category(character)[0] in "PS":
            continue
        parts.append(f" {character} " if wide(character) else character)
    return [word for word in "".join(parts).split() if word not in ARTICLES]


def exact(said: str, right: Sequence[str]) -> float:
    """1 where the answer is one of the right ones, else 0."""
    return float(any(words(said) == words(one) for one in right))


def overlap(said: str, right: Sequence[str]) -> float:
    """F1 of the words that both have, with the right answer that it agrees with best; 0 where there is none in common,
    1 where neither has any."""
    return max((_f1(words(said), words(one)) for one in right), default=0.0)


def _f1(said: Sequence[str], right: Sequence[str]) -> float:
    if not said or not right:
        return float(list(said) == list(right))
    shared = sum((Counter(said) & Counter(right)).values())
    return 2 * shared / (len(said) + len(right))
