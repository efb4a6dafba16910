"""Named columns as the numbers that a network takes; what a person types, `Age=35, Home=rent`, as the same numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from jinjie.base.config import Config
from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.base.files import write_whole
from jinjie.base.lazy import lazy
from jinjie.data.cleaning import types
from jinjie.data.cleaning.fitted import Fitted
from jinjie.data.dataset import Arrays, Processor
from jinjie.data.reading import at_most

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
else:
    np = lazy("numpy")
    pl = lazy("polars")

CATEGORIES = 50
"""Different words in a column of text above which it is no choice among few."""
FLAGGED = 10
"""Training rows that must lack a value before its absence is an input: a weight learned of two rows is hearsay."""
LARGEST = 1e18
"""As in `data/table.py`: larger numbers are refused."""
_PAIRS = re.compile(r"[,，;；\n](?=[^,，;；\n=＝]+[=＝])")
"""Where one `name=value` ends and the next begins: a comma inside a value is part of it."""


class Feature(Config):
    """What was learned of one column of the training split, and how it becomes one or more inputs."""

    name: str
    median: float = 0.0
    """Stands in for what is missing, before the next two are applied."""
    mean: float = 0.0
    deviation: float = 1.0
    categories: tuple[str, ...] | None = None
    """The words of a column of text; None for numbers."""
    flag: bool = False
    """Whether an input of its own says that the value is missing."""

    @property
    def inputs(self) -> list[str]:
        """The names of its inputs: `Age`, or `Home=rent` for each word; then `Age?` for what is missing."""
        words = (
            [self.name] if self.categories is None else [f"{self.name}={word}" for word in self.categories]
        )
        return words + [f"{self.name}?"] * self.flag

    def decode(self, inputs: np.ndarray[Any, Any]) -> str:
        """What a person would type for its inputs of one example: `encode` undone, `?` for what is missing."""
        if self.flag and inputs[-1] > 0:
            return "?"
        if self.categories is None:
            # float32 holds a millionth of the deviation: 6000 should not come back as 5999.99, nor nought as −8e-06
            places = -math.ceil(math.log10(1e-6 * self.deviation))
            value = round(float(inputs[0]) * self.deviation + self.mean, places)
            return f"{value + 0.0:.6g}"  # −0.0 is 0
        return self.categories[int(inputs.argmax())] if inputs.max() > 0 else "?"

    def encode(self, column: pl.Series) -> list[np.ndarray[Any, Any]]:
        """Its inputs, each (N,) float64, from a column of N values. A word never seen in training gives zeros."""
        missing = column.is_null().to_numpy()
        if self.categories is None:
            values = numbers(column)
            known = np.where(np.isnan(values), self.median, values)
            found = [(known - self.mean) / self.deviation]
        else:
            words = column.cast(pl.String).to_numpy()
            found = [(words == word).astype(np.float64) for word in self.categories]
        return found + [missing.astype(np.float64)] * self.flag


def numbers(column: pl.Series) -> np.ndarray[Any, Any]:
    """(N,) float64, NaN where there is nothing; dates and moments as days since 1970."""
    if column.dtype.is_temporal():
        column = column.cast(pl.Datetime("ms")).dt.timestamp("ms") / 86_400_000
    values: np.ndarray[Any, Any] = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return values


def learn(frame: pl.DataFrame, flagged: int = FLAGGED) -> tuple[Feature, ...]:
    """The features of a training split: text and truth values as categories, all else as numbers.

    A column that is empty in at least `flagged` rows gets an input that says so. A number's mean and deviation are
    those of the filled column, so its input has mean 0 and deviation 1 exactly. A column without any value tells
    nothing and is left out. Raises InvalidInput naming every column of text with more than 50 different words, which
    is no category.
    """
    found, many = [], []
    for column in frame.get_columns():
        flag = column.null_count() >= flagged
        if column.null_count() == len(column):
            continue
        if column.dtype in (pl.String, pl.Boolean):
            words = column.drop_nulls().cast(pl.String).unique().sort().to_list()
            if len(words) > CATEGORIES:
                many.append(
                    Problem(column.name, "features.too_many_words", count=len(words), most=CATEGORIES)
                )
            found.append(Feature(name=column.name, categories=tuple(words), flag=flag))
            continue
        values = numbers(column)
        median = float(np.nanmedian(values))
        filled = np.where(np.isnan(values), median, values)
        mean, deviation = float(filled.mean()), float(filled.std())
        if deviation == 0 or (filled == filled[0]).all():  # rounding can leave a constant's a little above 0
            mean, deviation = float(filled[0]), 1.0
        found.append(
            Feature(
                name=column.name,
                median=median,
                mean=mean,
                deviation=deviation,
                flag=flag,
            )
        )
    if many:
        raise InvalidInput(many)
    return tuple(found)


def encode(features: Sequence[Feature], frame: pl.DataFrame) -> np.ndarray[Any, Any]:
    """x (N, inputs), float32."""
    columns = [values for feature in features for values in feature.encode(frame[feature.name])]
    # a column that hardly varied in training can throw a later number out of float32's range
    x: np.ndarray[Any, Any] = np.stack(columns, axis=1).clip(-LARGEST, LARGEST).astype(np.float32)
    return x


class Column(Config):
    """A column as a person fills it in."""

    name: str
    kind: str
    """Its type, see `data/cleaning/types.py`."""
    words: tuple[str, ...] | None = None
    """What may stand in a column of text."""

    def read(self, typed: str) -> Any:
        """The value that was typed, None where it has none. A word is recognised whatever the case of its letters."""
        if self.words is not None:
            if typed in self.words:
                return typed
            alike = [word for word in self.words if word.casefold() == typed.casefold()]
            return alike[0] if len(alike) == 1 else None
        cell = pl.DataFrame({"cell": [typed]}, schema={"cell": pl.String})
        own = cell.select(types.parse("cell", self.kind)).item()
        if own is None and types.is_numeric(self.kind):
            own = cell.select(types.parse("cell", "number:any")).item()
        return None if isinstance(own, int | float) and not abs(own) <= LARGEST else own

    def read_all(self, cells: pl.Series) -> pl.Series:
        """As `read` of each of many cells, nulls staying null."""
        if self.words is not None:
            known = {cell: self.read(cell) for cell in cells.drop_nulls().unique().to_list()}
            return cells.replace_strict(known, default=None, return_dtype=pl.String)
        frame = cells.alias("cell").to_frame()
        own = types.parse("cell", self.kind)
        if types.is_numeric(self.kind):
            own = pl.coalesce(own, types.parse("cell", "number:any")).cast(pl.Float64)
            own = pl.when(own.abs() <= LARGEST).then(own)
        return frame.select(own.alias("cell")).to_series()


class Known(Config):
    """All that a finished model must know of its table."""

    labels: tuple[str, ...]
    target: str
    columns: tuple[Column, ...]
    """What may be filled in, before any cleaning."""
    features: tuple[Feature, ...]
    """What the network takes, after it."""
    fitted: Fitted | None = None


class FeaturesProcessor(Processor):
    """`name=value, name=value`, or a JSON object, to x (1, inputs). What is not named counts as missing."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.labels = list(known.labels)

    def encode(self, text: str) -> Arrays:
        """Raises InvalidInput naming every unknown column, unknown word and cell that is no number, all at once."""
        given = self._given(text)
        columns = {column.name: column for column in self.known.columns}
        problems = []
        row: dict[str, Any] = dict.fromkeys(columns)
        for name, typed in given:
            column = columns.get(name)
            if column is None:
                problems.append(
                    Problem(name, "features.no_such_column", suggestion=did_you_mean(name, columns))
                )
                continue
            if typed.strip() in MISSING:
                continue
            row[name] = column.read(typed.strip())
            if row[name] is None:
                problems.append(_unread(name, column, typed))
        if problems:
            raise InvalidInput(problems)
        frame = pl.DataFrame({n: [value] for n, value in row.items()}, schema=self._schema())
        if self.known.fitted is not None:
            frame, kept = apply(self.known.fitted, frame)
            if not len(kept):
                raise InvalidInput([Problem("", "features.cleaned_away", came=text)])
        return {"x": encode(self.known.features, frame)}

    def encode_rows(
        self, text: pl.DataFrame, where: Sequence[str], missing: Sequence[str] = ()
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """As `encode` of each row of a table whose cells are text (N rows), `where` saying where each stands: x of the
        rows that the model's cleaning keeps, and which of the N those are. `missing` are further words for nothing,
        where they are no words of a column. Columns that the model does not know are passed over.

        Raises InvalidInput naming every column that is not there, and every cell that cannot be read by its place.
        """
        columns = self.known.columns
        problems = [
            Problem(
                column.name, "features.column_missing", suggestion=did_you_mean(column.name, text.columns)
            )
            for column in columns
            if column.name not in text.columns
        ]
        if problems:
            raise InvalidInput(problems)
        read: dict[str, pl.Series] = {}
        for column in columns:
            cells = text[column.name].str.strip_chars()
            nothing = [word for word in {*MISSING, *missing} if word not in (column.words or ())]
            cells = cells.set(cells.is_in(nothing).fill_null(False), None)
            read[column.name] = column.read_all(cells)
            wrong = (read[column.name].is_null() & cells.is_not_null()).arg_true().to_list()
            problems += [_unread(f"{where[row]} {column.name}", column, cells[row]) for row in wrong]
        if problems:
            raise at_most(problems, "--file")
        frame = pl.DataFrame([read[name].cast(dtype).alias(name) for name, dtype in self._schema().items()])
        kept = np.arange(len(frame))
        if self.known.fitted is not None:
            frame, kept = apply(self.known.fitted, frame)
        return encode(self.known.features, frame), kept

    def _given(self, text: str) -> list[tuple[str, str]]:
        """The columns named and what was typed for each, in order."""
        example = ", ".join(self._example())
        try:
            found = json.loads(text) if text.strip().startswith("{") else None
        except ValueError as error:
            raise InvalidInput(
                [Problem("", "features.bad_json", reason=str(error), example=example)]
            ) from None
        if isinstance(found, dict):
            return [(str(name), _as_typed(value)) for name, value in found.items()]
        pairs = [re.split("[=＝]", part, maxsplit=1) for part in _PAIRS.split(text)]
        if not all(len(pair) == 2 and pair[0].strip() for pair in pairs):
            raise InvalidInput([Problem("", "features.expected", example=example, came=text)])
        given = [(pair[0].strip(), pair[1]) for pair in pairs]
        names = [name for name, _ in given]
        twice = [Problem(name, "features.twice") for name in dict.fromkeys(names) if names.count(name) > 1]
        if twice:
            raise InvalidInput(twice)
        return given

    def _example(self) -> list[str]:
        """The first few columns, filled in as somebody might."""
        medians = {feature.name: f"{feature.median:g}" for feature in self.known.features}
        dates = [c.name for c in self.known.columns if types.family(c.kind) == "date"]
        return [
            f"{c.name}={c.words[0] if c.words else medians.get(c.name, '1')}"
            for c in self.known.columns
            if c.name not in dates
        ][:3]

    def _schema(self) -> dict[str, Any]:
        made = {"text": pl.String, "truth": pl.Boolean, "whole": pl.Float64, "number": pl.Float64}
        return {
            c.name: made.get(types.family(c.kind), pl.Datetime("us") if "%H" in c.kind else pl.Date)
            for c in self.known.columns
        }

    def describe(self, x: np.ndarray[Any, Any]) -> str:
        told, place = [], 0
        for feature in self.known.features:
            told.append(f"{feature.name}={feature.decode(x[place : place + len(feature.inputs)])}")
            place += len(feature.inputs)
        return ", ".join(told)

    def save(self, folder: Path) -> None:
        write_whole(folder / "features.json", self.known.model_dump_json(indent=1))

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls(Known.model_validate_json((folder / "features.json").read_bytes()))


MISSING = ("", "null", "NA", "?")
"""What a person types for nothing."""


def _unread(where: str, column: Column, typed: str) -> Problem:
    """What is wrong with a cell that has none of its column's values."""
    if column.words is not None:
        suggestion = did_you_mean(typed.strip(), column.words)
        return Problem(where, "features.no_such_word", came=typed.strip(), suggestion=suggestion)
    if types.family(column.kind) == "date":
        return Problem(where, "features.no_date", came=typed, form=column.kind.partition(":")[2])
    return Problem(where, "features.no_number", came=typed)


def _as_typed(value: Any) -> str:
    """A JSON value as one would type it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def apply(fitted: Fitted, frame: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray[Any, Any]]:
    """A table cleaned, and which of its rows are left."""
    place = "\0row"  # no column is called so: CSV files with a NUL are refused
    values = fitted.typed(frame.lazy()).with_columns(pl.Series(place, range(len(frame)), pl.Int64))
    treated = fitted.treated(values)
    for _, _, condition in fitted.drops():
        treated = treated.filter(~condition)
    left = treated.collect()
    return fitted.finished(left.lazy()).collect(), left[place].to_numpy()


def columns_of(frame: pl.DataFrame, kinds: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns of a training split as a person fills them in."""
    found = []
    for column in frame.get_columns():
        words = None
        if column.dtype == pl.String:
            words = tuple(column.drop_nulls().unique().sort().to_list())
        found.append(Column(name=column.name, kind=kinds[column.name], words=words))
    return tuple(found)
