"""What a learner's log proves beside the runs: exercises passed, and where they stand in each stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from jinjie.base.words import Text
from jinjie.course.content.library import Library
from jinjie.learner.attempt import Attempt
from jinjie.path.evidence import day, evidence
from jinjie.path.goals import USE
from jinjie.path.graph import Graph
from jinjie.path.mastery import from_evidence, met
from jinjie.path.portfolio.card import Card


@dataclass(frozen=True)
class Passed:
    """An exercise whose every tried part passed: the learner's own day, and what it took until then."""

    slug: str
    title: Text
    stage: int
    day: date
    tries: int
    hints: int
    solution: bool
    """Whether the solution was looked at before."""


@dataclass(frozen=True)
class Stage:
    """A stage of the climb: what of it is done, of what is written."""

    stage: int
    name: Text
    lessons: tuple[int, int]
    exercises: tuple[int, int]
    questions: tuple[int, int]
    """Questions of its quizzes that were answered rightly at least once."""
    concepts: tuple[int, int]
    """Concepts that are mastered now by what was answered and built, of those with a written lesson."""

    @property
    def begun(self) -> bool:
        return self.lessons[0] + self.exercises[0] + self.questions[0] > 0


@dataclass(frozen=True)
class Built:
    """A kind of system, or a recipe that is none of the catalog's, and the cards that are one."""

    id: str
    name: Text
    cards: tuple[Card, ...]


def passed(library: Library, events: Iterable[Attempt]) -> list[Passed]:
    """The exercises that are solved, in the order in which they were; what the course no longer has is passed over."""
    parts: dict[str, dict[str | None, Attempt | None]] = {}
    tries: dict[str, int] = {}
    hints: dict[str, int] = {}
    shown: set[str] = set()
    for event in sorted(events, key=lambda event: (event.time, event.id)):
        slug = event.slug
        if event.kind != "exercise" or slug not in library.exercises:
            continue
        mine = parts.setdefault(slug, {})
        if mine and all(mine.values()) and event.item in mine:
            continue  # solved already: what was done again says nothing of what it took
        if event.passed is None:
            hints[slug] = hints.get(slug, 0) + (event.detail.get("asked") == "hint")
            if event.detail.get("asked") == "solution":
                shown.add(slug)
            continue
        tries[slug] = tries.get(slug, 0) + 1
        if mine.get(event.item) is None:
            mine[event.item] = event if event.passed else None
    graph = Graph.of(library)
    found = []
    for slug, mine in parts.items():
        done = [event for event in mine.values() if event is not None]
        if done and len(done) == len(mine):
            exercise = library.exercises[slug].entry
            stage = max((graph.stages.get(concept, 0) for concept in exercise.concepts), default=0)
            last = max(done, key=lambda event: event.time)
            one = Passed(
                slug, exercise.title, stage, day(last.time), tries[slug], hints.get(slug, 0), slug in shown
            )
            found.append((last.time, one))
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].slug))]


def stages(library: Library, events: Sequence[Attempt], now: datetime) -> list[Stage]:
    """Every stage that has something written. What one says of oneself counts for nothing here."""
    graph = Graph.of(library)
    proofs = [one for one in evidence(library, events) if not one.said]
    believed = from_evidence(library, graph, proofs, now)
    mastered = {slug for slug, one in believed.items() if met(one, USE)}
    solved = {one.slug for one in passed(library, events)}
    finished = {e.slug for e in events if e.kind == "lesson" and e.passed}
    known = {(e.slug, e.item) for e in events if e.kind in ("quiz", "placement", "review") and e.passed}
    names = {area.entry.stage: area.entry.name for area in library.areas.values()}
    found = []
    for stage, name in sorted(names.items()):
        lessons = [lesson for lesson in library.climb if lesson.entry.stage == stage]
        exercises = [
            slug
            for slug, one in library.exercises.items()
            if max((graph.stages.get(concept, 0) for concept in one.entry.concepts), default=0) == stage
        ]
        questions = [
            (slug, item.id)
            for slug, quiz in library.quizzes.items()
            for item in quiz.entry.items
            if graph.stages.get(item.concept, 0) == stage
        ]
        taught = [slug for slug in graph.lessons if graph.stages[slug] == stage]
        if lessons or exercises or questions:
            found.append(
                Stage(
                    stage, name,
                    (sum(one.slug in finished for one in lessons), len(lessons)),
                    (sum(slug in solved for slug in exercises), len(exercises)),
                    (sum(one in known for one in questions), len(questions)),
                    (sum(slug in mastered for slug in taught), len(taught)),
                )
            )  # fmt: skip
    return found


def built(library: Library, cards: Sequence[Card]) -> list[Built]:
    """What the cards are, in the order of the cards; only a finished run that kept its model has built anything."""
    done = [card for card in cards if card.state == "finished" and card.model_bytes is not None]
    found: dict[tuple[str, str], tuple[Text, list[Card]]] = {}
    for card in done:
        systems = [s.entry for s in library.systems.values() if card.recipe in s.entry.recipes]
        for id_, name in [(s.id, s.name) for s in systems] or [(card.recipe, card.title)]:
            # The same recipe on data of one's own is something else.
            found.setdefault((id_, str(name)), (name, []))[1].append(card)
    return [Built(id_, name, tuple(of)) for (id_, _), (name, of) in found.items()]
