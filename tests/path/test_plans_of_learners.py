"""Plans: random learners and goals against a validator that shares no code; what does not fit, and how it would."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
from plan_validator import faults

from jinjie.cli.plan import _plain
from jinjie.course.content.library import load
from jinjie.path.calendar import calendar, markdown, summary
from jinjie.path.goals import EXPLAIN, goal, spine
from jinjie.path.graph import Graph
from jinjie.path.mastery import Belief, met
from jinjie.path.plan import Plan, plan

LIBRARY = load()
GRAPH = Graph.of(LIBRARY)
TARGETS = [slug for slug, concept in GRAPH.concepts.items() if not concept.prior]
MONDAY = date(2026, 11, 30)
NEW = {slug: Belief(slug, 0.0, 0.0, 0, None, False) for slug in GRAPH.concepts}


def made(word: str, hours: float = 5, start: date = MONDAY, by: date | None = None, **more: object) -> Plan:
    return plan(LIBRARY, GRAPH, goal(LIBRARY, word), NEW, hours, start, by, **more)  # type: ignore[arg-type]


def learner(rng: np.random.Generator) -> dict[str, Belief]:
    """Somebody who knows all that stands on little, and some more."""
    height = rng.integers(0, 40)
    beliefs = {}
    for slug in GRAPH.concepts:
        knows = len(GRAPH.needs[slug]) < height or rng.random() < 0.1
        p = float(rng.uniform(0.8, 1.0) if knows else rng.uniform(0, 0.8))
        beliefs[slug] = Belief(slug, p, 0.2, 3, None, bool(rng.random() < 0.5))
    return beliefs


def test_a_thousand_random_learners_and_goals_have_plans_without_a_fault() -> None:
    rng = np.random.default_rng(0)
    late = empty = 0
    for i in range(1000):
        beliefs = learner(rng)
        word = "spine" if rng.random() < 0.1 else f"concept:{rng.choice(TARGETS)}"
        wanted = goal(LIBRARY, word)
        start = date(2026, 1, 1) + timedelta(days=int(rng.integers(0, 1500)))
        by = start + timedelta(days=int(rng.integers(0, 400))) if rng.random() < 0.7 else None
        hours = float(rng.choice([0.25, 1, 2.5, 6, 20, 60]))
        found = plan(LIBRARY, GRAPH, wanted, beliefs, hours, start, by, free_only=bool(rng.random() < 0.5))
        known = {slug for slug, one in beliefs.items() if met(one, EXPLAIN)}
        wrong = list(faults(LIBRARY, _plain(found), wanted.wants, known))
        assert wrong == [], (i, word, hours, start, by)
        late += not found.fits
        empty += not found.steps
    print(f"1,000 plans: {late} do not fit, {empty} have nothing left to do")
    assert late and empty


def test_the_validator_notices_what_is_wrong() -> None:
    told = _plain(made("gpt", by=date(2027, 3, 1)))
    wants = goal(LIBRARY, "gpt").wants
    assert not list(faults(LIBRARY, told, wants, set()))
    turned = {**told, "steps": told["steps"][::-1]}
    assert any("requires" in one for one in faults(LIBRARY, turned, wants, set()))
    assert any(
        "neither" in one for one in faults(LIBRARY, {**told, "steps": told["steps"][:-1]}, wants, set())
    )
    crowded = {**told, "weeks": [{**told["weeks"][0], "room": 10}, *told["weeks"][1:]]}
    assert any("minutes" in one for one in faults(LIBRARY, crowded, wants, set()))


def test_what_does_not_fit_says_when_it_would_and_with_how_many_hours() -> None:
    late = made("gpt", hours=2, by=date(2026, 12, 13))
    assert not late.fits and late.done is not None and late.done > date(2026, 12, 13)
    assert late.enough is not None and late.drop
    assert made("gpt", hours=late.enough, by=date(2026, 12, 13)).fits
    assert not made("gpt", hours=late.enough - 0.25, by=date(2026, 12, 13)).fits
    said = summary(late, "en")
    assert late.done.isoformat() in said and f"{late.enough:g} hours a week" in said
    assert late.drop[0].title.en in said


def test_what_is_not_yet_written_is_bridged_by_free_resources_in_the_language() -> None:
    found = made("data-parallelism", language="zh", free_only=True)
    bridge = found.steps[-1]
    assert bridge.kind == "bridge" and bridge.resources
    for one in bridge.resources:
        entry = LIBRARY.resources[one].entry
        assert "zh" in entry.language and entry.cost == "free"


def test_what_there_is_only_in_another_language_is_better_than_nothing() -> None:
    bridge = made("gradient-accumulation", language="zh").steps[-1]
    assert bridge.resources and all(
        "zh" not in LIBRARY.resources[one].entry.language for one in bridge.resources
    )


def test_a_goal_that_is_met_has_nothing_left_to_do() -> None:
    sure = {slug: Belief(slug, 0.99, 0.5, 5, None, True) for slug in GRAPH.concepts}
    found = plan(LIBRARY, GRAPH, spine(LIBRARY), sure, 5, MONDAY, MONDAY)
    assert found.fits and not found.weeks and found.done is None
    assert "nothing left" in summary(found, "en")


def test_a_day_that_is_too_near_and_hours_that_are_no_hours() -> None:
    near = made("gpt", hours=168, by=MONDAY)
    assert not near.fits or near.done == MONDAY
    none = made("gpt", hours=0.01, by=date(2027, 1, 1))
    assert none.done is None and not none.fits and none.weeks == ()
    assert "none of them is ever done" in summary(none, "en")


def test_weeks_run_on_through_daylight_saving_and_the_turn_of_the_year() -> None:
    found = plan(LIBRARY, GRAPH, spine(LIBRARY), NEW, 0.5, date(2026, 10, 21))
    days = [(week.begins, week.ends) for week in found.weeks]
    assert days[0] == (date(2026, 10, 21), date(2026, 10, 25)) and days[-1][0] > date(2027, 1, 1)
    assert all(
        later[0] - earlier[1] == timedelta(days=1) for earlier, later in zip(days, days[1:], strict=False)
    )


def test_the_calendar_is_read_back_and_its_lines_are_folded_between_characters() -> None:
    from icalendar import Calendar

    found = made("gpt", hours=2)
    for lang in ("en", "zh"):
        raw = calendar(found, lang, datetime(2026, 11, 26, tzinfo=UTC))  # type: ignore[arg-type]
        assert max(len(line) for line in raw.split(b"\r\n")) <= 75
        for line in raw.split(b"\r\n"):
            line.decode("utf-8")  # no character is cut in two
        events = Calendar.from_ical(raw).walk("VEVENT")
        assert [event.decoded("dtstart") for event in events] == [week.begins for week in found.weeks]
        assert [event.decoded("dtend") for event in events] == [
            week.ends + timedelta(days=1) for week in found.weeks
        ]
        assert len({str(event["uid"]) for event in events}) == len(found.weeks)
        for event, week in zip(events, found.weeks, strict=True):
            for part in week.parts:
                assert part.step.title.in_(lang) in str(event["description"])  # type: ignore[arg-type]


def test_markdown_has_every_step_and_links_for_what_is_bridged() -> None:
    found = made("lora")
    text = markdown(found, LIBRARY, "en")
    assert all(step.title.en in text for step in found.steps)
    assert all(LIBRARY.resources[one].entry.url in text for step in found.steps for one in step.resources)
    assert text.count("- [ ] ") == sum(len(week.parts) + 1 for week in found.weeks)
