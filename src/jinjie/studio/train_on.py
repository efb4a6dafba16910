"""What a cleaned table can be trained for: classes of any column, numbers of a column of numbers.

Logistic regression learns classes from columns of any kind; linear regression reads columns of numbers alone, so that
the table is kept for it without the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.lazy import lazy
from jinjie.data.table import LARGEST
from jinjie.studio.cleanings import Table
from jinjie.studio.kept_tables import columns, keep

if TYPE_CHECKING:
    import polars as pl
else:
    pl = lazy("polars")

CLASSES, NUMBERS = "credit", "line-1"
"""The recipes that learn from a table of one's own: any with classes, any of numbers."""
FEW = 20
"""Different numbers up to which a column is taken for classes."""
STEPS = 1000
"""Of linear regression, which takes microseconds each."""


@dataclass(frozen=True)
class Target:
    """A column that may be predicted: whether it holds numbers alone, and whether they are not just few classes."""

    name: str
    numeric: bool
    numbers: bool


def targets(table: Table) -> list[Target]:
    """All columns of a cleaned table; none while there is none."""
    try:
        stat = table.cleaned.stat()
    except OSError:
        return []
    return list(_targets(table.cleaned, stat.st_mtime_ns, tuple(columns(table))))


@lru_cache(maxsize=8)
def _targets(file: Path, _changed: int, names: tuple[str, ...]) -> tuple[Target, ...]:
    """Read once for as long as the file stays as it is."""
    try:
        values = pl.scan_csv(file, infer_schema=False).select(
            pl.all().str.strip_chars().cast(pl.Float64, strict=False)
        )
        counted = values.select(
            pl.len().alias(""),
            (pl.all().abs() <= LARGEST).sum().name.prefix("numbers "),
            (pl.all() != pl.all().round()).sum().name.prefix("broken "),
            pl.all().n_unique().name.prefix("different "),
        ).collect()
    except (pl.exceptions.PolarsError, OSError):
        return tuple(Target(name, False, False) for name in names)
    found = counted.row(0, named=True)
    rows = found[""]
    made = []
    for name in names:
        numeric = rows > 0 and found.get(f"numbers {name}") == rows
        many = numeric and (found[f"broken {name}"] > 0 or found[f"different {name}"] > min(FEW, rows // 3))
        made.append(Target(name, numeric, many))
    return tuple(made)


def asked(table: Table, target: str, holds: str) -> dict[str, str]:
    """The start form's address for a training that predicts `target` (the last column where it is none).

    `holds` is "classes", "numbers", or anything else for what fits the column. Raises InvalidInput where numbers are
    asked of a column that has others, or there are no numbers to learn from, and JinjieError as `keep`.
    """
    known = {one.name: one for one in targets(table)}
    if not known:
        raise JinjieError("studio.clean.unfinished")
    last = next(reversed(known))
    chosen = known.get(target, known[last])
    if not (chosen.numbers if holds not in ("classes", "numbers") else holds == "numbers"):
        form = {"recipe": CLASSES, "data.path": str(keep(table))}
        return form if chosen.name == last else {**form, "data.target": chosen.name}
    inputs = [one.name for one in known.values() if one.numeric and one != chosen]
    if not chosen.numeric:
        raise InvalidInput([Problem(chosen.name, "studio.train.no_numbers")])
    if not inputs:
        raise InvalidInput([Problem(chosen.name, "studio.train.no_inputs")])
    return {
        "recipe": NUMBERS,
        "data.kind": "table",
        "data.path": str(keep(table, [*inputs, chosen.name])),
        "budget.steps": str(STEPS),
        # standardised columns that all say the same bend the loss as many times as steeply as there are of them
        "optimizer.lr": f"{min(0.1, 0.5 / len(inputs)):.2g}",
    }
