"""Recipes that begin from weights that are there: their model and their tokenizer are the start's.

Done once, before a run's `recipe.json` is written, which therefore describes everything. The tokenizer is copied into
the run's folder; the weights are read at the run's first step and lie in its checkpoints from then on.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinjie.base.errors import InvalidInput, NotFound, Problem
from jinjie.base.files import write_whole
from jinjie.data.dataset import Report
from jinjie.data.tokenization.chat_template import FILE as TEMPLATE
from jinjie.data.tokenization.chat_template import taught
from jinjie.data.tokenization.opening import open_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.models.folder import open_config
from jinjie.training.finished import model_folder
from jinjie.training.recipe import Recipe

_NAME = re.compile("[a-z][a-z-]*")
"""What a recipe may be called."""

TOKENIZER = "tokenizer"
"""The folder in a run that holds the tokenizer of what it began from."""


def begun(recipe: Recipe, report: Report | None = None) -> tuple[Recipe, Path | None]:
    """The recipe with the model of its start, and the start's folder; as it is, and None, where it has no start.

    What is not on this machine is fetched; `report` hears how far that is. Raises InvalidInput when the start is no
    model or one of another kind, JinjieError when it cannot be fetched or is damaged.
    """
    if recipe.start is None:
        return recipe, None
    try:
        folder = model_folder(recipe.start, report)
        config = open_config(folder)
    except NotFound as error:
        key = "run.no_start_run" if _NAME.fullmatch(recipe.start) else "run.no_start"
        raise InvalidInput([Problem("start", key, came=recipe.start, reason=str(error))]) from error
    start = str(folder) if Path(recipe.start).expanduser().is_dir() else recipe.start
    longest, block = getattr(recipe.data, "block", 0), getattr(config, "block", None)
    if block is not None and longest > block:
        problem = Problem("data.block", "run.start_sees_less", came=longest, start=recipe.start, block=block)
        raise InvalidInput([problem])
    model = recipe.model.begun(config)
    others = {
        name: other.model_copy(update={"model": model}) if other.start == "model" else other
        for name, other in recipe.others.items()
    }
    made = recipe.model_copy(update={"model": model, "others": others, "start": start})
    if hasattr(recipe.data, "writer"):  # what the data asks a model to write, the start writes
        made = made.changed({"data.writer": start})
    return made, folder


def with_tokenizer(recipe: Recipe, start: Path, run: Path) -> Recipe:
    """The recipe whose data is cut by the start's tokenizer, copied into the run, unless another one is named."""
    if getattr(recipe.data, "tokenizer", "") is not None:  # this data has no need of one, or has one
        return recipe
    place = run / TOKENIZER
    place.mkdir()
    tokenizer: TokenProcessor = open_tokenizer(start)
    tokenizer.save(place)
    if (form := taught(start, tokenizer)) is not None:
        write_whole(place / TEMPLATE, form.source)
    changes: dict[str, Any] = {"data.tokenizer": str(place)}
    return recipe.changed(changes)
