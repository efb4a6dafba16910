"""What is wrong with records that cannot be read: read again slowly, each fault by its line and with its remedy."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from jinjie.base.errors import InvalidInput, Problem
from jinjie.data.cleaning import encodings
from jinjie.data.cleaning.header import quoting_of
from jinjie.data.reading import at_most

_LONE_RETURN = re.compile(rb"\r(?!\n)")


def open_quote(path: Path, text: bytes, line: int, columns: int, delimiter: str) -> InvalidInput:
    """The error for a quote that is never closed: the line of the first record that it spoils."""
    found = diagnosis(path, text, line, columns, delimiter, quotes=True, refused=True)
    if found is not None:
        return found
    return InvalidInput([Problem(f"{path}:{line}", "clean.open_quote", lines=text.count(b"\n"))])


def diagnosis(
    path: Path, text: bytes, line: int, columns: int, delimiter: str, quotes: bool, refused: bool = False
) -> InvalidInput | None:
    """What is wrong with records of so many `columns`, the first on `line`; None when nothing is.

    Only in what polars `refused` is a quote in the middle of a cell to blame: a cell of two lines looks alike.
    """
    if error := encodings.not_utf8(path, text, line):
        return error
    found: list[Problem] = []
    begins = line
    before = csv.field_size_limit(1 << 30)
    records = io.StringIO(text.decode(), newline="")
    reader = csv.reader(records, delimiter=delimiter, quoting=quoting_of(quotes), strict=True)
    try:
        for row in reader:
            ends = line + reader.line_num - 1
            if row and len(row) != columns:
                found.append(_wrong_length(f"{path}:{begins}", ends - begins + 1, len(row), columns))
            begins = ends + 1
    except csv.Error:
        swallowed = line + reader.line_num - begins
        key = "clean.open_quote" if swallowed > 1 else "clean.stray_quote"
        found.append(Problem(f"{path}:{begins}", key, lines=swallowed))
    finally:
        csv.field_size_limit(before)
    if not found and refused and (lone := _LONE_RETURN.search(text)):
        at = line + text.count(b"\n", 0, lone.start())
        found.append(Problem(f"{path}:{at}", "clean.lone_return"))
    if not found and quotes and refused:
        for number, record in enumerate(text.split(b"\n"), line):
            if record.count(b'"') % 2:
                found.append(Problem(f"{path}:{number}", "clean.stray_quote"))
                break
    return at_most(found, str(path)) if found else None


def _wrong_length(where: str, lines: int, came: int, columns: int) -> Problem:
    if lines > 2:
        return Problem(where, "clean.open_quote", lines=lines)
    return Problem(where, "clean.ragged", came=came, expected=columns)
