"""Review: cards from the log, in the learner's own days."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fsrs import Rating

from jinjie.course.content.library import Library, load
from jinjie.learner import exchange, merge
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import iterate, write
from jinjie.learner.store import open_store
from jinjie.path.evidence import day, evidence
from jinjie.path.review import cards, due, graded, recall, remembered, replayed, reviewed, scheduled_by

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
QUIZ = "attention"
BERLIN, NEW_YORK, SHANGHAI = (
    ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Shanghai")
)


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture(scope="module")
def questions(library: Library) -> dict[str, str]:
    """Concept → an item of the quiz about it."""
    return {item.concept: item.id for item in library.quizzes[QUIZ].entry.items}


def answer(item: str, when: datetime, passed: bool, kind: str = "review", **more: Any) -> Attempt:
    more.setdefault("seed", int(when.timestamp()))
    return Attempt(kind, QUIZ, item, passed=passed, time=when, **more)


def test_a_card_begins_with_what_was_learned(library: Library, questions: dict[str, str]) -> None:
    concept, item = next(iter(questions.items()))
    slug = next(s for s, e in library.exercises.items() if concept in e.entry.concepts)
    unknown = answer(item, NOON, False, "placement", detail={"unknown": True})
    said = Attempt("placement", concept, time=NOON, detail={"said": "known"})
    assert cards(library, [unknown, said, Attempt("exercise", slug, passed=False, time=NOON)]) == {}
    for begun in (
        answer(item, NOON, True, "placement"),
        answer(item, NOON, False, "quiz"),
        Attempt("exercise", slug, passed=True, time=NOON),
    ):
        card = cards(library, [begun])[concept]
        assert (card.last, card.answers, card.lapses) == (NOON.date(), 1, 0)
        assert card.due > card.last


def test_what_the_course_no_longer_has_is_passed_over(library: Library, questions: dict[str, str]) -> None:
    gone = [Attempt("review", "gone", "gone", passed=True, time=NOON), answer("gone", NOON, True)]
    assert cards(library, gone) == {}
    assert due(library, gone, NOON) == []


def test_grades_come_from_the_evidence(library: Library, questions: dict[str, str]) -> None:
    quiz = library.quizzes[QUIZ].entry
    choice = next(item for item in quiz.items if item.choices)
    number = next(item for item in quiz.items if item.number)
    slug = next(s for s, e in library.exercises.items() if choice.concept in e.entry.concepts)
    events = [
        *(answer(choice.id, NOON + timedelta(days=i), True, seconds=20.0 + i) for i in range(5)),
        answer(choice.id, NOON + timedelta(days=5), True, seconds=10.9),
        answer(choice.id, NOON + timedelta(days=6), True, seconds=11.1),
        answer(choice.id, NOON + timedelta(days=7), False, seconds=1.0),
        answer(number.id, NOON + timedelta(days=8), True, seconds=1.0),
        Attempt("exercise", slug, passed=False, time=NOON + timedelta(days=9)),
        Attempt("exercise", slug, time=NOON + timedelta(days=10)),
        Attempt("exercise", slug, passed=True, time=NOON + timedelta(days=11)),
        Attempt("exercise", slug, passed=False, time=NOON + timedelta(days=12)),
    ]
    concepts = {choice.concept, number.concept}
    grades = [
        (one.time.day - NOON.day, rating)
        for one, rating in graded(evidence(library, events))
        if one.concept == (choice.concept if one.item != number.id else number.concept)
    ]
    good, easy, hard, again = Rating.Good, Rating.Easy, Rating.Hard, Rating.Again
    assert len(concepts) == 2, "of each kind a concept of its own, or the exercise's lines are twice there"
    # The middle of 20 to 24 s is 22: less than 11 is quick. Of numbers there is no usual time yet. An exercise that
    # never passed is being learned: day 9 is none.
    assert grades == [
        *((i, good) for i in range(5)), (5, easy), (6, good), (7, again), (8, good), (11, hard), (12, again),
    ]  # fmt: skip


def test_right_grows_and_wrong_shrinks(library: Library, questions: dict[str, str]) -> None:
    concept, item = next(iter(questions.items()))
    events: list[Attempt] = []
    when, intervals = NOON, []
    for _ in range(8):
        events.append(answer(item, when, True))
        card = cards(library, events)[concept]
        intervals.append(card.interval)
        when += timedelta(days=card.interval)
    assert intervals == sorted(set(intervals)), "each longer than the one before"
    assert intervals[0] >= 1 and intervals[-1] > 365
    events.append(answer(item, when, False))
    card = cards(library, events)[concept]
    assert card.interval < intervals[-1] / 10
    assert card.lapses == 1


def test_the_order_of_the_due_is_by_what_is_nearly_forgotten(
    library: Library, questions: dict[str, str]
) -> None:
    first, second, *_ = questions.items()
    events = [answer(first[1], NOON, True), answer(second[1], NOON, False)]
    later = NOON + timedelta(days=10)
    assert [card.concept for card in due(library, events, later)] == [second[0], first[0]]
    assert due(library, events, NOON) == []


def test_a_day_begins_at_four_where_the_learner_is(library: Library, questions: dict[str, str]) -> None:
    concept, item = next(iter(questions.items()))
    for zone in (BERLIN, NEW_YORK, SHANGHAI):
        late = datetime(2026, 3, 10, 1, 30, tzinfo=zone)  # still the ninth
        card = cards(library, [answer(item, late, False)])[concept]
        assert (card.last, card.due) == (date(2026, 3, 9), date(2026, 3, 10))
        events = [answer(item, late, False)]
        assert due(library, events, datetime(2026, 3, 10, 3, 59, tzinfo=zone)) == []
        assert due(library, events, datetime(2026, 3, 10, 4, 0, tzinfo=zone)) == [card]


def test_an_evening_after_a_morning_is_a_day(library: Library, questions: dict[str, str]) -> None:
    """fsrs by itself counts whole 24 hours: 23:00 to 07:00 would be no day, and the interval would not grow."""
    concept, item = next(iter(questions.items()))
    evening = datetime(2026, 3, 10, 23, 0, tzinfo=BERLIN)
    made = [
        cards(library, [answer(item, evening, True), answer(item, evening + timedelta(hours=hours), True)])
        for hours in (9, 24, 27)
    ]
    assert made[0][concept].stability == made[1][concept].stability == made[2][concept].stability
    same = cards(library, [answer(item, evening, True), answer(item, evening + timedelta(hours=2), True)])
    assert same[concept].stability < made[0][concept].stability


def test_a_day_that_comes_twice_is_one(library: Library, questions: dict[str, str]) -> None:
    """Over the date line the learner's day goes back: the answer there is of the same sitting."""
    concept, item = next(iter(questions.items()))
    auckland = datetime(2026, 3, 10, 9, 0, tzinfo=ZoneInfo("Pacific/Auckland"))
    honolulu = (auckland + timedelta(hours=10)).astimezone(ZoneInfo("Pacific/Honolulu"))
    assert honolulu.date() == date(2026, 3, 9)
    card = cards(library, [answer(item, auckland, True), answer(item, honolulu, True)])[concept]
    assert card.last == date(2026, 3, 10)
    assert card.due > date(2026, 3, 10)


def local_day(moment: datetime) -> date:
    """The learner's day, by the clock on the wall alone."""
    return moment.date() if moment.hour >= 4 else moment.date() - timedelta(days=1)


def years_of_reviews(
    library: Library,
    questions: dict[str, str],
    zone_on: Callable[[int], ZoneInfo],
    years: int,
    every_day: bool = False,
) -> tuple[int, dict[str, int]]:
    """A learner who looks in every day: how many reviews there were, and the last interval of each card.

    The book kept here knows days from the clock on the wall and what each card said when it was last answered.
    """
    chance = random.Random(7)
    start = date(2026, 3, 20)
    events: list[Attempt] = []
    book: dict[str, date] = {}
    count = 0
    turns = {
        start + timedelta(days=i)
        for i in range(365 * years)
        if zone_on(i).utcoffset(datetime.combine(start + timedelta(days=i), time(12)))
        != zone_on(i + 1).utcoffset(datetime.combine(start + timedelta(days=i + 1), time(12)))
    }
    near = {turn + timedelta(days=i) for turn in turns for i in (0, 1, 2)}
    for i in range(365 * years):
        hour, minute = chance.choice([(4, 0), (7, 30), (12, 0), (23, 59), (26, 30), (27, 59)]), 0
        wall = start + timedelta(days=i + hour[0] // 24)
        now = datetime.combine(wall, time(hour[0] % 24, hour[1] + minute), zone_on(i))
        now = now.astimezone(UTC).astimezone(zone_on(i))  # 2:30 is not there on one night of the year
        if events and now <= events[-1].time:
            continue  # the traveller has that day twice
        today = local_day(now)
        expected = {concept for concept, on in book.items() if on <= today}
        new = [concept for concept in questions if concept not in book][:1] if i % 30 == 0 else []
        if not (every_day or expected or new or today in near):
            continue
        assert {card.concept for card in due(library, events, now)} == expected, now
        for concept in [*expected, *new]:
            events.append(answer(questions[concept], now, chance.random() < 0.9, seed=i))
            count += 1
            now += timedelta(seconds=20)
        if expected or new:
            made = cards(library, events)
            assert not due(library, events, now), "asked once a day"
            for concept in [*expected, *new]:
                assert made[concept].last == max(today, made[concept].last)
                assert made[concept].due > today
                book[concept] = made[concept].due
    made = cards(library, events)
    assert sum(card.answers for card in made.values()) == count, "none lost, none doubled"
    return count, {concept: card.interval for concept, card in made.items()}


def traveller(i: int) -> ZoneInfo:
    """Three weeks here and three there, over the date line as well."""
    names = ("Europe/Berlin", "Asia/Shanghai", "Pacific/Auckland", "America/New_York", "Pacific/Honolulu")
    return ZoneInfo(names[i // 21 % len(names)])


@pytest.mark.parametrize(
    "zone_on",
    [lambda i: BERLIN, lambda i: NEW_YORK, lambda i: SHANGHAI, traveller],
    ids=["Berlin", "New York", "Shanghai", "traveller"],
)
def test_ten_years_in_which_nothing_is_lost_doubled_or_early(
    library: Library, questions: dict[str, str], zone_on: Callable[[int], ZoneInfo]
) -> None:
    some = dict(list(questions.items())[:3])
    count, intervals = years_of_reviews(library, some, zone_on, 10)
    assert count > 20
    assert len(intervals) == 3


@pytest.mark.slow
def test_ten_years_looked_at_on_every_single_day(library: Library, questions: dict[str, str]) -> None:
    for zone_on in (lambda i: BERLIN, traveller):
        count, _ = years_of_reviews(library, questions, zone_on, 10, every_day=True)
        assert count > 100


def test_the_same_everywhere(library: Library, questions: dict[str, str], tmp_path: Path) -> None:
    """A log that is imported on another machine, in another zone, gives the same dates."""
    chance = random.Random(3)
    events = [
        answer(item, NOON.astimezone(chance.choice([BERLIN, SHANGHAI])) + timedelta(hours=31 * i), i % 4 > 0)
        for i, item in enumerate(list(questions.values()) * 6)
    ]
    here, there = str(tmp_path / "here.sqlite"), str(tmp_path / "there.sqlite")
    with open_store(here) as store:
        write(store, *events[::-1])
        exchange.export(store, tmp_path / "log.jsonl.gz")
        mine = cards(library, iterate(store))
    with open_store(there) as store:
        merge.merge(store, tmp_path / "log.jsonl.gz", as_mine=True)
        assert cards(library, iterate(store)) == mine == cards(library, events)
    assert len(mine) > 3


def test_the_scheduler_goes_with_the_answer(library: Library, questions: dict[str, str]) -> None:
    item = next(iter(questions.values()))
    now = scheduled_by()
    assert now["name"] == "fsrs" and now["version"].startswith("6.")
    old = {"name": "fsrs", "version": "5.1.0"}
    events = [answer(item, NOON, True, detail={"scheduler": one}) for one in (old, now, old)]
    assert replayed(events) == ["fsrs 5.1.0"]
    assert replayed(events[1:2]) == replayed([answer(item, NOON, True)]) == []


def test_how_many_today(library: Library, questions: dict[str, str]) -> None:
    item = next(iter(questions.values()))
    times = [NOON - timedelta(hours=9), NOON - timedelta(hours=7), NOON]
    events = [*(answer(item, when, True) for when in times), answer(item, NOON, True, "quiz")]
    assert reviewed(events, NOON) == 2


def log_loss(told: list[tuple[float, bool]]) -> tuple[float, float]:
    """Of what was told, and of the best that one constant could do with hindsight. In nats."""
    from math import log

    share = sum(passed for _, passed in told) / len(told)

    def loss(chances: list[float]) -> float:
        return -sum(log(p if right else 1 - p) for p, (_, right) in zip(chances, told, strict=True)) / len(
            told
        )

    return loss([p for p, _ in told]), loss([share] * len(told))


def test_what_it_tells_of_a_forgetful_learner_is_better_than_a_constant() -> None:
    """The learner forgets exponentially, which is not fsrs' own curve, and comes when they come."""
    chance = random.Random(11)
    told: list[tuple[float, bool]] = []
    for _ in range(150):
        strength, memory, on = 4.0 * chance.lognormvariate(0, 0.5), None, date(2026, 1, 1)
        for _ in range(12):
            gap = int(chance.lognormvariate(2.0, 1.2)) + 1
            on += timedelta(days=gap)
            knows = memory is None or chance.random() < 0.9 ** (gap / strength)
            if memory is not None:
                told.append((recall(memory.stability or 0, gap), knows))
                strength *= 1.9 if knows else 0.5
            memory = remembered(memory, Rating.Good if knows else Rating.Again, on)
    mine, constant = log_loss(told)
    assert mine < constant - 0.03, (mine, constant)


def test_days_are_those_of_the_log(questions: dict[str, str]) -> None:
    """The day of an attempt is the day on the learner's wall, also in the hour that a clock goes through twice."""
    for fold in (0, 1):
        moment = datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=BERLIN)
        item = next(iter(questions.values()))
        assert day(answer(item, moment, True).time) == day(moment) == date(2026, 10, 24)
