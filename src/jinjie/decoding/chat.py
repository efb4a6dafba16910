"""A conversation as the text that a model goes on from: in the form it was taught, else in a plain one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinjie.base.errors import InvalidInput
from jinjie.data.dataset import TextProcessor
from jinjie.data.tokenization.chat_template import Form, Message, taught


class Plain(Form):
    """For a model that was not taught to chat: what it is told, then "User: …" and "Assistant: …", a line each.

    It answers as far as the next "User:", since text in which two speak goes on so. Where the vocabulary cannot spell
    that (Tang poems), turns are lines without names, and the answer ends where the document or the budget does.
    """

    taught = False
    ends = ()

    def __init__(self, processor: TextProcessor) -> None:
        self.processor = processor
        try:
            processor.ids("User: \nAssistant: \n\n")
            self.names = {"user": "User: ", "assistant": "Assistant: "}
            self.stop: tuple[str, ...] = ("\nUser:",)
        except InvalidInput:
            self.names = {}
            self.stop = ()

    def text(self, messages: Sequence[Message], *, answer: bool = True, **settings: Any) -> str:
        """`settings` are templates' and change nothing here."""
        lines = []
        for message in messages:
            content = spoken(message)
            if self.names and message["role"] not in self.names:
                lines.append(content + "\n")
            else:
                lines.append(self.names.get(message["role"], "") + content)
        opening = self.names.get("assistant", "").rstrip()
        return "\n".join([*lines, opening] if answer else lines)

    def ids(self, messages: Sequence[Message], **settings: Any) -> list[int]:
        return self.processor.prompt(self.text(messages))


class Fitted(NamedTuple):
    """A conversation that fits: the ids to go on from, and how many of its oldest turns had to go."""

    ids: list[int]
    dropped: int


def open_form(folder: Path, processor: TextProcessor) -> Form:
    """The form of a model folder's template, else the plain one.

    Raises JinjieError when a template is there that does not parse.
    """
    return taught(folder, processor) or Plain(processor)


def fitted(form: Form, messages: Sequence[Message], room: int, **settings: Any) -> Fitted:
    """The conversation in at most `room` tokens, the oldest turns dropped where it takes more.

    Turns go in pairs, from a user's turn to the next one's, so that what is left begins with a user; what the system
    was told stays, and so does the last user's turn, which alone may be longer than the room.
    """
    left, dropped = list(messages), 0
    while True:
        ids = form.ids(left, **settings)
        users = [place for place, message in enumerate(left) if message["role"] == "user"]
        if len(ids) <= room or len(users) < 2:
            return Fitted(ids, dropped)
        first, second = users[:2]
        dropped += second - first
        del left[first:second]


def spoken(message: Message) -> str:
    """The text of a turn, whose content may come in parts (`{"type": "text", "text": …}`)."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content if part.get("type", "text") == "text")
