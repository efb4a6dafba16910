"""Estimates follow from the recipe, the data and the machine, by arithmetic that is done again here."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.analyse.estimate import START, assumed, estimate
from jinjie.base.errors import JinjieError
from jinjie.base.machine import Profile, Rates
from jinjie.base.paths import runs_home
from jinjie.recipes import all_recipes
from jinjie.training.recipe import Recipe
from jinjie.training.runs import SCHEMA

RECIPES = all_recipes()
DIGITS = {"inputs": 784, "outputs": 10}
COUNTS = {"train": 7000, "validation": 1000, "test": 2000}
TEXT = {"vocabulary": 78, "block": 64}
PROFILE = Profile(
    cpu="c", cores=2, torch="t", time=0, read_gbytes=30, op_us=2, step_us=250,
    one=Rates(fp32=100, bf16=400), all=Rates(fp32=200, bf16=800),
)  # fmt: skip


def mlp(**changes: Any) -> Recipe:
    return RECIPES["mnist-mlp"].changed(changes)


def gpt(**changes: Any) -> Recipe:
    windows = {"model.block": TEXT["block"], "data.block": TEXT["block"], "budget.batch": 12}
    return RECIPES["gpt-shakespeare"].changed({**windows, **changes})


def test_the_mnist_network_by_hand() -> None:
    found = estimate(mlp(), DIGITS, COUNTS, PROFILE)
    weights = 784 * 128 + 128 + 128 * 10 + 10
    assert found.parameters == weights
    assert found.flops_per_step == 3 * 2 * 32 * (784 * 128 + 128 * 10)
    assert found.steps == 10 * 219  # 7,000 / 32, the last batch smaller
    assert found.examples == 2190 * 32
    assert found.tokens is None
    memory = found.memory
    assert (memory.weights, memory.masters, memory.gradients, memory.moments) == (
        4 * weights,
        0,
        4 * weights,
        8 * weights,
    )
    assert memory.data == 15_000_000 + 4 * 784 * 10_000
    # a checkpoint's copy of the moments takes more than a step of so small a network
    assert memory.total == (4 + 8 + 8) * weights + memory.data + memory.program
    assert (found.precision, found.threads, found.measured) == ("fp32", 1, False)


def test_data_that_draws_some_rows_more_often_says_how_long_its_epochs_are() -> None:
    for balance, rows in (("none", 3119), ("weights", 3119), ("over", 4482), ("under", 1756)):
        recipe = RECIPES["credit"].changed({"data.balance": balance})
        assert estimate(recipe, profile=PROFILE).steps == recipe.budget.epochs * -(-rows // 64)  # type: ignore[operator]


def test_bf16_adds_masters_and_halves_weights_and_activations() -> None:
    fp32 = estimate(gpt(precision="fp32"), TEXT, COUNTS, PROFILE)
    bf16 = estimate(gpt(precision="bf16"), TEXT, COUNTS, PROFILE)
    assert bf16.memory.masters == fp32.memory.weights == 2 * bf16.memory.weights
    assert fp32.memory.masters == 0
    scores = (
        TEXT["vocabulary"] * TEXT["block"] * 12
    )  # once in bf16 and once in fp32, as which the loss is computed
    assert 2 * (bf16.memory.activations - 6 * scores) == fp32.memory.activations - 4 * scores
    assert bf16.seconds_per_step < fp32.seconds_per_step
    assert estimate(gpt(), TEXT, COUNTS, PROFILE).precision == "bf16"


@pytest.mark.parametrize(("kind", "moments"), [("sgd", 0), ("momentum", 1), ("adamw", 2)])
def test_optimisers_remember_what_they_need(kind: str, moments: int) -> None:
    found = estimate(mlp(**{"optimizer.kind": kind}), DIGITS, COUNTS, PROFILE)
    assert found.memory.moments == moments * 4 * found.parameters


def test_an_average_is_one_more_copy_of_the_weights() -> None:
    for precision in ("fp32", "bf16"):
        last, mean = (
            estimate(mlp(precision=precision, average=decay), DIGITS, COUNTS, PROFILE) for decay in (0.0, 0.9)
        )
        assert mean.memory.masters - last.memory.masters == 4 * last.parameters


def test_text_is_counted_in_windows() -> None:
    found = estimate(gpt(**{"budget.epochs": 2}), TEXT, {"train": 64 * 1200 + 1}, PROFILE)
    assert found.steps == 2 * 1200 // 12
    assert found.tokens == found.steps * 12 * 64


def test_texts_are_counted_as_rows_however_long_they_may_be() -> None:
    """A regression test: rows without classes were taken for tokens, a pre-training of 20 minutes for 70 seconds."""
    found = estimate(RECIPES["bert-pretrain"], profile=PROFILE)
    assert found.steps == 4 * -(-44_113 // 32)
    assert found.tokens is None
    short, long = (
        estimate(RECIPES["bert-pretrain"], {"vocabulary": 12_000, "block": 128, **length}, COUNTS, PROFILE)
        for length in ({"length": 64}, {})
    )
    assert long.flops_per_step > 2 * short.flops_per_step  # of 128 tokens, when nothing else is known
    assert long.memory.activations == short.memory.activations  # the longest rows fill it


def test_two_passes_take_twice_the_arithmetic_and_activations() -> None:
    one, two = (estimate(mlp(**{"task.r_drop": w}), DIGITS, COUNTS, PROFILE) for w in (0.0, 3.0))
    assert two.flops_per_step == 2 * one.flops_per_step
    assert two.memory.activations == 2 * one.memory.activations


def test_pieces_save_activations_and_nothing_else() -> None:
    whole = estimate(mlp(), DIGITS, COUNTS, PROFILE)
    pieces = estimate(mlp(**{"budget.accumulate": 4}), DIGITS, COUNTS, PROFILE)
    assert pieces.memory.activations * 4 == whole.memory.activations
    assert pieces.flops_per_step == whole.flops_per_step
    assert pieces.memory.weights == whole.memory.weights


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 8), st.integers(1, 16), st.integers(1, 64), st.integers(1, 5000))
def test_more_of_anything_never_takes_less(layers: int, heads: int, batch: int, steps: int) -> None:
    changes = {"model.layers": layers, "model.width": 16 * heads, "model.heads": heads}
    budget = {"budget.batch": batch, "budget.steps": steps, "budget.evaluate_every": 10, "threads": 2}
    small = estimate(gpt(**changes, **budget), TEXT, COUNTS, PROFILE)
    for more in ({"model.layers": layers + 1}, {"budget.batch": batch + 1}, {"budget.steps": steps + 1}):
        large = estimate(gpt(**{**changes, **budget, **more}), TEXT, COUNTS, PROFILE)
        assert large.seconds is not None
        assert small.seconds is not None
        assert large.seconds > small.seconds
        assert large.memory.total >= small.memory.total


def test_a_faster_machine_takes_less_and_a_tiny_model_only_the_cost_of_its_steps() -> None:
    slow = estimate(gpt(), TEXT, COUNTS, assumed(2))
    quick = estimate(gpt(), TEXT, COUNTS, PROFILE)
    assert slow.seconds_per_step > quick.seconds_per_step
    line = estimate(RECIPES["line-2"], {"inputs": 1, "outputs": 1}, {"train": 70}, PROFILE)
    assert line.seconds_per_step == pytest.approx(PROFILE.step_us * 1.5e-6, rel=0.01)


def test_an_unmeasured_machine_is_said_to_be() -> None:
    found = estimate(mlp(), DIGITS, COUNTS)
    assert "jinjie doctor" in found.how.en
    assert "jinjie doctor" in found.how.zh
    assert found.how != estimate(mlp(), DIGITS, COUNTS, PROFILE).how


def test_sizes_that_only_the_data_tells() -> None:
    with pytest.raises(JinjieError):
        estimate(mlp(), {}, COUNTS, PROFILE)
    found = estimate(mlp(), DIGITS, {}, PROFILE)
    assert (found.steps, found.seconds) == (None, None)
    assert found.seconds_per_step > 0


def a_run(
    recipe: Recipe, name: str, pace: float, started: dict[str, Any] | None = None, until: int = 1000
) -> Path:
    """A run folder with the events of a training at `pace` seconds a step."""
    folder = runs_home() / name
    folder.mkdir(parents=True)
    launched = {"threads": 1, "created": time.time()}
    values = {"schema": SCHEMA, "recipe": recipe.model_dump(mode="json"), "launch": launched}
    (folder / "recipe.json").write_text(json.dumps(values))
    start = {"type": "started", "time": 0.0, "step": 0, "total": 2190, "precision": "fp32", "threads": 1}
    steps = [{"type": "step", "step": s, "time": 5 + s * pace, "loss": 1.0} for s in range(0, until + 1, 50)]
    lines = [json.dumps(event) for event in [{**start, **(started or {})}, *steps]]
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_what_a_run_took_here_beats_what_is_reckoned() -> None:
    a_run(mlp(), "mnist-mlp-1", 0.004)
    found = estimate(mlp(), DIGITS, COUNTS, PROFILE)
    assert found.measured
    assert found.seconds == pytest.approx(START + 2190 * 0.004)
    assert "mnist-mlp-1" in found.how.en
    assert estimate(
        mlp(seed=5, **{"optimizer.lr": 1e-4, "budget.epochs": 3}), DIGITS, COUNTS, PROFILE
    ).measured


def test_the_quickest_of_several_runs_counts() -> None:
    """A busy neighbour makes a run slower, never faster."""
    for number, pace in enumerate((0.02, 0.005, 0.03), 1):
        a_run(mlp(), f"mnist-mlp-{number}", pace)
    assert estimate(mlp(), DIGITS, COUNTS, PROFILE).seconds_per_step == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("changes", "started", "until"),
    [
        ({"budget.batch": 64}, {}, 1000),
        ({"model.hidden": [64]}, {}, 1000),
        ({"optimizer.kind": "sgd"}, {}, 1000),
        ({}, {"precision": "bf16"}, 1000),
        ({}, {"threads": 2}, 1000),
        ({}, {}, 100),
    ],
    ids=["batch", "model", "optimiser", "precision", "threads", "hardly begun"],
)
def test_runs_that_were_different_tell_nothing(
    changes: dict[str, Any], started: dict[str, Any], until: int
) -> None:
    a_run(mlp(**changes), "mnist-mlp-1", 0.004, started, until)
    assert not estimate(mlp(), DIGITS, COUNTS, PROFILE).measured


def test_a_run_that_had_to_share_the_machine_tells_nothing() -> None:
    """A regression test: ten trainings at once on two cores made a two-minute recipe promise two hours."""
    a_run(mlp(), "mnist-mlp-1", 0.2)
    assert not estimate(mlp(), DIGITS, COUNTS, PROFILE).measured
    assert estimate(mlp(), DIGITS, COUNTS).measured, (
        "with nothing measured, a slow run is still the best guess"
    )


def test_a_damaged_run_is_passed_over() -> None:
    folder = a_run(mlp(), "mnist-mlp-1", 0.004)
    (folder / "recipe.json").write_text('{"schema": 1, "rec')
    assert not estimate(mlp(), DIGITS, COUNTS, PROFILE).measured
