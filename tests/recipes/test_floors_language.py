"""What language models must beat: a 5-gram model of the same training tokens, on the same test tokens, printed."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_recipes import ALL, last, trained

from jinjie.analyse.ngrams import KneserNey
from jinjie.data.dataset import Dataset, Split
from jinjie.training.hardware import choose

SEEDS = (0, 1, 2)
FLOORS: dict[str, dict[str, Any]] = {
    "gpt-shakespeare": {"size": "small"},
    "gpt-poems": {},
    "gpt-mix": {},
}
"""The smallest setting of each dial that beats it."""


def tokens(data: Dataset, split: Split) -> np.ndarray[Any, Any]:
    """All tokens of a split in order, (T)."""
    stream = data.streams[split]  # type: ignore[attr-defined]
    return stream if isinstance(stream, np.ndarray) else stream.tokens(0, len(stream))


@pytest.mark.slow
@pytest.mark.parametrize("name", FLOORS)
def test_beats_the_five_gram_model(name: str, tmp_path: Path) -> None:
    """Mean of three seeds, in bits a token of the test split (a token is a character in the first two)."""
    recipe = ALL[name].changed(FLOORS[name])
    data = recipe.data.load(None)
    floor = KneserNey(tokens(data, "train"), 5, data.facts["vocabulary"]).bits(tokens(data, "test"))
    scores = []
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        recipe = recipe.changed({"seed": seed, "task.sample_tokens": 1})
        trained(recipe, folder, choose(recipe, None).precision)
        scores.append(last(folder, "test")["loss"] / math.log(2))
    mean = float(np.mean(scores))
    print(f"{name} {FLOORS[name] or ''}: {mean:.3f} bits a token; 5-gram {floor:.3f}; seeds {scores}")
    assert mean < floor
