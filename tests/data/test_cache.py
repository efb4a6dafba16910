"""Converted data is made once, whole, and made again when a file of it is damaged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jinjie.base.paths import data_home
from jinjie.data import cache
from jinjie.data.cache import converted


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINJIE_DATA", str(tmp_path / "empty"))


def made(folder: Path) -> dict[str, Any]:
    (folder / "numbers.txt").write_text("1 2 3")
    return {"source": "nowhere", "licence": "none"}


def never(folder: Path) -> dict[str, Any]:
    raise AssertionError("converted again")


def test_it_is_made_once_and_says_what_it_is() -> None:
    folder = converted("numbers", 1, made)
    assert converted("numbers", 1, never) == folder
    about = cache.about(folder)
    assert (about["source"], about["licence"], about["version"]) == ("nowhere", "none", 1)
    assert list(about["files"]) == ["numbers.txt"]
    assert cache.present("numbers", 1) and not cache.present("numbers", 2)


@pytest.mark.parametrize("damage", ["changed", "shorter", "gone", "about gone", "about torn", "about empty"])
def test_a_damaged_copy_is_made_again_and_said_so(damage: str) -> None:
    folder = converted("numbers", 1, made)
    file, about = folder / "numbers.txt", folder / cache.ABOUT
    match damage:
        case "changed":
            file.write_text("1 2 4")
        case "shorter":
            file.write_text("1")
        case "gone":
            file.unlink()
        case "about gone":
            about.unlink()
        case "about torn":
            about.write_bytes(about.read_bytes()[:20])
        case "about empty":
            about.write_text("{}")
    said: list[str] = []
    assert converted("numbers", 1, made, lambda what, done, total: said.append(what)) == folder
    assert file.read_text() == "1 2 3"
    assert any("damaged" in what for what in said)
    converted("numbers", 1, never)


def test_a_conversion_that_fails_leaves_nothing() -> None:
    def fails(folder: Path) -> dict[str, Any]:
        (folder / "half.txt").write_text("half")
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        converted("numbers", 1, fails)
    assert [file.name for file in data_home().iterdir()] == ["numbers-1.lock"]


def test_what_a_killed_conversion_left_is_cleared() -> None:
    code = """
import os
from jinjie.data.cache import converted
def dies(folder):
    (folder / "half.txt").write_text("half")
    os._exit(9)
converted("numbers", 1, dies)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert len(list(data_home().iterdir())) == 2
    converted("numbers", 1, made)
    assert sorted(file.name for file in data_home().iterdir()) == ["numbers-1", "numbers-1.lock"]


def test_another_version_has_a_folder_of_its_own() -> None:
    assert converted("numbers", 1, made) != converted("numbers", 2, made)
