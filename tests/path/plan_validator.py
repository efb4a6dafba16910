"""What any plan has to keep, checked from the content files and its plain form alone, without path/plan.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from jinjie.course.content.library import Library


def stands_on(library: Library, concept: str, seen: set[str] | None = None) -> set[str]:
    """All that a concept requires, and what those require."""
    seen = set() if seen is None else seen
    for one in library.concepts[concept].entry.requires:
        if one in library.concepts and one not in seen:
            seen.add(one)
            stands_on(library, one, seen)
    return seen


def faults(library: Library, told: dict[str, Any], wants: dict[str, int], known: set[str]) -> Iterator[str]:
    """Every fault of a plan. `known`: the concepts that the learner can at least explain."""
    yield from _weeks(told)
    yield from _steps(library, told, wants, known)
    yield from _order(library, told, known)
    yield from _promises(told)


def _weeks(told: dict[str, Any]) -> Iterator[str]:
    before: date | None = None
    for week in told["weeks"]:
        begins, ends = date.fromisoformat(week["begins"]), date.fromisoformat(week["ends"])
        if before is None and begins != date.fromisoformat(told["start"]):
            yield f"the first week begins on {begins}"
        if before is not None and (begins != before + timedelta(days=1) or begins.isoweekday() != 1):
            yield f"a week begins on {begins} after {before}"
        if ends.isoweekday() != 7 or (ends - begins).days > 6:
            yield f"a week from {begins} to {ends}"
        hours = told["hours_per_week"] * ((ends - begins).days + 1) / 7
        used = sum(part["minutes"] for part in week["parts"])
        if used > week["room"] or week["room"] + week["reviews"] > hours * 60 + 1e-6:
            yield f"the week of {begins} has {used} of {week['room']} minutes, and {week['reviews']} for reviews"
        if week["reviews"] < 0.15 * (week["room"] + week["reviews"]) - 1:
            yield f"the week of {begins} keeps {week['reviews']} minutes for reviews"
        before = ends
    if told["weeks"] and not told["weeks"][-1]["parts"]:
        yield "the last week is empty"


def _steps(library: Library, told: dict[str, Any], wants: dict[str, int], known: set[str]) -> Iterator[str]:
    spent: dict[tuple[str, str, int], int] = {}
    for week in told["weeks"]:
        for part in week["parts"]:
            spent[part["kind"], part["slug"], 0] = (
                spent.get((part["kind"], part["slug"], 0), 0) + part["minutes"]
            )
            if part["minutes"] <= 0:
                yield f"a part of {part['slug']} takes {part['minutes']} minutes"
    planned: dict[tuple[str, str, int], int] = {}
    for step in told["steps"]:
        planned[step["kind"], step["slug"], 0] = (
            planned.get((step["kind"], step["slug"], 0), 0) + step["minutes"]
        )
        for concept in step["concepts"]:
            entry = library.concepts[concept].entry
            written = not entry.planned and entry.lesson in library.lessons
            if step["kind"] == "lesson" and (not written or entry.lesson != step["slug"]):
                yield f"{step['slug']} does not teach {concept}"
            if step["kind"] == "bridge" and written:
                yield f"{concept} is bridged, and there is a lesson"
    if told["weeks"] and spent != planned:
        yield "the weeks do not hold what the steps take"
    if told["minutes"] != sum(step["minutes"] for step in told["steps"]):
        yield "the minutes do not add up"
    covered = {c for step in told["steps"] if step["kind"] != "system" for c in step["concepts"]}
    for concept in wants:
        for one in {concept, *stands_on(library, concept)}:
            if one not in covered and one not in known and not library.concepts[one].entry.prior:
                yield f"{one} is neither known nor planned"


def _order(library: Library, told: dict[str, Any], known: set[str]) -> Iterator[str]:
    """Nothing before what it requires: by the parts of the weeks where there are any, else by the steps."""
    last: dict[str, int] = {}
    steps = told["steps"]
    for place, step in enumerate(steps):
        if step["kind"] != "system":
            for concept in step["concepts"]:
                last[concept] = max(place, last.get(concept, -1))
    for place, step in enumerate(steps):
        for concept in step["concepts"]:
            for one in stands_on(library, concept):
                if one in last and last[one] > place and one not in step["concepts"]:
                    yield f"{concept} comes before {one}, which it requires"
    order = [(part["kind"], part["slug"]) for week in told["weeks"] for part in week["parts"]]
    ends: dict[tuple[str, str], int] = {pair: i for i, pair in enumerate(order)}
    begins: dict[tuple[str, str], int] = {}
    for i, pair in enumerate(order):
        begins.setdefault(pair, i)
    for one, other in zip(steps, steps[1:], strict=False):
        a, b = (one["kind"], one["slug"]), (other["kind"], other["slug"])
        if a != b and a in ends and b in begins and begins[b] < begins[a]:
            yield f"{b} begins before {a}"


def _room(hours: float, start: date, by: date) -> float:
    return hours * 60 * 0.85 * ((by - start).days + 1) / 7


def _promises(told: dict[str, Any]) -> Iterator[str]:
    if told["done"] is None:
        if told["steps"] and told["weeks"]:
            yield "it is never done, and has weeks"
        if told["steps"] and told["fits"]:
            yield "it fits, and is never done"
        return
    done = date.fromisoformat(told["done"])
    last = told["weeks"][-1]
    if not last["begins"] <= told["done"] <= last["ends"]:
        yield f"done on {done}, outside of the last week"
    if told["by"] is None:
        return
    start, by = date.fromisoformat(told["start"]), date.fromisoformat(told["by"])
    if told["fits"] != (done <= by):
        yield "whether it fits is wrong"
    weeks = (by - start).days / 7 + 2
    enough = told["enough_hours_per_week"]
    if enough is not None:
        # Minutes are rounded down once a week, and twice in the last.
        if _room(enough, start, by) + 1e-6 < told["minutes"]:
            yield f"{enough} hours a week are not enough"
        if _room(enough - 0.25, start, by) - weeks > told["minutes"]:
            yield f"{enough} hours a week are more than enough"
    if not told["fits"]:
        left = [step["minutes"] for step in told["steps"]]
        for slug in told["drop"]:
            left.remove(next(s["minutes"] for s in told["steps"] if s["slug"] == slug))
        if sum(left) > _room(told["hours_per_week"], start, by) + 1e-6:
            yield "what is left does not fit either"
        if told["drop"] and len(left) < len(told["steps"]) - len(told["drop"]):
            yield "more is dropped than said"
