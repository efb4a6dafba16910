"""The config of a corpus: the user's own text of any size."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, model_validator

from jinjie.base import paths
from jinjie.base.config import Wrong, option
from jinjie.base.words import Text
from jinjie.data.dataset import About, DataConfig, Report, Split
from jinjie.data.reading import UserPath

if TYPE_CHECKING:
    from jinjie.data.corpus.windows import Packed
    from jinjie.data.tokenization.processor import TokenProcessor


def _absolute(name: str | None) -> str | None:
    """A path made absolute, a bare name left as it is: it may be a run's."""
    if name is None or not (os.sep in name or "/" in name or name.startswith((".", "~"))):
        return name
    return str(paths.place(name).absolute())


TokenizerName = Annotated[str | None, AfterValidator(_absolute)]


class Config(DataConfig):
    """Documents in windows: x, y and `documents`, each (B, T) int64; y is −100 where nothing is to be predicted."""

    kind: Literal["corpus"] = "corpus"
    tasks: ClassVar[tuple[str, ...]] = ("language",)
    in_tokens: ClassVar[bool] = True
    path: UserPath = option(
        ...,
        "a file, folder or pattern like books/**/*.txt: .txt, .md, .jsonl, .json, .csv, .tsv, .parquet; .gz too",
        "文件、文件夹或通配符（如 books/**/*.txt）：.txt、.md、.jsonl、.json、.csv、.tsv、.parquet，也可 .gz",
    )
    field: str = option(
        "text", "the field or column that holds the text", "存放文本的字段名或列名", min_length=1
    )
    documents: Literal["file", "blank-lines", "lines"] = option(
        "file",
        "what is a document in a .txt: the whole file, or what stands between blank lines, or every line",
        ".txt 里怎样算一篇文档：整个文件、以空行分隔，或每行一篇",
    )
    separator: str = option(
        "",
        "what stands between two documents in a .txt, such as <|endoftext|>, instead",
        "或者用这个字符串分隔 .txt 里的文档，例如 <|endoftext|>",
    )
    distinct: bool = option(True, "drop documents that are there already", "去掉完全相同的文档")
    validation: float = option(
        1.0, "percent of the documents to watch with", "留作验证的文档百分比", gt=0, le=40
    )
    test: float = option(1.0, "percent of the documents to test with", "留作测试的文档百分比", gt=0, le=40)
    tokenizer: TokenizerName = option(
        None,
        "a tokenizer that is there: a folder, a file, a run or gpt2; one is learned from the text when empty",
        "现成的分词器：文件夹、文件、训练名或 gpt2；留空则从文本学一个",
    )
    vocabulary: int = option(
        8192, "tokens of a tokenizer that is learned", "自学分词器的词元数", ge=257, le=1_000_000
    )
    block: int = option(256, "window length T in tokens", "窗口长度 T（词元数）", ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.separator and self.documents != "file":
            raise Wrong("corpus.two_ways", documents=self.documents)
        return self

    def about(self) -> About:
        facts = {"block": self.block}
        if self.tokenizer is None:
            facts["vocabulary"] = self.vocabulary
        return About(
            title=Text(en=f"Your texts {self.path}", zh=f"自己的文本 {self.path}"),
            real=True,
            source=self.path,
            licence="yours",
            facts=facts,
        )

    def rows(self, split: Split, facts: Mapping[str, int], counts: Mapping[str, int]) -> int | None:
        """Windows; of packed text the last one counts too, which is not full."""
        return None if split not in counts else -(-counts[split] // self.block)

    def load(self, report: Report | None = None) -> Packed:
        """Tokenised on first use, opened at once after.

        Raises InvalidInput for everything that is wrong with the files, JinjieError when the disk is full.
        """
        from jinjie.data.corpus.documents import Files
        from jinjie.data.corpus.files import find
        from jinjie.data.corpus.opening import opened
        from jinjie.data.corpus.prepare import Settings
        from jinjie.data.corpus.splits import Shares

        separator = self.separator.replace("\\n", "\n").replace("\\t", "\t")
        source = Files(find(self.path), self.field, self.documents, separator)
        shares = Shares(self.validation, self.test)
        settings = Settings(shares, self.distinct, self.vocabulary, self.tokenizer)
        return opened("corpus", source, settings, self.block, self.about(), report)

    def open_processor(self, folder: Path) -> TokenProcessor:
        from jinjie.data.tokenization.processor import TokenProcessor

        return TokenProcessor.load(folder)
