"""The floors that the recipes of conversations promise: each of three seeds on held-out questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_recipes import last, trained

from jinjie import recipes
from jinjie.training import begin
from jinjie.training.events import read
from jinjie.training.hardware import choose
from jinjie.training.recipe import Recipe

pytestmark = pytest.mark.slow

SEEDS = (0, 1, 2)


def ready(name: str, folder: Path, changes: dict[str, Any]) -> tuple[Recipe, Path]:
    """A recipe with its start's model and tokenizer, as a launch makes it, and a folder for its run."""
    recipe, start = begin.begun(recipes.find(name).changed(changes))
    folder.mkdir()
    assert start is not None
    return begin.with_tokenizer(recipe, start, folder), folder


@pytest.mark.parametrize(("tuning", "rate"), [("full", 2e-3), ("lora", 5e-3)])
def test_gpt_chat(tmp_path: Path, tuning: str, rate: float) -> None:
    """S10: of 97 held-out questions nine in ten are answered in the taught form, by the mean of three seeds, where the
    model before answers none so; in full (measured: 0.979, 0.969, 0.979) and through LoRA (0.959, 0.938, 0.938)."""
    shares = []
    for seed in SEEDS:
        changes = {"seed": seed, "tuning.body": tuning, "optimizer.lr": rate}
        recipe, folder = ready("gpt-chat", tmp_path / str(seed), changes)
        trained(recipe, folder, choose(recipe, None).precision)
        before = next(e["metrics"] for e in read(folder / "events.jsonl") if e["type"] == "evaluated")
        found = last(folder, "test")
        print(f"seed {seed}, {tuning}: before {before['in_form']:.3f}, after {found['in_form']:.3f}")
        assert before["in_form"] <= 0.1
        shares.append(found["in_form"])
    assert sum(shares) / len(shares) >= 0.9


def test_gpt_dpo(tmp_path: Path) -> None:
    """S10: nine in ten of a hundred poems begun with held-out first lines are quatrains in right form, where fewer than
    six were before; every seed draws its own pairs. The price in perplexity is shown and bounded.

    Measured: 0.38 → 0.93, 0.96, 0.95; perplexity 54.9 → 62.8, 63.0, 64.9.
    """
    shares = []
    for seed in SEEDS:
        recipe, folder = ready("gpt-dpo", tmp_path / str(seed), {"seed": seed, "data.sampling_seed": seed})
        trained(recipe, folder, choose(recipe, None).precision)
        found = last(folder, "test")
        print(
            f"seed {seed}: kept {found['kept_before']:.2f} → {found['kept']:.2f}, "
            f"perplexity {found['perplexity_before']:.1f} → {found['perplexity']:.1f}, kl {found['kl']:.3f}"
        )
        assert found["kept_before"] < 0.6
        assert found["perplexity"] < 3 * found["perplexity_before"]
        shares.append(found["kept"])
    assert sum(shares) / len(shares) >= 0.9
