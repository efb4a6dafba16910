"""Files are whole or not there, whenever the process that writes them is killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jinjie.base.files import TEMPORARY, clear_partial, whole_folder, write_json, write_whole

SIZE = 300_000
"""Bytes of a file: far more than one write of the system, so that a write in place would be seen torn."""

WRITE_FILES = """
import sys
from pathlib import Path
from jinjie.base.files import write_whole
path = Path(sys.argv[1])
for number in range(10**9):
    write_whole(path, bytes([number % 256]) * int(sys.argv[2]))
    if number == 0:
        print("begun", flush=True)
"""

WRITE_FOLDERS = """
import sys
from pathlib import Path
from jinjie.base.files import whole_folder
path = Path(sys.argv[1])
for number in range(10**9):
    with whole_folder(path) as folder:
        for name in ("a", "b"):
            (folder / name).write_bytes(bytes([number % 256]) * int(sys.argv[2]))
    if number == 0:
        print("begun", flush=True)
"""

KILL_BETWEEN_RENAMES = """
import os, signal, sys
from pathlib import Path
from jinjie.base.files import whole_folder
rename, seen = Path.rename, []
def counted(self, target):
    seen.append(target)
    if len(seen) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.rename = counted
with whole_folder(Path(sys.argv[1])) as folder:
    (folder / "a").write_text("new")
"""


def killed_in_the_midst(program: str, path: Path, wait: float) -> None:
    """Run `program` until it has written once and `wait` seconds more, then kill -9 it."""
    writer = subprocess.Popen([sys.executable, "-c", program, str(path), str(SIZE)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"begun\n"
    time.sleep(wait)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
@pytest.mark.parametrize("attempt", range(6))
def test_a_killed_write_leaves_the_old_or_the_new_file(tmp_path: Path, attempt: int) -> None:
    path = tmp_path / "file"
    killed_in_the_midst(WRITE_FILES, path, random.Random(attempt).uniform(0, 0.03))
    content = path.read_bytes()
    assert len(content) == SIZE
    assert len(set(content)) == 1
    clear_partial(tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p != tmp_path / "home"] == ["file"]


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
@pytest.mark.parametrize("attempt", range(6))
def test_a_killed_folder_is_the_old_or_the_new_one(tmp_path: Path, attempt: int) -> None:
    place = tmp_path / "place"
    place.mkdir()
    killed_in_the_midst(WRITE_FOLDERS, place / "folder", random.Random(attempt).uniform(0, 0.03))
    clear_partial(place)
    assert [p.name for p in place.iterdir()] == ["folder"]
    contents = [(place / "folder" / name).read_bytes() for name in ("a", "b")]
    assert contents[0] == contents[1]
    assert len(contents[0]) == SIZE


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")
@pytest.mark.parametrize("rename", [1, 2])
def test_a_kill_at_either_rename_loses_nothing(tmp_path: Path, rename: int) -> None:
    """A regression test: killed between the two renames, the folder was gone and its old content then removed."""
    place = tmp_path / "place"
    (place / "folder").mkdir(parents=True)
    (place / "folder" / "a").write_text("old")
    arguments = [sys.executable, "-c", KILL_BETWEEN_RENAMES, str(place / "folder"), str(rename)]
    assert subprocess.run(arguments).returncode == -signal.SIGKILL
    clear_partial(place)
    assert [p.name for p in place.iterdir()] == ["folder"]
    assert (place / "folder" / "a").read_text() == "old"


def test_a_block_that_raises_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    with whole_folder(place / "folder") as folder:
        (folder / "a").write_text("old")
    with pytest.raises(RuntimeError), whole_folder(place / "folder") as folder:
        (folder / "a").write_text("new")
        raise RuntimeError
    assert (place / "folder" / "a").read_text() == "old"
    assert [p.name for p in place.iterdir()] == ["folder"]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "place"
    (place / "taken").mkdir(parents=True)
    (place / "taken" / "inside").write_text("x")
    with pytest.raises(OSError):
        write_whole(place / "taken", b"a folder cannot be replaced by a file")
    assert [p.name for p in place.iterdir()] == ["taken"]


def test_clearing_spares_what_is_whole_and_other_names(tmp_path: Path) -> None:
    for name in ("kept", f"{TEMPORARY}a-1", f"{TEMPORARY}b-1"):
        (tmp_path / name).write_text("x")
    clear_partial(tmp_path, "a")
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == [f"{TEMPORARY}b-1", "kept"]


def test_json_is_readable_by_people(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"诗": [1]})
    assert "诗" in (tmp_path / "x.json").read_text("utf-8")
