"""The commands that lessons and answers show are read by the real command line, and what they name is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinjie.cli.quoted import in_answers, wrong
from jinjie.course.content.library import Library, load, own


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


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("`jinjie clean` keeps count, `jinjie lesson attention` tells why", ""),
        ("`jinjie clen` keeps count", "clen"),
        ("`jinjie lesson atention` tells why", "attention"),
        ("```console\njinjie run line-3\n```", "line-"),
        ("`rm -rf` is none of ours", ""),
    ],
)
def test_commands_in_answers(tmp_path: Path, said: str, names: str) -> None:
    file = tmp_path / "faq" / "mine.yaml"
    file.parent.mkdir()
    answer = said.replace("\n", "\n        ")
    file.write_text(
        "theme: {en: A, zh: B}\nquestions:\n  - id: one\n    question: {en: Q, zh: 问}\n"
        f'    answer:\n      en: "[a](lesson:attention)"\n      zh: |\n        {answer}\n',
        encoding="utf-8",
    )
    found = [one for one in in_answers(load([own(), tmp_path])) if one.file == file]
    assert [one.line for one in found] == ([7] if names else [])
    assert all(one.code == "C044" and names in str(one) for one in found)
