"""What was built: by a real run of this home that ended well, and by nothing less."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jinjie.base.paths import runs_home
from jinjie.cli.main import build
from jinjie.course.content.library import Library, load
from jinjie.learner.attempt import Attempt
from jinjie.path.following import following
from jinjie.path.systems import built

SYSTEMS = ("straight-line", "poem-gpt", "object-detector", "gone")


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.fixture
def run(home: Path) -> Path:
    result = CliRunner().invoke(
        build(), ["run", "line-1", "budget.steps=6", "budget.evaluate_every=6", "--json"]
    )
    assert result.exit_code == 0, result.output
    return runs_home() / "line-1-1"


def test_a_finished_run_builds_its_system_and_no_other(library: Library, run: Path) -> None:
    assert built(library, SYSTEMS, []) == {"straight-line"}
    now = datetime.now(UTC)
    assert built(library, SYSTEMS, [], until=now + timedelta(minutes=1)) == {"straight-line"}
    assert built(library, SYSTEMS, [], until=now - timedelta(days=1)) == set()


def test_next_goes_on_once_it_is_trained(library: Library, run: Path) -> None:
    """A goal of one system, all of whose concepts are known: with its run there is nothing left to do."""
    now = datetime.now().astimezone()
    goal = [Attempt("goal", "system:straight-line", time=now - timedelta(days=1))]
    assert following(library, goal, now, known=lambda concept, depth: True).kind == "done"
    (run / "events.jsonl").rename(run / "elsewhere")
    (run / "events.jsonl").write_text("")
    assert following(library, goal, now, known=lambda concept, depth: True).kind == "system"


def test_what_did_not_end_well_or_cannot_be_read_has_built_nothing(library: Library, run: Path) -> None:
    diary = run / "events.jsonl"
    lines = diary.read_text().splitlines()
    assert json.loads(lines[-1])["type"] == "finished"
    diary.write_text("\n".join([*lines[:-1], json.dumps({"type": "failed", "time": 0.0})]) + "\n")
    assert built(library, SYSTEMS, []) == set()
    (run / "recipe.json").write_text("{")
    assert built(library, SYSTEMS, []) == set()


def test_a_log_may_bring_along_what_was_trained_elsewhere(library: Library) -> None:
    assert built(library, SYSTEMS, []) == set()
    assert built(library, SYSTEMS, [Attempt("run", "gpt-poems", "gpt-poems-1")]) == {"poem-gpt"}
