"""What a recipe will take, before it is run: parameters, arithmetic, memory and time. Imports no torch.

A training step costs three forward passes (the backward pass computes a gradient for the input and one for the
weight of every product). Its time is the sum of three parts, each measured on this machine by `jinjie doctor`:
what any step costs however small, the arithmetic at the rate of matrix products, and the memory traffic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jinjie.analyse.memory import LONG, Memory, Part, memory
from jinjie.base import machine
from jinjie.base.errors import JinjieError
from jinjie.base.stamps import Stamp, stamp
from jinjie.base.words import Text, text
from jinjie.training.cadence import Cadence

if TYPE_CHECKING:
    from jinjie.base.machine import Precision, Profile
    from jinjie.training.events import Event
    from jinjie.training.recipe import Recipe

BACKWARD = 2
"""A backward pass costs two forward passes."""
REACHED = {"fp32": 0.75, "bf16": 0.5}
"""Share of the measured rate of a large matrix product that a network's products reach. With it, one-thread
steps of the GPTs from 0.8M to 11M parameters came out between 0.65 and 1.1 times what they took."""
LOOP = 1.5
"""What a step of the loop costs beside the measured step of a tiny network: its batch, its seed, its checks."""
LOOK = 0.06
"""Seconds for what comes with each evaluation: pictures, the kept model, a checkpoint put on the disk."""
WRITE = 0.0003
"""Seconds a token where a model writes, 32 texts at a time, beside the arithmetic: drawing it, and reading it again.
In all 0.38 ms at 1.3M parameters, and 0.64 ms at 3.5M."""
PASSES = 8
"""Times each activation is read or written in a step: made, used, and both again for its gradient."""
OPTIMIZER_BYTES = 40
"""Bytes read and written for each weight in an optimiser step: weight, gradient, two moments, rounded copy."""
START = 3.0
"""Seconds until the first step: Python, torch, and the data from the cache."""
SPOILT = 4.0
"""A run this many times slower than a measured machine makes likely had to share it, and tells nothing."""
PAST = 5
"""Earlier runs that are looked at for their pace; the quickest counts, since others may have had neighbours."""
LOOKED_AT = 16
"""Examples in a batch of evaluation, where the number of batches is limited."""


@dataclass(frozen=True)
class Estimate:
    """What a run takes. `steps`, `examples`, `tokens` and `seconds` are None where the data does not tell yet."""

    parameters: int
    flops_per_step: float
    steps: int | None
    examples: int | None
    tokens: int | None
    """None where the data is not text."""
    memory: Memory
    seconds: float | None
    seconds_per_step: float
    precision: Precision
    threads: int
    measured: bool
    """Whether a run of these very settings on this machine gave the time."""
    how: Text
    """How the time was found, in one sentence."""


def estimate(
    recipe: Recipe,
    facts: Mapping[str, int] | None = None,
    counts: Mapping[str, int] | None = None,
    profile: Profile | None = None,
    cores: int | None = None,
) -> Estimate:
    """What a run of `recipe` takes on this machine.

    `facts` and `counts` are the data's (what `about()` knows when None); `profile` is what was measured of the
    machine (the saved measurement when None), and `cores` how many it has, for who asks often and knows. Raises
    JinjieError when a size of the model is still open.
    """
    about = recipe.data.about() if facts is None or counts is None else None
    facts = about.facts if facts is None and about else dict(facts or {})
    counts = about.counts if counts is None and about else dict(counts or {})
    profile = profile or machine.profile()
    cores = profile.cores if profile else cores or machine.cores()

    budget = recipe.budget
    piece = math.ceil(budget.batch / budget.accumulate)
    usual = _parts(recipe, facts, "length")
    forward = sum(config.flops(budget.batch) for config, _, _ in usual)
    passes = recipe.task.passes()
    flops = forward + BACKWARD * sum(config.flops(budget.batch) for config, trained, _ in usual if trained)
    flops *= passes
    threads = recipe.threads or machine.pick_threads(flops / budget.accumulate, cores)
    device = "cpu" if recipe.device == "auto" else recipe.device
    precision = (
        machine.pick_precision(profile, device).value if recipe.precision == "auto" else recipe.precision
    )

    parameters = usual[0][0].parameters()
    trained = sum(config.parameters() for config, trains, _ in usual if trains)
    size = 2 if precision == "bf16" else 4
    moved = size * passes * sum(config.activations(piece) for config, trains, _ in usual if trains)
    held = memory(recipe, _parts(recipe, facts, "longest"), facts, counts, precision, piece, profile)

    used = profile or assumed(cores)
    traffic = PASSES * moved * budget.accumulate + OPTIMIZER_BYTES * trained
    compute = _seconds_of(flops, used, threads, precision)
    per_step = LOOP * used.step_us / 1e6 * budget.accumulate + compute + traffic / (used.read_gbytes * 1e9)

    steps = _steps(recipe, facts, counts)
    examples = None if steps is None else steps * budget.batch
    seconds = None
    if steps is not None:
        looks = _looks(recipe, steps)
        looked = looks * _looked_at(recipe, facts, counts) + (recipe.data.rows("test", facts, counts) or 0)
        evaluation = LOOK * looks + _seconds_of(looked * forward / budget.batch, used, threads, precision)
        # looks at the validation split, the last one at the test split, and what the data needs first
        tokens = (looks + 1) * recipe.task.writes() + recipe.data.writes()
        writing = WRITE * tokens + _seconds_of(2.0 * parameters * tokens, used, threads, precision)
        seconds = START + steps * per_step + evaluation + writing
    how = text("estimate.from_profile") if profile else text("estimate.from_defaults")
    past = _pace(recipe, precision, threads)
    if past and profile and seconds and steps and steps * past[1] > SPOILT * seconds:
        past = None
    if past is not None:
        run, per_step = past
        seconds = None if steps is None else START + steps * per_step
        how = text("estimate.from_run", run=run)
    return Estimate(
        parameters=parameters,
        flops_per_step=flops,
        steps=steps,
        examples=examples,
        tokens=examples * facts["block"] if examples is not None and recipe.data.in_tokens else None,
        memory=held,
        seconds=seconds,
        seconds_per_step=per_step,
        precision=precision,
        threads=threads,
        measured=past is not None,
        how=how,
    )


def assumed(cores: int) -> Profile:
    """A modest machine, for estimates where nothing was measured: an ordinary laptop of the last ten years."""
    able = machine.pick_precision(None).value == "bf16"
    one = machine.Rates(fp32=40.0, bf16=80.0 if able else 20.0)
    every = machine.Rates(fp32=40.0 * cores, bf16=(80.0 if able else 20.0) * cores)
    return machine.Profile(
        cpu="",
        cores=cores,
        torch="",
        time=0.0,
        one=one,
        all=every,
        read_gbytes=12.0,
        op_us=4.0,
        step_us=600.0,
    )


def _parts(recipe: Recipe, facts: Mapping[str, int], long: Literal["length", "longest"]) -> list[Part]:
    """Every model of the recipe, the main one first: its config, whether it trains, and its optimiser; at work on rows
    that are as long as they get (`longest`), or as they are on average (`length`)."""
    others = [
        (other.model.fitted(facts), other.trainable, recipe.optimizers.get(name, recipe.optimizer))
        for name, other in recipe.others.items()
    ]
    model = recipe.model.fitted(facts)
    if "block" in facts and not recipe.data.in_tokens:
        # A text is as long as it is, and a model that could see more has no more work with it.
        row = min(facts["block"], facts.get("length", facts["block"]) * (LONG if long == "longest" else 1))
        model = model.model_copy(update={"block": min(row, getattr(model, "block", row))})
    return [(model, True, recipe.optimizer), *others]


def _seconds_of(flops: float, profile: Profile, threads: int, precision: Precision) -> float:
    """Seconds of arithmetic: at the rate of one thread, or of all, or in between."""
    rates = profile.one if threads == 1 else profile.all
    rate = (rates.bf16 if precision == "bf16" else None) or rates.fp32
    if 1 < threads < profile.cores:
        rate *= threads / profile.cores
    return flops / (REACHED[precision] * rate * 1e9)


def _steps(recipe: Recipe, facts: Mapping[str, int], counts: Mapping[str, int]) -> int | None:
    budget = recipe.budget
    examples = recipe.data.rows("train", facts, counts)
    if budget.steps is None and examples is None:
        return None
    return budget.total(math.ceil((examples or 0) / budget.batch))


def _looks(recipe: Recipe, steps: int) -> int:
    """How often a run of `steps` looks at the validation split, the first time before any step."""
    return 1 + math.ceil(steps / Cadence.of_total(recipe.budget, steps).evaluate)


def _looked_at(recipe: Recipe, facts: Mapping[str, int], counts: Mapping[str, int]) -> int:
    """Examples that go forward in one look at the validation split."""
    limit = recipe.budget.evaluate_batches
    split = recipe.data.rows("validation", facts, counts) or 0
    return split if limit is None else min(split, limit * LOOKED_AT)


def _pace(recipe: Recipe, precision: Precision, threads: int) -> tuple[str, float] | None:
    """(run, seconds a step, evaluations included) of the quickest of the newest runs of these very settings."""
    from jinjie.training.runs import all_runs

    wanted = _what_takes_time(recipe.model_dump(mode="json"))
    found: list[tuple[float, str]] = []
    for run in all_runs():
        if _asked(run.path, stamp(str(run.path / "recipe.json"))) != wanted:
            continue
        pace = _paced(run.path, stamp(str(run.path / "events.jsonl")), precision, threads)
        if pace is not None:
            found.append((pace, run.name))
        if len(found) == PAST:
            break
    return (min(found)[1], min(found)[0]) if found else None


@lru_cache(maxsize=1000)
def _asked(run: Path, seen: Stamp | None) -> dict[str, Any] | None:
    """What takes time of a run's recipe; None where the run is damaged or older, and tells nothing."""
    from jinjie.training.runs import Run

    try:
        return _what_takes_time(Run(run).file["recipe"])
    except (JinjieError, KeyError, TypeError, AttributeError):
        return None


@lru_cache(maxsize=1000)
def _paced(run: Path, seen: Stamp | None, precision: Precision, threads: int) -> float | None:
    from jinjie.training.runs import Run

    return _pace_of(Run(run).events, precision, threads)


def _pace_of(events: list[Event], precision: Precision, threads: int) -> float | None:
    """Seconds a step of a run that went at least a tenth of its way in one go, as it would go now; else None."""
    started = next((e for e in events if e["type"] == "started"), {})
    if started.get("precision") != precision or started.get("threads") != threads:
        return None
    if any(e["type"] == "resumed" for e in events):
        return None  # the time between its events is not all training
    steps = [e for e in events if e["type"] == "step"]
    if len(steps) < 3 or steps[-1]["step"] < 0.1 * started["total"]:
        return None
    seconds: float = steps[-1]["time"] - steps[0]["time"]
    return seconds / float(steps[-1]["step"] - steps[0]["step"])


def _what_takes_time(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Of a recipe's values, those that decide how long one of its steps takes."""
    budget = {
        name: recipe["budget"][name] for name in ("batch", "accumulate", "evaluate_every", "evaluate_batches")
    }
    kinds = [recipe["optimizer"]["kind"], {name: one["kind"] for name, one in recipe["optimizers"].items()}]
    same = {name: recipe[name] for name in ("data", "model", "others", "task", "precision", "device")}
    return {**same, "budget": budget, "optimizers": kinds}
