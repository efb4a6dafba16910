"""Drafts: every version that differs is kept, comes back exactly, and old ones thin out by the hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from jinjie.base.errors import InvalidInput
from jinjie.learner import drafts
from jinjie.learner.drafts import Draft
from jinjie.learner.store import Store, open_store

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store() as here:
        yield here


def test_each_version_that_differs_is_kept(store: Store) -> None:
    assert drafts.latest(store, "descent-step") is None
    for text, kept in (("def", True), ("def step", True), ("def step", False), ("def", True), ("", True)):
        assert drafts.save(store, Draft("descent-step", text)) is kept
    assert drafts.latest(store, "descent-step").text == ""  # type: ignore[union-attr]
    assert [d.text for d in drafts.history(store, "descent-step")] == ["", "def", "def step", "def"]
    assert drafts.history(store, "descent-step", "other.py") == [] == drafts.history(store, "other")


@pytest.mark.parametrize("text", ["# 进阶 🪜\r\n\tx\n\n", "\N{BOM}x", "e\u0301 \x1b[0m", " " * 10_000])
def test_a_text_comes_back_exactly(store: Store, text: str) -> None:
    made = Draft("a", text, "net.py")
    drafts.save(store, made)
    back = drafts.latest(store, "a", "net.py")
    assert back is not None
    assert (back.text, back.time, back.time.utcoffset(), back.id) == (
        text,
        made.time,
        made.time.utcoffset(),
        made.id,
    )


def test_a_clock_that_goes_backwards_shows_no_old_version_as_the_latest(store: Store) -> None:
    drafts.save(store, Draft("a", "first", time=NOON))
    drafts.save(store, Draft("a", "second", time=NOON - timedelta(days=1)))
    assert drafts.latest(store, "a").text == "second"  # type: ignore[union-attr]


def test_old_versions_thin_out_to_the_last_of_each_hour(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "KEPT", 4)
    for i in range(14):  # one every 20 minutes
        drafts.save(store, Draft("a", str(i), time=NOON + timedelta(minutes=20 * i)))
        drafts.save(store, Draft("b", str(i), time=NOON))
    # the newest four; before them 12:00 to 14:40 in three hours, and 15:00 so far
    assert [d.text for d in drafts.history(store, "a")] == ["13", "12", "11", "10", "9", "8", "5", "2"]
    assert [d.text for d in drafts.history(store, "b")] == ["13", "12", "11", "10", "9"]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"text": "a\ud800"}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"text": "x" * 1_000_001}, "text"),
        ({"text": b"x"}, "text"),
        ({"slug": ""}, "slug"),
        ({"file": "a b"}, "file"),
        ({"time": datetime(2026, 1, 1)}, "time"),
    ],
)
def test_what_could_not_come_back_is_refused(wrong: dict[str, object], where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Draft(**{"slug": "a", "text": "", **wrong})  # type: ignore[arg-type]
    assert [problem.where for problem in caught.value.problems] == [where]
