"""Help: nothing of it is cut off, all of it is in one language, and the first page is kept while nothing changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from invoked import invoke
from jinjie.base.paths import help_home
from jinjie.cli import main
from jinjie.cli.main import ELSEWHERE, GROUPS

COMMANDS = ["", *(name for name in GROUPS if name != "content"), *ELSEWHERE]


def asked(*words: str, columns: int = 80) -> str:
    done = invoke(*words, "--help", environment={"COLUMNS": str(columns)})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_cut_off(command: str, language: str, home: Path) -> None:
    """rich cuts a word that is longer than its column, which a Chinese sentence is. An ellipsis of our own, as in
    `missing.COLUMN=…`, stands in a wide page too."""
    words = [*([command] if command else []), "--lang", language]
    assert asked(*words).count("…") == asked(*words, columns=400).count("…")


def test_a_chinese_page_is_chinese(home: Path) -> None:
    page = asked("generate", "--lang", "zh")
    assert "显示这份帮助" in page.replace("\n", "") and "[默认：auto]" in page
    assert "Show this" not in page and "[default" not in page and "[required]" not in page
    assert "[必填]" in asked("run", "--lang", "zh")
    assert "Show this message and exit." in asked("run") and "[required]" in asked("run")


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The commands that were built."""
    found: list[str | None] = []
    build = main.build

    def counted(wanted: str | None = None) -> Any:
        found.append(wanted)
        return build(wanted)

    monkeypatch.setattr(main, "build", counted)
    return found


def test_the_first_page_is_kept_until_it_would_look_otherwise(home: Path, built: list[str | None]) -> None:
    first = asked()
    assert asked() == first and len(built) == 1
    assert invoke("-h", environment={"COLUMNS": "80"}).stdout == first and len(built) == 1
    wide = asked(columns=120)
    assert wide != first and len(built) == 2
    assert asked("--lang", "zh", columns=120) != wide and len(built) == 3
    assert asked(columns=120) == wide and len(built) == 3, "each language has its own"
    assert "Usage: jinjie [OPTIONS]" in first and first.count("\n") > len(GROUPS)


def test_a_kept_page_that_is_damaged_or_of_other_code_is_written_anew(
    home: Path, built: list[str | None]
) -> None:
    first = asked()
    (file,) = help_home().iterdir()
    whole = json.loads(file.read_text("utf-8"))
    for damaged in (b"", b"[]", b"{}", b'{"key": 1}', json.dumps(whole | {"key": "of other code"}).encode()):
        file.write_bytes(damaged)
        assert asked() == first and file.read_bytes() != damaged
    assert len(built) == 6


def test_a_home_that_cannot_be_written_costs_nothing_but_time(home: Path, built: list[str | None]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "help").write_text("a file where a folder should be")
    assert asked() == asked() and len(built) == 2


def test_a_command_or_a_word_that_changes_is_another_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of theirs with another time or size."""
    from jinjie.cli import help

    before = help._key()
    assert help._key() == before
    monkeypatch.setattr(help, "stamps", lambda folder: iter([(str(folder), (1, 1))]))
    assert help._key() != before
