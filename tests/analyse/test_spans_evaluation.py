"""The evaluation of models that answer: exact match and F1, beside a reader that compares words."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import torch

from jinjie.analyse.evaluation import Evaluation, how, mistake_line, mistakes_heading, score_rows
from jinjie.analyse.spans import by_words, spans
from jinjie.base.words import speaking
from jinjie.data import questions
from jinjie.data.questions.made import Question, made
from jinjie.models import bert
from jinjie.tasks import answer, answer_scores


@pytest.fixture(scope="module")
def data(data_home: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return questions.Config(examples=150).load()


def test_scores_intervals_and_answers(data: Any) -> None:
    config = bert.Config(block=128, layers=1, width=16, heads=2, masked=False, head="span").fitted(data.facts)
    torch.manual_seed(0)
    network, task = config.build().eval(), answer.Config().build()
    with torch.no_grad():
        scores = task.metrics({"model": network}, data, "test", None)
    values, listed = spans(network, task, data, "test", 100, 0)
    assert values["scores"]["exact"].value == pytest.approx(scores["exact"])
    assert values["scores"]["answer_f1"].value == pytest.approx(scores["f1"])
    rows = list(csv.DictReader(io.StringIO(listed)))
    assert len(rows) == data.count("test") == 50
    assert values["wrong"] == sum(row["exact"] == "0" for row in rows) >= len(values["mistakes"]) > 5
    assert all(one.true in one.words for one in values["mistakes"])
    told = Evaluation(
        kind="answer",
        run="a",
        recipe="a",
        data={"en": "a", "zh": "甲"},  # type: ignore[arg-type]
        split="test",
        step=1,
        examples=50,
        resamples=100,
        seed=0,
        **values,
    )
    for language in ("en", "zh"):
        with speaking(language):
            said = [how(told), mistakes_heading(told), mistake_line(told.mistakes[0]), *score_rows(told)[0]]
            assert not any("{" in one for one in said)


def test_the_reader_that_compares_words() -> None:
    passage = "Ada Stone lives in Oslo. Ada Stone was born in Rio Grande. Bob keeps a cat."
    assert by_words(Question("Where was Ada Stone born?", passage, ((0, 1),))) == "Rio Grande"
    assert by_words(Question("Who keeps a cat?", passage, ((0, 1),))) == "Bob"
    assert by_words(Question("张三在哪?", "张三在北京", ((0, 1),))) == "张三在北京"


@pytest.mark.parametrize("split", ["validation", "test"])
def test_words_alone_do_not_tell(split: Any) -> None:
    """Fewer than half of the held-out questions can be answered so: they are asked in other words than told."""
    found = [answer_scores.exact(by_words(one), one.texts) for one in made(0, split, 500)]
    assert 0.05 < sum(found) / len(found) < 0.45
