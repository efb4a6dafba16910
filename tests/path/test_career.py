"""The gap to a role: what counts as there, what is missing, the picture, and the plan that closes it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from jinjie.base.errors import NotFound
from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.path.career import Gap, depth, gap
from jinjie.path.goals import goal
from jinjie.path.graph import Graph
from jinjie.path.known import believed, judged
from jinjie.path.mastery import Belief, belief
from jinjie.path.plan import plan
from jinjie.path.radar import described, radar

LIBRARY = load()
GRAPH = Graph.of(LIBRARY)
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def beliefs(p: float, built: bool = True) -> dict[str, Belief]:
    return {slug: Belief(slug, p, 0.2, 3, NOON, built) for slug in GRAPH.concepts}


def found(
    p: float, built: bool = True, events: tuple[Attempt, ...] = (), role: str = "large-model-engineer"
) -> Gap:
    return gap(LIBRARY, GRAPH, role, beliefs(p, built), list(events), 5, date(2026, 11, 30))


@pytest.mark.parametrize(
    ("p", "built", "expected"), [(0.5, True, 0), (0.8, True, 1), (0.95, False, 2), (0.95, True, 3)]
)
def test_how_deep_a_concept_is_known(p: float, built: bool, expected: int) -> None:
    assert depth("gpt", believed({"gpt": Belief("gpt", p, 0.2, 3, NOON, built)})) == expected
    assert depth("gpt", believed({})) == 0


@pytest.mark.parametrize("role", sorted(LIBRARY.roles))
def test_nothing_is_there_and_everything(role: str) -> None:
    nothing, everything = found(0.1, role=role), found(0.99, role=role)
    assert nothing.share == 0 and {one.concept for one in nothing.missing} == set(nothing.role.needs)
    assert everything.share == 1 and not everything.missing
    with_recipe = {one for one in everything.role.systems if LIBRARY.systems[one].entry.recipes}
    assert {(step.kind, step.slug) for step in everything.plan.steps} == {
        ("system", one) for one in with_recipe
    }
    assert nothing.plan.minutes > everything.plan.minutes
    assert all(axis.has == 0 and 0 < axis.wants <= 3 for axis in nothing.axes)
    assert all(axis.has == axis.wants for axis in everything.axes)
    assert sum(axis.concepts for axis in nothing.axes) == len(nothing.role.needs)


def test_to_use_is_not_to_build() -> None:
    used = found(0.99, built=False)
    assert {one.concept for one in used.missing} == {c for c, d in used.role.needs.items() if d == 3}
    assert {(one.has, one.wanted) for one in used.missing} == {(2, 3)}


def test_a_run_of_its_recipe_builds_a_system() -> None:
    before, after = found(0.5), found(0.5, events=(Attempt("run", "gpt-poems", "gpt-poems-1", score=4.1),))
    assert "poem-gpt" in before.unbuilt and "poem-gpt" in after.built
    assert set(before.unbuilt) - set(after.unbuilt) == {"poem-gpt"}
    planned = {step.slug for step in before.plan.steps if step.kind == "system"}
    assert planned - {step.slug for step in after.plan.steps if step.kind == "system"} == {"poem-gpt"}


def test_the_picture_says_its_numbers_and_is_drawn_for_few_axes_too() -> None:
    it = found(0.85)
    for lang in ("en", "zh"):
        svg = ET.fromstring(radar(it.axes, "x", lang))  # type: ignore[arg-type]
        words = "".join(svg.itertext())
        assert all(axis.name.in_(lang) in words for axis in it.axes)  # type: ignore[arg-type]
        assert f"{it.axes[0].wants:.1f}" in described(it.axes, "x", lang)  # type: ignore[arg-type]
    assert b"<svg" in radar(it.axes[:2], "x", "en")


def test_an_unknown_role_suggests_the_nearest() -> None:
    with pytest.raises(NotFound, match="large-model-engineer"):
        found(0.5, role="large-model-enginer")


def test_every_role_is_whole() -> None:
    """What an employer would ask for: concepts from several areas, systems, questions, projects of real recipes."""
    for role in LIBRARY.roles.values():
        entry = role.entry
        assert len(entry.needs) >= 15 and len(entry.questions) >= 6 and len(entry.projects) >= 2, role.slug
        assert len({GRAPH.stages[one] for one in entry.needs}) >= 3, role.slug
        assert any(LIBRARY.systems[one].entry.recipes for one in entry.systems), role.slug


def test_what_next_goes_on_from_is_no_step_and_no_gap_any_more() -> None:
    """Who has read a lesson and answered rightly goes on to the next, though belief is not yet sure of it."""
    lesson = LIBRARY.lessons["gradient-descent"].entry
    quiz, item = next(
        (quiz.slug, item.id)
        for quiz in LIBRARY.quizzes.values()
        for item in quiz.entry.items
        if item.concept == "step-size"
    )
    events = [Attempt("quiz", quiz, item, 1, True, time=NOON)]
    events.append(Attempt("lesson", "gradient-descent", passed=True, time=NOON))
    known = judged(LIBRARY, GRAPH, events, NOON)
    assert "step-size" in lesson.teaches and known("step-size", 2)
    found_beliefs = belief(LIBRARY, GRAPH, events, NOON)
    assert found_beliefs["step-size"].p < 0.95
    want = goal(LIBRARY, "concept:step-size")
    unsure = plan(LIBRARY, GRAPH, want, found_beliefs, 5, date(2026, 11, 30))
    sure = plan(LIBRARY, GRAPH, want, found_beliefs, 5, date(2026, 11, 30), known=known)
    assert "step-size" in {concept for step in unsure.steps for concept in step.concepts}
    assert "step-size" not in {concept for step in sure.steps for concept in step.concepts}
