"""What a training holds in memory at its fullest moment: what `estimate` says before, and what a worker then holds.

    python benchmarks/memory.py [RECIPE …]

Each recipe runs some steps with an evaluation before and after them and its checkpoints, as a worker of its own.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinjie import recipes
from jinjie.analyse.estimate import estimate
from jinjie.base import machine, system
from jinjie.training import launch
from jinjie.training.runs import Run

REPORT = Path(__file__).parent / "reports" / "memory.md"
WITHIN = 0.10
MB = 1e6


@dataclass(frozen=True)
class Case:
    """A recipe with what is changed of it. Texts of many lengths need more steps until the longest have come."""

    recipe: str
    steps: int = 10
    changes: dict[str, Any] = field(default_factory=dict)
    start: str = ""
    """The case whose run it starts from."""

    @property
    def name(self) -> str:
        return " ".join([self.recipe, *(f"{k}={v}" for k, v in self.changes.items())])


CASES = (
    Case("line-1"),
    Case("credit"),
    Case("cancer"),
    Case("mnist-mlp"),
    Case("mnist-cnn"),
    Case("emoji-cnn"),
    Case("emoji-resnet"),
    Case("gpt-shakespeare"),
    Case("gpt-shakespeare", changes={"size": "small"}),
    Case("gpt-shakespeare", changes={"size": "medium"}),
    Case("gpt-poems"),
    Case("gpt-poems", changes={"precision": "fp32"}),
    Case("gpt-mix"),
    Case("gpt-chat", start="gpt-mix"),
    Case("gpt-chat", start="gpt-mix", changes={"tuning.body": "lora"}),
    Case("gpt-dpo"),
    Case("bert-pretrain", steps=60),
    Case("entities-zh", steps=60),
    Case("sentiment-zh", steps=60, start="bert-pretrain"),
    Case("sentiment-en", steps=40),
    Case("answers", steps=40),
)


@dataclass(frozen=True)
class Found:
    """What was said of a case and what was measured, in bytes."""

    case: Case
    said: int
    held: int

    @property
    def ratio(self) -> float:
        return self.said / self.held


def run(case: Case, begun: dict[str, str]) -> Found:
    """Train a case in a worker of its own, its data read once before; its run's folder is noted in `begun`."""
    changes = {
        **case.changes,
        "budget.steps": case.steps,
        "budget.epochs": None,
        "budget.evaluate_every": case.steps,
    }
    if case.start:
        changes["start"] = begun[case.start]
    recipe = recipes.find(case.recipe).changed(changes)
    read = f"from jinjie import recipes; recipes.find({case.recipe!r}).data.load(None)"
    # Not gpt-dpo's, whose model writes them in the run itself.
    subprocess.run([sys.executable, "-c", read], capture_output=True)
    said = estimate(recipe).memory.total
    made = launch.create(recipe)
    held = peak(made)
    begun.setdefault(case.name, made.name)
    return Found(case, said, held)


def peak(run: Run) -> int:
    """Bytes that a run's worker held at most, by the system's own count for a process that has ended."""
    with (run.path / "console.log").open("ab") as console:
        worker = subprocess.Popen(
            [sys.executable, "-m", "jinjie.training.worker", str(run.path)],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            env=launch.environment(run.file["launch"]["threads"]),
        )
        _, status, used = os.wait4(worker.pid, 0)
    if status:
        raise SystemExit((run.path / "console.log").read_text())
    return used.ru_maxrss * (1024 if sys.platform == "linux" else 1)


def report(found: list[Found], precision: str, program: int | None) -> str:
    here = system.here()
    apart = [f for f in found if abs(f.ratio - 1) > WITHIN]
    about = (
        f"{dt.date.today()} · {here.cpu}, {here.cores} cores · `auto` computes in {precision} here · a run next to "
        f"nothing holds {'?' if program is None else round(program / MB)} MB"
    )
    how = (
        "Peak resident memory by the system's count. Some steps of each recipe as it comes, an evaluation before and "
        "after, checkpoints, and the test split; the data in the cache."
    )
    lines = [
        "# Memory: what `estimate` says, and what a worker holds",
        "",
        about,
        "",
        how,
        "",
        "| recipe | steps | held, MB | said, MB | said ÷ held |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| `{f.case.name}` | {f.case.steps} | {f.held / MB:,.0f} | {f.said / MB:,.0f} | {f.ratio:.2f} |"
            for f in found
        ),
        "",
        f"Within {WITHIN:.0%}: {len(found) - len(apart)} of {len(found)}"
        + (f"; apart: {', '.join(f.case.name for f in apart)}." if apart else "."),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("recipe", nargs="*", help="only these, and what they start from")
    wanted = parser.parse_args().recipe
    measured = machine.profile()
    if measured is None or measured.program is None:
        subprocess.run([sys.executable, "-m", "jinjie", "doctor", "--again"], check=True, capture_output=True)
        measured = machine.profile()
    needed = {*wanted, *(c.start for c in CASES if c.recipe in wanted)}
    begun: dict[str, str] = {}
    found = []
    for case in CASES:
        if wanted and case.recipe not in needed:
            continue
        one = run(case, begun)
        found.append(one)
        print(f"{case.name}: held {one.held / MB:.0f}, said {one.said / MB:.0f}, {one.ratio:.2f}", flush=True)
    text = report(found, machine.pick_precision(measured).value, measured.program if measured else None)
    if not wanted:
        REPORT.write_text(text)
    print(text)
    return int(any(abs(f.ratio - 1) > WITHIN for f in found))


if __name__ == "__main__":
    sys.exit(main())
