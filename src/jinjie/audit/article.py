"""An article as its sentences, formulas and pieces of code, each with the line where it stands.

Markdown (`.md`, `.markdown`, `.txt`), notebooks (`.ipynb`) and Python files (`.py`) are read. Of a notebook a line is
counted within its cell, and the cell is named beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinjie.base.errors import InvalidInput, Problem

LARGEST = 4_000_000
"""Bytes that an article may have; a longer file is a mistake."""
SUFFIXES = (".md", ".markdown", ".txt", ".ipynb", ".py")
PYTHON = frozenset({"", "python", "py", "python3", "py3", "ipython", "pycon", "{python}", "{code-cell}"})
"""What stands behind a fence whose content may be Python; behind the empty word it is tried."""
_SENTENCE = re.compile(r"(?<=[。！？；])|(?<=[.!?;])(?=\s)")
_TEXMATH = re.compile(r"\\\[(?P<display>.+?)\\\]|\\\((?P<inline>.+?)\\\)", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """Where something stands: the lines from `line` to `end`, counted from 1; in a notebook those of a cell."""

    line: int
    end: int
    cell: int | None = None
    """Counted from 1."""

    def __str__(self) -> str:
        lines = str(self.line) if self.end == self.line else f"{self.line}-{self.end}"
        return lines if self.cell is None else f"[{self.cell}]:{lines}"


@dataclass(frozen=True)
class Sentence:
    """One sentence of prose, formulas in it as `$…$`."""

    place: Place
    text: str
    section: str
    """The heading that it stands below; empty before the first."""


@dataclass(frozen=True)
class Formula:
    """One formula as it is printed."""

    place: Place
    latex: str
    section: str
    before: str
    """The words that lead to it: its paragraph so far, or the paragraph before; what it is called stands there."""
    after: str = ""
    """The paragraph that follows, where symbols are explained."""


@dataclass(frozen=True)
class Code:
    """One program or piece of one. `place` is that of its first and last line of code, not of the fence."""

    place: Place
    text: str
    section: str

    def at(self, line: int, end: int | None = None) -> Place:
        """The place of a line of this code, counted from 1 within it, in the article."""
        first = self.place.line - 1
        return Place(first + line, first + (end or line), self.place.cell)


@dataclass(frozen=True)
class Article:
    """All that is judged of a file."""

    path: Path
    sentences: tuple[Sentence, ...]
    formulas: tuple[Formula, ...]
    codes: tuple[Code, ...]
    sections: tuple[tuple[int, str], ...]
    """Each heading's line and text."""


Piece = Sentence | Formula | Code | tuple[int, str]
"""What an article is made of; a heading as its line and text."""


def read(path: Path) -> Article:
    """The article in a file. Raises InvalidInput where it is no file, is too long, of another kind or not UTF-8."""
    if path.suffix.lower() not in SUFFIXES:
        raise _wrong(path, "audit.suffix", suffixes=" ".join(SUFFIXES))
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise _wrong(path, "audit.too_long", size=size, largest=LARGEST)
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong(path, "audit.not_utf8", at=error.start) from None
    except OSError as error:
        raise _wrong(path, "audit.unreadable", why=error.strerror or str(error)) from None
    return of_text(content, path)


def _wrong(path: Path, key: str, **params: object) -> InvalidInput:
    return InvalidInput([Problem(path.name, key, **params)])


def of_text(content: str, path: Path) -> Article:
    """The article in a text, of the kind that the ending of `path` says. Raises InvalidInput for a damaged notebook."""
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    suffix = path.suffix.lower()
    if suffix == ".py":
        return Article(path, (), (), (_code(content, 1, None, ""),), ())
    if suffix == ".ipynb":
        return _notebook(content, path)
    pieces = list(_markdown(content, None, ""))
    return _article(path, pieces)


def _article(path: Path, pieces: list[Piece]) -> Article:
    return Article(
        path,
        tuple(p for p in pieces if isinstance(p, Sentence)),
        tuple(p for p in pieces if isinstance(p, Formula)),
        tuple(p for p in pieces if isinstance(p, Code)),
        tuple(p for p in pieces if isinstance(p, tuple)),
    )


def _notebook(content: str, path: Path) -> Article:
    import nbformat

    try:
        book: Any = nbformat.reads(content, as_version=4)  # type: ignore[no-untyped-call]
        cells = [(cell.cell_type, "".join(cell.source)) for cell in book.cells]
    except Exception as error:  # nbformat raises whatever the damage makes its readers raise
        raise _wrong(path, "audit.no_notebook", why=str(error)[:200]) from None
    pieces: list[Piece] = []
    section = ""
    for number, (kind, source) in enumerate(cells, 1):
        if kind == "code":
            pieces.append(_code(_without_magics(source), 1, number, section))
        elif kind == "markdown":
            found = list(_markdown(source, number, section))
            pieces += found
            section = next((p[1] for p in reversed(found) if isinstance(p, tuple)), section)
    return _article(path, pieces)


def _without_magics(source: str) -> str:
    """Lines that are for IPython or a shell become comments, so that the rest is Python and keeps its lines."""
    if source.startswith("%%") and not source.startswith(("%%time", "%%capture", "%%timeit")):
        return "\n".join("# " + line for line in source.split("\n"))
    return "\n".join(
        re.sub(r"^(\s*)[%!?].*$", r"\1pass  # \g<0>" if line[:1].isspace() else r"# \g<0>", line)
        for line in source.split("\n")
    )


def _code(text: str, line: int, cell: int | None, section: str) -> Code:
    text = text.rstrip("\n")
    return Code(Place(line, line + text.count("\n"), cell), text, section)


def _markdown(content: str, cell: int | None, section: str) -> Iterator[Piece]:
    """Pieces in their order; a heading as (line, text)."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.amsmath import amsmath_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    parser = MarkdownIt("commonmark").enable("table")
    parser.use(dollarmath_plugin, allow_space=True, allow_digits=True, double_inline=True).use(amsmath_plugin)
    tokens = parser.parse(_with_dollars(content))
    texts = [(i, " ".join(_plain(t).split())) for i, t in enumerate(tokens) if t.type == "inline"]
    heading = False
    for i, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 1
        if token.type == "heading_open":
            heading = True
        elif token.type == "inline" and heading:
            heading, section = False, " ".join(_plain(token).split())
            yield line, section
        elif token.type == "inline":
            before = next((text for at, text in reversed(texts) if at < i), "")
            after = next((text for at, text in texts if at > i), "")
            yield from _paragraph(token, line, cell, section, before, after)
        elif token.type in ("math_block", "math_block_label", "amsmath"):
            before = next((text for at, text in reversed(texts) if at < i), "")
            after = next((text for at, text in texts if at > i), "")
            end = token.map[1] if token.map else line
            yield Formula(Place(line, end, cell), token.content.strip(), section, before, after)
        elif token.type == "fence" and token.info.strip().split(" ")[0].lower() in PYTHON:
            yield _code(token.content, line + 1, cell, section)
        elif token.type == "code_block":
            yield _code(token.content, line, cell, section)


def _with_dollars(content: str) -> str:
    r"""`\[…\]` and `\(…\)` as dollars, in as many lines; not within fences."""
    parts = re.split(r"(^ *(?:```|~~~).*?^ *(?:```|~~~) *$)", content, flags=re.DOTALL | re.MULTILINE)

    def dollars(found: re.Match[str]) -> str:
        return f"$${found['display']}$$" if found["display"] is not None else f"${found['inline'].strip()}$"

    return "".join(part if at % 2 else _TEXMATH.sub(dollars, part) for at, part in enumerate(parts))


def _plain(token: Any) -> str:
    """A paragraph's words with formulas between dollars; line breaks kept."""
    said = {"softbreak": "\n", "hardbreak": "\n"}
    parts = []
    for child in token.children or ():
        if child.type.startswith("math_inline"):
            parts.append(f"${child.content}$")
        else:
            parts.append(said.get(child.type, child.content))
    return "".join(parts)


def _paragraph(
    token: Any, line: int, cell: int | None, section: str, before: str, after: str
) -> Iterator[Sentence | Formula]:
    """The formulas of a paragraph, then its sentences."""
    so_far, at = "", line
    for child in token.children or ():
        if child.type.startswith("math_inline"):
            end = at + child.content.count("\n")
            lead = " ".join(so_far.split()) or before
            yield Formula(Place(at, end, cell), child.content.strip(), section, lead, after)
            so_far, at = so_far + f"${child.content}$", end
        elif child.type in ("softbreak", "hardbreak"):
            so_far, at = so_far + "\n", at + 1
        else:
            so_far += child.content
    text, at = _plain(token), line
    for part in _SENTENCE.split(text):
        words = part.strip()
        start = at + part[: len(part) - len(part.lstrip())].count("\n")
        at += part.count("\n")
        if words:
            yield Sentence(Place(start, start + words.count("\n"), cell), " ".join(words.split()), section)
