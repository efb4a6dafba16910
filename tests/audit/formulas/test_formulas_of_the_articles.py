"""The five articles that the course puts right, where they lie beside the checkout: nothing of their text is kept
here."""

from pathlib import Path

import pytest

from jinjie.audit.article import read
from jinjie.audit.formulas import judge

ARTICLES = Path(__file__).parents[3].parent / "shared" / "articles"
if not ARTICLES.is_dir():
    ARTICLES = Path(__file__).parents[4].parent / "shared" / "articles"
pytestmark = pytest.mark.skipif(not ARTICLES.is_dir(), reason="the articles are not beside this checkout")

WRONG = {
    "A0": [],
    "A1": [(32, "cross-correlation-as-matrix-product")],
    "A2": [
        (51, "transformer-layer-without-feed-forward"),
        (73, "gpt-layer-without-causal-mask"),
        (73, "transformer-layer-without-feed-forward"),
        (92, "data-parallel-plain-descent"),
    ],
    "A3": [
        (51, "three-methods-one-name"),
        (71, "linear-decay-called-adaptive"),
        (100, "adam-moment-decays-into-itself"),
        (102, "adam-without-second-moment"),
        (106, "second-moment-called-velocity"),
        (118, "epsilon-called-regularisation"),
        (125, "adagrad-without-sum"),
        (129, "epsilon-called-regularisation"),
    ],
    "A4": [(72, "stochastic-without-examples")],
}
RIGHT = {
    "A0": [(25, "sgd"), (55, "soft-cross-entropy"), (67, "relu")],
    "A1": [(29, "linear-model"), (30, "logistic-regression"), (31, "sgd"), (32, "convolution"), (33,
        "max-pooling"), (34, "chain-rule")],
    "A2": [(48, "scaled-dot-product-attention"), (49, "multi-head-attention"), (70,
        "scaled-dot-product-attention"), (71, "multi-head-attention")],
    "A3": [(61, "sgd"), (81, "exponential-decay"), (113, "rmsprop")],
    "A4": [(43, "layer"), (60, "chain-rule"), (72, "stochastic-gradient-descent")],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(WRONG))
def test_every_error_is_found_in_its_line_and_nothing_right_is_blamed(name):
    found = judge(read(ARTICLES / f"{name}.txt"))
    assert [(f.place.line, f.rule) for f in found if f.verdict == "wrong"] == WRONG[name]
    assert [(f.place.line, f.rule) for f in found if f.verdict == "right"] == RIGHT[name]
    assert all(f.shown is not None and f.shown.rows for f in found if f.verdict == "wrong")
