"""Finding: the terms of a question, where they stand, and which entry is most likely meant."""

from __future__ import annotations

import json
import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.base.words import Text, language
from jinjie.course.find import query as questions
from jinjie.course.find.fold import LONGEST, fold, is_chinese, runs
from jinjie.course.find.index import COLUMNS, connect, opened
from jinjie.course.find.kinds import KINDS
from jinjie.course.find.query import Query, Term
from jinjie.course.find.snippet import Snippet, snippet

_WEIGHTS = {"title": 1.0, "names": 0.85, "heading": 0.6, "body": 0.3}
"""What a term counts by where it stands."""
_BEGINNING = 0.7
"""What a term counts that is only the beginning of what stands there."""
_WHOLE_NAME = 1.2
"""For an entry one of whose names is the question, or stands in it; by the share of the question that the name is."""
_PRIORS = {
    "lesson": 0.12,
    "concept": 0.14,
    "formula": 0.06,
    "exercise": 0.03,
    "recipe": 0.03,
    "command": 0.02,
}
"""Between entries that fit alike: what explains comes before what refers."""
_ASKED_KIND = 0.35
"""For the kind that the question names: 公式, paper, exercise."""
_NEAR = 0.8
"""How like a known word an unknown one must be to be taken for it: one letter wrong in five."""
_KIND_WORDS = {
    "formula": "formula equation 公式 方程",
    "exercise": "exercise practice implement code 练习 习题 作业 实现 手写 代码",
    "quiz": "quiz 测验 题目 小测",
    "experiment": "experiment demo 实验 演示",
    "resource": "book paper course lecture video tutorial dataset forum community "
    "书 教材 教程 论文 课程 视频 数据集 社区 论坛 讲座",
    "recipe": "recipe 配方",
    "role": "job role career engineer 职业 岗位 职位 工程师",
    "system": "system 系统",
    "answer": "answer 问答",
    "lesson": "lesson 课 一课",
    "command": "command 命令",
}


@dataclass(frozen=True)
class Hit:
    """One thing found: what it is, the place that fits best, and what to type to get there."""

    kind: str
    id: str
    title: Text
    heading: Text
    """The section of a lesson that fits best; empty where it is the whole."""
    snippet: Snippet
    command: str
    """Empty where there is nothing to type yet."""
    address: str
    """Of a resource."""
    planned: bool
    """A concept whose lesson is not yet written."""
    score: float

    def for_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "id": self.id,
            "title": self.title.both(),
            "heading": self.heading.both() if str(self.heading) else None,
            "snippet": self.snippet.text,
            "marks": [list(mark) for mark in self.snippet.marks],
            "command": self.command or None,
            "address": self.address or None,
            "planned": self.planned,
            "score": round(self.score, 4),
        }


@dataclass(frozen=True)
class Found:
    """The best hits first, how many there are in all, and the question as it was probably meant."""

    hits: tuple[Hit, ...]
    count: int
    suggestion: str | None


def find(
    question: str,
    *,
    kinds: Sequence[str] = (),
    limit: int = 10,
    roots: Sequence[Path] | None = None,
    database: bytes | None = None,
) -> Found:
    """What answers a question in either language. Any text is a question; one of signs alone finds nothing.

    A Latin word that stands nowhere is taken for the nearest one that does, and `suggestion` says so.
    `database` is the index of `roots` where the caller has kept it. Raises InvalidInput for a kind that there is not.
    """
    wrong = [kind for kind in kinds if kind not in KINDS]
    if wrong:
        raise InvalidInput(
            [
                Problem("--kind", "problem.no_such_kind", name=kind, suggestion=did_you_mean(kind, KINDS))
                for kind in wrong
            ]
        )
    asked = questions.read(question)
    if not asked.terms:
        return Found((), 0, None)
    connection = connect(roots) if database is None else opened(database)
    try:
        search = _Search(connection, asked)
        suggestion = search.suggestion(question)
        if suggestion is not None:
            search = _Search(connection, questions.read(suggestion))
        ranked = search.ranked(frozenset(kinds))
        return Found(tuple(search.hits(ranked[:limit])), len(ranked), suggestion)
    finally:
        connection.close()


class _Search:
    """One question put to one index."""

    def __init__(self, connection: sqlite3.Connection, query: Query) -> None:
        self._connection = connection
        self._query = query
        self._total = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
        self._places = {term: self._look_up(term) for term in query.terms}

    def suggestion(self, question: str) -> str | None:
        """The question with every unknown Latin word exchanged for the nearest known one; None where there is none."""
        unknown = {
            term.whole
            for term, rows in self._places.items()
            if not rows and not term.chinese and len(term.text) > 3
        }
        if not unknown:
            return None
        known = {
            word
            for (names,) in self._connection.execute("SELECT title_en || ' ' || names FROM entries")
            for _, word in runs(fold(names).text)
            if not is_chinese(word) and len(word) > 3
        }
        changed: dict[str, str] = {}
        for word in unknown:
            # A word that only goes on where a known one ends is another word: handle is no hand.
            near = [
                other for other in get_close_matches(word, known, cutoff=_NEAR) if not word.startswith(other)
            ]
            if near:
                changed[word] = near[0]
        if not changed:
            return None
        return " ".join(changed.get(run, run) for _, run in runs(fold(question[:LONGEST]).text))

    def ranked(self, kinds: frozenset[str]) -> list[tuple[float, int]]:
        """Every entry that holds a term, by its best row, the likeliest first."""
        rarity = {term: self._rarity(rows) for term, rows in self._places.items()}
        whole = sum(rarity.values())
        scores: dict[int, float] = defaultdict(float)
        for term, rows in self._places.items():
            for row, weight in rows.items():
                scores[row] += rarity[term] * weight / whole
        best: dict[tuple[str, str], tuple[float, int]] = {}
        for row, kind, id_, called in self._described(scores):
            if kinds and kind not in kinds:
                continue
            score = scores[row] + self._named(called) + _PRIORS.get(kind, 0.0) * min(1.0, 2 * scores[row])
            score += self._asked_for(kind)
            if (kind, id_) not in best or score > best[kind, id_][0]:
                best[kind, id_] = (score, row)
        return sorted(best.values(), key=lambda pair: (-pair[0], pair[1]))

    def hits(self, ranked: Sequence[tuple[float, int]]) -> Iterator[Hit]:
        """The entries of these rows, told in the current language."""
        lang = language()
        columns = "kind, id, title_en, title_zh, heading_en, heading_zh, body_en, body_zh, command, address, planned"
        for score, row in ranked:
            kind, id_, en, zh, head_en, head_zh, body_en, body_zh, command, address, planned = (
                self._connection.execute(f"SELECT {columns} FROM entries WHERE rowid = ?", (row,)).fetchone()
            )
            bodies = (body_zh, body_en) if lang == "zh" else (body_en, body_zh)
            yield Hit(
                kind,
                id_,
                Text(en, zh),
                Text(head_en, head_zh),
                snippet(bodies, [term.text for term in self._query.terms]),
                command,
                address,
                bool(planned),
                score,
            )

    def _look_up(self, term: Term) -> dict[int, float]:
        """Every row that holds the term, and what it counts there: by column, and whether as a whole word."""
        found: dict[int, float] = {}
        word = term.text.replace('"', "")
        for ask, share in ((f'"{word}"', 1.0), (f'"{word}"*', _BEGINNING if not term.chinese else 1.0)):
            if ask.endswith("*") and not term.prefix:
                continue
            for column in COLUMNS:
                rows = self._connection.execute(
                    "SELECT rowid FROM words WHERE words MATCH ?", (f"{column} : {ask}",)
                )
                for (row,) in rows:
                    found[row] = max(found.get(row, 0.0), _WEIGHTS[column] * share)
        return found

    def _rarity(self, rows: dict[int, float]) -> float:
        """How much a term tells: the fewer entries hold it, the more. One that stands nowhere tells little."""
        return math.log(1 + self._total / len(rows)) if rows else 1.0

    def _described(self, rows: dict[int, float]) -> Iterator[tuple[int, str, str, list[list[str]]]]:
        for row, kind, id_, called in self._connection.execute("SELECT rowid, kind, id, called FROM entries"):
            if row in rows:
                yield row, kind, id_, json.loads(called)

    def _named(self, names: Sequence[Sequence[str]]) -> float:
        """How nearly the question is one of these names, each by its terms, or holds it: 0 … `_WHOLE_NAME`."""
        asked = [term.text for term in self._query.terms]
        best = 0.0
        for called in names:
            if not called:
                continue
            shared = sum(part in called for part in asked)
            if shared == len(called):
                best = max(best, _WHOLE_NAME * shared / len(asked))
            elif shared:
                best = max(best, 0.5 * _WHOLE_NAME * 2 * shared / (len(called) + len(asked)))
        return best

    def _asked_for(self, kind: str) -> float:
        words = _KIND_WORDS.get(kind, "").split()
        return _ASKED_KIND if any(word in f" {self._query.bare} " for word in words) else 0.0
