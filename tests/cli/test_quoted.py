"""The commands that lessons show are read by the real command line, and what they name is there."""

from __future__ import annotations

import pytest

from jinjie.cli.quoted import wrong
from jinjie.course.content.library import Library, load


@pytest.fixture(scope="module")
def library() -> Library:
    return load()


@pytest.mark.parametrize(
    "row",
    [
        "jinjie run line-2 optimizer.lr=0.05",
        "$ jinjie run line-2 optimizer.lr=0.05 --detach",
        "jinjie run line-2  # one example a step",
        "jinjie --lang zh lesson attention",
        "jinjie run --help",
        "jinjie --version",
        "jinjie formula minibatch-gradient-descent | less",
        "JINJIE_HOME=/tmp/home jinjie runs > runs.txt",
        "jinjie content check attention --quick",
        "$ pip install jinjie",
        "epoch 1  loss 0.31",
        "it's what a run prints",
        "",
    ],
)
def test_what_is_well(row: str, library: Library) -> None:
    assert wrong(row, library) == ""


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ("jinjie rum line-2", "rum"),
        ("jinjie run", "recipe"),
        ("jinjie run line-2 --detatch", "--detatch"),
        ("jinjie content chek", "chek"),
        ("jinjie run lime-2", "line-2"),
        ("jinjie run line-2 optimizer.rate=0.1", "optimizer.rate"),
        ("jinjie run line-2 optimizer.lr=fast", "optimizer.lr"),
        ("jinjie run line-2 optimizer.lr", "optimizer.lr"),
        ("jinjie formula minibatch-gradient-decent", "minibatch-gradient-descent"),
        ("jinjie lesson atention", "attention"),
        ("jinjie exercise start causal-masks", "causal-mask"),
        ("jinjie quiz atention", "attention"),
        ("jinjie experiment attention-heatt", "attention-heat"),
        ("jinjie lesson 'attention", "quotation"),
    ],
)
def test_what_is_wrong_is_named(row: str, names: str, library: Library) -> None:
    assert names in wrong(row, library)
