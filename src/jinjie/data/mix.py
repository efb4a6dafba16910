"""English and Chinese together, the same for everyone: Shakespeare's works and Tang poems, under one tokenizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from jinjie.base.config import option
from jinjie.base.lazy import lazy
from jinjie.base.words import Text
from jinjie.data import cache, plays, poetry
from jinjie.data.corpus.config import TokenizerName
from jinjie.data.dataset import SPLITS, About, DataConfig, Report, Split
from jinjie.data.sources import CHINESE_POETRY, SHAKESPEARE

if TYPE_CHECKING:
    import numpy as np

    from jinjie.data.corpus.cutting import Piece
    from jinjie.data.corpus.documents import Problems, Read
    from jinjie.data.corpus.prepare import Settings
    from jinjie.data.corpus.windows import Packed
    from jinjie.data.tokenization.processor import TokenProcessor
else:
    np = lazy("numpy")

Languages = Literal["both", "en", "zh"]

SHARE = 2.5
"""Percent of the documents in validation and test, as of the poems."""
VOCABULARY = 8192
COUNTS: dict[Languages, dict[str, int]] = {
    "both": {"train": 2_941_755, "validation": 61_172, "test": 74_951},
    "en": {"train": 1_442_689, "validation": 24_839, "test": 36_699},
    "zh": {"train": 1_259_132, "validation": 31_463, "test": 32_216},
}
"""Tokens of each split with a tokenizer of `VOCABULARY`, known here so that it can be said before the download."""

_TITLES: dict[Languages, Text] = {
    "both": Text(
        en="English and Chinese: Shakespeare's 42 works, 30,000 Tang poems",
        zh="中英混合：莎士比亚全部 42 部作品与三万首唐诗",
    ),
    "en": Text(
        en="Shakespeare's 42 works, a scene or sonnet a document",
        zh="莎士比亚全部 42 部作品，每场或每首为一篇",
    ),
    "zh": Text(en="Tang poems, a poem a document", zh="唐诗，每首为一篇"),
}


class Config(DataConfig):
    """Documents in windows: x, y and `documents`, each (B, T) int64; y is −100 where nothing is to be predicted.

    The poems have the splits that they have by themselves (kind `poems`), so that bits per byte of Chinese compare; a
    scene or a sonnet belongs to the split that a hash of its text says.
    """

    kind: Literal["mix"] = "mix"
    tasks: ClassVar[tuple[str, ...]] = ("language",)
    in_tokens: ClassVar[bool] = True
    languages: Languages = option(
        "both", "English (en), Chinese (zh), or both", "英文（en）、中文（zh），或两者都要（both）"
    )
    tokenizer: TokenizerName = option(
        None,
        "a tokenizer that is there: a folder, a file, a run or gpt2; one is learned from the text when empty",
        "现成的分词器：文件夹、文件、训练名或 gpt2；留空则从文本学一个",
    )
    vocabulary: int = option(
        VOCABULARY, "tokens of a tokenizer that is learned", "自学分词器的词元数", ge=257, le=1_000_000
    )
    block: int = option(256, "window length T in tokens", "窗口长度 T（词元数）", ge=1)

    def about(self) -> About:
        sources = {"en": [SHAKESPEARE], "zh": [CHINESE_POETRY]}.get(
            self.languages, [SHAKESPEARE, CHINESE_POETRY]
        )
        usual = self.tokenizer is None and self.vocabulary == VOCABULARY
        facts = {"block": self.block}
        if self.tokenizer is None:
            facts["vocabulary"] = self.vocabulary
        return About(
            title=_TITLES[self.languages],
            real=True,
            source=", ".join(source.spec for source in sources),
            licence="; ".join(source.licence for source in sources),
            download_bytes=sum(source.bytes for source in sources),
            cached=self._cached(),
            counts=COUNTS[self.languages] if usual else {},
            facts=facts,
        )

    def rows(self, split: Split, facts: Mapping[str, int], counts: Mapping[str, int]) -> int | None:
        """Windows; of packed text the last one counts too, which is not full."""
        return None if split not in counts else -(-counts[split] // self.block)

    def load(self, report: Report | None = None) -> Packed:
        """Raises DownloadFailed when the texts cannot be fetched, and JinjieError when the disk is full."""
        from jinjie.data.corpus.opening import opened

        return opened("mix", _Mix(self.languages, report), self._settings(), self.block, self.about(), report)

    def open_processor(self, folder: Path) -> TokenProcessor:
        from jinjie.data.tokenization.processor import TokenProcessor

        return TokenProcessor.load(folder)

    def _settings(self) -> Settings:
        from jinjie.data.corpus.prepare import Settings
        from jinjie.data.corpus.splits import Shares

        return Settings(Shares(SHARE, SHARE), True, self.vocabulary, self.tokenizer)

    def _cached(self) -> bool:
        """Whether it is prepared, as far as that can be told without opening a tokenizer."""
        from jinjie.data.corpus.prepare import ABOUT, folder_of

        if self.tokenizer is not None:
            return False
        return (folder_of("mix", _Mix(self.languages), self._settings()) / ABOUT).is_file()


@dataclass
class _Mix:
    """The two texts as a source of documents: the plays first, then the poems."""

    languages: Languages
    report: Report | None = None
    """Hears of fetching and converting at the first reading; later ones take seconds and tell nothing."""

    @property
    def size(self) -> int:
        return 0  # fetching and converting tell of themselves

    def identity(self, read: Read | None = None) -> list[Any]:
        return [self.languages, plays.VERSION, poetry.VERSION]

    def pieces(self, problems: Problems, read: Read) -> Iterator[Piece]:
        from jinjie.data.corpus.cutting import pieces

        report, self.report = self.report, None
        if self.languages != "zh":
            for text in plays.documents(report):
                yield from pieces(text)
        if self.languages != "en":
            yield from poems(report)

    def check_unchanged(self) -> None:
        return


def poems(report: Report | None) -> Iterator[Piece]:
    """Every poem in its own split, without the line breaks that a stream of characters parts them with."""
    from jinjie.data.corpus.cutting import pieces

    folder = cache.converted("poems", poetry.VERSION, lambda place: poetry.convert(place, report), report)
    characters = np.array(cache.about(folder)["vocabulary"])
    for split in SPLITS:
        text = "".join(characters[np.load(folder / f"{split}-ids.npy")])
        starts = np.load(folder / f"{split}-starts.npy").tolist()
        for first, last in zip(starts, [*starts[1:], len(text)], strict=True):
            yield from pieces(text[first:last].strip("\n"), split)
