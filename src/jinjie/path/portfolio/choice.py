"""Which runs a portfolio shows: those that were named, else the newest finished one of each recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.training.runs import Run, all_runs, find

Reason = Literal["running", "unfinished", "unreadable", "no_model", "another"]


@dataclass(frozen=True)
class LeftOut:
    """A run that is not shown, and why."""

    run: str
    reason: Reason


def chosen(names: Sequence[str] | None = None) -> tuple[list[Run], list[LeftOut]]:
    """The runs to show, and those that are not.

    Runs that are named come in that order, whatever became of them, but none that still trains: its files would differ
    from their hashes a second later. Without names: of every recipe the newest finished run that has a model, one that
    was evaluated before one that was not; the newest first.

    Raises NotFound for a name that is no run's, JinjieError for one that cannot be read or still trains.
    """
    if names is None:
        return _newest(all_runs())
    runs: dict[str, Run] = {}
    for name in names:
        run = find(name)
        check_readable(run)
        if run.pid is not None:
            raise InvalidInput([Problem("--runs", "path.portfolio.running", run=run.name)])
        runs.setdefault(str(run.path), run)
    return list(runs.values()), []


def check_readable(run: Run) -> str:
    """The recipe's name of a run. Raises JinjieError when its `recipe.json` is missing or damaged."""
    try:
        return str(run.file["recipe"]["name"])
    except (KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise JinjieError("run.unreadable", run=run.name, reason=reason) from error


def has_model(run: Run) -> bool:
    """Whether a run kept a model: its settings and its weights."""
    model = run.path / "model"
    return (model / "config.json").is_file() and any(model.glob("*.safetensors"))


def evaluated(run: Run) -> bool:
    """Whether there is an evaluation of the run's test split."""
    return (run.path / "evaluation" / "evaluation.json").is_file()


def _newest(runs: Sequence[Run]) -> tuple[list[Run], list[LeftOut]]:
    able: dict[str, list[Run]] = {}
    left: list[LeftOut] = []
    for run in runs:
        try:
            recipe = check_readable(run)
            state = run.state()
        except (JinjieError, OSError):
            left.append(LeftOut(run.name, "unreadable"))
            continue
        if state == "running":
            left.append(LeftOut(run.name, "running"))
        elif state != "finished":
            left.append(LeftOut(run.name, "unfinished"))
        elif not has_model(run):
            left.append(LeftOut(run.name, "no_model"))
        else:
            able.setdefault(recipe, []).append(run)
    shown = {
        max(same, key=evaluated).path for same in able.values()
    }  # of equals the first, which is the newest
    left += [LeftOut(run.name, "another") for same in able.values() for run in same if run.path not in shown]
    return [run for same in able.values() for run in same if run.path in shown], left
