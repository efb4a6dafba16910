"""The worker's own part: stops before the first step, and errors that reach the diary."""

from __future__ import annotations

import os
import signal
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


def test_a_stop_while_it_prepares_ends_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    run = launch.create(small(threads=1, **{"budget.steps": 6, "budget.checkpoint_every": 2}))

    def stopped(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("unreachable: the signal ends it")

    with monkeypatch.context() as patch:
        patch.setattr(worker, "prepare", stopped)
        assert worker.main(run.path) == 0
    assert (last(run)["type"], last(run)["step"], run.state()) == ("stopped", 0, "stopped")
    assert worker.main(run.path) == 0
    assert run.state() == "finished"
    assert [event["type"] for event in run.events].count("stopped") == 0  # void, now that it went on


def test_a_stop_that_came_before_it_listened_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: the signal arrives between the lock and the first line of work."""
    run = launch.create(small(threads=1))
    take = worker.lock.take

    def taken(path: Path) -> object:
        held = take(path)
        os.kill(os.getpid(), signal.SIGTERM)
        return held

    monkeypatch.setattr(worker.lock, "take", taken)
    assert worker.main(run.path) == 0
    assert last(run)["type"] == "stopped"


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


def test_a_stop_that_comes_out_as_another_error_is_still_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: the signal arrives in `__set_name__`, where Python 3.11 wraps what is raised in a RuntimeError."""
    run = launch.create(small(threads=1))

    class Named:
        def __set_name__(self, owner: type, name: str) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    def stopped(*_: object) -> None:
        type("Owner", (), {"named": Named()})
        raise AssertionError("unreachable: the signal ends it")

    monkeypatch.setattr(worker, "prepare", stopped)
    assert worker.main(run.path) == 0
    assert (last(run)["type"], run.state()) == ("stopped", "stopped")
