"""What comes out of editors, and what is no Python."""

from __future__ import annotations

import pytest

from jinjie.course.grading.handed_in import LARGEST, read

CODE = 'def f(x):\n    """一步"""\n    return x\n'


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (CODE.encode(), None),
        (CODE.replace("\n", "\r\n").encode(), None),
        (CODE.replace("\n", "\r").encode(), None),
        (b"\xef\xbb\xbf" + CODE.encode(), None),
        (CODE.replace("    ", "\t").encode(), None),
        (CODE.encode("utf-16"), "UTF-16"),
        (CODE.encode("gbk"), "GBK"),
        (("# coding: gbk\n" + CODE).encode("gbk"), None),
        ("def f(x):\n    学习率 = x\n    return 学习率\n".encode(), None),
        (CODE.rstrip("\n").encode(), None),
        (b"\x0c" + CODE.encode(), None),
    ],
)
def test_files_of_every_editor_are_read(content: bytes, note: str | None) -> None:
    found = read(content)
    assert found.unfit is None, found.unfit
    assert found.signatures == {"f": "(x)"} and "\r" not in found.text
    assert (note or "") in (found.note.en if found.note else "")
    assert (found.note is None) == (note is None)


@pytest.mark.parametrize(
    ("content", "kind", "line", "words"),
    [
        (b"", "empty", None, "empty"),
        (b" \r\n\t\n", "empty", None, "empty"),
        (b"\xef\xbb\xbf", "empty", None, "empty"),
        (b"x = 1\nf(\0)\n", "null", 2, "NUL"),
        (b"\0" * 50, "null", 1, "NUL"),
        (b"\xff\xfe\x00", "encoding", None, "no text"),
        (b"\x89PNG\xff\xff\x1a\n", "encoding", None, "no text"),
        (b"x" * (LARGEST + 1), "too_large", None, "256 KB at most"),
        (b"def f(x:\n    return x\n", "syntax", 1, "'(' was never closed"),
        (b"def f(x):\nreturn x\n", "indentation", 2, "expected an indented block"),
        (b"def f(x):\n    if x:\n\treturn x\n", "indentation", 3, "tabs"),
        ("def f(x)：\n    return x\n".encode(), "syntax", 1, "full-width sign ："),  # noqa: RUF001
        ("def f(x):\n    return max（x, 1)\n".encode(), "syntax", 2, "Type ("),  # noqa: RUF001
        ("x = “a”\n".encode(), "syntax", 1, 'Type "'),
        (b"return 3\n", "syntax", 1, "'return' outside function"),
        (b"(" * 5000 + b")" * 5000, "syntax", 1, "too many nested"),
        (b"-" * 50_000 + b"1\n", "syntax", None, "nested too deeply"),
        (b"x = " + b"1+" * 50_000 + b"1\n", "syntax", None, "nested too deeply"),
        (b"x = 1" + b"0" * 5000 + b"\n", "syntax", 1, "4300 digits"),
        (b"break\n", "syntax", 1, "outside loop"),
    ],
)
def test_what_is_no_python_is_told_with_its_line(
    content: bytes, kind: str, line: int | None, words: str
) -> None:
    found = read(content)
    assert found.unfit is not None
    assert (found.unfit.kind, found.unfit.line) == (kind, line)
    assert words in found.unfit.says.en and found.unfit.says.zh != found.unfit.says.en


def test_a_text_with_half_a_character_is_no_crash() -> None:
    assert read("x = '\ud800'\n").unfit is not None or read("x = '\ud800'\n").text


def test_a_warning_of_python_is_not_printed(recwarn: pytest.WarningsRecorder) -> None:
    assert read(b"x = '\\d'\nassert (x, 'always')\nx is 'y'\n").unfit is None
    assert not recwarn.list
