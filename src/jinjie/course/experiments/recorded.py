"""What a training gave when it was run: `<slug>.recorded.json` beside the experiment, from which lessons draw.

A lesson that needs a run of two minutes shows one that was made, with its date, machine and command, so that a reader
can make it again and see how it differs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jinjie.base.errors import InvalidInput, JinjieError, NotFound, Problem
from jinjie.base.files import write_json
from jinjie.base.words import text
from jinjie.course.content.library import Written
from jinjie.course.content.schema import Experiment
from jinjie.course.experiments import knobs, recipes
from jinjie.course.experiments.shown import Curves, Line, Numbers, Shown, Value

if TYPE_CHECKING:
    from jinjie.data.dataset import Report

MOST_POINTS = 300
"""Points of a curve that are kept: evenly chosen, the last one always."""
PATIENCE = 3 * 3600.0

Point = tuple[float, float]


class Machine(BaseModel):
    """What it ran on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: str
    cores: int


class Recording(BaseModel):
    """One run at one setting of the knobs."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    knobs: dict[str, bool | int | float | str]
    recipe: str
    command: str
    date: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    machine: Machine
    jinjie: str
    torch: str
    seconds: float
    steps: int
    metrics: dict[str, float]
    """On the test part where there is one, else the best of validation."""
    training: tuple[Point, ...]
    """(step, loss)"""
    validation: tuple[Point, ...]


class Recorded(BaseModel):
    """A whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recorded: tuple[Recording, ...] = ()


def file(written: Written[Experiment]) -> Path:
    """Where an experiment's records stand."""
    return written.folder / f"{written.slug}.recorded.json"


def read(written: Written[Experiment]) -> tuple[Recording, ...]:
    """What was recorded; nothing where there is no file. Raises JinjieError for a file that is none of ours."""
    path = file(written)
    if not path.exists():
        return ()
    try:
        return Recorded.model_validate_json(path.read_bytes()).recorded
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise JinjieError("experiment.recorded.unreadable", file=path.name, reason=reason) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise JinjieError("experiment.recorded.unreadable", file=path.name, reason=reason) from None


def find(written: Written[Experiment], given: Mapping[str, Any] | None = None) -> Recording:
    """The record at these knobs. Raises NotFound that names the knobs of those that there are."""
    if written.entry.recipe is None:
        raise JinjieError("experiment.is_a_function", slug=written.slug)
    values = knobs.values(written.entry, given or {})
    known = read(written)
    for recording in known:
        if recording.knobs == values:
            return recording
    there = "; ".join(_said(recording.knobs) for recording in known) or "–"
    raise NotFound("experiment.recorded.none", slug=written.slug, knobs=_said(values), there=there)


def shown(recording: Recording) -> Shown:
    """The record as it is drawn: the losses and the scores."""
    lines = [
        Line(text(key), tuple(x for x, _ in points), tuple(y for _, y in points), faint=faint, colour=colour)
        for key, points, faint, colour in (
            ("experiment.recorded.training", recording.training, True, 1),
            ("experiment.recorded.validation", recording.validation, False, 2),
        )
        if points
    ]
    panels: list[Any] = []
    if lines:
        values = [y for line in lines for y in line.y if y == y]
        log = bool(values) and min(values) > 0 and max(values) > 50 * min(values)
        step, loss = text("picture.step"), text("picture.loss")
        panels.append(Curves(tuple(lines), x_label=step, y_label=loss, log_y=log))
    scores = [Value(name, value) for name, value in recording.metrics.items()]  # type: ignore[arg-type]
    took = Value(text("experiment.recorded.took"), round(recording.seconds, 1), "s")  # type: ignore[arg-type]
    return Shown(*panels, Numbers((*scores, took)))


def record(
    written: Written[Experiment], given: Mapping[str, Any] | None = None, report: Report | None = None
) -> Recording:
    """Run the training at these knobs, wait for its end, and write what it gave beside the experiment.

    A record at the same knobs is replaced, the others stay. Raises as `recipes.start` does, and JinjieError for a run
    that did not finish: then nothing is written.
    """
    before = read(written)
    values = knobs.values(written.entry, given or {})
    if not written.folder.is_dir() or not os.access(written.folder, os.W_OK):
        raise InvalidInput([Problem(str(written.folder), "experiment.recorded.not_writable")])
    run = recipes.start(written, given, report)
    for _ in recipes.follow(run, PATIENCE):
        pass
    made = _of_run(written, run, values, dict(given or {}))
    others = [recording for recording in before if recording.knobs != values]
    kept = sorted([*others, made], key=lambda one: json.dumps(one.knobs))
    write_json(file(written), {"recorded": [one.model_dump(mode="json") for one in kept]})
    return made


def _of_run(
    written: Written[Experiment], run: Any, values: dict[str, Any], given: dict[str, Any]
) -> Recording:
    from jinjie import __version__
    from jinjie.analyse.compare import compare
    from jinjie.base.machine import torch_version
    from jinjie.base.system import cores, cpu

    (row,) = compare([run])
    if row.state != "finished":
        raise JinjieError("experiment.recorded.unfinished", run=run.name, state=row.state)
    changed = "".join(f" {name}={knobs.as_written(value)}" for name, value in given.items())
    return Recording(
        knobs=values,
        recipe=row.recipe,
        command=f"jinjie content record {written.slug}{changed}",
        date=datetime.now(UTC).astimezone().date().isoformat(),
        machine=Machine(cpu=cpu()[0], cores=cores()),
        jinjie=__version__,
        torch=torch_version(),
        seconds=round(row.seconds, 2),
        steps=row.step,
        metrics=row.test or row.best,
        training=_thinned(row.train_curve),
        validation=_thinned(row.validation_curve),
    )


def _thinned(points: list[Point]) -> tuple[Point, ...]:
    every = -(-len(points) // MOST_POINTS) or 1
    kept = points[::every]
    if points and kept[-1] != points[-1]:
        kept.append(points[-1])
    return tuple((step, float(f"{loss:.6g}")) for step, loss in kept)


def _said(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={knobs.as_written(value)}" for name, value in values.items())
