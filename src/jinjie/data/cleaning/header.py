"""The beginning of a file: what stands before its header, what separates cells, and what columns are called."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jinjie.base.errors import InvalidInput, Problem
from jinjie.data.reading import at_most

LONGEST = 64 << 20
"""Bytes without the end of a record after which a quote must have been left open."""
_SAMPLE = 1 << 18
_DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR = re.compile(r"\"?sep=([,;\t|])\"?", re.I)


def recognise_delimiter(text: str, quotes: bool = True) -> str:
    """The delimiter under which most records have as many cells as the header; of equals, the one with most cells.

    Where the header has one cell, the first that cuts no record.
    """
    best, chosen = (0.0, 1), None
    whole = []
    quoting = quoting_of(quotes)
    for delimiter in _DELIMITERS:
        try:
            rows = itertools.islice(csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting), 200)
            counts = [len(row) for row in rows if row]
        except csv.Error:
            continue
        if counts and counts[0] > 1:
            body = counts[1:-1] or counts
            score = (round(Counter(body)[counts[0]] / len(body), 2), counts[0])
            if score > best:
                best, chosen = score, delimiter
        elif counts and max(counts) == 1:
            whole.append(delimiter)
    return chosen or next(iter(whole), ",")


@dataclass(frozen=True)
class Beginning:
    """The first kilobytes of a file, from its header on, with "\\n" line ends."""

    text: str
    line: int = 1
    """The line on which the header stands: blank lines, and one that says `sep=;`, are passed over."""
    separator: str | None = None
    """What such a line says; some spreadsheets write one."""
    old_mac: bool = False
    """Whether lines end with a carriage return alone."""


def beginning(path: Path, encoding: str) -> Beginning:
    """Raises InvalidInput where the header ends with a carriage return and other lines do not, or holds a NUL byte."""
    with path.open("rb") as file:
        raw = file.read(_SAMPLE)
        while not {10, 13} & set(raw) and len(raw) < LONGEST and (more := file.read(_SAMPLE)):
            raw += more  # the names of very many columns
    whole = raw.decode(encoding, "replace")
    old_mac = "\n" not in whole and "\r" in whole
    lines = whole.replace("\r\n", "\n").split("\r" if old_mac else "\n")
    passed, separator = 0, None
    while passed < len(lines) - 1:
        if found := _SEPARATOR.fullmatch(lines[passed].strip(" \ufeff")):
            separator = found[1]
        elif lines[passed].strip(" \t\ufeff"):
            break
        passed += 1
    if "\0" in lines[passed]:
        raise InvalidInput([Problem(f"{path}:{passed + 1}", "clean.nul")])
    if not old_mac and "\r" in lines[passed] and '"' not in lines[passed]:
        raise InvalidInput([Problem(f"{path}:{passed + 1}", "clean.lone_return")])
    return Beginning("\n".join(lines[passed:]), passed + 1, separator, old_mac)


def check_title(path: Path, start: Beginning, quotes: bool) -> None:
    """Raise InvalidInput where the first line has one cell and those below it agree on more: a title, or a header that
    lacks names. Sentences in a table of one column are told by the space that follows their commas.
    """
    quoting = quoting_of(quotes)
    for delimiter in _DELIMITERS:
        marks = start.text.count(delimiter)
        if not marks or 2 * start.text.count(delimiter + " ") > marks:
            continue
        rows = itertools.islice(
            csv.reader(io.StringIO(start.text), delimiter=delimiter, quoting=quoting), 200
        )
        try:
            counts = [len(row) for row in rows if row][1:]
        except csv.Error:
            continue
        if len(counts) > 10:
            counts.pop()  # the sample may end within it
        cells, often = Counter(counts).most_common(1)[0] if counts else (1, 0)
        if cells > 1 and often >= 0.8 * len(counts):
            raise InvalidInput([Problem(f"{path}:{start.line}", "clean.title", came=cells)])


def column_names(
    path: Path, start: Beginning, delimiter: str, quotes: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names in the header, and which of them were made up for cells that are empty there."""
    quoting, where = quoting_of(quotes), f"{path}:{start.line}"
    try:
        row = next(csv.reader(io.StringIO(start.text), delimiter=delimiter, quoting=quoting, strict=True))
    except (csv.Error, StopIteration):
        raise InvalidInput([Problem(where, "clean.open_quote", lines=start.text.count("\n"))]) from None
    names = [name.strip().strip("\ufeff").strip() for name in row]
    if not any(names):
        raise InvalidInput([Problem(where, "clean.no_names")])
    taken = set(names)
    unnamed = []
    for i, name in enumerate(names):
        if not name:
            numbers = itertools.count(i + 1)
            names[i] = next(f"column_{n}" for n in numbers if f"column_{n}" not in taken)
            taken.add(names[i])
            unnamed.append(names[i])
    found = [Problem(where, "data.column_twice", name=name) for name, n in Counter(names).items() if n > 1]
    if all(map(_number, names)):
        found.append(Problem(where, "data.no_header", came=", ".join(names)[:200]))
    if found:
        raise at_most(found, str(path))
    return tuple(names), tuple(unnamed)


def quoting_of(quotes: bool) -> Literal[0, 3]:
    """What the csv module calls it."""
    return csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE


def _number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
