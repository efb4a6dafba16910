"""Every recipe in small, on its real data: that it keeps what it promises."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from jinjie import recipes
from jinjie.base.errors import InvalidInput, NotFound
from jinjie.data.dataset import SPLITS
from jinjie.training import answers, finished, loop
from jinjie.training.events import Writer, read
from jinjie.training.networks import Networks, Precision
from jinjie.training.recipe import Recipe
from sampled import sampled

ALL = recipes.all_recipes()
SMALL_GPT = {
    "model.layers": 2,
    "model.width": 64,
    "model.heads": 2,
    "model.block": 32,
    "data.block": 32,
    "budget.batch": 16,
    "budget.steps": 60,
    "budget.evaluate_every": 1000,
    "budget.evaluate_batches": 2,
    "schedule.kind": "constant",
    "optimizer.kind": "adamw",
    "optimizer.lr": 3e-3,
    "precision": "fp32",
    "task.sample_tokens": 5,
}

SMALLER = {"gpt-dpo": {"data.pairs": 8}}
"""Data that a model writes first takes as long as there is of it."""


def trained(recipe: Recipe, folder: Path, precision: Precision = "fp32") -> loop.Session:
    """A recipe trained in this process, with one thread."""
    torch.set_num_threads(1)
    (folder / "checkpoints").mkdir()
    data = answers.load(recipe)
    networks = Networks(recipe, data.facts, precision, "cpu")
    versions = {"torch": torch.__version__, "threads": 1, "precision": precision, "device": "cpu"}
    session = loop.Session(
        folder,
        recipe,
        data,
        recipe.task.build(),
        networks,
        Writer(folder / "events.jsonl"),
        versions,
        lambda: False,
    )
    assert loop.train(session)
    return session


def line(folder: Path) -> tuple[float, float]:
    """Slope and intercept of the finished model."""
    network = finished.open_finished(folder / "model").network
    return network.head.weight.item(), network.head.bias.item()


def last(folder: Path, split: str) -> dict[str, float]:
    found = [e["metrics"] for e in read(folder / "events.jsonl") if e.get("split") == split]
    return dict(found[-1])


def test_line_1_finds_the_line(tmp_path: Path) -> None:
    trained(ALL["line-1"], tmp_path)
    slope, intercept = line(tmp_path)
    assert abs(slope - 0.1) < 1e-2 and abs(intercept - 0.3) < 1e-2


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_line_2_comes_near_through_the_noise(seed: int, tmp_path: Path) -> None:
    """One example a step, 100 epochs; 70 points with noise of 0.1 settle a line to about 0.02."""
    recipe = ALL["line-2"].changed({"seed": seed, "budget.evaluate_every": 3500})
    assert (recipe.budget.batch, recipe.budget.epochs) == (1, 100)
    session = trained(recipe, tmp_path)
    slope, intercept = line(tmp_path)
    assert session.step == 7000
    assert abs(slope - 2) < 0.1 and abs(intercept - 1) < 0.1


def test_mnist_mlp_reads_digits_after_two_epochs(tmp_path: Path) -> None:
    trained(ALL["mnist-mlp"].changed({"budget.epochs": 2, "budget.evaluate_every": 219}), tmp_path)
    assert last(tmp_path, "test")["accuracy"] > 0.88
    assert (tmp_path / "pictures" / "confusion.svg").is_file()


@pytest.mark.parametrize("name", ["gpt-shakespeare", "gpt-poems"])
def test_a_small_gpt_learns(name: str, tmp_path: Path) -> None:
    """Sixty steps take the loss from ln(V), which says nothing, to a nat below it."""
    session = trained(ALL[name].changed(SMALL_GPT), tmp_path)
    uniform = math.log(session.data.facts["vocabulary"])
    first = next(e["metrics"] for e in read(tmp_path / "events.jsonl") if e["type"] == "evaluated")
    assert first["loss"] == pytest.approx(uniform, abs=0.15)
    assert last(tmp_path, "validation")["loss"] < uniform - 1.0
    samples = [e["text"] for e in read(tmp_path / "events.jsonl") if e["type"] == "sample"]
    assert len(samples) >= 2 and all(samples)


@pytest.mark.parametrize("name", sampled(ALL, 2))
def test_what_is_said_before_is_what_is_loaded(name: str) -> None:
    """`show` and the estimates go by about(): facts, counts, source; the data must agree."""
    recipe = ALL[name].changed(SMALLER.get(name, {}))
    about = recipe.data.about()
    data = answers.load(recipe)
    assert dict(about.facts) == dict(data.facts)
    assert about.counts == {split: data.count(split) for split in SPLITS}
    rows = recipe.data.rows("train", about.facts, about.counts)
    assert rows is not None and -(-rows // recipe.budget.batch) == data.steps_per_epoch(recipe.budget.batch)
    assert (about.source, about.licence, about.real) == (
        data.about.source,
        data.about.licence,
        data.about.real,
    )
    assert about.real == (not name.startswith(("line", "answers")))


@pytest.mark.parametrize("name", ALL)
def test_a_recipe_is_its_file(name: str) -> None:
    """recipe.json gives back the same recipe, and both languages say what it is."""
    recipe = ALL[name]
    assert Recipe.model_validate(recipe.model_dump(mode="json")) == recipe
    for text in (recipe.title, recipe.teaches, recipe.expect):
        assert text.en and text.zh and text.en != text.zh


SIZES = [(name, size) for name, recipe in ALL.items() for size in recipe.sizes]


@pytest.mark.parametrize(("name", "size"), SIZES)
def test_every_size_of_the_dial_is_a_recipe(name: str, size: str) -> None:
    recipe = ALL[name].changed({"size": size})
    assert recipe.size == size
    for path, value in recipe.sizes[size].items():
        found: Any = recipe
        for part in path.split("."):
            found = getattr(found, part)
        assert found == value
    fitted = recipe.model.fitted(recipe.data.about().facts)
    assert fitted.parameters() > 0 and fitted.flops(recipe.budget.batch) > 0


@pytest.mark.parametrize("name", [name for name, recipe in ALL.items() if recipe.sizes])
def test_a_larger_size_is_larger_and_the_default_is_on_the_dial(name: str) -> None:
    recipe = ALL[name]
    assert recipe.size is not None
    assert recipe.changed({"size": recipe.size}) == recipe
    facts = recipe.data.about().facts
    sizes = [recipe.changed({"size": size}).model.fitted(facts).parameters() for size in recipe.sizes]
    assert sizes == sorted(sizes) and len(set(sizes)) == len(sizes)


def test_the_dial_comes_first_and_other_changes_on_top() -> None:
    recipe = ALL["gpt-poems"].changed({"model.layers": 3, "size": "small"})
    assert (recipe.model.layers, recipe.model.width) == (3, recipe.sizes["small"]["model.width"])  # type: ignore[attr-defined]


def test_steps_replace_epochs() -> None:
    assert ALL["mnist-mlp"].changed({"budget.steps": 5}).budget.epochs is None
    assert ALL["line-1"].changed({"budget.epochs": 5}).budget.steps is None
    with pytest.raises(InvalidInput, match="either steps or epochs"):
        ALL["line-1"].changed({"budget.epochs": 5, "budget.steps": 5})


def test_every_problem_comes_at_once_with_a_near_name() -> None:
    with pytest.raises(InvalidInput) as caught:
        ALL["gpt-poems"].changed(
            {"model.layer": 3, "optimizer.lr": -1, "budget.batch": "many", "data.form": "six", "sead": 1}
        )
    where = {problem.where: problem.in_("en") for problem in caught.value.problems}
    assert set(where) == {"model.layer", "optimizer.lr", "budget.batch", "data.form", "sead"}
    assert "layers" in where["model.layer"] and "seed" in where["sead"]
    assert all(problem.in_("zh") != problem.in_("en") for problem in caught.value.problems)


def test_a_misspelt_recipe_and_size() -> None:
    with pytest.raises(NotFound, match="gpt-poems"):
        recipes.find("gpt-poem")
    with pytest.raises(InvalidInput, match="small"):
        ALL["gpt-poems"].changed({"size": "smal"})
    with pytest.raises(InvalidInput, match="no size dial"):
        ALL["line-1"].changed({"size": "small"})


@pytest.mark.parametrize(
    ("name", "changes", "able"),
    [
        ("gpt-poems", {"data.kind": "entities"}, "tag"),
        ("gpt-poems", {"data.kind": "line"}, "regress"),
        ("sentiment-en", {"task.kind": "language"}, "classify"),
        ("mnist-mlp", {"task.kind": "regress"}, "classify"),
        ("sentiment-en", {"data.kind": "questions"}, "answer"),
    ],
)
def test_a_task_that_cannot_learn_from_its_data_is_refused_before_it_runs(
    name: str, changes: dict[str, Any], able: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        ALL[name].changed(changes)
    assert any(f"which is for: {able}" in problem.in_("en") for problem in caught.value.problems)
