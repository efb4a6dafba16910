"""Runs as everyone but their worker sees them: found by name, read from their folder, stopped by their lock."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinjie.base import paths
from jinjie.base.errors import JinjieError, NotFound, did_you_mean
from jinjie.base.paths import runs_home
from jinjie.training.events import Event, read
from jinjie.training.lock import holder

if TYPE_CHECKING:
    from jinjie.training.recipe import Recipe

SCHEMA = 1
"""The version of `recipe.json`; raised when an old file can no longer be read as it is."""
State = Literal["running", "finished", "stopped", "failed", "interrupted"]


@dataclass(frozen=True)
class Run:
    """A run folder, read only."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @cached_property
    def file(self) -> dict[str, Any]:
        """`recipe.json` as it stands. Raises JinjieError when it is missing, damaged or from a newer Jinjie."""
        try:
            content: dict[str, Any] = json.loads((self.path / "recipe.json").read_bytes())
        except (OSError, ValueError) as error:
            raise JinjieError("run.unreadable", run=self.name, reason=str(error)) from error
        if content.get("schema", 0) > SCHEMA:
            raise JinjieError("run.newer", run=self.name, schema=content.get("schema"), known=SCHEMA)
        return content

    @cached_property
    def recipe(self) -> Recipe:
        from jinjie.base.config import build  # to look at runs takes no models of recipes
        from jinjie.training.recipe import Recipe

        return build(Recipe, self.file["recipe"])

    @property
    def events(self) -> list[Event]:
        return read(self.path / "events.jsonl")

    @property
    def pid(self) -> int | None:
        """The living worker's process, or None."""
        return holder(self.path / "lock")

    def state(self, known: list[Event] | None = None) -> State:
        """Derived from the lock and the last event, never stored."""
        if self.pid is not None:
            return "running"
        for event in reversed(self.events if known is None else known):
            if event["type"] in ("finished", "stopped", "failed"):
                return event["type"]  # type: ignore[no-any-return]
            if event["type"] in ("step", "resumed", "started"):
                break
        return "interrupted"

    def stop(self) -> bool:
        """Ask the worker to finish its step, write a checkpoint and end. False when none is alive."""
        pid = self.pid
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        return True

    def delete(self) -> None:
        """Remove the folder. Raises JinjieError while the run is alive."""
        if self.pid is not None:
            raise JinjieError("run.alive", run=self.name)
        shutil.rmtree(self.path)


def all_runs() -> list[Run]:
    """Every run, newest first."""
    if not runs_home().is_dir():
        return []
    folders = [p for p in runs_home().iterdir() if (p / "recipe.json").is_file()]
    return [Run(p) for p in sorted(folders, key=lambda p: (p / "recipe.json").stat().st_mtime, reverse=True)]


def find(name: str) -> Run:
    """The run called `name`: its name, the newest of a recipe's name, `last`, or a path to its folder.

    Raises NotFound with the nearest name.
    """
    if paths.is_file(Path(name) / "recipe.json"):
        return Run(Path(name).absolute())
    runs = all_runs()
    if name == "last" and runs:
        return runs[0]
    for run in runs:
        if run.name == name:
            return run
    for run in runs:
        if run.name.rpartition("-")[0] == name:
            return run
    names = [run.name for run in runs]
    raise NotFound(
        "run.not_found" if names else "run.none_yet", name=name, suggestion=did_you_mean(name, names[:20])
    )
