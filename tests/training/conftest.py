"""Sessions that train in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from jinjie.tasks.task import Task
from jinjie.training.events import Writer
from jinjie.training.loop import Session
from jinjie.training.networks import Networks
from jinjie.training.recipe import Recipe

Begin = Callable[..., Session]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small steps are quickest so, and the machine is shared."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """`begin(recipe, task=…)`: a session of a recipe in a folder of its own, its task replaced by a test's own."""

    def make(
        recipe: Recipe, task: Task | None = None, precision: Any = "fp32", name: str = "run-1"
    ) -> Session:
        folder = tmp_path / name
        (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
        data = recipe.data.load(None)
        networks = Networks(recipe, data.facts, precision, "cpu")
        versions = {"torch": torch.__version__, "threads": 1, "precision": precision, "device": "cpu"}
        return Session(
            folder,
            recipe,
            data,
            task or recipe.task.build(),
            networks,
            Writer(folder / "events.jsonl"),
            versions,
            lambda: False,
        )

    return make
