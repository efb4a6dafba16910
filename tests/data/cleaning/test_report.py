"""The report is true: counts, reasons, notices, two languages, sound pictures; and files are whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from jinjie.base.errors import JinjieError
from jinjie.data.cleaning import Cleaning, Fitted, clean
from jinjie.data.cleaning.plan import parse
from jinjie.data.cleaning.report import SHOWN, Report


def write(path: Path, **columns: list[object]) -> Path:
    rows = zip(*columns.values(), strict=True)
    path.write_text(
        "\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n", "utf-8"
    )
    return path


def test_every_step_says_how_many_cells_and_with_what(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text('age,pay,city\n1," 1,000",x\n2,NA,x\n3,10,?\n3,10,?\n900,20,y\n4,30,\n5,40,x\n', "utf-8")
    plan = parse(["missing=median", "missing.city=drop", "outliers.age=clip", "scale.pay=minmax"])
    report = clean(table, tmp_path / "out.csv", plan)
    # Of 1 2 3 900 4 5 the quartiles are 2.25 and 4.75: bounds -1.5 and 8.5. Rows 3 and 4 lack a city; pay's median
    # over rows 1, 5 and 7 is 40.
    steps = {(s.did, s.column): (s.count, s.values) for s in report.done}
    assert steps == {
        ("trimmed", ""): (1, {}),
        ("rewritten", "pay"): (6, {"form": "1,234"}),
        ("duplicates", ""): (1, {}),
        ("clipped", "age"): (1, {"low": -1.5, "high": 8.5}),
        ("missing_dropped", "city"): (2, {}),
        ("filled", "pay"): (1, {"value": 40.0, "rule": "median"}),
        ("minmax", "pay"): (4, {"low": 20.0, "high": 1000.0}),
    }
    assert [(row.line, row.why, row.column) for row in report.dropped] == [
        (4, "missing", "city"),
        (5, "duplicate", ""),
        (7, "missing", "city"),
    ]
    written = [line.split(",") for line in (tmp_path / "out.csv").read_text().splitlines()[1:]]
    assert [float(pay) for _, pay, _ in written] == pytest.approx([1, 20 / 980, 0, 20 / 980])
    assert [age for age, _, _ in written] == ["1", "2", "8.5", "5"]


def test_what_deserves_a_look_is_noticed_and_nothing_else(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    n = 400
    y = random.integers(0, 2, n)
    table = write(
        tmp_path / "in.csv",
        id=list(range(n)),
        name=[f"n{i * 7919 % n:04d}" for i in range(n)],
        same=["k"] * n,
        void=["NA"] * n,
        rare=[1.5 if i < 100 else "" for i in range(n)],
        messy=[i / 7 if i % 9 else "n. a." for i in range(n)],
        told=["yes" if v else "no" for v in y],
        twice=[2 * int(v) + 1 for v in y],
        fair=random.normal(size=n).round(3).tolist(),
        y=y.tolist(),
    )
    report = clean(table, tmp_path / "out.csv", Cleaning(target="y"))
    assert {(n.about, n.column) for n in report.found.notices} == {
        ("identifier", "id"),
        ("identifier", "name"),
        ("constant", "same"),
        ("empty", "void"),
        ("mostly_missing", "rare"),
        ("constant", "rare"),
        ("mixed", "messy"),
        ("tells", "told"),
        ("copy", "twice"),
    }


def test_cells_that_a_spreadsheet_would_run_are_noticed_and_numbers_are_not(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b,c\n=1+2,-5,+x\n@SUM(A1),+3,- -\nplain,-1e3,--\n")
    report = clean(tmp_path / "in.csv", tmp_path / "out.csv", Cleaning())
    told = {n.column: n.detail for n in report.found.notices if n.about == "formula"}
    assert told == {"a": "2", "c": "1"}
    assert (tmp_path / "out.csv").read_text().startswith("a,b,c\n=1+2,-5,+x\n@SUM(A1)"), "as they stood"


def test_the_lists_are_bounded_and_their_counts_are_not(tmp_path: Path) -> None:
    table = write(tmp_path / "in.csv", a=[1] * (SHOWN + 500), b=["x"] * (SHOWN + 500))
    report = clean(table, tmp_path / "out.csv", Cleaning())
    assert (len(report.dropped), report.dropped_count, report.rows) == (SHOWN, SHOWN + 499, 1)
    assert [row.line for row in report.dropped] == list(range(3, SHOWN + 3))


def test_json_and_page_hold_the_report_in_both_languages(tmp_path: Path) -> None:
    table = write(tmp_path / "in.csv", **{"<b>&": [1, 2, "", 4], "c": ["x", "", "", "<i>"]})
    report = clean(table, tmp_path / "out.csv", Cleaning(missing="mean"))
    folder = tmp_path / "out.csv.report"
    content = (folder / "report.json").read_text("utf-8")
    assert Report.model_validate_json(content) == report
    again = Fitted.model_validate(json.loads(content)["fitted"])
    assert again.columns[0].fill == pytest.approx(7 / 3)
    page = (folder / "report.html").read_text("utf-8")
    assert "清洗报告" in page and "Cleaning in.csv" in page
    assert "<b>&" not in page and "&lt;b&gt;&amp;" in page and "<i>" not in page
    pictures = [part.partition("</svg>")[0] + "</svg>" for part in page.split("<svg")[1:]]
    assert len(pictures) == 4  # missing cells and one histogram, twice
    for picture in pictures:
        ET.fromstring("<svg" + picture)
    assert "src=" not in page and "http://" not in page.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_two_cleanings_of_a_file_are_equal_to_the_byte(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    table = write(
        tmp_path / "in.csv", a=random.normal(size=5000).tolist(), b=random.integers(0, 9, 5000).tolist()
    )
    plan = Cleaning(outliers="blank", missing="predict", scale="standard")
    results = []
    for name in ("one.csv", "two.csv"):
        clean(table, tmp_path / name, plan)
        results.append((tmp_path / name).read_bytes())
    assert results[0] == results[1]


def test_an_output_that_was_there_stays_when_cleaning_fails(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "out.csv").write_text("old\n")
    with pytest.raises(JinjieError):
        clean(tmp_path / "in.csv", tmp_path / "out.csv", Cleaning())
    assert (tmp_path / "out.csv").read_text() == "old\n"


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is another thing there")
def test_a_kill_while_writing_leaves_no_output(tmp_path: Path) -> None:
    """Killed as soon as the first bytes are in the temporary file; the next cleaning clears them away."""
    line = b"%d,some words to fill the line with,3.25\n"
    (tmp_path / "in.csv").write_bytes(b"a,b,c\n" + b"".join(line % i for i in range(600_000)))
    words = [sys.executable, "-m", "jinjie", "clean", "in.csv", "out.csv", "duplicates=keep"]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if any(part.stat().st_size for part in tmp_path.glob(".partial-out.csv-*")):
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "out.csv").exists() and list(tmp_path.glob(".partial-out.csv-*"))
    clean(tmp_path / "in.csv", tmp_path / "out.csv", Cleaning(duplicates="keep"))
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "in.csv").read_bytes()
    assert not list(tmp_path.glob(".partial-*"))


@pytest.mark.skipif(os.name == "nt", reason="processes are asked to end in other ways there")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_who_is_asked_to_end_takes_the_half_file_away(tmp_path: Path, how: signal.Signals) -> None:
    # Once SIGTERM left a .partial-… beside the output until the next cleaning.
    line = b"%d,some words to fill the line with,3.25\n"
    (tmp_path / "in.csv").write_bytes(b"a,b,c\n" + b"".join(line % i for i in range(600_000)))
    words = [sys.executable, "-m", "jinjie", "clean", "in.csv", "out.csv", "duplicates=keep"]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if any(part.stat().st_size for part in tmp_path.glob(".partial-out.csv-*")):
            process.send_signal(how)
            break
    assert process.wait() == 128 + how
    assert [p.name for p in tmp_path.iterdir() if p.name != "home"] == ["in.csv"]


def test_a_table_of_thousands_of_columns_takes_time_in_proportion_and_a_page_of_bounded_size(
    tmp_path: Path,
) -> None:
    # Once the time grew with the square of the columns: 5,000 took 27 s on a quiet machine, 3,000 would take ten
    # times what a tenth of them do. Processor time, since machines are shared; three times as much as linear is slack.
    def wide(columns: int) -> tuple[float, Report]:
        names = ",".join(f"c{i}" for i in range(columns))
        row = ",".join("" if i % 7 == 0 else str(i % 90) if i % 2 else "red" for i in range(columns))
        full = ",".join(str(i % 60) if i % 2 else "blue" for i in range(columns))
        (tmp_path / "wide.csv").write_text("\n".join([names, *[row, full] * 10]) + "\n")
        began = time.process_time()
        made = clean(tmp_path / "wide.csv", tmp_path / "out.csv", Cleaning(missing="mode", duplicates="keep"))
        return time.process_time() - began, made

    wide(100)  # what is imported and set up once
    few, _ = wide(300)
    many, report = wide(3000)
    assert many < 3 * 10 * few
    assert len(report.found.columns) == 3000 and len(report.done) == 429
    page = (tmp_path / "out.csv.report" / "report.html").read_text()
    assert len(page) < 300_000 and "… and 2,800 more; report.json has all of them." in page
