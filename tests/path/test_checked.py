"""What checks found is kept whole, and nothing of it is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from jinjie.path import checked
from jinjie.path.addresses import Answer

FIRST = datetime(2026, 3, 1, 10, 0, tzinfo=timezone(timedelta(hours=8)))
LATER = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_nothing_was_checked_yet(home: Path) -> None:
    assert checked.read() == {} and not home.exists()


def test_what_is_kept_is_read_again_with_its_zone() -> None:
    known = checked.keep({}, {"http://a/": Answer("moved", 200, "http://b/", FIRST)})
    assert checked.read() == known
    assert known["http://a/"].found == FIRST and known["http://a/"].found.utcoffset() == timedelta(hours=8)


def test_that_it_was_found_once_outlives_that_it_is_gone() -> None:
    known = checked.keep({}, {"http://a/": Answer("found", 200, None, FIRST)})
    known = checked.keep(checked.read(), {"http://a/": Answer("gone", 404, None, LATER)})
    assert (known["http://a/"].status, known["http://a/"].asked, known["http://a/"].found) == (
        "gone",
        LATER,
        FIRST,
    )
    assert checked.read() == known


def test_addresses_that_were_not_asked_this_time_stay() -> None:
    checked.keep({}, {"http://no-longer-in-the-catalog/": Answer("found", 200, None, FIRST)})
    checked.keep(checked.read(), {"http://b/": Answer("silent", None, None, LATER)})
    assert set(checked.read()) == {"http://no-longer-in-the-catalog/", "http://b/"}


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        '{"version": 1}',
        '{"version": 1, "addresses": {"http://a/": {"status": "well"}}}',
        '{"version": 1, "addresses": {"http://a/": {"status": "found", "found": "yesterday"}}}',
        '{"version": 1, "addresses": [1]}',
    ],
)
def test_a_spoiled_file_is_told_of_and_left_as_it_is(home: Path, content: str) -> None:
    home.mkdir()
    checked.file().write_text(content)
    with pytest.raises(checked.Spoiled, match="resources.json"):
        checked.read()
    assert checked.file().read_text() == content


def test_a_newer_file_is_not_misread(home: Path) -> None:
    home.mkdir()
    checked.file().write_text(json.dumps({"version": 2, "addresses": {}}))
    with pytest.raises(checked.Spoiled) as error:
        checked.read()
    assert error.value.key == "path.resources.newer"
