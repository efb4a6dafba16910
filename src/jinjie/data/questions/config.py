"""Questions about passages, as batches of pairs of texts with the span that answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.words import Language, Text, say
from jinjie.data.cache import present
from jinjie.data.corpus.config import TokenizerName
from jinjie.data.dataset import SPLITS, About, DataConfig, Report, Split, text_bytes
from jinjie.data.distinct import FEWEST, dealt, normal
from jinjie.data.fetch import tell
from jinjie.data.questions.made import Question, made
from jinjie.data.reading import OptionalPath
from jinjie.data.sources import BERT_VOCABULARY
from jinjie.data.tokenization.published import VERSION as PUBLISHED_VERSION

if TYPE_CHECKING:
    from jinjie.data.questions.pairs import AnswerProcessor, Questions
    from jinjie.data.tokenization.processor import TokenProcessor

TITLE = Text(
    en="Questions about made-up persons and firms (synthetic)",
    zh="关于虚构人物与公司的问答（合成数据，英文）",
)
WORDS = 30_522


class Config(DataConfig):
    """Pairs in batches: x, types, documents (B, T), and the first and last token of the answer, `first`, `last` (B,).

    The question is of type 0 and the passage of type 1. Where the answer does not fit into the block, both are 0.
    """

    kind: Literal["questions"] = "questions"
    tasks: ClassVar[tuple[str, ...]] = ("answer",)
    path: OptionalPath = option(
        None,
        'a .jsonl of your own instead, a line each: {"question": …, "context": …, "answers": [{"text": …, '
        '"answer_start": …}]}',
        '改用自己的 .jsonl，每行一个：{"question": …, "context": …, "answers": [{"text": …, "answer_start": …}]}',
    )
    language: Language = option(
        "en",
        "the language of your own file: it decides which tokenizer is taken when none is named",
        "自己的文件所用的语言；未指定分词器时据此选择",
    )
    tokenizer: TokenizerName = option(
        None,
        "a tokenizer that is there: a folder, a file, a run or bert; when empty BERT's own for English, one learned "
        "from the training texts for Chinese",
        "现成的分词器：文件夹、文件、训练名或 bert；留空时，英文用 BERT 的词表，中文从训练文本学一个",
    )
    block: int = option(
        128,
        "longest question and passage together, in tokens; longer ones are cut",
        "问题与短文合起来最长的词元数，更长的截断",
        ge=1,
    )
    examples: int = option(
        3000,
        "made-up questions to learn from; a tenth as many to watch, a third to test",
        "用于训练的合成问题数；验证为其十分之一，测试为三分之一",
        ge=60,
    )
    seed: int = option(0, "decides the made-up passages and questions", "决定合成短文与问题的种子", ge=0)

    def counts(self) -> dict[Split, int]:
        """Made-up questions in each split."""
        return {"train": self.examples, "validation": self.examples // 10, "test": self.examples // 3}

    def about(self) -> About:
        facts = {"block": self.block}
        if self.path is not None:
            title = Text(en=f"Your questions {self.path}", zh=f"自己的问答 {self.path}")
            return About(title=title, real=True, source=self.path, licence="yours", facts=facts)
        if self.tokenizer is None:
            facts["vocabulary"] = WORDS
        return About(
            title=TITLE,
            real=False,
            source="jinjie.data.questions",
            licence="none needed",
            download_bytes=0 if self.tokenizer else BERT_VOCABULARY.bytes,
            cached=self.tokenizer is not None or present("tokenizer-bert", PUBLISHED_VERSION),
            counts={str(split): count for split, count in self.counts().items()},
            facts=facts,
        )

    def held(self, facts: Mapping[str, int], counts: Mapping[str, int]) -> int:
        return text_bytes(counts)

    def load(self, report: Report | None = None) -> Questions:
        """Raises InvalidInput naming every fault of an own file by its line, DownloadFailed."""
        from jinjie.data.corpus.tokenizer import suited

        parts: Mapping[Split, Sequence[Question]]
        if self.path is None:
            parts = {split: list(made(self.seed, split, count)) for split, count in self.counts().items()}
            language: Language = "en"
        else:
            parts, language = _own(self.path, report), self.language
        train = [text for one in parts["train"] for text in (one.question, one.context)]
        return questions(self, parts, suited(self.tokenizer, language, train, report), language, report)

    def open_processor(self, folder: Path) -> AnswerProcessor:
        from jinjie.data.questions.pairs import AnswerProcessor

        return AnswerProcessor.load(folder)


def questions(
    config: Config,
    parts: Mapping[Split, Sequence[Question]],
    tokenizer: TokenProcessor,
    language: Language,
    report: Report | None,
) -> Questions:
    """Questions as a data set. Pairs that are cut are counted and said."""
    from jinjie.data.questions.pairs import AnswerProcessor, Questions, rows_of
    from jinjie.data.texts import say_shortened

    processor = AnswerProcessor.answering(tokenizer, config.block, language)
    splits = {split: rows_of(processor, chosen) for split, chosen in parts.items()}
    say_shortened({split: rows for split, (rows, _) in splits.items()}, config.block, report)
    facts = {"block": config.block, "vocabulary": processor.vocabulary}
    counts = {str(split): len(rows) for split, (rows, _) in splits.items()}
    about = config.about().model_copy(update={"cached": True, "facts": facts, "counts": counts})
    return Questions(splits, parts, about, processor, facts)


def _own(path: str, report: Report | None) -> dict[Split, list[Question]]:
    """A user's file, dealt by passage: questions about one passage stand in one split."""
    from jinjie.data.questions.file import read_questions

    tell(report, say("labelled.reading", path=path), 0, None)
    found = read_questions(path)
    keys = list(dict.fromkeys(normal(one.context) for one in found))
    if len(keys) < FEWEST:
        raise InvalidInput([Problem(path, "questions.too_few", came=len(keys), fewest=FEWEST)])
    where = {keys[i]: split for split, rows in dealt(keys, [0] * len(keys)).items() for i in rows}
    parts: dict[Split, list[Question]] = {split: [] for split in SPLITS}
    for one in found:
        parts[where[normal(one.context)]].append(one)
    return parts
