"""The one best thing now, and why.

In this order: what would soon be forgotten, but no more than one session of it a day; what was begun and is not
finished; the first lesson towards the goal whose prerequisites are met, its exercises and its quiz; a quiz again, with
other numbers, where something is not yet sure; a system of the goal; what others teach that no lesson does; and then
the goal is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from jinjie.base.words import LANGUAGES, Text, say
from jinjie.course.content.library import Library
from jinjie.course.content.schema import Lesson
from jinjie.learner.attempt import Attempt
from jinjie.path.evidence import ASKED, day
from jinjie.path.goals import BUILD, EXPLAIN, USE, Goal, chosen, needs_of, way
from jinjie.path.graph import Graph
from jinjie.path.known import Known, judged
from jinjie.path.review import SESSION, due, reviewed
from jinjie.path.systems import BUILDING, built

Kind = Literal["review", "lesson", "exercise", "quiz", "system", "resources", "rest", "done"]
TRIES = 5
"""Hand-ins of a day that did not pass, after which an exercise waits until tomorrow if there is something else."""


@dataclass(frozen=True)
class Step:
    """What to do now."""

    kind: Kind
    slug: str
    """The lesson, exercise, quiz, system or concept; the goal's name where the step is about none."""
    minutes: int
    reason: Text
    command: str
    """What to type; empty where there is nothing to do."""
    hint: Text | None = None
    """What else may be typed, and when; the studio has buttons for it."""


def following(
    library: Library,
    events: Iterable[Attempt],
    now: datetime,
    known: Known | None = None,
    waiting: int | None = None,
) -> Step:
    """The one best thing for the learner at `now`, which has their zone.

    `known` says what they know; without it, `judged` does. `waiting` is how many cards are due, for who has counted.
    """
    events = list(events)
    graph = Graph.of(library)
    goal, _ = chosen(library, events)
    return _Way(
        library, graph, goal, events, now, known or judged(library, graph, events, now), waiting
    ).step()


@dataclass(frozen=True)
class _Log:
    """What the log has of lessons, exercises, quizzes and runs, by slug."""

    events: list[Attempt]
    today: date

    @cached_property
    def opened(self) -> dict[str, datetime]:
        return {event.slug: event.time for event in self.events if event.kind == "lesson"}

    @cached_property
    def finished(self) -> frozenset[str]:
        return frozenset(event.slug for event in self.events if event.kind == "lesson" and event.passed)

    @cached_property
    def passed(self) -> frozenset[str]:
        return frozenset(event.slug for event in self.events if event.kind == "exercise" and event.passed)

    @cached_property
    def tried(self) -> dict[str, datetime]:
        return {event.slug: event.time for event in self.events if event.kind == "exercise"}

    @cached_property
    def failed_today(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for event in self.events:
            if event.kind == "exercise" and event.passed is False and day(event.time) == self.today:
                found[event.slug] = found.get(event.slug, 0) + 1
        return found

    @cached_property
    def answered(self) -> dict[tuple[str, str], datetime]:
        """(Quiz, item) → when it was last answered."""
        return {
            (event.slug, event.item): event.time
            for event in self.events
            if event.kind in ASKED and event.item is not None and event.passed is not None
        }


class _Way:
    """A learner's way to a goal, as it stands now."""

    def __init__(
        self,
        library: Library,
        graph: Graph,
        goal: Goal,
        events: list[Attempt],
        now: datetime,
        known: Known,
        waiting: int | None = None,
    ) -> None:
        self.library, self.graph, self.goal, self.events, self.now = library, graph, goal, events, now
        self.known = known
        self.waiting = waiting
        self.log = _Log(sorted(events, key=lambda event: (event.time, event.id)), day(now))
        self.wants = way(library, graph, goal)

    def _sure(self, concept: str, deepest: int = BUILD) -> bool:
        """Whether a concept is known as the way takes it.

        What nothing asks about is taken to be known once its lesson was worked through.
        """
        if self.known(concept, min(self.wants[concept], deepest)):
            return True
        asked = concept in self.quizzes or concept in self.exercises
        return not asked and self.graph.lessons.get(concept) in self.log.finished

    @cached_property
    def quizzes(self) -> dict[str, dict[str, list[str]]]:
        """Concept → the quizzes that ask about it, each with the items."""
        found: dict[str, dict[str, list[str]]] = {}
        for slug, quiz in self.library.quizzes.items():
            for item in quiz.entry.items:
                found.setdefault(item.concept, {}).setdefault(slug, []).append(item.id)
        return found

    @cached_property
    def exercises(self) -> dict[str, list[str]]:
        """Concept → the exercises that build it."""
        found: dict[str, list[str]] = {}
        for slug, exercise in self.library.exercises.items():
            for concept in exercise.entry.concepts:
                found.setdefault(concept, []).append(slug)
        return found

    def step(self) -> Step:
        if (again := self._review()) is not None:
            return again
        first = list(self._first())
        if begun := [(when, step) for when, step in first if when is not None]:
            return max(begun, key=lambda pair: pair[0])[1]
        for _, step in first:
            return step
        for found in (self._again(), self._system()):
            if found is not None:
                return found
        return self._end()

    def _review(self) -> Step | None:
        left = SESSION - reviewed(self.events, self.now)
        if left <= 0:
            return None
        waiting = self.waiting
        if waiting is None:
            waiting = len(due(self.library, self.events, self.now))
        if not waiting:
            return None
        count = min(waiting, left)
        reason = _said("path.next.review_one") if waiting == 1 else _said("path.next.review", count=waiting)
        command = "jinjie review" if count in (SESSION, waiting) else f"jinjie review --most {count}"
        return Step("review", "review", count, reason, command)

    def _first(self) -> Iterator[tuple[datetime | None, Step]]:
        """What of each lesson on the way was not done yet, in the order of the climb, and when it was begun.

        An exercise that failed often today waits until tomorrow, and its lesson's quiz with it. What waits for
        something else comes last: it is first only where lessons require one another.
        """
        waiting: list[Step] = []
        for lesson in self._lessons():
            when, step = next(self._of(lesson), (None, None))
            if step is None or (step.kind == "exercise" and self._stuck(step.slug)):
                continue
            if self._open(lesson):
                yield when, step
            else:
                waiting.append(step)
        yield from ((None, step) for step in waiting)

    def _lessons(self) -> list[str]:
        """The written lessons on the way, in the order of the climb."""
        found = {self.graph.lessons[slug] for slug in self.wants if slug in self.graph.lessons}
        return [lesson.slug for lesson in self.library.climb if lesson.slug in found]

    def _open(self, slug: str) -> bool:
        """Whether what the lesson stands on is met: it can be explained, or its own lesson was worked through.

        What no lesson teaches yet, and what a learner brings along, keeps nobody waiting.
        """
        teachers = {need: self.graph.lessons.get(need) for need in needs_of(self.library, self.graph, slug)}
        return all(
            teacher is None or teacher == slug or teacher in self.log.finished or self.known(need, EXPLAIN)
            for need, teacher in teachers.items()
        )

    def _taught(self, slug: str) -> list[str]:
        return [one for one in self.wants if self.graph.lessons.get(one) == slug]

    def _of(self, slug: str) -> Iterator[tuple[datetime | None, Step]]:
        """What is left of a lesson: to read it, its exercises, its quiz.

        Who can explain what it teaches need not read it, and is asked before they build anything.
        """
        read = slug in self.log.finished
        unsure = [one for one in self._taught(slug) if not self._sure(one, USE)]
        if not read and any(not self.known(one, EXPLAIN) for one in unsure):
            when = self.log.opened.get(slug)
            yield when, self._lesson(slug, self.library.lessons[slug].entry, begun=when is not None)
        if not read and unsure:
            yield from self._questions(slug)
        yield from self._exercises(slug, read)
        if read:
            yield from self._questions(slug)

    def _exercises(self, slug: str, read: bool) -> Iterator[tuple[datetime | None, Step]]:
        """The lesson's exercises that did not pass; of one that was not read, those that are needed."""
        about = [one for one in self._taught(slug) if read or not self._sure(one)]
        for exercise in self.library.lessons[slug].entry.exercises:
            if exercise not in self.library.exercises or exercise in self.log.passed:
                continue
            if any(one in about for one in self.library.exercises[exercise].entry.concepts):
                yield self.log.tried.get(exercise), self._exercise(exercise)

    def _questions(self, slug: str) -> Iterator[tuple[datetime | None, Step]]:
        """The lesson's quiz while it has a question on the way that was never answered."""
        quiz, taught = self.library.lessons[slug].entry.quiz, self._taught(slug)
        if quiz in self.library.quizzes and any(
            item.concept in taught and (quiz, item.id) not in self.log.answered
            for item in self.library.quizzes[quiz].entry.items
        ):
            yield None, self._quiz(quiz, "path.next.quiz")

    def _lesson(self, slug: str, lesson: Lesson, begun: bool) -> Step:
        hint = None
        if begun:
            reason = _said("path.next.lesson_begun", title=lesson.title)
            hint = _said("path.next.lesson_read", slug=slug)
        elif not self.log.opened:
            placed = any(event.kind == "placement" for event in self.events)
            if placed:
                reason = _said("path.next.lesson_placed", title=lesson.title)
            else:
                reason = _said("path.next.lesson_first", title=lesson.title)
                hint = _said("path.next.place_first")
        elif self.goal.kind == "spine":
            reason = _said("path.next.lesson_spine", title=lesson.title)
        else:
            reason = _said("path.next.lesson", title=lesson.title, goal=self.goal.title)
        return Step("lesson", slug, lesson.minutes, reason, f"jinjie lesson {slug}", hint)

    def _exercise(self, slug: str) -> Step:
        begun, entry = slug in self.log.tried, self.library.exercises[slug].entry
        key = "path.next.exercise_begun" if begun else "path.next.exercise"
        command = f"jinjie exercise {'check' if begun else 'start'} {slug}"
        return Step("exercise", slug, entry.minutes, _said(key, title=entry.title), command)

    def _quiz(self, slug: str, key: str) -> Step:
        titles = [one.entry.title for one in self.library.climb if one.entry.quiz == slug]
        title = titles[0] if titles else Text(slug, slug)
        return Step(
            "quiz",
            slug,
            len(self.library.quizzes[slug].entry.items),
            _said(key, title=title),
            f"jinjie quiz {slug}",
        )

    def _again(self) -> Step | None:
        """What is not sure yet is asked again, each quiz once a day; what should be built is built."""
        for concept in self.wants:
            if concept not in self.graph.lessons or self._sure(concept):
                continue
            if self.known(concept, min(self.wants[concept], USE)):
                for exercise in self.exercises.get(concept, ()):
                    if not self._stuck(exercise) and exercise not in self.log.passed:
                        return self._exercise(exercise)
                continue
            for quiz, items in self.quizzes.get(concept, {}).items():
                times = [self.log.answered[quiz, item] for item in items if (quiz, item) in self.log.answered]
                if not times or day(max(times)) < self.log.today:
                    return self._quiz(quiz, "path.next.quiz_again")
        return None

    def _stuck(self, exercise: str) -> bool:
        return self.log.failed_today.get(exercise, 0) >= TRIES

    def _system(self) -> Step | None:
        systems = [slug for slug in self.goal.systems if slug in self.library.systems]
        done = built(self.library, systems, self.events) if systems else frozenset()
        for slug in systems:
            system = self.library.systems[slug].entry
            if system.recipes and slug not in done:
                reason = _said("path.next.system", name=system.name)
                return Step("system", slug, BUILDING, reason, f"jinjie run {system.recipes[0]}")
        return None

    def _end(self) -> Step:
        """No lesson has anything to do now: the rest comes tomorrow, or is taught elsewhere, or the goal is met."""
        written = [one for one in self.wants if one in self.graph.lessons]
        unsure = [one for one in written if not self._sure(one)]
        if unsure:
            names = [self.graph.concepts[one].name for one in unsure[:3]]
            more = Text(", ".join(one.en for one in names), "、".join(one.zh for one in names))
            return Step("rest", self.goal.name, 0, _said("path.next.rest", names=more), "")
        for one, concept in self.graph.concepts.items():
            if one in self.wants and one not in self.graph.lessons and not self.known(one, EXPLAIN):
                reason = _said("path.next.resources", name=concept.name)
                hint = _said("path.next.resources_known", slug=one)
                return Step("resources", one, concept.minutes, reason, f"jinjie resources {one}", hint)
        return Step("done", self.goal.name, 0, _said("path.next.done", goal=self.goal.title), "")


def _said(key: str, **params: Text | int | str) -> Text:
    """The sentence in both languages, with texts in its own."""
    en, zh = (
        say(
            key,
            lang,
            **{name: part.in_(lang) if isinstance(part, Text) else part for name, part in params.items()},
        )
        for lang in LANGUAGES
    )
    return Text(en, zh)
