"""From the package chatterbot-corpus to clean conversations: what is kept, how it is written, and how it is split.

The package holds questions and answers by subject, a file each, most of them several times over.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinjie.base.words import LANGUAGES, Language, say
from jinjie.data.answer_form import MARKERS, closed
from jinjie.data.dataset import SPLITS, Report, Split
from jinjie.data.distinct import dealt, normal
from jinjie.data.fetch import fetch, tell
from jinjie.data.sources import CHATTERBOT

VERSION = 1

_FOLDERS: dict[Language, str] = {"en": "english", "zh": "chinese"}

Turns = tuple[str, ...]
"""What is said, in turn: the user first, then the assistant."""


@dataclass(frozen=True)
class Sorted:
    """Conversations that differ, dealt to splits, and how many were left out: `duplicates`."""

    splits: dict[Split, list[int]]
    duplicates: int


def convert(folder: Path, report: Report | None) -> dict[str, Any]:
    """For each language LANGUAGE-SPLIT.json: the conversations, each a list of turns."""
    package = fetch(CHATTERBOT, report)
    tell(report, say("data.converting", name=CHATTERBOT.name), 0, None)
    said: dict[str, Any] = {}
    for language in LANGUAGES:
        read = list(_read(package, language))
        kept = [turns for turns in map(_clean, read) if turns]
        found = sort(kept)
        for split, rows in found.splits.items():
            content = json.dumps([kept[i] for i in rows], ensure_ascii=False)
            (folder / f"{language}-{split}.json").write_text(content, encoding="utf-8")
        said[language] = {
            "conversations": {split: len(rows) for split, rows in found.splits.items()},
            "left_out": {"duplicates": found.duplicates, "of other form": len(read) - len(kept)},
        }
    return {"source": CHATTERBOT.spec, "licence": CHATTERBOT.licence, **said}


def read_split(folder: Path, language: Language, split: Split) -> list[Turns]:
    """The conversations of a converted split."""
    return [tuple(turns) for turns in json.loads((folder / f"{language}-{split}.json").read_bytes())]


def sort(conversations: Sequence[Turns], asked: Sequence[str] | None = None) -> Sorted:
    """Each conversation once, and all that begin with the same question in the same split: a question that is held out
    was never answered in training.

    The questions are what the user says first, or `asked`. Equal is what is so but for case, blanks and the mark at the
    end. Which split is told by a hash of the question.
    """
    first = [question_key(q) for q in asked or [turns[0] for turns in conversations]]
    seen: set[tuple[str, ...]] = set()
    kept = []
    for i, turns in enumerate(conversations):
        key = tuple(map(normal, turns))
        if key not in seen:
            seen.add(key)
            kept.append(i)
    questions = list(dict.fromkeys(first[i] for i in kept))
    where = {
        questions[place]: split
        for split, places in dealt(questions, [""] * len(questions)).items()
        for place in places
    }
    splits: dict[Split, list[int]] = {split: [] for split in SPLITS}
    for i in kept:
        splits[where[first[i]]].append(i)
    return Sorted(splits, len(conversations) - len(kept))


def question_key(text: str) -> str:
    """A question for comparison."""
    key = normal(text)
    return key.rstrip(".?!。…") or key


def unseen(questions: Iterable[str], learned: Iterable[str]) -> list[str]:
    """The questions, each once, that are not among those that were learned from."""
    known = set(map(question_key, learned))
    found = {question_key(question): question for question in questions}
    return [question for key, question in found.items() if key not in known]


def _read(package: Path, language: Language) -> Iterator[list[str]]:
    import yaml

    with zipfile.ZipFile(package) as opened:
        inside = f"chatterbot_corpus/data/{_FOLDERS[language]}/"
        for name in sorted(n for n in opened.namelist() if n.startswith(inside) and n.endswith(".yml")):
            for turns in yaml.safe_load(opened.read(name))["conversations"]:
                yield [str(turn) for turn in turns]


def _clean(turns: Sequence[str]) -> Turns:
    """Turns in pairs, the answers closed with a mark; none where a turn is empty, has several lines (programs), or
    holds what begins a turn."""
    whole = [turn.strip() for turn in turns]
    if any(not turn or "\n" in turn or any(marker in turn for marker in MARKERS) for turn in whole):
        return ()
    paired = whole[: len(whole) // 2 * 2]
    return tuple(
        closed(" ".join(turn.split())) if i % 2 else " ".join(turn.split()) for i, turn in enumerate(paired)
    )
