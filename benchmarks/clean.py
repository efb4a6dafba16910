"""Cleaning a CSV of five million rows: `jinjie clean` with its report against bare polars streaming, and pandas.

    python benchmarks/clean.py [--rounds 5] [--rows 5000000]

A round reads the file, drops rows with missing values and rows that repeat an earlier one, keeps the order, and writes
the rest. Ours also recognises types, counts, samples and writes the report, and syncs its output to the disk. The table
is synthetic: five columns (two of whole numbers, two of fractions, one of words), 2 % of three of them missing, 5 % of
the rows repeated.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from contest.rounds import Contender, compete

from jinjie.base import system

REPORT = Path(__file__).parent / "reports" / "clean.md"
GOAL = 1.15
"""At most this many times bare polars's time, and less memory than pandas."""


def write_table(path: Path, rows: int) -> None:
    random = np.random.default_rng(0)
    words = np.array(["Beijing", "Shanghai", "Shenzhen", "Hangzhou", "Chengdu", "Wuhan", "Xian", "Nanjing"])
    table = pl.DataFrame(
        {
            "id": random.integers(0, rows, rows),
            "age": random.integers(18, 90, rows),
            "income": random.lognormal(9, 1, rows).round(2),
            "score": random.normal(0, 1, rows).round(4),
            "city": words[random.integers(0, len(words), rows)],
        }
    )
    holes = [
        pl.when(pl.Series(random.random(rows) >= 0.02)).then(pl.col(name)).alias(name)
        for name in ("age", "income", "city")
    ]
    table = table.with_columns(holes)
    again = rows // 20
    table = pl.concat([table[: rows - again], table[random.integers(0, rows - again, again)]])
    table[random.permutation(rows)].write_csv(path)


def report(found: list[Contender], rows: int, size: int, load: tuple[float, float]) -> str:
    here = system.here()
    versions = ", ".join(dict.fromkeys(str(one.about["versions"]) for one in found))
    ours, bare, pandas = found
    told = (
        f"{len(ours.rounds)} rounds, in turns; a round reads {rows:,} rows ({size / 1e6:.0f} MB, synthetic), drops "
        "rows with missing values and repeated rows, and writes the rest in order. Medians (least–most). Memory is the "
        f"most that the process ever held. Load of the machine before and after: {load[0]:.1f} and {load[1]:.1f}; what "
        "is above 2 is other people's work."
    )
    lines = [
        "# Cleaning five million rows",
        "",
        f"{dt.date.today()} · {here.cpu}, {here.cores} cores · Python {sys.version.split()[0]}, {versions}",
        "",
        told,
        "",
        "| contender | seconds | CPU s | MB | × bare polars, seconds | rows written |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in found:
        low, high = one.spread()
        lines.append(
            f"| {one.name} | {one.median():.2f} ({low:.2f}–{high:.2f}) | {one.median('cpu'):.2f} "
            f"| {one.spread('megabytes')[1]:,.0f} | {one.median() / bare.median():.2f} "
            f"| {one.rounds[-1]['rows']:,.0f} |"
        )
    lines += ["", f"Ours is {pandas.median() / ours.median():.1f} times as fast as pandas."]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=5_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        write_table(table, given.rows)
        named = {
            "jinjie clean, report included": "ours",
            "bare polars streaming": "polars",
            "pandas": "pandas",
        }
        found = [
            Contender(
                name,
                "table_cleaning.py",
                sys.executable,
                {"data": str(table), "out": str(Path(folder) / f"{how}.csv"), "how": how},
            )
            for name, how in named.items()
        ]
        before = os.getloadavg()[0]
        compete(found, given.rounds)
        text = report(found, given.rows, table.stat().st_size, (before, os.getloadavg()[0]))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    ours, bare, pandas = found
    slow = ours.median() > GOAL * bare.median()
    large = ours.spread("megabytes")[1] > pandas.spread("megabytes")[1]
    wrong = ours.rounds[-1]["rows"] != bare.rounds[-1]["rows"]
    return int(slow or large or wrong)


if __name__ == "__main__":
    sys.exit(main())
