"""How well named stretches of text are found: a span counts when its borders and its kind are exactly right.

Precision, recall and F1 as conlleval and seqeval count them (Tjong Kim Sang & De Meulder 2003): over all spans of a
split at once (micro), and of each kind alone. Where nothing is to be found or nothing is said, a share is 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy
from jinjie.data.spans import Span, spans_of

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")


def counts(
    true: Iterable[Sequence[Span]], said: Iterable[Sequence[Span]], kinds: Sequence[str]
) -> np.ndarray[Any, Any]:
    """Of each text and kind how many spans there are, how many were said, how many of those are right: (N, K, 3)."""
    place = {kind: number for number, kind in enumerate(kinds)}
    rows = []
    for there, found in zip(true, said, strict=True):
        row = np.zeros((len(kinds), 3), np.int64)
        for column, spans in enumerate((there, found, set(there) & set(found))):
            for span in spans:
                row[place[span.kind], column] += 1
        rows.append(row)
    return np.stack(rows) if rows else np.zeros((0, len(kinds), 3), np.int64)


def of_tags(
    true: Iterable[Sequence[str]], said: Iterable[Sequence[str]], kinds: Sequence[str]
) -> np.ndarray[Any, Any]:
    """`counts` of rows of tags, as `spans_of` reads them: (N, K, 3)."""
    return counts(map(spans_of, true), map(spans_of, said), kinds)


def shares(counted: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """`precision`, `recall` and `f1` of counts (…, 3) as `counts` has them, each (…)."""
    there, said, right = np.moveaxis(np.asarray(counted, np.float64), -1, 0)
    return {
        "precision": right / np.maximum(said, 1e-12),
        "recall": right / np.maximum(there, 1e-12),
        "f1": 2 * right / np.maximum(there + said, 1e-12),
    }
