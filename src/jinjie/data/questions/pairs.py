"""A question and a passage as a model reads them, [CLS] question [SEP] passage [SEP], and sets of such rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.base.words import Language
from jinjie.data.dataset import About, Arrays, Split
from jinjie.data.questions.made import Question
from jinjie.data.texts import Rows, Texts
from jinjie.data.tokenization.labels import LabelledProcessor
from jinjie.data.tokenization.processor import TokenProcessor

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

ENDS = ("first", "last")
"""What the two scores of a token say: that the answer begins with it, that it ends with it."""


class Pair(NamedTuple):
    """A question and a stretch of a passage: ids and types (T), and where the tokens of the passage stand in it (T, 2),
    0, 0 for all others. `lost` tokens of the passage did not fit."""

    ids: np.ndarray[Any, Any]
    types: np.ndarray[Any, Any]
    places: np.ndarray[Any, Any]
    lost: int


class AnswerProcessor(LabelledProcessor):
    """A question and a passage to x, types and documents (1, T). The question is cut to half of what the model sees.

    As one text, the question is its first line and the passage all that follows.
    """

    @classmethod
    def answering(cls, tokenizer: TokenProcessor, block: int, language: Language) -> Self:
        """From a tokenizer with the special tokens of BERT. Raises InvalidInput when it has none, or no room."""
        made = cls.of(tokenizer, ENDS, block, language)
        if not all(made.frame):
            raise InvalidInput([Problem("data.tokenizer", "questions.no_frame")])
        return made

    def encode(self, text: str) -> Arrays:
        """x, types and documents (1, T) of the beginning of the passage. Raises InvalidInput as `parted` does."""
        pair = self.pairs(*parted(text))[0]
        x = pair.ids[None]
        return {"x": x, "types": pair.types[None], "documents": np.zeros_like(x)}

    def pairs(self, question: str, context: str, whole: bool = False) -> list[Pair]:
        """The question with the passage's beginning, or `whole`: with every stretch of it. Stretches share a half of
        their tokens, so that an answer which is shorter than that stands in one of them with something around it."""
        before, after = self.frame
        asked = self.encoding(question).ids[: (self.block - len(before) - 2 * len(after)) // 2]
        encoding = self.encoding(context)
        room = self.block - len(before) - len(asked) - 2 * len(after)
        count = len(encoding.ids)
        begins = [0]
        while whole and begins[-1] + room < count:
            begins.append(begins[-1] + max(1, room // 2))
        return [
            self._pair(asked, encoding.ids[b : b + room], encoding.offsets[b : b + room], count)
            for b in begins
        ]

    def _pair(
        self, asked: Sequence[int], inside: Sequence[int], offsets: Sequence[tuple[int, int]], count: int
    ) -> Pair:
        before, after = self.frame
        head = [*before, *asked, *after]
        ids = np.array([*head, *inside, *after], np.int64)
        types = np.repeat([0, 1], [len(head), len(ids) - len(head)]).astype(np.int64)
        places = np.zeros((len(ids), 2), np.int64)
        places[len(head) : len(head) + len(inside)] = np.array(offsets, np.int64).reshape(-1, 2)
        return Pair(ids, types, places, count - len(inside))


def parted(text: str) -> tuple[str, str]:
    """The question and the passage of one text, the passage to the letter. Raises InvalidInput when one is missing."""
    question, _, context = text.lstrip().partition("\n")
    if not question.strip() or not context.strip():
        raise InvalidInput([Problem("", "questions.no_passage")])
    return question.strip(), context


class Questions(Texts):
    """Pairs in batches by length; what was asked is kept beside the rows."""

    def __init__(
        self,
        splits: Mapping[Split, tuple[Rows, np.ndarray[Any, Any]]],
        asked: Mapping[Split, Sequence[Question]],
        about: About,
        processor: AnswerProcessor,
        facts: Mapping[str, int],
    ) -> None:
        super().__init__(
            {split: rows for split, (rows, _) in splits.items()}, about, processor, facts, processor.pad
        )
        self.asked = asked
        self._places = {split: places for split, (_, places) in splits.items()}

    def places(self, split: Split, row: int) -> np.ndarray[Any, Any]:
        """Where the tokens of one row stand in its passage, (T, 2); 0, 0 for those that do not."""
        rows = self.splits[split]
        begin = int(rows.starts[row])
        return self._places[split][begin : begin + int(rows.lengths[row])]


def rows_of(processor: AnswerProcessor, asked: Sequence[Question]) -> tuple[Rows, np.ndarray[Any, Any]]:
    """Rows of pairs, and the places of their tokens end to end. The first of several answers is the one to learn."""
    pairs = [processor.pairs(one.question, one.context)[0] for one in asked]
    ends = [_ends(pair.places, one.answers[0]) for pair, one in zip(pairs, asked, strict=True)]
    rows = Rows.of(
        [pair.ids for pair in pairs],
        tokens={"types": [pair.types for pair in pairs]},
        each={name: [end[i] for end in ends] for i, name in enumerate(ENDS)},
        texts=[f"{one.question}\n{one.context}" for one in asked],
        shortened=sum(bool(pair.lost) for pair in pairs),
    )
    return rows, np.concatenate([np.zeros((0, 2), np.int64), *(pair.places for pair in pairs)])


def _ends(places: np.ndarray[Any, Any], answer: tuple[int, int]) -> tuple[int, int]:
    """The first and last token that reach into an answer; 0, 0 where it does not stand in the row whole."""
    inside = np.flatnonzero((places[:, 0] < answer[1]) & (places[:, 1] > answer[0]))
    if not len(inside) or places[inside[-1], 1] < answer[1]:
        return 0, 0
    return int(inside[0]), int(inside[-1])
