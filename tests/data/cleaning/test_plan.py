"""A plan from words: every key, columns of their own, and all problems at once."""

from __future__ import annotations

import polars as pl
import pytest

from jinjie.base.errors import InvalidInput
from jinjie.data.cleaning import Cleaning, Column
from jinjie.data.cleaning.plan import parse

TABLE = pl.DataFrame(
    {"age": ["1", "2", None], "city": ["a", None, "b"], "day": ["2024-01-02", None, "2024-01-03"]}
)


def problems(error: pytest.ExceptionInfo[InvalidInput]) -> dict[str, str]:
    return {p.where: p.key for p in error.value.problems}


def test_keys_follow_the_config_and_columns_may_hold_dots_and_be_called_numbers() -> None:
    words = [
        "missing=median",
        "missing.a.b=constant:0.5",
        "types.zip=text",
        "target=1",
        "same=x,y",
        "delimiter=tab",
    ]
    assert parse([*words, "iqr=3", "missing_words=999,k. A."]) == Cleaning(
        missing="median",
        columns={"a.b": Column(missing="constant:0.5"), "zip": Column(types="text")},
        target="1",
        same=("x", "y"),
        delimiter="\t",
        iqr=3.0,
        missing_words=("", "999", "k. A."),
    )


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidInput) as error:
        parse(["missing=avg", "missing.age=guess", "scale=big", "outlier=clip", "z=-1", "word"])
    assert problems(error) == {
        "missing": "clean.unknown_missing",
        "columns.age.missing": "clean.unknown_missing",
        "scale": "problem.not_a_choice",
        "outlier": "problem.unknown_setting",
        "z": "problem.out_of_range",
        "word": "problem.not_an_override",
    }


def test_columns_that_are_not_there_are_named_with_the_nearest() -> None:
    with pytest.raises(InvalidInput) as error:
        parse(["missing.agee=mean", "same=town", "target=y"]).fit(TABLE)
    assert set(problems(error).values()) == {"clean.no_such_column"} and len(error.value.problems) == 3
    assert "'age'" in str(error.value)


def test_rules_that_do_not_suit_their_columns_are_named() -> None:
    with pytest.raises(InvalidInput) as error:
        parse(["missing.city=mean", "outliers.city=clip", "scale.day=minmax"]).fit(TABLE)
    assert problems(error) == dict.fromkeys(
        ["missing.city", "outliers.city", "scale.day"], "clean.needs_numbers"
    )
    with pytest.raises(InvalidInput) as error:
        Cleaning(missing="constant:none at all").fit(TABLE)
    assert problems(error) == dict.fromkeys(["missing.age", "missing.day"], "clean.constant_unfit")
    with pytest.raises(InvalidInput) as error:
        Cleaning(encode="onehot", categories=2).fit(pl.DataFrame({"k": ["a", "b", "c"]}))
    assert problems(error) == {"encode.k": "clean.too_many_categories"}
    with pytest.raises(InvalidInput) as error:
        Cleaning(encode="onehot").fit(pl.DataFrame({"k": ["a", "b"], "k=a": [1, 2]}))
    assert problems(error) == {"encode.k": "clean.name_taken"}


def test_a_very_wide_table_is_not_predicted() -> None:
    wide = pl.DataFrame({f"c{i}": [1.0, None] for i in range(501)})
    with pytest.raises(InvalidInput) as error:
        parse(["missing=predict"]).fit(wide)
    assert problems(error) == {"missing": "clean.too_wide_to_predict"}
    assert parse(["missing=median"]).fit(wide).columns[500].fill == 1.0


def test_the_target_is_left_as_it_is_unless_its_own_column_says_so() -> None:
    plan = parse(["missing=mean", "outliers=clip", "scale=standard", "encode=onehot", "target=y"])
    assert [plan.rule("y", what) for what in ("missing", "outliers", "scale", "encode")] == [
        "drop",
        *["keep"] * 3,
    ]
    assert parse(["missing=mean", "missing.y=mode", "target=y"]).rule("y", "missing") == "mode"
    assert Cleaning(target="y").rule("y", "missing") == "keep"
