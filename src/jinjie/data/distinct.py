"""Texts that are told apart, and dealt to splits: equal ones never stand in two.

A text that occurs twice is one text, by its normal form; one that occurs with two labels has none.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from jinjie.data.dataset import SPLITS, Split

L = TypeVar("L", bound=Hashable)

FEWEST = 3
"""Texts that a class must have: one for each split."""

_BLANKS = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufeff]+")
"""What takes up room without being seen, the marks that have no width among them."""


@dataclass(frozen=True)
class Distinct(Generic[L]):
    """Texts that differ, in the order they came in, and how many were left out: `duplicates`, `contradictory` ones that
    stand under two labels (counted once each), and `empty` ones."""

    texts: list[str]
    labels: list[L]
    keys: list[str]
    """The normal forms."""
    duplicates: int
    contradictory: int
    empty: int

    @property
    def left_out(self) -> dict[str, int]:
        return {
            "duplicates": self.duplicates,
            "contradictory": self.contradictory,
            "empty": self.empty,
        }


def normal(text: str) -> str:
    """A text for comparison: compatible forms of characters are one (NFKC), case and blanks do not count.

    Full-width letters are letters, ﬁ is fi, and a line break or no blank at all is as good as a blank.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    # blanks first: what they stood between may be one character without them
    return unicodedata.normalize("NFKC", _BLANKS.sub("", folded)).casefold()


def distinct(rows: Iterable[tuple[str, L]]) -> Distinct[L]:
    """Each text of (text, label) once, as it was first written, those with two labels left out."""
    first: dict[str, tuple[str, L]] = {}
    torn: set[str] = set()
    count = empty = 0
    for text, label in rows:
        count += 1
        key = normal(text)
        if not key:
            empty += 1
        elif first.setdefault(key, (text, label))[1] != label:
            torn.add(key)
    kept = {key: row for key, row in first.items() if key not in torn}
    texts, labels = [row[0] for row in kept.values()], [row[1] for row in kept.values()]
    return Distinct(texts, labels, list(kept), count - empty - len(first), len(torn), empty)


def split_of(key: str) -> Split:
    """The split of a text by a hash of its normal form: 80 % to learn from, 10 % to watch, 10 % to test.

    It depends on nothing but the text, so more texts move none of those there are.
    """
    tenth = _hash(key) % 10
    return "train" if tenth < 8 else "validation" if tenth == 8 else "test"


def dealt(keys: Sequence[str], labels: Sequence[Hashable]) -> dict[Split, list[int]]:
    """Indices of texts in each split, by `split_of`; with many texts every class has its share in each.

    Where there are so few that a split would lack a class, the texts of each class are cut by the order of their
    hashes instead: a tenth, at least one, to watch, and as many to test. A class needs `FEWEST` texts.
    """
    where = [split_of(key) for key in keys]
    found: dict[Split, list[int]] = {
        split: [i for i, s in enumerate(where) if s == split] for split in SPLITS
    }
    classes = set(labels)
    if all({labels[i] for i in rows} == classes for rows in found.values()):
        return found
    ranked: dict[Hashable, list[int]] = {}
    for i in sorted(range(len(keys)), key=lambda i: _hash(keys[i])):
        ranked.setdefault(labels[i], []).append(i)
    dealt_out: dict[Split, list[int]] = {split: [] for split in SPLITS}
    for rows in ranked.values():
        held = max(1, len(rows) // 10)
        dealt_out["test"] += rows[:held]
        dealt_out["validation"] += rows[held : 2 * held]
        dealt_out["train"] += rows[2 * held :]
    return {split: sorted(rows) for split, rows in dealt_out.items()}


def _hash(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")
