"""One attempt: something a learner tried, as an event. Everything about it but the database that keeps it.

What the kinds mean, so that all who write and all who derive agree:

exercise    a hand-in: `passed`, `score` the share of cases, `detail` the faults; with `passed` None, a hint asked for
quiz        an answer: `item` the question's id, `seed` of its variant, `passed`
experiment  an experiment that was looked at: `detail` the knobs
lesson      a lesson that was opened (`passed` None) or finished (`passed` True)
placement   an answer in a placement: as quiz
review      an answer when something came up again: as quiz or exercise; `detail` what the scheduler needs
run         a training: `slug` the recipe, `item` the run's name, `score` what it reached
goal        where the learner wants to go: `slug` as `role:ID`, `concept:SLUG` or `system:ID`, `detail` hours and date
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from jinjie import __version__
from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.base.words import LANGUAGES, language
from jinjie.learner import values

KINDS = ("exercise", "quiz", "experiment", "lesson", "placement", "review", "run", "goal")


@dataclass(frozen=True)
class Attempt:
    """One event. Raises InvalidInput, naming everything that is wrong with it."""

    kind: str
    slug: str
    item: str | None = None
    seed: int | None = None
    passed: bool | None = None
    score: float | None = None
    seconds: float | None = None
    """How long it took the learner."""
    detail: dict[str, Any] = field(default_factory=dict)
    """What else is to be known: values of JSON."""
    content: str | None = None
    """A hash of what was asked."""
    time: datetime = field(default_factory=lambda: datetime.now().astimezone())
    """When, with the zone the learner was in; kept to the microsecond and the zone to the minute."""
    language: str | None = field(default_factory=language)
    program: str = __version__
    learner_id: str | None = None
    """Whose it is; None is the store's owner until it is written."""
    id: str = field(default_factory=values.new_id)
    """Made by the writer: what is written twice under one id is one event."""
    seq: int | None = field(default=None, compare=False)
    """Its place in the order of arrival in the store it was read from."""

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise InvalidInput(problems)
        zone = values.minutes(self.time)
        object.__setattr__(self, "time", self.time.astimezone(timezone(timedelta(minutes=zone))))
        object.__setattr__(self, "detail", json.loads(values.as_json(self.detail)))
        for name in ("score", "seconds"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, float(value) + 0.0)  # a database keeps no -0.0

    def _problems(self) -> Iterator[Problem]:
        if self.kind not in KINDS:
            yield Problem(
                "kind", "learner.no_kind", came=self.kind, suggestion=did_you_mean(str(self.kind), KINDS)
            )
        yield from values.wrong_word("slug", self.slug, 200)
        yield from values.wrong_word("item", self.item, 200, optional=True)
        yield from values.wrong_word("content", self.content, 128, optional=True)
        yield from values.wrong_word("program", self.program, 60)
        yield from values.wrong_id("id", self.id)
        yield from values.wrong_id("learner_id", self.learner_id, optional=True)
        if self.language is not None and self.language not in LANGUAGES:
            yield Problem(
                "language",
                "problem.not_a_choice",
                allowed=" | ".join(LANGUAGES),
                came=self.language,
                suggestion="",
            )
        if self.passed is not None and not isinstance(self.passed, bool):
            yield Problem("passed", "problem.not_of_type", wanted="bool", came=repr(self.passed))
        yield from values.wrong_whole("seed", self.seed)
        yield from values.wrong_number("score", self.score)
        yield from values.wrong_number("seconds", self.seconds, least=0.0)
        yield from values.wrong_moment("time", self.time)
        yield from values.wrong_detail("detail", self.detail)


def of_fields(row: Mapping[str, Any]) -> Attempt:
    """The event in a row of the table, its time with a zone. What a newer program wrote is read as it is: rows were
    checked when they were written."""
    event = object.__new__(Attempt)
    fields = dict(row)
    fields["time"] = fields["time"].astimezone(timezone(timedelta(minutes=fields.pop("zone"))))
    fields["detail"] = json.loads(fields["detail"])
    event.__dict__.update(fields)
    return event


_PLAIN = (
    "id",
    "learner_id",
    "kind",
    "slug",
    "item",
    "seed",
    "passed",
    "score",
    "seconds",
    "content",
    "program",
    "language",
)


def to_fields(event: Attempt, owner: str | None) -> dict[str, Any]:
    """An event as a row of the table, its time with a zone; `owner` is whose it is where it does not say."""
    row = {name: getattr(event, name) for name in _PLAIN}
    row["learner_id"] = event.learner_id or owner
    row["time"], row["zone"] = event.time, values.minutes(event.time)
    row["detail"] = values.as_json(event.detail)
    return row
