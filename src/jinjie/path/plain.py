"""What the path has found, as plain values for programs: `--json` of the commands and the studio's API say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinjie.base.words import language

if TYPE_CHECKING:
    from jinjie.course.content.library import Library
    from jinjie.path.asking import Near
    from jinjie.path.career import Gap
    from jinjie.path.checked import Checked
    from jinjie.path.following import Step
    from jinjie.path.goals import Goal
    from jinjie.path.recommend import Recommended


def step(found: Step, goal: Goal) -> dict[str, Any]:
    """The one best thing now, and the goal that it serves."""
    return {
        "kind": found.kind,
        "slug": found.slug,
        "minutes": found.minutes,
        "reason": found.reason.both(),
        "command": found.command,
        "hint": found.hint.both() if found.hint else None,
        "goal": {"name": goal.name, "title": goal.title.both()},
    }


def resource(one: Recommended, checked: Checked | None) -> dict[str, Any]:
    """A resource with the reason for this learner, and what its address answered when it was last asked."""
    return one.resource.plain() | {
        "above": one.above,
        "reason": one.reason.both(),
        "teaches": list(one.concepts),
        "checked": (
            {"status": checked.status, "asked": checked.asked.isoformat(), "to": checked.to}
            if checked
            else None
        ),
    }


def gap(found: Gap) -> dict[str, Any]:
    """What lies between the learner and a role."""
    return {
        "role": found.role.id,
        "share": round(found.share, 3),
        "missing": [{"concept": one.concept, "has": one.has, "wants": one.wanted} for one in found.missing],
        "areas": [
            {
                "area": axis.area,
                "has": round(axis.has, 2),
                "wants": round(axis.wants, 2),
                "concepts": axis.concepts,
            }
            for axis in found.axes
        ],
        "systems": {"built": list(found.built), "missing": list(found.unbuilt)},
        "minutes": found.plan.minutes,
        "done": found.plan.done.isoformat() if found.plan.done else None,
        "steps": [{"kind": one.kind, "slug": one.slug, "minutes": one.minutes} for one in found.plan.steps],
        "projects": [one.id for one in found.projects],
    }


def themes(library: Library) -> list[dict[str, Any]]:
    """Every question by theme."""
    return [
        {
            "theme": written.entry.theme.both(),
            "questions": [{"id": one.id, "question": one.question.both()} for one in written.entry.questions],
        }
        for written in library.themes.values()
    ]


def answer(library: Library, asked: str, near: list[Near]) -> dict[str, Any]:
    """The answer to what was asked, where one is sure, with its numbers; and the questions that come next."""
    given = None
    if near and near[0].sure:
        from jinjie.path.figures import figures, fill  # late: they measure the machine

        question = near[0].question
        found = figures(question, library)
        given = {
            "id": question.id,
            "question": question.question.both(),
            "answer": fill(str(question.answer), found),
            "language": language(),
            "figures": {name: figure.for_json() for name, figure in found.items()},
            "concepts": list(question.concepts),
        }
    return {
        "asked": asked,
        "answer": given,
        "nearest": [
            {
                "id": one.question.id,
                "question": one.question.question.both(),
                "likeness": round(one.likeness, 3),
            }
            for one in near
        ],
    }
