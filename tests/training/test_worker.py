"""The worker's own part: stops before the first step, and errors that reach the diary."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from toys import small

from jinjie.training import launch, worker
from jinjie.training.events import RunGone
from jinjie.training.runs import Run


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """The worker takes over the process's signals: here they are given back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def last(run: Run) -> dict[str, object]:
    return dict(run.events[-1])


def test_it_trains_to_the_end() -> None:
    run = launch.create(small(threads=1))
    assert worker.main(run.path) == 0
    assert last(run)["type"] == "finished" and run.state() == "finished"
    assert sys.float_info.min / 2 > 0  # the process that goes on has its very small numbers, as before


def worked(run: Run, first: str = "") -> int:
    """The exit code of a worker in a process of its own, in which `first` is done before."""
    code = f"import os, signal, sys\nfrom pathlib import Path\nfrom jinjie.training import worker\n{first}\n"
    code += "sys.exit(worker.main(Path(sys.argv[1])))"
    return subprocess.run([sys.executable, "-c", code, str(run.path)], timeout=30).returncode


def test_a_stop_while_it_prepares_ends_in_order() -> None:
    run = launch.create(small(threads=1, **{"budget.steps": 6, "budget.checkpoint_every": 2}))
    stopped = "worker.prepare = lambda *_: os.kill(os.getpid(), signal.SIGTERM) or sys.exit(9)"
    assert worked(run, stopped) == 0
    assert (last(run)["type"], last(run)["step"], run.state()) == ("stopped", 0, "stopped")
    assert worker.main(run.path) == 0
    assert run.state() == "finished"
    assert [event["type"] for event in run.events].count("stopped") == 0  # void, now that it went on


def test_a_stop_that_came_before_it_listened_is_not_lost() -> None:
    """Fault: the signal arrives between the lock and the first line of work."""
    run = launch.create(small(threads=1))
    early = "take = worker.lock.take\nworker.lock.take = lambda p: (take(p), os.kill(os.getpid(), signal.SIGTERM))[0]"
    assert worked(run, early) == 0
    assert last(run)["type"] == "stopped"


def test_a_stop_amid_an_import_ends_at_once() -> None:
    """Fault: the stop was raised where it was heard. In a callback of the import machinery that leaves a module's lock
    held, for which the thread that imports torch waited for ever, and the run ended as interrupted, by a kill. Here
    the signal falls into such an import."""
    run = launch.create(small(threads=1))
    amid = """
import importlib.abc, threading, time
class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "jinjie.training.answers":
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(0.1)
            except BaseException:  # as a callback of the interpreter's own does
                pass
            threading.Event().wait()
sys.meta_path.insert(0, Slow())
"""
    assert worked(run, amid) == 0
    assert run.state() == "stopped"


def test_a_stop_amid_the_import_of_the_fetcher_ends_in_order() -> None:
    """Fault: the module stands among the imported ones as soon as its import begins, with nothing in it yet; what was
    then raised for want of `end_clients` made a failure of the stop."""
    run = launch.create(small(threads=1))
    begun = """
import types
sys.modules["jinjie.data.fetch"] = types.ModuleType("jinjie.data.fetch")
worker.prepare = lambda *_: os.kill(os.getpid(), signal.SIGTERM) or sys.exit(9)
"""
    assert worked(run, begun) == 0
    assert run.state() == "stopped"


def test_a_resumed_worker_is_stopped_at_any_moment_of_its_imports() -> None:
    run = launch.launch(small(threads=1, **{"budget.steps": 100_000, "budget.checkpoint_every": 50_000}))
    for milliseconds in (0, 60, 120, 250, 400, 700):
        time.sleep(milliseconds / 1000)
        assert run.stop()
        deadline = time.monotonic() + 60
        while run.pid is not None:
            assert time.monotonic() < deadline, "it ends"
            time.sleep(0.01)
        assert run.state() == "stopped", milliseconds
        launch.resume(run)
    run.stop()
    while run.pid is not None:
        time.sleep(0.01)


def test_a_stop_after_the_end_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: SIGTERM in the moment between the last event and the end of the process."""
    from jinjie.training import loop

    run = launch.create(small(threads=1))
    train = loop.train

    def late(session: loop.Session) -> bool:
        done = train(session)
        os.kill(os.getpid(), signal.SIGTERM)
        return done

    monkeypatch.setattr(loop, "train", late)
    assert worker.main(run.path) == 0
    assert run.state() == "finished"


def test_an_error_of_our_own_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run = launch.create(small(threads=1))

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(worker, "prepare", broken)
    assert worker.main(run.path) == 1
    event = last(run)
    assert (event["type"], event["key"]) == ("failed", "run.crashed")
    assert "ZeroDivisionError: a fault of ours" in str(event["error"])
    assert "Traceback" in capfd.readouterr().err


def test_bad_data_of_the_users_are_told_in_both_languages(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("x,y\n" + "".join(f"{i},{i}\n" for i in range(20)))
    run = launch.create(small(threads=1, **{"data.path": str(file)}))
    file.write_text("x,y\n1,two\n")
    assert worker.main(run.path) == 2
    error = last(run)["error"]
    assert isinstance(error, dict) and "'two'" in error["en"]
    assert error["zh"] != error["en"]


def test_no_folder_no_work(tmp_path: Path) -> None:
    assert worker.main(tmp_path / "none") == RunGone.exit_code
    assert not (tmp_path / "none").exists()
