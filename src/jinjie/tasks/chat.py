"""Answering in turn: language modelling of what the assistant says, and of when it stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from jinjie.base.config import option
from jinjie.base.seeds import derive
from jinjie.data.answer_form import in_form
from jinjie.data.batching import spread
from jinjie.data.dataset import Dataset, Processor, Split
from jinjie.tasks import language
from jinjie.tasks.language import Language, in_pieces
from jinjie.tasks.task import Models, Prediction, Step, TaskConfig

if TYPE_CHECKING:
    from jinjie.data.tokenization.conversing import ChatProcessor
    from jinjie.decoding.sampling import Sampling
    from jinjie.decoding.together import Answer

USUAL = 15
"""Tokens of an answer, on average."""


class Config(TaskConfig):
    """Cross-entropy of the tokens that the assistant says; beside it, how many held-out questions are answered in the
    taught form."""

    kind: Literal["chat"] = "chat"
    prompts: tuple[str, ...] = option(
        ("Hello, how are you?", "你是谁？"), "what the samples answer", "样例所回答的问题"
    )
    asked: int = option(
        100,
        "held-out questions that are answered in each evaluation",
        "每次评估时回答多少个没见过的问题",
        ge=1,
    )
    answer_tokens: int = option(60, "longest answer, in tokens", "回答的最大长度（词元）", ge=1)
    temperature: float = option(
        0.7,
        "how freely the answers are drawn; 0 always takes the likeliest",
        "采样温度；0 表示总取最可能的词元",
        ge=0,
    )

    def writes(self) -> int:
        return self.asked * min(self.answer_tokens, USUAL)

    def held(self, scores: int, size: int) -> int:
        return in_pieces(scores, size)

    def build(self) -> Chat:
        return Chat(self)


class Chat(Language):
    """Batches are those of `language`, y IGNORED wherever the assistant does not speak. The data's processor has a chat
    template, and the data `questions` of each split."""

    def __init__(self, config: Config) -> None:
        super().__init__(language.Config())
        self.settings = config

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        """Those of `language`, over what the assistant says, and `in_form`: the share of a split's questions that are
        answered in the taught form (the questions spread evenly, the draws the same in every evaluation).

        Not worked out on the training split, whose questions say nothing of others.
        """
        found = super().metrics(models, data, split, limit)
        questions = self._questions(data, split)
        if split == "train" or not questions:
            return found
        processor = cast("ChatProcessor", data.processor)
        answered = self._answers(models, processor, questions)
        formed = bool(getattr(data, "formed", True))
        right = [
            in_form(question, answer.text, answer.ended) if formed else answer.ended
            for question, answer in zip(questions, answered, strict=True)
        ]
        return {**found, "in_form": sum(right) / len(right)}

    def samples(self, models: Models, data: Dataset, step: Step) -> Iterator[str]:
        processor = cast("ChatProcessor", data.processor)
        questions = [processor.readable(prompt)[0] for prompt in self.settings.prompts]
        seed = derive(step.seed, "sample")
        for question, answer in zip(
            questions, self._answers(models, processor, questions, seed), strict=True
        ):
            yield f"{question}\n{answer.text}"

    def predict(self, models: Models, processor: Processor, text: str) -> Prediction:
        """Answers the text."""
        (answer,) = self._answers(models, cast("ChatProcessor", processor), [text])
        return Prediction(answer.text, {"text": answer.text, "ended": answer.ended})

    def _questions(self, data: Dataset, split: Split) -> Sequence[str]:
        questions = cast(Any, data).questions[split]
        return [questions[i] for i in spread(len(questions), self.settings.asked)]

    def _answers(
        self, models: Models, processor: ChatProcessor, questions: Sequence[str], seed: int = 0
    ) -> list[Answer]:
        from jinjie.decoding.together import answers

        form = processor.form
        prompts = [form.ids([{"role": "user", "content": question}]) for question in questions]
        samplings = [self._drawn(derive(seed, "answer", i), form.stop) for i in range(len(questions))]
        return answers(models["model"], processor, prompts, samplings, ends=form.ends)

    def _drawn(self, seed: int, stop: tuple[str, ...]) -> Sampling:
        from jinjie.decoding.sampling import Sampling

        return Sampling(
            temperature=self.settings.temperature,
            max_tokens=self.settings.answer_tokens,
            seed=seed,
            stop=stop,
        )
