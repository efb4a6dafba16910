"""A lesson's look in a terminal: kept, and made again when anything of it may be another."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from jinjie.base.paths import lessons_home, pictures_home
from jinjie.course.content.library import Library, load
from jinjie.course.render.screens import screen


@pytest.fixture
def library(home: Path) -> Library:
    load()
    kept = load()
    assert kept.kept_as is not None
    return kept


class Writer:
    """Prints how often it was asked."""

    def __init__(self, out: Console, whole: bool = True) -> None:
        self.out, self.whole, self.asked = out, whole, 0

    def __call__(self) -> bool:
        self.asked += 1
        self.out.print(f"[bold]{self.asked}[/] in {self.out.width} columns")
        return self.whole


def test_kept_until_the_terminal_or_a_picture_is_another(library: Library) -> None:
    wide = Console(width=80, color_system="standard", force_terminal=True, highlight=False)
    write = Writer(wide)
    first = screen("attention", library, wide, write)
    assert first == "\x1b[1m1\x1b[0m in 80 columns\n"
    assert screen("attention", library, wide, write) == first and write.asked == 1
    narrow = Console(width=40, color_system=None)
    assert screen("attention", library, narrow, Writer(narrow)) == "1 in 40 columns\n"
    assert screen("attention", library, wide, write).startswith("\x1b[1m2"), "the last look alone is kept"
    (pictures_home() / "new").mkdir(parents=True)
    assert screen("attention", library, wide, write).startswith("\x1b[1m3")
    assert screen("other", library, wide, write).startswith("\x1b[1m4")


def test_another_text_is_written_anew(library: Library) -> None:
    out = Console(width=80, color_system=None)
    write = Writer(out)
    shown = [screen("ask-memory", library, out, write, text) for text in ("8 GB", "8 GB", "9 GB", "8 GB")]
    assert [one[0] for one in shown] == ["1", "1", "2", "3"]


def test_what_is_damaged_lacks_a_picture_or_is_not_ours_is_made_again(library: Library) -> None:
    out = Console(width=80, color_system=None)
    write = Writer(out)
    screen("attention", library, out, write)
    (file,) = (lessons_home() / "screens").iterdir()
    whole = file.read_bytes()
    for count, damaged in enumerate((b"", b"[]", b"{}", whole[:-3], b'{"key": 1, "shown": ""}'), 2):
        file.write_bytes(damaged)
        assert screen("attention", library, out, write) == f"{count} in 80 columns\n"
        assert file.read_bytes() != damaged
    lacking = Writer(out, whole=False)
    for _ in range(2):
        screen("rises", library, out, lacking)
    read_now = Library(library.roots)
    for _ in range(2):
        screen("attention", read_now, out, write)
    assert (lacking.asked, write.asked) == (2, 8)
