"""The long look at a tagger: how well it finds names, of each kind and in all, beside two that are simpler.

Texts are what is drawn anew for the intervals: names of one text stand or fall together.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from jinjie.analyse import bootstrap
from jinjie.analyse.evaluate import LISTED, Held, score_of
from jinjie.analyse.evaluation import ClassScores, Mistake, Score
from jinjie.analyse.linear_tags import FEATURES, plain
from jinjie.base.errors import JinjieError
from jinjie.base.lazy import lazy
from jinjie.data.dataset import Report
from jinjie.data.spans import Span, placed
from jinjie.data.texts import Texts
from jinjie.data.tokenization.labels import LabelledProcessor
from jinjie.tasks import span_scores, tag

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn
else:
    np = lazy("numpy")
    torch = lazy("torch")

_NAMES = 8
"""Names that a mistake's line lists."""


def names(
    network: nn.Module,
    task: tag.Tag,
    data: Texts,
    split: Held,
    samples: int,
    seed: int,
    report: Report | None = None,
) -> tuple[dict[str, Any], str]:
    """The fields of an Evaluation that are a tagger's own, and its answers as a CSV: `index` in the split, the `text`,
    and the `true` and the `predicted` names as JSON, [first character, one behind the last, kind] each."""
    labels = tag.tags_of(data)
    kinds = tag.kinds_of(labels)
    with torch.no_grad():
        told = task.outputs({"model": network}, data, split, None)
    if not np.isfinite(told.loss):
        raise JinjieError("evaluate.not_finite", run=split, count=len(told.said), total=len(told.said))
    beside = plain(data, split, report)
    counted = tag.counted_of(told, labels)
    right = np.array([(s == t).sum() for s, t in zip(told.said, told.true, strict=True)], np.float64)
    tokens = np.array([len(row) for row in told.true], np.float64)

    def score(weights: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        each = np.tensordot(weights, counted, 1)  # (R, K, 3)
        found = {"accuracy": weights @ right / (weights @ tokens), **span_scores.shares(each.sum(1))}
        return found | {f"each {name}": values for name, values in span_scores.shares(each).items()}

    points = {name: values[0] for name, values in score(np.ones((1, len(tokens)))).items()}
    drawn = bootstrap.resampled(score, len(tokens), samples, seed)
    plainly = {name: _plain(getattr(beside, name), labels) for name in ("frequent", "linear")}
    scores = {
        name: score_of(name, points[name], drawn[name], plainly["frequent"][name]).model_copy(
            update={"linear": plainly["linear"][name]}
        )
        for name in plainly["linear"]
    }
    there, said, _ = counted.sum(0).T
    classes = tuple(
        ClassScores(
            label=kind,
            support=int(there[k]),
            predicted=int(said[k]),
            auc=Score(value=None),
            **{
                name: score_of(name, points[f"each {name}"][k], drawn[f"each {name}"][:, k])
                for name in ("precision", "recall", "f1")
            },
        )
        for k, kind in enumerate(kinds)
    )
    spans = [_spans(data, split, labels, rows) for rows in (told.true, told.said)]
    texts = data.splits[split].texts
    missed = [len(set(a) ^ set(b)) for a, b in zip(*spans, strict=True)]
    worst = np.argsort(-np.array(missed), kind="stable")[:LISTED]
    values = {
        "trivial": "",
        "linear_features": FEATURES,
        "scores": scores,
        "labels": tuple(kinds),
        "classes": classes,
        "wrong": sum(bool(count) for count in missed),
        "mistakes": tuple(
            Mistake(
                index=int(i),
                true=_listed(texts[i], spans[0][i], spans[1][i]),
                said=_listed(texts[i], spans[1][i], spans[0][i]),
                words=texts[i],
                names=True,
            )
            for i in worst
            if missed[i]
        ),
    }
    return values, _written(texts, *spans)


def _plain(told: tag.Told, labels: Sequence[str]) -> dict[str, float]:
    right = sum(int((s == t).sum()) for s, t in zip(told.said, told.true, strict=True))
    shares = span_scores.shares(tag.counted_of(told, labels).sum((0, 1)))
    return {
        "accuracy": right / max(1, sum(map(len, told.true))),
        **{name: float(share) for name, share in shares.items()},
    }


def _spans(
    data: Texts, split: Held, labels: Sequence[str], rows: Sequence[np.ndarray[Any, Any]]
) -> list[list[Span]]:
    """The names in the characters of each text of a split, from the tags of its tokens."""
    processor = cast(LabelledProcessor, data.processor)
    before, after = map(len, processor.frame)
    texts = data.splits[split].texts
    made = []
    for text, framed, row in zip(texts, processor.framed_all(texts), rows, strict=True):
        places = framed.places[before : len(framed.ids) - after]
        made.append(placed([labels[i] for i in row], places.tolist(), text))
    return made


def _listed(text: str, spans: Sequence[Span], others: Sequence[Span]) -> str:
    """The names that the other side does not have."""
    alone = [span for span in spans if span not in set(others)]
    shown = [f"{text[span.start : span.end]}/{span.kind}" for span in alone[:_NAMES]]
    return " ".join([*shown, *(["…"] if len(alone) > _NAMES else [])]) or "–"


def _written(texts: Sequence[str], true: Sequence[list[Span]], said: Sequence[list[Span]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["index", "text", "true", "predicted"])
    for i, row in enumerate(zip(texts, true, said, strict=True)):
        text, *spans = row
        writer.writerow([i, text, *(json.dumps(one, ensure_ascii=False) for one in spans)])
    return out.getvalue()
