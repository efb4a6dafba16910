"""Fine-tuning a BERT on texts of mixed lengths, examples a second: our engine against Hugging Face's Trainer.

    python benchmarks/bert.py [--heats best padding] [--rounds 3] [--texts 2500]

A round is an epoch from the published weights with a seed of its own, and the accuracy on held-out sentences after it.
A part of the heats may be asked for: the other part of the report stays as it is.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from contest import bert_data
from contest.environments import python_of
from contest.rounds import Contender, compete

from jinjie.base import system
from jinjie.base.machine import WORTH
from jinjie.training.finished import model_folder
from jinjie.training.launch import ALLOCATOR, KERNELS

REPORT = Path(__file__).parent / "reports" / "bert.md"
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
OURS, BEST = "ours", "Trainer, grouped by length"
GOAL = 1.3
BATCH = 32
HEATS = {
    "best": "The Trainer at its best",
    "padding": "The Trainer as it comes, and padded to the longest there may be",
}


def gemm_rates() -> tuple[float, float]:
    """What the machine multiplies just now, GFLOP/s in fp32 and bf16."""
    one = Contender("matrix product", "gemm.py", python_of("torch"), {"size": 1024})
    compete([one], 1)
    return float(one.rounds[0]["fp32"]), float(one.rounds[0]["bf16"])


def contenders(heat: str, given: dict[str, Any], quick: bool) -> list[Contender]:
    """Those of one heat; `quick` says whether this machine gains by bf16."""
    precision = "bf16" if quick else "fp32"

    def trainer(name: str, padded: str, precision: str) -> Contender:
        settings = {**given, "padded": padded, "precision": precision}
        return Contender(name, "bert_trainer.py", python_of("transformers"), settings, OFFLINE)

    if heat == "best":
        found = [trainer(BEST, "grouped", precision)]
        found.append(Contender("ours, allocator not set", "bert_ours.py", sys.executable, {**given}))
    else:
        found = [trainer("Trainer, padded within a batch", "batch", "fp32")]
        found.append(trainer("Trainer, padded to 128", "fixed", "fp32"))
    ours = Contender(
        OURS, "bert_ours.py", sys.executable, {**given, "precision": precision}, {**ALLOCATOR, **KERNELS}
    )
    for one in found:
        one.settings.setdefault("precision", precision)
    return [*found, ours]


def accuracy(one: Contender) -> float:
    """The mean of the rounds, which have seeds of their own."""
    return statistics.mean(float(done["accuracy"]) for done in one.rounds)


def verdict(found: list[Contender], held: int) -> list[tuple[str, bool]]:
    """As quick as wanted, and as good: no further below than two standard errors of a share of `held` sentences."""
    theirs = next(one for one in found if one.name == BEST)
    ours = next(one for one in found if one.name == OURS)
    ratio, gap = theirs.median() / ours.median(), accuracy(ours) - accuracy(theirs)
    share = accuracy(theirs)
    error = math.sqrt(2 * share * (1 - share) / (held * len(ours.rounds)))
    return [
        (f"{ratio:.2f} × the Trainer at its best; {GOAL} wanted", ratio >= GOAL),
        (
            f"accuracy {gap:+.1%} beside it; at least {-2 * error:.1%} (two standard errors) wanted",
            gap >= -2 * error,
        ),
    ]


INTRODUCTION = """# Fine-tuning a BERT: examples a second

MiniLM-L6's published weights (6 layers, 384 wide) and one new linear layer learn to tell praise from blame in film
reviews, an epoch in batches of 32, at a rate of 5e-5 (cosine, 10 steps of warm-up), AdamW, decay 0.01, gradients
clipped at 1, dropout 0.1. The texts are one to four sentences of the recipe `sentiment-en` that judge alike: about 40
tokens on average, at most 128. Everybody has the same texts with the same ids. Accuracy is that on held-out sentences.

*Trainer* is Hugging Face's, on BertForSequenceClassification with the fused AdamW: its bf16 is autocast. *ours* is
`Networks` and the loop's `one_step`, as a run uses them, with the environment that `jinjie run` sets.
"""


def section(title: str, found: list[Contender], texts: int, load: tuple[float, float]) -> str:
    here, last = system.here(), found[-1]
    told = (
        f"{dt.date.today()} · {here.cpu}, {here.cores} cores · rounds: {len(last.rounds)}, in turns, each an epoch of "
        f"{texts:,} texts. Load before and after: {load[0]:.1f} and {load[1]:.1f}."
    )
    lines = [
        f"## {title}",
        "",
        told,
        "",
        "| contender | precision | examples/s (least–most) | ours is × as fast | accuracy | by seed |",
        f"|{' --- |' * 6}",
    ]
    for one in found:
        low, high = one.spread()
        each = ", ".join(f"{done['accuracy']:.1%}" for done in one.rounds)
        rate = f"{texts / one.median():.0f} ({texts / high:.0f}–{texts / low:.0f})"
        lines.append(
            f"| {one.name} | {one.about['precision']} | {rate} "
            f"| {one.median() / last.median():.2f} | {accuracy(one):.1%} | {each} |"
        )
    versions = ", ".join(dict.fromkeys(str(one.about["versions"]) for one in found))
    return "\n".join([*lines, "", f"Versions: {versions}.", ""])


def write(sections: dict[str, str]) -> None:
    """The report with new sections in it; those of the other heats stay as they were."""
    kept: dict[str, str] = {}
    if REPORT.exists():
        for part in REPORT.read_text(encoding="utf-8").split("\n## ")[1:]:
            kept[part.partition("\n")[0]] = "## " + part.strip() + "\n"
    kept |= sections
    REPORT.write_text(
        "\n".join([INTRODUCTION, *(kept[t] for t in HEATS.values() if t in kept)]), encoding="utf-8"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--heats", nargs="+", choices=HEATS, default=list(HEATS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--texts", type=int, default=2500, help="how many texts an epoch has")
    asked = parser.parse_args()
    fp32, bf16 = gemm_rates()
    quick, reached = bf16 >= WORTH * fp32, True
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "texts.npz"
        texts, held = bert_data.write_texts(file, asked.texts)
        given = {
            "data": str(file),
            "start": str(model_folder("minilm")),
            "block": bert_data.BLOCK,
            "batch": BATCH,
            "lr": 5e-5,
            "warmup": 10,
            "weight_decay": 0.01,
            "attention_dropout": 0.1,
            "seed": 0,
        }
        for heat in asked.heats:
            before = os.getloadavg()[0]
            found = contenders(heat, given, quick)
            compete(found, asked.rounds)
            text = section(HEATS[heat], found, texts, (before, os.getloadavg()[0]))
            if heat == "best":
                goals = verdict(found, held)
                reached = all(met for _, met in goals)
                text += "".join(f"\n- {'reached' if met else 'MISSED'}: {said}" for said, met in goals) + "\n"
            write({HEATS[heat]: text})
            print(text, flush=True)
    return int(not reached)


if __name__ == "__main__":
    sys.exit(main())
