"""Regression: predict a number by least squares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Dataset, Processor, Split
from jinjie.data.table import NumbersProcessor
from jinjie.tasks import task
from jinjie.tasks.task import Batch, Models, Picture, Prediction, Step, TaskConfig, Update

if TYPE_CHECKING:
    import numpy as np
    import torch
else:
    np = lazy("numpy")
    torch = lazy("torch")

BATCH = 4096


class Config(TaskConfig):
    """Least squares: the mean of (prediction − target)²."""

    kind: Literal["regress"] = "regress"

    def build(self) -> Regress:
        return Regress()


class Regress(task.Task):
    """Batches hold x (B, features) and y (B, 1)."""

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        yield Update(torch.nn.functional.mse_loss(models["model"](batch["x"]).float(), batch["y"].float()))

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """`loss` (mean squared error), and `r2`, the share of the target's variance that is explained."""
        predicted, target = self.outputs(models, data, split, limit)
        errors = (predicted - target).square()
        spread = (target - target.mean(0)).square().mean()
        return {"loss": float(errors.mean()), "r2": float(1 - errors.mean() / spread.clamp_min(1e-12))}

    def baseline(self, data: Dataset) -> dict[str, Any]:
        """`loss`, the variance of the training targets: always guess their mean."""
        y = np.concatenate([batch["y"] for batch in data.batches("train", BATCH)]).astype(float)
        return {"loss": float(np.square(y - y.mean(0)).mean()), "r2": 0.0}

    def pictures(self, models: Models, data: Dataset, split: Split) -> Iterator[Picture]:
        """The data and the fitted line, where there is one input."""
        if data.facts.get("inputs") != 1:
            return
        from jinjie.base.pictures import scatter_line

        batch = next(data.batches(split, 500))
        intercept, slope = self._line(models, data)
        x, y = cast(NumbersProcessor, data.processor).raw(batch["x"])[:, 0], batch["y"][:, 0]
        ends = [float(x.min()), float(x.max())]
        content = scatter_line(
            (x.tolist(), y.tolist()),
            (ends, [intercept + slope * end for end in ends]),
            title=self._equation(intercept, slope),
            x_label="x",
            y_label="y",
        )
        yield Picture("fit", content)

    def samples(self, models: Models, data: Dataset, step: Step) -> Iterator[str]:
        """The equation learned so far, where there is one input."""
        if data.facts.get("inputs") == 1:
            yield self._equation(*self._line(models, data))

    def predict(self, models: Models, processor: Processor, text: str) -> Prediction:
        return self.predict_rows(models, processor, processor.encode(text)["x"], [text])[0]

    def predict_rows(
        self, models: Models, processor: Processor, x: np.ndarray[Any, Any], told: Sequence[str]
    ) -> list[Prediction]:
        """As `predict` of each of many rows that are numbers already, x (N, inputs); `told` is each as it was typed."""
        with torch.no_grad():
            values = torch.cat(
                [models["model"](part)[:, 0] for part in torch.split(torch.from_numpy(x), BATCH)]
            ).tolist()
        return [
            Prediction(say("task.predicted_number", input=text, value=f"{value:.6g}"), {"value": value})
            for text, value in zip(told, values, strict=True)
        ]

    def outputs(
        self, models: Models, data: Dataset, split: Split, limit: int | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What is predicted and what is so, (N, 1) each, fp32, of a split, in its order."""
        predicted, target = [], []
        for batch in data.batches(split, BATCH, limit):
            predicted.append(models["model"](task.like(models["model"], batch["x"])).float().cpu())
            target.append(torch.from_numpy(batch["y"]))
        return torch.cat(predicted), torch.cat(target)

    def _line(self, models: Models, data: Dataset) -> tuple[float, float]:
        """Intercept f(0) and slope f(1) − f(0) of a model with one input, on the scale that the user's x has."""
        ends = task.like(models["model"], torch.tensor([[0.0], [1.0]]))
        zero, one = models["model"](ends).float().flatten().tolist()
        processor = cast(NumbersProcessor, data.processor)
        slope = (one - zero) / processor.deviation[0]
        return zero - slope * processor.mean[0], slope

    @staticmethod
    def _equation(intercept: float, slope: float) -> str:
        return f"y = {slope:.4f}·x {'+' if intercept >= 0 else '−'} {abs(intercept):.4f}"
