"""What a column of text holds: recognised from its cells, confirmed on every one, and turned into values.

A type is a word: `whole`, `number`, `number:thousands`, `number:percent`, `number:¥`, `truth:yes/no`, `date:%Y/%m/%d`,
`text`, and `empty` before a first cell is seen. A column that belies its type climbs to a wider one, at last to text,
and never comes down again, so that one pass finds the type of all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import polars as pl
else:
    pl = lazy("polars")

CURRENCIES = "$¥￥€£元"
TRUTHS = (("true", "false"), ("yes", "no"), ("是", "否"), ("y", "n"), ("t", "f"), ("对", "错"))
DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y"),
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M"),
)
_GUESSED_FROM = 1000
_WHOLE = re.compile(r"[+-]?(0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_GROUPED = r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?|[+-]?\d+(\.\d+)?"
_COMMA = r"[+-]?\d+(,\d+)?"
_MONEY = f"[{CURRENCIES}]"


def guess(cells: list[str], comma: bool = False) -> str:
    """The narrowest type that all of some cells have; `comma` reads 1,5 as one and a half."""
    cells = list(dict.fromkeys(cells))
    if not cells:
        return "empty"
    if all(map(_WHOLE.fullmatch, cells)):
        return "whole"
    if all(map(_NUMBER.fullmatch, cells)):
        return "number" if not _codes(cells) else "text"
    if comma and all(re.fullmatch(_COMMA, cell) for cell in cells):
        return "number:comma" if not _codes(cells) else "text"
    if not comma and all(re.fullmatch(_GROUPED, cell) for cell in cells):
        return "number:thousands" if not _codes(cells) else "text"
    if all(re.fullmatch(rf"({_GROUPED})\s?[%％]", cell) for cell in cells):
        return "number:percent"
    marks = {mark.replace("￥", "¥") for cell in cells for mark in re.findall(_MONEY, cell)}
    if len(marks) == 1:
        mark = marks.pop()
        if all(re.fullmatch(_money(mark), cell) for cell in cells):
            return f"number:{mark}"
    lowered = {cell.lower() for cell in cells}
    for yes, no in TRUTHS:
        if lowered <= {yes, no}:
            return f"truth:{yes}/{no}"
    return _date_form(cells)


def _date_form(cells: list[str]) -> str:
    """The one way in which days are written here; whether every cell is one is seen when they are read.

    03/04/2020 is a day in March or in April: a date only when the column itself settles which.
    """
    fitting: tuple[str, ...] = DATES if cells[0][:1].isdigit() else ()
    for cell in cells:
        fitting = tuple(form for form in fitting if _is_date(cell, form))
        if len(fitting) < 2:
            break
    return f"date:{fitting[0]}" if len(fitting) == 1 else "text"


def _codes(cells: list[str]) -> bool:
    """Whether digits stand for a name: a postcode with a leading zero, a number too long to count with."""
    return any(re.match(r"[+-]?0\d|[+-]?\d{18}", cell) for cell in cells)


def _is_date(cell: str, form: str) -> bool:
    try:
        datetime.strptime(cell, form)
    except ValueError:
        return False
    return True


def recognise(frame: pl.DataFrame, known: dict[str, str], comma: bool = False) -> dict[str, str]:
    """The types of text columns, given those that earlier rows of the table had: equal, or wider.

    `comma` says that numbers have a decimal comma, as in files whose cells are separated by semicolons.
    """
    found = dict(known)
    cells = {column.name: column for column in frame.get_columns() if column.name in found}
    for name, kind in known.items():
        if kind == "empty":
            found[name] = guess(_first(cells[name]), comma)
    doubtful = found
    for _ in range(6):  # no ladder is longer
        belied = belies(frame, typed(frame, doubtful), doubtful)
        if not belied:
            return found
        for name in belied:
            found[name] = _wider(found[name], cells[name], comma)
        doubtful = {name: found[name] for name in belied}
    return found


def _first(cells: pl.Series) -> list[str]:
    """The first cells that are not missing."""
    found = [cell for cell in cells[: 2 * _GUESSED_FROM].to_list() if cell is not None]
    if len(found) < _GUESSED_FROM < len(cells) // 2:
        found = cells.drop_nulls().head(_GUESSED_FROM).to_list()
    return found[:_GUESSED_FROM]


def without(frame: pl.DataFrame, names: Iterable[str], words: tuple[str, ...]) -> pl.DataFrame:
    """Text in which the cells that say missing are null, in columns `names`."""
    names = list(names)
    listed = list(words)
    found = frame.select([pl.col(name).is_in(listed).any().alias(name) for name in names])
    says = [name for name, any_ in found.row(0, named=True).items() if any_] if names else []
    if not says:
        return frame
    return frame.with_columns(
        [pl.when(~pl.col(n).is_in(listed)).then(pl.col(n)).otherwise(None).alias(n) for n in says]
    )


def read(
    frame: pl.DataFrame, types: dict[str, str], words: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cells whose `words` for missing are null, and their values.

    A number cannot say missing, unless a word for it is a number: columns of numbers throughout are not searched.
    """
    values = typed(frame, types)
    safe = not any(_NUMBER.fullmatch(word) for word in words)
    read, were = holes(values), holes(frame)
    plain = {name for name, kind in types.items() if safe and is_numeric(kind) and read[name] == were[name]}
    cells = without(frame, [name for name in types if name not in plain], words)
    if cells is frame:
        return frame, values
    changed = {name: kind for name, kind in types.items() if name not in plain}
    return cells, values.with_columns(typed(cells, changed))


def typed(frame: pl.DataFrame, types: dict[str, str]) -> pl.DataFrame:
    """Text columns as values."""
    return frame.select([parse(name, kind).alias(name) for name, kind in types.items()])


def holes(frame: pl.DataFrame) -> dict[str, int]:
    """How many nulls each column has. (To ask the frame for one column after another takes time that grows with the
    square of their number.)"""
    return {column.name: column.null_count() for column in frame.get_columns()}


def belies(frame: pl.DataFrame, values: pl.DataFrame, types: dict[str, str]) -> list[str]:
    """Columns of text in `frame` with a cell that their type does not allow; `values` is what they became."""
    were = holes(frame)
    columns = {column.name: column for column in values.get_columns()}
    wrong = [
        name
        for name, kind in types.items()
        if kind not in ("text", "empty") and columns[name].null_count() != were[name]
    ]
    passed = set(wrong)
    numbers = [name for name, kind in types.items() if kind == "number" and name not in passed]
    extremes = _extremes(values.select(numbers))
    more = {
        name: _oddity(name, extremes.get(name, 0.0), kind)
        for name, kind in types.items()
        if name not in passed
    }
    asked = [expression.alias(name) for name, expression in more.items() if expression is not None]
    if asked and len(frame):
        row = frame.select(asked).row(0, named=True)
        wrong += [name for name, odd in row.items() if odd]
    return wrong


def _extremes(numbers: pl.DataFrame) -> dict[str, float]:
    """The largest magnitude in each column: infinite where a value is no finite number, 0 where there is none."""
    x = pl.all()
    finite = numbers.select(x.is_finite().all())
    largest = numbers.select(x.abs().max().fill_null(0.0))
    return {
        name: size if known else math.inf
        for name, size, known in zip(numbers.columns, *map(_only_row, (largest, finite)), strict=True)
    }


def _only_row(frame: pl.DataFrame) -> tuple[Any, ...]:
    return frame.row(0) if frame.width else ()


def _oddity(name: str, largest: float, kind: str) -> pl.Expr | None:
    """Whether any cell has a value by its letters, and still is not of its type; None where that cannot be.

    `largest` is the largest magnitude of a column of plain numbers.
    """
    cell = pl.col(name)
    if kind == "empty":
        return cell.is_not_null().any()
    if kind == "whole":
        return (cell.str.starts_with("0") & (cell.str.len_bytes() > 1)).any()
    if kind == "number":
        if math.isinf(largest):
            return pl.lit(True)
        return cell.str.contains(r"^[+-]?\d{18}").any() if largest >= 1e17 else None
    if kind == "number:thousands":
        return ~cell.str.contains(f"^({_GROUPED})$").all()
    if kind == "number:comma":
        return ~cell.str.contains(f"^({_COMMA})$").all()
    if kind == "number:percent":
        return ~cell.str.contains(rf"^({_GROUPED})\s?[%％]$").all()
    if kind.startswith("number:") and kind != "number:any":
        return ~cell.str.contains(f"^({_money(kind[-1])})$").all()
    return None


def _money(mark: str) -> str:
    """The pattern of an amount with a currency's mark; a yuan's is typed in two widths."""
    one = "[¥￥]" if mark == "¥" else re.escape(mark)
    return rf"-?{one}\s?({_GROUPED})|({_GROUPED})\s?{one}"


def _wider(kind: str, cells: pl.Series, comma: bool) -> str:
    """The next type that holds all that `kind` does, if these cells may have it."""
    if kind == "whole":
        codes = cells.str.contains(r"^[+-]?(0\d|\d{18})").any()
        return "text" if codes else "number"
    if kind == "number":
        codes = cells.str.contains(r"^[+-]?(0\d|\d{18})").any()
        return "text" if codes else "number:comma" if comma else "number:thousands"
    return "text"


def parse(name: str, kind: str, cell: pl.Expr | None = None) -> pl.Expr:
    """A text column (or the text `cell`) as values of its type; a cell that has not that type becomes null."""
    cell = pl.col(name) if cell is None else cell
    family, _, form = kind.partition(":")
    match family:
        case "whole" if not form:
            return cell.cast(pl.Int64, strict=False)
        case "whole":
            return _plain(cell).cast(pl.Float64, strict=False).round().cast(pl.Int64, strict=False)
        case "number" if not form:
            return cell.cast(pl.Float64, strict=False)
        case "number" if form == "thousands":
            return cell.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
        case "number" if form == "comma":
            return cell.str.replace_all(",", ".", literal=True).cast(pl.Float64, strict=False)
        case "number" if form == "percent":
            return _plain(cell).cast(pl.Float64, strict=False) / 100
        case "number" if form == "any":
            number = _plain(cell).cast(pl.Float64, strict=False)
            number = pl.when(cell.str.contains("[%％]")).then(number / 100).otherwise(number)
            return pl.when(number.is_finite()).then(number)
        case "number":
            return _plain(cell).cast(pl.Float64, strict=False)
        case "truth":
            pairs = TRUTHS if form == "any" else (tuple(form.split("/")),)
            lowered = cell.str.to_lowercase()
            yes = [pair[0] for pair in pairs] + (["1"] if form == "any" else [])
            no = [pair[1] for pair in pairs] + (["0"] if form == "any" else [])
            return pl.when(lowered.is_in(yes)).then(True).when(lowered.is_in(no)).then(False)
        case "date" if form == "any":
            return pl.coalesce([_date(cell, one) for one in DATES])
        case "date":
            return _date(cell, form)
    return cell


def _plain(cell: pl.Expr) -> pl.Expr:
    return cell.str.replace_all(rf"[,\s%％{CURRENCIES}]", "")


def _date(cell: pl.Expr, form: str) -> pl.Expr:
    if "%H" in form:
        return cell.str.to_datetime(form, time_unit="us", strict=False)
    return cell.str.to_date(form, strict=False)


def stated(kind: str) -> str:
    """The type of a column whose kind the plan states: any way of writing it is taken, all else is missing."""
    return {"number": "number:any", "whole": "whole:any", "truth": "truth:any", "date": "date:any"}.get(
        kind, kind
    )


def of_dtype(dtype: pl.DataType) -> str:
    """The type of a column that is no text: its values are taken as they are."""
    if dtype.is_integer():
        return "whole"
    if dtype.is_float() or dtype.is_decimal():
        return "number"
    if dtype == pl.Boolean:
        return "truth:true/false"
    return "date:%Y-%m-%d" if dtype.is_temporal() else "text"


def family(kind: str) -> str:
    """whole, number, truth, date, text or empty."""
    return kind.partition(":")[0]


def is_numeric(kind: str) -> bool:
    """Whether a column of this type can be averaged."""
    return family(kind) in ("whole", "number")


def rewritten(kind: str) -> bool:
    """Whether cells of this type are written another way: 1,234 as 1234, 12% as 0.12, 2020/1/2 as 2020-01-02."""
    return (
        kind.startswith("number:")
        or kind in ("whole:any", "truth:any")
        or (kind.startswith("date:") and kind not in ("date:%Y-%m-%d", "date:%Y-%m-%d %H:%M:%S"))
    )


def as_json(value: Any) -> Any:
    """A value of any type as JSON holds it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def from_text(word: str, kind: str) -> Any:
    """The value that a word of a plan (`constant:VALUE`) has in a column; None when it has none."""
    if kind in ("text", "empty"):
        return word
    wide = stated(family(kind))
    one = pl.DataFrame({"cell": [word]}, schema={"cell": pl.String})
    value = one.select(parse("cell", "number:any" if is_numeric(kind) else wide)).item()
    return int(value) if family(kind) == "whole" and value is not None and value == int(value) else value
