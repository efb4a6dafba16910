"""The pictures of an evaluation. Each is drawn once and looked at in either language, so its labels speak both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinjie.analyse.evaluation import Curve, Evaluation
from jinjie.base import words
from jinjie.base.words import Text

if TYPE_CHECKING:
    import numpy as np

COLUMNS = 8


def pictures(made: Evaluation, pixels: np.ndarray[Any, Any] | None) -> dict[str, bytes]:
    """File names and contents: SVG charts, and a PNG of the mistakes where `pixels` (N, height, width, 3) are given."""
    from jinjie.base.pictures import confusion, image_grid, reliability, scatter_line

    found: dict[str, bytes] = {}
    if made.confusion:
        predicted, true = _both(words.text("picture.predicted")), _both(words.text("picture.true"))
        found["confusion.svg"] = confusion(made.confusion, made.labels, x_label=predicted, y_label=true)
    if made.roc:
        chance = Curve(label=_both(words.text("evaluate.axis.chance")), x=(0.0, 1.0), y=(0.0, 1.0), score=0.5)
        axes = words.text("evaluate.axis.false_positive"), words.text("evaluate.axis.true_positive")
        found["roc.svg"] = _curves((*made.roc, chance), axes, "AUC")
    if made.precision_recall:
        axes = words.text("evaluate.axis.recall"), words.text("evaluate.axis.precision")
        found["precision-recall.svg"] = _curves(tuple(stairs(c) for c in made.precision_recall), axes, "AP")
    if made.bins:
        found["calibration.svg"] = reliability(
            [(b.confidence, b.right, b.count) for b in made.bins],
            x_label=_both(words.text("evaluate.axis.confidence")),
            y_label=_both(words.text("evaluate.axis.right")),
        )
    if made.residuals:
        across, up = [p for p, _ in made.residuals], [e for _, e in made.residuals]
        found["residuals.svg"] = scatter_line(
            (across, up),
            ([min(across), max(across)], [0.0, 0.0]),
            x_label=_both(words.text("evaluate.axis.predicted")),
            y_label=_both(words.text("evaluate.axis.residual")),
        )
    if made.texts is not None and len(made.texts.places) > 1:
        found["places.svg"] = _places(made)
    if pixels is not None:
        found["mistakes.png"] = image_grid(pixels, COLUMNS, enlarged(pixels.shape[1]))
    return found


def enlarged(side: int) -> int:
    """How many times a picture of so many pixels is enlarged to be seen."""
    return max(1, round(84 / side))


def _places(made: Evaluation) -> bytes:
    """The loss by how much text is in sight as stairs, and what the baselines reach as level lines."""
    from jinjie.base import pictures

    assert made.texts is not None
    x = [edge for place in made.texts.places for edge in (place.first, place.last + 1)]
    y = [place.nats for place in made.texts.places for _ in range(2)]
    lines = {_both(words.text("evaluate.text.this_model")): pictures.Curve(x, y, False, 1)}
    loss, ends = made.scores["loss"], (x[0], x[-1])
    if loss.trivial is not None:
        name = _both(words.text("evaluate.column.unigram"))
        lines[name] = pictures.Curve(ends, (loss.trivial, loss.trivial), True, 8)
    if loss.ngram is not None:
        name = _both(words.text("evaluate.column.ngram", order=made.texts.ngram_order))
        lines[name] = pictures.Curve(ends, (loss.ngram, loss.ngram), True, 2)
    axes = words.text("evaluate.axis.in_sight"), words.text("evaluate.axis.nats")
    return pictures.curves(lines, x_label=_both(axes[0]), y_label=_both(axes[1]))


def _curves(lines: tuple[Curve, ...], axes: tuple[Text, Text], score: str) -> bytes:
    from jinjie.base import pictures

    named: dict[str, pictures.Curve] = {}
    for number, line in enumerate(lines, 1):
        name = f"{line.label} ({score} {line.score:.3f})"
        name = name if name not in named else f"{name} {number}"
        chance = score == "AUC" and line is lines[-1]
        named[name] = pictures.Curve(line.x, line.y, chance, 8 if chance else number)
    return pictures.curves(named, x_label=_both(axes[0]), y_label=_both(axes[1]))


def stairs(line: Curve) -> Curve:
    """A curve as stairs: between two recalls no precision in between can be had (Davis & Goadrich 2006)."""
    x = [value for value in line.x for _ in range(2)]
    y = [value for value in line.y for _ in range(2)]
    return line.model_copy(update={"x": tuple(x[:-1]), "y": tuple(y[1:])})


def _both(text: Text) -> str:
    return text.en if text.en == text.zh else f"{text.zh} · {text.en}"
