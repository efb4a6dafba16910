"""The course as it was kept is the course as it is read; what was kept is not used once what it stands on changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from jinjie.base.paths import course_home
from jinjie.course.content import kept_library, library
from jinjie.course.content.library import Library


@pytest.fixture(autouse=True)
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of our course that passes for the one that ships, with a home of its own; none of its files is young."""
    monkeypatch.setenv("JINJIE_DATA", str(tmp_path / "data"))
    root = tmp_path / "content"
    shutil.copytree(library.own(), root, ignore=shutil.ignore_patterns("wrong", "*.py", "__pycache__"))
    monkeypatch.setattr(library, "own", lambda: root)
    monkeypatch.setattr(kept_library, "YOUNG", 0)
    yield root


def families(found: Library) -> dict[str, dict[str, object]]:
    return {
        one.name: {
            slug: (written.slug, written.entry, written.file, written.folder, written.at, written.ours)
            for slug, written in getattr(found, one.name).items()
        }
        for one in fields(found)
        if one.name not in ("roots", "findings")
    }


def is_kept(found: Library) -> bool:
    return type(found) is not Library


def test_what_was_kept_is_what_was_read() -> None:
    read, kept = library.load(), library.load()
    assert is_kept(kept) and not is_kept(read)
    assert kept.roots == read.roots and kept.findings == []
    assert families(kept) == families(read)
    assert [list(part) for part in families(kept).values()] == [
        list(part) for part in families(read).values()
    ]
    assert [one.slug for one in kept.climb] == [one.slug for one in read.climb]
    for family in ("lessons", "exercises", "roles", "questions"):
        for slug, one in getattr(read, family).items():
            again = getattr(kept, family)[slug]
            assert again.entry.plain() == one.entry.plain() and repr(again.entry) == repr(one.entry)
            assert again.line("title") == one.line("title")
    assert kept.lesson("gradient-descent").words("zh") == read.lesson("gradient-descent").words("zh")


def test_a_kept_library_is_changed_as_any_other() -> None:
    library.load()
    kept = library.load()
    first = kept.climb[0]
    other = replace(kept, lessons={first.slug: replace(first, entry=replace(first.entry, stage=7))})
    assert other.lessons[first.slug].entry.stage == 7 and other.concepts.keys() == kept.concepts.keys()


@pytest.mark.parametrize("change", ["edited", "touched", "new", "removed", "text"])
def test_what_changed_is_read(course: Path, change: str) -> None:
    """Fault: a file is edited, appears or goes, and the course is shown as it was."""
    library.load()
    assert is_kept(library.load())
    sheet = course / "experiments" / "learning-rates.yaml"
    sheet = sheet if sheet.exists() else next(iter(sorted((course / "experiments").glob("*.yaml"))))
    lesson = course / "lessons" / "gradient-descent"
    if change == "edited":
        sheet.write_text(sheet.read_text("utf-8") + "\n", "utf-8")
    elif change == "touched":
        os.utime(sheet, ns=(1, 1))
    elif change == "new":
        shutil.copy(sheet, sheet.with_name("another.yaml"))
    elif change == "removed":
        sheet.unlink()
    else:
        (lesson / "en.md").write_text("", "utf-8")
    found = library.load()
    assert not is_kept(found)
    if change == "new":
        assert "another" in found.experiments
    if change == "removed":
        assert sheet.stem not in found.experiments
    if change == "text":
        assert [one.code for one in found.findings] == ["C003"]
        assert not is_kept(library.load()), "a course with findings is not kept"


@pytest.mark.parametrize("damage", ["nothing", "cut", "one letter", "another format", "no file"])
def test_a_damaged_file_is_made_again(damage: str) -> None:
    read = families(library.load())
    file = course_home() / "library.jsonl"
    content = file.read_bytes()
    damaged = {
        "nothing": b"",
        "cut": content[: len(content) // 2],
        "one letter": content[:-3] + bytes([content[-3] ^ 1]) + content[-2:],
        "another format": content.replace(b'"format": 1', b'"format": 0', 1),
        "no file": None,
    }[damage]
    file.unlink()
    if damaged is not None:
        file.write_bytes(damaged)
    again = library.load()
    assert not is_kept(again) and families(again) == read
    assert is_kept(library.load()) and file.read_bytes() == content


def test_what_may_still_be_changed_within_one_tick_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: a file is edited twice within the time that its clock tells apart, its size the same."""
    monkeypatch.setattr(kept_library, "YOUNG", 10**18)
    library.load()
    assert not is_kept(library.load())


def test_other_folders_beside_ours_are_read(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    library.load()
    assert not is_kept(library.load([library.own(), tmp_path / "mine"]))


def test_a_home_that_cannot_be_written_is_no_fault() -> None:
    """Fault: where the folder should be there is a file."""
    course_home().parent.mkdir()
    course_home().write_text("in the way")
    assert library.load().concepts and library.load().concepts


def test_what_was_kept_needs_no_judge() -> None:
    """A regression test: every command built thirty validators and judged two hundred files, 0.1 s."""
    script = (
        "import sys\nfrom jinjie.course.content.library import load\n"
        "found = load()\nfor one in (*found.lessons.values(), *found.resources.values()): one.entry\n"
        "print(found.climb[0].entry.title)\n"
        "print(*{'yaml', 'jinjie.course.content.shelf', 'pydantic.type_adapter'} & set(sys.modules))"
    )
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == ""
