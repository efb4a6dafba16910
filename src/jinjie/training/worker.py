"""The process that trains: `python -m jinjie.training.worker RUN`. Started by `launch`, watched through its folder."""

from __future__ import annotations

import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import JinjieError
from jinjie.base.words import text
from jinjie.training import events, lock
from jinjie.training.runs import Run

if TYPE_CHECKING:
    from jinjie.data.dataset import Report
    from jinjie.training.loop import Session


class _Stop:
    """Hears SIGTERM and Ctrl-C. While the loop trains it is asked; before that the process just ends."""

    def __init__(self) -> None:
        self.asked = False
        self.training = False
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._hear)

    def __call__(self) -> bool:
        return self.asked

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        if not self.training:
            raise _StoppedEarly

    @contextmanager
    def heard_by_the_loop(self) -> Iterator[None]:
        self.training = True
        try:
            yield
        finally:
            self.training = False


class _StoppedEarly(BaseException):
    """A stop that came before the first step."""


def main(folder: Path) -> int:
    """Train the run in `folder`; the exit code is 0 when it finished or was stopped."""
    try:
        held = lock.take(folder / "lock")
    except FileNotFoundError:
        print(events.RunGone("run.gone", run=folder.name), file=sys.stderr)
        return events.RunGone.exit_code
    except lock.AlreadyRunning as error:
        print(error, file=sys.stderr)
        return error.exit_code
    with held:
        stop = _Stop()
        step = 0
        writer: events.Writer | None = None
        session: Session | None = None
        try:
            writer = events.Writer(folder / "events.jsonl")
            session = prepare(Run(folder), writer, stop)
            step = session.step
            with stop.heard_by_the_loop():
                from jinjie.training.loop import train

                train(session)
            return 0
        except _StoppedEarly:
            if writer is not None:
                writer.write("stopped", step=step)
            return 0
        except JinjieError as error:
            print(error, file=sys.stderr)
            _record(writer, session, error.key, error.text().model_dump())
            return error.exit_code
        except Exception as error:
            traceback.print_exc()
            said = text("run.crashed", kind=type(error).__name__, message=str(error) or repr(error))
            _record(writer, session, "run.crashed", said.model_dump())
            return 1


def prepare(run: Run, writer: events.Writer, stop: _Stop) -> Session:
    """Read the recipe and the data, build the networks, and go back to the newest whole checkpoint if there is one."""
    recipe = run.recipe
    earlier = run.events
    warm = threading.Thread(target=_import_torch, daemon=True)  # reading the data meanwhile
    warm.start()
    data = recipe.data.load(_report(writer))
    warm.join()

    import torch

    from jinjie.training import checkpoint
    from jinjie.training.hardware import choose
    from jinjie.training.loop import Session
    from jinjie.training.networks import Networks

    checkpoint.clear(run.path)
    (run.path / "checkpoints").mkdir(exist_ok=True)
    threads = int(run.file["launch"]["threads"])
    torch.set_num_threads(threads)
    started = next((e for e in earlier if e["type"] == "started"), None)
    chosen = choose(recipe, started)
    networks = Networks(recipe, data.facts, chosen.precision, chosen.device)
    versions = {
        "torch": torch.__version__,
        "threads": threads,
        "precision": chosen.precision,
        "device": chosen.device,
    }
    session = Session(run.path, recipe, data, recipe.task.build(), networks, writer, versions, stop)

    damaged: list[str] = []
    found = checkpoint.newest(run.path, damaged)
    for name in damaged:
        print(text("run.checkpoint_damaged", name=name).in_("en"), file=sys.stderr)
    if found is not None:
        if found.state["fingerprint"] != data.fingerprint():
            raise JinjieError("run.data_changed", run=run.name)
        checkpoint.restore(found, networks)
        session.step, session.best = found.step, found.state["best"]
        writer.write(
            "resumed",
            step=found.step,
            damaged=damaged,
            differs={k: [found.state[k], v] for k, v in versions.items() if found.state[k] != v},
        )
    elif started is not None:
        writer.write("resumed", step=0, damaged=damaged, differs={})
    if session.step == 0:
        _write_started(session)
    return session


def _write_started(session: Session) -> None:
    recipe, data = session.recipe, session.data
    from jinjie.data.dataset import SPLITS
    from jinjie.training.cadence import Cadence

    steps_per_epoch = data.steps_per_epoch(recipe.budget.batch)
    session.events.write(
        "started",
        step=0,
        total=Cadence.of(recipe.budget, steps_per_epoch).total,
        steps_per_epoch=steps_per_epoch,
        parameters=sum(p.numel() for p in session.networks.models["model"].parameters()),
        facts=dict(data.facts),
        counts={split: data.count(split) for split in SPLITS},
        source={"source": data.about.source, "licence": data.about.licence, "real": data.about.real},
        **session.versions,
    )


def _import_torch() -> None:
    import torch
    import torch._dynamo  # noqa: F401 (the first optimiser imports it: a second better spent here)


def _report(writer: events.Writer) -> Report:
    """Loading as events, at most ten a second for one thing."""
    import time

    last: dict[str, Any] = {"what": None, "time": 0.0}

    def report(what: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if what != last["what"] or now - last["time"] > 0.1 or done == total:
            last.update(what=what, time=now)
            writer.write("loading", what=what, done=done, total=total)

    return report


def _record(writer: events.Writer | None, session: Session | None, key: str, error: dict[str, str]) -> None:
    """Say in the diary why the run ended, where that is still possible."""
    if writer is None:
        return
    try:
        writer.write("failed", step=session.step if session else 0, key=key, error=error)
        writer.sync()
    except (JinjieError, OSError) as second:
        print(second, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
