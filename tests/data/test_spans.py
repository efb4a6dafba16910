"""Spans and tags: each from the other, and where tags do not fit, as conlleval takes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.data.spans import Span, labels_of, parted, placed, spans_of, tagged


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("O O", []),
        ("B-P I-P O B-L", [(0, 2, "P"), (3, 4, "L")]),
        ("B-P B-P I-P", [(0, 1, "P"), (1, 3, "P")]),
        ("O I-P I-P O", [(1, 3, "P")]),
        ("B-P I-L I-L", [(0, 1, "P"), (1, 3, "L")]),
        ("I-P B-P I-L", [(0, 1, "P"), (1, 2, "P"), (2, 3, "L")]),
        ("B-P I-P E-P S-P B-L E-L I-L", [(0, 3, "P"), (3, 4, "P"), (4, 6, "L"), (6, 7, "L")]),
        ("B-P M-P L-P U-P O E-P", [(0, 3, "P"), (3, 4, "P"), (5, 6, "P")]),
        ("S-P I-P", [(0, 1, "P"), (1, 2, "P")]),
        ("B-a-b I-a-b", [(0, 2, "a-b")]),
    ],
)
def test_spans_of_tags(tags: str, expected: list[tuple[int, int, str]]) -> None:
    assert spans_of(tags.split()) == expected


def test_nothing_has_no_spans() -> None:
    assert spans_of([]) == []


@pytest.mark.parametrize("tag", ["", "P", "B", "B-", "-P", "b-P", "X-P", "o", "BP"])
def test_what_is_no_tag(tag: str) -> None:
    with pytest.raises(ValueError):
        parted(tag)


def test_labels() -> None:
    assert labels_of(["PER", "LOC"]) == ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


@st.composite
def spans(draw: st.DrawFn) -> tuple[list[Span], int]:
    found, at = [], 0
    for _ in range(draw(st.integers(0, 5))):
        start = at + draw(st.integers(0, 3))
        at = start + draw(st.integers(1, 4))
        found.append(Span(start, at, draw(st.sampled_from("PL"))))
    return found, at + draw(st.integers(0, 3))


@given(spans())
def test_characters_that_stand_alone_keep_every_span(case: tuple[list[Span], int]) -> None:
    expected, length = case
    places = [(i, i + 1) for i in range(length)]
    tags = tagged(expected, places)
    assert spans_of(tags) == expected == placed(tags, places, "x" * length)


def test_tokens_of_several_characters() -> None:
    text = "Ann Lee saw Bo."
    # [CLS]  Ann     Le      e       saw     Bo        .        [SEP]: blanks stand before a token, as in GPT-2
    places = [(0, 0), (0, 3), (3, 6), (6, 7), (7, 11), (11, 14), (14, 15), (0, 0)]
    found = [Span(0, 7, "P"), Span(12, 14, "P")]
    tags = tagged(found, places)
    assert tags == ["O", "B-P", "I-P", "I-P", "O", "B-P", "O", "O"]
    assert placed(tags, places, text) == found


def test_a_blank_before_a_name_is_not_of_the_name_before() -> None:
    assert tagged([Span(0, 1, "P"), Span(2, 3, "L")], [(0, 1), (1, 3)]) == ["B-P", "B-L"]


def test_a_blank_within_a_name_is_part_of_it() -> None:
    """Where characters are tokens, blanks are too: a name of two words would fall in two."""
    text = "Ann Lee "
    places = [(i, i + 1) for i in range(8)]
    tags = tagged([Span(0, 7, "P")], places)
    assert tags == ["B-P", *["I-P"] * 6, "O"]
    assert placed(["B-P"] + ["I-P"] * 7, places, text) == [Span(0, 7, "P")]
    assert placed(["O"] * 7 + ["B-P"], places, text) == []


def test_a_token_that_holds_two_spans_has_the_first() -> None:
    assert tagged([Span(0, 1, "P"), Span(1, 3, "L")], [(0, 2), (2, 3)]) == ["B-P", "B-L"]
