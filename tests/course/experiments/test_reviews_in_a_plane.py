"""The curves that the experiment draws beside its plane are those of its own head."""

import importlib.util
from pathlib import Path

import pytest

import jinjie
from jinjie.scratch.transformers.readers import reviews

FILE = Path(jinjie.__file__).parent / "content" / "experiments" / "reviews-in-a-plane.py"


@pytest.fixture(scope="module")
def experiment():
    spec = importlib.util.spec_from_file_location("reviews_in_a_plane", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("made", ["first", "mean", "tuned"])
def test_the_curves_are_what_the_head_gives(experiment, made):
    X, y = reviews("train", made)
    X_test, y_test = reviews("test", made)
    centre, deviation = X.mean(axis=0), X.std(axis=0)
    X, X_test = (X - centre) / deviation, (X_test - centre) / deviation
    for n, expected in zip(experiment.COUNTS, experiment.CURVES[made], strict=True):
        assert experiment.held_out(X[:n], y[:n], X_test, y_test) == pytest.approx(expected, abs=0.003)
