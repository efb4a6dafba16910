"""`jinjie plan`: what was asked for, what was saved, files, and every mistake told at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jinjie.base.errors import InvalidInput, NotFound
from jinjie.cli.main import build
from jinjie.learner.attempts import iterate
from jinjie.learner.store import open_store


def plan(*arguments: str) -> str:
    result = CliRunner().invoke(build(), ["plan", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_a_saved_goal_is_planned_for_again() -> None:
    first = json.loads(
        plan("--goal", "adam", "--hours-per-week", "3", "--by", "2099-01-01", "--free-only", "--json")
    )
    assert first["goal"] == "concept:adam" and first["hours_per_week"] == 3
    assert json.loads(plan("--json"))["goal"] == "spine:spine"  # nothing was saved
    plan("--goal", "adam", "--hours-per-week", "3", "--by", "2099-01-01", "--save")
    again = json.loads(plan("--json"))
    assert (again["goal"], again["hours_per_week"], again["by"]) == ("concept:adam", 3, "2099-01-01")
    assert json.loads(plan("--hours-per-week", "9", "--json"))["hours_per_week"] == 9
    with open_store() as store:
        assert [event.kind for event in iterate(store)] == ["goal"]


def test_the_files_are_written_whole_and_say_the_same(tmp_path: Path) -> None:
    page, dates = tmp_path / "plan.md", tmp_path / "plan.ics"
    shown = plan("--goal", "gpt", "--markdown", str(page), "--calendar", str(dates))
    assert "GPT: a writer made of guesses" in shown
    assert "GPT: a writer made of guesses" in page.read_text()
    assert dates.read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["plan.ics", "plan.md"]


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as told:
        plan("--hours-per-week", "0", "--by", "tomorrow", "--start", "2026-02-30", "--language", "de")
    assert [problem.where for problem in told.value.problems] == [
        "--hours-per-week",
        "--by",
        "--start",
        "--language",
    ]
    with pytest.raises(InvalidInput, match="before the first day"):
        plan("--by", "2020-01-01")
    with pytest.raises(NotFound, match="transformer-layer"):
        plan("--goal", "concept:transformer-layr")
