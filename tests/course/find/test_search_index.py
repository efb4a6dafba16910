"""The index is derived: made again when the content changes or the file is damaged, whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jinjie.course.content.library import own
from jinjie.course.find import find, index


def written(home: Path) -> list[Path]:
    return sorted((home / "find").iterdir())


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A content folder of one lesson's concept."""
    folder = tmp_path / "mine"
    (folder / "concepts").mkdir(parents=True)
    (folder / "concepts" / "extra.yaml").write_text(
        "stage: 1\nname: {en: Extra, zh: 另加}\nconcepts:\n"
        "  - {id: flubber, name: {en: Flubber, zh: 弗拉伯}, minutes: 5, level: 1, lesson: flubbing, planned: true}\n",
        encoding="utf-8",
    )
    return folder


def test_it_is_made_once_and_read_afterwards(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = find("softmax")
    file = written(home)[0]
    made = file.stat().st_mtime_ns
    monkeypatch.setattr(index, "_build", lambda roots: pytest.fail("made again"))
    assert find("softmax") == first
    assert [file] == written(home) and file.stat().st_mtime_ns == made


def test_a_change_of_the_content_is_found_at_once(home: Path, content: Path) -> None:
    roots = [own(), content]
    assert find("flubber", roots=roots).hits[0].id == "flubber"
    file = content / "concepts" / "extra.yaml"
    stat = file.stat()
    file.write_text(file.read_text("utf-8").replace("lubber", "latter"), encoding="utf-8")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # the same size, the same time: the bytes count
    assert find("flubber", roots=roots).suggestion is None
    assert find("flatter", roots=roots).hits[0].id == "flatter"
    assert len(written(home)) == 1


def test_other_folders_have_another_index(home: Path, content: Path) -> None:
    assert find("flubber", roots=[own(), content]).count == 1
    assert find("flubber").count == 0
    assert len(written(home)) == 2


@pytest.mark.parametrize("fault", ["empty", "cut", "one bit", "no head", "folder"])
def test_a_damaged_index_is_made_again(
    fault: str, ready: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faults: no bytes, half of them, one bit turned in the middle, no first line, a folder in its place."""
    shutil.copytree(ready / "find", home / "find")
    monkeypatch.setenv("JINJIE_HOME", str(home))
    file = written(home)[0]
    whole = file.read_bytes()
    if fault == "folder":
        file.unlink()
        file.mkdir()
    else:
        turned = bytearray(whole)
        turned[len(whole) // 2] ^= 1
        torn = {
            "empty": b"",
            "cut": whole[: len(whole) // 2],
            "one bit": bytes(turned),
            "no head": whole.partition(b"\n")[2],
        }
        file.write_bytes(torn[fault])
    assert find("softmax").hits[0].id == "softmax"
    if fault != "folder":
        assert file.read_bytes().partition(b"\n")[2] != b""
        assert index._stored(file, index.fingerprint(None)) is not None


def test_where_nothing_can_be_written_the_search_still_answers(home: Path) -> None:
    """Fault: a file stands where the folder of the index would be."""
    (home / "find").write_text("in the way")
    assert find("softmax").hits[0].id == "softmax"
    assert (home / "find").read_text() == "in the way"


def test_content_that_cannot_be_read_is_passed_over(content: Path) -> None:
    (content / "concepts" / "broken.yaml").write_text("stage: [", encoding="utf-8")
    (content / "concepts" / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    assert find("flubber", roots=[own(), content]).hits[0].id == "flubber"


def test_processes_at_once_all_answer(home: Path) -> None:
    """Four begin with no index and make it side by side; nothing half-written is left."""
    code = "from jinjie.course.find import find; print(find('softmax').hits[0].id)"
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in started] == ["softmax"] * 4
    assert [file.suffix for file in written(home)] == [".index"]


def test_a_warm_search_takes_a_moment(ready: Path) -> None:
    """30 ms here with the file read and checked each time; ten times that says that something is made again."""
    find("softmax 稳定")
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        find("why divide by sqrt(d) in attention 注意力")
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.3


def test_a_warm_search_imports_nothing_heavy(ready: Path) -> None:
    code = (
        "import sys; from jinjie.course.find import find; find('softmax 稳定'); "
        "print([m for m in ('torch', 'numpy', 'pydantic', 'yaml', 'sympy') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
