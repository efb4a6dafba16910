"""What a table holds, seen in the same pass that cleans it: counts of every cell, and a sample for a closer look."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from jinjie.base.lazy import lazy
from jinjie.data.cleaning import types
from jinjie.data.cleaning.fit import Moments, quartile_bounds
from jinjie.data.cleaning.spill import Numbers

if TYPE_CHECKING:
    import polars as pl

    from jinjie.data.cleaning.source import Block
else:
    pl = lazy("polars")

MOSTLY = 0.5
"""A column that misses more than this share is worth a word."""
FEWEST = 20
"""Rows below which nothing is said of identifiers and copies."""
_IDENTIFIER = re.compile(
    r"(^|[_\s-])(id|uuid|guid|key|no|nr)$|[a-z]I[dD]$|编号|序号|学号|工号|证号|单号|账号|卡号", re.I
)
_FORMULA = r"^(=|@|[+-][^\d.,\s+-])"
"""What a spreadsheet runs when it opens the file."""
_DIGITS = r"^[+-]?[\d,]*\.?\d+$"


class FoundColumn(BaseModel):
    """What was found in one column. Numbers are of the whole file, outliers of the sample."""

    name: str
    type: str
    missing: int
    unfit: int = 0
    """Cells that have not the type that was stated; they count as missing."""
    low: Any = None
    high: Any = None
    mean: float | None = None
    deviation: float | None = None
    outliers: int | None = None
    """Beyond 1.5 quartile ranges (or as the plan says), among the sampled rows."""
    distinct: int | None = None
    """Different values among the sampled rows."""


class Notice(BaseModel):
    """Something that deserves a look before anything is trained on the table."""

    about: str
    """constant, empty, mostly_missing, identifier, mixed, copy, tells or formula."""
    column: str
    detail: str = ""


class Found(BaseModel):
    """What was found in a file."""

    rows: int
    encoding: str
    delimiter: str
    unnamed: tuple[str, ...] = ()
    duplicates: int | None = None
    """Rows that repeat an earlier one; None where they were kept and not counted."""
    blank_lines: int = 0
    trimmed: int = 0
    sampled: int = 0
    columns: tuple[FoundColumn, ...] = ()
    notices: tuple[Notice, ...] = ()


class Look:
    """Adds up what batches of one table hold, in order."""

    def __init__(self, kinds: dict[str, str], stride: int, stated: set[str]) -> None:
        self.kinds = dict(kinds)
        self.rows = 0
        self.duplicates = 0
        self.blank_lines = 0
        self.trimmed = 0
        self.missing = dict.fromkeys(kinds, 0)
        self.unfit = dict.fromkeys(kinds, 0)
        self.lows: dict[str, Any] = dict.fromkeys(kinds)
        self.highs: dict[str, Any] = dict.fromkeys(kinds)
        self.moments = {name: Moments() for name, kind in kinds.items() if types.is_numeric(kind)}
        self._stated = stated
        self._stride = stride
        self._offset = 0
        self._cells: list[pl.DataFrame] = []
        self._values: list[pl.DataFrame] = []

    def add(self, block: Block, values: pl.DataFrame) -> None:
        """The next rows: as text, and as values."""
        cells = block.frame
        self.blank_lines += block.blank
        self.trimmed += block.trimmed
        self.rows += len(cells)
        holes, were = types.holes(values), types.holes(cells)
        for name in self.kinds:
            self.missing[name] += holes[name]
            if name in self._stated:
                self.unfit[name] += holes[name] - were[name]
        asked = []
        for name, kind in self.kinds.items():
            x = pl.col(name)
            if types.family(kind) != "empty":
                asked += [x.min().alias(f"{name}<"), x.max().alias(f"{name}>")]
            if name in self.moments:
                asked += [
                    x.cast(pl.Float64).mean().alias(f"{name}~"),
                    x.cast(pl.Float64).var(ddof=0).alias(f"{name}^"),
                ]
        row = values.select(asked).row(0, named=True) if asked and len(values) else {}
        for name in self.kinds:
            low, high = row.get(f"{name}<"), row.get(f"{name}>")
            if low is not None:
                self.lows[name] = low if self.lows[name] is None else min(self.lows[name], low)
                self.highs[name] = high if self.highs[name] is None else max(self.highs[name], high)
            if name in self.moments and low is not None:
                count = len(values) - holes[name]
                self.moments[name].merge(count, row[f"{name}~"], row[f"{name}^"] * count)
        if len(cells):
            self._cells.append(cells.gather_every(self._stride, self._offset))
            self._values.append(values.gather_every(self._stride, self._offset))
            self._offset = (self._offset - len(cells)) % self._stride

    def sample(self) -> pl.DataFrame:
        """Values of rows spread evenly over the file."""
        return pl.concat(self._values)

    def columns(self, reach: float, target: str | None) -> tuple[tuple[FoundColumn, ...], tuple[Notice, ...]]:
        """Each column, and what deserves a look; `reach` is how many quartile ranges make an outlier."""
        sample, cells = self.sample(), pl.concat(self._cells)
        numbers = sample.select([pl.col(name).cast(pl.Float64) for name in self.moments])
        kept = Numbers(None)
        kept.add(numbers)
        bounds = quartile_bounds(kept, reach)
        far = [
            ((pl.col(name) < low) | (pl.col(name) > high)).sum().alias(name)
            for name, (low, high) in bounds.items()
        ]
        outliers = numbers.select(far).row(0, named=True) if far else {}
        found, notices = [], []
        for values, text in zip(sample.get_columns(), cells.get_columns(), strict=True):
            name = values.name
            moments = self.moments.get(name)
            holes = values.null_count()
            column = FoundColumn(
                name=name,
                type=types.family(self.kinds[name]),
                missing=self.missing[name],
                unfit=self.unfit[name],
                low=_short(self.lows[name]),
                high=_short(self.highs[name]),
                mean=moments.mean if moments and moments.count else None,
                deviation=moments.deviation() if moments and moments.count else None,
                outliers=outliers.get(name),
                distinct=values.n_unique() - (holes > 0),
            )
            found.append(column)
            notices += self._notices(column, values, text)
        if target in self.kinds:
            notices += _copies(sample, self.kinds, target)
        return tuple(found), tuple(notices)

    def _notices(self, column: FoundColumn, values: pl.Series, cells: pl.Series) -> list[Notice]:
        name, kind = column.name, self.kinds[column.name]
        known = len(values) - values.null_count()
        if self.missing[name] == self.rows:
            return [Notice(about="empty", column=name)]
        found = []
        if self.missing[name] > MOSTLY * self.rows:
            found.append(
                Notice(about="mostly_missing", column=name, detail=f"{self.missing[name] / self.rows:.0%}")
            )
        if self.lows[name] == self.highs[name]:
            found.append(Notice(about="constant", column=name, detail=str(column.low)))
        elif known >= FEWEST and column.distinct == known and kind in ("whole", "text"):
            counted = kind == "whole" and bool(values.drop_nulls().is_sorted())
            if kind == "text" or counted or _IDENTIFIER.search(name):
                found.append(Notice(about="identifier", column=name))
        if kind == "text":
            text = cells.drop_nulls()
            if formulas := int(text.str.contains(_FORMULA).sum()):
                found.append(Notice(about="formula", column=name, detail=str(formulas)))
            numbers = text.str.contains(_DIGITS)
            share = int(numbers.sum()) / max(1, len(text))
            if MOSTLY <= share < 1:
                others = text.filter(~numbers).unique(maintain_order=True).head(3).to_list()
                found.append(Notice(about="mixed", column=name, detail=", ".join(map(str, others))[:80]))
        return found


def _copies(sample: pl.DataFrame, kinds: dict[str, str], target: str) -> list[Notice]:
    """Columns from which the target can be read off: what a model learns from them is not there when it is used."""
    found = []
    goal = sample[target]
    for column in sample.get_columns():
        name, kind = column.name, kinds[column.name]
        both = pl.DataFrame([column, goal]).drop_nulls() if name != target else sample.head(0)
        if len(both) < FEWEST or both[target].n_unique() < 2:
            continue
        if types.is_numeric(kind) and types.is_numeric(kinds[target]):
            together = both.select(
                pl.corr(pl.col(name).cast(pl.Float64), pl.col(target).cast(pl.Float64))
            ).item()
            if together is not None and abs(together) > 0.999:
                found.append(Notice(about="copy", column=name, detail=f"r = {together:.4f}"))
                continue
        values = both[name].n_unique()
        if 1 < values <= len(both) // 5 and both.n_unique() == values:
            found.append(Notice(about="tells", column=name, detail=str(values)))
    return found


def _short(value: Any) -> Any:
    """A smallest or largest value as the report shows it."""
    value = types.as_json(value)
    return value[:40] if isinstance(value, str) else value
