"""Answering: where in a passage the answer to a question begins and ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from jinjie.base.config import option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Dataset, Processor, Split
from jinjie.data.questions.pairs import ENDS, AnswerProcessor, Pair, Questions, parted
from jinjie.data.texts import Rows, in_order
from jinjie.tasks import answer_scores, task
from jinjie.tasks.task import Batch, Models, Prediction, Step, TaskConfig, Update

if TYPE_CHECKING:
    import numpy as np
    import torch
else:
    np = lazy("numpy")
    torch = lazy("torch")

BATCH = 32
"""Pairs in a batch of an evaluation."""
LOOKED_AT = 16
"""Batches that one of an evaluation's `limit` stands for."""
SHOWN = 2


class Config(TaskConfig):
    """Cross-entropy of the answer's first token and of its last, among the tokens of the pair; their mean."""

    kind: Literal["answer"] = "answer"
    longest: int = option(30, "longest answer, in tokens", "最长的答案（词元数）", ge=1)
    best: Literal["f1", "exact", "loss"] = option(
        "f1", "the score that says which model is kept", "据哪项成绩保留最佳模型"
    )

    def build(self) -> Answer:
        return Answer(self)


class Found(NamedTuple):
    """An answer as a span of characters of its passage, and its share among all spans that may be one."""

    start: int
    end: int
    share: float


class Told(NamedTuple):
    """What a model says of the questions of a split, in its order (N)."""

    found: list[Found]
    loss: float
    """Nats, the mean of both ends."""
    rows: np.ndarray[Any, Any]
    """Which questions of the split they are."""


class Answer(task.Task):
    """Batches hold x, types, documents (B, T) and `first`, `last` (B), the answer's ends, both 0 (a special one) where
    it does not stand in the pair. The model is one whose config says `head=span` (Devlin et al. 2018, section 4.2)."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        yield Update(_loss(_scores(models["model"], batch), batch, "mean"))

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """`loss`, nats; `exact`, the share of answers that are word for word a right one; `f1`, of their words."""
        told = self.outputs(models, data, split, limit)
        exact, f1 = scored(told, cast(Questions, data), split).mean(0)
        return {"loss": told.loss, "exact": float(exact), "f1": float(f1)}

    def best(self) -> tuple[str, bool]:
        return self.config.best, self.config.best != "loss"

    def samples(self, models: Models, data: Dataset, step: Step) -> Iterator[str]:
        """Questions of the validation split with what the model answers, always the same ones."""
        asked = _questions(data).asked["validation"]
        for row in np.linspace(0, len(asked) - 1, min(SHOWN, len(asked))).round().astype(int):
            yield self.predict(models, data.processor, f"{asked[row].question}\n{asked[row].context}").words

    def predict(self, models: Models, processor: Processor, text: str) -> Prediction:
        return self.predict_all(models, processor, [text])[0]

    def predict_all(self, models: Models, processor: Processor, texts: Sequence[str]) -> list[Prediction]:
        """The answer to each text, a question on its first line and the passage below: `answer`, its `start` and `end`
        in the passage, and `probability`, its share among all spans of the passage that may be an answer. A passage
        that is longer than the model sees is read in stretches.

        Raises InvalidInput when a question or a passage is missing, or there is half a character in one.
        """
        asking = cast(AnswerProcessor, processor)
        asked = [parted(text) for text in texts]
        made = []
        for (question, context), found in zip(asked, self._read(models["model"], asking, asked), strict=True):
            answer = context[found.start : found.end]
            said = say("answer.found", question=question, answer=answer or "–", share=f"{found.share:.1%}")
            values = {"answer": answer, "start": found.start, "end": found.end, "probability": found.share}
            made.append(Prediction(said, values))
        return made

    def outputs(self, models: Models, data: Dataset, split: Split, limit: int | None) -> Told:
        """What the model says of a split, in its order; `limit` as for `metrics`."""
        asked, nats = _questions(data), 0.0
        found: list[Found] = []
        rows = []
        for batch in data.batches(split, BATCH, None if limit is None else limit * LOOKED_AT):
            inputs = {n: task.like(models["model"], v) for n, v in batch.items() if n != "row"}
            scores = _scores(models["model"], inputs)
            nats += _loss(scores, inputs, "sum").item()
            for ends, row in zip(scores.cpu().numpy(), batch["row"].tolist(), strict=True):
                places = asked.places(split, row)
                found.append(best_span([ends[: len(places)]], [places], self.config.longest))
            rows.append(batch["row"])
        number = np.concatenate([np.zeros(0, np.int64), *rows])
        order = np.argsort(number, kind="stable")
        return Told([found[i] for i in order], nats / max(1, len(found)), in_order(number, number))

    def _read(
        self, network: Any, processor: AnswerProcessor, asked: Sequence[tuple[str, str]]
    ) -> Iterator[Found]:
        """The best answer to each question, over all stretches of its passage."""
        pairs: list[Pair] = []
        whose = []
        for number, (question, context) in enumerate(asked):
            stretches = processor.pairs(question, context, whole=True)
            pairs += stretches
            whose += [number] * len(stretches)
        rows = Rows.of([pair.ids for pair in pairs], tokens={"types": [pair.types for pair in pairs]})
        order = np.argsort(rows.lengths, kind="stable")
        scores: dict[int, np.ndarray[Any, Any]] = {}
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            batch = {n: task.like(network, v) for n, v in rows.batch(chosen, processor.pad).items()}
            with torch.no_grad():
                ends = _scores(network, batch).cpu().numpy()
            scores |= {int(row): one[: len(pairs[row].ids)] for row, one in zip(chosen, ends, strict=True)}
        for number in range(len(asked)):
            own = [i for i, one in enumerate(whose) if one == number]
            yield best_span([scores[i] for i in own], [pairs[i].places for i in own], self.config.longest)


def best_span(
    scores: Sequence[np.ndarray[Any, Any]], places: Sequence[np.ndarray[Any, Any]], longest: int
) -> Found:
    """The span with the highest sum of both ends' scores, over the stretches of a passage.

    `scores` (T, 2) of each stretch, `places` (T, 2) of its tokens in the passage, nothing for those outside of it. A
    span lies in the passage, its last token is not before its first, and it is at most `longest` tokens. The share is
    the softmax over all such spans of all stretches. 0, 0 where there is none.
    """
    best, found = -np.inf, Found(0, 0, 0.0)
    sums = []
    for ends, where in zip(scores, places, strict=True):
        inside = np.flatnonzero(where[:, 1] > where[:, 0])
        if not len(inside):
            continue
        first, last = ends[inside].astype(np.float64).T
        apart = inside[None, :] - inside[:, None]
        whole = np.where((apart >= 0) & (apart < longest), first[:, None] + last[None, :], -np.inf)
        sums.append(whole.ravel())
        row, column = np.unravel_index(whole.argmax(), whole.shape)
        if whole[row, column] > best:
            best = float(whole[row, column])
            found = Found(int(where[inside[row], 0]), int(where[inside[column], 1]), 0.0)
    if not sums:
        return found
    return found._replace(share=float(1 / np.exp(np.concatenate(sums) - best).sum()))


def scored(told: Told, data: Questions, split: Split) -> np.ndarray[Any, Any]:
    """Exact match and F1 of each answer, (N, 2)."""
    made = []
    for found, row in zip(told.found, told.rows.tolist(), strict=True):
        one = data.asked[split][row]
        said = one.context[found.start : found.end]
        made.append((answer_scores.exact(said, one.texts), answer_scores.overlap(said, one.texts)))
    return np.array(made, np.float64).reshape(-1, 2)


def _questions(data: Dataset) -> Questions:
    if not isinstance(data, Questions):
        raise InvalidInput([Problem("data.kind", "answer.no_questions")])
    return data


def _scores(network: Any, batch: Batch) -> torch.Tensor:
    """That the answer begins and ends at each token, (B, T, 2) in fp32, −∞ for padding. Raises InvalidInput when the
    model has no head for that."""
    if getattr(getattr(network, "config", None), "head", "none") != "span":
        raise InvalidInput([Problem("model.head", "answer.no_head")])
    scores = network.scores(batch["x"], batch["types"], batch["documents"]).float()
    return cast("torch.Tensor", scores.masked_fill(batch["documents"][..., None] != 0, -torch.inf))


def _loss(scores: torch.Tensor, batch: Batch, reduction: str) -> torch.Tensor:
    if any(name not in batch for name in ENDS):
        raise InvalidInput([Problem("data.kind", "answer.no_questions")])
    each = [
        torch.nn.functional.cross_entropy(scores[..., i], batch[name], reduction=reduction)
        for i, name in enumerate(ENDS)
    ]
    return (each[0] + each[1]) / 2
