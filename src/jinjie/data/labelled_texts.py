"""A user's own texts with a label each, from CSV, TSV or JSON lines; every fault named by file and line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jinjie.base.errors import Problem, did_you_mean
from jinjie.data.reading import at_most, read_text

SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
LINES = (".jsonl", ".ndjson")
ENDINGS = (*SEPARATORS, *LINES)

_LONGEST = 2**26
"""Characters of a cell. The csv module's own limit is 131,072, which a long document passes."""


def read_labelled(path: str, text: str = "text", label: str = "label") -> list[tuple[str, str]]:
    """Text and label of every row, blanks around them gone; `text` and `label` name the columns or fields.

    A number or a truth as a JSON label is taken as it is written. Raises InvalidInput naming every fault by its line:
    another kind of file, bytes that are not UTF-8, a missing column, rows of another length, an open quote, lines that
    are no JSON object, an empty text or label, half a character.
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise at_most([Problem("data.path", "texts.other_format", path=path, endings=", ".join(ENDINGS))])
    content = read_text(path)
    problems: list[Problem] = []
    rows = []
    found = (
        json_lines(path, content, problems)
        if ending in LINES
        else table_rows(path, content, SEPARATORS[ending], _named(text, label), problems)
    )
    for where, row in found:
        made = [_cell(where, row, name, option, problems) for name, option in _named(text, label)]
        if made[0] is not None and made[1] is not None:
            rows.append((made[0], made[1]))
    if not rows and not problems:
        problems.append(Problem("data.path", "data.empty_file", path=path))
    if problems:
        raise at_most(problems)
    return rows


def _named(text: str, label: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """The names of the two columns, and the options that choose them."""
    return (text, "data.text"), (label, "data.label")


def table_rows(
    path: str, content: str, separator: str, named: Sequence[tuple[str, str]], problems: list[Problem]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of a table by the names of its header, each with the line that it begins on. `named` are columns that must
    be there, with the options that choose them."""
    csv.field_size_limit(_LONGEST)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            where, line = f"{path}:{line}", reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = [cell.strip() for cell in cells]
                missing = _missing(where, header, named)
                if missing:
                    problems += missing
                    return
            elif len(cells) != len(header):
                problems.append(Problem(where, "data.ragged", came=len(cells), expected=len(header)))
            else:
                yield where, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        problems.append(Problem(f"{path}:{line}", "texts.bad_table", reason=str(error)))


def _missing(where: str, header: list[str], named: Sequence[tuple[str, str]]) -> list[Problem]:
    found = []
    for name, option in named:
        if name not in header:
            suggestion = did_you_mean(name, header)
            found.append(Problem(where, "texts.no_column", came=name, suggestion=suggestion, option=option))
        elif header.count(name) > 1:
            found.append(Problem(where, "data.column_twice", name=name))
    return found


def json_lines(path: str, content: str, problems: list[Problem]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Objects, one a line, each with its line."""
    for number, line in enumerate(content.split("\n"), 1):
        where = f"{path}:{number}"
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(Problem(where, "corpus.not_json", reason=str(error)))
            continue
        if isinstance(row, dict):
            yield where, row
        else:
            problems.append(Problem(where, "texts.no_object", came=str(line)[:40]))


def _cell(where: str, row: dict[str, Any], name: str, option: str, problems: list[Problem]) -> str | None:
    """One cell as text; None, and a problem more, when it is none."""
    if name not in row:
        suggestion = did_you_mean(name, row)
        problems.append(Problem(where, "texts.no_field", came=name, suggestion=suggestion, option=option))
        return None
    value = row[name]
    if option == "data.label" and isinstance(value, int):
        return str(value).lower()
    if not isinstance(value, str):
        came = json.dumps(value, ensure_ascii=False)[:40]
        problems.append(Problem(where, "texts.not_text", name=name, came=came))
        return None
    try:
        value.encode()
    except UnicodeEncodeError as error:  # JSON can spell half a character
        came = f"\\u{ord(value[error.start]):04x}"
        problems.append(Problem(where, "corpus.half_character", came=came, at=error.start))
        return None
    if not value.strip():
        problems.append(Problem(where, "data.empty_cell", name=name))
        return None
    return value.strip()
