"""Tagging: which kind of name each token of a text belongs to, and so which names a text holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Dataset, Processor, Split
from jinjie.data.spans import NONE, Span, parted, placed
from jinjie.data.texts import NOTHING, Texts, in_order
from jinjie.data.tokenization.labels import LabelledProcessor
from jinjie.tasks import span_scores, task
from jinjie.tasks.task import Batch, Models, Prediction, Step, TaskConfig, Update

if TYPE_CHECKING:
    import numpy as np
    import torch
else:
    np = lazy("numpy")
    torch = lazy("torch")

BATCH = 64
"""Texts in a batch of an evaluation."""
LOOKED_AT = 16
"""Batches that one of an evaluation's `limit` stands for: about 1,000 texts, as of other tasks."""
KINDS = 6
"""Kinds that have a score of their own among the metrics, at most; `jinjie evaluate` tells all."""
SHOWN = 2
"""Texts that are shown with what is found in them."""


class Config(TaskConfig):
    """Cross-entropy of each token's tag; the score is of whole names, borders and kind exactly right."""

    kind: Literal["tag"] = "tag"
    smoothing: float = option(
        0.0, "share of the target spread over all tags", "分摊给所有标签的目标比例（标签平滑）", ge=0, lt=1
    )
    best: Literal["f1", "accuracy", "loss"] = option(
        "f1", "the score that says which model is kept", "据哪项成绩保留最佳模型"
    )

    def build(self) -> Tag:
        return Tag(self)


class Told(NamedTuple):
    """What a model says of the texts of a split, in its order: N rows of tag numbers, each (T of that row)."""

    said: list[np.ndarray[Any, Any]]
    true: list[np.ndarray[Any, Any]]
    loss: float
    """Nats a token."""
    rows: np.ndarray[Any, Any]
    """Which texts of the split they are (N)."""


class Tag(task.Task):
    """Batches hold x, types, documents (B, T) and y (B, T), each token's tag, −100 for special tokens and padding;
    maybe `weight` (B, T), how much each of them counts. The model is one whose config says `head=tokens`."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        logits, y = _logits(models["model"], batch).flatten(0, 1), batch["y"].flatten()
        each = torch.nn.functional.cross_entropy(
            logits, y, ignore_index=NOTHING, reduction="none", label_smoothing=self.config.smoothing
        )
        if "weight" in batch:
            each = each * batch["weight"].flatten().float()
        yield Update(each.sum() / (y != NOTHING).sum().clamp(min=1))

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """`loss` (nats a token) and `accuracy` of tokens; `precision`, `recall` and `f1` of names, and where there are
        several kinds but few, the F1 of each (`f1_PER`)."""
        labels = tags_of(data)
        told = self.outputs(models, data, split, limit)
        right = sum(int((s == t).sum()) for s, t in zip(told.said, told.true, strict=True))
        tokens = sum(map(len, told.true))
        kinds = kinds_of(labels)
        counted = counted_of(told, labels).sum(0)
        each = span_scores.shares(counted)["f1"]
        apart = {f"f1_{kind}": float(f1) for kind, f1 in zip(kinds, each, strict=True)}
        whole = {name: float(share) for name, share in span_scores.shares(counted.sum(0)).items()}
        return {
            "loss": told.loss,
            "accuracy": right / max(1, tokens),
            **(apart if 1 < len(kinds) <= KINDS else {}),
            **whole,
        }

    def baseline(self, data: Dataset) -> dict[str, Any]:
        """`loss`, the entropy of the training tags in nats a token; `accuracy`, the commonest tag everywhere; `f1`, 0
        where that tag is none; `classes`, counts (K)."""
        y = np.concatenate([batch["y"][batch["y"] != NOTHING] for batch in data.batches("train", BATCH)])
        counts = np.bincount(y, minlength=int(data.facts.get("outputs", 0)))
        shares = counts[counts > 0] / counts.sum()
        return {
            "loss": float(-(shares * np.log(shares)).sum()),
            "accuracy": float(shares.max()),
            "classes": counts.tolist(),
        }

    def best(self) -> tuple[str, bool]:
        return self.config.best, self.config.best != "loss"

    def samples(self, models: Models, data: Dataset, step: Step) -> Iterator[str]:
        """Texts of the validation split with the names that the model finds in them, always the same ones."""
        if not isinstance(data, Texts) or not data.splits["validation"].texts:
            return
        texts = data.splits["validation"].texts
        held = data.splits["validation"].tokens["y"] > 0
        starts = data.splits["validation"].starts
        named = np.add.reduceat(held, starts) if len(starts) else np.zeros(0)
        shown = np.flatnonzero(named)
        for row in shown[np.linspace(0, len(shown) - 1, SHOWN).round().astype(int)] if len(shown) else ():
            yield self.predict(models, data.processor, texts[int(row)]).words

    def predict(self, models: Models, processor: Processor, text: str) -> Prediction:
        return self.predict_all(models, processor, [text])[0]

    def predict_all(self, models: Models, processor: Processor, texts: Sequence[str]) -> list[Prediction]:
        """The names of each text: `entities`, each its `kind`, `text`, `start` and `end` in characters (`end` is behind
        the last), and `probability`, that of its least sure token. A text that is longer than the model sees is read in
        stretches that overlap.

        Raises InvalidInput when there is no text, or half a character in it.
        """
        labelled = cast(LabelledProcessor, processor)
        labels = _tags(labelled)
        found = []
        for text, (tags, sure, places) in zip(texts, _read(models["model"], labelled, texts), strict=True):
            spans = placed([labels[i] for i in tags], places.tolist(), text)
            entities = [
                {
                    "kind": span.kind,
                    "text": text[span.start : span.end],
                    "start": span.start,
                    "end": span.end,
                    "probability": float(min(_inside(span, places, sure))),
                }
                for span in spans
            ]
            found.append(Prediction(_shown(text, spans, labelled), {"entities": entities}))
        return found

    def outputs(self, models: Models, data: Dataset, split: Split, limit: int | None) -> Told:
        """What the model says of a split, in its order; `limit` as for `metrics`."""
        nats, tokens = 0.0, 0
        said: list[np.ndarray[Any, Any]] = []
        true: list[np.ndarray[Any, Any]] = []
        rows = []
        for batch in data.batches(split, BATCH, None if limit is None else limit * LOOKED_AT):
            inputs = {
                name: task.like(models["model"], values) for name, values in batch.items() if name != "row"
            }
            logits, y = _logits(models["model"], inputs).cpu(), torch.from_numpy(batch["y"])
            nats += torch.nn.functional.cross_entropy(
                logits.flatten(0, 1), y.flatten(), ignore_index=NOTHING, reduction="sum"
            ).item()
            for guess, truth in zip(logits.argmax(-1).numpy(), batch["y"], strict=True):
                told = truth != NOTHING
                said.append(guess[told])
                true.append(truth[told])
                tokens += int(told.sum())
            rows.append(batch["row"])
        number = np.concatenate([np.zeros(0, np.int64), *rows])
        order = np.argsort(number, kind="stable")
        return Told(
            [said[i] for i in order],
            [true[i] for i in order],
            nats / max(1, tokens),
            in_order(number, number),
        )


def counted_of(told: Told, labels: Sequence[str]) -> np.ndarray[Any, Any]:
    """Spans there, said and right of each text and kind: (N, K, 3)."""
    true = ([labels[i] for i in row] for row in told.true)
    said = ([labels[i] for i in row] for row in told.said)
    return span_scores.of_tags(true, said, kinds_of(labels))


def f1_of(told: Told, labels: Sequence[str]) -> float:
    """The F1 of all names, exactly right."""
    return float(span_scores.shares(counted_of(told, labels).sum((0, 1)))["f1"])


def kinds_of(labels: Sequence[str]) -> list[str]:
    """The kinds that tags speak of, in their order."""
    return list(dict.fromkeys(parted(label)[1] for label in labels if label != NONE))


def tags_of(data: Dataset) -> list[str]:
    """The tags of a data set, by number. Raises InvalidInput where it has none."""
    return _tags(data.processor)


def _tags(processor: Processor) -> list[str]:
    labels = list(getattr(processor, "labels", []))
    try:
        for label in labels:
            parted(label)
    except ValueError as error:
        raise InvalidInput([Problem("data.kind", "tag.no_tags", came=str(error))]) from None
    if not labels:
        raise InvalidInput([Problem("data.kind", "tag.no_tags", came="–")])
    return labels


def _logits(network: Any, batch: Batch) -> torch.Tensor:
    """What the model says of each token, (B, T, K) in fp32. Raises InvalidInput when it has no head for tokens."""
    if getattr(getattr(network, "config", None), "head", "none") != "tokens":
        raise InvalidInput([Problem("model.head", "tag.no_head")])
    scores = network.scores(batch["x"], batch.get("types"), batch.get("documents"))
    return cast("torch.Tensor", scores).float()


_Read = tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]


def _read(network: Any, processor: LabelledProcessor, texts: Sequence[str]) -> list[_Read]:
    """Of each text the tag of every token, how sure it is, and where the token stands (T, 2)."""
    from jinjie.data.texts import Rows

    before, after = processor.frame
    room = processor.block - len(before) - len(after)
    ids, windows, wholes = [], [], []
    for number, text in enumerate(texts):
        if not text.strip():
            raise InvalidInput([Problem("", "texts.nothing")])
        encoding = processor.encoding(text)
        wholes.append(np.array(encoding.offsets, np.int64).reshape(-1, 2))
        for begin, first, last in stretches(len(encoding.ids), room):
            inside = encoding.ids[begin : begin + room]
            ids.append(np.array([*before, *inside, *after], np.int64))
            windows.append((number, begin, first, last))
    tags = [np.zeros(len(places), np.int64) for places in wholes]
    sure = [np.zeros(len(places)) for places in wholes]
    rows = Rows.of(ids)
    order = np.argsort(rows.lengths, kind="stable")
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        batch = {name: task.like(network, array) for name, array in rows.batch(chosen, processor.pad).items()}
        with torch.no_grad():
            best = _logits(network, batch).softmax(-1).max(-1)
        for row, share, tag in zip(
            chosen, best.values.cpu().numpy(), best.indices.cpu().numpy(), strict=True
        ):
            number, begin, first, last = windows[row]
            part = slice(first - begin + len(before), last - begin + len(before))
            tags[number][first:last], sure[number][first:last] = tag[part], share[part]
    return list(zip(tags, sure, wholes, strict=True))


def stretches(count: int, room: int) -> Iterator[tuple[int, int, int]]:
    """How `count` tokens are read by a model that sees `room` at once: where each stretch begins, and the first token
    and the one behind the last whose tags are taken from it.

    Neighbours share a quarter of what is seen, and each gives the half of that which is further from its own end. The
    last one ends with the text.
    """
    shared = room // 4
    begins = [*range(0, max(1, count - room), room - shared)]
    if begins[-1] + room < count:
        begins.append(count - room)
    cuts = [
        0,
        *(later + (before + room - later) // 2 for before, later in zip(begins, begins[1:], strict=False)),
        count,
    ]
    return zip(begins, cuts[:-1], cuts[1:], strict=True)


def _inside(span: Span, places: np.ndarray[Any, Any], sure: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """How sure the tokens are that reach into a span of characters."""
    chosen: np.ndarray[Any, Any] = sure[(places[:, 0] < span.end) & (places[:, 1] > span.start)]
    return chosen


def _shown(text: str, spans: Sequence[Span], processor: LabelledProcessor) -> str:
    """A text with its names marked: [王小明 人名]在[北京 地名]工作."""
    made, at = [], 0
    for span in spans:
        made.append(text[at : span.start])
        made.append(say("tag.named", text=text[span.start : span.end], kind=processor.name(span.kind)))
        at = span.end
    return "".join([*made, text[at:]])
