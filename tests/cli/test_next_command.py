"""`jinjie next`: one thing, its reason, its minutes and its command, in both languages."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import get_args

import pytest

from jinjie.base import words
from jinjie.cli.main import main
from jinjie.cli.next import KINDS
from jinjie.course.content.library import Library, load
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import write
from jinjie.learner.store import open_store
from jinjie.path.following import Kind

Jinjie = Callable[..., str]


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture
def jinjie(library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Jinjie:
    """The command within this process, on a course that was read once; what it prints."""
    monkeypatch.setattr("jinjie.course.content.library.load", lambda roots: library)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["jinjie", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        words.use(None)
        assert end.value.code == 0
        return capsys.readouterr().out

    return run


def record(*events: Attempt) -> None:
    with open_store() as store:
        write(store, *events)


def test_the_first_lesson_first(jinjie: Jinjie, library: Library) -> None:
    first = library.climb[0]
    said = " ".join(jinjie("next").split())
    assert f"jinjie lesson {first.slug}" in said and f"{first.entry.minutes} min" in said
    assert "needs nothing that comes later" in said and "what the written lessons teach" in said
    chinese = jinjie("next", "--lang", "zh")
    assert str(first.entry.title.zh) in chinese and "分钟" in chinese


def test_who_was_placed_is_not_sent_there_again(jinjie: Jinjie, library: Library) -> None:
    assert "jinjie place" in jinjie("next")
    item = library.quizzes["linear-regression"].entry.items[0].id
    record(
        Attempt(
            "placement", "linear-regression", item, seed=1, passed=False, detail={"unknown": True, "round": 1}
        )
    )
    said = jinjie("next")
    assert "By your placement" in said and "jinjie place" not in said


def test_for_scripts(jinjie: Jinjie, library: Library) -> None:
    record(Attempt("goal", "concept:softmax"), Attempt("lesson", "linear-regression"))
    told = json.loads(jinjie("next", "--json"))
    assert (told["kind"], told["slug"]) == ("lesson", "linear-regression")
    assert told["goal"]["name"] == "concept:softmax"
    assert "--done" in told["hint"]["en"] and "--done" in told["hint"]["zh"]
    assert told["command"] == f"jinjie lesson {told['slug']}"


def test_what_is_due_comes_first(jinjie: Jinjie, library: Library) -> None:
    item = library.quizzes["attention"].entry.items[0].id
    when = datetime.now().astimezone() - timedelta(days=40)
    record(Attempt("quiz", "attention", item, seed=1, passed=True, time=when))
    said = jinjie("next")
    assert said.startswith("Review") and "jinjie review" in said


def test_a_goal_that_is_gone_is_passed_over(jinjie: Jinjie) -> None:
    record(Attempt("goal", "role:gone"))
    assert json.loads(jinjie("next", "--json"))["goal"]["name"] == "spine:spine"


def test_every_kind_has_a_name() -> None:
    assert set(KINDS) == set(get_args(Kind))
