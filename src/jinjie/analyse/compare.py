"""Runs side by side: what was set differently, what came of it, and their curves in one picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from jinjie.analyse.evaluation_page import found, older
from jinjie.base.amounts import count, duration
from jinjie.base.errors import JinjieError
from jinjie.base.words import say

if TYPE_CHECKING:
    from rich.text import Text as Plot

    from jinjie.training.events import Event
    from jinjie.training.runs import Run

Path = list[tuple[float, float]]
"""(step, loss) pairs."""

SPOKEN = ("title", "teaches", "expect", "sizes")
"""What a recipe says rather than sets."""
APART = 50.0
"""A loss that shrinks this many times is drawn on a logarithmic axis."""


@dataclass(frozen=True)
class Row:
    """One run. Times are in seconds; metrics are of the step named, and empty where there are none."""

    run: str
    recipe: str
    state: str
    step: int
    total: int | None
    seconds: float
    """Time spent training, pauses between a stop and a resume left out."""
    parameters: int | None
    settings: dict[str, Any]
    """Those that differ among the runs compared, by dotted path; None where a run has no such setting."""
    measure: str
    """What the kept model is chosen by."""
    higher: bool
    """Whether more of it is better."""
    best_step: int | None
    best: dict[str, float]
    """Validation metrics where the task's own measure was best: those of the model that is kept."""
    last: dict[str, float]
    test: dict[str, float]
    measured: dict[str, tuple[float, float, float]]
    """What `jinjie evaluate` found of the test split: each score, and its 95 % interval from below and above. Empty
    where the run was not evaluated, or has a better model since."""
    train_curve: Path = field(repr=False, default_factory=list)
    validation_curve: Path = field(repr=False, default_factory=list)


def compare(runs: Sequence[Run]) -> list[Row]:
    """The runs in the order given, each with its settings that differ from another's.

    Raises JinjieError when a run's recipe cannot be read.
    """
    flat = [_flat({k: v for k, v in run.file["recipe"].items() if k not in SPOKEN}) for run in runs]
    paths = dict.fromkeys(path for one in flat for path in one)
    differing = [path for path in paths if any(one.get(path) != flat[0].get(path) for one in flat)]
    return [
        _row(run, {path: one.get(path) for path in differing}) for run, one in zip(runs, flat, strict=True)
    ]


class Line(NamedTuple):
    """A line of the table that people read: one cell a run, each of one line or several."""

    heading: str
    cells: list[str]
    setting: bool = False
    """Whether it is one that was set, by its dotted path; all else came of it."""


def lines(
    rows: Sequence[Row], state: Callable[[str], str] = str, metric: Callable[[str], str] = str
) -> list[Line]:
    """The table without lines that say nothing of any run; `state` and `metric` name those in the reader's words."""

    def several(metrics: Mapping[str, float]) -> str:
        return "\n".join(f"{metric(name)} {value:.4g}" for name, value in metrics.items())

    def at(row: Row) -> str:
        return say("compare.at", values=several(row.best), step=row.best_step) if row.best else ""

    def within(row: Row) -> str:
        return "\n".join(
            f"{metric(name)} {value:.4g} ({low:.4g}–{high:.4g})"
            for name, (value, low, high) in row.measured.items()
        )

    made = [
        Line(path, ["–" if row.settings[path] is None else str(row.settings[path]) for row in rows], True)
        for path in (rows[0].settings if rows else ())
    ]
    made += [
        Line(say("compare.state"), [state(row.state) for row in rows]),
        Line(say("compare.steps"), [f"{row.step}/{row.total or '?'}" for row in rows]),
        Line(say("compare.time"), [duration(row.seconds) for row in rows]),
        Line(
            say("compare.parameters"),
            ["" if row.parameters is None else count(row.parameters) for row in rows],
        ),
        Line(say("compare.best"), [at(row) for row in rows]),
        Line(say("compare.last"), [several(row.last) for row in rows]),
        Line(say("compare.test"), [several(row.test) for row in rows]),
        Line(say("compare.measured"), [within(row) for row in rows]),
    ]
    return [line for line in made if any(line.cells)]


def verdict(rows: Sequence[Row], metric: Callable[[str], str] = str) -> list[str]:
    """Which run is best by the measure that all share, in sentences, and how far that is to be believed.

    Empty where they learned different things, or fewer than two have been looked at.
    """
    if not rows or any(path in rows[0].settings for path in ("task.kind", "data.kind")):
        return []
    able = [row for row in rows if row.measure in row.best]
    if len(able) < 2 or len({(row.measure, row.higher) for row in rows}) > 1:
        return []
    name = rows[0].measure
    ranked = sorted(able, key=lambda row: -row.best[name] if row.higher else row.best[name])
    first, second = ranked[:2]
    ahead = abs(first.best[name] - second.best[name])
    if ahead == 0:
        return [say("compare.level", metric=metric(name), run=first.run, other=second.run)]
    told = [
        say(
            "compare.ahead",
            metric=metric(name),
            run=first.run,
            value=f"{first.best[name]:.4g}",
            ahead=f"{ahead:.2g}",
            other=second.run,
        )
    ]
    if any(path.startswith("data.") for path in rows[0].settings):
        told.append(say("compare.other_data"))
    elif name in first.measured and name in second.measured:
        (_, low, high), (_, below, above) = first.measured[name], second.measured[name]
        apart = low > above or below > high
        told.append(say("compare.apart") if apart else say("compare.overlap"))
    return told


def picture(rows: Sequence[Row]) -> bytes:
    """Training loss (faint) and validation loss of every run in one SVG."""
    from jinjie.base.pictures import Curve, curves

    lines: dict[str, Curve] = {}
    for number, row in enumerate(rows, 1):
        for words, path, faint in (
            (say("compare.training_of", run=row.run), row.train_curve, True),
            (say("compare.validation_of", run=row.run), row.validation_curve, False),
        ):
            if path:
                lines[words] = Curve([x for x, _ in path], [y for _, y in path], faint, number)
    log = spreads([path for row in rows for path in (row.train_curve, row.validation_curve)])
    return curves(lines, say("compare.title"), say("picture.step"), say("picture.loss"), log)


def spreads(paths: Sequence[Sequence[tuple[float, float]]]) -> bool:
    """Whether the values, all above 0, differ so much that only a logarithmic axis shows them."""
    values = [y for path in paths for _, y in path if math.isfinite(y)]
    return bool(values) and min(values) > 0 and max(values) > APART * min(values)


def terminal_plot(
    lines: Mapping[str, Sequence[tuple[float, float]]],
    width: int = 72,
    height: int = 12,
    log: bool | None = None,
) -> Plot:
    """Named curves of (x, y) drawn with Braille dots, `width` columns wide in all and `height` lines high.

    The y axis is logarithmic when `log` is true, or when None and the values ask for it.
    """
    from rich.cells import cell_len
    from rich.text import Text as Plot

    log = spreads(list(lines.values())) if log is None else log
    kept = {n: [(x, y) for x, y in p if math.isfinite(y) and (y > 0 or not log)] for n, p in lines.items()}
    points = [point for path in kept.values() for point in path]
    if not points:
        return Plot(say("compare.no_points"))
    low, high = min(y for _, y in points), max(y for _, y in points)
    first, end = min(x for x, _ in points), max(x for x, _ in points)
    place = math.log if log else float
    bottom, top = place(low), place(high)
    marks = {
        row: _short(_between(low, high, 1 - row / (height - 1), log)) for row in (0, height // 2, height - 1)
    }
    margin = max(cell_len(mark) for mark in marks.values())
    columns = width - margin - 2
    dots: list[list[int]] = [[0] * columns for _ in range(height)]
    owner = [[-1] * columns for _ in range(height)]
    for number, path in enumerate(kept.values()):
        spots = [
            (
                round((x - first) / ((end - first) or 1) * (columns * 2 - 1)),
                round((top - place(y)) / ((top - bottom) or 1) * (height * 4 - 1)),
            )
            for x, y in sorted(path)
        ]
        for x, y in _joined(spots):
            dots[y // 4][x // 2] |= _BRAILLE[y % 4][x % 2]
            owner[y // 4][x // 2] = number
    plot = Plot()
    if len(kept) > 1 or all(kept):
        for number, name in enumerate(kept):
            plot.append("── ", _STYLES[number % len(_STYLES)]).append(f"{name}   ")
        plot.append("\n")
    for row in range(height):
        mark = marks.get(row, "")
        plot.append(f"{' ' * (margin - cell_len(mark))}{mark} ┤" if mark else f"{' ' * margin} │", "dim")
        for column in range(columns):
            style = _STYLES[owner[row][column] % len(_STYLES)] if dots[row][column] else ""
            plot.append(chr(0x2800 + dots[row][column]) if dots[row][column] else " ", style)
        plot.append("\n")
    left, right = _short(first), _short(end)
    gap = max(1, columns - len(left) - len(right))
    plot.append(f"{' ' * (margin + 2)}{left}{' ' * gap}{right}", "dim")
    return plot


_BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each of a Braille cell's 4 x 2 dots."""
_STYLES = ("cyan", "yellow", "green", "magenta", "blue", "red")


def _joined(spots: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """All dots of the line through `spots`."""
    found = list(spots[:1])
    for (x0, y0), (x1, y1) in zip(spots, spots[1:], strict=False):
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        found += [
            (round(x0 + (x1 - x0) * i / steps), round(y0 + (y1 - y0) * i / steps))
            for i in range(1, steps + 1)
        ]
    return found


def _between(low: float, high: float, share: float, log: bool) -> float:
    return low * (high / low) ** share if log else low + (high - low) * share


def _short(value: float) -> str:
    return f"{value:.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"


def _row(run: Run, settings: dict[str, Any]) -> Row:
    events = run.events
    started: Event = next((e for e in events if e["type"] == "started"), {})
    evaluated = [e for e in events if e["type"] == "evaluated"]
    validation = [e for e in evaluated if e["split"] == "validation"]
    tests = [e["metrics"] for e in evaluated if e["split"] == "test"]
    steps = [e for e in events if e["type"] == "step"]
    measure, higher = _measure(run, validation)
    best = _best(measure, higher, validation)
    return Row(
        run=run.name,
        recipe=run.file["recipe"]["name"],
        state=run.state(events),
        step=max((int(e["step"]) for e in events if "step" in e), default=0),
        total=started.get("total"),
        seconds=_seconds(events),
        parameters=started.get("parameters"),
        settings=settings,
        measure=measure,
        higher=higher,
        best_step=best["step"] if best else None,
        best=dict(best["metrics"]) if best else {},
        last=dict(validation[-1]["metrics"]) if validation else {},
        test=dict(tests[-1]) if tests else {},
        measured=_measured(run),
        train_curve=[(e["step"], e["loss"]) for e in steps],
        validation_curve=[(e["step"], e["metrics"]["loss"]) for e in validation if "loss" in e["metrics"]],
    )


def _measured(run: Run) -> dict[str, tuple[float, float, float]]:
    made = found(run, "test")
    return {
        name: (one.value, one.low, one.high)
        for name, one in (made.scores.items() if made is not None and not older(run, made) else ())
        if one.value is not None and one.low is not None and one.high is not None
    }


def _measure(run: Run, validation: Sequence[Event]) -> tuple[str, bool]:
    """The task's own measure, and whether more of it is better; the loss where this run's data did not give it."""
    try:
        name, higher = run.recipe.task.build().best()
    except JinjieError:  # a recipe that this version cannot build any more still has its events
        return "loss", False
    return (name, higher) if any(name in e["metrics"] for e in validation) else ("loss", False)


def _best(name: str, higher: bool, validation: Sequence[Event]) -> Event | None:
    """The evaluation whose model is kept: the first with the best value of the measure."""
    able = [e for e in validation if math.isfinite(e["metrics"].get(name, math.nan))]
    return min(able, key=lambda e: -e["metrics"][name] if higher else e["metrics"][name], default=None)


def _seconds(events: Sequence[Event]) -> float:
    """Time between `started` and the last event, without the waits before a resume."""
    begun = next((i for i, e in enumerate(events) if e["type"] == "started"), len(events))
    told = events[begun:]
    spent = 0.0
    for before, after in zip(told, told[1:], strict=False):
        if after["type"] != "resumed":
            spent += max(0.0, after["time"] - before["time"])
    return spent


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted path."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
