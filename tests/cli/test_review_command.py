"""`jinjie review`: asked in the terminal, judged from a file, broken off, listed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from jinjie.base import words
from jinjie.cli.main import main
from jinjie.course.content.library import Library, load
from jinjie.course.quizzes import variant
from jinjie.course.quizzes.variants import LETTERS
from jinjie.learner import attempts
from jinjie.learner.attempt import Attempt
from jinjie.learner.store import open_store

COMMAND = [sys.executable, "-m", "jinjie", "review"]
CONCEPTS = ("query-key-value", "scaled-dot-product-attention", "self-attention")


@dataclass(frozen=True)
class Said:
    returncode: int
    stdout: str
    stderr: str


Jinjie = Callable[..., Said]


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture
def jinjie(library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Jinjie:
    """The command within this process, on a course that was read once."""
    monkeypatch.setattr("jinjie.course.content.library.load", lambda roots: library)

    def run(*arguments: str, typed: str = "") -> Said:
        monkeypatch.setattr(sys, "argv", ["jinjie", *arguments])
        monkeypatch.setattr(sys, "stdin", StringIO(typed))
        with pytest.raises(SystemExit) as end:
            main()
        words.use(None)
        assert isinstance(end.value.code, int)
        return Said(end.value.code, *capsys.readouterr())

    return lambda *arguments, typed="": run("review", *arguments, typed=typed)


def logged() -> list[Attempt]:
    with open_store() as store:
        return list(attempts.iterate(store, kind="review"))


@pytest.fixture
def begun(library: Library) -> None:
    """Three concepts, answered three days ago and not rightly: due since two days."""
    items = library.quizzes["attention"].entry.items
    when = datetime.now().astimezone() - timedelta(days=3)
    with open_store() as store:
        for concept in CONCEPTS:
            item = next(item.id for item in items if item.concept == concept)
            attempts.write(store, Attempt("quiz", "attention", item, seed=1, passed=False, time=when))


def right(library: Library, one: dict[str, Any]) -> str:
    """The right answer to what `--json` asked."""
    made = variant(library.quizzes[one["quiz"]], one["item"], one["seed"])
    return LETTERS[int(made.right)] if made.choices else repr(float(made.right))


def test_nothing_has_begun(jinjie: Jinjie) -> None:
    for arguments in ([], ["--list"]):
        said = jinjie(*arguments)
        assert said.returncode == 0 and "jinjie next" in said.stdout, said.stderr
    assert json.loads(jinjie("--json").stdout)["items"] == []
    assert json.loads(jinjie("--list", "--json").stdout)["cards"] == []


def test_asked_with_fresh_numbers_and_kept_at_once(jinjie: Jinjie, library: Library, begun: None) -> None:
    asked = json.loads(jinjie("--json").stdout)
    assert (asked["due"], {one["concept"] for one in asked["items"]}) == (3, set(CONCEPTS))
    first, second, _ = asked["items"]
    assert first["seed"] != 1 and "explain" not in json.dumps(asked)
    said = jinjie("--most", "2", typed=f"nonsense\n{right(library, first)}\n?\n")
    assert said.returncode == 0, said.stderr
    assert "1 of 2 right" in said.stdout and "One more is due" in said.stdout
    assert "comes again in 2 days" in said.stdout or "comes again tomorrow" in said.stdout
    one, two = logged()
    assert (one.item, one.seed, one.passed) == (first["item"], first["seed"], True)
    assert (two.item, two.seed, two.passed) == (second["item"], second["seed"], False)
    assert two.detail["unknown"] is True and "unknown" not in one.detail
    assert one.detail["scheduler"]["name"] == "fsrs"
    left = json.loads(jinjie("--json").stdout)
    assert [item["concept"] for item in left["items"]] == [asked["items"][2]["concept"]]


def test_broken_off_and_nothing_is_lost(jinjie: Jinjie, library: Library, begun: None) -> None:
    asked = json.loads(jinjie("--json").stdout)["items"]
    process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{right(library, asked[0])}\n")
    process.stdin.flush()
    seen = ""
    while "2 of 3" not in seen:
        seen += process.stdout.readline()
    os.kill(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "1 of 1 right" in rest and "2 more are due" in rest
    assert [event.item for event in logged()] == [asked[0]["item"]]
    again = json.loads(jinjie("--json").stdout)["items"]
    assert [(one["item"], one["seed"]) for one in again] == [(one["item"], one["seed"]) for one in asked[1:]]


def test_answers_from_a_file(jinjie: Jinjie, library: Library, begun: None, tmp_path: Path) -> None:
    asked = json.loads(jinjie("--json").stdout)
    asked["items"][0]["answer"] = right(library, asked["items"][0])
    asked["items"][1]["answer"] = "?"
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(asked), "utf-8")
    done = json.loads(jinjie("--json", "--answers", str(file)).stdout)
    assert (done["right"], done["count"]) == (1, 2)
    assert all(one["due"] > asked["day"] for one in done["items"])
    assert len(logged()) == 2


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ("{", "no JSON of questions"),
        ('{"gradient": "a"}', "no JSON of questions"),
        ('[{"quiz": "attention", "answer": "a"}]', "'item' is missing"),
        ('[{"quiz": "attention", "item": "gone", "seed": 1, "answer": "a"}]', "no question 'gone'"),
        ('[{"quiz": "gone", "item": "gone", "seed": 1, "answer": "?"}]', "no question 'gone'"),
    ],
)
def test_answers_that_are_none_say_what_is_expected(jinjie: Jinjie, answers: str, told: str) -> None:
    said = jinjie("--answers", "-", typed=answers)
    assert said.returncode == 2
    assert told in said.stderr
    assert not logged()


def test_one_wrong_answer_in_a_file_writes_none(jinjie: Jinjie, begun: None) -> None:
    items = json.loads(jinjie("--json").stdout)["items"]
    items[0]["answer"] = "?"
    items[1]["answer"] = "no answer to anything"
    items[2].update(answer="?", seed="one")
    said = jinjie("--answers", "-", typed=json.dumps(items))
    assert said.returncode == 2
    assert "items[1]" in said.stderr and "seed" in said.stderr
    assert not logged()


def test_the_list_says_when(jinjie: Jinjie, library: Library, begun: None) -> None:
    with open_store() as store:
        item = library.quizzes["gradient-descent"].entry.items[0]
        old = {"scheduler": {"name": "fsrs", "version": "5.0"}}
        attempts.write(store, Attempt("review", "gradient-descent", item.id, seed=1, passed=True, detail=old))
    said = jinjie("--list")
    assert said.returncode == 0, said.stderr
    assert said.stdout.count("2 days late") == 3 and "in 2 days" in said.stdout
    assert "3 due now, 4 in all" in said.stdout
    assert "fsrs 5.0" in said.stderr
    listed = json.loads(jinjie("--list", "--json").stdout)
    assert [card["concept"] for card in listed["cards"]][-1] == item.concept
    assert listed["scheduled_before_by"] == ["fsrs 5.0"]
    told = jinjie("--json")
    assert json.loads(told.stdout)["due"] == 3


def test_in_chinese(jinjie: Jinjie) -> None:
    assert "还没有要复习的内容" in jinjie("--lang", "zh").stdout
    assert jinjie("--most", "0").returncode == 2
