"""What any plan has to keep, checked from the content files and its plain form alone, without path/plan.py."""

from __future__ import annotations

import math
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
    yield from _left_out(library, told, wants)


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
        if step["kind"] == "lesson":
            for one in library.lessons[step["slug"]].entry.requires:
                if last.get(one, -1) > place:
                    yield f"the lesson {step['slug']} comes before {one}, which it requires"
        if step["kind"] == "system":
            for one in step["concepts"]:
                if last.get(one, -1) > place:
                    yield f"{step['slug']} is built before {one} is learned"
    order = [(part["kind"], part["slug"]) for week in told["weeks"] for part in week["parts"]]
    ends: dict[tuple[str, str], int] = {pair: i for i, pair in enumerate(order)}
    begins: dict[tuple[str, str], int] = {}
    for i, pair in enumerate(order):
        begins.setdefault(pair, i)
    for one, other in zip(steps, steps[1:], strict=False):
        a, b = (one["kind"], one["slug"]), (other["kind"], other["slug"])
        if a != b and a in ends and b in begins and begins[b] < begins[a]:
            yield f"{b} begins before {a}"


def minutes_until(hours: float, start: date, by: date) -> int:
    """Minutes for steps from one day to another, counted day by day: whole minutes of a week, and of a part of one."""
    total, day = 0, start
    while day <= by:
        sunday = day + timedelta(days=7 - day.isoweekday())
        days, inside = (sunday - day).days + 1, (min(sunday, by) - day).days + 1
        total += math.floor(math.floor(hours * 60 * 0.85 * days / 7) * inside / days)
        day = sunday + timedelta(days=1)
    return total


def _promises(told: dict[str, Any]) -> Iterator[str]:
    start = date.fromisoformat(told["start"])
    needed, hours = told["minutes"], told["hours_per_week"]
    if told["by"] is not None:
        by = date.fromisoformat(told["by"])
        if told["steps"] and told["fits"] != (minutes_until(hours, start, by) >= needed):
            yield "whether it fits is wrong"
        enough = told["enough_hours_per_week"]
        if enough is None and minutes_until(168, start, by) >= needed:
            yield "it is said that no hours are enough"
        if enough is not None and minutes_until(enough, start, by) < needed:
            yield f"{enough} hours a week are not enough"
        less = None if enough is None else min(enough * 0.9, enough - 0.25)
        if less is not None and less > 0 and minutes_until(less, start, by) >= needed:
            yield f"{enough} hours a week are more than enough"
        done, used = 0, 0
        for step in told["steps"]:
            used += step["minutes"]
            done += used <= minutes_until(hours, start, by)
        if told["steps_by_then"] != done:
            yield f"{told['steps_by_then']} steps by the date, not {done}"
    if told["done"] is None:
        if told["steps"] and (told["weeks"] or told["fits"]):
            yield "it is never done, and has weeks or fits"
        return
    end = date.fromisoformat(told["done"])
    if not told["weeks"][-1]["begins"] <= told["done"] <= told["weeks"][-1]["ends"]:
        yield f"done on {end}, outside of the last week"
    if minutes_until(hours, start, end) < needed:
        yield f"not done on {end}"
    if end > start and minutes_until(hours, start, end - timedelta(days=1)) >= needed:
        yield f"done before {end}"


def _left_out(library: Library, told: dict[str, Any], wants: dict[str, int]) -> Iterator[str]:
    """What is to be left out is enough, no more than enough, and nothing that stays stands on it."""
    if told["by"] is None or told["fits"]:
        if told["drop"]:
            yield "something is to be left out of what fits"
        return
    if told["goal"].split(":")[0] in ("concept", "system"):
        if told["drop"]:
            yield "of a single goal something is to be left out"
        return
    keys = [(one["kind"], one["slug"], *one["concepts"]) for one in told["drop"]]
    steps = {(one["kind"], one["slug"], *one["concepts"]): one for one in told["steps"]}
    if len(set(keys)) != len(keys) or not set(keys) <= set(steps):
        yield "what is to be left out is no step, or is named twice"
        return

    def needs(step: dict[str, Any]) -> set[str]:
        found = set(step["concepts"]).union(*(stands_on(library, one) for one in step["concepts"]))
        if step["kind"] == "lesson":
            found.update(library.lessons[step["slug"]].entry.requires)
        return found if step["kind"] == "system" else found.difference(step["concepts"])

    gone = {c for key in keys if key[0] != "system" for c in steps[key]["concepts"]}
    for key, step in steps.items():
        if key not in keys and needs(step) & gone:
            yield f"{key[1]} stays, and {sorted(needs(step) & gone)} is left out"
    room = minutes_until(
        told["hours_per_week"], date.fromisoformat(told["start"]), date.fromisoformat(told["by"])
    )
    stays = sum(step["minutes"] for key, step in steps.items() if key not in keys)
    if stays > room:
        yield "what is left does not fit either"
    for key in keys:
        rest = gone if key[0] == "system" else gone.difference(steps[key]["concepts"])
        if not needs(steps[key]) & rest and stays + steps[key]["minutes"] <= room:
            yield f"{key[1]} need not be left out"
