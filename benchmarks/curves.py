"""The loss of one small GPT in fp32 and in bf16, side by side: the same recipe, seed, data and steps.

    python benchmarks/curves.py [--steps 200]

Both are trained by the engine's own loop, as a run does, and the report has the validation loss of both. It is no
matter of speed: where a machine has no instructions for bf16, its arithmetic is emulated, and means the same.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

import torch
from contest.engine import session_of

from jinjie.base import system
from jinjie.recipes.language import RECIPES
from jinjie.training.hardware import settle
from jinjie.training.loop import one_step
from jinjie.training.networks import Precision

REPORT = Path(__file__).parent / "reports" / "curves.md"
RECIPE = next(one for one in RECIPES if one.name == "gpt-shakespeare")
POINTS = 10
GOAL = 0.01
"""How far, relative to fp32's, the last validation loss in bf16 may lie above it."""


def curve(precision: Precision, steps: int, threads: int) -> list[tuple[int, float, float]]:
    """(steps done, training loss of the last one, validation loss) at `POINTS` places and at the start."""
    recipe = RECIPE.changed({"budget.steps": steps, "precision": precision, "device": "cpu"})
    settle(threads)
    session = session_of(recipe, recipe.data.load())
    networks, found, loss = session.networks, [], float("nan")
    for i in range(steps + 1):
        if i % max(1, steps // POINTS) == 0 or i == steps:
            networks.train(False)
            with torch.no_grad():
                scores = session.task.metrics(networks.models, session.data, "validation", 20)
            networks.train(True)
            found.append((i, loss, scores["loss"]))
            print(f"{precision}: step {i}, validation {scores['loss']:.4f}", flush=True)
        if i < steps:
            loss = float(one_step(session, steps)["shown"]["loss"])
            session.step += 1
    return found


def report(curves: dict[Precision, list[tuple[int, float, float]]], steps: int) -> str:
    here, shape = system.here(), RECIPE.model.model_dump()
    kinds = f"{type(RECIPE.optimizer).__name__}, {type(RECIPE.schedule).__name__.lower()} over {steps} steps"
    told = (
        f"`{RECIPE.name}` ({shape['layers']} layers, {shape['width']} wide, {shape['block']} characters, batch "
        f"{RECIPE.budget.batch}, {kinds}), seed {RECIPE.seed}: the same first weights, the same batches. In bf16 "
        "weights and activations are bf16, the optimiser moves fp32 masters and the loss is computed in fp32. "
        "Nats a character."
    )
    lines = [
        "# A small GPT in fp32 and in bf16: the same losses?",
        "",
        f"{dt.date.today()} · {here.cpu}, {here.cores} cores · PyTorch {torch.__version__}",
        "",
        told,
        "",
        "| step | training, fp32 | training, bf16 | validation, fp32 | validation, bf16 | bf16 − fp32 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for (step, loss, held), (_, other, held_other) in zip(curves["fp32"], curves["bf16"], strict=True):
        seen = f"{loss:.4f} | {other:.4f}" if step else "– | –"
        lines.append(f"| {step} | {seen} | {held:.4f} | {held_other:.4f} | {held_other - held:+.4f} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=200)
    given = parser.parse_args()
    threads = system.cores()
    curves: dict[Precision, list[tuple[int, float, float]]] = {
        precision: curve(precision, given.steps, threads) for precision in ("fp32", "bf16")
    }
    text = report(curves, given.steps)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    fp32, bf16 = (curves[precision][-1][2] for precision in ("fp32", "bf16"))
    if bf16 > fp32 * (1 + GOAL):
        print(f"bf16 ends at {bf16:.4f}, more than {GOAL:.0%} above fp32's {fp32:.4f}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
