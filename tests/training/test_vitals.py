"""What is measured for a diagnosis is what it says, and changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from toys import small

from jinjie import recipes
from jinjie.base.words import Text
from jinjie.data.batching import Examples
from jinjie.data.dataset import About, Split
from jinjie.tasks import classify, regress
from jinjie.training import vitals
from jinjie.training.events import read
from jinjie.training.loop import train


def examples(splits: dict[Split, dict[str, np.ndarray[Any, Any]]], **facts: int) -> Examples:
    about = About(title=Text(en="", zh=""), real=False, source="", licence="")
    processor: Any = None
    return Examples(splits, about, processor, facts)


def split(x: list[list[float]], y: list[int]) -> dict[str, np.ndarray[Any, Any]]:
    return {"x": np.array(x, np.float32), "y": np.array(y, np.int64)}


def test_repeats_are_counted_against_the_training_split() -> None:
    data = examples(
        {
            "train": split(
                [[1, 2], [3, 4], [1, 2], [3, 4]], [0, 1, 0, 0]
            ),  # two repeat, one of them otherwise
            "validation": split([[1, 2], [9, 9]], [0, 0]),
            "test": split(
                [[8, 8], [7, 7], [8, 8], [3, 4]], [0, 0, 0, 1]
            ),  # repeats within itself do not count
        }
    )
    assert vitals.repeats(data) == {"train": 0.5, "conflicts": 0.25, "validation": 0.5, "test": 0.25}


def test_token_streams_are_not_compared() -> None:
    data = examples(
        {s: {"x": np.ones((2, 3), np.int64), "y": np.ones((2, 3), np.int64)} for s in ("train", "test")}
    )
    assert vitals.repeats(data) == {}


def test_how_far_a_step_moved_the_weights() -> None:
    weights = {"a": torch.tensor([3.0, 0.0]), "b": torch.tensor([[4.0]])}
    before = vitals.copied(weights)
    weights["b"] += 0.05
    assert vitals.moved(before, weights) == pytest.approx(0.05 / 5, rel=1e-5)  # fp32


def test_dead_units_and_saturated_outputs() -> None:
    relu, tanh = nn.ReLU(), nn.Tanh()
    with vitals.watched(nn.Sequential(relu, tanh)) as units:
        relu(torch.tensor([[1.0, -1.0, -1.0, 0.0], [-1.0, -2.0, 5.0, 0.0]]))
        relu(torch.tensor([[-1.0, 2.0, -1.0, -1.0]]))  # the second unit answers in the second batch
        tanh(torch.tensor([[0.0, 9.0, -9.0, 1.0]]))
    assert units.shares() == {"dead": 0.25, "saturated": 0.5}
    assert not relu._forward_hooks and not tanh._forward_hooks


def test_a_channel_is_a_unit_of_a_picture() -> None:
    relu = nn.ReLU()
    pixels = torch.full((2, 4, 3, 3), -1.0)
    pixels[1, 2, 0, 0] = 1.0
    with vitals.watched(relu) as units:
        relu(pixels)
    assert units.shares() == {"dead": 0.75}


def test_a_network_without_such_layers_says_nothing() -> None:
    with vitals.watched(nn.Linear(2, 2)) as units:
        pass
    assert units.shares() == {}


def test_what_guessing_costs() -> None:
    data = examples({"train": split([[0.0]] * 4, [0, 0, 0, 1])}, outputs=3)
    found = classify.Config().build().baseline(data)
    # by hand: -(3/4) ln(3/4) - (1/4) ln(1/4)
    assert found == {"loss": pytest.approx(0.5623351446), "accuracy": 0.75, "classes": [3, 1, 0]}
    numbers = examples(
        {"train": {"x": np.zeros((2, 1), np.float32), "y": np.array([[1.0], [5.0]], np.float32)}}
    )
    assert regress.Config().build().baseline(numbers) == {"loss": 4.0, "r2": 0.0}


def test_what_guessing_a_character_costs(begin: Any) -> None:
    recipe = recipes.find("gpt-shakespeare")
    found = recipe.task.build().baseline(recipe.data.load(None))
    # English letters, spaces and line ends: Shannon (1951) has 4.03 bits for 27 signs; case and stops add some.
    assert 4.0 < found["loss"] / np.log(2) < 5.2


def test_evaluations_carry_them_and_training_is_as_it_was(
    begin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small(model__kind="mlp", optimizer__lr=0.01, budget__evaluate_every=2, budget__steps=6)
    watched = begin(recipe, name="watched")
    train(watched)
    looks = [
        e
        for e in read(watched.run / "events.jsonl")
        if e["type"] == "evaluated" and e["split"] == "validation"
    ]
    assert [("update" in e, "dead" in e, set(e["train"])) for e in looks] == [
        (step > 0, True, {"loss", "r2"}) for step in (0, 2, 4, 6)
    ]
    assert all(0 < e["update"] < 1 for e in looks[1:])
    plain = begin(recipe, name="plain")
    monkeypatch.setattr("jinjie.training.loop.look_back", lambda session: {})
    monkeypatch.setattr(vitals, "copied", lambda weights: [])
    monkeypatch.setattr(vitals, "moved", lambda before, weights: 0.0)
    train(plain)
    for name, weight in watched.networks.weights("model").items():
        assert torch.equal(weight, plain.networks.weights("model")[name])
