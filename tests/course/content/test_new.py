"""What `jinjie content new` writes works at once, and nothing that is there is written over."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from jinjie.base.errors import InvalidInput, NotFound
from jinjie.cli.main import build
from jinjie.cli.quoted import commands
from jinjie.course.check import check
from jinjie.course.content import editors, load, own
from jinjie.course.content.new import KINDS, new, pattern

SLOW = ("experiment.check.slow", "check.exercise.slow")
"""What is only slow tells of a busy machine, not of the files."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "content"


def findings(root: Path, run: bool = True) -> list[str]:
    _, found = check([root], run=run, also=(commands,))
    return [str(one) for one in found if one.problem.key not in SLOW]


def test_a_new_lesson_keeps_every_rule_and_is_listed(root: Path) -> None:
    files = new("lesson", "my-lesson", root)
    assert root / "lessons" / "my-lesson" / "zh.md" in files and all(file.is_file() for file in files)
    assert "your" not in " ".join(str(file.relative_to(root)) for file in files)
    assert findings(root) == []
    library = load([own(), root])
    assert library.lesson("my-lesson").entry.title.en == "My lesson"
    assert library.concepts["my-lesson"].entry.lesson == "my-lesson"
    assert findings(pattern(), run=False) == []


@pytest.mark.parametrize("kind", ["exercise", "quiz"])
def test_one_alone_is_about_a_concept(kind: str, root: Path) -> None:
    with pytest.raises(InvalidInput, match="--concept"):
        new(kind, "mine", root)  # type: ignore[arg-type]
    with pytest.raises(NotFound, match="gradient"):
        new(kind, "mine", root, "gradiant")  # type: ignore[arg-type]
    assert not root.exists()
    new(kind, "mine", root, "gradient")  # type: ignore[arg-type]
    assert findings(root, run=False) == []
    assert not (root / "concepts").exists()


def test_a_planned_lesson_teaches_its_concepts_on_its_stage(root: Path) -> None:
    library = load()
    slug = next(
        one.entry.lesson for one in library.concepts.values() if one.entry.planned and one.entry.lesson
    )
    wanted = [name for name, one in library.concepts.items() if one.entry.lesson == slug]
    new("lesson", slug, root)
    lesson = load([own(), root]).lesson(slug)
    assert list(lesson.entry.teaches) == wanted
    area = next(a.entry for a in library.areas.values() if wanted[0] in [c.id for c in a.entry.concepts])
    assert lesson.entry.stage == area.stage
    assert lesson.entry.title == library.concepts[wanted[0]].entry.name
    assert not (root / "concepts").exists()


def test_nothing_is_written_over(root: Path) -> None:
    new("experiment", "mine", root)
    with pytest.raises(InvalidInput, match="mine"):
        new("experiment", "mine", root)
    with pytest.raises(InvalidInput, match="attention"):
        new("lesson", "attention", root)
    (root / "exercises" / "other").mkdir(parents=True)
    (root / "exercises" / "other" / "cases.py").write_text("# hours of work\n")
    before = sorted(root.rglob("*"))
    with pytest.raises(InvalidInput, match=r"cases\.py"):
        new("exercise", "other", root, "gradient")
    assert sorted(root.rglob("*")) == before
    assert (root / "exercises" / "other" / "cases.py").read_text() == "# hours of work\n"


@pytest.mark.parametrize("slug", ["Mine", "a--b", "../mine", "", "mein-kürs", "a" * 81])
def test_a_name_that_is_none_is_said(slug: str, root: Path) -> None:
    with pytest.raises(InvalidInput, match="SLUG"):
        new("experiment", slug, root)
    assert not root.exists()


def test_the_command(root: Path) -> None:
    run = CliRunner()
    arguments = ["content", "new", "lesson", "my-lesson", "--content", str(root), "--json"]
    made = json.loads(run.invoke(build(), arguments).output)
    assert all(Path(file).is_file() for file in made["files"])
    wrong = run.invoke(build(), ["content", "new", "leson", "x", "--content", str(root / "none")])
    assert "lesson" in str(wrong.exception) and not (root / "none").exists()


def test_the_schema_for_editors_is_current_and_holds_for_every_file_of_ours() -> None:
    kept = json.loads((own() / editors.FILE).read_text(encoding="utf-8"))
    assert kept == editors.json_schema(), "jinjie content schema > src/jinjie/content/content.schema.json"
    kinds = {"concepts": "Area", "experiments": "Experiment", "quizzes": "Quiz", "resources": "Resources"}
    files = [(file, kinds[file.parent.name]) for folder in kinds for file in own().glob(f"{folder}/*.yaml")]
    files += [(file, "Lesson") for file in own().glob("lessons/*/lesson.yaml")]
    files += [(file, "Exercise") for file in own().glob("exercises/*/exercise.yaml")]
    assert len(files) > 15
    for file, kind in files:
        judge = jsonschema.Draft202012Validator({**kept, "$ref": f"#/$defs/{kind}"})
        told = [
            error.message for error in judge.iter_errors(yaml.safe_load(file.read_text(encoding="utf-8")))
        ]
        assert told == [], file
    lesson = yaml.safe_load((own() / "lessons" / "attention" / "lesson.yaml").read_text(encoding="utf-8"))
    judge = jsonschema.Draft202012Validator({**kept, "$ref": "#/$defs/Lesson"})
    assert not judge.is_valid({**lesson, "minutes": "an hour"})
    assert not judge.is_valid({**lesson, "titel": "x"})


def test_every_kind_is_of_the_pattern() -> None:
    assert set(KINDS) == {"lesson", "exercise", "experiment", "quiz"}
    for file in pattern().rglob("*"):
        assert file.is_dir() or "your-" in str(file) or "your-" in file.read_text(encoding="utf-8"), file
