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
HIDDEN = 0.15
"""Share of the tokens that data hide when nothing else is asked (Devlin et al. 2018, section 3.1)."""


class Config(TaskConfig):
    """Cross-entropy of the hidden tokens, and of whether the second part follows the first where the data has two.

    Asked, it fills a text's gaps; without a head for that, it makes a vector.
    """

    kind: Literal["masked"] = "masked"
    candidates: int = option(5, "how many tokens to name for each gap", "每个空位列出几个候选词元", ge=1)

    def held(self, scores: int, size: int) -> int:
        """Of the hidden tokens alone, in fp32: log-probabilities, their gradient, and that of the scores."""
        return int(HIDDEN * scores) * 12

    def build(self) -> Masked:
        return Masked(self)


class Masked(task.Task):
    """Batches hold x (B, T), token ids of which some are hidden, and y (B, T), what stood there, −100 elsewhere; where
    there are several documents or segments also `documents` and `types` (B, T), and where the second part of a row may
    follow its first or not, `follows` (B), 1 or 0. The model is a BERT."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        """The loss is the sum of both objectives' (Devlin et al. 2018, section A.2)."""
        scores, y, next_scores = _scores(models["model"], batch)
        masked = torch.nn.functional.cross_entropy(scores, y)
        shown = {"hidden": len(y) / int(_text(batch).sum())}
        if next_scores is None:
            yield Update(masked, metrics=shown)
            return
        follows = torch.nn.functional.cross_entropy(next_scores, 1 - batch["follows"])
        shown |= {
            "masked_loss": float(masked.detach()),
            "next_loss": float(follows.detach()),
            "follows": float(batch["follows"].float().mean()),
        }
        yield Update(masked + follows, metrics=shown)

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """`accuracy`, the share of hidden tokens found at the first guess, and `loss`, in nats: of a hidden token, and
        where there are pairs of that and of a pair; then also each alone, `masked_loss` and `next_loss`, and
        `next_accuracy`, the share of pairs told rightly."""
        nats, right, count = 0.0, 0, 0
        pair_nats, pairs_right, pairs = 0.0, 0, 0
        for batch in data.batches(split, BATCH, limit):
            arrays = {name: task.like(models["model"], values) for name, values in batch.items()}
            scores, y, next_scores = _scores(models["model"], arrays)
            nats += float(torch.nn.functional.cross_entropy(scores, y, reduction="sum"))
            right += int((scores.argmax(-1) == y).sum())
            count += len(y)
            if next_scores is not None:
                target = 1 - arrays["follows"]
                pair_nats += float(torch.nn.functional.cross_entropy(next_scores, target, reduction="sum"))
                pairs_right += int((next_scores.argmax(-1) == target).sum())
                pairs += len(target)
        found = {"loss": nats / max(1, count), "accuracy": right / max(1, count)}
        if pairs:
            masked, follows = found["loss"], pair_nats / pairs
            found |= {
                "loss": masked + follows,
                "masked_loss": masked,
                "next_loss": follows,
                "next_accuracy": pairs_right / pairs,
            }
        return found

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


def _scores(network: Any, batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """The scores (N, V) in fp32 and the tokens (N) of the N hidden places alone, as the others need none; and scores
    (B, 2) of whether the second part follows, where that is asked and the model has a head for it."""
    y = batch["y"]
    hidden = network.hidden(batch["x"], batch.get("types"), batch.get("documents"))
    places = y != HIDDEN_FROM_THE_LOSS
    scores = network.masked(hidden[places], network.embed.weight).float()
    if "follows" not in batch or network.next_sentence is None:
        return scores, y[places], None
    return scores, y[places], network.next_sentence(network.pooled(hidden, batch.get("documents"))).float()


def _text(batch: Batch) -> torch.Tensor:
    """Which places (B, T) hold text: all where there is no padding."""
    documents = batch.get("documents")
    return torch.ones_like(batch["x"], dtype=torch.bool) if documents is None else documents == 0


def _vector(network: Any, processor: TokenProcessor, text: str) -> Prediction:
    from jinjie.decoding.embedding import embed

    vector = embed(network, processor, [text])[0].tolist()
    shown = ", ".join(f"{value:.3f}" for value in vector[:4])
    return Prediction(say("masked.vector", size=len(vector), shown=shown), {"vector": vector})
