"""Runs side by side: their curves on one chart, live, and the table of `jinjie compare`; the same as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import WithJsonSchema

from jinjie.analyse import compare as side_by_side
from jinjie.analyse.compare import Row
from jinjie.base.config import settings
from jinjie.base.errors import InvalidInput, JinjieError, NotFound, Problem
from jinjie.base.svg import standalone
from jinjie.base.words import say
from jinjie.studio import views
from jinjie.studio.compare_live import ComparisonWatch
from jinjie.studio.live import stream
from jinjie.studio.refusals import REFUSALS
from jinjie.studio.render import SANDBOX, page, piece
from jinjie.studio.story import Stories
from jinjie.training.runs import Run

router = APIRouter()
MOST = 8
"""Runs on one chart: more lines nobody tells apart."""
SHOWN = 60
"""Runs offered to be ticked."""
MOMENTS = 10
"""Rows of the table behind the chart, for each kind of loss."""
LETTERS = "ABCDEFGH"
"""What each run is called on the chart, beside its colour and its dashes."""

Names = Annotated[list[str], Query()]
"""Given several times, as ticked boxes are sent, or with commas between them."""
Listed = Annotated[
    str,
    Query(description="two to eight names of runs, with commas between them"),
    WithJsonSchema({"type": "string", "pattern": r"^[^,\s]+(,[^,\s]+){1,7}$"}),
]
"""Documented by a pattern; `chosen` says what is wrong in the asker's language, with the nearest name."""


@router.get("/runs/compare", include_in_schema=False)
def compare(request: Request, runs: Names = []) -> Response:  # noqa: B006 (never changed)
    """The page. With fewer than two runs it asks for more; a name that stands for nothing is told with the nearest."""
    names = named(runs)
    found, problems, status = _found(names)
    values: dict[str, Any] = {"made": None, "problems": problems}
    if not problems and len(found) > 1:
        try:
            values["made"] = _made(found)
        except JinjieError as error:  # a recipe that cannot be read
            values["problems"], status = [error.in_()], 409
    stories: Stories = request.app.state.stories
    known = [views.row(story) for story in stories.all()]
    values["offered"] = known[:SHOWN] + [run for run in known[SHOWN:] if run["name"] in names]
    values["ticked"] = [run.name for run in found]
    return page(request, "compare.html", status, most=MOST, **values)


@router.get("/runs/compare/live", include_in_schema=False)
def live(request: Request, runs: Names = []) -> Response:  # noqa: B006 (never changed)
    """The page kept up to date."""
    found = chosen(runs)
    watch = ComparisonWatch(
        found, request.app.state.stories, lambda: _parts(side_by_side.compare(found), found)
    )
    body = stream(watch, request.app.state.closing)
    return StreamingResponse(body, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


@router.get("/runs/compare.svg", include_in_schema=False)
def picture(runs: Names = []) -> Response:  # noqa: B006 (never changed)
    """The curves as one drawing, for who has no script, or wants to keep it."""
    drawn = standalone(side_by_side.picture(side_by_side.compare(chosen(runs))))
    return Response(drawn, headers=SANDBOX, media_type="image/svg+xml")


@router.get("/api/runs/compare", responses=REFUSALS)
def compared(runs: Listed) -> dict[str, Any]:
    """Runs side by side, as `jinjie compare --json`: the settings that differ, steps, time, parameters, scores.

    `measured` are the scores that `jinjie evaluate` found of the test split, each with its 95 % interval; `verdict`
    says in words which run is ahead. A number that is not finite is null.
    """
    rows = side_by_side.compare(chosen([runs]))
    return {"runs": [_plain(row) for row in rows], "verdict": side_by_side.verdict(rows)}


def named(values: Iterable[str]) -> list[str]:
    """Each name once, however they were put into the address."""
    return list(dict.fromkeys(name.strip() for value in values for name in value.split(",") if name.strip()))


def chosen(values: Iterable[str]) -> list[Run]:
    """Two to eight runs. Raises NotFound with the nearest name, InvalidInput for too few or too many."""
    names = named(values)
    _check_most(names)
    found = [views.run_named(name) for name in names]
    if len(found) < 2:
        raise InvalidInput([Problem("runs", "compare.needs_two")])
    return found


def _check_most(names: Sequence[str]) -> None:
    if len(names) > MOST:
        raise InvalidInput([Problem("", "studio.compare.too_many", count=len(names), most=MOST)])


def _found(names: Sequence[str]) -> tuple[list[Run], list[str], int]:
    """The runs that there are, what is wrong with the other names, and the status of a page that says so."""
    found, problems, status = [], [], 200
    try:
        _check_most(names)
    except InvalidInput as error:
        problems, status = [error.in_()], 422
    for name in names:
        try:
            found.append(views.run_named(name))
        except NotFound as error:
            problems.append(error.in_())
            status = 404
    return found, problems, status


def _made(runs: Sequence[Run]) -> dict[str, Any]:
    """What the page shows of runs that can be compared."""
    rows = side_by_side.compare(runs)
    return {
        "names": ",".join(run.name for run in runs),
        "legend": [{"letter": letter, "run": run.name} for letter, run in zip(LETTERS, runs, strict=False)],
        "parts": _parts(rows, runs),
    }


def _parts(rows: Sequence[Row], runs: Sequence[Run]) -> dict[str, str]:
    """The pieces of the page that change while runs train."""
    columns = [(letter, row.run) for letter, row in zip(LETTERS, rows, strict=False)]
    return {
        "verdict": piece("_compare_verdict.html", sentences=side_by_side.verdict(rows, views.metric)),
        "table": piece(
            "_compare_table.html",
            columns=columns,
            lines=side_by_side.lines(rows, _state, views.metric),
            hints=_hints(runs),
        ),
        "numbers": piece("_compare_numbers.html", columns=columns, groups=_numbers(rows)),
    }


def _state(state: str) -> str:
    """A state's word as the list of runs has it."""
    match state:
        case "running":
            return say("studio.state.running")
        case "finished":
            return say("studio.state.finished")
        case "stopped":
            return say("studio.state.stopped")
        case "failed":
            return say("studio.state.failed")
    return say("studio.state.interrupted")


def _hints(runs: Sequence[Run]) -> dict[str, str]:
    """What each setting is, in the viewer's language, where the runs' recipes can be read."""
    found: dict[str, str] = {}
    for run in runs:
        try:
            found |= {setting.path: str(setting.hint) for setting in settings(run.recipe)}
        except JinjieError:  # of another version: its paths stand for themselves
            continue
    return found


def _numbers(rows: Sequence[Row]) -> list[tuple[str, list[tuple[int, list[float | None]]]]]:
    """The chart as a table: at a few steps the newest look at the validation split, and the mean training loss since
    the step before."""
    last = max((row.train_curve[-1][0] for row in rows if row.train_curve), default=0)
    last = max([last, *(row.validation_curve[-1][0] for row in rows if row.validation_curve)])
    steps = sorted({round(last * moment / MOMENTS) for moment in range(1, MOMENTS + 1)} - {0})
    validation = [(step, [_newest(row.validation_curve, step) for row in rows]) for step in steps]
    training = [
        (step, [_mean(row.train_curve, before, step) for row in rows])
        for before, step in zip([0, *steps], steps, strict=False)
    ]
    groups = [(say("studio.compare.training_mean"), training), (say("studio.compare.validation"), validation)]
    kept = [(name, [row for row in group if any(v is not None for v in row[1])]) for name, group in groups]
    return [(name, group) for name, group in kept if group]


def _newest(curve: side_by_side.Path, step: int) -> float | None:
    """The last value at or before a step; None past the end of a curve, where it would look as if it went on."""
    known = [value for at, value in curve if at <= step]
    return known[-1] if known and step <= curve[-1][0] + max(1, curve[-1][0] // MOMENTS) else None


def _mean(curve: side_by_side.Path, after: float, until: float) -> float | None:
    values = [value for at, value in curve if after < at <= until and math.isfinite(value)]
    return sum(values) / len(values) if values else None


def _plain(row: Row) -> dict[str, Any]:
    """A row as JSON can hold it, without its curves."""
    return {name: _finite(value) for name, value in asdict(row).items() if not name.endswith("_curve")}


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value
