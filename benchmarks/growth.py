"""How the cost of a training grows: ten times the parameters or the data, four times the context, twice the processes.

    python benchmarks/growth.py [--rounds 5]

Each of the four has the same small GPT beside it; the exponent k is that of cost = size^k between the two.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contest.rounds import Contender, compete

from jinjie.base import system
from jinjie.training.launch import ALLOCATOR, KERNELS

REPORT = Path(__file__).parent / "reports" / "growth.md"
SMALL = {"layers": 4, "heads": 4, "width": 128, "block": 64, "vocabulary": 78}
STEPS = 10
"""In a round."""


@dataclass(frozen=True)
class Case:
    """One thing that grows: its name, how many times, and what is set for it."""

    what: str
    times: float
    shape: dict[str, int]
    batch: int = 32
    steps: int = STEPS
    processes: int = 1
    meaning: str = ""
    """What the exponent says."""

    def contender(self) -> Contender:
        given: dict[str, Any] = {
            "shape": self.shape,
            "batch": self.batch,
            "steps": self.steps,
            "processes": self.processes,
        }
        return Contender(
            self.what,
            "growth_step.py",
            sys.executable,
            given,
            {**ALLOCATOR, **KERNELS, "OMP_NUM_THREADS": "1"},
        )


BASE = Case("the small one", 1, SMALL)
CASES = (
    Case(
        "parameters × 10",
        0,  # what it comes to is counted
        {**SMALL, "width": 408},
        meaning="1 would be the arithmetic alone; less, as small matrices use less of the processor than large ones",
    ),
    Case(
        "data × 10",
        10,
        SMALL,
        steps=10 * STEPS,
        meaning="1: an epoch of ten times the data is ten times the steps",
    ),
    Case(
        "context × 4",
        4,
        {**SMALL, "block": 256},
        batch=8,
        meaning="of as many tokens a step: 0 would be no attention, 1 nothing but attention (T² for each text of T)",
    ),
    Case(
        "processes × 2",
        2,
        SMALL,
        processes=2,
        meaning="−1 would be twice as fast. What is missing is gradients sent to and fro, and waiting for the other",
    ),
)


def exponent(ratio: float, times: float) -> float:
    """k where a thing that is `times` as large costs `ratio` as much: times^k."""
    return math.log(ratio) / math.log(times)


INTRODUCTION = """# How the cost of a training grows

A GPT of 4 layers, 4 heads, 128 wide on Shakespeare's characters (78 kinds), 32 windows of 64 a step, on our engine's
networks and optimiser (AdamW), one thread in each process. One thing grows at a time; the time of the same work
beside that of the small one gives the exponent k in cost = size^k. *parameters*: the same layers, wider. *context*:
windows four times as long, and a quarter as many. *processes*: two that take half of each batch and average their
gradients through torch.distributed (gloo) on this machine; the batch stays the same. Medians of rounds in turns.
"""


def report(base: Contender, found: list[tuple[Case, Contender]], load: tuple[float, float]) -> str:
    here = system.here()
    told = (
        f"{dt.date.today()} · {here.cpu}, {here.cores} cores · rounds: {len(base.rounds)}, in turns, of {STEPS} steps "
        f"of {BASE.batch * SMALL['block']:,} tokens (data: {10 * STEPS}), in {base.about['precision']}. Load before "
        f"and after: {load[0]:.1f} and {load[1]:.1f}. The small one: {base.median() / STEPS * 1000:.0f} ms a step."
    )
    lines = ["| what grows | times | costs × (least–most) | exponent | what that says |", f"|{' --- |' * 5}"]
    for case, one in found:
        times = case.times or one.rounds[0]["parameters"] / base.rounds[0]["parameters"]
        ratio = one.median() / base.median()
        low, high = (seconds / base.median() for seconds in one.spread())
        lines.append(
            f"| {case.what} | {times:.1f} | {ratio:.2f} ({low:.2f}–{high:.2f}) | {exponent(ratio, times):+.2f} "
            f"| {case.meaning} |"
        )
    return "\n".join([INTRODUCTION, told, "", *lines, "", f"Versions: {base.about['versions']}.", ""])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    base, before = BASE.contender(), os.getloadavg()[0]
    found = [(case, case.contender()) for case in CASES]
    compete([base, *(one for _, one in found)], given.rounds)
    text = report(base, found, (before, os.getloadavg()[0]))
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
