"""Equal texts are one, and in one split; what stands under two labels is none."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.data.dataset import SPLITS
from jinjie.data.distinct import dealt, distinct, normal, split_of


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("很好", " 很 好\n"),
        ("ＡＢＣ１２３", "abc123"),
        ("ﬁne", "FINE"),
        ("Straße", "STRASSE"),
        ("e\u0301t\u00e9", "\u00e9te\u0301"),
        ("a\u200bb\ufeff\u00ad", "ab"),
        ("a\u3000b", "a\tb"),
        (
            "\u0390",
            "\u0399\u0308\u0301",
        ),  # one letter and its parts, of which the capital has no sign of its own
    ],
)
def test_forms_that_are_equal(a: str, b: str) -> None:
    assert a != b and normal(a) == normal(b)


def test_forms_that_are_not() -> None:
    assert len({normal(t) for t in ("好", "好。", "很好", "ab", "abc", ":)", ":(", "\u00e9", "e")}) == 9


def test_the_normal_form_is_final() -> None:
    characters = [chr(i) for i in range(0x20000) if not 0xD800 <= i < 0xE000]
    assert [c for c in characters if normal(normal(c)) != normal(c)] == []


def test_what_is_kept() -> None:
    rows = [
        ("Good!", 1),
        ("bad", 0),
        (" good !", 1),
        ("so so", 1),
        ("SO SO", 0),
        ("so  so", 1),
        ("  ", 0),
        ("bad", 0),
    ]
    found = distinct(rows)
    assert (found.texts, found.labels, found.keys) == (["Good!", "bad"], [1, 0], ["good!", "bad"])
    assert found.left_out == {"duplicates": 4, "contradictory": 1, "empty": 1}


@given(st.lists(st.tuples(st.sampled_from(["a", "A ", "b", "c", " "]), st.integers(0, 1)), max_size=12))
def test_every_row_is_accounted_for(rows: list[tuple[str, int]]) -> None:
    found = distinct(rows)
    assert len(found.texts) + sum(found.left_out.values()) == len(rows)
    for key, label in zip(found.keys, found.labels, strict=True):
        assert {y for t, y in rows if normal(t) == key} == {label}


def test_splits_are_told_by_the_text_alone() -> None:
    keys = [f"text {i}" for i in range(5000)]
    labels = [i % 2 for i in range(5000)]
    rows = dealt(keys, labels)
    assert sorted(sum(rows.values(), [])) == list(range(5000))
    assert all(split_of(keys[i]) == split for split in SPLITS for i in rows[split])
    # shares of 5,000 coins: 3.5 deviations are 0.02 of the large split, 0.015 of the small ones
    for split, share in zip(SPLITS, (0.8, 0.1, 0.1), strict=True):
        assert abs(len(rows[split]) / 5000 - share) < 0.02
        assert abs(sum(labels[i] for i in rows[split]) / len(rows[split]) - 0.5) < 0.08
    more = dealt([*keys, *(f"more {i}" for i in range(50))], [*labels, *[0, 1] * 25])
    assert all(set(rows[split]) <= set(more[split]) for split in SPLITS)


def test_the_hash_stays_what_it_is() -> None:
    """Another hash would move texts from training to test under the feet of finished runs."""
    found = [split_of(str(i)) for i in range(12)]
    assert found == ["test", *["train"] * 7, "validation", "train", "train", "validation"]


@given(st.lists(st.integers(3, 30), min_size=2, max_size=4))
def test_few_texts_have_every_class_in_every_split(counts: list[int]) -> None:
    labels = [k for k, n in enumerate(counts) for _ in range(n)]
    rows = dealt([f"t{i}" for i in range(len(labels))], labels)
    assert sorted(sum(rows.values(), [])) == list(range(len(labels)))
    for split in SPLITS:
        assert set(Counter(labels[i] for i in rows[split])) == set(range(len(counts)))
