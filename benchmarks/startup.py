"""How long a user waits for a command, and for the first step of a run, beside bare Python and imports of libraries.

    python benchmarks/startup.py [--rounds 10] [--without-peers] [--processor]

Every row is a real process, from its start to its end by the clock, its output thrown away; after one round that warms
the disk's cache they take turns. A run's first step is the time from the start of `jinjie run mnist-mlp --detach` until
the worker's diary tells of a `step`. The home is an empty one; the first round makes
what is kept in it. On a machine that others hold, `--processor` counts the processor's time and not the clock's.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from contest.environments import python_of

from jinjie.base import paths, system
from jinjie.data import digits
from jinjie.training.runs import Run

REPORT = Path(__file__).parent / "reports" / "startup.md"
COMMANDS = [
    "--help",
    "--version",
    "recipes",
    "show mnist-mlp",
    "runs",
    "lesson",
    "lesson gradient-descent",
    "exercise",
    "experiment",
    "formula",
    "find attention",
    "ask how much memory does training take",
    "resources",
    "career",
    "next",
    "plan",
    "progress",
    "data",
]
"""Commands that need no tensor."""
AFTER = {"recipes", "show mnist-mlp"}
"""Those whose estimates go by the runs there are: asked twice in a round, first as they are after a training."""
JINJIE = [sys.executable, "-m", "jinjie"]
HELLO = "import typer\napp = typer.Typer()\n@app.command()\ndef hello(name: str = 'x'): print(name)\napp()"
TYPER = "typer hello"
TORCH = "import torch"
THERE = 1.7
"""Seconds of `import torch` on the machine of the limits: on a slower one they are longer by that."""
COMMAND, FIRST_STEP = 0.25, 3.5
"""The limits there, in seconds."""


def process(arguments: list[str], environment: dict[str, str], clock: Callable[[], float]) -> float:
    """Seconds by `clock` until it has ended. Raises RuntimeError for one that fails."""
    begun = clock()
    done = subprocess.run(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    taken = clock() - begun
    if done.returncode:
        raise RuntimeError(f"{arguments} ended with {done.returncode}: {done.stderr.decode()[-400:]}")
    return taken


def processor() -> float:
    """Seconds of the processor that processes which have ended took, the system's for them among it."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def first_step(recipe: str, environment: dict[str, str]) -> float:
    """Seconds until a new run's diary tells of its first step; the run is stopped then."""
    home = Path(environment["JINJIE_HOME"])
    known = set((home / "runs").glob("*"))
    begun = time.perf_counter()
    started = subprocess.Popen(
        [*JINJIE, "run", recipe, "--detach"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    taken = None
    while taken is None:
        for run in map(Run, set((home / "runs").glob("*")) - known):
            kinds = {event["type"] for event in run.events}
            if "step" in kinds:
                taken = time.perf_counter() - begun
                break
            if "failed" in kinds:
                raise RuntimeError(f"{recipe} failed: {run.events[-1]}")
        if time.perf_counter() - begun > 60:
            raise RuntimeError(f"no step of {recipe} within a minute")
        time.sleep(0.005)
    started.wait()
    run.stop()
    while run.pid is not None:
        time.sleep(0.02)
    return taken


def contenders(home: Path, peers: bool, clock: Callable[[], float]) -> dict[str, Callable[[], float]]:
    ours = {**os.environ, "JINJIE_HOME": str(home), "JINJIE_DATA": str(paths.shared()), "LANG": "en_US.UTF-8"}
    theirs = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    theirs |= {"TF_CPP_MIN_LOG_LEVEL": "3", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

    def code(text: str, python: str | Path = sys.executable) -> Callable[[], float]:
        return partial(process, [str(python), "-c", text], theirs, clock)

    found = {"python -c pass": code("pass"), TYPER: code(HELLO), TORCH: code(TORCH)}
    for words in COMMANDS:
        row = partial(process, [*JINJIE, *words.split()], ours, clock)
        found |= {f"jinjie {words}, after a training": row} if words in AFTER else {}
        found[f"jinjie {words}"] = row
    if clock is not processor:  # a run's worker goes on by itself
        found["first step of jinjie run mnist-mlp"] = partial(first_step, "mnist-mlp", ours)
    if not peers:
        return found
    found["import keras (on TensorFlow)"] = code("import keras", python_of("keras"))
    found["import jax"] = code("import jax", python_of("jax"))
    found["from transformers import Trainer"] = code(
        "from transformers import Trainer", python_of("transformers")
    )
    return found


def report(
    taken: dict[str, list[float]], load: tuple[float, float], peers: bool, clock: Callable[[], float]
) -> tuple[str, list[str]]:
    """The table, and the limits that were missed."""
    here = system.here()
    median = {name: statistics.median(values) for name, values in taken.items()}
    slower = max(1.0, median[TORCH] / THERE)
    missed = []
    by = "its processor time" if clock is processor else "the clock"
    told = (
        f"{len(taken[TYPER])} rounds, in turns, after one that warms the disk's cache; a row is a process from its "
        f"start to its end by {by}. Medians (least–most). Load before and after: {load[0]:.1f} "
        f"and {load[1]:.1f}. The limits ({COMMAND} s for a command that needs no tensor, {FIRST_STEP} s "
        f"for a run's first step) were set on a machine where `{TORCH}` took {THERE} s; a slower one's are longer by "
        f"as much, here {COMMAND * slower:.2f} and {FIRST_STEP * slower:.2f} s. What is after a training is no such "
        "command: estimates are worked out anew then."
    )
    if not peers:
        told += " The peers' imports were left out this time."
    lines = [
        "# Start-up: what a user waits for",
        "",
        f"{dt.date.today()} · {here.cpu}, {here.cores} cores · Python {sys.version.split()[0]}",
        "",
        told,
        "",
        "| process | seconds | × `python -c pass` | × `typer hello` | × `import torch` | within the limit |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, values in taken.items():
        limit = FIRST_STEP if name.startswith("first") else COMMAND if _limited(name) else None
        within = ""
        if limit is not None:
            good = median[name] <= limit * slower
            within = "yes" if good else "no"
            if not good:
                missed.append(f"{name}: {median[name]:.2f} s, {limit * slower:.2f} wanted")
        ratios = " | ".join(f"{median[name] / median[n]:.2f}" for n in ("python -c pass", TYPER, TORCH))
        lines.append(
            f"| `{name}` | {median[name]:.2f} ({min(values):.2f}–{max(values):.2f}) | {ratios} | {within} |"
        )
    return "\n".join(lines) + "\n", missed


def _limited(name: str) -> bool:
    return name.startswith("jinjie") and "after" not in name


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--without-peers", action="store_true", help="leave out Keras, JAX and transformers")
    parser.add_argument("--processor", action="store_true", help="count the processor's time")
    given = parser.parse_args()
    clock = processor if given.processor else time.perf_counter
    digits.Config().load()
    with tempfile.TemporaryDirectory() as folder:
        found = contenders(Path(folder), not given.without_peers, clock)
        taken: dict[str, list[float]] = {name: [] for name in found}
        before = os.getloadavg()[0]
        for i in range(given.rounds + 1):
            for name, run in found.items():
                seconds = run()
                if i:
                    taken[name].append(seconds)
            print(
                f"round {i} of {given.rounds}",
                json.dumps({n: round(v[-1], 2) for n, v in taken.items() if v}),
                flush=True,
            )
    text, missed = report(taken, (before, os.getloadavg()[0]), not given.without_peers, clock)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    print("\n".join(missed))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
