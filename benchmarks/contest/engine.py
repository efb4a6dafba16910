"""Our engine in a contest: what a run has at its first step, without the run."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from jinjie.data.dataset import Dataset
from jinjie.training.events import Writer
from jinjie.training.hardware import choose
from jinjie.training.loop import Session
from jinjie.training.networks import Networks
from jinjie.training.recipe import Recipe


def session_of(recipe: Recipe, data: Dataset) -> Session:
    """The recipe's networks, task and optimiser on `data`, in the precision and on the device that a run would have."""
    chosen = choose(recipe, None)
    folder = Path(tempfile.mkdtemp(prefix="contest-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Session(
        run=folder,
        recipe=recipe,
        data=data,
        task=recipe.task.build(),
        networks=Networks(recipe, data.facts, chosen.precision, chosen.device),
        events=Writer(folder / "events.jsonl"),
        versions={},
        stop_asked=lambda: False,
    )
