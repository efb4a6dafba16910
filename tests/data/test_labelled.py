"""CSVs of one's own with classes: words, holes and dates are fine; what is wrong is named by line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jinjie.base.config import override
from jinjie.base.errors import InvalidInput
from jinjie.data import cancer, credit
from jinjie.data.batching import Examples
from jinjie.data.dataset import SPLITS
from jinjie.data.features import FeaturesProcessor
from jinjie.data.labelled import Table, examples

HEADER = "id,age,home,since,member,paid\n"
ROWS = [
    f"{i},{'' if i % 3 == 1 else 20 + i},{('rent', 'own', 'NA')[i % 3]},2020-01-{1 + i % 28:02d},"
    f"{('Yes', 'no')[i % 2]},{('good', 'good', 'bad')[i % 3]}\n"
    for i in range(60)
]
PLAIN = HEADER + "".join(ROWS)


def written(tmp_path: Path, content: str | bytes) -> str:
    file = tmp_path / "own.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(file)


def load(path: str, **settings: Any) -> Examples:
    return credit.Config(path=path, **settings).load()


def problems(path: str, **settings: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as failure:
        load(path, **settings)
    assert failure.value.in_("en") != failure.value.in_("zh")
    return [(problem.where.removeprefix(path), problem.key) for problem in failure.value.problems]


def inputs(data: Examples) -> list[str]:
    return [name for f in data.processor.known.features for name in f.inputs]  # type: ignore[attr-defined]


def test_words_holes_dates_and_truths(tmp_path: Path) -> None:
    data = load(written(tmp_path, PLAIN))
    expected = ["id", "age", "age?", "home=own", "home=rent", "home?", "since", "member=no", "member=yes"]
    assert inputs(data) == expected
    assert dict(data.facts) == {"inputs": 9, "outputs": 2}
    assert {split: data.count(split) for split in SPLITS} == {"train": 42, "validation": 6, "test": 12}
    assert data.processor.labels == ["good", "bad"]  # type: ignore[attr-defined]  # the rarer is class 1
    for split in SPLITS:
        assert abs(data.splits[split]["y"].mean() - 1 / 3) < 1.5 / data.count(split)
    assert data.about.source.endswith("own.csv") and data.about.licence == "yours"


def test_every_row_is_in_one_split_with_its_own_class(tmp_path: Path) -> None:
    """Undone, the standardised id finds the row again; its class and words are those of the file."""
    data = load(written(tmp_path, PLAIN))
    feature = data.processor.known.features[0]  # type: ignore[attr-defined]
    seen = []
    for split in SPLITS:
        x, y = data.splits[split]["x"], data.splits[split]["y"]
        ids = np.rint(x[:, 0] * feature.deviation + feature.mean).astype(int)
        seen += ids.tolist()
        assert np.array_equal(y, (ids % 3 == 2).astype(int))
        assert np.array_equal(x[:, 2], (ids % 3 == 1).astype(float))
        assert np.array_equal(x[:, 3:6], np.eye(3)[[(1, 0, 2)[i % 3] for i in ids]])
    assert sorted(seen) == list(range(60))


def test_a_row_of_the_file_is_understood_when_it_is_typed(tmp_path: Path) -> None:
    data = load(written(tmp_path, PLAIN))
    data.processor.save(tmp_path)
    processor = FeaturesProcessor.load(tmp_path)
    x = processor.encode("id=8, age=28, home=NA, since=2020-01-09, member=YES")["x"]
    feature = data.processor.known.features[0]  # type: ignore[attr-defined]
    every = np.concatenate([data.splits[split]["x"] for split in SPLITS])
    row = np.argmin(np.abs(every[:, 0] * feature.deviation + feature.mean - 8))
    assert np.allclose(x[0], every[row], atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", " , "),
        PLAIN.encode("utf-16"),
        PLAIN.replace("rent", '"rent"').replace("own", '"own"'),
        PLAIN.replace("\n", "\n\n", 5),
    ],
    ids=["byte-order mark", "CRLF", "semicolons", "tabs", "blanks", "UTF-16", "quotes", "empty lines"],
)
def test_however_it_is_written_it_is_the_same_table(tmp_path: Path, content: str | bytes) -> None:
    plain = load(written(tmp_path, PLAIN))
    assert load(written(tmp_path, content)).fingerprint() == plain.fingerprint()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PLAIN.replace("\n3,", "\n3,9,", 1), [(":5", "clean.ragged")]),
        (PLAIN.replace("\n3,23,", "\n3,", 1), [(":5", "clean.ragged")]),
        (PLAIN.replace("\n3,23", '\n3,"23', 1), [(":5", "clean.open_quote")]),
        (
            PLAIN.replace("\n3,23", "\n3,1e19", 1).replace("\n9,29", "\n9,2e30", 1),
            [(":5", "data.not_a_number"), (":11", "data.not_a_number")],
        ),
        (HEADER.replace("age", "id") + "".join(ROWS), [(":1", "data.column_twice")]),
        ("1,2,3,4,5,6\n" + "".join(ROWS), [(":1", "data.no_header")]),
        (HEADER + "".join(ROWS[:5]), [("", "data.too_few_rows")]),
        ("", [("", "data.empty_file")]),
        ("\n\n", [("", "data.empty_file")]),
        ("paid\n" + "yes\nno\n" * 20, [("", "data.one_column")]),
        (PLAIN.encode() + b"\x00\n", [(":62", "clean.nul")]),
    ],
    ids=[
        *("long", "short", "open quote", "too large", "column twice", "no header", "few rows", "0 bytes"),
        *("blank", "one column", "NUL"),
    ],
)
def test_what_is_malformed_is_named_by_line(
    tmp_path: Path, content: str | bytes, expected: list[tuple[str, str]]
) -> None:
    assert problems(written(tmp_path, content)) == expected


def test_a_header_alone_is_no_table(tmp_path: Path) -> None:
    assert [key for _, key in problems(written(tmp_path, HEADER))] == ["data.too_few_rows"]


def test_no_file_and_no_such_columns(tmp_path: Path) -> None:
    assert problems(str(tmp_path / "none.csv")) == [("data.path", "data.no_such_file")]
    assert problems(str(tmp_path)) == [("data.path", "data.folder_not_file")]
    path = written(tmp_path, PLAIN)
    assert problems(path, target="payed") == [("data.target", "labelled.no_such_column")]
    assert problems(path, leave_out=("agee", "paid")) == [("data.leave_out", "labelled.no_such_column")] * 2
    with pytest.raises(InvalidInput, match="Did you mean 'paid'"):
        load(path, target="payed")
    with pytest.raises(InvalidInput) as failure:  # at once, of the built-in table too
        credit.Config(target="Statuss", leave_out=("Agee",)).load()
    assert {problem.where for problem in failure.value.problems} == {"data.target", "data.leave_out"}


@pytest.mark.parametrize(
    ("classes", "key"),
    [
        (["only"], "labelled.one_class"),
        ([f"{i / 7}" for i in range(60)], "labelled.no_classes"),
        (["a"] * 58 + ["b", "b"], "labelled.rare_class"),
        ([""] * 60, "labelled.target_empty"),
    ],
)
def test_columns_that_hold_no_classes(tmp_path: Path, classes: list[str], key: str) -> None:
    rows = "".join(f"{i},{classes[i % len(classes)]}\n" for i in range(60))
    assert [found for _, found in problems(written(tmp_path, "x,kind\n" + rows))] == [key]


def test_rows_without_a_class_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN.replace(",good\n", ",\n", 4))
    said: list[str] = []
    data = credit.Config(path=path).load(lambda what, done, total: said.append(what))
    assert sum(data.count(split) for split in SPLITS) == 56
    assert any("4 rows" in what and "'paid'" in what for what in said)


def test_more_than_two_classes_stand_in_order(tmp_path: Path) -> None:
    rows = "".join(f"{i},{(10, 9, 2)[i % 3]}\n" for i in range(30))
    data = load(written(tmp_path, "x,kind\n" + rows))
    assert data.processor.labels == ["2", "9", "10"]  # type: ignore[attr-defined]
    assert dict(data.facts) == {"inputs": 1, "outputs": 3}


def test_text_that_is_no_category_is_named_and_can_be_left_out(tmp_path: Path) -> None:
    rows = "".join(f"name {i},{i % 5},{'ab'[i % 2]}\n" for i in range(90))
    path = written(tmp_path, "name,x,kind\n" + rows)
    assert problems(path) == [("name", "features.too_many_words")]
    assert inputs(load(path, leave_out="name")) == ["x"]
    assert override(credit.Config(), {"leave_out": " Age，Home, "}).leave_out == ("Age", "Home")
    assert override(credit.Config(), {"leave_out": ["a, b"]}).leave_out == ("a, b",)
    assert problems(path, leave_out=("name", "x")) == [("data.leave_out", "labelled.no_inputs")]


def test_cleaning_is_learned_from_the_training_rows_and_travels(tmp_path: Path) -> None:
    """Fault: bounds, fills or words of all rows; and a model that forgets them when it is asked."""
    path = written(tmp_path, PLAIN.replace("\n5,25,", "\n5,2500,", 1))
    plan = "missing=median outliers=clip encode=onehot types.since=text"
    data = load(path, clean=plan, leave_out=("id",))
    fitted = data.processor.known.fitted  # type: ignore[attr-defined]
    assert fitted.rows == 42
    assert not any(name.endswith("?") for name in inputs(data))
    data.processor.save(tmp_path)
    again = FeaturesProcessor.load(tmp_path)
    same = [again.encode(f"age={age}, home=rent")["x"] for age in (2500, 1e6)]
    assert np.array_equal(*same)  # both clipped to the bound that was learned
    age = next(column for column in fitted.columns if column.name == "age")
    assert age.high is not None and age.high < 200
    empty = again.encode("home=rent")["x"]
    assert np.array_equal(empty, again.encode(f"age={age.fill}, home=rent")["x"])


def test_rows_that_cleaning_drops_are_dropped_with_their_class(tmp_path: Path) -> None:
    data = load(written(tmp_path, PLAIN), clean="missing.age=drop")
    x = np.concatenate([data.splits[split]["x"] for split in SPLITS])
    y = np.concatenate([data.splits[split]["y"] for split in SPLITS])
    feature = data.processor.known.features[0]  # type: ignore[attr-defined]
    ids = np.rint(x[:, 0] * feature.deviation + feature.mean).astype(int)
    assert sorted(ids) == [i for i in range(60) if i % 3 != 1]
    assert np.array_equal(y, (ids % 3 == 2).astype(int))
    with pytest.raises(InvalidInput, match="cleaning would drop"):
        data.processor.encode("id=3")


def test_repeated_rows_do_not_stand_in_two_splits(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN + "".join(ROWS))
    assert sum(load(path).count(split) for split in SPLITS) == 120
    data = load(path, clean="missing=median")
    assert sum(data.count(split) for split in SPLITS) == 60
    assert sum(load(path, clean="duplicates=keep").count(split) for split in SPLITS) == 120


def test_a_plan_is_typed_as_behind_jinjie_clean_or_given_as_json(tmp_path: Path) -> None:
    config = credit.Config(path=written(tmp_path, PLAIN))
    typed = override(config, {"clean": "missing=median outliers=clip"})
    given = override(config, {"clean": {"missing": "median", "outliers": "clip"}})
    assert typed == given != config
    assert override(typed, {"clean": ""}) == override(typed, {"clean": None}) == config
    with pytest.raises(InvalidInput) as failure:
        override(config, {"clean": "missing=medium"})
    assert [(p.where, p.key) for p in failure.value.problems] == [("clean", "labelled.wrong_plan")]


@pytest.mark.parametrize("plan", ["missing.paid=drop", "target=age"])
def test_the_class_itself_is_never_cleaned(tmp_path: Path, plan: str) -> None:
    path = written(tmp_path, PLAIN)
    assert ("data.clean", "labelled.target_cleaned") in problems(path, clean=plan)
    assert load(path, clean="target=paid missing=median").facts["outputs"] == 2


def test_a_plan_that_leaves_nothing_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"{'' if i % 10 else 1},{i},{'ab'[i % 2]}\n" for i in range(30))
    found = problems(written(tmp_path, "x,z,kind\n" + rows), clean="missing=drop")
    assert found == [("data.clean", "labelled.nothing_left")]


@pytest.mark.parametrize("balance", ["weights", "over", "under"])
def test_balance_and_either_kind_take_ones_own_file(tmp_path: Path, balance: Any) -> None:
    path = written(tmp_path, PLAIN)
    for kind in (credit.Config, cancer.Config):
        data = kind(path=path, balance=balance).load()
        assert data.about.facts == dict(data.facts)
        assert ("weight" in data.batch(0, 0, 8)) == (balance == "weights")
        assert kind(path=path, balance=balance).about().facts == {}


def test_a_frame_in_memory_is_a_table_too() -> None:
    import polars as pl

    frame = pl.DataFrame({"x": range(30), "kind": [i % 2 == 0 for i in range(30)]})
    data = examples(credit.Config(), Table.of(frame, "kind"))
    assert data.processor.labels == ["false", "true"]  # type: ignore[attr-defined]
