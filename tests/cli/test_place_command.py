"""`jinjie place`: questions at a terminal's input, what was concluded, corrections, and a round that goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jinjie.base import words
from jinjie.base.errors import NotFound
from jinjie.cli.main import build
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import iterate
from jinjie.learner.store import open_store
from jinjie.path.placement import QUESTIONS


def place(*arguments: str, typed: str = "") -> str:
    result = CliRunner().invoke(build(), ["place", *arguments], input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def events() -> list[Attempt]:
    with open_store() as store:
        return list(iterate(store))


def test_not_knowing_is_an_answer_and_a_round_ends_by_itself() -> None:
    shown = place(typed="?\n" * (QUESTIONS + 3))
    found = events()
    assert 3 <= len(found) <= QUESTIONS
    assert {
        (event.kind, event.passed, event.detail["unknown"], event.detail["round"]) for event in found
    } == {("placement", False, True, 1)}
    assert "likely new" in shown and "jinjie next" in shown
    assert "This round has ended" in CliRunner().invoke(build(), ["place"]).output


def test_a_round_broken_off_goes_on_and_loses_nothing() -> None:
    place(typed="?\n?\n")  # the input ends
    assert len(events()) == 2
    assert "jinjie place" in place("--show")
    place(typed="?\n")
    assert len(events()) == 3
    assert {event.detail["round"] for event in events()} == {1}


def test_the_learner_corrects_what_was_concluded() -> None:
    place("--unknown", "gradient")
    before = {one["concept"]: one["after"] for one in json.loads(place("--show", "--json"))["concluded"]}
    place("--known", "Gradient")
    after = {one["concept"]: one["after"] for one in json.loads(place("--show", "--json"))["concluded"]}
    assert before["gradient"] <= 0.05 and after["gradient"] == pytest.approx(0.9, abs=0.01)
    with pytest.raises(NotFound, match="gradient-descent"):
        place("--known", "gradient-decent")


def test_json_asks_without_telling_the_answer() -> None:
    told = json.loads(place("--json"))
    assert told["round"] == 1 and told["answers"] == 0
    assert "explain" not in json.dumps(told["question"]) and told["question"]["stem"]
    assert not events()


def test_in_chinese(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JINJIE_LANG", "zh")
    words.use("zh")
    shown = place(typed="?\n" * 14)
    assert "多半是新的" in shown and "阶段" in shown
