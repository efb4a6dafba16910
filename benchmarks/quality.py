"""Time to quality: how long until a GPT on Shakespeare is as good as the one of nanoGPT's CPU setting.

    python benchmarks/quality.py [--rounds 3]

A round is a whole training with a seed of its own, its loss taken on the whole validation text.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from contest.environments import python_of
from contest.rounds import Contender, compete

from jinjie.base import system
from jinjie.data import text
from jinjie.recipes.language import RECIPES
from jinjie.training.launch import ALLOCATOR, KERNELS

REPORT = Path(__file__).parent / "reports" / "quality.md"
RECIPE = next(one for one in RECIPES if one.name == "gpt-shakespeare")
PLAIN = {"layers": 4, "heads": 4, "width": 128, "block": 64}
"""nanoGPT's CPU setting: 2,000 steps of 12 windows."""
GOAL, REACH = 3.0, 5.0


def write_text(file: Path) -> int:
    """The ids of the training and validation characters, for who reads them without us: how many kinds there are."""
    data = text.Config(block=PLAIN["block"]).load()
    np.savez(file, **{split: data.streams[split].astype(np.int32) for split in ("train", "validation")})
    return data.facts["vocabulary"]


def contenders(file: Path, vocabulary: int, changes: dict[str, Any], steps: int = 2000) -> list[Contender]:
    """The baseline, and ours with `changes` to the recipe."""
    plain = {"data": str(file), "shape": {**PLAIN, "vocabulary": vocabulary}, "steps": steps, "batch": 12}
    return [
        Contender("nanoGPT's setting", "quality_plain.py", python_of("torch"), plain),
        Contender(
            "gpt-shakespeare",
            "quality_ours.py",
            sys.executable,
            {"changes": changes},
            {**ALLOCATOR, **KERNELS},
        ),
    ]


def mean_loss(one: Contender) -> float:
    return statistics.mean(float(done["held"]) for done in one.rounds)


def verdict(plain: Contender, ours: Contender) -> list[tuple[str, bool]]:
    """Each goal in words, and whether it was reached: as good on average, in a third of the time, and in a fifth."""
    gap, ratio = mean_loss(ours) - mean_loss(plain), plain.median() / ours.median()
    good = gap <= 0
    found = [(f"validation loss {gap:+.4f} beside the baseline's; at most 0 wanted", good)]
    found.append((f"1/{ratio:.1f} of the baseline's time; 1/{GOAL:.0f} wanted", good and ratio >= GOAL))
    return [
        *found,
        (f"1/{ratio:.1f} of the baseline's time; 1/{REACH:.0f} reached for", good and ratio >= REACH),
    ]


INTRODUCTION = """# Time to quality: Shakespeare, letter by letter

*nanoGPT's setting* is the one its README gives for a CPU: GPT-2's shape with 4 layers, 4 heads, 128 wide, windows of 64
characters, 12 of them a step, no dropout, AdamW with a rate from 1e-3 to 1e-4 (cosine, 100 steps of warm-up, betas 0.9
and 0.99, decay 0.1, gradients clipped at 1), 2,000 steps, in fp32, written in plain PyTorch. *gpt-shakespeare* is the
recipe as it comes, free in architecture, optimiser, batch and schedule, in the steps of a run and with its environment.
Both train on the training part of the packaged Shakespeare. A round is a whole training with a seed of its own; its
time is that of the steps, and its loss, in nats a character, that of the whole validation part after the last one, in
windows as long as those it trained on (ours are shorter, so that less is known of what comes before).
"""


def report(found: list[Contender], load: tuple[float, float]) -> str:
    here, (plain, ours) = system.here(), found
    model, optimizer = RECIPE.model.model_dump(), RECIPE.optimizer.model_dump()
    told = (
        f"{dt.date.today()} · {here.cpu}, {here.cores} cores · {len(plain.rounds)} rounds, in turns. Load before and "
        f"after: {load[0]:.1f} and {load[1]:.1f}.\n\n"
        f"The recipe: {model['layers']} layers, {model['heads']} heads, {model['width']} wide, {model['block']} "
        "characters, "
        f"{model['positions']} positions, {model['norm']}, {model['activation']}{' gated' if model['gated'] else ''}, "
        f"queries and keys {'' if model['qk_norm'] else 'not '}normalised; {optimizer['kind']} at {optimizer['lr']}, "
        f"{RECIPE.budget.steps} steps of {RECIPE.budget.batch}."
    )
    lines = [
        "| contender | precision | seconds (least–most) | × nanoGPT's setting | loss, mean | by seed | MB at most |",
        f"|{' --- |' * 7}",
    ]
    for one in found:
        low, high = one.spread()
        losses = ", ".join(f"{done['held']:.4f}" for done in one.rounds)
        lines.append(
            f"| {one.name} | {one.about['precision']} | {one.median():.1f} ({low:.1f}–{high:.1f}) "
            f"| {plain.median() / one.median():.2f} | {mean_loss(one):.4f} | {losses} "
            f"| {one.rounds[-1]['megabytes']:,.0f} |"
        )
    versions = ", ".join(str(one.about["versions"]) for one in found)
    goals = "".join(f"- {'reached' if met else 'MISSED'}: {said}\n" for said, met in verdict(plain, ours))
    return "\n".join([INTRODUCTION, told, "", *lines, "", f"Versions: {versions}.", "", goals])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="whole trainings of each: two and a half minutes a round"
    )
    given = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "text.npz"
        found = contenders(file, write_text(file), {})
        compete(found, given.rounds)
    text_of = report(found, (before, os.getloadavg()[0]))
    REPORT.write_text(text_of, encoding="utf-8")
    print(text_of)
    return int(not all(met for _, met in verdict(*found)[:2]))


if __name__ == "__main__":
    sys.exit(main())
