"""The cleaning of one block after another: which rows go and why, which cells change, and the lines that are written.

A column that no step changes is written as it stood, letter by letter: 1.50 stays 1.50.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Literal

from jinjie.base.lazy import lazy
from jinjie.data.cleaning import types
from jinjie.data.cleaning.fit import fill_rule
from jinjie.data.cleaning.fitted import Fitted, Learnt
from jinjie.data.cleaning.report import SHOWN, Dropped, Step

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from jinjie.data.cleaning.source import Block
else:
    np = lazy("numpy")
    pl = lazy("polars")

Why = Literal["duplicate", "outlier", "missing"]


class Work:
    """Applies what was learnt to the blocks of a file, in order, writes what is left and counts what was done."""

    def __init__(self, fitted: Fitted, handle: IO[bytes], stride: int) -> None:
        self.fitted = fitted
        self.rows = 0
        self.dropped: list[Dropped] = []
        self.reasons: dict[tuple[Why, str], int] = {}
        self.columns: tuple[str, ...] = ()
        self._handle = handle
        self._changed = {c.name for c in fitted.columns if self._changes(c)}
        self._treats = [
            c
            for c in fitted.columns
            if c.low is not None and fitted.cleaning.rule(c.name, "outliers") in ("clip", "blank")
        ]
        self._treated = dict.fromkeys((c.name for c in self._treats), 0)
        self._filled = {c.name: 0 for c in fitted.columns if c.fill is not None}
        self._stride = stride
        self._offset = 0
        self._sample: list[pl.DataFrame] = []

    def add(self, block: Block, values: pl.DataFrame, first: np.ndarray[Any, Any] | None) -> None:
        """Clean one block, whose values are given; `first` (N) is false where a row repeats an earlier one."""
        treated = self.fitted.treated(values.lazy()).collect() if self._treats else values
        keep, gone = self._decide(treated, first)
        self._note(block, gone)
        if self._treats:
            outside = values.select([c.outside().alias(c.name) for c in self._treats])
            for column in self._treats:
                self._treated[column.name] += int((outside[column.name].to_numpy() & keep).sum())
        cells = block.frame
        if gone:
            mask = pl.Series(keep)
            cells = cells.filter(mask)
            treated = treated.filter(mask) if self._changed or self._filled else treated
        if self._filled:
            holes = treated.null_count().row(0, named=True)
            for name in self._filled:
                self._filled[name] += holes[name]
        written = self._assemble(cells, treated)
        written.write_csv(self._handle, include_header=not self.columns)
        self.columns = tuple(written.columns)
        self.rows += len(cells)
        if len(written):
            self._sample.append(written.gather_every(self._stride, self._offset))
            self._offset = (self._offset - len(written)) % self._stride

    def sample(self) -> pl.DataFrame:
        """Rows of the cleaned table, spread evenly over it."""
        return pl.concat(self._sample) if self._sample else pl.DataFrame()

    def steps(self) -> list[Step]:
        """What was done, in the order in which it was done."""
        rule = self.fitted.cleaning.rule
        found: list[Step] = []
        same = ", ".join(self.fitted.cleaning.same)
        if repeated := self.reasons.get(("duplicate", "")):
            found.append(Step(did="duplicates", count=repeated, values={"same": same} if same else {}))
        by_name = {c.name: c for c in self.fitted.columns}
        for (why, column), count in self.reasons.items():
            c = by_name.get(column)
            if why == "outlier" and c is not None:
                found.append(Step(did="outlier_dropped", column=column, count=count, values=_bounds(c)))
        for column, count in self._treated.items():
            did: Literal["clipped", "blanked"] = (
                "clipped" if rule(column, "outliers") == "clip" else "blanked"
            )
            if count:
                found.append(Step(did=did, column=column, count=count, values=_bounds(by_name[column])))
        for (why, column), count in self.reasons.items():
            if why == "missing":
                found.append(Step(did="missing_dropped", column=column, count=count))
        for column, count in self._filled.items():
            if count:
                found.append(self._filling(by_name[column], count))
        for c in self.fitted.columns:
            if c.shift is not None and rule(c.name, "scale") == "standard":
                values = {"mean": c.shift, "deviation": c.factor}
                found.append(Step(did="standardised", column=c.name, count=self.rows, values=values))
            elif c.shift is not None:
                values = {"low": c.shift, "high": c.shift + (c.factor or 0)}
                found.append(Step(did="minmax", column=c.name, count=self.rows, values=values))
            elif c.categories is not None:
                found.append(self._encoding(c))
        return found

    def _filling(self, column: Learnt, count: int) -> Step:
        if column.model is not None:
            model = column.model
            score, baseline = f"{model.score:.3f}", f"{model.baseline:.3f}"
            values: dict[str, Any] = {"score": score, "baseline": baseline, "rows": model.rows}
            return Step(did="predicted", column=column.name, count=count, values=values)
        rule = fill_rule(self.fitted.cleaning, column.name, column.kind).partition(":")[0]
        if rule == "predict":  # what a model that beats nothing gives way to
            rule = "median" if column.numeric else "mode"
        return Step(
            did="filled", column=column.name, count=count, values={"value": column.fill, "rule": rule}
        )

    def _encoding(self, column: Learnt) -> Step:
        if types.family(column.kind) == "truth":
            return Step(did="truth", column=column.name, count=self.rows)
        onehot = self.fitted.cleaning.rule(column.name, "encode") == "onehot"
        values = {"categories": len(column.categories or ())}
        return Step(did="onehot" if onehot else "ordinal", column=column.name, count=self.rows, values=values)

    def _changes(self, column: Learnt) -> bool:
        """Whether a column is written from its values, not letter by letter."""
        rule = self.fitted.cleaning.rule(column.name, "outliers")
        return (
            types.rewritten(column.kind)
            or (column.low is not None and rule in ("clip", "blank"))
            or column.model is not None
            or column.shift is not None
            or column.categories is not None
        )

    def _decide(
        self, treated: pl.DataFrame, first: np.ndarray[Any, Any] | None
    ) -> tuple[np.ndarray[Any, Any], list[tuple[Why, str, np.ndarray[Any, Any]]]]:
        """(N) which rows stay, and the others by the first reason that each has."""
        keep = np.ones(len(treated), bool) if first is None else first.copy()
        gone: list[tuple[Why, str, np.ndarray[Any, Any]]] = []
        if not keep.all():
            gone.append(("duplicate", "", np.flatnonzero(~keep)))
        holes = treated.null_count().row(0, named=True)
        drops = [drop for drop in self.fitted.drops() if drop[0] != "missing" or holes[drop[1]]]
        hits = treated.select([condition.alias(str(i)) for i, (_, _, condition) in enumerate(drops)])
        for (why, name, _), found in zip(drops, hits.get_columns(), strict=True):
            hit = found.to_numpy() & keep
            if hit.any():
                gone.append(("missing" if why == "missing" else "outlier", name, np.flatnonzero(hit)))
                keep &= ~hit
        return keep, gone

    def _note(self, block: Block, gone: list[tuple[Why, str, np.ndarray[Any, Any]]]) -> None:
        room = SHOWN - len(self.dropped)
        fresh = []
        for why, name, rows in gone:
            self.reasons[why, name] = self.reasons.get((why, name), 0) + len(rows)
            if room > 0:
                fresh += [Dropped(line=int(n), why=why, column=name) for n in block.lines(rows[:room])]
        self.dropped += sorted(fresh, key=lambda row: row.line)[: max(0, room)]

    def _assemble(self, cells: pl.DataFrame, treated: pl.DataFrame) -> pl.DataFrame:
        """The rows as they are written."""
        texts = [
            pl.col(c.name).fill_null(_text(c))
            for c in self.fitted.columns
            if c.fill is not None and c.name not in self._changed
        ]
        if texts:
            cells = cells.with_columns(texts)
        if not self._changed:
            return cells
        finished = self.fitted.finished(treated.lazy()).collect()
        scaled = {c.name for c in self.fitted.columns if c.shift is not None}
        kept = [column for column in cells.get_columns() if column.name not in self._changed]
        numbers = [
            _number(name)
            for name, dtype in finished.schema.items()
            if dtype == pl.Float64 and name in self._changed and name not in scaled
        ]
        return finished.with_columns(numbers).with_columns(kept)


def _number(name: str) -> pl.Expr:
    """A number as a person writes it: 1200, not 1200.0."""
    x = pl.col(name)
    whole = (x == x.floor()) & (x.abs() < 1e15)
    written = pl.when(whole).then(x.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(x.cast(pl.String))
    return written.alias(name)


def _bounds(column: Learnt) -> dict[str, Any]:
    return {"low": column.low, "high": column.high}


def _text(column: Learnt) -> str:
    """A fill as it is written among cells that stay as they stood."""
    if isinstance(column.fill, bool):
        words = column.kind.partition(":")[2].split("/")
        return words[0] if column.fill else words[1]
    return str(column.fill)
