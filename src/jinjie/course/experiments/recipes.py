"""Experiments that are trainings: a recipe with the knobs as its settings, started like any run and followed live."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jinjie.base.config import spelled
from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.course.content.library import Written
from jinjie.course.content.schema import Experiment
from jinjie.course.experiments import knobs

if TYPE_CHECKING:
    from jinjie.data.dataset import Report
    from jinjie.training.events import Event
    from jinjie.training.recipe import Recipe
    from jinjie.training.runs import Run

POLL = 0.1
"""Seconds between two looks at a run's diary."""


def recipe(written: Written[Experiment], given: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe with the experiment's settings and these knobs.

    Raises NotFound for its name, InvalidInput with everything wrong with knobs and settings, JinjieError for an
    experiment that is a function.
    """
    from jinjie import recipes

    if written.entry.recipe is None:
        raise JinjieError("experiment.is_a_function", slug=written.slug)
    found = recipes.find(written.entry.recipe)
    problems: list[Problem] = []
    try:
        values = knobs.values(written.entry, given or {})
    except InvalidInput as error:
        problems += error.problems
        values = knobs.values(written.entry, {})
    # A choice that is text is spelt as on the command line: "[128, 128]" for two layers.
    values = {path: spelled(value) if isinstance(value, str) else value for path, value in values.items()}
    try:
        changed = found.changed({**written.entry.settings, **values})
    except InvalidInput as error:
        problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return changed


def start(
    written: Written[Experiment], given: Mapping[str, Any] | None = None, report: Report | None = None
) -> Run:
    """Start the run and return once its worker is alive. Raises as `recipe` and `launch` do."""
    from jinjie.training.launch import launch

    return launch(recipe(written, given), report)


def follow(run: Run, patience: float = float("inf")) -> Iterator[Event]:
    """The run's events as they come, until its worker has ended. Raises JinjieError past `patience` seconds."""
    from jinjie.training.events import Tail

    tail = Tail(run.path / "events.jsonl")
    deadline = time.monotonic() + patience
    while True:
        alive = run.pid is not None
        events = tail.read()
        yield from events
        if not events:
            if not alive:
                return
            if time.monotonic() > deadline:
                raise JinjieError("experiment.run_slow", run=run.name, seconds=round(patience))
            time.sleep(POLL)
