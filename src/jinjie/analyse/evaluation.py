"""What an evaluation says: plain values (`evaluation.json`), and the names that a person reads them under."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from jinjie.analyse.texts.sentences import how as texts_how
from jinjie.analyse.texts.values import Texts
from jinjie.base.words import Text, say

SCHEMA = 1
TASKS = ("classify", "regress", "tag", "answer", "language", "masked")
"""The tasks whose runs can be evaluated so."""


class _Values(BaseModel):
    model_config = ConfigDict(frozen=True)


class Score(_Values):
    """A score with its 95 % interval, and what the trivial prediction reaches; None where there is none.

    Of texts, `linear` is what a linear classifier reaches that learned from the same rows (`linear_texts.py`), and
    `ngram` what an n-gram model of the same training tokens does (`ngrams.py`).

    A score without an interval did not move in any draw, as the F1 of a split without a mistake.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    trivial: float | None = None
    linear: float | None = None
    ngram: float | None = None


class ClassScores(_Values):
    """One class: its examples (`support`), how often it was predicted, and how well; `auc` is against the rest."""

    label: str
    support: int
    predicted: int
    precision: Score
    recall: Score
    f1: Score
    auc: Score


class Threshold(_Values):
    """For two classes: from which probability on to call class 1 for the highest F1, found on the validation split.

    `scores` are of the evaluated split with that threshold, `at_half` with one half.
    """

    label: str
    share: float
    scores: dict[str, Score]
    at_half: dict[str, float | None]


class Bin(_Values):
    """The predictions with confidences of one range: how many, their mean confidence, and the share that is right."""

    count: int
    confidence: float
    right: float


class Curve(_Values):
    """Points of a curve, at most a few hundred; `score` is the AUC or the average precision."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    score: float


class Mistake(_Values):
    """A wrong prediction: `share` is the probability it was given, `true_share` the one left for the truth.

    `index` counts from 0 in the order of the split; `words` is the input as text, empty for a picture. Of a regression,
    one of the largest errors, without probabilities.
    """

    index: int
    true: str
    said: str
    share: float | None = None
    true_share: float | None = None
    words: str = ""
    names: bool = False
    """Of a tagger: `true` are the names that are there and were not found, `said` those found that are not there."""


class Note(_Values):
    """Something to know before the numbers are believed, in both languages."""

    en: str
    zh: str


class Evaluation(_Values):
    """How good a finished model is on one split. The same run, split, samples and seed give the same values."""

    schema_version: int = SCHEMA
    kind: Literal["classify", "regress", "tag", "answer", "language", "masked"]
    run: str
    recipe: str
    data: Note
    """The data's title."""
    split: Literal["validation", "test"]
    step: int
    """Optimiser steps that the model had learned for."""
    examples: int
    resamples: int
    seed: int
    trivial: str
    """What the trivial prediction always says: the commonest class of the training split, or its mean. Empty of models
    of text, where each token gets its share of the training tokens."""
    linear_features: int | None = None
    """Of texts, how many words and pairs (runs of characters in Chinese) the linear classifier weighs."""
    scores: dict[str, Score]
    labels: tuple[str, ...] = ()
    classes: tuple[ClassScores, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    """(K, K) counts: true classes down, predicted ones across."""
    threshold: Threshold | None = None
    bins: tuple[Bin, ...] = ()
    roc: tuple[Curve, ...] = ()
    """False positive rate across, true positive rate up; for more than six classes those with the smallest areas."""
    precision_recall: tuple[Curve, ...] = ()
    """Recall across, precision up, of the same classes."""
    residuals: tuple[tuple[float, float], ...] = ()
    """(predicted, target − predicted) of at most 1,000 examples of a regression."""
    wrong: int = 0
    mistakes: tuple[Mistake, ...] = ()
    """The most confident mistakes first; of a regression the largest errors."""
    texts: Texts | None = None
    """Of models of text: examples, the benchmark, the loss by position, speed."""
    notes: tuple[Note, ...] = ()
    pictures: tuple[str, ...] = ()
    """Files beside `evaluation.json`."""


NAMES = {
    "accuracy": "evaluate.score.accuracy",
    "precision": "evaluate.score.precision",
    "recall": "evaluate.score.recall",
    "f1": "evaluate.score.f1",
    "precision_macro": "evaluate.score.precision_macro",
    "precision_weighted": "evaluate.score.precision_weighted",
    "recall_macro": "evaluate.score.recall_macro",
    "recall_weighted": "evaluate.score.recall_weighted",
    "f1_macro": "evaluate.score.f1_macro",
    "f1_weighted": "evaluate.score.f1_weighted",
    "auc": "evaluate.score.auc",
    "log_loss": "evaluate.score.log_loss",
    "ece": "evaluate.score.ece",
    "mae": "evaluate.score.mae",
    "rmse": "evaluate.score.rmse",
    "r2": "evaluate.score.r2",
    "loss": "evaluate.score.loss",
    "perplexity": "evaluate.score.perplexity",
    "bits_per_token": "evaluate.score.bits_per_token",
    "bits_per_character": "evaluate.score.bits_per_character",
    "bits_per_byte": "evaluate.score.bits_per_byte",
    "next_token": "evaluate.score.next_token",
    "exact": "evaluate.score.exact",
    "answer_f1": "evaluate.score.answer_f1",
    "masked_accuracy": "evaluate.score.masked_accuracy",
    "masked_loss": "evaluate.score.masked_loss",
    "next_accuracy": "evaluate.score.next_accuracy",
    "next_loss": "evaluate.score.next_loss",
}
PICTURES = {
    "confusion": "evaluate.picture.confusion",
    "roc": "evaluate.picture.roc",
    "precision-recall": "evaluate.picture.precision_recall",
    "calibration": "evaluate.picture.calibration",
    "residuals": "evaluate.picture.residuals",
    "mistakes": "evaluate.picture.mistakes",
    "places": "evaluate.picture.places",
}


def score_name(name: str) -> str:
    """A score in the current language."""
    return say(NAMES[name])


def picture_name(file: str) -> str:
    """What a picture of an evaluation shows, in the current language; the file's own name for any other."""
    name = file.rpartition(".")[0]
    return say(PICTURES[name]) if name in PICTURES else file


def number(value: float | None) -> str:
    """A score as people read it."""
    return "–" if value is None else f"{value:.4g}"


def interval(score: Score) -> str:
    """`0.886 – 0.912`, or a dash where the draws tell none."""
    return "–" if score.low is None else f"{number(score.low)} – {number(score.high)}"


def with_interval(score: Score) -> str:
    """`0.9 (0.886 – 0.912)`."""
    return number(score.value) if score.low is None else f"{number(score.value)} ({interval(score)})"


def _value(score: Score) -> str:
    return number(score.value)


def headline(made: Evaluation) -> str:
    """Which model on what."""
    if made.kind == "masked" and made.texts is not None:
        return say(
            "evaluate.text.headline_masked",
            run=made.run,
            step=made.step,
            tokens=made.texts.tokens,
            rows=made.texts.units,
            split=split_name(made.split),
            data=str(Text(**made.data.model_dump())),
        )
    if made.texts is not None:
        return say(
            "evaluate.text.headline",
            run=made.run,
            step=made.step,
            tokens=made.texts.tokens,
            bytes=made.texts.bytes,
            split=split_name(made.split),
            data=str(Text(**made.data.model_dump())),
        )
    return say(
        "evaluate.headline",
        run=made.run,
        step=made.step,
        count=made.examples,
        split=split_name(made.split),
        data=str(Text(**made.data.model_dump())),
    )


def notes(made: Evaluation) -> list[str]:
    """What to know before the numbers are believed."""
    return [str(Text(**note.model_dump())) for note in made.notes]


def score_head(made: Evaluation) -> list[str]:
    """Headings of `score_rows`."""
    return [
        say("evaluate.column.score"),
        say("evaluate.column.value"),
        say("evaluate.column.interval"),
        say("evaluate.column.trivial") if made.texts is None else say("evaluate.column.unigram"),
        *([] if made.linear_features is None else [say("evaluate.column.linear")]),
        *(
            []
            if made.texts is None or made.texts.ngram_order is None
            else [say("evaluate.column.neighbours")]
            if made.kind == "masked"
            else [say("evaluate.column.ngram", order=made.texts.ngram_order)]
        ),
    ]


def score_rows(made: Evaluation) -> list[list[str]]:
    """A line a score: name, value, interval, what the trivial prediction reaches, and a linear classifier of texts."""
    return [
        [
            score_name(name),
            number(score.value),
            interval(score),
            number(score.trivial),
            *([] if made.linear_features is None else [number(score.linear)]),
            *([] if made.texts is None or made.texts.ngram_order is None else [number(score.ngram)]),
        ]
        for name, score in made.scores.items()
    ]


def class_head() -> list[str]:
    """Headings of `class_rows`."""
    return [
        say("evaluate.column.class"),
        say("evaluate.column.support"),
        say("evaluate.column.predicted"),
        *(score_name(name) for name in ("precision", "recall", "f1", "auc")),
    ]


def class_rows(made: Evaluation, intervals: bool = True) -> list[list[str]]:
    """A line a class; scores with their intervals behind them where there is room."""
    shown = with_interval if intervals else _value
    return [
        [
            c.label,
            str(c.support),
            str(c.predicted),
            *(shown(score) for score in (c.precision, c.recall, c.f1, c.auc)),
        ]
        for c in made.classes
    ]


def hardest(made: Evaluation) -> str:
    """Which classes have curves, where not all have."""
    return say("evaluate.page.hardest", shown=len(made.roc), count=len(made.classes))


def mistakes_heading(made: Evaluation) -> str:
    """How many are wrong, and which of them follow."""
    if made.kind == "regress":
        return say("evaluate.largest_errors", count=len(made.mistakes))
    if made.kind == "tag":
        return say("evaluate.most_missed", wrong=made.wrong, count=made.examples, listed=len(made.mistakes))
    return say("evaluate.most_confident", wrong=made.wrong, count=made.examples, listed=len(made.mistakes))


def split_name(split: str) -> str:
    return say("evaluate.split_name.test") if split == "test" else say("evaluate.split_name.validation")


def how(made: Evaluation) -> str:
    """How the intervals were found, what the trivial prediction is, and of texts the linear classifier."""
    if made.texts is not None:
        return texts_how(made.texts, made.resamples, made.kind == "masked")
    if made.kind == "regress":
        return say("evaluate.how_regress", resamples=made.resamples, trivial=made.trivial)
    if made.kind == "answer":
        return say("evaluate.how_answer", resamples=made.resamples)
    if made.kind == "tag":
        return say("evaluate.how_tag", resamples=made.resamples, features=made.linear_features)
    told = say("evaluate.how_classify", resamples=made.resamples, trivial=made.trivial)
    if made.linear_features is None:
        return told
    return f"{told} {say('evaluate.how_linear', features=made.linear_features)}"


def threshold_line(made: Threshold) -> str:
    """What the better threshold is and does."""
    return say(
        "evaluate.threshold",
        label=made.label,
        share=f"{made.share:.3f}",
        f1=number(made.scores["f1"].value),
        interval=interval(made.scores["f1"]),
        half=number(made.at_half["f1"]),
        precision=number(made.scores["precision"].value),
        recall=number(made.scores["recall"].value),
    )


def mistake_line(made: Mistake) -> str:
    """One mistake in a line, without its input."""
    if made.names:
        return say("evaluate.miss_names", index=made.index, true=made.true, said=made.said)
    if made.share is None:
        return say("evaluate.miss_number", index=made.index, true=made.true, said=made.said)
    return say(
        "evaluate.miss",
        index=made.index,
        true=made.true,
        said=made.said,
        share=f"{made.share:.1%}",
        true_share=f"{made.true_share:.2g}",
    )
