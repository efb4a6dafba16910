"""The catalogue lists what works by itself, lightly; preparing makes it work without a network."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from jinjie.base.config import settings
from jinjie.data.catalogue import catalogue, prepare
from jinjie.data.dataset import SPLITS


def test_it_lists_what_needs_no_file_of_the_users() -> None:
    entries = {entry.name: entry for entry in catalogue()}
    assert {"digits", "line", "poems", "text", "sentiment", "sentiment-zh", "entities"} <= entries.keys()
    assert "table" not in entries
    for entry in entries.values():
        about = entry.about
        assert about.title.en and about.title.zh and about.source and about.licence
        assert set(about.counts) == set(SPLITS)
        assert about.facts
        assert all(
            setting.hint.en and setting.hint.zh
            for setting in settings(entry.config)
            if setting.path != "kind"
        )


@pytest.mark.slow
def test_prepared_data_needs_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    prepare(report=lambda what, done, total: said.append(what))
    monkeypatch.setenv("PATH", "")
    assert all(entry.about.cached for entry in catalogue())
    said.clear()
    prepare(report=lambda what, done, total: said.append(what))
    # nothing is made again; what is cut, and how rows and conversations are filled, is said whenever they are
    always = "[\\d,]+ (of [\\d,]+ texts are longer|conversations in|rows of)|longer than [\\d,]+ tokens"
    assert [what for what in said if not re.match(always, what)] == []


def test_listing_imports_nothing_heavy() -> None:
    code = """
import sys
from jinjie.data.catalogue import catalogue
catalogue()
heavy = {"torch", "numpy", "polars", "PIL", "tokenizers", "opencc", "matplotlib"} & set(sys.modules)
print(*heavy)
"""
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == ""
    )
