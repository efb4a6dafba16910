"""One index for the tests that only read it: making it takes a second."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinjie.course.find import find


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the index of our course in it."""
    home = tmp_path_factory.mktemp("found")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_HOME", str(home))
        find("attention")
    return home


@pytest.fixture
def ready(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JINJIE_HOME", str(made))
    return made
