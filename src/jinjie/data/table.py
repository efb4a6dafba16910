"""A CSV of your own for regression: numeric columns, one of them the target.

Reading takes the quick way (polars); only a file that does not fit is read again, slowly, to name the line and column
of everything that is wrong with it.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.base.files import write_json
from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.base.words import Text
from jinjie.data.batching import Examples
from jinjie.data.dataset import SPLITS, About, Arrays, DataConfig, Processor, Report, Split
from jinjie.data.reading import UserPath, at_most, read_text

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
else:
    np = lazy("numpy")
    pl = lazy("polars")

LARGEST = 1e18
"""Larger numbers are refused: their squares, which losses and deviations are made of, leave fp32's range."""
FEWEST = 10
"""Rows below which no split is worth its name."""


class Config(DataConfig):
    """Numeric columns x (B, columns) and the target y (B, 1), float32, in the target's own unit."""

    kind: Literal["table"] = "table"
    tasks: ClassVar[tuple[str, ...]] = ("regress",)
    path: UserPath = option(..., "a CSV file of your own, with a header line", "自己的 CSV 文件，首行为列名")
    target: str | None = option(
        None, "the column to predict; the last one when empty", "要预测的列；留空为最后一列"
    )
    standardise: bool = option(
        True, "bring every input to mean 0 and deviation 1", "把每个输入列变为均值 0、标准差 1"
    )

    def about(self) -> About:
        return about_file(self.path)

    def load(self, report: Report | None = None) -> Examples:
        """Raises InvalidInput naming the line and column of every problem."""
        return load(self.path, self.target, None, self.standardise)

    def open_processor(self, folder: Path) -> NumbersProcessor:
        return NumbersProcessor.load(folder)


class NumbersProcessor(Processor):
    """Numbers as a person types them, `3.5` or `1, 2, 3`, to x (1, columns) on the scale that the model learned."""

    def __init__(
        self, names: Sequence[str], mean: Sequence[float] = (), deviation: Sequence[float] = ()
    ) -> None:
        self.names = tuple(names)
        self.mean = tuple(mean) or (0.0,) * len(self.names)
        self.deviation = tuple(deviation) or (1.0,) * len(self.names)

    def encode(self, text: str) -> Arrays:
        words = text.replace("，", ",").replace(",", " ").split()
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = []
        if len(values) != len(self.names) or not all(map(math.isfinite, values)):
            names = ", ".join(self.names)
            raise InvalidInput(
                [Problem("", "data.numbers_expected", count=len(self.names), names=names, came=text)]
            )
        return {"x": self.scaled(np.array([values]))}

    def encode_rows(
        self, text: pl.DataFrame, where: Sequence[str], missing: Sequence[str] = ()
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """As `encode` of each row of a table whose cells are text (N rows), by the columns' names: x (N, columns), and
        which rows those are, which is all: no number may be missing. Other columns are passed over.

        Raises InvalidInput naming every column that is not there, and every cell that is no number by its place.
        """
        problems = [
            Problem(name, "features.column_missing", suggestion=did_you_mean(name, text.columns))
            for name in self.names
            if name not in text.columns
        ]
        if problems:
            raise InvalidInput(problems)
        columns = []
        for name in self.names:
            cells = text[name].fill_null("").str.strip_chars()
            values = cells.cast(pl.Float64, strict=False)
            wrong = (values.abs() <= LARGEST).fill_null(False).not_().arg_true().to_list()
            problems += [
                Problem(f"{where[row]} {name}", "data.not_a_number", name=name, came=cells[row])
                if cells[row]
                else Problem(f"{where[row]} {name}", "data.empty_cell", name=name)
                for row in wrong
            ]
            columns.append(values.to_numpy())
        if problems:
            raise at_most(problems, "--file")
        return self.scaled(np.stack(columns, axis=1)), np.arange(len(text))

    def scaled(self, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """(N, columns) float32 from raw values."""
        scaled: np.ndarray[Any, Any] = (x - np.array(self.mean)) / np.array(self.deviation)
        return scaled.astype(np.float32)

    def raw(self, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """(N, columns) float64 from scaled values: `scaled` undone."""
        values: np.ndarray[Any, Any] = x * np.array(self.deviation) + np.array(self.mean)
        return values

    def describe(self, x: np.ndarray[Any, Any]) -> str:
        values = zip(self.names, self.raw(x), strict=True)
        return ", ".join(f"{name}={value:.6g}" for name, value in values)

    def save(self, folder: Path) -> None:
        write_json(
            folder / "numbers.json", {"names": self.names, "mean": self.mean, "deviation": self.deviation}
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls(**json.loads((folder / "numbers.json").read_bytes()))


def load(path: str, target: str | None, inputs: int | None, standardise: bool) -> Examples:
    """A CSV as examples: `target` (the last column when None), and the first `inputs` of the others (all when None)."""
    names, values = read_numbers(path)
    if target is not None and target not in names:
        suggestion = did_you_mean(target, names)
        raise InvalidInput(
            [Problem("data.target", "data.no_such_column", came=target, path=path, suggestion=suggestion)]
        )
    goal = len(names) - 1 if target is None else names.index(target)
    columns = [i for i in range(len(names)) if i != goal][:inputs]
    x, y = values[:, columns], values[:, [goal]]
    chosen = [names[i] for i in columns]
    about = about_file(path, len(columns) + 1, len(x))
    if not standardise:
        return examples(x, y, about, NumbersProcessor(chosen), seed=0)
    train = x[order(len(x), seed=0)["train"]]
    deviation = train.std(0)
    deviation[deviation == 0] = 1.0  # a constant column stays constant
    return examples(x, y, about, NumbersProcessor(chosen, train.mean(0).tolist(), deviation.tolist()), seed=0)


def examples(
    x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], about: About, processor: NumbersProcessor, seed: int
) -> Examples:
    """Raw x (N, columns) and y (N, 1) shuffled into splits and brought to the processor's scale."""
    x, y = processor.scaled(x), y.astype(np.float32)
    splits: dict[Split, Arrays] = {
        split: {"x": x[rows], "y": y[rows]} for split, rows in order(len(x), seed).items()
    }
    return Examples(splits, about, processor, {"inputs": x.shape[1], "outputs": 1})


def order(count: int, seed: int) -> dict[Split, np.ndarray[Any, Any]]:
    """Which rows belong to which split."""
    sizes = shares(count)
    cuts = np.cumsum([sizes[split] for split in SPLITS])[:-1]
    return dict(zip(SPLITS, np.split(numpy_generator(seed, "split").permutation(count), cuts), strict=True))


def shares(count: int) -> dict[Split, int]:
    """70 % to learn from, 10 % to watch, 20 % to test."""
    validation, test = count // 10, count // 5
    return {"train": count - validation - test, "validation": validation, "test": test}


def about_file(path: str, columns: int | None = None, rows: int | None = None) -> About:
    """What can be said of a CSV without (or, given its sizes, after) reading it."""
    return About(
        title=Text(en=f"Your table {path}", zh=f"自己的表格 {path}"),
        real=True,
        source=path,
        licence="yours",
        counts={} if rows is None else {str(split): n for split, n in shares(rows).items()},
        facts={"outputs": 1} if columns is None else {"inputs": columns - 1, "outputs": 1},
    )


def read_numbers(path: str) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Column names and values (N, columns) float64 of a CSV with a header.

    Raises InvalidInput naming the line and column of every problem: a missing or empty file, bytes that are not UTF-8,
    no header, one column, lines of another length, cells that are empty or no finite number, fewer than ten rows.
    """
    text = read_text(path)
    try:
        frame = pl.read_csv(io.BytesIO(text.encode()), infer_schema=False)
        values = frame.select(pl.all().str.strip_chars().cast(pl.Float64, strict=True)).to_numpy()
    except (pl.exceptions.PolarsError, TypeError):
        return _read_slowly(path, text)
    names = [name.strip() for name in next(csv.reader(io.StringIO(text)))]
    fits = len(names) == frame.width > 1 and len(frame) >= FEWEST and bool((np.abs(values) <= LARGEST).all())
    if not fits or len(set(names)) < len(names) or all(map(_number, names)):
        return _read_slowly(path, text)
    return names, values


def _read_slowly(path: str, text: str) -> tuple[list[str], np.ndarray[Any, Any]]:
    """As `read_numbers`, cell by cell, so that every problem is found with its line and column."""
    reader = csv.reader(io.StringIO(text))
    found: list[Problem] = []
    rows: list[list[float]] = []
    names: list[str] = []
    count = 0
    try:
        names = [name.strip() for name in next(reader)]
        if len(names) < 2:
            raise InvalidInput([Problem(path, "data.one_column", name=names[0] if names else "")])
        if all(map(_number, names)):
            found.append(Problem(f"{path}:1", "data.no_header", came=", ".join(names)))
        for name in sorted({name for name in names if names.count(name) > 1}):
            found.append(Problem(f"{path}:1", "data.column_twice", name=name))
        for row in filter(None, reader):  # an empty line is no row
            count += 1
            wrong = _wrong_cells(f"{path}:{reader.line_num}", names, row)
            found += wrong
            if not wrong:
                rows.append([float(cell) for cell in row])
    except csv.Error as error:
        found.append(Problem(f"{path}:{reader.line_num}", "data.unreadable", path=path, reason=str(error)))
    if count < FEWEST:
        found.append(Problem(path, "data.too_few_rows", came=count, fewest=FEWEST))
    if found:
        raise at_most(found, path)
    return names, np.array(rows)


def _wrong_cells(where: str, names: list[str], row: list[str]) -> list[Problem]:
    if len(row) != len(names):
        return [Problem(where, "data.ragged", came=len(row), expected=len(names))]
    found = []
    for name, cell in zip(names, row, strict=True):
        if not cell.strip():
            found.append(Problem(where, "data.empty_cell", name=name))
        elif not _number(cell):
            found.append(Problem(where, "data.not_a_number", name=name, came=cell.strip()))
    return found


def _number(cell: str) -> bool:
    try:
        return abs(float(cell)) <= LARGEST
    except ValueError:
        return False
