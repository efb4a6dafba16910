"""Attempts: what is written comes back exactly, once, in order; what cannot come back is refused when it is made."""

from __future__ import annotations

import math
import threading
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinjie.base import words
from jinjie.base.errors import InvalidInput
from jinjie.learner import attempts, values
from jinjie.learner.attempt import KINDS, Attempt
from jinjie.learner.store import Store, open_store
from jinjie.learner.summary import Tally, tallies

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)

plain = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
details = st.dictionaries(
    st.text(),
    st.recursive(plain, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=10),
    max_size=5,
)
names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=200)
moments = st.datetimes(
    datetime(1901, 1, 1),
    datetime(9899, 1, 1),
    timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m))),
)


@st.composite
def events(draw: st.DrawFn) -> Attempt:
    number = st.floats(allow_nan=False, allow_infinity=False, min_value=-1.7e308, max_value=1.7e308)
    return Attempt(
        kind=draw(st.sampled_from(KINDS)),
        slug=draw(names),
        item=draw(st.none() | names),
        seed=draw(st.none() | st.integers(-(2**63), 2**63 - 1)),
        passed=draw(st.none() | st.booleans()),
        score=draw(st.none() | number),
        seconds=draw(st.none() | st.floats(0, 1.7e308)),
        detail=draw(details),
        content=draw(st.none() | names.map(lambda n: n[:128])),
        time=draw(moments),
        language=draw(st.sampled_from(["en", "zh", None])),
        program=draw(names.map(lambda n: n[:60])),
    )


@pytest.fixture
def store() -> Any:
    with open_store() as here:
        yield here


def all_of(store: Store, **chosen: Any) -> list[Attempt]:
    return list(attempts.iterate(store, **chosen))


def test_an_attempt_knows_when_where_by_what_and_in_which_language_it_was_made(store: Store) -> None:
    from jinjie import __version__

    words.use("zh")
    attempts.write(store, Attempt("exercise", "descent-step", item="step", passed=True))
    [event] = all_of(store)
    assert event.program == __version__ and event.language == "zh"
    assert abs(event.time - datetime.now(UTC)) < timedelta(seconds=5)
    assert event.time.utcoffset() == datetime.now().astimezone().utcoffset()
    assert event.learner_id == store.owner().id and event.seq == 1
    assert uuid.UUID(event.id).version == 7


@given(event=events())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_comes_back_exactly(store: Store, event: Attempt) -> None:
    """Every kind of text, number, zone and None; floats to the last bit, texts with lone halves of characters too."""
    attempts.write(store, event)
    back = next(e for e in attempts.iterate(store, kind=event.kind, slug=event.slug) if e.id == event.id)
    assert {**back.__dict__, "learner_id": None, "seq": None} == {**event.__dict__, "seq": None}
    assert back.time.utcoffset() == event.time.utcoffset()
    assert values.as_json(back.detail) == values.as_json(event.detail)  # tells 1 from 1.0 and from True


def test_a_write_that_comes_again_is_the_same_write(store: Store) -> None:
    one, two = Attempt("quiz", "a", passed=False), Attempt("quiz", "b")
    assert attempts.write(store, one) == 1
    assert attempts.write(store, one) == 0
    assert attempts.write(store, one, two, two) == 1
    assert attempts.write(store, Attempt("quiz", "a", passed=True, id=one.id)) == 0
    assert [(e.slug, e.passed) for e in all_of(store)] == [("a", False), ("b", None)]
    assert attempts.write(store) == 0


def test_several_are_written_all_or_none(store: Store) -> None:
    """Fault: the second of two events has a learner who is not there."""
    stranger = str(uuid.uuid4())
    with pytest.raises(Exception, match="FOREIGN KEY"):
        attempts.write(store, Attempt("quiz", "a"), Attempt("quiz", "b", learner_id=stranger))
    assert all_of(store) == []


def test_filters(store: Store) -> None:
    def at(hours: float, *names: Any, **more: Any) -> Attempt:
        return Attempt(*names, time=NOON + timedelta(hours=hours), **more)

    attempts.write(
        store,
        at(0, "quiz", "a", "q1", passed=True),
        at(1, "quiz", "a", "q2", passed=False),
        at(2, "quiz", "b", "q1", passed=True),
        at(3, "exercise", "a", passed=False),
        at(4, "lesson", "a"),
    )
    count = attempts.count
    assert count(store) == 5
    assert count(store, kind="quiz") == 3
    assert count(store, kind=("quiz", "lesson")) == 4
    assert count(store, kind="quiz", slug="a") == 2
    assert count(store, slug="a", item="q1") == 1
    assert count(store, passed=True) == 2 and count(store, passed=False) == 2
    assert count(store, since=NOON + timedelta(hours=3)) == 2  # at or after
    in_china = timezone(timedelta(hours=8))
    assert count(store, since=(NOON + timedelta(hours=3)).astimezone(in_china)) == 2
    assert [e.kind for e in all_of(store, slug="a", newest_first=True)] == [
        "lesson",
        "exercise",
        "quiz",
        "quiz",
    ]
    assert [e.seq for e in all_of(store, after=3)] == [4, 5]
    assert all_of(store, learner_id=str(uuid.uuid4())) == []
    with pytest.raises(InvalidInput, match="Did you mean 'quiz'"):
        count(store, kind="quizz")


def test_tallies(store: Store) -> None:
    for i, passed in enumerate([False, False, True, False, True]):
        when = NOON + timedelta(minutes=i)
        attempts.write(store, Attempt("exercise", "a", item="step", passed=passed, time=when))
    attempts.write(store, Attempt("exercise", "b", passed=False, time=NOON))
    hint = Attempt("exercise", "a", item="step", detail={"asked": "hint"}, time=NOON + timedelta(seconds=30))
    attempts.write(store, hint)
    found = tallies(attempts.iterate(store), "exercise")
    assert found["a", "step"] == Tally(5, 2, 3, NOON, NOON + timedelta(minutes=4))
    assert found["b", None].tries_to_pass is None
    assert list(found) == [("a", "step"), ("b", None)]


def test_a_clock_that_goes_backwards_loses_nothing(store: Store) -> None:
    """Fault: what was written after the clock was set back is taken for old, and what follows new events misses it."""
    attempts.write(store, Attempt("quiz", "before", time=NOON))
    attempts.write(store, Attempt("quiz", "after", time=NOON - timedelta(hours=1)))
    assert [e.slug for e in all_of(store)] == ["after", "before"]  # as the clock said
    assert [e.slug for e in all_of(store, after=0)] == ["before", "after"]  # as they arrived
    assert [e.slug for e in all_of(store, after=1)] == ["after"]


def test_events_of_one_moment_keep_their_order(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: a clock that ticks 64 times a second, or goes back, and a wrong answer sorted after the right one."""
    clock = iter([10**18] * 50 + [10**18 - 10**12] * 50)
    monkeypatch.setattr(values.time, "time_ns", lambda: next(clock))
    made = [Attempt("quiz", f"n{i}", time=NOON) for i in range(100)]
    assert [e.id for e in made] == sorted({e.id for e in made})
    attempts.write(store, *made)
    assert [e.slug for e in all_of(store)] == [f"n{i}" for i in range(100)]


def test_ids_are_version_7_and_hold_the_time() -> None:
    made = uuid.UUID(values.new_id())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert abs((made.int >> 80) / 1000 - datetime.now().timestamp()) < 5


def test_threads_share_a_store(store: Store) -> None:
    def work(number: int) -> None:
        for i in range(10):
            attempts.write(store, Attempt("quiz", f"t{number}", item=str(i)))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert attempts.count(store) == 40
    assert len({(e.slug, e.item) for e in all_of(store)}) == 40


def test_reading_may_stop_half_way_and_writing_goes_on_meanwhile(store: Store) -> None:
    attempts.write(store, *(Attempt("quiz", "a") for _ in range(3000)))
    reading = attempts.iterate(store)
    next(reading)
    attempts.write(store, Attempt("quiz", "late"))
    assert len(list(reading)) == 2999, "a reader sees the store as it was when it began"
    half = attempts.iterate(store)
    next(half)
    half.close()
    assert attempts.count(store) == 3001


class Odd:
    pass


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"kind": "exercize"}, "kind"),
        ({"kind": None}, "kind"),
        ({"slug": ""}, "slug"),
        ({"slug": "a b"}, "slug"),
        ({"slug": "a\n"}, "slug"),
        ({"slug": "a\x1b[31m"}, "slug"),
        ({"slug": "a\ud800"}, "slug"),
        ({"slug": "x" * 201}, "slug"),
        ({"slug": 7}, "slug"),
        ({"item": ""}, "item"),
        ({"passed": 1}, "passed"),
        ({"seed": 2**63}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": 1.0}, "seed"),
        ({"score": math.nan}, "score"),
        ({"score": math.inf}, "score"),
        ({"score": 10**400}, "score"),
        ({"score": "1"}, "score"),
        ({"seconds": -0.1}, "seconds"),
        ({"time": datetime(2026, 1, 1)}, "time"),
        ({"time": "2026-01-01"}, "time"),
        ({"time": datetime.min.replace(tzinfo=UTC)}, "time"),
        ({"time": datetime.max.replace(tzinfo=UTC)}, "time"),
        ({"detail": None}, "detail"),
        ({"detail": {"a": {"b": [1, math.nan]}}}, "detail.a.b[1]"),
        ({"detail": {1: 2}}, "detail.1"),
        ({"detail": {"a": Odd()}}, "detail.a"),
        ({"detail": {"a": b"x"}}, "detail.a"),
        ({"detail": {"a": "x" * 1_000_001}}, "detail"),
        ({"id": "7"}, "id"),
        ({"id": str(uuid.uuid4()).upper()}, "id"),
        ({"learner_id": "me"}, "learner_id"),
        ({"language": "fr"}, "language"),
        ({"program": ""}, "program"),
    ],
)
def test_what_could_not_come_back_is_refused_when_it_is_made(wrong: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Attempt(**{"kind": "quiz", "slug": "a", **wrong})
    assert [problem.where for problem in caught.value.problems] == [where]
    assert caught.value.in_("en") != caught.value.in_("zh")


def test_a_detail_within_itself_is_refused() -> None:
    loop: dict[str, Any] = {}
    loop["a"] = loop
    with pytest.raises(InvalidInput, match="JSON"):
        Attempt("quiz", "a", detail=loop)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        Attempt("exam", "", seed="x", score=math.nan)  # type: ignore[arg-type]
    assert [problem.where for problem in caught.value.problems] == ["kind", "slug", "seed", "score"]


def test_what_the_writer_does_with_its_detail_later_changes_no_event(tmp_path: Path) -> None:
    detail = {"faults": ["shape"]}
    event = Attempt("exercise", "a", detail=detail)
    detail["faults"].append("dtype")
    assert event.detail == {"faults": ["shape"]}
