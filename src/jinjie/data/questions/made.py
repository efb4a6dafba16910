"""Passages about made-up persons and firms, and a question about each: a function of (seed, split, number).

A passage tells of two or three persons or firms, with facts of the same kind of each, so that the answer is found by
whom is asked of and what, and not by its form alone. Names, words and patterns of sentences of a held-out split occur
in no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.data.dataset import Split
from jinjie.data.questions.patterns import RELATIONS
from jinjie.data.questions.vocabulary import AREAS, LAST, MEN, WOMEN, WORDS, Kind

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

_SAYS: dict[Split, slice] = {"train": slice(0, 5), "validation": slice(5, 6), "test": slice(6, 7)}
_ASKS: dict[Split, slice] = {"train": slice(0, 5), "validation": slice(6, 7), "test": slice(5, 6)}
"""Crosswise: a question in the very words of its answer's sentence is found by comparing words."""
_FACTS = 6
"""Facts that a passage tells, shared out evenly."""


class Question(NamedTuple):
    """A question, the passage, and the spans of characters in it that answer the question equally well."""

    question: str
    context: str
    answers: tuple[tuple[int, int], ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(self.context[start:end] for start, end in self.answers)


class _Names(NamedTuple):
    women: list[str]
    men: list[str]
    last: list[str]


def made(seed: int, split: Split, count: int) -> Iterator[Question]:
    """`count` questions of a split."""
    words = {kind: _part(all_of, split) for kind, all_of in WORDS.items()}
    names = _Names(_part(WOMEN, split), _part(MEN, split), _part(LAST, split))
    for number in range(count):
        yield _one(numpy_generator(seed, "questions", split, number), split, words, names)


def _part(words: Sequence[str], split: Split) -> list[str]:
    """Three fifths to train, a fifth each to watch and to test."""
    rest = {"validation": (3,), "test": (4,)}.get(split, (0, 1, 2))
    return [word for place, word in enumerate(words) if place % 5 in rest]


def _one(
    draw: np.random.Generator,
    split: Split,
    words: dict[Kind, list[str]],
    names: _Names,
) -> Question:
    drawn: set[str] = set()

    def fresh(kind: Kind) -> str:
        """A word that this passage does not hold yet."""
        while True:
            if kind == "year":
                word = str(draw.integers(1900, 2000))
            elif kind == "person":
                word = f"{draw.choice([*names.women, *names.men])} {draw.choice(names.last)}"
            elif kind == "firm":
                word = f"{draw.choice(names.last)} {draw.choice(AREAS)}"
            else:
                word = str(draw.choice(words[kind]))
            if not drawn & set(word.split()):
                drawn.update(word.split())
                return word

    of: Any = "person" if draw.random() < 0.7 else "firm"
    able = [name for name, relation in RELATIONS.items() if relation.of == of]
    subjects = [fresh(of) for _ in range(int(draw.integers(2, 4)))]
    asked_of, asked = int(draw.integers(len(subjects))), str(draw.choice(able))
    shared = [asked, *(name for name in draw.permutation(able).tolist() if name != asked)][
        : _FACTS // len(subjects)
    ]
    context, answer = "", (0, 0)
    for number, subject in enumerate(subjects):
        told = draw.permutation(shared).tolist()
        for place, name in enumerate(told):
            relation = RELATIONS[name]
            pattern = str(draw.choice(relation.says[_SAYS[split]]))
            what = fresh(relation.answer)
            who = subject if place == 0 or not pattern.startswith("{who}") or draw.random() < 0.4 else ""
            woman = subject.split()[0] in names.women
            sentence = pattern.replace("{who}", who or ("It" if of == "firm" else "She" if woman else "He"))
            if what[0] in "aeiou":
                sentence = sentence.replace(" a {what}", " an {what}").replace("A {what}", "An {what}")
            start = len(context) + sentence.index("{what}")
            context += sentence.replace("{what}", what) + " "
            if number == asked_of and name == asked:
                answer = (start, start + len(what))
    question = str(draw.choice(RELATIONS[asked].asks[_ASKS[split]])).replace("{who}", subjects[asked_of])
    return Question(question, context.rstrip(), (answer,))
