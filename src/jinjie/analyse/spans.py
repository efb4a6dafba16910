"""The long look at a model that answers: exact match and F1 of words, beside a reader that only compares words."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from jinjie.analyse import bootstrap
from jinjie.analyse.evaluate import LISTED, Held, score_of
from jinjie.analyse.evaluation import Mistake
from jinjie.base.errors import JinjieError
from jinjie.base.lazy import lazy
from jinjie.data.questions.made import Question
from jinjie.data.questions.pairs import Questions
from jinjie.tasks import answer_scores
from jinjie.tasks.answer import Answer, scored

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn
else:
    np = lazy("numpy")
    torch = lazy("torch")

_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
_SCORES = ("exact", "answer_f1")


def spans(
    network: nn.Module, task: Answer, data: Questions, split: Held, samples: int, seed: int
) -> tuple[dict[str, Any], str]:
    """The fields of an Evaluation that are an answerer's own, and its answers as a CSV: `index` in the split,
    `question`, the first `true` answer, the `predicted` one and its `probability`, `exact` and `f1`."""
    with torch.no_grad():
        told = task.outputs({"model": network}, data, split, None)
    if not np.isfinite(told.loss):
        raise JinjieError("evaluate.not_finite", run=split, count=len(told.found), total=len(told.found))
    asked = data.asked[split]
    each = scored(told, data, split)
    plain = [by_words(one) for one in asked]
    trivial = np.array(
        [
            (answer_scores.exact(said, one.texts), answer_scores.overlap(said, one.texts))
            for said, one in zip(plain, asked, strict=True)
        ]
    ).mean(0)

    def score(weights: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        means = weights @ each / weights.sum(1, keepdims=True)
        return {name: means[:, i] for i, name in enumerate(_SCORES)}

    points = {name: values[0] for name, values in score(np.ones((1, len(each)))).items()}
    drawn = bootstrap.resampled(score, len(each), samples, seed)
    right = int(each[:, 0].sum())
    said = [one.context[f.start : f.end] for one, f in zip(asked, told.found, strict=True)]
    wrong = np.flatnonzero(each[:, 0] == 0)
    sure = np.array([found.share for found in told.found])
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:LISTED]
    values = {
        "trivial": "",
        "scores": {
            name: score_of(name, points[name], drawn[name], trivial[i], (right, len(each)) if not i else None)
            for i, name in enumerate(_SCORES)
        },
        "wrong": len(wrong),
        "mistakes": tuple(
            Mistake(
                index=int(i),
                true=" / ".join(dict.fromkeys(asked[i].texts)),
                said=said[i] or "–",
                words=f"{asked[i].question} — {asked[i].context}",
            )
            for i in worst
        ),
    }
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["index", "question", "true", "predicted", "probability", "exact", "f1"])
    for i, one in enumerate(asked):
        writer.writerow([i, one.question, one.texts[0], said[i], sure[i], int(each[i, 0]), each[i, 1]])
    return values, out.getvalue()


def by_words(asked: Question) -> str:
    """An answer without a model: of the sentence that shares most words with the question (the first of several), the
    last run of words that the question does not hold."""
    known = set(answer_scores.words(asked.question))
    sentences = _SENTENCE.findall(asked.context) or [asked.context]
    best = max(sentences, key=lambda sentence: len(known & set(answer_scores.words(sentence))))
    run: list[str] = []
    for word in reversed(best.split()):
        new = not set(answer_scores.words(word)) <= known
        if new and (not run or word[:1].isupper() == run[0][:1].isupper()):
            run.insert(0, word)
        elif run:
            break
    return " ".join(run).strip(" .,!?。！？，")
