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
    from torch import nn

    from jinjie.decoding.sampling import Sampling
else:
    np = lazy("numpy")
    torch = lazy("torch")

BATCH = 16
IGNORED = -100
"""The target of a position after which there is nothing to predict."""

SCORES = 2**26
"""Most scores that exist at once in training: 256 MB in fp32. With a quarter of it a step of GPT-2's size took 5 %
longer: every piece reads and writes the whole gradient of the head."""


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

    def held(self, scores: int, size: int) -> int:
        return in_pieces(scores, size)

    def build(self) -> Language:
        return Language(self)


class Language(task.Task):
    """Batches hold x (B, T), token ids, and y (B, T), the ids one place later, IGNORED where there is none to predict.

    Where several documents share a row, `documents` (B, T) tells them apart, and none sees another. The model gives
    logits (B, T, V); one that also gives `hidden` and `unembedding`, as GPT does, is spared holding them all at once.
    """

    def __init__(self, config: Config) -> None:
        self.config = config

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        yield Update(mean_nats(models["model"], batch))

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """`loss` (nats a token), `perplexity`, and what compares across tokenizers: bits a character and bits a byte.

        A document's end costs its bits and counts as no character.
        """
        processor, network = cast(TextProcessor, data.processor), models["model"]
        sizes = processor.token_bytes()
        nats, tokens, characters, size = 0.0, 0, 0, 0
        for arrays in data.batches(split, BATCH, limit):
            batch = {name: task.like(network, array) for name, array in arrays.items()}
            scored = arrays["y"] != IGNORED
            targets = arrays["y"][scored]
            nats += float(mean_nats(network, batch)) * len(targets)
            tokens += len(targets)
            characters += len(processor.text(targets[sizes[targets] > 0].tolist()))
            size += int(sizes[targets].sum())
        loss = nats / max(1, tokens)
        return {
            "loss": loss,
            "perplexity": math.exp(min(loss, 50.0)),
            "bits_per_character": nats / math.log(2) / max(1, characters),
            "bits_per_byte": nats / math.log(2) / max(1, size),
        }

    def baseline(self, data: Dataset) -> dict[str, Any]:
        """`loss`, the entropy of single tokens in nats, from at most 64 batches of the training split."""
        ids = np.concatenate([batch["y"].ravel() for batch in data.batches("train", BATCH, 64)])
        counts = np.unique_counts(ids[ids != IGNORED]).counts
        shares = counts / counts.sum()
        return {"loss": float(-(shares * np.log(shares)).sum())}

    def samples(self, models: Models, data: Dataset, step: Step) -> Iterator[str]:
        """A recipe's prompts are made for its own text: of another's, the characters that are in it are left."""
        processor = cast(TextProcessor, data.processor)
        for i, prompt in enumerate(self.config.prompts):
            begin, _ = processor.readable(prompt)
            yield "".join(
                write(models["model"], processor, begin, self._sampling(derive(step.seed, "sample", i)))
            )

    def predict(self, models: Models, processor: Processor, text: str) -> Prediction:
        """Goes on from the text."""
        words = "".join(write(models["model"], cast(TextProcessor, processor), text, self._sampling(0)))
        return Prediction(words, {"text": words})

    def _sampling(self, seed: int) -> Sampling:
        from jinjie.decoding.sampling import Sampling

        return Sampling(temperature=self.config.temperature, max_tokens=self.config.sample_tokens, seed=seed)


def in_pieces(scores: int, size: int) -> int:
    """Bytes of scores that `mean_nats` holds at once: in fp32, and in the network's precision where that is another,
    first as scores, then as their gradient."""
    return min(scores, SCORES) * (4 if size == 4 else size + 4)


def mean_nats(network: nn.Module, batch: Batch) -> torch.Tensor:
    """−ln p of the next token, the mean over those that are to be predicted, a scalar in fp32."""
    from jinjie.tasks.cross_entropy import cross_entropy

    sight = {"documents": batch["documents"]} if "documents" in batch else {}
    if not hasattr(network, "unembedding"):
        logits = network(batch["x"], **sight)
        return torch.nn.functional.cross_entropy(
            logits.flatten(0, 1).float(), batch["y"].flatten(), ignore_index=IGNORED
        )
    model = cast(Any, network)
    return cross_entropy(model.hidden(batch["x"], **sight), model.unembedding, batch["y"])
