"""What was parsed before says the same as parsing again, lines included; nothing kept is trusted when stale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jinjie.base import paths
from jinjie.course.content import kept, library, sheet


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Kept sheets of this test alone."""
    monkeypatch.setenv("JINJIE_DATA", str(tmp_path / "data"))
    return paths.course_home() / "sheets.json"


def said(found: library.Library) -> dict[str, object]:
    return {
        "concepts": {slug: (one.entry, one.line()) for slug, one in found.concepts.items()},
        "exercises": {slug: (one.entry, one.line("title")) for slug, one in found.exercises.items()},
        "questions": {slug: (one.entry, one.line("ask", "en")) for slug, one in found.questions.items()},
    }


def test_the_second_time_says_what_the_first_said(apart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = said(library.load())
    written = apart.read_bytes()
    sheet._quickly.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(sheet, "_parsed", lambda path, text: pytest.fail(f"{path} was parsed again"))
        again = library.load()
    assert said(again) == parsed
    assert apart.read_bytes() == written


def test_a_text_that_changed_is_parsed(tmp_path: Path) -> None:
    """Fault: a file is edited without its time or size changing."""
    file, first = tmp_path / "one.yaml", kept.Kept()
    file.write_text("a: 1\n")
    assert sheet.read(file, first).data == {"a": 1}
    first.save()
    file.write_text("a: 2\n")
    found = sheet.read(file, kept.Kept())
    assert found.data == {"a": 2} and found.line("a") == 1


def test_lines_are_there_of_what_was_kept(tmp_path: Path) -> None:
    file, first = tmp_path / "one.yaml", kept.Kept()
    file.write_text("a: 1\nb:\n  - c\n  - d\n")
    sheet.read(file, first)
    first.save()
    found = sheet.read(file, kept.Kept())
    assert (found.line("b", 1), found.line("b")) == (4, 2)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 0, "sheets": {}}', '{"format": 1, "sheets": 3}']
)
def test_a_damaged_file_is_made_again(apart: Path, content: str) -> None:
    """Fault: what was kept is cut short, of another format, or no such thing."""
    parsed = said(library.load())
    apart.write_text(content)
    (apart.parent / "library.jsonl").unlink(missing_ok=True)
    assert said(library.load()) == parsed
    assert json.loads(apart.read_bytes())["format"] == kept.FORMAT


def test_a_home_that_cannot_be_written_is_no_fault(apart: Path) -> None:
    """Fault: where the folder should be there is a file."""
    apart.parent.parent.mkdir()
    apart.parent.write_text("in the way")
    assert library.load().concepts


def test_a_text_that_says_nothing_is_kept_as_well(tmp_path: Path) -> None:
    file, first = tmp_path / "none.yaml", kept.Kept()
    file.write_text("# nothing\n")
    assert sheet.read(file, first).data is None
    first.save()
    assert kept.Kept().find("# nothing\n") == (None,)


def test_only_our_own_course_is_kept(apart: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    library.load([tmp_path / "mine"])
    assert not apart.exists()
