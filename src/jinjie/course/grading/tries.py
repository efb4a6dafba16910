"""An exercise in the learner's log: every try is an event, and what a learner is shown depends on those before.

Events of kind `exercise`: a try has `passed` true or false and the faults in `detail`. That a hint or the solution was
asked for has `passed` None and `detail` {"asked": "hint" or "solution"}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinjie.base.words import Text
from jinjie.course.content.library import Written
from jinjie.course.content.schema import Exercise
from jinjie.course.grading import hints, parts
from jinjie.course.grading.faults import Fault
from jinjie.course.grading.marking import Grade, grade
from jinjie.learner.standing import Standing, standing

if TYPE_CHECKING:
    from jinjie.learner.attempt import Attempt
    from jinjie.learner.store import Store

SOURCE = 20_000
"""Characters of a submission that are kept with its try."""


def hand_in(
    exercise: Written[Exercise],
    source: str | bytes,
    store: Store,
    *,
    item: str | None = None,
    seed: int | None = None,
) -> Grade:
    """Grade a submission as the learner's next try, and write it to their log.

    With a `seed` it repeats the hidden cases of an earlier try, and is written nowhere.
    """
    from jinjie.learner import attempts

    its = parts.read(exercise)
    before = standing(store, exercise.slug)
    made = grade(its, source, failed_before=before.failed, seed=seed)
    if seed is None:
        attempts.write(store, event(its, made, source, item))
    return made


def event(its: parts.Parts, made: Grade, source: str | bytes, item: str | None = None) -> Attempt:
    """The event of a graded try."""
    from jinjie.course.grading import handed_in
    from jinjie.learner.attempt import Attempt

    detail = {
        "faults": [
            {
                "kind": one.kind,
                "entry": one.entry,
                "like": one.like,
                "line": one.line,
                "cases": len(one.cases),
            }
            for one in made.faults
        ],
        "behaves_like": made.behaves_like,
        "hints": len(made.hints),
        "graded_in": round(made.seconds, 3),
        "ran": round(made.ran, 4),
        "tier": made.tier,
        "source": handed_in.read(source).text[:SOURCE],
    }
    return Attempt(
        kind="exercise",
        slug=its.slug,
        item=item,
        seed=made.seed,
        passed=made.passed,
        score=made.score,
        detail=detail,
        content=its.digest,
    )


def ask_hint(exercise: Written[Exercise], store: Store) -> tuple[list[Text], int]:
    """The hints that the learner has come to, one more than before; and how many are left. Written to the log."""
    before = standing(store, exercise.slug)
    first, rest = _hints(exercise, before)
    count = len(first) + max(0, before.failed - 1) + before.asked_hints + 1
    if before.failed == 0:
        count = before.asked_hints + 1
    told = [*first, *rest]
    _asked(exercise, store, "hint")
    return [hint.says for hint in told[:count]], max(0, len(told) - count)


def _hints(exercise: Written[Exercise], before: Standing) -> tuple[list[Any], list[Any]]:
    written = exercise.entry.hints
    found = [
        Fault(one["kind"], Text("", ""), one["entry"], like=one["like"])
        for one in (before.last or {}).get("faults", [])
    ]
    if before.failed and found:
        return hints.ordered(written, found)
    return [], [hint for hint in written if hint.when == "always"]


def ask_solution(exercise: Written[Exercise], store: Store) -> str | None:
    """The solution after a pass, or when it is asked for the second time; else None. Written to the log."""
    before = standing(store, exercise.slug)
    _asked(exercise, store, "solution")
    if before.passed or before.asked_solution:
        return parts.read(exercise).solution
    return None


def _asked(exercise: Written[Exercise], store: Store, what: str) -> None:
    from jinjie.learner.attempt import Attempt
    from jinjie.learner.attempts import write

    write(store, Attempt(kind="exercise", slug=exercise.slug, detail={"asked": what}))
