"""Where a learner stands with an exercise, from what their log says of it.

A try has `passed` true or false. That a hint or the solution was asked for has `passed` None and `detail` {"asked":
"hint" or "solution"}.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinjie.learner.attempt import Attempt
    from jinjie.learner.store import Store


@dataclass(frozen=True)
class Standing:
    """Where a learner stands with an exercise."""

    tries: int = 0
    passed: bool = False
    """Ever."""
    failed: int = 0
    """Failed tries since the last that passed."""
    asked_hints: int = 0
    """Hints asked for since the last try."""
    asked_solution: int = 0
    last: dict[str, Any] | None = None
    """`detail` of the last try."""


def standing(store: Store, slug: str) -> Standing:
    """Where the store's owner stands with an exercise."""
    from jinjie.learner import attempts

    return _standing(attempts.iterate(store, kind="exercise", slug=slug, newest_first=True))


def standings(events: Sequence[Attempt]) -> dict[str, Standing]:
    """Where a learner stands with every exercise that was tried; `events` in the order of their times."""
    by_slug: dict[str, list[Attempt]] = {}
    for one in reversed(events):
        if one.kind == "exercise":
            by_slug.setdefault(one.slug, []).append(one)
    return {slug: _standing(events) for slug, events in by_slug.items()}


def _standing(newest_first: Iterable[Attempt]) -> Standing:
    tries = failed = asked_hints = asked_solution = 0
    passed = False
    last: dict[str, Any] | None = None
    for event in newest_first:
        if event.passed is None:
            asked = event.detail.get("asked")
            asked_hints += asked == "hint" and last is None
            asked_solution += asked == "solution"
            continue
        tries += 1
        if last is None:
            last = event.detail
        passed = passed or event.passed
        failed += not passed
    return Standing(tries, passed, failed, asked_hints, asked_solution, last)
