"""Corpora of a test's own, in a data folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jinjie.data.corpus.documents import Files, Problems
from jinjie.data.corpus.files import find


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`JINJIE_DATA` pointing to an empty folder."""
    folder = tmp_path / "empty"
    monkeypatch.setenv("JINJIE_DATA", str(folder))
    return folder


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[str]]:
    """The documents of a path, whole, as (field, documents, separator) say."""

    def documents(path: Path, field: str = "text", kind: str = "file", separator: str = "") -> list[str]:
        problems = Problems()
        found: list[str] = []
        source = Files(find(str(path)), field, kind, separator)
        for piece in source.pieces(problems, lambda size: None):
            found += [""] if piece.first else []
            found[-1] += piece.text
        problems.check()
        return found

    return documents
