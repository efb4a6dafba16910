"""What was told before is told again while nothing has changed that it depends on, and worked out anew once it has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jinjie.analyse import describe, told
from jinjie.base import paths, system
from jinjie.base.errors import NotFound
from jinjie.data.catalogue import catalogue
from jinjie.recipes import all_recipes


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path))
    monkeypatch.setenv("JINJIE_DATA", str(tmp_path / "shared"))
    return tmp_path


def times(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with every recipe that is worked out."""
    done: list[str] = []
    summary = describe.summary
    monkeypatch.setattr(describe, "summary", lambda recipe: done.append(recipe.name) or summary(recipe))
    return done


def test_it_is_what_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [describe.summary(recipe) for recipe in all_recipes().values()]
    done = times(monkeypatch)
    assert told.recipes() == rows and len(done) == len(rows)
    assert told.recipes() == rows and len(done) == len(rows)
    assert told.data() == told.data() and [one["name"] for one in told.data()] == [
        e.name for e in catalogue()
    ]


@pytest.mark.parametrize("name", sorted(all_recipes()))
def test_a_recipe_is_told_as_json_tells_it(name: str) -> None:
    whole = describe.whole(all_recipes()[name])
    assert told.recipe(name) == json.loads(json.dumps(whole)) == told.recipe(name)


@pytest.mark.parametrize("change", ["data", "run", "run goes on", "measured", "cores", "code"])
def test_it_is_worked_out_anew(home: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """Fault: data that has come is still to be fetched, or an estimate goes by what the machine was."""
    run = paths.runs_home() / "line-1-1"
    run.mkdir(parents=True)
    (run / "events.jsonl").write_text("")
    done = times(monkeypatch)
    told.recipes()
    count = len(done)
    told.recipes()
    assert len(done) == count
    if change == "data":
        (paths.data_home() / "digits-1").mkdir(parents=True)
        (paths.data_home() / "digits-1" / "about.json").write_text("{}")
    elif change == "run":
        (run.parent / "line-1-2").mkdir()
    elif change == "run goes on":
        (run / "events.jsonl").write_text("\n")
    elif change == "measured":
        paths.machine_file().write_text("{}")
    elif change == "cores":
        monkeypatch.setattr(system, "cores", lambda: 77)
    else:
        monkeypatch.setattr(told, "FLOORS", told.FLOORS[1:])
    told.recipes()
    assert len(done) == 2 * count


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"key": 1}'])
def test_a_damaged_file_is_made_again(home: Path, damage: str) -> None:
    rows = told.recipes()
    file = home / "told" / "recipes.json"
    whole = file.read_bytes()
    file.write_text(damage)
    assert told.recipes() == rows and file.read_bytes() == whole


@pytest.mark.parametrize("name", ["nothing", "../recipes", "", "a/b", "x" * 300])
def test_what_is_no_recipe_is_none(home: Path, name: str) -> None:
    with pytest.raises(NotFound):
        told.recipe(name)
    assert not (home / "told").exists()


def test_a_home_that_cannot_be_written_is_no_fault(home: Path) -> None:
    (home / "told").write_text("in the way")
    assert told.recipes() == told.recipes()


def test_a_run_leaves_the_layers_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: after every training `show` takes torch again, for layers that no run can change."""
    first = told.recipe("line-1")
    (paths.runs_home() / "line-1-1").mkdir(parents=True)
    done = times(monkeypatch)
    monkeypatch.setattr(describe, "layers", lambda recipe: pytest.fail("worked out again"))
    assert told.recipe("line-1") == first
    assert done == ["line-1"]  # the rest is, as its estimate goes by the runs
