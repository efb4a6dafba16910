"""What is said of a run's memory before it runs, against what its worker then held."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from jinjie import recipes
from jinjie.analyse import memory
from jinjie.analyse.estimate import assumed, estimate
from jinjie.base.machine import Profile
from jinjie.training import launch
from jinjie.training.recipe import Recipe

SHORT: dict[str, Any] = {"budget.steps": 3, "budget.epochs": None, "budget.evaluate_every": 3, "threads": 1}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process held at most")


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A machine whose program was measured as the doctor does."""
    held = launch.footprint(recipes.find("line-1").changed({"budget.epochs": 1}))
    assert held is not None
    return assumed(2).model_copy(update={"program": held})


def short(name: str, **changes: Any) -> Recipe:
    return recipes.find(name).changed({**SHORT, **changes})


@pytest.mark.parametrize(
    "recipe",
    [short("mnist-mlp"), short("gpt-shakespeare"), short("gpt-shakespeare", size="small", precision="fp32")],
    ids=["mnist-mlp", "gpt-shakespeare", "small in fp32"],
)
def test_what_is_said_is_what_a_worker_holds(recipe: Recipe, profile: Profile) -> None:
    """Within 15 %: how an allocator cuts its memory up differs from run to run; the benchmark looks for 10 %."""
    held = launch.footprint(recipe)
    assert held is not None
    assert abs(estimate(recipe, profile=profile).memory.total / held - 1) < 0.15


def test_a_worker_holds_more_than_torch_alone(profile: Profile) -> None:
    assert profile.program is not None
    assert 150e6 < profile.program < 900e6


def test_a_run_that_fails_tells_nothing() -> None:
    recipe = short("line-1", **{"optimizer.lr": 1e30})
    assert launch.footprint(recipe) is None


def test_a_loss_in_pieces_never_holds_more_than_they_do() -> None:
    """Scores of a vocabulary of a million would be 64 times as many as there ever are at once."""
    small, large = (
        estimate(
            recipes.find("gpt-shakespeare").changed({"precision": "fp32", "model.tied": True}),
            {"vocabulary": vocabulary, "block": 32},
            {"train": 10_000},
            assumed(2),
        ).memory
        for vocabulary in (100_000, 1_000_000)
    )
    weights = large.weights - small.weights
    assert large.gradients - small.gradients == weights
    assert large.activations - small.activations < 4 * 2**26


def test_what_stays_as_it_is_has_no_gradients_and_no_moments() -> None:
    facts, counts = {"vocabulary": 4096, "block": 256}, {"train": 100_000}
    full, lora = (
        estimate(
            recipes.find("gpt-chat").changed({"tuning.body": body, "start": None}), facts, counts, assumed(2)
        ).memory
        for body in ("full", "lora")
    )
    assert (lora.gradients, lora.moments) == (0, 0)
    assert lora.weights == full.weights
    assert lora.activations == full.activations  # gradients pass through the body to its adapters


def test_texts_of_many_lengths_keep_as_many_kernels_as_a_run_may() -> None:
    """Half a megabyte each, of both libraries; rows of one length keep next to none, and fp32 none by oneDNN."""
    assert 500_000 * sum(int(count) for count in launch.KERNELS.values()) == memory.KERNELS
    reviews = recipes.find("sentiment-zh").changed({"start": None, "precision": "bf16"})
    facts = {"vocabulary": 5167, "block": 64, "outputs": 2, "length": 60}
    rows_alike = {name: count for name, count in facts.items() if name != "length"}
    said = estimate(reviews, facts, {}).memory.total
    assert said - estimate(reviews, rows_alike, {}).memory.total == memory.KERNELS
    full = reviews.changed({"precision": "fp32"})
    assert estimate(full, facts, {}).memory.total == estimate(full, rows_alike, {}).memory.total
