"""`jinjie quiz`: asked one after another, judged from a file, every answer an event of the log."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from invoked import invoke
from jinjie.learner import attempts
from jinjie.learner.attempt import Attempt
from jinjie.learner.store import open_store

YAML = """\
items:
  - id: choose
    concept: gradient-descent
    difficulty: 1
    params: {n: {min: 2, max: 9, step: 1}}
    stem: {en: "twice ${=n}$, $\\\\frac{a}{b}$?", zh: "{n} 的两倍？"}
    choices:
      - {text: {en: "it is {2*n}", zh: "是 {2*n}"}, explain: {en: good, zh: 对}, correct: true}
      - {text: {en: "it is {n+100}", zh: "是 {n+100}"}, explain: {en: bad, zh: 不对}}
  - id: step
    concept: gradient-descent
    difficulty: 2
    params: {theta: {min: 1, max: 3, step: 0.5}}
    stem: {en: "half of {theta}", zh: "{theta} 的一半"}
    number: {value: theta/2, explain: {en: "half is {value}", zh: "一半是 {value}"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "content"
    (made / "quizzes").mkdir(parents=True)
    (made / "quizzes" / "twice.yaml").write_text(YAML, "utf-8")
    return made


COMMAND = [sys.executable, "-m", "jinjie", "quiz"]


def jinjie(folder: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return invoke("quiz", *arguments, "--content", folder, typed=typed)


def logged() -> list[Attempt]:
    with open_store() as store:
        return list(attempts.iterate(store, kind="quiz", slug="twice"))


def asked(folder: Path, seed: int) -> tuple[str, str]:
    """The letter of the right choice, and the right number, from what is asked."""
    told = json.loads(jinjie(folder, "twice", "--seed", str(seed), "--json").stdout)
    choose, step = told["items"]
    n = int(choose["stem"].split("$")[1])
    letter = next(one["key"] for one in choose["choices"] if one["text"] == f"it is {2 * n}")
    return letter, str(float(step["stem"].split()[-1]) / 2)


def test_asked_in_the_terminal_with_the_reason_after_each(folder: Path) -> None:
    letter, half = asked(folder, 5)
    said = jinjie(folder, "twice", "--seed", "5", typed=f"nonsense\n{letter.upper()}\nabc\n77\n")
    assert said.returncode == 0, said.stderr
    assert "a/b" in said.stdout and "\\frac" not in said.stdout
    assert "✓ Right. good" in said.stdout
    assert f"✗ half is {half}" in said.stdout
    assert "1 of 2 right" in said.stdout and "--seed 5" in said.stdout
    assert "none of the answers" in said.stderr and "no number" in said.stderr
    first, second = logged()
    assert (first.item, first.seed, first.passed, second.item, second.passed) == (
        "choose",
        5,
        True,
        "step",
        False,
    )
    assert first.detail["answer"] == letter.upper() and "n" in first.detail["params"]
    assert first.content and first.seconds is not None
    assert len(logged()) == 2, "what is no answer is no attempt"


def test_answers_from_a_file(folder: Path, tmp_path: Path) -> None:
    letter, half = asked(folder, 8)
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({"choose": letter, "step": float(half)}), "utf-8")
    said = jinjie(folder, "twice", "--seed", "8", "--json", "--answers", str(file))
    told = json.loads(said.stdout)
    assert (told["right"], told["count"], told["seed"]) == (2, 2, 8)
    assert told["items"]["step"]["explain"] == f"half is {half}"
    part = jinjie(folder, "twice", "--seed", "8", "--json", "--answers", "-", typed='{"step": "0.01"}')
    told = json.loads(part.stdout)
    assert told["items"]["choose"] is None and told["items"]["step"]["passed"] is False
    assert [attempt.passed for attempt in logged()].count(True) == 2
    assert "一半是" in jinjie(folder, "twice", "--lang", "zh", "--answers", "-", typed='{"step": 9}').stdout


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ('{"choose": "q", "step": "abc", "stpe": 1}', ["none of the answers", "no number", "'step'"]),
        ("{", ["no JSON of answers"]),
        ("[1]", ["no JSON of answers"]),
        ('{"step": NaN}', ["no number"]),
        ('{"step": {"a": 1}}', ["no number"]),
    ],
)
def test_answers_that_are_none_are_all_said_and_nothing_is_logged(
    folder: Path, typed: str, words: list[str]
) -> None:
    said = jinjie(folder, "twice", "--answers", "-", typed=typed)
    assert said.returncode == 2
    assert all(word in said.stderr for word in words), said.stderr
    assert logged() == []


def test_the_list_and_what_is_not_there(folder: Path) -> None:
    assert "twice" in jinjie(folder).stdout
    listed: list[dict[str, Any]] = json.loads(jinjie(folder, "--json").stdout)
    assert {"slug": "twice", "lesson": None, "items": ["choose", "step"]} in listed
    wrong = jinjie(folder, "twcie")
    assert wrong.returncode == 2 and "'twice'" in wrong.stderr
    assert jinjie(folder, "twice", "--seed", "-1").returncode == 2
    assert jinjie(folder, "twice", "--answers", "nowhere.json").returncode == 2
    assert jinjie(folder, "--answers", "nowhere.json").returncode == 2


def test_two_seeds_that_are_not_given_differ(folder: Path) -> None:
    seeds = {json.loads(jinjie(folder, "twice", "--json").stdout)["seed"] for _ in range(3)}
    assert len(seeds) > 1


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to send")
def test_an_interrupt_keeps_what_was_answered(folder: Path) -> None:
    command = [*COMMAND, "twice", "--seed", "5", "--content", str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        process.stdin.write("a\n")
        process.stdin.flush()
        deadline = time.monotonic() + 30
        while not logged() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "of 1 right" in out and "1 not answered" in out
    assert "Traceback" not in err
    assert len(logged()) == 1
