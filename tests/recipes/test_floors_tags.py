"""The floors of names and answers: held-out texts, strict spans, beside what is simpler in the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_floors_images import SEEDS, metrics

from jinjie import recipes
from jinjie.analyse.linear_tags import plain
from jinjie.analyse.spans import by_words
from jinjie.tasks import answer_scores, tag

pytestmark = pytest.mark.slow


def test_entities_zh(tmp_path: Path) -> None:
    """S9: F1 0.80 of the names in 4,461 test sentences, the mean of three seeds, and more than the softmax over
    neighbouring characters, which has 0.820 (each character's commonest tag: 0.103)."""
    recipe = recipes.find("entities-zh")
    data: Any = recipe.data.load(None)
    beside = plain(data, "test")
    linear, frequent = (tag.f1_of(one, data.processor.labels) for one in (beside.linear, beside.frequent))
    print(f"linear: {linear:.4f}; each token's commonest tag: {frequent:.4f}")
    found = [metrics(recipe, seed, tmp_path)["f1"] for seed in SEEDS]
    mean = sum(found) / len(found)
    print(f"entities-zh: {mean:.4f}, the mean of {len(found)} seeds")
    assert mean >= max(0.80, linear)


def test_answers(tmp_path: Path) -> None:
    """Synthetic: four fifths of 1,000 questions about names, things and wordings that training lacks, where comparing
    words finds a quarter."""
    recipe = recipes.find("answers")
    asked = recipe.data.load(None).asked["test"]  # type: ignore[attr-defined]
    words = sum(answer_scores.exact(by_words(one), one.texts) for one in asked) / len(asked)
    print(f"comparing words: {words:.4f}")
    found = metrics(recipe, 0, tmp_path)["exact"]
    assert found >= max(0.80, words + 0.4)
