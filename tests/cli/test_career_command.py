"""`jinjie career`: roles, one of them, the gap with its picture, and questions with where the answers are learned."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jinjie.base.errors import InvalidInput, JinjieError, NotFound
from jinjie.cli.main import build


def career(*arguments: str) -> str:
    result = CliRunner().invoke(build(), ["career", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_the_list_and_one_of_it() -> None:
    assert "large-model-engineer" in career()
    assert {"id", "name"} == set(json.loads(career("--json"))[0])
    shown = career("show", "Large-model engineer")
    assert "Can build:" in shown and "jinjie run gpt-poems" in shown and "](" not in shown


def test_the_gap_is_told_drawn_and_counted(tmp_path: Path) -> None:
    picture = tmp_path / "gap.svg"
    shown = career("gap", "machine-learning-engineer", "--picture", str(picture))
    # school mathematics is taken to be there: a little of some roles
    assert (
        re.search(r": [0-3] % of what it asks for", shown)
        and "jinjie plan --goal role:machine-learning-engineer" in shown
    )
    assert picture.read_text().startswith("<")
    told = json.loads(career("gap", "机器学习工程师", "--json"))
    assert told["role"] == "machine-learning-engineer" and told["minutes"] > 0 and told["missing"]


def test_questions_hide_their_answers_until_asked() -> None:
    hidden, shown = career("questions", "llm engineer"), career("questions", "llm engineer", "--answers")
    assert "square root of D" in hidden and "jinjie lesson attention" not in hidden
    assert "jinjie lesson attention" in shown and "jinjie formula scaled-dot-product-attention" in shown


def test_a_role_that_there_is_not() -> None:
    with pytest.raises(NotFound, match="machine-learning-engineer"):
        career("gap", "machine-learning-enginer")


def test_a_picture_that_cannot_be_drawn_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(JinjieError, match="could not be written"):
        career("gap", "machine-learning-engineer", "--picture", str(tmp_path / "file" / "gap.svg"))
    with pytest.raises(InvalidInput, match="does not end in .svg"):
        career("gap", "machine-learning-engineer", "--picture", str(tmp_path / "gap.png"))
    career("gap", "machine-learning-engineer", "--picture", str(tmp_path / "new" / "gap.svg"))
    assert (tmp_path / "file").read_text() == "mine" and not (tmp_path / "gap.png").exists()
    assert (tmp_path / "new" / "gap.svg").read_text().startswith("<")
