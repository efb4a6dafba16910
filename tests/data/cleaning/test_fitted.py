"""What is learnt is learnt from the rows it was fitted on alone, and travels as JSON."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from jinjie.base.errors import InvalidInput
from jinjie.data.cleaning import Cleaning, Fitted
from jinjie.data.cleaning.plan import parse

TRAIN = pl.DataFrame(
    {"age": ["20", "30", "NA", "40"], "city": ["Rome", "Oslo", "Rome", None], "y": ["yes", "no", "yes", "no"]}
)
TEST = pl.DataFrame({"age": ["1000", "?", "x"], "city": ["Lima", " Oslo ", ""], "y": ["no", "yes", "no"]})


def applied(plan: Cleaning, frame: pl.DataFrame = TEST) -> pl.DataFrame:
    """`frame` cleaned by what TRAIN taught, through JSON and lazily."""
    return Fitted.from_json(plan.fit(TRAIN).to_json()).apply(frame.lazy()).collect()


def test_a_test_row_is_filled_and_scaled_with_the_training_rows_numbers() -> None:
    came = applied(parse(["missing=mean", "scale=standard", "encode=onehot", "target=y"]))
    deviation = np.std([20, 30, 30, 40])
    assert came["age"].to_list() == pytest.approx([(1000 - 30) / deviation, 0, 0])
    assert came.columns == ["age", "city=Oslo", "city=Rome", "y"]
    # An unseen category is all zero; a missing one is the commonest of training.
    assert came.select("city=Oslo", "city=Rome").rows() == [(0, 0), (1, 0), (0, 1)]
    assert came["y"].to_list() == [False, True, False]


def test_bounds_come_from_the_training_rows() -> None:
    assert applied(Cleaning(outliers="clip", missing="median"))["age"].to_list() == [50.0, 30.0, 30.0]
    assert applied(Cleaning(outliers="blank", missing="median"))["age"].to_list() == [30, 30, 30]
    assert applied(Cleaning(outliers="drop"))["age"].to_list() == [None, None]


def test_ordinal_numbers_are_those_of_training_and_none_where_unseen() -> None:
    came = applied(Cleaning(encode="ordinal"))
    assert came["city"].to_list() == [None, 0, None] and came["y"].to_list() == [0, 1, 0]


def test_typed_columns_are_taken_as_they_are() -> None:
    frame = pl.DataFrame({"a": [1.0, float("nan"), 3.0], "b": [True, None, True], "c": [1, 2, None]})
    came = Cleaning(missing="mean").fit(frame).apply(frame.lazy()).collect()
    assert came.to_dict(as_series=False) == {"a": [1, 2, 3], "b": [True, True, True], "c": [1, 2, 1.5]}


def test_rows_that_repeat_are_dropped_the_first_is_kept() -> None:
    frame = pl.DataFrame({"k": [2, 1, 2, 1, 3], "v": [1, 2, 3, 4, 5]})
    plan = Cleaning(same=("k",))
    assert plan.fit(frame).apply(frame.lazy()).collect()["v"].to_list() == [1, 2, 5]


def test_a_constant_standardised_is_zero_to_the_last_bit() -> None:
    """A mean of equal numbers is beside them by rounding: three times 22.74 once became -3.6e-15."""
    for number in np.random.default_rng(0).normal(0, 100, 200):
        frame = pl.DataFrame({"x": [number] * 17})
        for scale in ("standard", "minmax"):
            came = Cleaning(scale=scale, duplicates="keep").fit(frame).apply(frame.lazy()).collect()
            assert came["x"].to_list() == [0.0] * 17


def test_a_column_that_went_is_named() -> None:
    with pytest.raises(InvalidInput) as error:
        applied(Cleaning(), TEST.drop("age", "y"))
    assert [p.where for p in error.value.problems] == ["age", "y"]


@pytest.mark.parametrize("numeric", [True, False])
def test_a_predicted_value_follows_the_other_columns_and_never_the_target(numeric: bool) -> None:
    """x is 3a + a category's worth + noise: far nearer than its median; and the target, which equals x, is not used."""
    random = np.random.default_rng(0)
    a, kind = random.normal(size=2000), random.choice(["low", "high"], 2000)
    x = 3 * a + np.where(kind == "high", 5, 0) + random.normal(size=2000) * 0.1
    values: list[object] = x.tolist() if numeric else np.where(x > 2.5, "big", "small").tolist()
    holes = random.random(2000) < 0.2
    frame = pl.DataFrame(
        {
            "a": a,
            "kind": kind,
            "x": [None if h else v for h, v in zip(holes, values, strict=True)],
            "y": values,
        }
    )
    fitted = Fitted.from_json(parse(["missing.x=predict", "target=y", "sample=1000"]).fit(frame).to_json())
    model = next(c.model for c in fitted.columns if c.name == "x")
    assert (
        model is not None and model.score > model.baseline and "y" not in {f.column for f in model.features}
    )
    came = fitted.apply(frame.lazy()).collect()["x"].filter(pl.Series(holes)).to_list()
    true = [v for h, v in zip(holes, values, strict=True) if h]
    if numeric:  # 0.1 is the noise that nothing predicts
        assert float(np.sqrt(np.mean((np.array(came) - np.array(true)) ** 2))) < 0.12
    else:
        assert np.mean([c == t for c, t in zip(came, true, strict=True)]) > 0.95


def test_where_a_model_beats_nothing_the_median_fills() -> None:
    random = np.random.default_rng(1)
    frame = pl.DataFrame({"a": random.normal(size=300), "x": [None, *random.normal(size=299).tolist()]})
    fitted = parse(["missing.x=predict"]).fit(frame)
    assert fitted.columns[1].model is None
    assert fitted.apply(frame.lazy()).collect()["x"][0] == pytest.approx(frame["x"].median())
