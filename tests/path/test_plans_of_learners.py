"""Plans: random learners and goals against a validator that shares no code; what does not fit, and how it would."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from plan_validator import faults

from jinjie.base.words import LANGUAGES
from jinjie.course.content.library import load
from jinjie.path.calendar import calendar, first, line, markdown, plain, summary
from jinjie.path.calendar import moved as told_moved
from jinjie.path.goals import EXPLAIN, goal, spine
from jinjie.path.graph import Graph
from jinjie.path.mastery import Belief, met
from jinjie.path.moved import moved
from jinjie.path.plan import Plan, plan

LIBRARY = load()
GRAPH = Graph.of(LIBRARY)
TARGETS = [slug for slug, concept in GRAPH.concepts.items() if not concept.prior]
MONDAY = date(2026, 11, 30)
NEW = {slug: Belief(slug, 0.0, 0.0, 0, None, False) for slug in GRAPH.concepts}


def made(word: str, hours: float = 5, start: date = MONDAY, by: date | None = None, **more: object) -> Plan:
    return plan(LIBRARY, GRAPH, goal(LIBRARY, word), NEW, hours, start, by, **more)  # type: ignore[arg-type]


def sure_but(concepts: tuple[str, ...]) -> dict[str, Belief]:
    return {slug: NEW[slug] if slug in concepts else Belief(slug, 0.99, 0.5, 5, None, True) for slug in NEW}


def learner(rng: np.random.Generator) -> dict[str, Belief]:
    """Somebody who knows all that stands on little, and some more."""
    height = rng.integers(0, 40)
    beliefs = {}
    for slug in GRAPH.concepts:
        knows = len(GRAPH.needs[slug]) < height or rng.random() < 0.1
        p = float(rng.uniform(0.8, 1.0) if knows else rng.uniform(0, 0.8))
        beliefs[slug] = Belief(slug, p, 0.2, 3, None, bool(rng.random() < 0.5))
    return beliefs


GOALS = [
    *(f"role:{slug}" for slug in LIBRARY.roles),
    *(f"system:{slug}" for slug in LIBRARY.systems),
    *(f"concept:{slug}" for slug in TARGETS),
]


def planned_without_a_fault(number: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen = {"late": 0, "empty": 0, "drop": 0, "never": 0}
    for i in range(number):
        beliefs = learner(rng)
        kind = rng.choice(["role", "system", "concept", "spine"], p=[0.4, 0.2, 0.3, 0.1])
        words = [word for word in GOALS if word.startswith(kind)] or ["spine"]
        word = str(rng.choice(words))
        wanted = goal(LIBRARY, word)
        start = date(2026, 1, 1) + timedelta(days=int(rng.integers(0, 1500)))
        by = start + timedelta(days=int(rng.integers(0, 200))) if rng.random() < 0.8 else None
        hours = float(rng.choice([0.25, 1, 2.5, 6, 20, 60]))
        found = plan(LIBRARY, GRAPH, wanted, beliefs, hours, start, by, free_only=bool(rng.random() < 0.5))
        known = {slug for slug, one in beliefs.items() if met(one, EXPLAIN)}
        wrong = list(faults(LIBRARY, plain(found), wanted.wants, known))
        assert wrong == [], (i, word, hours, start, by)
        seen["late"] += not found.fits
        seen["empty"] += not found.steps
        seen["drop"] += bool(found.drop)
        seen["never"] += found.by is not None and found.enough is None
    print(f"{number} plans: {seen}")
    assert seen["late"] and seen["empty"] and seen["drop"]


def test_forty_random_learners_and_goals_have_plans_without_a_fault() -> None:
    planned_without_a_fault(40, 1)


@pytest.mark.slow
def test_a_thousand_random_learners_and_goals_have_plans_without_a_fault() -> None:
    planned_without_a_fault(1000, 0)


def test_the_validator_notices_what_is_wrong() -> None:
    told = plain(made("gpt", by=date(2027, 3, 1)))
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
    by = date(2026, 12, 13)
    late = plan(LIBRARY, GRAPH, spine(LIBRARY), NEW, 2, MONDAY, by)
    assert not late.fits and late.done is not None and late.done > by
    assert late.enough is not None and late.drop
    assert plan(LIBRARY, GRAPH, spine(LIBRARY), NEW, late.enough, MONDAY, by).fits
    assert not plan(LIBRARY, GRAPH, spine(LIBRARY), NEW, late.enough - 0.25, MONDAY, by).fits
    for lang in LANGUAGES:
        said = summary(late, lang)
        assert late.done.isoformat() in said and f"{late.enough:g}" in said
        assert late.drop[0].title.in_(lang) in said


def test_of_a_single_goal_nothing_can_be_left_out_and_it_is_said_how_far_one_gets() -> None:
    late = made("gpt", hours=2, by=date(2026, 12, 13))
    assert not late.fits and late.drop == () and 0 < late.reached < len(late.steps)
    assert "Nothing of it can be left out" in summary(late, "en")
    assert late.steps[late.reached - 1].title.en in summary(late, "en")
    assert "not even the first step" in summary(made("gpt", hours=0.5, by=MONDAY), "en")


def test_of_a_role_the_tips_go_and_what_it_asks_for_most_stays() -> None:
    wanted = goal(LIBRARY, "role:large-model-engineer")
    late = plan(LIBRARY, GRAPH, wanted, NEW, 5, MONDAY, date(2026, 12, 27))
    assert late.drop
    least, stays = late.drop[0], [step for step in late.steps if step not in late.drop]
    others = [step for step in stays if step.kind == "bridge" and set(step.concepts) & set(wanted.wants)]
    assert sum(wanted.wants.get(one, 0) for one in least.concepts) <= max(
        sum(wanted.wants.get(one, 0) for one in step.concepts) for step in others
    )


def test_what_comes_first_stands_on_nothing_that_is_missing_and_the_others_on_it() -> None:
    found = made("gpt")
    head = found.steps[0]
    missing = {one for step in found.steps for one in step.concepts}.difference(head.concepts)
    assert not missing & set().union(*(GRAPH.needs[one] for one in head.concepts))
    lead = [
        step for step in found.steps[1:]
        if set(head.concepts) & set().union(*(GRAPH.needs[one] for one in step.concepts))
    ]  # fmt: skip
    assert lead and found.leads == len(lead)
    assert head.title.en in first(found, "en") and f"{len(lead)} of the {len(found.steps) - 1}" in first(
        found, "en"
    )
    alone = plan(LIBRARY, GRAPH, goal(LIBRARY, "gpt"), sure_but(head.concepts), 5, MONDAY)
    assert len(alone.steps) == 1 and first(alone, "en") == ""


def test_a_bridge_takes_the_hours_of_its_resource_where_the_catalog_knows_them() -> None:
    usual = made("data-parallelism").steps[-1]
    chosen = LIBRARY.resources[usual.resources[0]]
    known = replace(chosen.entry, hours=30.0)
    library = replace(LIBRARY, resources={**LIBRARY.resources, known.id: replace(chosen, entry=known)})
    found = plan(library, GRAPH, goal(library, "data-parallelism"), NEW, 5, MONDAY).steps[-1]
    assert found.resources[0] == known.id
    shared = len(set(found.concepts) & set(known.concepts))
    rest = sum(GRAPH.concepts[one].minutes for one in found.concepts if one not in known.concepts)
    assert found.minutes == math.ceil(30 * 60 * shared / len(known.concepts) + 2 * rest) != usual.minutes


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


def test_what_moved_since_is_what_was_done_what_is_behind_and_the_new_end() -> None:
    before = made("gpt", hours=5)
    same = moved(before, before, MONDAY)
    assert not same and told_moved(same, "en") == ["Nothing has moved since 2026-11-30."]
    lesson = before.steps[0]
    sure = {**NEW, **{one: Belief(one, 0.99, 0.5, 5, None, True) for one in lesson.concepts}}
    later = MONDAY + timedelta(days=14)
    now = plan(LIBRARY, GRAPH, goal(LIBRARY, "gpt"), sure, 5, later)
    found = moved(before, now, later)
    assert [step.slug for step in found.finished] == [lesson.slug] and not found.added
    ended = [part.step.slug for week in before.weeks[:2] for part in week.parts if part.last]
    assert [step.slug for step in found.behind] == [slug for slug in ended if slug != lesson.slug]
    assert (found.was, found.now) == (before.done, now.done) and found.was != found.now
    back = moved(now, before, MONDAY)
    assert [step.slug for step in back.added] == [lesson.slug] and not back.behind
    for lang in LANGUAGES:
        said = "\n".join(told_moved(found, lang))
        assert (
            lesson.title.in_(lang) in said
            and str(found.now) in said
            and found.behind[0].title.in_(lang) in said
        )


def test_of_many_steps_that_are_behind_the_first_are_named_and_the_others_counted() -> None:
    before = made("gpt", hours=20)
    found = moved(
        before, plan(LIBRARY, GRAPH, goal(LIBRARY, "gpt"), NEW, 20, date(2027, 3, 1)), date(2027, 3, 1)
    )
    assert found.behind == before.steps and len(found.behind) > 4
    row = next(one for one in told_moved(found, "en") if "still to do" in one)
    assert found.behind[2].title.en in row and found.behind[3].title.en not in row
    assert row.endswith(f"and {len(found.behind) - 3} more")


def test_a_lesson_of_which_a_part_is_known_by_now_is_told_as_such() -> None:
    before = made("gpt")
    lesson = next(step for step in before.steps if step.kind == "lesson" and len(step.concepts) > 1)
    part = lesson.concepts[0]
    now = plan(
        LIBRARY, GRAPH, goal(LIBRARY, "gpt"), {**NEW, part: Belief(part, 0.99, 0.5, 5, None, True)}, 5, MONDAY
    )
    found = moved(before, now, MONDAY)
    assert [step.slug for step in found.shorter] == [lesson.slug]
    assert not found.finished and not found.added and not found.behind
    assert moved(now, before, MONDAY).shorter == ()


def test_a_plan_made_again_in_the_middle_of_a_week_has_that_week_once_in_a_calendar() -> None:
    from icalendar import Calendar

    def ids(found: Plan) -> list[str]:
        raw = calendar(found, "en", datetime(2026, 11, 26, tzinfo=UTC))
        return [str(event["uid"]) for event in Calendar.from_ical(raw).walk("VEVENT")]

    whole, again = ids(made("gpt", hours=2)), ids(made("gpt", hours=2, start=MONDAY + timedelta(days=2)))
    assert whole[0] == again[0] and whole[1] == again[1]
    assert not set(whole) & set(ids(made("bert", hours=2)))


def test_the_calendar_says_the_same_to_a_reader_that_only_knows_the_standard() -> None:
    found = made("gpt", hours=2)
    raw = calendar(found, "zh", datetime(2026, 11, 26, tzinfo=UTC))
    assert raw.endswith(b"END:VCALENDAR\r\n") and b"\n" not in raw.replace(b"\r\n", b"")
    lines = (
        raw.replace(b"\r\n ", b"").decode().split("\r\n")
    )  # RFC 5545, 3.1: a fold is a line's end and a space
    events: list[dict[str, str]] = []
    for text in lines:
        name, _, value = text.partition(":")
        if text == "BEGIN:VEVENT":
            events.append({})
        elif events:
            events[-1].setdefault(name.partition(";")[0], value)
    assert [event["DTSTART"] for event in events] == [f"{week.begins:%Y%m%d}" for week in found.weeks]
    for event, week in zip(events, found.weeks, strict=True):
        plain = re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], event["DESCRIPTION"])
        assert plain.split("\n")[:-1] == [line(part, "zh") for part in week.parts]


def test_the_calendar_is_read_back_and_its_lines_are_folded_between_characters() -> None:
    from icalendar import Calendar

    found = made("gpt", hours=2)
    for lang in ("en", "zh"):
        raw = calendar(found, lang, datetime(2026, 11, 26, tzinfo=UTC))  # type: ignore[arg-type]
        assert max(len(row) for row in raw.split(b"\r\n")) <= 75
        for row in raw.split(b"\r\n"):
            row.decode("utf-8")  # no character is cut in two
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
