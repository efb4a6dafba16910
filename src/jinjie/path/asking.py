"""Which question of the course is meant by what somebody asks, in either language.

Every question is written down in some thirty ways (its aliases); all of them are lines of text that are known to mean
it. What is asked is compared with each: terms that stand in the ways of few questions tell much (their inverse
frequency over questions), and a question is as near as its nearest ways. A second voice is the share of all its ways:
naive Bayes with every term of a question counted. Words that no way holds say that it is perhaps none of them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from jinjie.course.content.library import Library
from jinjie.course.content.schema import Question
from jinjie.course.find.fold import LONGEST, at_home, fold, is_chinese, pairs, runs, stem

NEAREST = 3
"""Ways of a question that are looked at: one that fits may be chance."""
SURE = 0.35
"""A likeness from which on the answer is most likely the one that is wanted."""
_SINGLE = 0.3
"""What a single Chinese character counts beside a pair."""
_PIECE = 0.25
"""What a piece of a Latin word (four letters) counts beside the whole: so that a typing error is half an error."""
_ALL = 0.5
"""What the second voice counts beside the first."""


@dataclass(frozen=True)
class Near:
    """A question of the course, and how like it is to what was asked: 0 … about 1."""

    question: Question
    likeness: float

    @property
    def sure(self) -> bool:
        return self.likeness >= SURE


class Questions:
    """The questions of a course, ready to be compared with."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self._questions = {one.id: one for one in questions}
        ways = [(one.id, way) for one in self._questions.values() for way in _ways(one)]
        terms = [(id_, _terms(way)) for id_, way in ways]
        holders: dict[str, set[str]] = defaultdict(set)
        for id_, found in terms:
            for term in found:
                holders[term].add(id_)
        total = len(self._questions)
        self._telling = {term: math.log((1 + total) / len(ids)) for term, ids in holders.items()}
        self._most = math.log(1 + total)
        self._ways = [(id_, self._weighed(found)) for id_, found in terms]
        self._holding: dict[str, list[int]] = defaultdict(list)
        for place, (_, weighed) in enumerate(self._ways):
            for term in weighed:
                self._holding[term].append(place)
        self._shares = self._counted(terms)

    def nearest(self, asked: str) -> list[Near]:
        """Every question that shares a term with what was asked, the likeliest first."""
        terms = _terms(asked[:LONGEST])
        wanted = self._weighed(terms)
        if not wanted:
            return []
        likeness: dict[int, float] = defaultdict(float)
        for term, weight in wanted.items():
            for place in self._holding[term]:
                likeness[place] += weight * self._ways[place][1][term]
        ways: dict[str, list[float]] = defaultdict(list)
        for place, found in likeness.items():
            ways[self._ways[place][0]].append(found)
        whole = self._bayes(terms)
        near = [
            Near(self._questions[id_], _nearest(found) + _ALL * whole[id_]) for id_, found in ways.items()
        ]
        return sorted(near, key=lambda one: (-one.likeness, one.question.id))

    def _weighed(self, terms: dict[str, float]) -> dict[str, float]:
        """The known terms, weighed by how much they tell, as a part of a vector of length 1.

        Terms that no way holds are the rest of that vector: what is asked in other words is less like anything.
        """
        found = {term: count * self._telling.get(term, self._most) for term, count in terms.items()}
        length = math.sqrt(sum(weight**2 for weight in found.values()))
        return {term: weight / length for term, weight in found.items() if term in self._telling}

    def _counted(self, terms: list[tuple[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
        """For each question, the logarithm of the share of each term among all of its ways, smoothed."""
        counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for id_, found in terms:
            for term, count in found.items():
                counts[id_][term] += count
        kinds = len(self._telling)
        shares = {}
        for id_, counted in counts.items():
            whole = sum(counted.values()) + 0.1 * kinds
            shares[id_] = {term: math.log((count + 0.1) / whole) for term, count in counted.items()}
            shares[id_][""] = math.log(0.1 / whole)
        return shares

    def _bayes(self, terms: dict[str, float]) -> dict[str, float]:
        """The probability of each question, softened by the number of terms: they are not independent."""
        known = {term: weight for term, weight in terms.items() if term in self._telling}
        score = {
            id_: sum(weight * shares.get(term, shares[""]) for term, weight in known.items())
            for id_, shares in self._shares.items()
        }
        soft = max(1.0, sum(known.values()) ** 0.5)
        best = max(score.values())
        grown = {id_: math.exp((value - best) / soft) for id_, value in score.items()}
        whole = sum(grown.values())
        return {id_: value / whole for id_, value in grown.items()}


def of_library(library: Library) -> Questions:
    """All questions of these content folders."""
    return Questions(written.entry for written in library.questions.values())


def _ways(question: Question) -> Iterable[str]:
    text = question.question
    return (text.en, text.zh, *question.aliases.en, *question.aliases.zh, question.id.replace("-", " "))


def _nearest(found: list[float]) -> float:
    """The nearest way, helped a little by the next ones."""
    best = sorted(found, reverse=True)[:NEAREST]
    return sum(value / 2**i for i, value in enumerate(best)) / sum(1 / 2**i for i in range(NEAREST))


def _terms(text: str) -> dict[str, float]:
    """Stems of Latin words and their pieces, pairs of Chinese characters and single ones, each with what it counts."""
    found: dict[str, float] = {}
    for _, run in runs(at_home(fold(text).text)):
        if is_chinese(run):
            found |= dict.fromkeys(run, _SINGLE)
            found |= dict.fromkeys((pair for pair in pairs(run, alone=False) if len(pair) == 2), 1.0)
        else:
            word = stem(run)
            found |= {f"…{word[i : i + 4]}": _PIECE for i in range(len(word) - 3) if len(word) > 4}
            found[word] = 1.0
    return found
