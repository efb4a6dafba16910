"""Conversations that a language model learns to answer in: small talk in English and Chinese, or your own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.words import LANGUAGES, Text, say
from jinjie.data.cache import converted, present
from jinjie.data.corpus.config import TokenizerName
from jinjie.data.dataset import SPLITS, About, DataConfig, Report, Split
from jinjie.data.dialogue_files import Messages, read_dialogues
from jinjie.data.distinct import FEWEST
from jinjie.data.fetch import tell
from jinjie.data.mix import Languages
from jinjie.data.reading import OptionalPath, at_most
from jinjie.data.small_talk import VERSION, Turns, convert, question_key, read_split, sort, unseen
from jinjie.data.sources import CHATTERBOT, GPT2_VOCABULARY
from jinjie.data.tokenization.published import VERSION as PUBLISHED_VERSION

if TYPE_CHECKING:
    from jinjie.data.packing import Dialogues
    from jinjie.data.tokenization.conversing import ChatProcessor, Rendered

Placed = tuple[str, Messages]
"""A conversation, and where it stands in the user's file."""

KNOWN: dict[Languages, dict[str, int]] = {
    "both": {"train": 36_777, "validation": 4334, "test": 4932},
    "en": {"train": 17_857, "validation": 2066, "test": 2759},
    "zh": {"train": 18_920, "validation": 2268, "test": 2173},
}
FACTS: dict[Languages, dict[str, int]] = {
    "both": {"conversations": 1005, "windows": 146, "fill_percent": 98, "learned_percent": 50},
    "en": {"conversations": 638, "windows": 71, "fill_percent": 98, "learned_percent": 38},
    "zh": {"conversations": 367, "windows": 76, "fill_percent": 97, "learned_percent": 59},
}
"""Tokens of each split and what fills the windows with GPT-2's tokenizer and the usual block, known here so that they
can be said before the download."""
BLOCK = 256


class Config(DataConfig):
    """Conversations in windows: x, y and `documents`, each (B, T) int64; y is −100 wherever the assistant does not
    speak."""

    kind: Literal["dialogues"] = "dialogues"
    tasks: ClassVar[tuple[str, ...]] = ("chat", "language")
    in_tokens: ClassVar[bool] = True
    languages: Languages = option(
        "both", "both, or one alone: en, zh", "both（中英都要），或只要一种：en、zh"
    )
    path: OptionalPath = option(
        None,
        'a .jsonl of your own instead, a conversation in each line: {"messages": [{"role": …, "content": …}, …]}',
        '改用自己的 .jsonl，每行一段对话：{"messages": [{"role": …, "content": …}, …]}',
    )
    tokenizer: TokenizerName = option(
        None,
        "a tokenizer that is there: a folder, a file, a run or gpt2; when empty that of the start, else gpt2",
        "现成的分词器：文件夹、文件、训练名或 gpt2；留空则用起点模型的分词器，没有起点时用 gpt2",
    )
    block: int = option(BLOCK, "window length T in tokens", "窗口长度 T（词元数）", ge=1)

    def about(self) -> About:
        if self.path is not None:
            title = Text(en=f"Your conversations {self.path}", zh=f"自己的对话 {self.path}")
            return About(
                title=title, real=True, source=self.path, licence="yours", facts={"block": self.block}
            )
        usual = self.tokenizer is None and self.block == BLOCK
        gpt2 = self.tokenizer is None
        return About(
            title=CHATTERBOT.title,
            real=True,
            source=CHATTERBOT.spec,
            licence=CHATTERBOT.licence,
            download_bytes=CHATTERBOT.bytes + (GPT2_VOCABULARY.bytes if gpt2 else 0),
            cached=present("dialogues", VERSION)
            and (not gpt2 or present("tokenizer-gpt2", PUBLISHED_VERSION)),
            counts=KNOWN[self.languages] if usual else {},
            facts={
                "block": self.block,
                **({"vocabulary": 50_257} if gpt2 else {}),
                **(FACTS[self.languages] if usual else {}),
            },
        )

    def rows(self, split: Split, facts: Mapping[str, int], counts: Mapping[str, int]) -> int | None:
        """Windows, which whole conversations do not quite fill: of the training split it is known how many they are."""
        known = facts.get("windows") if split == "train" else None
        return super().rows(split, facts, counts) if known is None else known

    def load(self, report: Report | None = None) -> Dialogues:
        """Raises InvalidInput naming every fault of an own file by its line, DownloadFailed."""
        processor = _conversing(self.tokenizer or "gpt2", report)
        if self.path is not None:
            return packed(self, _own(self.path, report), processor, report)
        folder = converted("dialogues", VERSION, lambda place: convert(place, report), report)
        chosen = LANGUAGES if self.languages == "both" else (self.languages,)
        parts: dict[Split, list[Placed]] = {
            split: [
                ("", messages(turns)) for language in chosen for turns in read_split(folder, language, split)
            ]
            for split in SPLITS
        }
        return packed(self, parts, processor, report)

    def open_processor(self, folder: Path) -> ChatProcessor:
        from jinjie.data.tokenization.conversing import ChatProcessor

        return ChatProcessor.load(folder)


def messages(turns: Turns) -> Messages:
    """What is said in turn, the user first, as templates take it."""
    return [{"role": ("user", "assistant")[i % 2], "content": turn} for i, turn in enumerate(turns)]


def _conversing(name: str, report: Report | None) -> ChatProcessor:
    """A tokenizer with its template, or with ours. Raises InvalidInput when it cannot hold conversations."""
    from jinjie.data.corpus.tokenizer import given, place_of
    from jinjie.data.tokenization.conversing import ChatProcessor

    try:
        found = given(name, report)
        return ChatProcessor.beside(Path(place_of(name)), found)
    except InvalidInput as error:
        if any(problem.key in ("corpus.no_end", "data.unknown_characters") for problem in error.problems):
            raise InvalidInput([Problem("start", "dialogues.cannot_hold", name=name)]) from error
        raise


def packed(
    config: Config, parts: dict[Split, list[Placed]], processor: ChatProcessor, report: Report | None
) -> Dialogues:
    """Conversations as a data set. Longer ones lose their last turns, which is counted and said; one whose first answer
    does not fit is left out.

    Raises InvalidInput naming what the vocabulary lacks by conversation, and when a split is left with none.
    """
    from jinjie.data.packing import Dialogues, Windows

    problems: list[Problem] = []
    cut = left_out = 0
    windows: dict[Split, Windows] = {}
    for split, conversations in parts.items():
        rendered = []
        for where, turns in conversations:
            try:
                found, lost = _fitting(turns, processor, config.block)
            except InvalidInput as error:
                problems += [Problem(where or "data.tokenizer", p.key, **p.params) for p in error.problems]
                continue
            cut += bool(lost) and found is not None
            left_out += found is None
            if found is not None:
                rendered.append(found)
        windows[split] = Windows.of(rendered, config.block)
    if problems:
        raise at_most(problems)
    total = sum(map(len, parts.values()))
    if cut or left_out:
        words = say(
            "dialogues.shortened", None, count=cut, left_out=left_out, total=total, block=config.block
        )
        tell(report, words, 0, None)
    if any(not len(found) for found in windows.values()):
        raise InvalidInput([Problem("data.block", "dialogues.none_fits", block=config.block, count=left_out)])
    train = windows["train"]
    facts = {
        "block": config.block,
        "vocabulary": processor.vocabulary,
        "conversations": train.conversations,
        "windows": len(train),
        "fill_percent": round(100 * train.fill),
        "learned_percent": round(100 * train.learned),
    }
    tell(report, say("dialogues.packed", None, **facts), 0, None)
    asked = {split: [_first(turns) for _, turns in conversations] for split, conversations in parts.items()}
    learned = [t["content"] for _, turns in parts["train"] for t in turns if t["role"] == "user"]
    questions = {split: unseen(asked[split], () if split == "train" else learned) for split in SPLITS}
    about = config.about().model_copy(
        update={
            "cached": True,
            "facts": facts,
            "counts": {str(split): found.tokens for split, found in windows.items()},
        }
    )
    return Dialogues(windows, questions, about, processor, facts, formed=config.path is None)


def _fitting(turns: Messages, processor: ChatProcessor, block: int) -> tuple[Rendered | None, int]:
    """A conversation in at most `block` places, and how many of its last turns had to go; None where its first answer
    does not fit."""
    left = list(turns)
    while True:
        found = processor.rendered(left)
        if len(found.ids) - 1 <= block:
            return found, len(turns) - len(left)
        answers = [place for place, turn in enumerate(left) if turn["role"] == "assistant"]
        if len(answers) < 2:
            return None, len(turns)
        left = left[: answers[-2] + 1]


def _first(turns: Messages) -> str:
    return next(turn["content"] for turn in turns if turn["role"] == "user")


def _own(path: str, report: Report | None) -> dict[Split, list[Placed]]:
    """A user's conversations, dealt. Raises InvalidInput for their faults, and when there are too few questions."""
    tell(report, say("labelled.reading", path=path), 0, None)
    placed = read_dialogues(path)
    asked = [_first(turns) for _, turns in placed]
    different = len(set(map(question_key, asked)))
    if different < FEWEST:
        problem = Problem("data.path", "dialogues.too_few", came=different, fewest=FEWEST)
        raise InvalidInput([problem])
    found = sort([_said(turns) for _, turns in placed], asked)
    if found.duplicates:
        tell(report, say("dialogues.duplicates", None, count=found.duplicates), 0, None)
    return {split: [placed[i] for i in rows] for split, rows in found.splits.items()}


def _said(turns: Sequence[dict[str, str]]) -> Turns:
    """What makes two conversations the same: who says what."""
    return tuple(f"{turn['role']}: {turn['content']}" for turn in turns)
