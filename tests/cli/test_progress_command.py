"""`jinjie progress` as it is used, from an empty log to one that has moved to another machine."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from invoked import invoke
from jinjie.base import paths
from jinjie.learner import attempts, summary
from jinjie.learner.attempt import Attempt
from jinjie.learner.store import open_store

Done = subprocess.CompletedProcess


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("PYTHONUTF8", "1")


def jinjie(*words: str) -> Done[str]:
    return invoke(*words)


def learn() -> None:
    now = datetime.now().astimezone()
    with open_store() as store:
        attempts.write(
            store,
            Attempt("lesson", "attention", time=now - timedelta(days=1)),
            Attempt("lesson", "gradient-descent", time=now - timedelta(days=9)),
            Attempt("lesson", "gradient-descent", passed=True, time=now),
            Attempt("exercise", "descent-step", passed=False, seconds=60.0, time=now),
            Attempt("exercise", "descent-step", detail={"asked": "hint"}, time=now),
            Attempt(
                "exercise", "descent-step", passed=True, seconds=61.0, time=now + timedelta(milliseconds=1)
            ),
            Attempt("exercise", "softmax", passed=False, time=now),
            Attempt("quiz", "attention", item="a", passed=True, time=now),
            Attempt("quiz", "attention", item="a", passed=False, time=now),
            Attempt("quiz", "attention", item="b", passed=True, time=now - timedelta(days=1)),
            Attempt(
                "experiment", "descent-in-a-valley", time=now + timedelta(days=400)
            ),  # a clock that was wrong
        )


def test_an_empty_log_says_how_to_begin_in_both_languages() -> None:
    done = jinjie("progress")
    assert done.returncode == 0 and "jinjie lesson " in done.stdout and "progress import" in done.stdout
    assert "jinjie lesson " in jinjie("progress", "--lang", "zh").stdout
    told = json.loads(jinjie("progress", "--json").stdout)
    assert (told["events"], told["since"], told["lessons"], told["streak"]) == (0, None, [], 0)


def test_where_a_learner_stands() -> None:
    learn()
    told = json.loads(jinjie("progress", "--json").stdout)
    assert told["events"] == 11 and told["seconds"] == 121.0
    assert {one["slug"]: one["finished"] for one in told["lessons"]} == {
        "gradient-descent": True,
        "attention": False,
    }
    solved = {one["slug"]: (one["tries"], one["solved"], one["tries_to_solve"]) for one in told["exercises"]}
    assert solved == {"descent-step": (2, True, 2), "softmax": (1, False, None)}
    [quiz] = told["quizzes"]
    assert (quiz["answers"], quiz["right"], quiz["questions"], quiz["known"]) == (3, 2, 2, 2)
    assert (told["days_learned"], told["streak"], told["experiments"]) == (3, 2, 1)
    assert sum(day["events"] for day in told["days"]) == 10
    assert told["days"][-1]["day"] == datetime.now().date().isoformat()
    with open_store() as store:
        assert told["learner"]["id"] == store.owner().id

    shown = jinjie("progress").stdout
    assert "2 of 3 answers right (67%)" in shown and "jinjie exercise check softmax" in shown
    assert "3 days learned, 2 in a row" in shown
    assert "答对 2 次" in jinjie("progress", "--lang", "zh").stdout


def test_a_log_moves_to_another_machine_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learn()
    file = tmp_path / "my log 进阶.jsonl"
    done = jinjie("progress", "export", str(file))
    assert done.returncode == 0 and "11 attempts" in done.stdout, done.stderr
    again = jinjie("progress", "export", str(file))
    assert again.returncode == 2 and "--replace" in again.stderr
    assert json.loads(jinjie("progress", "export", str(file), "--replace", "--json").stdout)["attempts"] == 11

    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "other"))
    done = jinjie("progress", "import", str(file), "--json")
    assert json.loads(done.stdout) == {"attempts": 11, "drafts": 0, "known": 0, "moved_in": True}
    done = jinjie("progress", "import", str(file))
    assert "New: 0 attempts and 0 drafts. Here already: 11." in done.stdout
    back = tmp_path / "back.jsonl"
    jinjie("progress", "export", str(back))
    assert back.read_bytes() == file.read_bytes()

    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "third"))
    with open_store() as store:
        attempts.write(store, Attempt("lesson", "attention"))
    done = jinjie("progress", "import", str(file))
    assert done.returncode == 2 and "--as-mine" in done.stderr and not done.stdout
    assert "New: 11 attempts" in jinjie("progress", "import", str(file), "--as-mine").stdout


def test_a_torn_file_is_said_line_by_line(tmp_path: Path) -> None:
    learn()
    file = tmp_path / "log.jsonl"
    jinjie("progress", "export", str(file))
    file.write_bytes(file.read_bytes()[:-30])
    for words in ((), ("--lang", "zh")):
        done = jinjie("progress", "import", str(file), *words)
        assert done.returncode == 2 and "log.jsonl:12" in done.stderr and "Traceback" not in done.stderr
    problems = json.loads(jinjie("progress", "import", str(file), "--json").stdout)["error"]["problems"]
    assert [problem["where"] for problem in problems] == [
        "log.jsonl:12",
        "log.jsonl:1 counts.attempts",
        "log.jsonl",
    ]


def test_a_damaged_log_is_an_error_in_words() -> None:
    learn()
    (paths.learner_home() / "learner.sqlite").write_text("no database\n" * 100)
    done = jinjie("progress")
    assert done.returncode == 1 and "damaged" in done.stderr and "Traceback" not in done.stderr


def test_lessons_that_are_opened_and_finished_are_in_the_log() -> None:
    assert jinjie("lesson", "gradient-descent").returncode == 0
    assert jinjie("lesson", "gradient-descent", "--done").returncode == 0
    assert jinjie("lesson", "--done").returncode == 2
    with open_store() as store:
        events = list(attempts.iterate(store, kind="lesson"))
    assert [(event.slug, event.passed) for event in events] == [
        ("gradient-descent", None),
        ("gradient-descent", True),
    ]


def test_a_log_that_cannot_be_written_keeps_no_lesson_closed() -> None:
    """Fault: a full disk, or a damaged log, and the reader cannot read."""
    paths.learner_home().mkdir()
    (paths.learner_home() / "learner.sqlite").write_text("no database\n" * 100)
    done = jinjie("lesson", "gradient-descent")
    assert done.returncode == 0 and len(done.stdout) > 2000 and "not written to your log" in done.stderr
    assert jinjie("lesson", "gradient-descent", "--done").returncode == 1


@pytest.mark.parametrize(
    ("days", "streak"),
    [([], 0), ([0], 1), ([1], 1), ([2], 0), ([0, 1, 2, 4], 3), ([1, 2], 2), ([-1, 0], 1)],
)
def test_a_streak_reaches_to_today_or_to_yesterday(days: list[int], streak: int) -> None:
    now = datetime.now().astimezone()
    with open_store() as store:
        attempts.write(store, *(Attempt("quiz", "a", time=now - timedelta(days=day)) for day in days))
        assert summary.summary(list(attempts.iterate(store))).streak == streak


def test_a_day_is_the_learners_own() -> None:
    """Fault: an evening in China counted for the day before, because it is UTC's."""
    with open_store() as store:
        late = datetime.fromisoformat("2026-11-26T01:30:00+08:00")
        attempts.write(store, Attempt("quiz", "a", time=late))
        found = summary.summary(list(attempts.iterate(store)), today=late.date())
        assert [day.day.isoformat() for day in found.days if day.events] == ["2026-11-26"]
        assert found.days[0].day.weekday() == 0 and len(found.days) == 7 * 11 + late.weekday() + 1
