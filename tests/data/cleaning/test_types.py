"""Types are recognised where the whole column agrees, and nowhere else."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from jinjie.data.cleaning import types


def column(cells: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"c": cells}, schema={"c": pl.String})


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-2", None], "whole", [1, -2, None]),
        (["1.5", "2", "1e3", ".5"], "number", [1.5, 2, 1000, 0.5]),
        (["1,234", "12", "-1,234,567.5"], "number:thousands", [1234, 12, -1234567.5]),
        (["12%", "3.5 %"], "number:percent", [0.12, 0.035]),
        (["¥3", "-¥1,000.5"], "number:¥", [3, -1000.5]),
        (["¥3", "￥1,000"], "number:¥", [3, 1000]),  # the same mark in two widths
        (["3元", "4 元"], "number:元", [3, 4]),
        (["Yes", "NO"], "truth:yes/no", [True, False]),
        (["是", "否"], "truth:是/否", [True, False]),
        (["2024-02-29", "2024-03-01"], "date:%Y-%m-%d", [date(2024, 2, 29), date(2024, 3, 1)]),
        (["2024年2月9日"], "date:%Y年%m月%d日", [date(2024, 2, 9)]),
        (["13/02/2024", "01/02/2024"], "date:%d/%m/%Y", [date(2024, 2, 13), date(2024, 2, 1)]),
        (
            ["03/02/2024", "01/02/2024"],
            "text",
            ["03/02/2024", "01/02/2024"],
        ),  # a day in February, or in March
        (["007", "12"], "text", ["007", "12"]),  # a code: its zeros matter
        (["12345678901234567890", "1"], "text", ["12345678901234567890", "1"]),  # no float holds it
        (["1,23", "4"], "text", ["1,23", "4"]),
        (["¥3", "$4"], "text", ["¥3", "$4"]),
        (["1", "inf"], "text", ["1", "inf"]),
        (["1", "x"], "text", ["1", "x"]),
        ([None, None], "empty", [None, None]),
    ],
)
def test_a_type_is_recognised_and_read(cells: list[str | None], kind: str, values: list[Any]) -> None:
    frame = column(cells)
    found = types.recognise(frame, {"c": "empty"})
    assert found == {"c": kind}
    came = types.typed(frame, found)["c"].to_list()
    assert came == (pytest.approx(values, rel=1e-15) if kind.startswith("number") else values)


def test_a_decimal_comma_is_one_where_semicolons_separate() -> None:
    frame = column(["1,5", "1,234", "2"])
    found = types.recognise(frame, {"c": "empty"}, comma=True)
    assert types.typed(frame, found)["c"].to_list() == [1.5, 1.234, 2.0]


@pytest.mark.parametrize(
    ("before", "later", "after"),
    [
        ("whole", "1.5", "number"),
        ("whole", "007", "text"),
        ("whole", "99999999999999999999", "text"),
        ("whole", "1,234", "number:thousands"),
        ("number", "1,234.5", "number:thousands"),
        ("number", "inf", "text"),
        ("number:percent", "12", "text"),
        ("truth:yes/no", "maybe", "text"),
        ("date:%Y-%m-%d", "2024-13-01", "text"),
        ("empty", "5", "whole"),
        ("text", "5", "text"),
    ],
)
def test_a_later_row_may_widen_a_type_and_never_narrow_it(before: str, later: str, after: str) -> None:
    assert types.recognise(column([later]), {"c": before}) == {"c": after}


def test_a_stated_type_takes_every_way_of_writing_it_and_nothing_else() -> None:
    frame = column(["1,200", "5%", "€3", "abc", "nan", None])
    values = types.typed(frame, {"c": types.stated("number")})["c"].to_list()
    assert values == [1200.0, 0.05, 3.0, None, None, None]
