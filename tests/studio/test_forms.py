"""A filled-in form must become exactly the changes that were made."""

import pytest

from jinjie import recipes
from jinjie.base.config import settings
from jinjie.base.errors import InvalidInput
from jinjie.base.words import speaking
from jinjie.studio.forms import as_text, changes, considered, form


def filled(recipe, **edits):
    """The form as a browser posts it: every input, with `edits` typed over ("__" stands for ".")."""
    made = form(recipe)
    posted = {f.path: f.value for group in made.groups for f in group.fields}
    posted |= {"recipe": recipe.name} | ({"size": recipe.size, "shown": recipe.size} if recipe.sizes else {})
    return posted | {path.replace("__", "."): value for path, value in edits.items()}


@pytest.mark.parametrize("name", recipes.all_recipes())
def test_an_untouched_form_changes_nothing(name):
    recipe = recipes.find(name)
    assert changes(recipe, filled(recipe)) == {}


@pytest.mark.parametrize("name", recipes.all_recipes())
def test_every_setting_of_a_recipe_is_in_its_form_once_with_its_hint(name):
    recipe = recipes.find(name)
    fields = [f for group in form(recipe).groups for f in group.fields]
    paths = [f.path for f in fields]
    assert len(paths) == len(set(paths))
    hidden = {"name", "title", "teaches", "expect", "size", "sizes", "others", "optimizers"}
    kinds = {"data.kind", "model.kind", "task.kind"}
    assert set(paths) == {s.path for s in settings(recipe)} - hidden - kinds
    for lang in ("en", "zh"):
        with speaking(lang):
            assert all(f.label for group in form(recipe).groups for f in group.fields)


def test_edits_become_changes_of_their_type():
    recipe = recipes.find("gpt-shakespeare")
    posted = filled(
        recipe, optimizer__lr="3e-4", model__layers=" 3 ", precision="fp32", threads="1", budget__clip=""
    )
    assert changes(recipe, posted) == {
        "optimizer.lr": 3e-4,
        "model.layers": 3,
        "precision": "fp32",
        "threads": 1,
        "budget.clip": None,
    }
    assert recipe.changed(changes(recipe, posted)).optimizer.lr == 3e-4


def test_turning_the_dial_moves_the_rest_and_keeps_edits():
    recipe = recipes.find("gpt-shakespeare")
    posted = filled(recipe, optimizer__lr="0.5") | {"size": "small"}
    small = considered(recipe, posted).recipe
    assert small.optimizer.lr == 0.5
    assert small.model.layers == recipe.sizes["small"]["model.layers"] != recipe.model.layers
    # and back again, from the form that is now shown
    again = filled(small, optimizer__lr="0.5") | {"shown": "small", "size": "tiny"}
    tiny = considered(recipe, again).recipe
    assert tiny.model == recipe.model and tiny.optimizer.lr == 0.5


def test_another_optimiser_brings_its_own_fields():
    recipe = recipes.find("mnist-mlp")
    shown = considered(recipe, filled(recipe, optimizer__kind="momentum", budget__batch="64"))
    assert shown.recipe.optimizer.kind == "momentum" and shown.recipe.budget.batch == 64
    paths = {f.path for group in shown.groups for f in group.fields}
    assert "optimizer.momentum" in paths and "optimizer.beta1" not in paths
    posted = filled(shown.recipe, optimizer__momentum="0.5")
    assert recipe.changed(changes(recipe, posted)).optimizer.momentum == 0.5


def test_all_problems_stand_beside_their_fields_at_once_and_good_edits_stay():
    recipe = recipes.find("gpt-shakespeare")
    posted = filled(recipe, optimizer__lr="-1", model__layers="many", budget__batch="24", seed="7")
    with pytest.raises(InvalidInput):
        recipe.changed(changes(recipe, posted))
    with speaking("zh"):
        shown = considered(recipe, posted)
    fields = {f.path: f for group in shown.groups for f in group.fields}
    assert {path for path, f in fields.items() if f.errors} == {"optimizer.lr", "model.layers"}
    assert fields["optimizer.lr"].value == "-1" and fields["model.layers"].value == "many"
    assert "必须" in fields["optimizer.lr"].errors[0]
    assert fields["budget.batch"].value == "24" and fields["seed"].value == "7"


def test_a_problem_of_two_fields_together_is_said_above_and_nothing_typed_is_lost():
    recipe = recipes.find("gpt-shakespeare")
    shown = considered(recipe, filled(recipe, budget__batch="12", budget__accumulate="5"))
    assert shown.errors and shown.wrong
    fields = {f.path: f for group in shown.groups for f in group.fields}
    assert fields["budget.accumulate"].value == "5"


def test_a_size_or_kind_that_does_not_exist_is_said():
    recipe = recipes.find("gpt-shakespeare")
    assert considered(recipe, {"size": "enormous"}).errors
    assert considered(recipe, {"optimizer.kind": "magic"}).wrong


def test_as_text_reads_back():
    assert [as_text(v) for v in (None, True, 3, 3e-4, "auto", (128, 64))] == [
        "",
        "true",
        "3",
        "0.0003",
        "auto",
        "[128, 64]",
    ]
