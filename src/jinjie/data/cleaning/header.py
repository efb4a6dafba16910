"""The first line of a file: what separates its cells, how its lines end, and what its columns are called."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from pathlib import Path
from typing import Literal

from jinjie.base.errors import InvalidInput, Problem
from jinjie.data.reading import at_most

LONGEST = 64 << 20
"""Bytes without the end of a record after which a quote must have been left open."""
_SAMPLE = 1 << 18
_DELIMITERS = (",", ";", "\t", "|")


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


def beginning(path: Path, encoding: str) -> tuple[str, bool]:
    """The beginning as text with "\\n" line ends; whether the file's own are carriage returns alone."""
    with path.open("rb") as file:
        raw = file.read(_SAMPLE)
        while not {10, 13} & set(raw) and len(raw) < LONGEST and (more := file.read(_SAMPLE)):
            raw += more  # the names of very many columns
    text = raw.decode(encoding, "replace")
    old_mac = "\n" not in text and "\r" in text
    return text.replace("\r\n", "\n").replace("\r", "\n"), old_mac


def column_names(
    path: Path, start: str, delimiter: str, quotes: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    quoting = quoting_of(quotes)
    try:
        row = next(csv.reader(io.StringIO(start), delimiter=delimiter, quoting=quoting, strict=True))
    except (csv.Error, StopIteration):
        raise InvalidInput([Problem(f"{path}:1", "clean.open_quote", lines=start.count("\n"))]) from None
    names = [name.strip() for name in row]
    if not any(names):
        raise InvalidInput([Problem(f"{path}:1", "clean.no_names")])
    taken = set(names)
    unnamed = []
    for i, name in enumerate(names):
        if not name:
            numbers = itertools.count(i + 1)
            names[i] = next(f"column_{n}" for n in numbers if f"column_{n}" not in taken)
            taken.add(names[i])
            unnamed.append(names[i])
    found = [
        Problem(f"{path}:1", "data.column_twice", name=name) for name, n in Counter(names).items() if n > 1
    ]
    if all(map(_number, names)):
        found.append(Problem(f"{path}:1", "data.no_header", came=", ".join(names)[:200]))
    if any("\0" in name for name in names):
        found = [Problem(f"{path}:1", "clean.nul")]
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
