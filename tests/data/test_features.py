"""Columns to numbers as scikit-learn's pipeline makes them, and what a person types to the same numbers."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from jinjie.base.errors import InvalidInput
from jinjie.data.features import Column, Feature, FeaturesProcessor, Known, encode, learn

NUMBERS = st.none() | st.floats(-1e6, 1e6)
WORDS = st.none() | st.sampled_from(["rent", "owner", "parents", "租房"])
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, WORDS), min_size=1, max_size=40)


def frame(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    schema = {"age": pl.Float64, "income": pl.Float64, "home": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def names(features: tuple[Feature, ...]) -> list[str]:
    return [name for feature in features for name in feature.inputs]


@given(train=ROWS, test=ROWS)
def test_the_numbers_are_scikit_learns(
    train: list[tuple[object, ...]], test: list[tuple[object, ...]]
) -> None:
    """Median, standardised, one-hot with unknown words ignored, holes flagged; learned here, used there."""
    features = learn(frame(train), flagged=1)
    columns = dict.fromkeys(feature.name for feature in features)
    if not columns:
        return
    made = {}
    for name in columns:
        learned = [[row[i] if row[i] is not None else np.nan] for row in train for i in [_place(name)]]
        asked = [[row[i] if row[i] is not None else np.nan] for row in test for i in [_place(name)]]
        if name == "home":
            words = [[row[2]] for row in train if row[2] is not None]
            encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(np.array(words, object))
            made[name] = encoder.transform(np.array([[row[2]] for row in test], object))
        else:
            pipeline = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
            made[name] = pipeline.fit(np.array(learned)).transform(np.array(asked))
        holes = np.array([[row[_place(name)] is None] for row in test])
        if any(row[_place(name)] is None for row in train):
            made[name] = np.hstack([made[name], holes])
    expected = np.hstack([made[name] for name in columns])
    found = encode(features, frame(test))
    assert found.dtype == np.float32
    # Where a column hardly varies, a number of the other table may lie a million deviations out: relative to that,
    # float32 keeps 1e-7 and the two orders of summing agree to 1e-5; near 0 to 1e-5.
    if all(feature.deviation > 1e-3 for feature in features):
        assert np.allclose(found, expected, rtol=1e-5, atol=1e-5)


def _place(name: str) -> int:
    return ["age", "income", "home"].index(name)


def test_one_whole_table_against_one_pipeline() -> None:
    """The same with one transformer over all columns, its order of inputs included."""
    rng = np.random.default_rng(0)
    rows = [
        (
            None if rng.random() < 0.2 else float(rng.normal(40, 10)),
            float(rng.exponential(1000)),
            str(rng.choice(["rent", "owner", "parents"])),
        )
        for _ in range(300)
    ]
    table = frame(rows)
    features = learn(table)
    assert names(features) == ["age", "age?", "income", "home=owner", "home=parents", "home=rent"]
    x = np.array(rows, object)
    reference = ColumnTransformer(
        [
            ("age", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), [0]),
            ("age?", MissingIndicator(), [0]),
            ("income", StandardScaler(), [1]),
            ("home", OneHotEncoder(sparse_output=False), [2]),
        ]
    )
    x[:, 0] = [np.nan if value is None else value for value in x[:, 0]]
    assert np.allclose(
        encode(features, table), reference.fit_transform(x).astype(float), atol=1e-6
    )  # float32


def test_of_the_training_rows_the_inputs_have_mean_0_and_deviation_1() -> None:
    table = frame([(float(i * i), None if i % 3 else float(i), "rent") for i in range(50)])
    x = encode(learn(table), table)
    assert np.allclose(x[:, :2].mean(0), 0, atol=1e-6) and np.allclose(x[:, :2].std(0), 1, atol=1e-6)


def test_a_constant_column_is_zero_and_an_empty_one_is_left_out() -> None:
    table = pl.DataFrame({"same": [0.1] * 7, "none": pl.Series([None] * 7, dtype=pl.Float64)})
    features = learn(table)
    assert names(features) == ["same"]
    assert encode(features, table).tolist() == [[0.0]] * 7


def test_what_hardly_varied_in_training_stays_finite() -> None:
    """Fault: a deviation of 1e-100 took the next table's numbers to infinity, and the loss with them."""
    features = learn(pl.DataFrame({"a": [0.0, 1e-100]}))
    assert encode(features, pl.DataFrame({"a": [1e9, -1e9]})).tolist() == [
        [pytest.approx(1e18)],
        [pytest.approx(-1e18)],
    ]


def test_words_never_seen_are_zeros_and_holes_are_flagged_where_there_were_any() -> None:
    features = learn(frame([(1.0, None, "rent"), (2.0, 3.0, "owner")]), flagged=1)
    x = encode(features, frame([(None, None, "castle"), (1.5, 3.0, None)]))
    assert names(features) == ["age", "income", "income?", "home=owner", "home=rent"]
    assert x[0].tolist() == [0.0, 0.0, 1.0, 0.0, 0.0]  # the median of 1 and 2 is their mean
    assert x[1].tolist() == [0.0, 0.0, 0.0, 0.0, 0.0]


def test_a_hole_is_flagged_where_enough_rows_have_it() -> None:
    """Fault: a model whose weight for a missing word came of one row, and decided every answer without it."""
    for holes, flagged in ((9, False), (10, True)):
        rows = [(None if i < holes else float(i), 1.0, None if i < holes else "rent") for i in range(30)]
        found = names(learn(frame(rows)))
        assert ("age?" in found, "home?" in found) == (flagged, flagged)


def test_days_and_moments_are_numbers_and_truth_values_are_words() -> None:
    table = pl.DataFrame(
        {
            "day": [date(2020, 1, 1), date(2020, 1, 3)],
            "moment": [datetime(2020, 1, 1, 0), datetime(2020, 1, 1, 12)],
            "truth": [True, False],
        }
    )
    features = learn(table)
    assert [feature.deviation for feature in features[:2]] == [1.0, 0.25]  # days
    assert names(features) == ["day", "moment", "truth=false", "truth=true"]


def test_text_that_is_no_category_is_refused_by_name() -> None:
    many = [f"w{i}" for i in range(51)]
    with pytest.raises(InvalidInput) as failure:
        learn(pl.DataFrame({"a": many, "b": many, "c": ["x"] * 51}))
    assert [(p.where, p.key) for p in failure.value.problems] == [
        ("a", "features.too_many_words"),
        ("b", "features.too_many_words"),
    ]
    assert "data.leave_out" in failure.value.in_("en") and "data.leave_out" in failure.value.in_("zh")


KNOWN = Known(
    labels=("good", "bad"),
    target="paid",
    columns=(
        Column(name="Age", kind="whole"),
        Column(name="Home, kind", kind="text", words=("own, paid", "rent", "租房")),
        Column(name="Day", kind="date:%Y/%m/%d"),
        Column(name="Share", kind="number:percent"),
    ),
    features=(
        Feature(name="Age", median=40, mean=30, deviation=10, flag=True),
        Feature(name="Home, kind", categories=("own, paid", "rent", "租房")),
        Feature(name="Day", median=18262, mean=18262, deviation=1),
        Feature(name="Share", median=0.5, mean=0, deviation=1),
    ),
)
NOTHING = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.5]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Age=35", [0.5, 0, 0, 0, 0, 0, 0.5]),
        (" Age = 35 ", [0.5, 0, 0, 0, 0, 0, 0.5]),
        ("Age＝35，Day＝2020/01/02", [0.5, 0, 0, 0, 0, 1, 0.5]),
        ("Age=1,035", [100.5, 0, 0, 0, 0, 0, 0.5]),
        ("Age=30.5; Share=12%", [0.05, 0, 0, 0, 0, 0, 0.12]),
        ("Age=NA", NOTHING),
        ("Age=, Share=", NOTHING),
        ("{}", NOTHING),
        ('{"Age": 35, "Home, kind": "own, paid"}', [0.5, 0, 1, 0, 0, 0, 0.5]),
        ('{"Home, kind": "RENT", "Age": null}', [1, 1, 0, 1, 0, 0, 0.5]),
        ('{"Home, kind": "租房"}', [1, 1, 0, 0, 1, 0, 0.5]),
        ("Share=12\nDay=2020/01/01", [1, 1, 0, 0, 0, 0, 0.12]),
    ],
)
def test_what_is_typed_becomes_the_models_numbers(typed: str, expected: list[float]) -> None:
    found = FeaturesProcessor(KNOWN).encode(typed)["x"]
    assert found.dtype == np.float32 and found.shape == (1, 7)
    assert np.allclose(found[0], expected, atol=1e-6)  # float32


def test_all_misspellings_at_once_each_with_what_is_near() -> None:
    with pytest.raises(InvalidInput) as failure:
        FeaturesProcessor(KNOWN).encode(
            '{"Agge": 3, "Home, kind": "rnt", "Age": "old", "Day": "1.2.20", "Share": 1e21}'
        )
    found = {problem.where: (problem.key, problem.in_("en")) for problem in failure.value.problems}
    assert {where: key for where, (key, _) in found.items()} == {
        "Agge": "features.no_such_column",
        "Home, kind": "features.no_such_word",
        "Age": "features.no_number",
        "Day": "features.no_date",
        "Share": "features.no_number",
    }
    assert "'Age'" in found["Agge"][1] and "'rent'" in found["Home, kind"][1]
    assert "%Y/%m/%d" in found["Day"][1]
    assert all(problem.in_("zh") != problem.in_("en") for problem in failure.value.problems)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("", "features.expected"),
        ("35", "features.expected"),
        ("=35", "features.expected"),
        ("Age: 35", "features.expected"),
        ('{"Age": 35', "features.bad_json"),
        ("Age=1, Age=2", "features.twice"),
        ("Age=1e400", "features.no_number"),
        ("Age=nan!", "features.no_number"),
    ],
)
def test_what_cannot_be_read_is_refused_with_an_example(typed: str, key: str) -> None:
    with pytest.raises(InvalidInput) as failure:
        FeaturesProcessor(KNOWN).encode(typed)
    assert [problem.key for problem in failure.value.problems] == [key]
    if key in ("features.expected", "features.bad_json"):
        assert "Age=40" in failure.value.in_("en") and "Age=40" in failure.value.in_("zh")


@given(age=st.floats(-1e9, 1e9), home=st.sampled_from(["own, paid", "rent", "租房"]))
def test_pairs_and_json_say_the_same(age: float, home: str) -> None:
    processor = FeaturesProcessor(KNOWN)
    pairs = processor.encode(f"Age={age!r}")["x"]
    assert np.array_equal(pairs, processor.encode(json.dumps({"Age": age}))["x"])
    assert math.isclose(pairs[0, 0], (age - 30) / 10, rel_tol=1e-6, abs_tol=1e-6)
    plain = FeaturesProcessor(
        KNOWN.model_copy(
            update={
                "columns": (Column(name="Home", kind="text", words=KNOWN.columns[1].words),),
                "features": (Feature(name="Home", categories=KNOWN.columns[1].words),),
            }
        )
    )
    assert np.array_equal(plain.encode(f"Home={home}")["x"], plain.encode(json.dumps({"Home": home}))["x"])


def test_a_processor_travels(tmp_path: Path) -> None:
    FeaturesProcessor(KNOWN).save(tmp_path)
    again = FeaturesProcessor.load(tmp_path)
    assert again.known == KNOWN and again.labels == ["good", "bad"]


@given(age=NUMBERS, home=WORDS)
def test_what_an_input_is_described_as_can_be_typed_again(age: float | None, home: str | None) -> None:
    rows = [(30.0, None, "rent"), (None, None, "租房"), (40.5, None, None)]
    features = learn(frame(rows).drop("income"), flagged=1)
    columns = (Column(name="age", kind="number"), Column(name="home", kind="text", words=("rent", "租房")))
    known = Known(labels=("no", "yes"), target="paid", columns=columns, features=features)
    processor = FeaturesProcessor(known)
    x = encode(features, frame([(age, None, home)]).drop("income"))
    told = processor.describe(x[0])
    assert ("age=?" in told) == (age is None) and ("home=?" in told) == (home not in ("rent", "租房"))
    again = processor.encode(told)["x"]
    # Six digits of the number that was typed, and float32's seven of it on the network's scale.
    near = 1e-5 * (abs(age or 0) / features[0].deviation + 1)
    assert again[:, :1] == pytest.approx(x[:, :1], abs=near)
    seen = (
        slice(None, -1) if home in ("owner", "parents") else slice(None)
    )  # an unseen word comes back missing
    assert np.array_equal(again[:, 1:][:, seen], x[:, 1:][:, seen])


def test_whole_numbers_are_described_as_they_were_typed() -> None:
    """Once six thousand came back as 5999.99, and one as 0.999996."""
    generator = np.random.default_rng(0)
    for spread in (3, 40, 9_000, 250_000):
        values = generator.integers(-spread, 4 * spread, 300).astype(float)
        feature = learn(pl.DataFrame({"n": values}))[0]
        x = encode([feature], pl.DataFrame({"n": values}))
        assert [feature.decode(row) for row in x] == [f"{value:.6g}" for value in values]
