"""An article as its sentences, formulas and pieces of code, each with the line where it stands.

Markdown (`.md`, `.markdown`, `.txt`), notebooks (`.ipynb`) and Python files (`.py`) are read. Of a notebook a line is
counted within its cell, and the cell is named beside it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinjie.base.errors import InvalidInput, Problem

LARGEST = 4_000_000
"""Bytes that an article may have; a longer file is a mistake."""
SUFFIXES = (".md", ".markdown", ".txt", ".ipynb", ".py")
PYTHON = frozenset({"", "python", "py", "python3", "py3", "ipython", "ipython3", "pycon", "code-cell"})
"""What stands behind a fence whose content may be Python; behind the empty word it is tried."""
_SENTENCE = re.compile(r"(?<=[。！？；])|(?<=[.!?;])(?=\s)")
_SHORT = re.compile(r"(?:\b(?i:e\.g|i\.e|vs|cf|figs?|eqs?|al|approx|sec|ch|dr|mr|prof)|\b[A-Z])\.$")
"""A full stop that ends a word cut short, and no sentence."""
_TEXMATH = re.compile(
    r"(?<!\\)\\\[(?P<display>(?:(?!\n[ \t>]*\n|(?<!\\)\\\[).){1,8000}?)(?<!\\)\\\]"
    r"|(?<!\\)\\\((?P<inline>(?:(?!\n[ \t>]*\n|(?<!\\)\\\().){1,2000}?)(?<!\\)\\\)",
    re.DOTALL,
)
_NO_MATH = re.compile(r"[\d\s,;–-]*|\^?\w[\w-]*(?: [\w,;:-]+)+|[^\\=_^+<>]*[\u4e00-\u9fff][^\\=_^+<>]*")
"""What brackets with backslashes hold where they are only brackets: a number of the literature, words."""
_MONEY = re.compile(r"\d[\d.,]*(?: ?[kKmMbB])?\s[^\\=_^+<>]*[A-Za-z]{2}[^\\=_^+<>]*")
"""What stands between the dollars of two prices."""
_FENCE = re.compile(r"^(?P<lead>[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*)(?P<mark>`{3,}(?=[^`\n]*$)|~{3,})")


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
    if source.startswith("%%") and not source.startswith(("%%time", "%%capture", "%%timeit", "%%prun")):
        return "\n".join("# " + line for line in source.split("\n"))
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        pass
    else:
        return source  # a line may well begin with the % of a remainder
    lines, goes_on = [], False
    for line in source.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        if goes_on or re.match(r"\s*(?:[%!?]|[\w.]+\?\??\s*$)", line):
            lines.append(f"{indent}pass  # {line.strip()}" if indent and not goes_on else f"# {line}")
            goes_on = line.endswith("\\")
        elif found := re.match(r"(\s*[\w, ]+=\s*)[%!]", line):
            lines.append(f"{found[1]}None  # {line[found.end() - 1 :]}")
        else:
            lines.append(line)
    return "\n".join(lines)


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
    tokens = parser.parse(_with_dollars(_without_front_matter(content)))
    texts = [" ".join(_plain(token).split()) for token in tokens if token.type == "inline"]
    seen, heading = 0, False  # paragraphs so far
    for token in tokens:
        line = token.map[0] + 1 if token.map else 1
        before, after = texts[seen - 1] if seen else "", texts[seen] if seen < len(texts) else ""
        if token.type == "heading_open":
            heading = True
        elif token.type == "inline":
            seen += 1
            after = texts[seen] if seen < len(texts) else ""
            if heading:
                heading, section = False, texts[seen - 1]
                yield line, section
            else:
                yield from _paragraph(token, line, cell, section, before, after)
        elif token.type in ("math_block", "math_block_label", "amsmath"):
            end = token.map[1] if token.map else line
            if token.type == "amsmath":  # its map leaves out the last line
                end = line + token.content.strip("\n").count("\n")
            yield Formula(Place(line, end, cell), token.content.strip(), section, before, after)
        elif token.type == "fence" and _language(token.info) in PYTHON:
            yield _code(token.content, line + 1, cell, section)
        elif token.type == "code_block":
            yield _code(token.content, line, cell, section)


def _language(info: str) -> str:
    """The language behind a fence: `python`, `Python title="a"`, `{.python .numberLines}`, `{code-cell} ipython3`."""
    found = re.match(r"\{?\s*\.?([\w+#-]*)", info.strip())
    return found[1].lower() if found else ""


def _without_front_matter(content: str) -> str:
    """The YAML that some sites want at the top becomes empty lines."""
    found = re.match(r"---[ \t]*\n(?:[^\n]*\n){0,100}?---[ \t]*(?:\n|$)", content)
    if found is None or not re.search(r"^[\w-]+:", found[0], re.MULTILINE):
        return content
    return "\n" * found[0].count("\n") + content[found.end() :]


def _with_dollars(content: str) -> str:
    r"""`\[…\]` and `\(…\)` as dollars, in as many lines; not within fences and code in a line."""

    def dollars(found: re.Match[str]) -> str:
        inside = found["display"] if found["display"] is not None else found["inline"]
        if _NO_MATH.fullmatch(inside.strip()):
            return found[0]
        return f"$${inside}$$" if found["display"] is not None else f"${inside.strip()}$"

    parts: list[str] = []
    prose: list[str] = []
    mark = ""

    def end_prose() -> None:
        spans = re.split(
            r"((?<![`\\])(`+)(?!`)[^`](?:(?!\n\s*\n).)*?(?<!`)\2(?!`))", "".join(prose), flags=re.DOTALL
        )
        parts.extend(
            _TEXMATH.sub(dollars, one) if at % 3 == 0 else one for at, one in enumerate(spans) if at % 3 < 2
        )
        prose.clear()

    for line in content.splitlines(keepends=True) if "\n" in content else [content]:
        fence = _FENCE.match(line.rstrip("\n"))
        if not mark and fence:
            end_prose()
            mark = fence["mark"]
            parts.append(line)
        elif mark:
            parts.append(line)
            if fence and fence["mark"].startswith(mark) and not line.strip(" \t>\n`~"):
                mark = ""
        else:
            prose.append(line)
    end_prose()
    return "".join(parts)


def _pieces(token: Any) -> Iterator[tuple[str, int, bool, bool]]:
    """What a paragraph is made of: each text, the lines before it, whether it is a formula, whether it may be cut."""
    raw, at, line = token.content, 0, 0  # what is read of the source, and the lines in it
    for child in token.children or ():
        kind, text = child.type, child.content
        if kind in ("softbreak", "hardbreak"):
            yield "\n", line, False, True
            end = raw.find("\n", at) + 1
            at, line = (end, line + raw.count("\n", at, end)) if end else (at, line)
            continue
        needle = child.markup if kind == "text_special" else text
        if not needle:
            continue
        if kind == "code_inline":
            hit = re.compile(r"\s".join(map(re.escape, needle.split(" ")))).search(raw, at)
            start, end = hit.span() if hit else (at, at)
        else:
            start = raw.find(needle, at)
            start, end = (start, start + len(needle)) if start >= 0 else (at, at)
        before = line + raw.count("\n", at, start)
        at, line = end, before + raw.count("\n", start, end)
        if kind.startswith("math_inline") and _MONEY.fullmatch(text):
            yield f"${text}$", before, False, True
        elif kind.startswith("math_inline"):
            yield text, before, True, False
        elif kind == "html_inline":
            yield " ", before, False, True
        else:
            yield text, before, False, kind != "code_inline"


def _plain(token: Any) -> str:
    """A paragraph's words with formulas between dollars; line breaks kept."""
    return "".join(f"${text}$" if formula else text for text, _, formula, _ in _pieces(token))


def _paragraph(
    token: Any, line: int, cell: int | None, section: str, before: str, after: str
) -> Iterator[Sentence | Formula]:
    """The formulas of a paragraph, then its sentences."""
    text, lines, whole = (
        "",
        [],
        [],
    )  # the paragraph; the line of each of its characters; what holds no sentence's end
    for part, skipped, formula, cut in _pieces(token):
        at = line + skipped
        if formula:
            lead = " ".join(text.split()) or before
            yield Formula(Place(at, at + part.count("\n"), cell), part.strip(), section, lead, after)
            part = f"${part}$"
        if not cut:
            whole.append((len(text), len(text) + len(part)))
        for letter in part:
            lines.append(at)
            at += letter == "\n"
        text += part
    cuts = [0, *_ends(text, whole), len(text)]
    for low, high in zip(cuts, cuts[1:], strict=False):
        words = text[low:high].strip()
        if words:
            start = low + text[low:high].index(words[0])
            place = Place(lines[start], lines[start + len(words) - 1], cell)
            yield Sentence(place, " ".join(words.split()), section)


def _ends(text: str, whole: list[tuple[int, int]]) -> Iterator[int]:
    """Where sentences end; not within formulas and code, nor behind "e.g."."""
    for found in _SENTENCE.finditer(text):
        at = found.start()
        if not any(low < at < high for low, high in whole) and not _SHORT.search(text[max(0, at - 8) : at]):
            yield at
