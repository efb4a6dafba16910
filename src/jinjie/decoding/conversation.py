"""A conversation with one model: what was said, what of it fits, and the next answer piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jinjie.data.dataset import TextProcessor
from jinjie.data.tokenization.chat_template import Form, Message
from jinjie.decoding.chat import fitted
from jinjie.decoding.sampling import Sampling
from jinjie.decoding.text import write_many

if TYPE_CHECKING:
    from torch import nn


class Conversation:
    """Turns, the oldest first. Each answer draws with a seed of its own: the settings' and one more each time."""

    def __init__(
        self,
        network: nn.Module,
        processor: TextProcessor,
        form: Form,
        sampling: Sampling,
        system: str | None = None,
    ) -> None:
        self.network: Any = network
        self.processor = processor
        self.form = form
        self.sampling = sampling.model_copy(update={"stop": (*sampling.stop, *form.stop)})
        self.system = system
        self.turns: list[dict[str, Any]] = []
        self.dropped = 0
        """How many of the oldest turns the model was not shown when it last answered."""
        self._answers = 0

    @property
    def messages(self) -> list[Message]:
        """All that was said, what the system was told first."""
        told: list[Message] = [] if self.system is None else [{"role": "system", "content": self.system}]
        return told + self.turns

    @property
    def room(self) -> int:
        """Tokens that the conversation may take, so that at least half of the model's view is left for the answer."""
        block = int(self.network.config.block)
        return block - min(self.sampling.max_tokens, block // 2)

    def reset(self) -> None:
        """Forget all turns; what the system was told stays."""
        self.turns, self.dropped = [], 0

    def answer(self, text: str) -> Iterator[str]:
        """The model's answer to what a user says. Both are turns as soon as the first piece comes.

        Left in the middle, what has been written by then is the answer. Raises InvalidInput, and nothing was said,
        when the text holds what the vocabulary lacks or the form does not take it.
        """
        asked: list[Message] = [*map(self._as_read, self.messages), {"role": "user", "content": text}]
        ids, self.dropped = fitted(self.form, asked, self.room)
        sampling = self.sampling.model_copy(update={"seed": self.sampling.seed + self._answers})
        self._answers += 1
        turn: dict[str, Any] = {"role": "assistant", "content": "", "finish_reason": "stopped"}
        self.turns += [{"role": "user", "content": text}, turn]
        for piece in write_many(self.network, self.processor, ids, [sampling], ends=self.form.ends):
            fresh = piece.text
            if not self.form.taught and not turn["content"]:
                fresh = fresh.lstrip()  # a blank behind "Assistant:"
            turn["content"] += fresh
            if piece.ended is not None:
                turn["finish_reason"] = piece.ended
            if fresh:
                yield fresh

    def readable(self, text: str) -> tuple[str, str]:
        """A text without the characters that the vocabulary lacks, and those."""
        return self.processor.readable(text)

    def _as_read(self, message: Message) -> Message:
        """A turn as it can be read again: a model may write what stands for an unknown character, or half of one."""
        if message["role"] != "assistant":
            return message
        return {"role": "assistant", "content": self.readable(message["content"])[0]}
