"""What is read of a content folder, and how each fault is named by its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from course_folders import LESSON, folder, small

from jinjie.base.errors import InvalidInput, NotFound
from jinjie.course.content import load, own


def test_a_whole_folder_has_no_finding(tmp_path: Path) -> None:
    library = load([small(tmp_path / "course")])
    assert library.findings == []
    assert library.lesson("descent").entry.title.zh == "下降"
    assert library.concepts["descent"].line("level") == 4
    assert library.lesson("descent").line("minutes") == 5
    assert not library.lesson("descent").ours


def test_our_own_course_can_be_read() -> None:
    library = load()
    assert library.findings == []
    assert library.roots == (own(),)


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (("minutes: 20", "minutes: many"), "C001", 5),
        (("minutes: 20", "minutes: -1"), "C001", 5),
        (("minutes: 20", "minuets: 20"), "C001", 5),
        (("stage: 1\n", ""), "C001", 1),
        ((", zh: 下降", ""), "C003", 1),
        (("zh: 下降", "zh: ' '"), "C001", 1),
        (("zh: 下降", "zh: 下降, fr: x"), "C001", 1),
        (("teaches: [descent]", "teaches: [Descent It]"), "C001", 4),
        (("minutes: 20", "minutes: 20\nminutes: 20"), "C001", 6),
        (("minutes: 20", "minutes: !!python/object:os.system {}"), "C001", 5),
        (("minutes: 20", "minutes: *there"), "C001", 5),
        (("teaches: [descent]", "teaches: &a [descent]\nrequires: *a"), "C001", 4),
        (("teaches: [descent]", "teaches: [descent"), "C001", 5),
    ],
)
def test_a_fault_is_named_by_its_line(tmp_path: Path, change: tuple[str, str], code: str, line: int) -> None:
    assert change[0] in LESSON
    library = load([small(tmp_path / "course", lessons__descent__lesson_yaml=LESSON.replace(*change, 1))])
    found = library.findings
    assert [(one.code, one.file.name, one.line) for one in found] == [(code, "lesson.yaml", line)]
    assert found[0].says("en") and found[0].says("zh") and found[0].fix("zh") != found[0].fix("en")


def test_a_misspelt_key_and_a_misspelt_slug_are_suggested(tmp_path: Path) -> None:
    library = load(
        [small(tmp_path / "course", lessons__descent__lesson_yaml=LESSON.replace("minutes", "minuets"))]
    )
    assert any("'minutes'" in one.says("en") for one in library.findings)
    with pytest.raises(NotFound, match="descent"):
        load([small(tmp_path / "course")]).lesson("desent")


def test_a_slug_of_two_folders_is_a_finding(tmp_path: Path) -> None:
    library = load([small(tmp_path / "a"), small(tmp_path / "b")])
    assert [(one.code, one.line) for one in library.findings] == [("C002", 1), ("C002", 4), ("C002", 1)]
    assert str(tmp_path / "a") in library.findings[1].says("en")
    assert library.lesson("descent").file.is_relative_to(tmp_path / "a")


def test_a_missing_language_is_a_finding(tmp_path: Path) -> None:
    root = small(tmp_path / "course")
    (root / "lessons/descent/zh.md").unlink()
    assert [(one.code, one.file.name) for one in load([root]).findings] == [("C003", "zh.md")]


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no folder"):
        load([tmp_path / "nothing"])


def test_bytes_that_are_no_text_and_odd_folders(tmp_path: Path) -> None:
    root = small(tmp_path / "course")
    (root / "lessons/descent/lesson.yaml").write_bytes(LESSON.encode() + b"requires: [\xff]\n")
    (root / "leson").mkdir()
    found = load([root]).findings
    assert sorted((one.code, one.line) for one in found) == [("C001", 7), ("C005", 1)]


def test_the_climb_puts_no_lesson_before_one_that_it_requires(tmp_path: Path) -> None:
    """Within a stage the files' order holds, except where a concept is required that comes further down."""
    area = """stage: 1
name: {en: Foundations, zh: 基础}
concepts:
"""
    concept = (
        "  - {{id: {0}, name: {{en: A, zh: 甲}}, minutes: 10, level: 1, lesson: {0}, requires: [{1}]}}\n"
    )
    lesson = LESSON.replace("{", "{{").replace("}", "}}").replace("[descent]", "[{}]")
    needs = {
        "network": "backward",
        "momentum": "",
        "backward": "chain",
        "chain": "",
        "one": "two",
        "two": "one",
    }
    files = {f"lessons__{slug}__lesson_yaml": lesson.format(slug) for slug in needs}
    files |= {f"lessons__{slug}__{lang}_md": "Words." for slug in needs for lang in ("en", "zh")}
    concepts = area + "".join(concept.format(slug, before) for slug, before in needs.items())
    library = load([folder(tmp_path / "course", concepts__first_yaml=concepts, **files)])
    assert [one.slug for one in library.climb] == ["momentum", "chain", "backward", "network", "one", "two"]
