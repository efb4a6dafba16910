"""What a text thinks of its subject: film reviews in English, other reviews in Chinese, or texts of your own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.words import Language, Text, say
from jinjie.data.cache import converted, present
from jinjie.data.corpus.config import TokenizerName
from jinjie.data.dataset import SPLITS, About, DataConfig, Report, Split, text_bytes
from jinjie.data.distinct import FEWEST, dealt, distinct
from jinjie.data.fetch import tell
from jinjie.data.labelled import CLASSES, label_order
from jinjie.data.labelled_texts import read_labelled
from jinjie.data.reading import OptionalPath, at_most
from jinjie.data.reviews import LABELS, SOURCES, VERSION, convert, read_split
from jinjie.data.sources import BERT_VOCABULARY
from jinjie.data.tokenization.published import VERSION as PUBLISHED_VERSION

if TYPE_CHECKING:
    from jinjie.data.texts import Hiding, Rows, Texts
    from jinjie.data.tokenization.labels import LabelledProcessor
    from jinjie.data.tokenization.processor import TokenProcessor

NAMES = {"negative": Text(en="negative", zh="差评"), "positive": Text(en="positive", zh="好评")}

COUNTS: dict[Language, dict[str, int]] = {
    "en": {"train": 8525, "validation": 1002, "test": 1039},
    "zh": {"train": 13_864, "validation": 1716, "test": 1778},
}
WORDS: dict[Language, int] = {"en": 30_522, "zh": 5167}
LENGTH: dict[Language, int] = {"en": 27, "zh": 60}
"""Texts in each split, tokens of the vocabulary and of a text on average, known here so that they can be said before
the download."""

BLOCK = 128


class Config(DataConfig):
    """Texts of different lengths in batches: x, types and documents (B, T), and the class y (B,), int64."""

    kind: Literal["sentiment"] = "sentiment"
    tasks: ClassVar[tuple[str, ...]] = ("classify",)
    language: Language = option(
        "en",
        "en: sentences of film reviews; zh: reviews of hotels, books and appliances; for your own file, its language",
        "en：英文影评句子；zh：中文酒店、图书、电器评论；用自己的文件时，指文件的语言",
    )
    path: OptionalPath = option(
        None,
        "a .csv, .tsv or .jsonl of your own instead, a text and its label in each row",
        "改用自己的 .csv、.tsv 或 .jsonl，每行一条文本及其标签",
    )
    text: str = option("text", "the column that holds the text", "文本所在的列", min_length=1)
    label: str = option("label", "the column that holds the label", "标签所在的列", min_length=1)
    tokenizer: TokenizerName = option(
        None,
        "a tokenizer that is there: a folder, a file, a run or bert; when empty BERT's own for English, and one "
        "learned from the training texts for Chinese",
        "现成的分词器：文件夹、文件、训练名或 bert；留空时，英文用 BERT 的词表，中文从训练文本学一个",
    )
    block: int = option(
        BLOCK, "longest text in tokens; longer ones are cut", "最长的文本（词元数），更长的截断", ge=1
    )
    hidden: float = option(
        0.0,
        "share of a text's tokens that each training step reads as [MASK]",
        "训练时每步随机换成 [MASK] 的词元比例",
        ge=0,
        lt=1,
    )
    balance: Literal["none", "weights"] = option(
        "none",
        "classes of unequal size: weights (the rare ones weigh more in training), none",
        "类别多少悬殊时：weights（训练中给稀少的类别加权）、none（不处理）",
    )

    @property
    def name(self) -> str:
        return f"sentiment-{self.language}"

    def variants(self) -> dict[str, DataConfig]:
        return {"sentiment": Config(), "sentiment-zh": Config(language="zh")}

    def about(self) -> About:
        facts = {"block": self.block}
        if self.path is not None:
            title = Text(en=f"Your texts {self.path}", zh=f"自己的文本 {self.path}")
            return About(title=title, real=True, source=self.path, licence="yours", facts=facts)
        source = SOURCES[self.language]
        if self.tokenizer is None:
            facts["vocabulary"] = WORDS[self.language]
            facts |= {"length": LENGTH[self.language]} if self.block == BLOCK else {}
        bert = self.tokenizer is None and self.language == "en"
        return About(
            title=source.title,
            real=True,
            source=source.spec,
            licence=source.licence,
            download_bytes=source.bytes + (BERT_VOCABULARY.bytes if bert else 0),
            cached=present(self.name, VERSION) and (not bert or present("tokenizer-bert", PUBLISHED_VERSION)),
            counts=COUNTS[self.language],
            facts={**facts, "outputs": len(LABELS)},
        )

    def held(self, facts: Mapping[str, int], counts: Mapping[str, int]) -> int:
        return text_bytes(counts)

    def load(self, report: Report | None = None) -> Texts:
        """Raises InvalidInput naming every fault of an own file by its line, DownloadFailed."""
        from jinjie.data.corpus.tokenizer import suited
        from jinjie.data.tokenization.opening import open_tokenizer

        parts: dict[Split, tuple[list[str], list[int]]]
        if self.path is None:
            folder = converted(
                self.name, VERSION, lambda place: convert(self.language, place, report), report
            )
            parts = {split: read_split(folder, split) for split in SPLITS}
            labels: Sequence[str] = LABELS
            if self.tokenizer is None and self.language == "zh":
                return texts(self, parts, labels, open_tokenizer(folder), report)
        else:
            parts, labels = _own(self.path, self.text, self.label, report)
        return texts(
            self, parts, labels, suited(self.tokenizer, self.language, parts["train"][0], report), report
        )

    def open_processor(self, folder: Path) -> LabelledProcessor:
        from jinjie.data.tokenization.labels import LabelledProcessor

        return LabelledProcessor.load(folder)


def texts(
    config: Config,
    parts: dict[Split, tuple[list[str], list[int]]],
    labels: Sequence[str],
    tokenizer: TokenProcessor,
    report: Report | None,
) -> Texts:
    """Texts and the numbers of their classes as a data set. What is cut is counted and said."""
    from jinjie.data.texts import Rows, Texts, say_shortened
    from jinjie.data.tokenization.labels import LabelledProcessor

    names = {label: NAMES[label] for label in labels if label in NAMES}
    processor = LabelledProcessor.of(tokenizer, labels, config.block, config.language, names)
    splits: dict[Split, Rows] = {}
    for split, (written, y) in parts.items():
        framed = processor.framed_all(written)
        cut = sum(bool(row.lost) for row in framed)
        splits[split] = Rows.of([row.ids for row in framed], each={"y": y}, texts=written, shortened=cut)
    say_shortened(splits, config.block, report)
    facts = {"block": config.block, "vocabulary": processor.vocabulary, "outputs": len(labels)}
    facts["length"] = splits["train"].length
    about = config.about().model_copy(
        update={"cached": True, "facts": facts, "counts": {str(s): len(rows) for s, rows in splits.items()}}
    )
    hiding = _hiding(processor, config.hidden) if config.hidden else None
    return Texts(splits, about, processor, facts, processor.pad, config.balance == "weights", hiding)


def _hiding(processor: LabelledProcessor, share: float) -> Hiding:
    """Raises InvalidInput where the tokenizer has no token for what is hidden."""
    import numpy as np

    from jinjie.data.texts import Hiding

    mask = processor.special.get("mask")
    if mask is None:
        raise InvalidInput([Problem("data.hidden", "texts.no_mask")])
    special = np.zeros(processor.vocabulary, bool)
    special[list(processor.special_ids)] = True
    return Hiding(share, mask, special)


def _own(
    path: str, text: str, label: str, report: Report | None
) -> tuple[dict[Split, tuple[list[str], list[int]]], list[str]]:
    """A user's file, dealt. Raises InvalidInput for its faults, and for labels that are no classes."""
    tell(report, say("labelled.reading", path=path), 0, None)
    found = distinct(read_labelled(path, text, label))
    if any(found.left_out.values()):
        tell(report, say("texts.left_out", None, **found.left_out), 0, None)
    labels = _classes(found.labels, path, label)
    place = {name: number for number, name in enumerate(labels)}
    rows = dealt(found.keys, found.labels)
    return {
        split: ([found.texts[i] for i in chosen], [place[found.labels[i]] for i in chosen])
        for split, chosen in rows.items()
    }, labels


def _classes(found: Sequence[str], path: str, column: str) -> list[str]:
    """The classes by name, numbers by size. Raises InvalidInput when there is but one, too many, or a rare one."""
    counts = Counter(found)
    labels = sorted(counts, key=label_order)
    if len(labels) == 1:
        raise at_most([Problem(path, "texts.one_class", column=column, label=labels[0])])
    if len(labels) > CLASSES:
        raise at_most([Problem(path, "texts.too_many", column=column, count=len(labels), most=CLASSES)])
    rare = [name for name in labels if counts[name] < FEWEST]
    if rare or not labels:
        problems = [
            Problem(path, "labelled.rare_class", label=name, count=counts[name], fewest=FEWEST)
            for name in rare
        ]
        raise at_most(problems or [Problem("data.path", "texts.all_torn", path=path)])
    return labels
