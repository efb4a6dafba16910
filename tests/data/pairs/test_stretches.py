"""Documents cut into stretches of whole sentences, and the places where a sentence ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jinjie.data.pairs.stretches import FEWEST, Marks, stretches
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.train import WordPiece, train_wordpiece

TEXT = "he came. “who is it?” she asked, and went… (no answer!) 月落乌啼霜满天，江枫渔火对愁眠。「谁？」他问；没人。"
PROCESSOR = train_wordpiece(WordPiece(size=200), [TEXT, TEXT])
MARKS = Marks.of(PROCESSOR)


class Held:
    """Documents as a stream holds them, each closed by an end token."""

    def __init__(self, documents: list[list[int]]) -> None:
        end = PROCESSOR.special["sep"]
        self.ids = np.array([i for document in documents for i in [*document, end]], np.int64)
        lengths = [len(document) + 1 for document in documents]
        self.starts = np.cumsum([0, *lengths])[:-1]

    def __len__(self) -> int:
        return len(self.ids)

    def tokens(self, first: int, last: int) -> np.ndarray[Any, Any]:
        return self.ids[first:last]

    def begins(self, first: int, last: int) -> np.ndarray[Any, Any]:
        return self.starts[(self.starts >= first) & (self.starts < last)]


def said(processor: TokenProcessor, ids: np.ndarray[Any, Any]) -> str:
    return processor.text(ids.tolist()).replace(" ", "")


def test_sentences_end_behind_their_closing_marks() -> None:
    ids = np.array(PROCESSOR.ids(TEXT))
    behind, clauses = MARKS.places(ids)
    parts = [said(PROCESSOR, part) for part in np.split(ids, behind + 1)]
    assert parts == [
        "hecame.",
        "“whoisit?”",
        "sheasked,andwent…",
        "(noanswer!)",
        "月落乌啼霜满天，江枫渔火对愁眠。",
        "「谁？」",
        "他问；没人。",
        "",
    ]
    assert [said(PROCESSOR, ids[i : i + 1]) for i in clauses] == [",", "，", "；"]


word = st.integers(int(np.flatnonzero(MARKS.chinese)[0]), PROCESSOR.vocabulary - 1)
stop = st.just(PROCESSOR.tokenizer.token_to_id("。"))
documents = st.lists(st.lists(word | stop, max_size=60), min_size=1, max_size=8)


@given(documents, st.integers(5, 25), st.integers(0, 9))
def test_stretches_are_the_documents(texts: list[list[int]], room: int, seed: int) -> None:
    """End to end they are all the text but for ends of documents too short to stand alone; none is longer than the
    room or in two documents, and each has two parts."""
    held = Held(texts)
    cut = stretches(held, MARKS, room)  # type: ignore[arg-type]
    seen = np.zeros(len(held), bool)
    for first, length, document in zip(cut.first, cut.length, cut.document, strict=True):
        assert FEWEST <= length <= room
        start = held.starts[document]
        assert start <= first and first + length <= start + len(texts[document])
        assert not seen[first : first + length].any()
        seen[first : first + length] = True
    for start, text in zip(held.starts, texts, strict=True):
        left = len(text) - int(seen[start : start + len(text)].sum())
        assert left < FEWEST
        assert seen[start : start + len(text) - left].all()
    parts = cut.parted(np.random.default_rng(seed))
    assert ((parts > 0) & (parts < cut.length)).all()


def test_stretches_end_where_sentences_do_and_parts_too() -> None:
    sentence = PROCESSOR.ids("月落乌啼霜满天。")
    cut = stretches(Held([sentence * 10]), MARKS, 20)  # type: ignore[arg-type]
    assert cut.length.tolist() == [16] * 5
    assert cut.parted(np.random.default_rng(0)).tolist() == [8] * 5
    assert cut.chinese.all()


def test_a_clause_is_a_part_where_there_is_but_one_sentence() -> None:
    cut = stretches(Held([PROCESSOR.ids("月落乌啼，霜满天江枫渔火")]), MARKS, 40)  # type: ignore[arg-type]
    assert cut.parted(np.random.default_rng(0)).tolist() == [5]
    cut = stretches(Held([PROCESSOR.ids("月落乌啼霜满")]), MARKS, 40)  # type: ignore[arg-type]
    assert cut.parted(np.random.default_rng(0)).tolist() == [3]


def test_blocks_make_no_difference(monkeypatch: Any) -> None:
    """Text is looked through in blocks; a closing mark at the front of the next one belongs to the sentence before."""
    held = Held([PROCESSOR.ids(TEXT) * 5])
    whole = stretches(held, MARKS, 30)  # type: ignore[arg-type]
    for block in (1, 2, 3, 7, 50):
        monkeypatch.setattr("jinjie.data.pairs.stretches.BLOCK", block)
        found = stretches(held, MARKS, 30)  # type: ignore[arg-type]
        assert np.array_equal(found.first, whole.first) and np.array_equal(found.sentences, whole.sentences)
