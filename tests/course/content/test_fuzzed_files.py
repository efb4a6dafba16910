"""Content files with something wrong in them: always a finding with file and line, never an exception.

Each seed spoils one file of a small course that is well. What is wrong for certain has to be found, in that file.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
import yaml

from jinjie.base.words import LANGUAGES
from jinjie.cli.quoted import commands
from jinjie.course.check import QUICK, RUNNING
from jinjie.course.content import load, own
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library
from jinjie.course.content.new import pattern
from jinjie.course.content.sheet import Unreadable
from jinjie.course.render import html
from jinjie.course.render.reading import parse
from jinjie.course.render.terminal import terminal
from sampled import sampled

SIGNS = [
    '"',
    "'",
    ":",
    "{",
    "}",
    "[",
    "]",
    "&",
    "*",
    "!",
    "|",
    ">",
    "%",
    "@",
    "`",
    "```",
    ":::",
    "$",
    "$$",
    "\\",
    "#",
]
SIGNS += ["\t", "\0", "\ufeff", "\u202e", "😀", "-", "---", "...", "<script>", "{{", "\r", "\x85", "\u2028"]
VALUES = [
    "null",
    "true",
    "no",
    "-1",
    "0",
    "1e999",
    ".nan",
    ".inf",
    '""',
    "[]",
    "{}",
    "2026-01-01",
    "12:30:45",
    "&a [*a]",
]
VALUES += [
    "!!python/object/apply:os.system [id]",
    "1" * 4400,
    "x" * 20_000,
    "../../..",
    "[" * 800 + "]" * 800,
    "0x_",
]
VALUES += [
    "{en: a}",
    "{en: a, zh: b, fr: c}",
    "{en: 1, zh: 2}",
    "[null, [], {}]",
    "? [a]: b",
    "<<: {a: b}",
    "!!binary aaaa",
]
BLOCKS = [
    "```figure\n[\n```",
    "```figure\nexperiment: 3\n```",
    "```formula\nno-such\n```",
    "```python\nif\n```",
    "```what\n```",
]
BLOCKS += [
    ">" * 3000 + " a",
    "* " * 500,
    "[a](lesson:nowhere)",
    "[a](javascript:alert(1))",
    "![](x.png)",
    "# One",
    "$\\frac{$",
]
BLOCKS += [
    ":::idea\n:::idea\n:::",
    ":::\n",
    "```experiment a b\n```",
    "```exercise\n```",
    "| a |\n| - |\n| b | c |",
    "<b>x</b>",
]
BLOCKS += [
    "```console\njinjie rum 'x\n```",
    "```output\n1\n```",
    "[" * 2000,
    "*" * 2001,
    "a\n" + "    " * 200 + "b",
    "$" * 999,
]


def sheets(root: Path) -> list[Path]:
    return sorted(file for file in root.rglob("*") if file.suffix in (".yaml", ".md") and file.is_file())


def spoiled(text: str, chance: random.Random, blocks: bool) -> bytes:
    """The text with something done to it that may or may not be a mistake."""
    lines = text.splitlines(keepends=True)
    i, j = chance.randrange(len(lines)), chance.randrange(len(lines))
    at = chance.randrange(len(text))

    def value() -> str:
        key, colon, _ = lines[i].partition(": ")
        return "".join([*lines[:i], f"{key}{colon or ': '}{chance.choice(VALUES)}\n", *lines[i + 1 :]])

    def swapped() -> str:
        moved = list(lines)
        moved[i], moved[j] = moved[j], moved[i]
        return "".join(moved)

    ways: list[Callable[[], str]] = [
        value,
        value,
        swapped,
        lambda: "".join(lines[:i] + lines[i + 1 :]),
        lambda: "".join([*lines[: i + 1], *lines[i:]]),
        lambda: "".join([*lines[:i], " " * chance.randrange(1, 5) + lines[i], *lines[i + 1 :]]),
        lambda: "".join([*lines[:i], lines[i].lstrip(" "), *lines[i + 1 :]]),
        lambda: text[:at],
        lambda: text[:at] + chance.choice(SIGNS) + text[at:],
        lambda: text[:at] + chance.choice(SIGNS) + text[at + 1 :],
        lambda: "".join([*lines[:i], chance.choice(BLOCKS if blocks else VALUES) + "\n", *lines[i:]]),
    ]
    made = chance.choice(ways)().encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        made = made[:at] + bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9))) + made[at:]
    return made


def told(library: Library, root: Path, running: bool = False) -> list[Finding]:
    """What all rules say, each with a place that is there."""
    found = list(library.findings)
    for rule in (*QUICK, commands, *(RUNNING if running else ())):
        found += rule(library)
    for one in found:
        inside = one.file.is_relative_to(root) or one.file.is_relative_to(own())
        assert inside and one.line >= 1, one
        if one.file.is_file() and not one.file.is_symlink():
            rows = one.file.read_bytes().count(b"\n") + one.file.read_bytes().count(b"\r") + 2
            assert one.line <= rows + 4, one  # other signs end a line in YAML too
        for lang in LANGUAGES:
            assert one.says(lang) and one.fix(lang)
    return [one for one in found if one.file.is_relative_to(root)]


def drawn(library: Library) -> None:
    """Whatever can be read is shown, in both ways."""
    from rich.console import Console

    out = Console(file=StringIO(), width=80)
    for lesson in library.lessons.values():
        for lang in LANGUAGES:
            try:
                text = parse(lesson.words(lang), lesson.words_file(lang))
            except Unreadable:
                continue
            html.html(text, library, lang)
            out.print(terminal(text, library, lang))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(
        shutil.copytree(pattern(), tmp_path / "content", ignore=shutil.ignore_patterns("__pycache__"))
    )


@pytest.mark.parametrize("block", sampled(range(20), 4))
def test_two_hundred_spoiled_files(root: Path, block: int) -> None:
    for seed in range(block * 10, block * 10 + 10):
        chance = random.Random(seed)
        file = chance.choice(sheets(root))
        well = file.read_text(encoding="utf-8")
        file.write_bytes(spoiled(well, chance, file.suffix == ".md"))
        try:
            library = load([root])
            told(library, root)
            drawn(library)
        except Exception as error:
            raise AssertionError(f"seed {seed}, {file.name}: {error!r}") from error
        file.write_text(well, encoding="utf-8")


BROKEN: dict[str, Callable[[str], bytes]] = {
    "no UTF-8": lambda text: text.encode() + b"\xff\xfe",
    "a zero byte": lambda text: (text + "\0").encode(),
    "nothing": lambda text: b"",
    "only spaces": lambda text: b" \n\n",
}
BROKEN_YAML: dict[str, Callable[[str], bytes]] = {
    "an open bracket": lambda text: (text + "odd: [1, 2\n").encode(),
    "a tab": lambda text: (text + "\todd: 1\n").encode(),
    "an unknown key": lambda text: (text + "odd: 1\n").encode(),
    "a key twice": lambda text: (text + text.splitlines()[-1] + "\n" + "title: x\ntitle: y\n").encode(),
    "a list": lambda text: b"- 1\n- 2\n",
    "a number": lambda text: b"7\n",
    "an alias of nothing": lambda text: (text + "odd: *none\n").encode(),
    "a bomb": lambda text: (
        "a: &a [x,x]\n"
        + "".join(
            f"{c}: &{c} [*{p},*{p}]\n"
            for p, c in zip("abcdefghijklmnopqrst", "bcdefghijklmnopqrstu", strict=True)
        )
    ).encode(),
    "a deep nest": lambda text: (text + "odd: " + "[" * 2000 + "]" * 2000 + "\n").encode(),
    "an object": lambda text: (text + "odd: !!python/object/apply:os.system [id]\n").encode(),
}


@pytest.mark.parametrize("how", sampled([*BROKEN, *BROKEN_YAML], 2))
def test_what_is_broken_for_certain_is_found_in_its_file(root: Path, how: str) -> None:
    for file in sheets(root):
        if how in BROKEN_YAML and file.suffix != ".yaml":
            continue
        well = file.read_text(encoding="utf-8")
        file.write_bytes((BROKEN | BROKEN_YAML)[how](well))
        found = told(load([root]), root)
        assert any(one.file == file for one in found), (file, how)
        file.write_text(well, encoding="utf-8")


@pytest.mark.parametrize("how", ["gone", "a folder", "a loop of links", "not to be read"])
def test_files_that_are_no_files(root: Path, how: str) -> None:
    for file in sheets(root):
        well = file.read_bytes()
        file.unlink()
        if how == "a folder":
            file.mkdir()
        elif how == "a loop of links":
            file.symlink_to(file)
        elif how == "not to be read":
            file.symlink_to("/proc/self/mem")  # opens, and reading it fails
        told(load([root]), root)
        if file.is_dir():
            file.rmdir()
        elif file.is_symlink():
            file.unlink()
        file.write_bytes(well)


def test_every_required_key_is_missed_at_its_entry(root: Path) -> None:
    for file in sheets(root):
        if file.suffix != ".yaml":
            continue
        well = file.read_text(encoding="utf-8")
        for key in yaml.safe_load(well):
            kept = {name: value for name, value in yaml.safe_load(well).items() if name != key}
            file.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
            told(load([root]), root)
        file.write_text(well, encoding="utf-8")


CODE = [
    "def cases(rng",
    "raise SystemExit(3)",
    "import os; os._exit(0)",
    "1/0",
    "while True: pass",
    "cases = 3",
    "column_means = None",
]
CODE += [
    "def cases(rng):\n    yield",
    "def cases(rng):\n    yield 1, 2, 3, 4",
    "def show():\n    return 3",
    "def column_means(a, b): pass",
]
CODE += [
    "def cases(rng):\n    yield {'en': 'a'}, (object(),)",
    "def cases(rng):\n    return 3",
    "import sys; sys.exit('x')",
    "\0",
    "é = ",
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["cases.py", "solution.py", "starter.py", "over_everything.py", "your-lesson.py"]
)
def test_code_of_content_that_is_wrong_is_told(root: Path, name: str) -> None:
    (file,) = [one for one in root.rglob("*.py") if one.name == name]
    well = file.read_text(encoding="utf-8")
    for code in CODE:
        file.write_text(well + "\n" + code + "\n", encoding="utf-8")
        told(load([root]), root, running=True)
