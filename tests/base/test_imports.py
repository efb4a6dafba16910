"""Configs, recipes and the first floors answer at once: nothing heavy is imported for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "numpy", "polars", "matplotlib", "PIL", "fastapi", "tokenizers", "safetensors")
EACH_RECIPE = "from jinjie.recipes import all_recipes\nfor recipe in all_recipes().values()"


@pytest.mark.parametrize(
    "work",
    [
        "import jinjie.training.recipe",
        "from jinjie.recipes import all_recipes; assert all_recipes()",
        "from jinjie.base.config import kinds; assert kinds('models') and kinds('data') and kinds('tasks')",
        f"{EACH_RECIPE}: recipe.data.about(); recipe.changed({{'seed': 1}})",
        f"from jinjie.analyse.estimate import estimate\n{EACH_RECIPE}: assert estimate(recipe).parameters > 0",
        "from jinjie.base import machine; machine.here(); machine.profile(); machine.pick_precision(None)",
        "import jinjie.base.pictures, jinjie.base.svg, jinjie.analyse.compare, jinjie.training.runs",
        "from jinjie.cli.main import build; build()",
    ],
)
def test_nothing_heavy_is_imported(work: str) -> None:
    check = f"{work}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
