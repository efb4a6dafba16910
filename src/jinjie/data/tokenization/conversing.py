"""A processor that has a chat template: conversations to token ids, with the places where the assistant speaks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.files import write_whole
from jinjie.base.lazy import lazy
from jinjie.data.tokenization.chat_template import FILE, Message, Taught, taught
from jinjie.data.tokenization.opening import open_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")


def template(begin: str, end: str) -> str:
    """A chat template of words and of two tokens that any language model's tokenizer has: `begin`, which documents
    begin behind, and `end`, which ends the assistant's turn. No token is added, so that no embedding grows.

    A turn is its speaker's name and a colon on one line, and what is said below; what the system is told comes first
    and has no name.
    """
    told = "{{ message['content'] | trim }}"
    return (
        f"{{{{ {json.dumps(begin, ensure_ascii=False)} }}}}"
        "{% for message in messages %}"
        "{% if message['role'] == 'user' %}"
        f"User:{{{{ '\\n' }}}}{told}"
        "{% elif message['role'] == 'assistant' %}"
        f"Assistant:{{{{ '\\n' }}}}{told}{{{{ {json.dumps(end, ensure_ascii=False)} }}}}"
        "{% else %}"
        f"{told}"
        "{% endif %}"
        "{{ '\\n' }}"
        "{% endfor %}"
        "{% if add_generation_prompt %}Assistant:{{ '\\n' }}{% endif %}"
    )


class Rendered(NamedTuple):
    """A conversation as a model reads it."""

    ids: np.ndarray[Any, Any]
    """(T) int64."""
    spoken: np.ndarray[Any, Any]
    """(T) bool: the tokens that the assistant says, its end token among them."""


class ChatProcessor(TokenProcessor):
    """A tokenizer with a chat template, which travels with the finished model as `chat_template.jinja`."""

    template: str

    @classmethod
    def of(cls, tokenizer: TokenProcessor, text: str | None = None) -> Self:
        """From a tokenizer that has a token to end documents with, and a template; without one, `template` of its own
        tokens.

        Raises InvalidInput naming the characters when the tokenizer cannot spell the template's words.
        """
        made = cls(
            tokenizer.tokenizer,
            start=tokenizer.start,
            end=tokenizer.end,
            special=tokenizer.special_tokens,
            also_ends=tokenizer.ends,
        )
        if text is None:
            end = str(tokenizer.tokenizer.id_to_token(tokenizer.special.get("eos", tokenizer.ends[0])))
            begin = tokenizer.special_tokens.get("bos", end)
            text = template(begin, end)
        made.template = text
        made.form.ids([{"role": "user", "content": ""}])
        return made

    @cached_property
    def form(self) -> Taught:
        """The template at work."""
        special = {f"{role}_token": token for role, token in self.special_tokens.items()}
        return Taught(self.template, self, special, Path(FILE))

    def rendered(self, messages: Sequence[Message]) -> Rendered:
        """A conversation's ids up to the end of the assistant's last turn, and which of them it speaks.

        What it speaks is what comes behind the ids that it would have gone on from, up to the token that ends a turn in
        this template. Raises InvalidInput when the template cannot take the turns, writes earlier turns otherwise when
        more are said, or when the vocabulary lacks a character.
        """
        whole = self.form.ids(messages, answer=False)
        spoken = np.zeros(len(whole), bool)
        last = 0
        for place, message in enumerate(messages):
            if message["role"] != "assistant":
                continue
            before = self.form.ids(messages[:place])
            after = self.form.ids(messages[: place + 1], answer=False)
            if whole[: len(after)] != after or after[: len(before)] != before:
                raise InvalidInput([Problem("messages", "dialogues.rewritten", turn=place + 1)])
            ends = [i for i in range(len(before), len(after)) if after[i] in self.form.ends]
            last = ends[0] + 1 if ends else len(after)
            spoken[len(before) : last] = True
        return Rendered(np.array(whole[:last], np.int64), spoken[:last])

    def with_start_inside(self) -> TokenProcessor:
        return ChatProcessor.of(super().with_start_inside(), self.template)

    def save(self, folder: Path) -> None:
        super().save(folder)
        write_whole(folder / FILE, self.template)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read it back, or a folder from elsewhere: one without a template is given ours.

        Raises as `open_tokenizer` does.
        """
        return cls.beside(folder, open_tokenizer(folder))

    @classmethod
    def beside(cls, folder: Path, tokenizer: TokenProcessor) -> Self:
        """A tokenizer with the template of the folder that it came from, or ours where it has none."""
        form = taught(folder, tokenizer)
        return cls.of(tokenizer, None if form is None else form.source)
