"""`jinjie plan`: what was asked for, what was saved, files, and every mistake told at once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jinjie.base.errors import InvalidInput, JinjieError, NotFound
from jinjie.cli.main import build
from jinjie.learner.attempt import Attempt
from jinjie.learner.attempts import iterate, write
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


def test_what_was_done_since_the_goal_was_saved_is_told() -> None:
    plan("--goal", "adam", "--hours-per-week", "3", "--save")
    old = json.loads(plan("--json"))
    assert old["moved"] is None  # the same day, and nothing done
    done = old["steps"][0]
    with open_store() as store:
        for concept in done["concepts"]:
            write(store, Attempt("placement", concept, passed=True, detail={"said": "known"}))
    new = json.loads(plan("--json"))
    assert done["slug"] not in [step["slug"] for step in new["steps"]]
    assert [one["slug"] for one in new["moved"]["finished"]] == [done["slug"]]
    assert new["moved"]["done_is"] < new["moved"]["done_was"] == old["done"]
    assert "Since " in plan() and done["slug"] == old["steps"][0]["slug"]
    assert json.loads(plan("--goal", "bert", "--json"))["moved"] is None


def test_a_saved_goal_of_a_month_ago_says_what_is_behind_and_begins_today() -> None:
    ago = datetime.now().astimezone() - timedelta(days=30)
    with open_store() as store:
        detail = {"hours": 5.0, "by": ago.date().isoformat(), "start": ago.date().isoformat()}
        write(store, Attempt("goal", "concept:adam", time=ago, detail=detail))
    told = json.loads(plan("--json"))
    assert told["start"] > detail["start"] and not told["fits"] and told["enough_hours_per_week"] is None
    assert told["moved"]["behind"] and not told["moved"]["finished"]
    assert "still to do" in plan()


def test_a_first_day_that_was_saved_and_is_to_come_is_kept() -> None:
    plan("--goal", "adam", "--start", "2080-01-01", "--save")
    assert json.loads(plan("--json"))["start"] == "2080-01-01"


def test_a_saved_goal_that_somebody_wrote_by_hand_stops_no_plan() -> None:
    with open_store() as store:
        write(store, Attempt("goal", "concept:adam", detail={"hours": "many", "language": ["zh"], "by": 7}))
    with pytest.raises(InvalidInput) as told:
        plan()
    assert [one.where for one in told.value.problems] == ["--hours-per-week", "--by", "--language"]
    told_again = json.loads(plan("--hours-per-week", "4", "--by", "2090-01-01", "--language", "zh", "--json"))
    assert told_again["goal"] == "concept:adam" and told_again["moved"] is None


@pytest.mark.parametrize("option", ["--markdown", "--calendar"])
def test_a_file_gets_its_folder_and_where_none_can_be_nothing_is_saved(tmp_path: Path, option: str) -> None:
    file = tmp_path / "a" / "b" / "plan"
    plan("--goal", "adam", option, str(file))
    assert file.is_file()
    (tmp_path / "file").write_text("mine")
    for wrong in (tmp_path / "file" / "plan", tmp_path):
        with pytest.raises(JinjieError, match="could not be written"):
            plan("--goal", "adam", option, str(wrong), "--save")
    assert (tmp_path / "file").read_text() == "mine" and not list(tmp_path.glob(".partial-*"))
    with open_store() as store:
        assert list(iterate(store)) == []


@pytest.mark.parametrize("option", ["--by", "--start"])
def test_a_day_that_no_calendar_reaches_is_told(option: str) -> None:
    for day in ("9999-12-31", "0001-01-01"):
        with pytest.raises(InvalidInput, match="within a century"):
            plan("--goal", "adam", option, day)


def test_two_hundred_hours_of_a_week_and_none_are_told() -> None:
    for hours in ("200", "0", "-1", "nan", "inf"):
        with pytest.raises(InvalidInput, match="above 0 and at most 168"):
            plan("--hours-per-week", hours)
