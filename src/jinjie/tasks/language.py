"""Language modelling: predict the next token from those before it, under a causal mask."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, cast

from jinjie.base.config import option
from jinjie.base.lazy import lazy
from jinjie.base.seeds import derive
from jinjie.data.dataset import Dataset, Processor, Split, TextProcessor
from jinjie.decoding.text import write
from jinjie.tasks import task
from jinjie.tasks.task import Batch, Models, Prediction, Step, TaskConfig, Update

if TYPE_CHECKING:
    import numpy as np
    import torch

    from jinjie.decoding.sampling import Sampling
else:
    np = lazy("numpy")
    torch = lazy("torch")

BATCH = 16


class Config(TaskConfig):
    """Cross-entropy of the next token; samples show what the model writes by then."""

    kind: Literal["language"] = "language"
    prompts: tuple[str, ...] = option(("",), "what the samples begin with", "样例的开头")
    sample_tokens: int = option(120, "longest sample, in tokens", "样例的最大长度（词元）", ge=1)
    temperature: float = option(
        0.8,
        "how freely the samples are drawn; 0 always takes the likeliest",
        "采样温度；0 表示总取最可能的词元",
        ge=0,
    )

    def build(self) -> Language:
        return Language(self)


class Language(task.Task):
    """Batches hold x (B, T), token ids, and y (B, T), the ids one place later; the model gives logits (B, T, V)."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        logits = models["model"](batch["x"])
        yield Update(self._loss(logits, batch["y"]))

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """`loss` (nats a token), `perplexity`, and `bits_per_character`, which compares across tokenizers."""
        processor = cast(TextProcessor, data.processor)
        nats, tokens, characters = 0.0, 0, 0
        for batch in data.batches(split, BATCH, limit):
            y = torch.from_numpy(batch["y"])
            logits = models["model"](task.like(models["model"], batch["x"]))
            nats += float(self._loss(logits, y.to(logits.device))) * y.numel()
            tokens += y.numel()
            characters += len(processor.text(y.flatten().tolist()))
        loss = nats / tokens
        return {
            "loss": loss,
            "perplexity": math.exp(min(loss, 50.0)),
            "bits_per_character": nats / math.log(2) / max(1, characters),
        }

    def baseline(self, data: Dataset) -> dict[str, Any]:
        """`loss`, the entropy of single tokens in nats, from at most 64 batches of the training split."""
        ids = np.concatenate([batch["y"].ravel() for batch in data.batches("train", BATCH, 64)])
        shares = np.unique_counts(ids).counts / len(ids)
        return {"loss": float(-(shares * np.log(shares)).sum())}

    def samples(self, models: Models, data: Dataset, step: Step) -> Iterator[str]:
        processor = cast(TextProcessor, data.processor)
        for i, prompt in enumerate(self.config.prompts):
            yield "".join(
                write(models["model"], processor, prompt, self._sampling(derive(step.seed, "sample", i)))
            )

    def predict(self, models: Models, processor: Processor, text: str) -> Prediction:
        """Goes on from the text."""
        words = "".join(write(models["model"], cast(TextProcessor, processor), text, self._sampling(0)))
        return Prediction(words, {"text": words})

    def _sampling(self, seed: int) -> Sampling:
        from jinjie.decoding.sampling import Sampling

        return Sampling(temperature=self.config.temperature, max_tokens=self.config.sample_tokens, seed=seed)

    @staticmethod
    def _loss(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), y.flatten())
