"""Which question of the course is meant by what somebody asks, in either language.

Every question is written down in some thirty ways (its aliases), and its answer says more about it. A text is a vector
of its terms: stems and pieces of Latin words, pairs of Chinese characters, and groups of words that mean the same
(`meanings.txt`), each weighed by in how few questions it stands. A question is the sum of its ways and the paragraphs
of its answer, each of length 1, under a square root, so that no one term rules; what is asked is compared with each by
the cosine (Rocchio 1971). The nearest single way was measured to mislead more often than it helped; only what is asked
in just the words of a way is taken for granted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from zlib import crc32

from jinjie.base import files, paths
from jinjie.course.content.library import Library
from jinjie.course.content.schema import Question
from jinjie.course.find.fold import LONGEST, at_home, fold, is_chinese, pairs, runs, stem
from jinjie.course.find.query import HELPERS, without_asking

SURE = 0.08
"""A likeness from which on the answer is most likely one that is wanted: what is about something else stays below."""
PARAGRAPH = 20
"""Characters of an answer's line that says something."""
DAMPED = 0.5
"""The power of a term's weight in a question: repeated ten times it says no ten times as much."""
_SINGLE = 0.3
"""What a single Chinese character counts beside a pair."""
_PIECE = 0.25
"""What four letters of a Latin word count beside the whole: so that a typing error is half an error."""
_ASKING = 0.3
"""What a word counts that says how something is asked."""
_MEANING = 2.0
"""What a group of words of one meaning counts."""

Vector = dict[str, float]
Groups = tuple[dict[str, list[str]], dict[str, list[str]]]
"""Groups of words of one meaning by their words: Latin ones as stems, Chinese ones folded."""


@dataclass(frozen=True)
class Near:
    """A question of the course, and how like it is to what was asked: 0 … 1."""

    question: Question
    likeness: float

    @property
    def sure(self) -> bool:
        return self.likeness >= SURE


@dataclass(frozen=True)
class Index:
    """What is made of the questions once, and kept."""

    said: dict[str, str]
    """Every way without its signs, and the question that it means."""
    terms: Mapping[str, tuple[float, Vector]]
    """How much each term tells, the logarithm of how few questions hold it; and what it weighs in each of those, whose
    terms together have length 1."""
    groups: Groups


class _Lines(Mapping[str, tuple[float, Vector]]):
    """Terms as they were kept, in order, of which each is read when it is asked for: a question has some forty of
    20,000."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def __getitem__(self, term: str) -> tuple[float, Vector]:
        begins = f"{term}\t"
        place = bisect_left(self._lines, begins)
        if place == len(self._lines) or not self._lines[place].startswith(begins):
            raise KeyError(term)
        telling, weights = json.loads(self._lines[place][len(begins) :])
        return telling, weights

    def __iter__(self) -> Iterator[str]:
        return (line.partition("\t")[0] for line in self._lines)

    def __len__(self) -> int:
        return len(self._lines)


class Questions:
    """The questions of a course, ready to be compared with."""

    def __init__(self, questions: Mapping[str, Question], index: Index) -> None:
        self._questions = questions
        self.index = index
        self._unheard = math.log(1 + len(questions))

    def nearest(self, asked: str) -> list[Near]:
        """Every question that shares a term with what was asked, the likeliest first."""
        asked = asked[:LONGEST]
        found = terms(asked, self.index.groups)
        known = {term: told for term in found if (told := self.index.terms.get(term)) is not None}
        telling = {term: tells for term, (tells, _) in known.items()}
        likeness: Vector = defaultdict(float)
        # Terms that stand nowhere are a part of the length: what nobody here asks in these words is less like anything.
        for term, weight in _weighed(found, telling, self._unheard).items():
            if term in known:
                for id_, share in known[term][1].items():
                    likeness[id_] += weight * share
        if (same := self.index.said.get(_bare(asked))) is not None:
            likeness[same] = 1.0
        return self._nearest(likeness)

    def beside(self, id_: str) -> list[Near]:
        """The other questions, those most like this one first."""
        likeness = dict.fromkeys(self._questions, 0.0)
        for _, weights in self.index.terms.values():
            if id_ in weights:
                for other, weight in weights.items():
                    likeness[other] += weights[id_] * weight
        del likeness[id_]
        return self._nearest(likeness)

    def _nearest(self, likeness: Vector) -> list[Near]:
        near = [Near(self._questions[id_], found) for id_, found in likeness.items()]
        return sorted(near, key=lambda one: (-one.likeness, one.question.id))


def made(questions: Mapping[str, Question]) -> Questions:
    """The index of these questions by their ids: a few milliseconds each."""
    ways = [(id_, terms(way)) for id_, one in questions.items() for way in _ways(one)]
    holders: dict[str, set[str]] = defaultdict(set)
    for id_, found in ways:
        for term in found:
            holders[term].add(id_)
    telling = {term: math.log((1 + len(questions)) / len(ids)) for term, ids in holders.items()}
    sums: dict[str, Vector] = {id_: defaultdict(float) for id_ in questions}
    for id_, found in ways:
        for term, weight in _weighed(found, telling, 0.0).items():
            sums[id_][term] += weight
    weights: dict[str, Vector] = {term: {} for term in telling}
    for id_, found in sums.items():
        for term, weight in _length_1({term: weight**DAMPED for term, weight in found.items()}).items():
            weights[term][id_] = weight
    said = {_bare(way): id_ for id_, one in questions.items() for way in _asked(one)}
    # In the order in which they are kept, so that what is summed over them is the same to the last bit.
    kept = {term: (telling[term], weights[term]) for term in sorted(telling)}
    return Questions(questions, Index(said, kept, _groups()))


def of_library(library: Library) -> Questions:
    """The index of these content folders' questions, kept as a file from one time to the next.

    A file that is missing, damaged or of other questions is made again without a word.
    """
    questions = {id_: written.entry for id_, written in library.questions.items()}
    wanted = _fingerprint(questions)
    path = paths.find_home() / "questions.jsonl"
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        first, _, body = path.read_bytes().partition(b"\n")
        head = json.loads(first)
        if head["of"] == wanted and head["sum"] == crc32(body):
            groups = head["latin"], head["chinese"]
            return Questions(questions, Index(head["said"], _Lines(body.decode().split("\n")), groups))
    made_now = made(questions)
    with contextlib.suppress(OSError):  # a full disk costs the next question a second, and this one nothing
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(path, _written(wanted, made_now.index))
    return made_now


def _written(of: str, index: Index) -> bytes:
    """The index as it is kept: a line for all of it, and one for each term."""
    lines = (f"{term}\t{json.dumps(found)}" for term, found in index.terms.items())
    body = "\n".join(lines).encode()
    latin, chinese = index.groups
    head = {"of": of, "sum": crc32(body), "said": index.said, "latin": latin, "chinese": chinese}
    return json.dumps(head, ensure_ascii=False).encode() + b"\n" + body


def _fingerprint(questions: Mapping[str, Question]) -> str:
    """A hash of everything that the index is made from: the questions, the groups of words, the code."""
    digest = hashlib.sha256()
    for id_, question in questions.items():
        digest.update("\0".join([id_, *_ways(question), ""]).encode())
    package = resources.files("jinjie")
    for name in ("path/meanings.txt", "path/asking.py", "course/find/fold.py", "course/find/query.py"):
        digest.update(package.joinpath(name).read_bytes())
    return digest.hexdigest()


def _weighed(found: Vector, telling: Vector, unheard: float) -> Vector:
    """Terms by how much they tell, of length 1."""
    return _length_1({term: weight * telling.get(term, unheard) for term, weight in found.items()})


def terms(text: str, groups: Groups | None = None) -> Vector:
    """The terms of a text, each with what it counts. `groups` are those of `meanings.txt`, where they are at hand.

    Words that only ask (how, which, 怎么, 什么) count little: "how long" is another question than "how much".
    """
    folded = at_home(fold(text).text)
    found: Vector = {}
    for part, share in ((folded, _ASKING), (without_asking(folded), 1.0)):
        for _, run in runs(part):
            if is_chinese(run):
                found |= dict.fromkeys(run, _SINGLE * share)
                found |= dict.fromkeys((pair for pair in pairs(run, alone=False) if len(pair) == 2), share)
            elif run in HELPERS:
                found[stem(run)] = _ASKING
            elif share == 1.0:
                word = stem(run)
                pieces = range(len(word) - 3) if len(word) > 4 else ()
                found |= {f"…{word[i : i + 4]}": _PIECE for i in pieces}
                found[word] = 1.0
    return found | dict.fromkeys(meanings(folded, groups), _MEANING)


def meanings(folded: str, groups: Groups | None = None) -> Iterator[str]:
    """The groups of words of one meaning of which a folded text holds one, in either language: ≈memory, ≈slow."""
    latin, chinese = groups or _groups()
    words = [stem(run) for _, run in runs(folded) if not is_chinese(run)]
    for i in range(len(words)):
        for length in (1, 2, 3):
            yield from latin.get(" ".join(words[i : i + length]), ())
    for word, meant in chinese.items():
        if word in folded:
            yield from meant


@cache
def _groups() -> Groups:
    """Those of `meanings.txt`, whose Chinese words are folded as they are written."""
    latin: dict[str, list[str]] = defaultdict(list)
    chinese: dict[str, list[str]] = defaultdict(list)
    text = (resources.files("jinjie.path") / "meanings.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split()
        for word in words:
            if any(is_chinese(character) for character in word):
                chinese[word].append(f"≈{words[0]}")
            else:
                latin[" ".join(stem(part) for part in word.split("_"))].append(f"≈{words[0]}")
    return latin, chinese


def _asked(question: Question) -> Iterator[str]:
    """The ways in which the question is asked."""
    yield from (question.question.en, question.question.zh, question.id.replace("-", " "))
    yield from question.aliases.en
    yield from question.aliases.zh


def _ways(question: Question) -> Iterator[str]:
    """All that is known to mean the question: how it is asked, and the paragraphs of its answer."""
    yield from _asked(question)
    for text in (question.answer.en, question.answer.zh):
        yield from (line for line in text.splitlines() if len(line) >= PARAGRAPH)


def _bare(text: str) -> str:
    """The words of a text alone: folded, without signs and spaces between Chinese characters."""
    return " ".join(run for _, run in runs(at_home(fold(text).text)))


def _length_1(vector: Vector) -> Vector:
    length = math.sqrt(sum(weight**2 for weight in vector.values()))
    return {term: weight / length for term, weight in vector.items()} if length else {}
