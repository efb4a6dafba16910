"""Classification: which of several kinds an example is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from jinjie.base import words
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Dataset, Processor, Split
from jinjie.tasks import task
from jinjie.tasks.task import Batch, Models, Picture, Prediction, Step, TaskConfig, Update

if TYPE_CHECKING:
    import torch
else:
    torch = lazy("torch")

BATCH = 1000


class Config(TaskConfig):
    """Cross-entropy over the classes, computed from logits (never a softmax before it)."""

    kind: Literal["classify"] = "classify"

    def build(self) -> Classify:
        return Classify()


class Classify(task.Task):
    """Batches hold x (B, …) and y (B,), the number of the class; the model gives logits (B, classes)."""

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        logits = models["model"](batch["x"]).float()
        yield Update(torch.nn.functional.cross_entropy(logits, batch["y"]))

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """`loss` (nats an example) and `accuracy`."""
        logits, y = self._outputs(models, data, split, limit)
        loss = torch.nn.functional.cross_entropy(logits, y)
        return {"loss": float(loss), "accuracy": float((logits.argmax(1) == y).float().mean())}

    def best(self) -> tuple[str, bool]:
        return "accuracy", True

    def pictures(self, models: Models, data: Dataset, split: Split) -> Iterator[Picture]:
        """The confusion matrix: true classes down, predicted classes across."""
        from jinjie.base.pictures import confusion

        logits, y = self._outputs(models, data, split, None)
        classes = logits.shape[1]
        counts = torch.bincount(y * classes + logits.argmax(1), minlength=classes * classes).reshape(
            classes, classes
        )
        labels = getattr(data.processor, "labels", [str(i) for i in range(classes)])
        # A run's picture is drawn once and looked at in either language.
        across, down = words.text("picture.predicted"), words.text("picture.true")
        axes = {"x_label": f"{across.zh} · {across.en}", "y_label": f"{down.zh} · {down.en}"}
        yield Picture("confusion", confusion(counts.tolist(), list(labels), **axes))

    def predict(self, models: Models, processor: Processor, text: str) -> Prediction:
        inputs = torch.from_numpy(processor.encode(text)["x"])
        with torch.no_grad():
            shares = torch.softmax(models["model"](inputs)[0].float(), 0)
        labels = list(getattr(processor, "labels", [str(i) for i in range(len(shares))]))
        order = shares.argsort(descending=True).tolist()
        likely = [(labels[i], float(shares[i])) for i in order[:3]]
        said = say(
            "task.predicted_class",
            input=text,
            label=likely[0][0],
            share=f"{likely[0][1]:.1%}",
            others=", ".join(f"{label} {share:.1%}" for label, share in likely[1:]),
        )
        return Prediction(
            said, {"label": likely[0][0], "probabilities": {labels[i]: float(shares[i]) for i in order}}
        )

    def _outputs(
        self, models: Models, data: Dataset, split: Split, limit: int | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        logits, y = [], []
        for batch in data.batches(split, BATCH, limit):
            logits.append(models["model"](task.like(models["model"], batch["x"])).float().cpu())
            y.append(torch.from_numpy(batch["y"]))
        return torch.cat(logits), torch.cat(y)
