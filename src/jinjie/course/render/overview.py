"""The climb at a glance: the lessons of each stage, and those that the concept graph plans."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jinjie.base.words import Text
from jinjie.course.content.library import Library


@dataclass(frozen=True)
class Step:
    """A lesson in a list. One that is planned is called by what it will teach."""

    slug: str
    title: Text
    minutes: int
    teaches: tuple[str, ...]
    summary: Text | None = None
    """None where the lesson is planned."""

    def for_json(self) -> dict[str, Any]:
        made = {
            "slug": self.slug,
            "title": self.title.both(),
            "minutes": self.minutes,
            "teaches": list(self.teaches),
            "planned": self.summary is None,
        }
        return made | ({"summary": self.summary.both()} if self.summary else {})


@dataclass
class Stage:
    """A stage of the climb."""

    number: int
    name: Text
    lessons: list[Step] = field(default_factory=list)
    planned: list[Step] = field(default_factory=list)

    def for_json(self) -> dict[str, Any]:
        return {
            "stage": self.number,
            "name": self.name.both(),
            "lessons": [one.for_json() for one in (*self.lessons, *self.planned)],
        }


def overview(library: Library) -> list[Stage]:
    """Every stage that has a lesson or plans one, from the first on."""
    stages: dict[int, Stage] = {}
    for area in library.areas.values():
        stages.setdefault(area.entry.stage, Stage(area.entry.stage, area.entry.name))
    for written in library.climb:
        lesson = written.entry
        stage = stages.setdefault(lesson.stage, Stage(lesson.stage, Text("", "")))
        stage.lessons.append(Step(written.slug, lesson.title, lesson.minutes, lesson.teaches, lesson.summary))
    for area in library.areas.values():
        stage = stages[area.entry.stage]
        planned: dict[str, list[Any]] = {}
        for concept in area.entry.concepts:
            if concept.planned and concept.lesson and concept.lesson not in library.lessons:
                planned.setdefault(concept.lesson, []).append(concept)
        for slug, concepts in planned.items():
            title = Text(
                ", ".join(one.name.en for one in concepts), "、".join(one.name.zh for one in concepts)
            )
            minutes = sum(one.minutes for one in concepts)
            stage.planned.append(Step(slug, title, minutes, tuple(one.id for one in concepts)))
    return [stages[n] for n in sorted(stages) if stages[n].lessons or stages[n].planned]
