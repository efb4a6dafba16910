"""What moved since a goal was saved: the plan as it was then, and the plan as it is now.

The old plan is not stored. It is made again from what the log held when the goal was saved, by the same rules as the
new one, so that nothing but the learner makes the two differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jinjie.path.plan import Plan, Step


@dataclass(frozen=True)
class Moved:
    """The differences; false where there are none."""

    since: date
    """The first day of the plan as it was."""
    finished: tuple[Step, ...]
    """Of the old steps those that are none any more."""
    shorter: tuple[Step, ...]
    """Steps of which a part was learned."""
    behind: tuple[Step, ...]
    """What was to be done before today and is not."""
    added: tuple[Step, ...]
    """What was no step then: forgotten since, or asked for by a change of the course."""
    was: date | None
    now: date | None

    def __bool__(self) -> bool:
        return bool(self.finished or self.shorter or self.behind or self.added or self.was != self.now)


def moved(before: Plan, now: Plan, today: date) -> Moved:
    """What moved from one plan to another towards the same goal, as seen from the beginning of a day."""
    old, new = _minutes(before), _minutes(now)
    due = {
        (part.step.kind, part.step.slug)
        for week in before.weeks
        if week.ends < today
        for part in week.parts
        if part.last
    }
    late = {
        (part.step.kind, part.step.slug) for week in before.weeks if week.ends >= today for part in week.parts
    }
    return Moved(
        before.start,
        tuple(one for key, (one, _) in old.items() if key not in new),
        tuple(one for key, (one, minutes) in old.items() if key in new and new[key][1] < minutes),
        tuple(one for key, (one, _) in new.items() if key in due and key not in late),
        tuple(one for key, (one, _) in new.items() if key not in old),
        before.done,
        now.done,
    )


def _minutes(plan: Plan) -> dict[tuple[str, str], tuple[Step, int]]:
    """Each step with its minutes; one that was cut in two has those of both."""
    made: dict[tuple[str, str], tuple[Step, int]] = {}
    for step in plan.steps:
        key = (step.kind, step.slug)
        first, minutes = made.get(key, (step, 0))
        made[key] = (first, minutes + step.minutes)
    return made
