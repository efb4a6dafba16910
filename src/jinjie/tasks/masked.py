"""Masked language modelling: find the tokens that were hidden from both sides of the text (Devlin et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, cast

from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Dataset, Processor, Split
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.tasks import task
from jinjie.tasks.task import Batch, Models, Prediction, Step, TaskConfig, Update

if TYPE_CHECKING:
    import torch
else:
    torch = lazy("torch")

BATCH = 16
HIDDEN_FROM_THE_LOSS = -100


class Config(TaskConfig):
    """Cross-entropy of the hidden tokens. Asked, it fills a text's gaps; without a head for that, it makes a vector."""

    kind: Literal["masked"] = "masked"
    candidates: int = option(5, "how many tokens to name for each gap", "每个空位列出几个候选词元", ge=1)

    def build(self) -> Masked:
        return Masked(self)


class Masked(task.Task):
    """Batches hold x (B, T), token ids of which some are hidden, and y (B, T), what stood there, −100 elsewhere; where
    there are several documents or segments also `documents` and `types` (B, T). The model is a BERT."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        scores, y = _scores(models["model"], batch)
        yield Update(torch.nn.functional.cross_entropy(scores, y))

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """`loss`, nats a hidden token, and `accuracy`, the share of them that is found at the first guess."""
        nats, right, count = 0.0, 0, 0
        for batch in data.batches(split, BATCH, limit):
            arrays = {name: task.like(models["model"], values) for name, values in batch.items()}
            scores, y = _scores(models["model"], arrays)
            nats += float(torch.nn.functional.cross_entropy(scores, y, reduction="sum"))
            right += int((scores.argmax(-1) == y).sum())
            count += len(y)
        return {"loss": nats / max(1, count), "accuracy": right / max(1, count)}

    def predict(self, models: Models, processor: Processor, text: str) -> Prediction:
        """What stands in each gap, likeliest first; a vector of the whole text where the model has no head for gaps.

        Raises InvalidInput when a model that fills gaps finds none, or more text than it sees at once.
        """
        network, words = cast(Any, models["model"]), cast(TokenProcessor, processor)
        if network.masked is None:
            return _vector(network, words, text)
        ids, gap = words.prompt(text), words.special.get("mask")
        places = [i for i, token in enumerate(ids) if token == gap]
        if len(ids) > network.config.block:
            raise InvalidInput([Problem("", "masked.too_long", came=len(ids), block=network.config.block)])
        if not places:
            raise InvalidInput(
                [Problem("", "masked.no_gap", mask=words.special_tokens.get("mask", "[MASK]"))]
            )
        with torch.no_grad():
            hidden = network.hidden(task.like(network, torch.tensor([ids])))
            shares = network.masked(hidden[0, places], network.embed.weight).float().softmax(-1).cpu()
        filled, gaps = list(ids), []
        for place, row in zip(places, shares, strict=True):
            best = row.topk(min(self.config.candidates, len(row)))
            tokens = [words.tokenizer.id_to_token(int(i)) or "" for i in best.indices]
            gaps.append([{"token": t, "share": float(p)} for t, p in zip(tokens, best.values, strict=True)])
            filled[place] = int(best.indices[0])
        whole = words.text([i for i in filled if i not in words.special_ids])
        lines = [", ".join(f"{one['token']} {one['share']:.1%}" for one in gap) for gap in gaps]
        return Prediction("\n".join([whole, *lines]), {"text": whole, "gaps": gaps})


def _scores(network: Any, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """The scores (N, V) in fp32 and the tokens (N) of the N hidden places alone: the others need none."""
    y = batch["y"]
    hidden = network.hidden(batch["x"], batch.get("types"), batch.get("documents"))
    places = y != HIDDEN_FROM_THE_LOSS
    return network.masked(hidden[places], network.embed.weight).float(), y[places]


def _vector(network: Any, processor: TokenProcessor, text: str) -> Prediction:
    from jinjie.decoding.embedding import embed

    vector = embed(network, processor, [text])[0].tolist()
    shown = ", ".join(f"{value:.3f}" for value in vector[:4])
    return Prediction(say("masked.vector", size=len(vector), shown=shown), {"vector": vector})
