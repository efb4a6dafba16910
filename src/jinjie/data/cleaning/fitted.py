"""What a plan has learnt from a table, and applying it to any other: numbers and words, so that it travels as JSON.

The steps are polars expressions: they stream, and what they do to a row depends on that row alone (dropping rows that
repeat excepted).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from jinjie.base.config import Config
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.data.cleaning import types
from jinjie.data.cleaning.plan import Cleaning
from jinjie.data.cleaning.predict import Model

if TYPE_CHECKING:
    import polars as pl
else:
    pl = lazy("polars")


class Learnt(Config):
    """What was learnt of one column. What its rules do not need is None."""

    name: str
    kind: str
    """Its type, see `types`."""
    low: float | None = None
    high: float | None = None
    """The bounds within which a number is no outlier."""
    fill: bool | int | float | str | None = None
    model: Model | None = None
    """Fills where it is given; `fill` is what it falls back on."""
    shift: float | None = None
    factor: float | None = None
    """A scaled value is (x - shift) / factor."""
    categories: tuple[bool | int | float | str, ...] | None = None

    @property
    def numeric(self) -> bool:
        return types.is_numeric(self.kind)

    def value(self, stored: Any) -> Any:
        """A value as JSON keeps it, as the column holds it: days and moments are words in JSON."""
        if types.family(self.kind) == "date" and isinstance(stored, str):
            return (datetime if "%H" in self.kind or "T" in stored else date).fromisoformat(stored)
        return stored

    def outside(self) -> pl.Expr:
        """Whether the value lies outside the bounds; false where it is missing."""
        x = pl.col(self.name)
        return ((x < self.low) | (x > self.high)).fill_null(False)


class Fitted(Config):
    """A plan and what it learnt, column by column."""

    cleaning: Cleaning
    columns: tuple[Learnt, ...]
    rows: int
    """Rows that it was learnt from."""

    def to_json(self) -> str:
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises ValueError when the text is not what `to_json` writes."""
        return cls.model_validate_json(text)

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The table cleaned: values typed, repeated rows dropped if the plan says so, order kept.

        Text in a column of numbers counts as missing. Columns that were not fitted are left out. Raises InvalidInput
        naming every column that is not there.
        """
        values = self.typed(frame)
        if self.cleaning.duplicates == "drop":
            same = list(self.cleaning.same) or None
            values = values.unique(subset=same, keep="first", maintain_order=True)
        treated = self.treated(values)
        if conditions := [condition for _, _, condition in self.drops()]:
            treated = treated.filter(~pl.any_horizontal(conditions))
        return self.finished(treated)

    def typed(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Text turned into values, words for missing and NaN into null."""
        schema = frame.collect_schema()
        gone = [c.name for c in self.columns if c.name not in schema]
        if gone:
            known = ", ".join(schema.names())
            raise InvalidInput([Problem(name, "clean.column_gone", names=known) for name in gone])
        return frame.select([self._value(c, schema[c.name]).alias(c.name) for c in self.columns])

    def _value(self, column: Learnt, dtype: pl.DataType) -> pl.Expr:
        x = pl.col(column.name)
        if dtype.is_float():
            return x.fill_nan(None)
        if dtype in (pl.Categorical, pl.Enum):
            return x.cast(pl.String)
        return x if dtype != pl.String else _from_text(column, self.cleaning.missing_words)

    def treated(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Outliers clipped or blanked. Takes and gives values."""
        changed = []
        for column in self.columns:
            rule = self.cleaning.rule(column.name, "outliers")
            if column.low is not None and rule == "clip":
                x = pl.col(column.name).cast(pl.Float64)
                changed.append(x.clip(column.low, column.high).alias(column.name))
            elif column.low is not None and rule == "blank":
                x = pl.col(column.name)
                changed.append(pl.when(~column.outside()).then(x).otherwise(None).alias(column.name))
        return frame.with_columns(changed)

    def drops(self) -> list[tuple[str, str, pl.Expr]]:
        """Why rows go: (outlier or missing, the column, whether). For values that `treated` gave."""
        found = []
        for column in self.columns:
            if column.low is not None and self.cleaning.rule(column.name, "outliers") == "drop":
                found.append(("outlier", column.name, column.outside()))
        for column in self.columns:
            if self.cleaning.rule(column.name, "missing") == "drop":
                found.append(("missing", column.name, pl.col(column.name).is_null()))
        return found

    def finished(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Missing values filled, then numbers scaled and categories encoded. Takes what `treated` gave."""
        return frame.with_columns(self.fills()).select(
            [expression for column in self.columns for expression in self._final(column)]
        )

    def fills(self) -> list[pl.Expr]:
        """One expression for every column that is filled."""
        found = []
        for column in self.columns:
            if column.fill is None:
                continue
            x = pl.col(column.name)
            fill = column.value(column.fill)
            if column.model is not None:
                predicted = column.model.predict(whole=column.kind.startswith("whole"))
                x = x.fill_null(predicted)
            if isinstance(fill, float):
                x = x.cast(pl.Float64)
            found.append(x.fill_null(fill).alias(column.name))
        return found

    def _final(self, column: Learnt) -> list[pl.Expr]:
        x = pl.col(column.name)
        if column.shift is not None:
            return [((x.cast(pl.Float64) - column.shift) / column.factor).alias(column.name)]
        if column.categories is None:
            return [x]
        if types.family(column.kind) == "truth":
            return [x.cast(pl.Int8).alias(column.name)]
        values = [column.value(stored) for stored in column.categories]
        if self.cleaning.rule(column.name, "encode") == "ordinal":
            places = pl.lit(None, pl.Int64)
            if values:
                places = x.replace_strict(
                    values, list(range(len(values))), default=None, return_dtype=pl.Int64
                )
            return [places.alias(column.name)]
        return [
            (x == value).fill_null(False).cast(pl.Int8).alias(indicator(column.name, value))
            for value in values
        ]


def indicator(name: str, value: Any) -> str:
    """The name of a one-hot column."""
    return f"{name}={value}"


def _from_text(column: Learnt, missing: tuple[str, ...]) -> pl.Expr:
    """A cell as it stands in a file: without spaces around it, null where it says missing, then its value."""
    cell = pl.col(column.name).str.strip_chars()
    known = pl.when(cell.is_in(list(missing))).then(None).otherwise(cell).alias(column.name)
    return types.parse(column.name, column.kind, known)
