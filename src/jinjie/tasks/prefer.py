"""Preferring one answer to another: direct preference optimisation (Rafailov et al. 2023), its effect and its cost."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from jinjie.base.config import option
from jinjie.base.lazy import lazy
from jinjie.base.seeds import derive
from jinjie.data.batching import spread
from jinjie.data.dataset import Dataset, Split
from jinjie.data.pairs_of_answers import TOKENS
from jinjie.tasks import language, task
from jinjie.tasks.language import IGNORED, Language
from jinjie.tasks.task import Batch, Models, Step, TaskConfig, Update

if TYPE_CHECKING:
    import torch
    from torch import nn

    from jinjie.data.answer_pairs import AnswerPairs
else:
    torch = lazy("torch")

BATCH = 8
REFERENCE = "reference"
"""The recipe's further model: what the model was when it began, and stays."""


class Config(TaskConfig):
    """−log σ(β · margin) over pairs; beside it how often the rule is kept, and what that costs in perplexity."""

    kind: Literal["prefer"] = "prefer"
    beta: float = option(
        0.1, "how dear it is to move away from the reference", "偏离参考模型的代价有多大（β）", gt=0
    )
    prompts: tuple[str, ...] = option(
        ("月落乌啼霜满天，", "春眠不觉晓，"), "what the samples begin with", "样例的开头"
    )
    sample_tokens: int = option(100, "longest sample, in tokens", "样例的最大长度（词元）", ge=1)
    asked: int = option(
        100,
        "held-out prompts that are gone on from in each evaluation",
        "每次评估时从多少个没见过的开头往下写",
        ge=1,
    )

    def writes(self) -> int:
        return self.asked * min(self.sample_tokens, TOKENS)

    def build(self) -> Prefer:
        return Prefer(self)


class Prefer(Language):
    """Batches hold x and y (B, 2, T) as `AnswerPairs` gives them: the chosen answer, then the rejected one, y IGNORED
    on prompts and padding. The models are "model" and the frozen "reference"."""

    def __init__(self, config: Config) -> None:
        super().__init__(language.Config(prompts=config.prompts, sample_tokens=config.sample_tokens))
        self.settings = config
        self._before: dict[Split, dict[str, float]] = {}
        self._judged = True

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        margin = margins(models["model"], models[REFERENCE], batch)
        loss = dpo(margin, self.settings.beta)
        right = float((margin > 0).float().mean())
        yield Update(
            loss, metrics={"accuracy": right, "margin": self.settings.beta * float(margin.detach().mean())}
        )

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """Of the pairs: `loss`, `accuracy` (the share whose margin is positive) and `margin` (β included).

        Of the effect, on held-out prompts: `kept`, the share of texts that keep the rule, and `kept_before`, the
        reference's. Of the cost, on people's own texts: `perplexity`, `perplexity_before`, and `kl`, the mean over
        their tokens of Σ_v p_ref(v) ln(p_ref(v) / p(v)), in nats. Effect and cost are not worked out on the training
        split.
        """
        pairs = cast("AnswerPairs", data)
        network, reference = models["model"], models[REFERENCE]
        found = []
        for arrays in data.batches(split, BATCH, limit):
            batch = {name: task.like(network, array) for name, array in arrays.items()}
            found.append(margins(network, reference, batch))
        margin = torch.cat(found)
        shown = {
            "loss": float(dpo(margin, self.settings.beta)),
            "accuracy": float((margin > 0).float().mean()),
            "margin": self.settings.beta * float(margin.mean()),
        }
        if split == "train":
            return shown
        shown |= _cost(network, reference, pairs, split, limit)
        if pairs.prompts:
            if split not in self._before:  # the reference stays as it is
                self._before[split] = {"kept_before": self._kept(reference, pairs, split)}
            shown |= {"kept": self._kept(network, pairs, split), **self._before[split]}
        self._judged = bool(pairs.prompts)
        return shown

    def best(self) -> tuple[str, bool]:
        """What keeps the rule most often, and the earliest of equals: the loss falls on long after the texts fall
        apart, since DPO asks for a wider margin alone. Without a rule the loss is all there is."""
        return ("kept", True) if self._judged else super().best()

    def baseline(self, data: Dataset) -> dict[str, Any]:
        """`loss` where nothing is preferred: ln 2."""
        return {"loss": math.log(2)}

    def _kept(self, network: nn.Module, data: AnswerPairs, split: Split) -> float:
        """The share of texts, one from each of some held-out prompts, that come to their end and keep the rule."""
        from jinjie.data.poem_form import keeps
        from jinjie.decoding.sampling import Sampling
        from jinjie.decoding.together import answers

        prompts: Sequence[str] = data.prompts[split]
        prompts = [prompts[i] for i in spread(len(prompts), self.settings.asked)]
        ids = [data.processor.prompt(prompt) for prompt in prompts]
        samplings = [
            Sampling(
                temperature=data.temperature,
                max_tokens=self.settings.sample_tokens,
                seed=derive(0, "kept", i),
            )
            for i in range(len(prompts))
        ]
        made = answers(network, data.processor, ids, samplings, before=prompts)
        assert data.rule is not None  # there are no prompts without one
        right = [one.ended and keeps(data.rule, p + one.text) for p, one in zip(prompts, made, strict=True)]
        return sum(right) / len(right)


def dpo(margin: torch.Tensor, beta: float) -> torch.Tensor:
    """−log σ(β m), the mean over pairs (Rafailov et al. 2023, equation 7); margin (B) → scalar."""
    return -torch.nn.functional.logsigmoid(beta * margin).mean()


def margins(network: nn.Module, reference: nn.Module, batch: Batch) -> torch.Tensor:
    """(log π(y_w) − log π_ref(y_w)) − (log π(y_l) − log π_ref(y_l)) of each pair, (B) in fp32; the gradient goes into π
    alone."""
    x, y = batch["x"].flatten(0, 1), batch["y"].flatten(0, 1)
    with torch.no_grad():
        before = log_likelihoods(reference, x, y)
    gained = (log_likelihoods(network, x, y) - before).view(-1, 2)
    return gained[:, 0] - gained[:, 1]


def log_likelihoods(network: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """ln p of each row's answer: the sum over its tokens, (N, T) → (N) in fp32. Scores are worked out where there is
    something to predict alone."""
    answer = y != IGNORED
    nats = torch.nn.functional.cross_entropy(_scores(network, x, answer), y[answer], reduction="none")
    rows = answer.nonzero()[:, 0]
    return -torch.zeros(len(x), device=x.device).index_add(0, rows, nats)


def _scores(network: nn.Module, x: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """The scores (n, V) in fp32 of the n places that `where` (N, T) marks."""
    if not hasattr(network, "unembedding"):
        return cast(torch.Tensor, network(x)[where].float())
    model = cast(Any, network)
    return torch.nn.functional.linear(model.hidden(x)[where], model.unembedding).float()


def _cost(
    network: nn.Module, reference: nn.Module, data: AnswerPairs, split: Split, limit: int | None
) -> dict[str, float]:
    """What people's texts are to the model and to what it was: perplexities, and how far the two are apart."""
    nats = before = apart = 0.0
    count = 0
    rows = data.plain[split]
    for index in spread(-(-len(rows) // BATCH), limit):
        arrays = rows.batch(slice(index * BATCH, (index + 1) * BATCH))
        batch = {name: task.like(network, array[:, 0]) for name, array in arrays.items()}
        where = batch["y"] != IGNORED
        wanted = batch["y"][where]
        now, then = (_scores(one, batch["x"], where).log_softmax(-1) for one in (network, reference))
        nats += float(torch.nn.functional.nll_loss(now, wanted, reduction="sum"))
        before += float(torch.nn.functional.nll_loss(then, wanted, reduction="sum"))
        apart += float((then.exp() * (then - now)).sum())
        count += len(wanted)
    return {
        "perplexity": math.exp(min(nats / max(1, count), 50.0)),
        "perplexity_before": math.exp(min(before / max(1, count), 50.0)),
        "kl": apart / max(1, count),
    }
