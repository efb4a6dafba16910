"""The config of what a BERT is pre-trained on: texts out of packages, or the user's own of any size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import model_validator

from jinjie.base.config import Wrong, option
from jinjie.base.words import Text
from jinjie.data.corpus.config import TokenizerName
from jinjie.data.dataset import About, DataConfig, Report, text_bytes
from jinjie.data.pairs.reading import SOURCES, Name
from jinjie.data.reading import OptionalPath

if TYPE_CHECKING:
    from jinjie.data.corpus.prepare import Settings
    from jinjie.data.corpus.splits import Source
    from jinjie.data.pairs.dataset import Pairs
    from jinjie.data.tokenization.processor import TokenProcessor

SHARE = 2.5
"""Percent of the documents in validation and test, as of kind `mix`."""
USUAL: tuple[Name, ...] = ("plays", "news", "reviews")
VOCABULARY = 12_000
BLOCK = 128
COUNTS = {"train": 44_113, "validation": 4486, "test": 4364}
LENGTH = 86
"""Rows of each split, and tokens in one on average, when nothing is set: known here so that they can be said before the
download."""


class Config(DataConfig):
    """Rows of two stretches, [CLS] A [SEP] B [SEP], with hidden tokens: x, y, types and documents (B, T), follows (B).

    A WordPiece vocabulary is learned from all texts together, in which a Chinese character stands alone.
    """

    kind: Literal["pairs"] = "pairs"
    tasks: ClassVar[tuple[str, ...]] = ("masked",)
    texts: tuple[Name, ...] = option(
        USUAL,
        "what is read: plays (English), poems, news, reviews (Chinese)",
        "读哪些文本：plays（英文戏剧）、poems（诗）、news（新闻）、reviews（评论）",
        min_length=1,
    )
    path: OptionalPath = option(
        None,
        "files of your own instead, as kind corpus takes them: books/**/*.txt, .md, .jsonl, .csv, .parquet, .gz",
        "改用自己的文件，与 corpus 相同：books/**/*.txt、.md、.jsonl、.csv、.parquet，也可 .gz",
    )
    field: str = option(
        "text",
        "the field or column of own files that holds the text",
        "自己文件里存放文本的字段名或列名",
        min_length=1,
    )
    documents: Literal["file", "blank-lines", "lines"] = option(
        "file",
        "what is a document in an own .txt: the whole file, or what stands between blank lines, or every line",
        "自己的 .txt 里怎样算一篇文档：整个文件、以空行分隔，或每行一篇",
    )
    tokenizer: TokenizerName = option(
        None,
        "a WordPiece tokenizer that is there: a folder, a file, a run or bert; learned from the texts when empty",
        "现成的 WordPiece 分词器：文件夹、文件、训练名或 bert；留空则从文本学一个",
    )
    vocabulary: int = option(
        VOCABULARY, "tokens of a tokenizer that is learned", "自学分词器的词元数", ge=64, le=1_000_000
    )
    block: int = option(
        BLOCK, "longest row in tokens, with its special ones", "一行最长的词元数（含特殊词元）", ge=8
    )
    next_sentence: bool = option(
        True,
        "rows of two stretches, the second following the first half the time; one stretch when off",
        "每行两段，后一段有一半机会紧接前一段；关闭则每行一段",
    )
    masked: float = option(0.15, "share of the tokens that are hidden", "被掩盖词元的比例", gt=0, lt=1)
    whole_word: bool = option(
        False,
        "hide words whole, with all their pieces; a Chinese character is a word",
        "整词掩盖：一个词的各个片段一起掩盖；汉字每字算一词",
    )

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if len(set(self.texts)) < len(self.texts):
            raise Wrong("pairs.named_twice", texts=", ".join(self.texts))
        return self

    def about(self) -> About:
        facts = {"block": self.block}
        if self.tokenizer is None:
            facts["vocabulary"] = self.vocabulary
        if self.path is not None:
            title = Text(en=f"Your texts {self.path}", zh=f"自己的文本 {self.path}")
            return About(title=title, real=True, source=self.path, licence="yours", facts=facts)
        sources = list({SOURCES[name].name: SOURCES[name] for name in self.texts}.values())
        usual = (
            self.model_copy(update={"masked": 0.15, "whole_word": False, "next_sentence": True}) == Config()
        )
        return About(
            title=Text(
                en="Text in pairs of stretches, some of it hidden: Shakespeare, a newspaper, reviews",
                zh="成对的文本片段，部分词元被掩盖：莎士比亚、报纸、评论",
            )
            if self.texts == USUAL
            else Text(
                en=f"Text in pairs of stretches, some of it hidden: {', '.join(self.texts)}",
                zh=f"成对的文本片段，部分词元被掩盖：{'、'.join(self.texts)}",
            ),
            real=True,
            source=", ".join(source.spec for source in sources),
            licence="; ".join(source.licence for source in sources),
            download_bytes=sum(source.bytes for source in sources),
            cached=self._cached(),
            counts=COUNTS if usual else {},
            facts=facts | ({"length": LENGTH} if usual else {}),
        )

    def held(self, facts: Mapping[str, int], counts: Mapping[str, int]) -> int:
        return text_bytes(counts)

    def load(self, report: Report | None = None) -> Pairs:
        """Tokenised on first use, opened after.

        Raises InvalidInput for everything that is wrong with own files, DownloadFailed, JinjieError when the disk is
        full.
        """
        from jinjie.data.pairs.opening import opened

        return opened(self._source(report), self._settings(), self, report)

    def open_processor(self, folder: Path) -> TokenProcessor:
        from jinjie.data.tokenization.processor import TokenProcessor

        return TokenProcessor.load(folder)

    def _source(self, report: Report | None) -> Source:
        from jinjie.data.corpus.documents import Files
        from jinjie.data.corpus.files import find
        from jinjie.data.pairs.reading import Packaged

        if self.path is None:
            return Packaged(self.texts, report)
        return Files(find(self.path), self.field, self.documents, "")

    def _settings(self) -> Settings:
        from jinjie.data.corpus.prepare import Settings
        from jinjie.data.corpus.splits import Shares

        return Settings(Shares(SHARE, SHARE), True, self.vocabulary, self.tokenizer, "wordpiece")

    def _cached(self) -> bool:
        """Whether it is prepared, as far as that can be told without opening a tokenizer."""
        from jinjie.data.corpus.prepare import ABOUT, folder_of

        if self.tokenizer is not None:
            return False
        return (folder_of("pairs", self._source(None), self._settings()) / ABOUT).is_file()
