"""What a run's events tell, folded once and kept up to date as the file grows.

Reading a file of a million events takes seconds; a page that asks every half second must not. A `Story` reads each
line once. `Stories` keeps one for every run folder.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from jinjie.studio.curve import Curve
from jinjie.training.events import Event, RunGone, Tail, stands
from jinjie.training.runs import Run, State, all_runs

ENDS = ("finished", "stopped", "failed")
MARKS = (*ENDS, "step", "resumed", "started")
SAMPLES = 400
"""Samples kept; past that, every second one of the older half goes."""


class Story:
    """One run's events in bounded room. Many threads serve pages: refresh and read it while holding its lock."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.lock = threading.RLock()
        self._identity: tuple[int, int] | None = None
        self._clear()

    def _clear(self) -> None:
        self.run = Run(self.run.path)  # what it had read of `recipe.json` is forgotten too
        self.tail = Tail(self.run.path / "events.jsonl")
        self.started: Event = {}
        self.loading: Event | None = None
        self.step: Event = {}
        self.mark: Event | None = None
        self.train = Curve()
        self.evaluated: list[Event] = []
        self.samples: list[Event] = []
        self.pictures: dict[str, Event] = {}
        self.checkpoints: list[Event] = []
        self.resumes: list[int] = []

    def refresh(self) -> None:
        """Fold in what was written since the last call. Raises RunGone when the folder is gone."""
        try:
            stat = self.tail.path.stat()
        except FileNotFoundError:
            if not self.run.path.exists():
                raise RunGone("run.gone", run=self.run.name) from None
            return
        identity = (stat.st_dev, stat.st_ino)
        if identity != self._identity or stat.st_size < self.tail.offset:  # another run under the same name
            self._clear()
            self._identity = identity
        if stat.st_size > self.tail.offset:
            for event in self.tail.read():
                self.fold(event)

    def fold(self, event: Event) -> None:
        """Take one event into the story."""
        kind = event["type"]
        if kind in MARKS:
            self.mark = event
        match kind:
            case "started":
                self.started = event
                self.loading = None
            case "resumed":
                self._cut(int(event["step"]))
            case "loading":
                self.loading = event
            case "step":
                self.step = event
                self.train.add(event["step"], event.get("loss"))
            case "evaluated":
                self.evaluated.append(event)
            case "sample":
                self.samples.append(event)
                if len(self.samples) > SAMPLES:
                    half = SAMPLES // 2
                    self.samples = self.samples[:half:2] + self.samples[half:]
            case "picture":
                self.pictures[event["name"]] = event
            case "checkpoint":
                self.checkpoints.append(event)

    def _cut(self, step: int) -> None:
        """The run goes on from `step`: everything after it is void."""
        self.resumes.append(step)
        self.loading = None
        self.train.cut(step if step > 0 else -1)
        if self.step and not stands(self.step, step):
            last = self.train.last
            self.step = {"type": "step", "step": last[0], "loss": last[1]} if last else {}
        self.evaluated = [e for e in self.evaluated if stands(e, step)]
        self.samples = [e for e in self.samples if stands(e, step)]
        self.pictures = {name: e for name, e in self.pictures.items() if stands(e, step)}
        self.checkpoints = [e for e in self.checkpoints if stands(e, step)]

    @property
    def state(self) -> State:
        state = self.run.state([self.mark] if self.mark else [])
        if state == "interrupted":  # or the worker wrote its last word, and went, since the events were read
            with suppress(RunGone):
                self.refresh()
            state = self.run.state([self.mark] if self.mark else [])
        return state

    @property
    def end(self) -> Event | None:
        """The event that ended the run, if one did."""
        return self.mark if self.mark and self.mark["type"] in ENDS else None

    @property
    def done(self) -> int:
        """Optimiser steps done, as far as the events say."""
        known = [self.step.get("step", 0), (self.mark or {}).get("step", 0)]
        if self.checkpoints:
            known.append(self.checkpoints[-1]["step"])
        return max(int(step or 0) for step in known)

    @property
    def total(self) -> int | None:
        """Optimiser steps in all, once the worker has said so."""
        return self.started.get("total")

    def validation(self) -> list[tuple[int, float]]:
        """(step, loss) of each look at the validation split."""
        return [
            (e["step"], e["metrics"]["loss"])
            for e in self.evaluated
            if e.get("split") == "validation" and "loss" in e["metrics"]
        ]

    def newest_metrics(self) -> dict[str, float]:
        """The newest validation metrics; the test split's once the run is finished."""
        if self.end and self.end["type"] == "finished" and self.end.get("metrics"):
            return dict(self.end["metrics"])
        for event in reversed(self.evaluated):
            if event.get("split") == "validation":
                return dict(event["metrics"])
        return {}

    def chart(self) -> dict[str, Any]:
        """What the page's chart shows: train and validation points, and the samples in order."""
        return {
            "train": self.train.points(),
            "validation": self.validation(),
            "samples": [sample(e) for e in self.samples],
            "total": self.total,
        }


def sample(event: Event) -> dict[str, Any]:
    """A sample as the page takes it."""
    return {"step": event["step"], "text": event["text"]}


class Stories:
    """The stories of all run folders, each read from where it was left."""

    def __init__(self) -> None:
        self._known: dict[Path, Story] = {}
        self._lock = threading.Lock()

    def of(self, run: Run) -> Story:
        """The story of one run, up to date. Raises RunGone when its folder is gone."""
        with self._lock:
            story = self._known.setdefault(run.path, Story(run))
        with story.lock:
            story.refresh()
        return story

    def all(self) -> list[Story]:
        """The stories of all runs, newest first; those whose folders went are forgotten."""
        found = []
        for run in all_runs():
            try:
                found.append(self.of(run))
            except RunGone:
                continue
        paths = {story.run.path for story in found}
        with self._lock:
            for path in [p for p in self._known if p not in paths and not p.exists()]:
                del self._known[path]
        return found
