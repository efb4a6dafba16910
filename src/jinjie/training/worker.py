"""The process that trains: `python -m jinjie.training.worker RUN`. Started by `launch`, watched through its folder."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from jinjie.base.errors import JinjieError
from jinjie.base.words import text
from jinjie.training import events, lock
from jinjie.training.runs import Run

if TYPE_CHECKING:
    from jinjie.data.dataset import Report
    from jinjie.training.loop import Session


class _Stop:
    """Hears SIGTERM and Ctrl-C. The loop asks it between two steps; before the loop the process just ends.

    Nothing is raised where a stop is heard: an exception in the middle of an import leaves the locks of modules held,
    for which the thread that imports torch, and whoever waits for that, would then wait for ever.
    """

    def __init__(self) -> None:
        self.asked = False
        self._end: Callable[[], NoReturn] | None = None
        for name in ("SIGTERM", "SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._hear)

    def __call__(self) -> bool:
        return self.asked

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        if self._end is not None:
            self._end()

    @contextmanager
    def heard_at_once(self, end: Callable[[], NoReturn]) -> Iterator[None]:
        """While it lasts, a stop calls `end`, which ends the process; so does one that came before."""
        self._end = end
        try:
            if self.asked:
                end()
            yield
        finally:
            self._end = None


def main(folder: Path) -> int:
    """Train the run in `folder`; the exit code is 0 when it finished or was stopped."""
    stop = _Stop()  # before the lock: whoever sees it held may ask for a stop
    try:
        held = lock.take(folder / "lock")
    except FileNotFoundError:
        return _end(folder, None, 0, events.RunGone("run.gone", run=folder.name))
    except lock.AlreadyRunning as error:
        return _end(folder, None, 0, error)
    with held:
        writer: events.Writer | None = None
        session: Session | None = None
        try:
            writer = events.Writer(folder / "events.jsonl")
            with stop.heard_at_once(partial(_stopped_early, folder, writer)):
                session = prepare(Run(folder), writer, stop)
            from jinjie.training.loop import train

            train(session)
            return 0
        except Exception as error:
            return _end(folder, writer, session.step if session else _reached(folder), error)
        finally:
            _unsettle()


def _unsettle() -> None:
    """Give a process that goes on after the run (a test, a notebook) its very small numbers back."""
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_flush_denormal(False)


def _stopped_early(folder: Path, writer: events.Writer) -> NoReturn:
    """End here and now, as a kill would, but with the diary's last word: what is half made is cleared by the next."""
    code = 0
    try:
        writer.write("stopped", step=_reached(folder))
        writer.sync()
    except Exception as error:
        code = _end(folder, writer, 0, error)
    # An import here might wait for the one that was interrupted; a module that is only half there has no clients yet.
    end_clients = getattr(sys.modules.get("jinjie.data.fetch"), "end_clients", None)
    if end_clients is not None:
        end_clients()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _end(folder: Path, writer: events.Writer | None, step: int, error: Exception) -> int:
    """Say why the run ended, on the console and in the diary, as far as a full disk still takes it: the exit code."""
    if not (folder / "recipe.json").is_file():  # gone or going, file by file: whatever failed for want of it
        error = events.RunGone("run.gone", run=folder.name)
    elif isinstance(error, OSError) and events.full(error):
        error = events.DiskFull("run.disk_full", path=error.filename, reason=error.strerror)
    known = isinstance(error, JinjieError)
    with suppress(OSError):
        print(error if known else "".join(traceback.format_exception(error)), file=sys.stderr, flush=True)
    if isinstance(error, JinjieError):
        key, said, code = error.key, error.text(), error.exit_code
    else:
        key, code = "run.crashed", 1
        said = text("run.crashed", kind=type(error).__name__, message=str(error) or repr(error))
    if writer is not None:
        with suppress(JinjieError, OSError):
            writer.write("failed", step=step, key=key, error=said.both())
            writer.sync()
    return code


def _reached(folder: Path) -> int:
    """The step of the newest checkpoint that the diary knows."""
    return max((e["step"] for e in Run(folder).events if e["type"] == "checkpoint"), default=0)


def prepare(run: Run, writer: events.Writer, stop: _Stop) -> Session:
    """Read the recipe and the data, build the networks, and go back to the newest whole checkpoint if there is one."""
    recipe = run.recipe
    from jinjie.training import answers

    earlier = run.events
    warm = threading.Thread(target=_import_torch, daemon=True)  # reading the data meanwhile
    warm.start()
    data = answers.load(recipe, _report(writer))
    warm.join()

    import torch

    from jinjie.training import checkpoint
    from jinjie.training.hardware import choose, settle
    from jinjie.training.loop import Session
    from jinjie.training.networks import Networks

    checkpoint.clear(run.path)
    (run.path / "checkpoints").mkdir(exist_ok=True)
    threads = int(run.file["launch"]["threads"])
    settle(threads)
    started = next((e for e in earlier if e["type"] == "started"), None)
    chosen = choose(recipe, started)
    damaged: list[str] = []
    found = checkpoint.newest(run.path, damaged)
    networks = Networks(recipe, data.facts, chosen.precision, chosen.device, begin=found is None)
    versions = {
        "torch": torch.__version__,
        "threads": threads,
        "precision": chosen.precision,
        "device": chosen.device,
    }
    session = Session(run.path, recipe, data, recipe.task.build(), networks, writer, versions, stop)

    for name in damaged:
        print(text("run.checkpoint_damaged", name=name).in_("en"), file=sys.stderr)
    if found is not None:
        if found.state["fingerprint"] != data.fingerprint():
            raise JinjieError("run.data_changed", run=run.name)
        checkpoint.restore(found, networks)
        session.step = session.saved = found.step
        session.best, session.waited = found.state["best"], found.state.get("waited", 0)
        writer.write(
            "resumed",
            step=found.step,
            damaged=damaged,
            differs={k: [found.state[k], v] for k, v in versions.items() if found.state[k] != v},
        )
    elif earlier or damaged:
        writer.write("resumed", step=0, damaged=damaged, differs={})
    if session.step == 0 or started is None:
        _write_started(session)
    return session


def _write_started(session: Session) -> None:
    recipe, data = session.recipe, session.data
    from jinjie.data.dataset import SPLITS
    from jinjie.training.cadence import Cadence
    from jinjie.training.vitals import repeats

    steps_per_epoch = data.steps_per_epoch(recipe.budget.batch)
    session.events.write(
        "started",
        step=0,
        total=Cadence.of(recipe.budget, steps_per_epoch).total,
        steps_per_epoch=steps_per_epoch,
        parameters=sum(p.numel() for p in session.networks.models["model"].parameters()),
        facts=dict(data.facts),
        counts={split: data.count(split) for split in SPLITS},
        baseline=session.task.baseline(data),
        repeats=repeats(data),
        source={"source": data.about.source, "licence": data.about.licence, "real": data.about.real},
        **session.versions,
    )


def _import_torch() -> None:
    import torch  # noqa: F401 (a second better spent while the data is read)


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


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
