"""What goes to disk gives what memory gives: quantiles to the last bit or two, duplicates exactly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from jinjie.base.errors import JinjieError
from jinjie.data.cleaning import file, spill
from jinjie.data.cleaning.duplicates import Seen
from jinjie.data.cleaning.file import clean
from jinjie.data.cleaning.plan import parse
from jinjie.data.cleaning.spill import Numbers, SeenOnDisk


@pytest.mark.parametrize("gathered", [3, 1 << 22])
@pytest.mark.parametrize("seed", range(8))
def test_quantiles_from_disk_are_numpys(
    seed: int, gathered: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both signs, noughts, ties, sizes from 1e-300 to 1e300, holes, a column of nothing."""
    monkeypatch.setattr(spill, "HELD", 100)
    monkeypatch.setattr(spill, "GATHERED", gathered)
    random = np.random.default_rng(seed)
    kept, frames = Numbers(tmp_path), []
    for size in random.integers(0, 300, 6):
        columns = {
            "wide": random.normal(size=size) * 10.0 ** random.integers(-300, 300, size),
            "ties": random.integers(-2, 3, size) / 2,
            "near": 1e9 + random.random(size),
        }
        frame = pl.DataFrame({n: np.where(random.random(size) < 0.2, np.nan, v) for n, v in columns.items()})
        frame = frame.with_columns(pl.all().fill_nan(None)).with_columns(
            pl.lit(None, pl.Float64).alias("none")
        )
        frames.append(frame)
        kept.add(frame)
    whole, shares = pl.concat(frames), (0.25, 0.5, 0.75, 0.0, 1.0)
    found = kept.quantiles(*shares)
    assert found["none"] == (None,) * 5 and kept._file is not None
    for name in ("wide", "ties", "near"):
        expected = np.quantile(whole[name].drop_nulls().to_numpy(), shares)
        assert found[name] == pytest.approx(
            expected, rel=1e-14, abs=0
        )  # interpolation rounds in the last bit or two


@pytest.mark.parametrize("seed", range(5))
def test_rows_on_disk_repeat_as_rows_in_memory_do(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    seen, on_disk, expected = Seen(1), SeenOnDisk(tmp_path), []
    for size in random.integers(0, 4000, 8):
        hashes = Seen.hashes(pl.DataFrame({"a": random.integers(0, 3000, size)}))
        expected.append(seen.first(*hashes))
        on_disk.add(*hashes)
    found = on_disk.firsts()
    assert [first.tolist() for first in found] == [first.tolist() for first in expected]
    assert [place.name for place in tmp_path.iterdir() if place.name != "home"] == []


@pytest.mark.parametrize("plan", [[], ["missing=median", "outliers=clip", "scale=standard"]])
def test_a_file_is_cleaned_alike_either_way(
    plan: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    lines = [f"{random.normal():.3f},{random.integers(0, 9)}" if i % 7 else ",3" for i in range(3000)]
    (tmp_path / "in.csv").write_text("\n".join(["a,b", *lines, *lines[:500]]) + "\n")
    reports = [clean(tmp_path / "in.csv", tmp_path / "memory.csv", parse(plan))]
    monkeypatch.setattr(spill, "HELD", 1000)
    monkeypatch.setattr(file, "MANY", 1000)
    reports.append(clean(tmp_path / "in.csv", tmp_path / "disk.csv", parse(plan)))
    assert reports[0].dropped_count == reports[1].dropped_count > 500
    assert reports[0].dropped == reports[1].dropped and reports[0].found == reports[1].found
    assert (tmp_path / "memory.csv").read_bytes() == (tmp_path / "disk.csv").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="limits of files are another thing there")
def test_a_disk_that_takes_no_more_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(spill, "HELD", 100)
    column = pl.DataFrame({"x": np.arange(10_000.0)})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    numbers, rows = Numbers(tmp_path), SeenOnDisk(tmp_path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(JinjieError, match="could not be written"):
            numbers.add(column)
        with pytest.raises(JinjieError, match="could not be written"):
            rows.add(*Seen.hashes(column))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
def test_fifteen_million_different_rows_take_little_memory(tmp_path: Path) -> None:
    """A quarter of a gigabyte of short rows: hashes and numbers that were held took four times as much."""
    table = tmp_path / "in.csv"
    with table.open("w") as handle:
        handle.write("id,x\n")
        for begin in range(0, 15_000_000, 1_000_000):
            handle.writelines(f"{i},{i * 7919 % 1000003}\n" for i in range(begin, begin + 1_000_000))
    code = (
        "import re, sys; from jinjie.data.cleaning import *; from jinjie.data.cleaning.plan import parse\n"
        "clean(sys.argv[1], sys.argv[2], parse(['missing=median', 'outliers=clip']))\n"
        # Its own peak: ru_maxrss begins with the memory of the process that started it.
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    )
    words = [sys.executable, "-c", code, str(table), str(tmp_path / "out.csv")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert (
        int(done.stdout) < 700_000
    )  # KB: blocks of 8 MB as text and as values, and what the allocator keeps
