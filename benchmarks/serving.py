"""`jinjie serve` with 1, 8 and 64 clients and a GPT of GPT-2's shape (124M), against servers of transformers.

python benchmarks/serving.py [--clients 1 8 64] [--rounds 3]
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import sys
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

from contest.environments import python_of
from contest.rounds import CONTENDERS, Contender, compete

from jinjie.base import system

REPORT = Path(__file__).parent / "reports" / "serving.md"
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
SHAPE = {"layers": 12, "heads": 12, "width": 768, "block": 1024, "vocabulary": 50_257}
KINDS = 8_192
"""Of the tokens, those that the packaged tokenizer has; prompts are drawn from them."""
PROMPT = 32
"""Tokens of a prompt, on average: from a quarter to seven quarters as many where there are several clients."""
CLIENTS = {1: (64, 1.2), 8: (32, 1.2), 64: (16, 1.2)}
"""By clients, how many tokens each asks for, on average as for prompts, and how many times as fast as the quickest
peer ours is to be."""
OURS = "jinjie serve"


def write_model(folder: Path) -> None:
    """A model of that shape with random weights, and a tokenizer, since a server wants one."""
    import torch

    from jinjie.data.tokenization.processor import TokenProcessor
    from jinjie.models import gpt
    from jinjie.training import finished

    torch.manual_seed(0)
    config = gpt.Config(**SHAPE)  # type: ignore[arg-type]
    packaged = Path(str(resources.files("jinjie.models").joinpath("packaged", "mix")))
    finished.write(folder, config.build().state_dict(), config, TokenProcessor.load(packaged))


def contenders(clients: int, model: Path) -> list[Contender]:
    draw = random.Random(clients)
    mean, _ = CLIENTS[clients]
    lengths = [(PROMPT, mean)]
    if clients > 1:
        lengths = [(_about(draw, PROMPT), _about(draw, mean)) for _ in range(clients)]
    prompts = [[draw.randrange(300, KINDS - 1) for _ in range(length)] for length, _ in lengths]
    given = {"prompts": prompts, "tokens": [tokens for _, tokens in lengths]}

    def contender(name: str, command: list[str], environment: dict[str, str]) -> Contender:
        return Contender(name, "serve_load.py", sys.executable, {**given, "command": command}, environment)

    def theirs(precision: str, batch: int) -> list[str]:
        settings: dict[str, Any] = {"shape": SHAPE, "precision": precision, "batch": batch}
        program = str(CONTENDERS / "serve_transformers.py")
        return [str(python_of("transformers")), program, json.dumps(settings)]

    ours = [sys.executable, "-m", "jinjie", "serve", str(model), "--port", "0", "--json"]
    found = [contender("transformers bf16, one at a time", theirs("bf16", 1), OFFLINE)]
    if clients > 1:
        found.append(
            contender(f"transformers bf16, up to {clients} at a time", theirs("bf16", clients), OFFLINE)
        )
    else:
        found.append(contender("transformers fp32, one at a time", theirs("fp32", 1), OFFLINE))
    found.append(contender(OURS, ours, {}))
    if clients > 16:
        found.append(contender(f"{OURS} --rows {clients}", [*ours, "--rows", str(clients)], {}))
    return found


def _about(draw: random.Random, mean: int) -> int:
    return draw.randint(mean // 4, 2 * mean - mean // 4)


def best_of(found: list[Contender]) -> Contender:
    """The quickest of the peers."""
    return min((one for one in found if not one.name.startswith(OURS)), key=lambda one: one.median())


def section(clients: int, found: list[Contender], load: tuple[float, float]) -> str:
    here = system.here()
    tokens, _ = CLIENTS[clients]
    best = best_of(found).median()
    told = (
        f"{dt.date.today()} · {here.cpu}, {here.cores} cores · rounds: {len(found[0].rounds)}, in turns; in each "
        f"every client asks once, for about {tokens} tokens behind {PROMPT}. Load before and after: "
        f"{load[0]:.1f} and {load[1]:.1f}."
    )
    lines = [
        f"## {title(clients)}",
        "",
        told,
        "",
        "| server | tokens/s (least–most) | × the quickest peer | answer after, s: half / the last |",
        "| --- | --- | --- | --- |",
    ]
    for one in found:
        count = one.rounds[0]["tokens"]
        seconds, (low, high) = one.median(), one.spread()
        lines.append(
            f"| {one.name} | {count / seconds:,.1f} ({count / high:,.1f}–{count / low:,.1f}) | {best / seconds:.2f} "
            f"| {one.median('half'):.2f} / {one.median('longest'):.2f} |"
        )
    return "\n".join([*lines, ""])


def verdict(clients: int, found: list[Contender]) -> tuple[str, bool]:
    """The goal in words, and whether it was reached."""
    best, ours = best_of(found), next(one for one in found if one.name == OURS)
    ratio, goal = best.median() / ours.median(), CLIENTS[clients][1]
    return f"{ratio:.2f} × {best.name}; {goal:.1f} wanted", ratio >= goal


INTRODUCTION = """# Serving a GPT of 124M: tokens a second

GPT-2's shape with random weights in every server. Clients are threads of one other process on the same machine; each
sends a prompt of token ids of its own and waits for its whole answer. Several clients have prompts of 8 to 56 tokens
and ask for a quarter to seven quarters of the number named. `jinjie serve` is as it comes: 16 texts at a time, weights
as `--weights auto` picks. The peers are servers of transformers' `generate` as a tutorial writes them
(`contenders/serve_transformers.py`): one request after another, or those that wait written together in one padded
batch. Medians.
"""


def title(clients: int) -> str:
    return f"{clients} client{'s' if clients > 1 else ''}"


def write(sections: dict[str, str]) -> None:
    """The report with new sections in it; the others stay as they were."""
    kept: dict[str, str] = {}
    if REPORT.exists():
        for part in REPORT.read_text(encoding="utf-8").split("\n## ")[1:]:
            kept[part.partition("\n")[0]] = "## " + part.strip() + "\n"
    kept |= sections
    parts = [kept[title(clients)] for clients in CLIENTS if title(clients) in kept]
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text("\n".join([INTRODUCTION, *parts]), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", nargs="+", type=int, choices=CLIENTS, default=list(CLIENTS))
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    met = True
    sections: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        write_model(Path(folder))
        for clients in given.clients:
            before = os.getloadavg()[0]
            found = contenders(clients, Path(folder))
            compete(found, given.rounds)
            said, reached = verdict(clients, found)
            text = section(clients, found, (before, os.getloadavg()[0]))
            sections[title(clients)] = f"{text}\n- {'reached' if reached else 'MISSED'}: {said}\n"
            met &= reached
            write(sections)
            print(sections[title(clients)], flush=True)
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
