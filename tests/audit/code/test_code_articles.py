"""The five source articles, where they lie beside the checkout: every error of their code that is known is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinjie.audit.article import read
from jinjie.audit.code import judge

ARTICLES = Path(__file__).parents[3].parent / "shared" / "articles"
KNOWN = {
    "A0": ["scheduler-never-stepped", "undefined-name"],
    "A1": ["softmax-before-cross-entropy", "labels-all-zero", "evaluated-on-training-data", "removed-api"],
    "A2": ["model-not-on-device", "undefined-name"],
    "A3": ["evaluated-on-training-data"],
}


@pytest.mark.skipif(not ARTICLES.is_dir(), reason="the articles are not beside this checkout")
@pytest.mark.parametrize("name", sorted(KNOWN))
def test_the_known_errors_of_an_article_are_found(name: str) -> None:
    findings = judge(read(ARTICLES / f"{name}.txt").codes)
    assert set(KNOWN[name]) <= {f.rule for f in findings}


@pytest.mark.skipif(not ARTICLES.is_dir(), reason="the articles are not beside this checkout")
def test_what_they_are_about() -> None:
    of = {name: judge(read(ARTICLES / f"{name}.txt").codes) for name in ("A0", "A1", "A2", "A4")}
    undefined = {
        name: (f.severity, f.names) for name in ("A0", "A2") for f in of[name] if f.rule == "undefined-name"
    }
    assert undefined["A0"] == ("low", ("model",))  # a fragment
    names = {f.names[0] for f in of["A2"] if f.rule == "undefined-name" and f.severity == "high"}
    assert names == {"device"}
    left = {name for f in of["A2"] if f.rule == "undefined-name" and f.severity == "low" for name in f.names}
    assert left == {"train_loader", "val_loader", "num_epochs"}, "what a reader brings"
    old = [f.place.line for f in of["A1"] if f.names == ("tf.Session",)]
    assert len(old) == 2, "both programs use a session"
    assert not [f for f in of["A4"] if f.severity != "low"]
