"""A folder of content with one experiment that works."""

from __future__ import annotations

from pathlib import Path

import pytest
from faulty_experiments import add


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "content"
    (made / "experiments").mkdir(parents=True)
    add(made, "valley", "show")
    return made
