"""The floors that the recipes of texts promise: means of three seeds on held-out texts, beside a linear classifier."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_floors_images import mean

from jinjie import recipes
from jinjie.analyse.linear_texts import linear

pytestmark = pytest.mark.slow


def test_sentiment_en(tmp_path: Path) -> None:
    """S9: 0.82 of the 1,039 test sentences, where a linear classifier of words and pairs has 0.765."""
    recipe = recipes.find("sentiment-en")
    plain = linear(recipe.data.load(None), "test")  # type: ignore[arg-type]
    assert plain is not None
    print(f"a linear classifier: {plain.accuracy:.4f}")
    assert mean(recipe, tmp_path) >= max(0.82, plain.accuracy + 0.04)
