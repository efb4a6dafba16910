"""Configs: built, overridden and listed; every problem is told at once, by its dotted path."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jinjie.base import config as configs
from jinjie.base.config import Config, build, kinds, option, override, parse_changes
from jinjie.base.errors import InvalidInput
from jinjie.recipes import all_recipes
from jinjie.training.recipe import Recipe

RECIPES = all_recipes()
recipes = st.sampled_from(sorted(RECIPES))
simple_json = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)


def problems(error: pytest.ExceptionInfo[InvalidInput]) -> dict[str, str]:
    return {problem.where: problem.in_("en") for problem in error.value.problems}


@given(st.dictionaries(st.from_regex(r"[a-z_]+(\.[a-z_]+)*", fullmatch=True), simple_json))
def test_changes_written_as_words_are_read_back(changes: dict[str, Any]) -> None:
    assert parse_changes([f"{path}={json.dumps(value)}" for path, value in changes.items()]) == changes


@given(st.text().filter(lambda text: "=" not in text))
@example("NaN")
@example("-Infinity")
@example("9" * 5000)
@example("[" * 100_000)
def test_a_value_that_is_no_json_is_text(text: str) -> None:
    """Nor are NaN and Infinity JSON, nor what Python's reader gives up on."""
    read = parse_changes([f"a={text}"])["a"]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    assert read == (text if isinstance(value, float) and not math.isfinite(value) else value)


def test_a_value_may_hold_an_equals_sign() -> None:
    assert parse_changes(["data.path=a=b.csv"]) == {"data.path": "a=b.csv"}


def test_words_that_are_no_changes_are_all_named() -> None:
    with pytest.raises(InvalidInput) as error:
        parse_changes(["lr", "seed=1", "=3"])
    assert set(problems(error)) == {"lr", "=3"}


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_recipe_survives_json(name: str) -> None:
    recipe = RECIPES[name]
    assert build(Recipe, json.loads(json.dumps(recipe.model_dump(mode="json")))) == recipe


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_setting_has_its_value_at_its_path_and_a_hint_in_both_languages(name: str) -> None:
    recipe = RECIPES[name]
    listed = list(configs.settings(recipe))
    assert len({setting.path for setting in listed}) == len(listed)
    for setting in listed:
        value: Any = recipe
        for part in setting.path.split("."):
            value = getattr(value, part)
        assert value == setting.value
        if not setting.path.endswith("kind"):
            assert setting.hint.en, setting.path
            assert setting.hint.zh, setting.path


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_overriding_every_setting_with_itself_changes_nothing(name: str) -> None:
    recipe = RECIPES[name]
    values = recipe.model_dump(mode="json")
    for setting in configs.settings(recipe):
        same: Any = values
        for part in setting.path.split("."):
            same = same[part]
        assert override(recipe, {setting.path: same}) == recipe


@settings(max_examples=30)
@given(recipes, st.integers(0, 10**6), st.integers(1, 10**6), st.floats(1e-6, 1, exclude_min=True))
def test_an_override_is_seen_at_its_path_and_nowhere_else(
    name: str, seed: int, steps: int, lr: float
) -> None:
    recipe = RECIPES[name]
    changed = override(
        recipe, {"seed": seed, "optimizer.lr": lr, "budget.steps": steps, "budget.epochs": None}
    )
    assert (changed.seed, changed.optimizer.lr, changed.budget.steps) == (seed, lr, steps)
    back = {
        "seed": recipe.seed,
        "optimizer.lr": recipe.optimizer.lr,
        "budget.steps": recipe.budget.steps,
        "budget.epochs": recipe.budget.epochs,
    }
    assert override(changed, back) == recipe


def test_all_problems_come_at_once_each_with_its_path() -> None:
    changes = {
        "optimizer.lr": -1,
        "model.hiden": [3],
        "budget.batch": "many",
        "seeed": 3,
        "precision": "fp64",
    }
    with pytest.raises(InvalidInput) as error:
        RECIPES["mnist-mlp"].changed(changes)
    told = problems(error)
    assert "model.hidden" in told["model.hiden"]
    assert "'seed'" in told["seeed"]
    assert "-1" in told["optimizer.lr"] or "-1" in told["optimizer.adam.lr"]
    assert {"budget.batch", "precision"} <= set(told)


def test_a_misspelt_kind_is_told_with_the_kinds_there_are() -> None:
    with pytest.raises(InvalidInput) as error:
        override(RECIPES["mnist-mlp"], {"model.kind": "mpl"})
    assert "'mlp'" in problems(error)["model.kind"]


def test_a_setting_of_another_kind_is_told_with_that_kind() -> None:
    """Text of one's own is given by data.path, which the recipe's own data has no use for."""
    with pytest.raises(InvalidInput, match=r"data.path: .* corpus, .* data.kind=corpus"):
        override(RECIPES["gpt-mix"], {"data.path": "my.txt"})
    with pytest.raises(InvalidInput, match=r"data.nowhere: there is no such setting\."):
        override(RECIPES["gpt-mix"], {"data.nowhere": "my.txt"})


def test_a_config_that_was_empty_is_made_by_its_settings() -> None:
    recipe = RECIPES["gpt-mix"]
    changes = {"model.positions": "rotary", "model.rope_scaling.original": 99}
    made = override(recipe, {**changes, "model.rope_scaling.kind": "llama3"}).model.rope_scaling
    assert (made.kind, made.original, made.factor) == ("llama3", 99, 8.0)
    with pytest.raises(InvalidInput, match=r"model.rope_scaling.kind: .* linear, llama3"):
        override(recipe, changes)
    with pytest.raises(InvalidInput, match="seed.low: there is no such setting"):
        override(recipe, {"seed.low": 3})


def test_changing_a_kind_keeps_what_both_know_and_drops_the_rest() -> None:
    recipe = override(RECIPES["mnist-mlp"], {"model.kind": "linear"})
    assert recipe.model.kind == "linear"
    assert override(recipe, {"model.kind": "mlp", "model.hidden": [7]}).model.hidden == (7,)


def test_every_floor_has_its_kinds_and_each_is_its_modules_name() -> None:
    for floor, expected in (
        ("models", {"linear", "mlp", "gpt"}),
        ("tasks", {"regress", "classify", "language"}),
    ):
        assert expected <= set(kinds(floor))
        for kind in kinds(floor):
            found = configs.OfKind(floor).config_class(kind)
            assert found.model_fields["kind"].default == kind


def test_steps_and_epochs_exclude_each_other_but_one_replaces_the_other() -> None:
    changed = RECIPES["mnist-mlp"].changed({"budget.steps": 5})
    assert (changed.budget.steps, changed.budget.epochs) == (5, None)
    with pytest.raises(InvalidInput):
        RECIPES["mnist-mlp"].changed({"budget.steps": 5, "budget.epochs": 1})


def test_the_dial_is_applied_first_and_the_rest_on_top() -> None:
    recipe = RECIPES["gpt-shakespeare"].changed({"size": "small", "model.layers": 2})
    assert recipe.size == "small"
    assert recipe.model.model_dump()["layers"] == 2
    assert recipe.model.model_dump()["width"] == recipe.sizes["small"]["model.width"]
    with pytest.raises(InvalidInput) as error:
        RECIPES["gpt-shakespeare"].changed({"size": "smal"})
    assert "'small'" in problems(error)["size"]


def test_limits_and_choices_are_told_to_forms() -> None:
    listed = {setting.path: setting for setting in configs.settings(RECIPES["mnist-mlp"])}
    assert listed["budget.batch"].limits == {"ge": 1}
    assert listed["precision"].choices == ["auto", "fp32", "bf16"]


def test_a_config_is_frozen_and_refuses_unknown_fields() -> None:
    class Small(Config):
        size: int = option(1, "how large", "大小", ge=1)

    with pytest.raises(ValueError, match="frozen"):
        Small().size = 3  # type: ignore[misc]
    with pytest.raises(InvalidInput):
        build(Small, {"sizes": 3})
