"""Classification: which of several kinds an example is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from jinjie.base import words
from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Dataset, Processor, Split, TextProcessor
from jinjie.data.tokenization.labels import LabelledProcessor
from jinjie.tasks import task
from jinjie.tasks.task import Batch, Models, Picture, Prediction, Step, TaskConfig, Update

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn
else:
    np = lazy("numpy")
    torch = lazy("torch")

BATCH = 1000
LARGE = 64
"""Texts or pictures in a batch of an evaluation: each of their tokens or pixels needs as much memory as a row of
numbers."""


class Config(TaskConfig):
    """Cross-entropy or focal loss over the classes, from logits (never a softmax before it)."""

    kind: Literal["classify"] = "classify"
    loss: Literal["cross-entropy", "focal"] = option(
        "cross-entropy",
        "focal turns away from examples that are easy already",
        "focal 会把注意力从已经容易的样本上移开",
    )
    gamma: float = option(2.0, "how far focal loss turns away", "focal 损失移开注意力的程度", ge=0)
    smoothing: float = option(
        0.0, "share of the target spread over all classes", "分摊给所有类别的目标比例（标签平滑）", ge=0, lt=1
    )
    r_drop: float = option(
        0.0,
        "weight of how far two passes through dropout disagree; 0 is one pass",
        "同一批样本两次经过 dropout，输出分歧的权重（R-Drop）；0 表示只算一次",
        ge=0,
    )
    best: Literal["accuracy", "f1", "auc", "loss"] = option(
        "accuracy", "the score that says which model is kept", "据哪项成绩保留最佳模型"
    )

    def passes(self) -> int:
        return 2 if self.r_drop else 1

    def build(self) -> Classify:
        return Classify(self)


class Classify(task.Task):
    """Batches hold x (B, …) and y (B,), the number of the class; the model gives logits (B, classes).

    Batches of texts also hold types and documents (B, T), and the model is one whose config says `head=text`.
    A batch may weigh its examples (`weight` (B,)) and mix them in pairs (`y_other` (B,), `share` (B,)): see
    docs/decisions/0007-tables-and-pictures.md. `x_other` (B, …) are the same examples, changed by chance once more.
    """

    def __init__(self, config: Config) -> None:
        self.config = config

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        """With `r_drop` each example is asked twice, and pays besides for how far the two answers are apart (Liang et
        al. 2021, eq. 4, of which this is the half): (L₁ + L₂) / 2 + weight · (KL(p₁‖p₂) + KL(p₂‖p₁)) / 2. A table
        beside the body pays for its own votes, and has no dropout to disagree by."""
        logits, *beside = _votes(models["model"], batch)
        if self.config.loss == "cross-entropy" and not (
            beside or self.config.r_drop or "weight" in batch or "share" in batch
        ):
            # The mean in one kernel: 60 µs less than of single losses, 6 % of the MNIST network's step.
            smoothing = self.config.smoothing
            yield Update(torch.nn.functional.cross_entropy(logits, batch["y"], label_smoothing=smoothing))
            return
        each = self._paid(logits, batch)
        shown = {}
        if self.config.r_drop:
            again, *more = _votes(models["model"], {**batch, "x": batch.get("x_other", batch["x"])})
            beside += more
            apart = disagreement(logits, again)
            each = (each + self._paid(again, batch)) / 2 + self.config.r_drop * apart
            shown["apart"] = float(apart.detach().mean())
        # A table pays by itself: where only the sum pays, the body leaves to it what it finds first.
        for one in beside:
            each = each + self._paid(one, batch) / self.config.passes()
        if "weight" in batch:
            each = each * batch["weight"].float()
        yield Update(each.mean(), metrics=shown)

    def _paid(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The loss of each example (B,), of a mixed one in its shares."""
        each = self.losses(logits, batch["y"])
        if "share" not in batch:
            return each
        share = batch["share"].float()
        return share * each + (1 - share) * self.losses(logits, batch["y_other"])

    def losses(self, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The loss of each example (B,). Focal: −(1 − p)^γ log p, p the true class's share (Lin et al. 2017, eq. 4)."""
        surprise = torch.nn.functional.cross_entropy(
            logits, y, reduction="none", label_smoothing=self.config.smoothing
        )
        if self.config.loss == "cross-entropy":
            return surprise
        true = torch.log_softmax(logits, 1).gather(1, y[:, None])[:, 0].exp()
        return (1 - true) ** self.config.gamma * surprise

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """`loss` (nats an example, unweighted cross-entropy), `accuracy`, `f1`, and with two classes `auc`.

        Raises JinjieError where `best` is `auc` and there is none.
        """
        logits, y = self.outputs(models, data, split, limit)
        found = scores(logits, y)
        if self.config.best not in found:
            raise JinjieError("task.no_auc", classes=logits.shape[1], seen=len(set(y.tolist())), split=split)
        return found

    def baseline(self, data: Dataset) -> dict[str, Any]:
        """`loss`, the entropy of the training labels in nats; `accuracy`, the majority; `classes`, counts (K)."""
        y = np.concatenate([batch["y"] for batch in data.batches("train", _size(data))])
        counts = np.bincount(y, minlength=int(data.facts.get("outputs", 0)))
        shares = counts[counts > 0] / counts.sum()
        return {
            "loss": float(-(shares * np.log(shares)).sum()),
            "accuracy": float(shares.max()),
            "classes": counts.tolist(),
        }

    def best(self) -> tuple[str, bool]:
        return self.config.best, self.config.best != "loss"

    def pictures(self, models: Models, data: Dataset, split: Split) -> Iterator[Picture]:
        """The confusion matrix: true classes down, predicted classes across; and training examples, if to be seen."""
        from jinjie.base.pictures import confusion

        logits, y = self.outputs(models, data, split, None)
        classes = logits.shape[1]
        counts = torch.bincount(y * classes + logits.argmax(1), minlength=classes * classes).reshape(
            classes, classes
        )
        labels = getattr(data.processor, "labels", [str(i) for i in range(classes)])
        # A run's picture is drawn once and looked at in either language.
        across, down = words.text("picture.predicted"), words.text("picture.true")
        axes = {"x_label": f"{across.zh} · {across.en}", "y_label": f"{down.zh} · {down.en}"}
        yield Picture("confusion", confusion(counts.tolist(), list(labels), **axes))
        seen = data.picture()
        if seen is not None:
            yield Picture("examples", seen, ".png")

    def predict(self, models: Models, processor: Processor, text: str) -> Prediction:
        inputs = {name: torch.from_numpy(values) for name, values in processor.encode(text).items()}
        with torch.no_grad():
            shares = torch.softmax(_logits(models["model"], inputs)[0], 0)
        return _said(text, shares, processor)

    def predict_all(self, models: Models, processor: Processor, texts: Sequence[str]) -> list[Prediction]:
        """As `predict` of each; texts of like lengths are asked together."""
        if not isinstance(processor, LabelledProcessor):
            return super().predict_all(models, processor, texts)
        from jinjie.data.texts import Rows

        rows = Rows.of([processor.encode(text)["x"][0] for text in texts])
        order = np.argsort(rows.lengths, kind="stable")
        made: dict[int, Prediction] = {}
        for begin in range(0, len(order), LARGE):
            chosen = order[begin : begin + LARGE]
            batch = rows.batch(chosen, processor.pad)
            inputs = {name: task.like(models["model"], values) for name, values in batch.items()}
            with torch.no_grad():
                shares = torch.softmax(_logits(models["model"], inputs), 1).cpu()
            for row, share in zip(chosen.tolist(), shares, strict=True):
                made[row] = _said(texts[row], share, processor)
        return [made[row] for row in range(len(texts))]

    def predict_rows(
        self, models: Models, processor: Processor, x: np.ndarray[Any, Any], told: Sequence[str]
    ) -> list[Prediction]:
        """As `predict` of each of many rows that are numbers already, x (N, inputs); `told` is each as it was typed."""
        with torch.no_grad():
            logits = [
                _logits(models["model"], {"x": part}) for part in torch.split(torch.from_numpy(x), BATCH)
            ]
        shares = torch.softmax(torch.cat(logits), 1)
        return [_said(text, share, processor) for text, share in zip(told, shares, strict=True)]

    def outputs(
        self, models: Models, data: Dataset, split: Split, limit: int | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (N, K), fp32, and true classes (N,) of a split, in its order."""
        size = _size(data)
        logits, y, rows = [], [], []
        for batch in data.batches(split, size, None if limit is None else -(-limit * BATCH // size)):
            inputs = {n: task.like(models["model"], v) for n, v in batch.items() if n not in ("y", "row")}
            logits.append(_logits(models["model"], inputs).cpu())
            y.append(torch.from_numpy(batch["y"]))
            rows.append(batch.get("row"))
        if rows[0] is None:
            return torch.cat(logits), torch.cat(y)
        from jinjie.data.texts import in_order  # texts come by length

        number = np.concatenate([row for row in rows if row is not None])
        ordered = (in_order(torch.cat(found).numpy(), number) for found in (logits, y))
        one, other = map(torch.from_numpy, ordered)
        return one, other


def _said(text: str, shares: torch.Tensor, processor: Processor) -> Prediction:
    """The likeliest class and its rivals, from the share of each (K,)."""
    labels = list(getattr(processor, "labels", [str(i) for i in range(len(shares))]))
    order = shares.argsort(descending=True).tolist()
    spoken = getattr(processor, "name", str)  # texts' classes have names in either language
    likely = [(spoken(labels[i]), float(shares[i])) for i in order[:3]]
    said = say(
        "task.predicted_class",
        input=text,
        label=likely[0][0],
        share=f"{likely[0][1]:.1%}",
        others=", ".join(f"{label} {share:.1%}" for label, share in likely[1:]),
    )
    return Prediction(
        said, {"label": labels[order[0]], "probabilities": {labels[i]: float(shares[i]) for i in order}}
    )


def _size(data: Dataset) -> int:
    """Examples in a batch of an evaluation."""
    return LARGE if isinstance(data.processor, TextProcessor) or "height" in data.facts else BATCH


def _logits(network: nn.Module, batch: Batch) -> torch.Tensor:
    """What the model says of a batch, (B, classes) in fp32. Raises InvalidInput when it has no head for texts."""
    if "documents" not in batch:
        return cast("torch.Tensor", network(batch["x"])).float()
    if getattr(getattr(network, "config", None), "head", "none") != "text":
        raise InvalidInput([Problem("model.head", "classify.no_head")])
    found = cast(Any, network).scores(batch["x"], batch["types"], batch["documents"])
    return cast("torch.Tensor", found).float()


def _votes(network: nn.Module, batch: Batch) -> list[torch.Tensor]:
    """What the parts of a model say, (B, classes) each in fp32: added up they are its logits."""
    if not getattr(getattr(network, "config", None), "table", 0):
        return [_logits(network, batch)]
    found = cast(Any, network).votes(batch["x"], batch["types"], batch["documents"])
    return [one.float() for one in found]


def disagreement(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """(KL(p‖q) + KL(q‖p)) / 2 of two sets of logits (N, K), in nats, for each example (N,)."""
    p, q = torch.log_softmax(one, 1), torch.log_softmax(other, 1)
    return ((p.exp() - q.exp()) * (p - q)).sum(1) / 2


def scores(logits: torch.Tensor, y: torch.Tensor) -> dict[str, float]:
    """What logits (N, K) are worth against the true classes y (N,).

    `f1` is of class 1 where there are two classes, else the mean over the classes that occur; `auc`, with two
    classes that both occur, is the share of pairs that the score puts in the right order, ties half (Mann-Whitney).
    """
    guess, K = logits.argmax(1), logits.shape[1]
    found = {
        "loss": float(torch.nn.functional.cross_entropy(logits, y)),
        "accuracy": float((guess == y).float().mean()),
    }
    hit = torch.bincount(y[guess == y], minlength=K).double()
    each = 2 * hit / (torch.bincount(y, minlength=K) + torch.bincount(guess, minlength=K)).clamp(min=1)
    found["f1"] = float(each[1] if K == 2 else each[torch.bincount(y, minlength=K) > 0].mean())
    if K == 2 and 0 < int(y.sum()) < len(y):
        found["auc"] = area(logits[:, 1] - logits[:, 0], y)
    return found


def area(score: torch.Tensor, y: torch.Tensor) -> float:
    """The area under the ROC curve of `score` (N,) for y (N,) in {0, 1}, by ranks, ties sharing theirs."""
    _, place, count = torch.unique(score, return_inverse=True, return_counts=True)
    last = count.cumsum(0).double()
    rank = (last - (count - 1) / 2)[place]
    positive = int(y.sum())
    above = rank[y == 1].sum() - positive * (positive + 1) / 2
    return float(above / (positive * (len(y) - positive)))
