"""What the parts of a `Shown` may hold: labels, numbers, matrices, each checked and bounded before it is copied."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jinjie.base.errors import JinjieError
from jinjie.base.words import Text

MOST_NUMBERS = 60_000
"""Numbers in one `Shown`: more than a screen has points to show them."""
MOST_ROWS, MOST_COLUMNS = 200, 200
LONGEST = 4000
"""Characters of a text."""


class NotShown(JinjieError):
    """What a function returned cannot be shown; the sentence says why."""


def label(value: Any) -> Text:
    """A label in both languages; a plain string is the same in both. Raises NotShown."""
    if isinstance(value, Mapping) and set(value) == {"en", "zh"}:
        value = Text(value["en"], value["zh"])
    text = value if isinstance(value, Text) else Text(value, value)
    for said in (text.en, text.zh):
        if not isinstance(said, str):
            raise NotShown("experiment.no_text", came=type(said).__name__)
        at_most(len(said), LONGEST, "text")
    return text


def numbers(values: Any, what: str) -> tuple[float, ...]:
    """Plain floats. Raises NotShown naming what is none, before anything large is copied."""
    shape = getattr(values, "shape", None)
    if shape is not None:
        if len(shape) != 1:
            raise NotShown("experiment.not_flat", what=what, shape=str(tuple(shape)))
        at_most(int(shape[0]), MOST_NUMBERS, what)
        values = values.tolist()
    return tuple(one_number(value, what) for value in sequence(values, what))


def one_number(value: Any, what: str) -> float:
    if value in ("nan", "inf", "-inf") and isinstance(value, str):
        return float(value)
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise NotShown("experiment.not_numbers", what=what, came=came(value))
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise NotShown("experiment.not_numbers", what=what, came=came(value)) from None


def sequence(values: Any, what: str) -> Sequence[Any]:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise NotShown("experiment.not_numbers", what=what, came=came(values))
    if not hasattr(values, "__len__"):
        values = first(values, MOST_NUMBERS + 1)
    at_most(len(values), MOST_NUMBERS, what)
    return values if isinstance(values, Sequence) else list(values)


def first(values: Iterable[Any], most: int) -> list[Any]:
    """The first of what may never end."""
    return [value for value, _ in zip(values, range(most), strict=False)]


def matrix(values: Any, what: str) -> tuple[tuple[float, ...], ...]:
    shape = getattr(values, "shape", None)
    if shape is not None:
        if len(shape) != 2:
            raise NotShown("experiment.not_a_matrix", what=what, shape=str(tuple(shape)))
        at_most(int(shape[0]), MOST_ROWS, what)
        at_most(int(shape[1]), MOST_COLUMNS, what)
        values = values.tolist()
    rows = tuple(numbers(row, what) for row in rows_of(values, what))
    if not rows or not rows[0]:
        raise NotShown("experiment.empty", what=what)
    if odd := next((row for row in rows if len(row) != len(rows[0])), None):
        raise NotShown("experiment.uneven", what=what, sizes=f"{len(odd)}, {len(rows[0])}")
    at_most(len(rows[0]), MOST_COLUMNS, what)
    return rows


def rows_of(values: Any, what: str = "rows") -> Sequence[Any]:
    rows = sequence(values, what)
    at_most(len(rows), MOST_ROWS, what)
    return rows


def labels_of(values: Any, what: str, count: int | None) -> tuple[Text, ...]:
    names = tuple(label(value) for value in rows_of(values, what))
    if count is not None and names and len(names) != count:
        raise NotShown("experiment.uneven", what=what, sizes=f"{len(names)}, {count}")
    return names


def interval(value: Any, what: str) -> tuple[float, float] | None:
    if value is None:
        return None
    pair = numbers(value, what)
    if len(pair) != 2 or not -math.inf < pair[0] < pair[1] < math.inf:
        raise NotShown("experiment.no_range", what=what, came=str(pair)[:60])
    return pair[0], pair[1]


def whole(value: Any, what: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise NotShown("experiment.no_whole", what=what, low=low, high=high, came=came(value))
    return value


def table_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str | Text) or (isinstance(value, Mapping) and set(value) == {"en", "zh"}):
        return float(value) if value in ("nan", "inf", "-inf") else label(value)
    if isinstance(value, int) and abs(value) < 10**300:
        return value
    return one_number(value, "rows")


def at_most(count: int, most: int, what: str) -> None:
    if count > most:
        raise NotShown("experiment.too_many", what=what, count=count, most=most)


def came(value: Any) -> str:
    said = repr(value) if isinstance(value, str | int | float | bool | type(None)) else type(value).__name__
    return said if len(said) <= 40 else said[:39] + "…"
