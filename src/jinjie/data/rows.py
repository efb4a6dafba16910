"""The rows of a user's table as they are, from CSV, TSV or JSON lines, and back: what predictions are put beside."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.data.labelled_texts import ENDINGS, LINES, SEPARATORS, json_lines, table_rows
from jinjie.data.reading import at_most, read_text


class Table(NamedTuple):
    """Columns in their order, and rows by their names; `where` says file and line of each row."""

    columns: list[str]
    rows: list[dict[str, Any]]
    where: list[str]


def read_rows(path: str, columns: Mapping[str, str], option: str = "--file") -> Table:
    """Every row of a table, cells as they are written; `columns` are those that must be there, with the option that
    chooses each.

    Raises InvalidInput naming every fault by its line: another kind of file, bytes that are not UTF-8, a missing column
    (with those that there are), rows of another length, an open quote, lines that are no JSON object.
    """
    ending = ending_of(path, option)
    content = read_text(path, option)
    problems: list[Problem] = []
    named = list(columns.items())
    if ending in LINES:
        found = list(json_lines(path, content, problems))
    else:
        found = list(table_rows(path, content, SEPARATORS[ending], [], problems))
        heads = csv.reader(io.StringIO(content, newline=""), delimiter=SEPARATORS[ending])
        head = [cell.strip() for cell in next((cells for cells in heads if any(cells)), [])]
        twice = dict.fromkeys(name for name in head if head.count(name) > 1)
        problems += [Problem(path, "data.column_twice", name=name) for name in twice]
    names = list(dict.fromkeys(name for _, row in found for name in row))
    for column, chosen_by in named:
        if found and column not in names:
            told = {"came": column, "columns": ", ".join(names), "option": chosen_by}
            problems.append(
                Problem(path, "predict.no_column", suggestion=did_you_mean(column, names), **told)
            )
        elif ending in LINES:
            problems += [
                Problem(where, "predict.no_field", came=column) for where, row in found if column not in row
            ]
    if not found and not problems:
        problems.append(Problem(option, "data.empty_file", path=path))
    if problems:
        raise at_most(problems, option)
    return Table(names, [row for _, row in found], [where for where, _ in found])


def ending_of(path: str, option: str) -> str:
    """The ending of a table's file. Raises InvalidInput for one of another kind."""
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise InvalidInput([Problem(option, "texts.other_format", path=path, endings=", ".join(ENDINGS))])
    return ending


def written(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], ending: str) -> str:
    """A table in the kind of file that `ending` says. Of a CSV, lists are written as JSON and what lacks is empty."""
    if ending in LINES:
        return "".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=SEPARATORS[ending], lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict | bool) else value
