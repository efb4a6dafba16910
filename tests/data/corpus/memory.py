"""Documents from memory, as a source: `from memory import Given`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jinjie.data.corpus.cutting import Piece, pieces
from jinjie.data.corpus.documents import Problems


@dataclass
class Given:
    """Documents from memory, as a source."""

    texts: Sequence[str]

    @property
    def size(self) -> int:
        return sum(len(text.encode()) for text in self.texts)

    def identity(self, read: Any = None) -> list[Any]:
        return list(self.texts)

    def pieces(self, problems: Problems, read: Any) -> Iterator[Piece]:
        for text in self.texts:
            yield from pieces(text)

    def check_unchanged(self) -> None:
        return
