"""A run in the terminal: a progress bar with time left, the losses, and the newest sample, tailed from its folder."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from typing import Any

from jinjie.base.amounts import duration
from jinjie.base.errors import JinjieError
from jinjie.base.words import language, say
from jinjie.cli.output import console
from jinjie.training.events import Event, RunGone, Tail
from jinjie.training.runs import Run

POLL = 0.1


def live(run: Run, tail: Tail | None = None) -> int:
    """Follow a run until it ends, from its beginning or from where `tail` stands.

    Ctrl-C asks it to stop and waits for its checkpoint; a second one lets it go on alone.

    Returns the exit code: 0 finished or stopped, 1 failed.
    """
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

    out = console()
    out.print(say("cli.watch.begun", run=run.name, path=run.path), soft_wrap=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[shown]}"),
    )
    view = _View(out, _total(run))
    asked = 0
    with Progress(*columns, console=out, transient=True) as progress:
        view.attach(progress)
        follower = _follow(run, tail)
        while True:
            try:
                event = next(follower, None)
                if event is None:
                    break
                view.show(event)
            except KeyboardInterrupt:
                asked += 1
                if asked > 1:
                    out.print(say("cli.watch.left_alone", run=run.name))
                    return 0
                if run.stop():  # else it has just ended: what it still told is shown
                    out.print(say("cli.watch.stopping"))
    return view.end(run)


def as_json(run: Run, tail: Tail | None = None) -> int:
    """Every event as a JSON line, as it comes. Ctrl-C as in `live`. Returns the exit code."""
    last: Event = {}
    follower = _follow(run, tail)
    asked = False
    while True:
        try:
            event = next(follower, None)
            if event is None:
                break
            last = event
            sys.stdout.write(json.dumps({"run": run.name, **event}, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        except KeyboardInterrupt:
            if asked:
                return 0
            asked = True
            run.stop()
    return 0 if last.get("type") in ("finished", "stopped") else 1


def wait_for_end(run: Run, patience: float = 120.0) -> None:
    """Wait until a run that was asked to stop has written its checkpoint and ended.

    Raises JinjieError when it takes longer than `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while run.pid is not None:
        if time.monotonic() > deadline:
            raise JinjieError("cli.stop.slow", run=run.name, seconds=round(patience))
        time.sleep(0.02)


class _follow:
    """New events until the run's worker has ended; an iterator that survives an interrupted wait."""

    def __init__(self, run: Run, tail: Tail | None) -> None:
        self.run = run
        self.tail = tail or Tail(run.path / "events.jsonl")
        self.waiting: deque[Event] = deque()

    def __iter__(self) -> _follow:
        return self

    def __next__(self) -> Event:
        while not self.waiting:
            alive = self.run.pid is not None
            self.waiting.extend(self.tail.read())
            if not self.waiting:
                if not alive:
                    raise StopIteration
                time.sleep(POLL)
        return self.waiting.popleft()


def _total(run: Run) -> int | None:
    """Steps in all, where the run has begun before."""
    return next((event["total"] for event in run.events if event["type"] == "started"), None)


class _View:
    """The bar, the numbers beside it, and what is printed above it."""

    def __init__(self, out: Any, total: int | None) -> None:
        self.out = out
        self.last: Event = {}
        self.total = total
        self.validation = ""

    def attach(self, progress: Any) -> None:
        self.progress = progress
        self.bar = progress.add_task(say("cli.watch.starting"), total=None, shown="")

    def show(self, event: Event) -> None:
        self.last = event
        match event["type"]:
            case "loading":
                self.progress.update(
                    self.bar, description=str(event["what"]), completed=event["done"], total=event["total"]
                )
            case "started":
                self.total = event["total"]
                self.progress.update(
                    self.bar, description=say("cli.watch.training"), completed=0, total=self.total, shown=""
                )
            case "resumed":
                for name in event["damaged"]:
                    self.out.print(say("run.checkpoint_damaged", name=name))
                self.out.print(say("cli.watch.resumed", step=event["step"]))
            case "step":
                left = say("cli.watch.left", duration=duration(event["left"]))
                shown = (
                    f"{event['step']}/{self.total or '?'}  loss {event['loss']:.4g}{self.validation}  {left}"
                )
                self.progress.update(
                    self.bar,
                    completed=event["step"],
                    total=self.total,
                    shown=shown,
                    description=say("cli.watch.training"),
                )
            case "evaluated":
                values = "  ".join(f"{k} {v:.4g}" for k, v in event["metrics"].items())
                if event["split"] == "validation":
                    self.validation = f"  ({values})"
                    self.out.print(
                        say("cli.watch.validation", step=event["step"], values=values), style="dim"
                    )
            case "sample":
                self.sample(event)

    def sample(self, event: Event) -> None:
        """A text of several lines in a frame; a short one on its line."""
        from rich.panel import Panel
        from rich.text import Text

        text, title = (
            Text(event["text"].strip("\n"), style="cyan"),
            say("cli.watch.sample", step=event["step"]),
        )
        if "\n" in text.plain:
            self.out.print(Panel(text, title=title, title_align="left", style="cyan"))
        else:
            self.out.print(Text.assemble((f"{title}  ", "dim"), text))

    def end(self, run: Run) -> int:
        """Say how it ended."""
        match self.last.get("type"):
            case "finished":
                values = "  ".join(f"{k} {v:.4g}" for k, v in self.last["metrics"].items())
                self.out.print(
                    say("cli.watch.finished", run=run.name, values=values), style="bold green", soft_wrap=True
                )
                return 0
            case "stopped":
                self.out.print(
                    say("cli.watch.stopped", run=run.name, step=self.last["step"]),
                    style="yellow",
                    soft_wrap=True,
                )
                return 0
            case "failed":
                self.out.print(str(self.last["error"][language()]), style="red", soft_wrap=True)
                return 1
        # A worker that dies leaves its recipe and its lock: without them the folder is being deleted, file by file.
        left = ["recipe.json", "lock"] if self.last else ["recipe.json"]
        if not all((run.path / name).exists() for name in left):
            raise RunGone("run.gone", run=run.name)
        self.out.print(say("cli.watch.died", run=run.name), style="red", soft_wrap=True)
        return 1
