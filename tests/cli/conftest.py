"""What tests of commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoked import invoke


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for all tests of a file: what is made once there is found again, as on a real machine."""
    return tmp_path_factory.mktemp("shared-home")


@pytest.fixture
def jinjie(shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line, in that home."""
    monkeypatch.setenv("JINJIE_HOME", str(shared_home))

    return invoke
