"""Every test has a home of its own; downloads and converted data are shared, and kept between sessions.

They live in `JINJIE_TEST_CACHE`, else in the user's cache folder. The first session on a machine fetches 330 MB.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from jinjie.base import words

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background has them ignore Ctrl-C, and so would all they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


if "PYTEST_XDIST_WORKER" in os.environ:
    # As many processes as cores: threads of each on all cores would wait for one another, three times as long in all.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def data_home() -> Path:
    """The folder that `JINJIE_DATA` points to in every test."""
    folder = Path(os.environ.get("JINJIE_TEST_CACHE") or Path.home() / ".cache" / "jinjie-tests").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_home: Path) -> Iterator[Path]:
    """An empty home, English, and the shared data; processes that a test starts inherit them."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("JINJIE_HOME", str(folder))
    monkeypatch.setenv("JINJIE_DATA", str(data_home))
    monkeypatch.setenv("JINJIE_LANG", "en")
    yield folder
    words.use(None)
