"""What the lesson shows as recorded is what the benchmark's report says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"\| (.+), batch (\d+) \| ([\d.]+) ")


def test_a_step_timed_shows_the_figures_of_the_last_report() -> None:
    report = (ROOT / "benchmarks" / "reports" / "mnist.md").read_text("utf-8")
    rows: dict[int, list[tuple[str, float]]] = {}
    for name, batch, seconds in ROW.findall(report):
        if "clear" not in name:
            rows.setdefault(int(batch), []).append((name, float(seconds)))
    shown = runpy.run_path(str(ROOT / "src" / "jinjie" / "content" / "experiments" / "a-step-timed.py"))
    assert rows and shown["RECORDED"] == rows
    assert shown["RECORDED_ON"].partition(",")[0] in report
