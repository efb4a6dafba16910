"""A hundred questions as people ask them: the answer is among the first five for ninety, and of the unseen for most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from jinjie.base import words
from jinjie.course.find import find

ASKED: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("questions.yaml").read_text("utf-8"))[
    "questions"
]


def answered(question: dict[str, Any]) -> bool:
    found = {f"{hit.kind}:{hit.id}" for hit in find(question["ask"], limit=5).hits}
    return bool(found & set(question["answer"]))


def test_there_are_a_hundred_in_both_languages() -> None:
    chinese = sum(any("\u4e00" <= char <= "\u9fff" for char in question["ask"]) for question in ASKED)
    assert (len(ASKED), len({question["ask"] for question in ASKED})) == (100, 100)
    assert 40 <= chinese <= 60
    assert sum(question.get("unseen", False) for question in ASKED) == 30


def test_the_answer_is_among_the_first_five(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """When it was written: 70 of the 70 it was tuned on, 28 of the 30 it was not."""
    right = {question["ask"]: answered(question) for question in ASKED}
    unseen = [question["ask"] for question in ASKED if question.get("unseen")]
    good, good_unseen = sum(right.values()), sum(right[ask] for ask in unseen)
    with capsys.disabled():
        print(f"\nanswered among the first five: {good} of 100; of {len(unseen)} unseen {good_unseen}")
        print("not answered:", "; ".join(ask for ask, is_right in right.items() if not is_right))
    assert good >= 90
    assert good_unseen >= 25


def test_every_answer_is_there_to_be_found(ready: Path) -> None:
    """Each named answer stands in the index, so that no question is lost to a slug that has gone."""
    from jinjie.course.find.index import connect

    known = {f"{kind}:{id_}" for kind, id_ in connect().execute("SELECT kind, id FROM entries")}
    assert {answer for question in ASKED for answer in question["answer"]} <= known


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_order_does_not_depend_on_the_language_of_the_page(lang: words.Language, ready: Path) -> None:
    with words.speaking("en"):
        english = [hit.id for hit in find("因果掩码 softmax").hits]
    with words.speaking(lang):
        assert [hit.id for hit in find("因果掩码 softmax").hits] == english
