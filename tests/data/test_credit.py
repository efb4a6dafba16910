"""The credit table from the real package: whole, split the same every time, learned from its training rows alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from jinjie.data import cache, credit, labelled
from jinjie.data.batching import Examples
from jinjie.data.dataset import SPLITS
from jinjie.data.features import FeaturesProcessor


@pytest.fixture(scope="module")
def loaded(data_home: Path) -> Examples:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return credit.Config().load()


@pytest.fixture
def table(loaded: Examples) -> pl.DataFrame:
    return pl.read_parquet(cache.folder_of("credit", credit.VERSION) / "table.parquet")


def test_the_whole_table_is_there(loaded: Examples, table: pl.DataFrame) -> None:
    assert table.shape == (4454, 14)
    assert sum(table.null_count().row(0)) == 455
    assert table["Status"].value_counts().sort("Status").rows() == [("bad", 1254), ("good", 3200)]
    assert sum(loaded.count(split) for split in SPLITS) == 4454


def test_bad_is_the_positive_class_and_is_as_frequent_everywhere(loaded: Examples) -> None:
    assert loaded.processor.labels == ["good", "bad"]  # type: ignore[attr-defined]
    for split in SPLITS:
        y = loaded.splits[split]["y"]
        assert y.dtype == np.int64 and abs(y.mean() - 1254 / 4454) < 1.5 / len(y)
    assert np.bincount(loaded.splits["train"]["y"]).tolist() == list(credit.CLASSES)


def test_the_same_rows_every_time(loaded: Examples) -> None:
    assert loaded.fingerprint() == credit.Config().load().fingerprint()
    assert loaded.splits["train"]["x"].dtype == np.float32 and np.isfinite(loaded.splits["train"]["x"]).all()


@pytest.mark.parametrize("balance", ["none", "weights", "over", "under"])
def test_about_is_true_before_loading(balance: str) -> None:
    config = credit.Config(balance=balance)  # type: ignore[arg-type]
    data = config.load()
    assert config.about() == data.about and data.about.real
    assert data.about.facts == dict(data.facts)
    assert data.steps_per_epoch(64) == -(-data.facts.get("epoch", 3119) // 64)


@pytest.mark.parametrize("clean", [None, "missing=median outliers=clip scale=standard duplicates=keep"])
def test_nothing_is_learned_of_validation_and_test(
    clean: str | None, table: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault: a mean over all rows. With every validation and test row changed, training sees the same bits."""
    before = credit.Config(clean=clean).load()  # type: ignore[arg-type]
    train = pl.col("row").is_in(split_rows(table)["train"].tolist())
    changed = table.with_row_index("row").with_columns(
        pl.when(train).then("Age").otherwise(pl.col("Age") + 50).alias("Age"),
        pl.when(train).then("Home").otherwise(pl.lit("castle")).alias("Home"),
        pl.when(train).then("Income").otherwise(None).alias("Income"),
    )
    made = labelled.Table.of(changed.drop("row"), "Status")
    monkeypatch.setattr(credit.Config, "read", lambda self, report: made)
    after = credit.Config(clean=clean).load()  # type: ignore[arg-type]
    assert before.fingerprint() == after.fingerprint()
    assert before.processor.known == after.processor.known  # type: ignore[attr-defined]
    assert not np.array_equal(before.splits["test"]["x"], after.splits["test"]["x"])


def split_rows(table: pl.DataFrame) -> dict[str, np.ndarray]:
    """The rows of each split, worked out from the classes alone."""
    from jinjie.data.batching import split_evenly
    from jinjie.data.table import shares

    y = (table["Status"] == "bad").to_numpy().astype(np.int64)
    return dict(split_evenly(y, shares(len(y)), seed=0))


def test_a_row_typed_is_the_row_of_the_table(loaded: Examples, table: pl.DataFrame, tmp_path: Path) -> None:
    """Every test row, written as a person would and read by a processor that travelled, gives the same bits."""
    loaded.processor.save(tmp_path)
    processor = FeaturesProcessor.load(tmp_path)
    rows = split_rows(table)["test"]
    for place in range(0, len(rows), 50):
        row = table.drop("Status").row(int(rows[place]), named=True)
        typed = ", ".join(f"{name}={value}" for name, value in row.items() if value is not None)
        assert np.array_equal(processor.encode(typed)["x"][0], loaded.splits["test"]["x"][place])


def test_a_column_left_out_is_not_seen() -> None:
    data = credit.Config(leave_out=("Age", "Home")).load()
    inputs = [name for f in data.processor.known.features for name in f.inputs]  # type: ignore[attr-defined]
    assert data.facts["inputs"] == len(inputs) == 29 - 1 - 6
    assert not any(name.startswith(("Age", "Home")) for name in inputs)
    assert credit.Config(leave_out=("Age",)).about().facts == {}  # not known before loading


def test_another_column_can_be_the_class() -> None:
    data = credit.Config(target="Home").load()
    assert data.processor.labels == ["ignore", "other", "owner", "parents", "priv", "rent"]  # type: ignore[attr-defined]
    assert sum(data.count(split) for split in SPLITS) == 4454 - 6  # six have none
