"""Chat templates: a conversation as the text that a model which was taught to chat goes on from.

A template lies beside the model: `chat_template.jinja` in its folder, else `chat_template` in its
`tokenizer_config.json`. It is rendered as transformers' `apply_chat_template` does, in a sandbox, since whoever made
the model wrote it.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.data.dataset import TextProcessor
from jinjie.data.tokenization.processor import TokenProcessor

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

Message = Mapping[str, Any]
"""One turn: `role` ("system", "user", "assistant" or what the template knows beside) and `content`."""

FILE = "chat_template.jinja"
_MARK = "jinjie-here"
_THINKING = ("reasoning_content", "thinking", "reasoning")
"""The names under which a turn's reasoning goes; the first is what templates read, gpt-oss's the second."""


class Form(ABC):
    """How turns are put together for one model."""

    taught: bool
    """Whether the model was taught to chat in this form."""
    stop: tuple[str, ...]
    """The words at which the assistant's turn is over, where no token of the model's own says so."""
    ends: tuple[int, ...]
    """The tokens behind which it is over."""

    @abstractmethod
    def text(self, messages: Sequence[Message], *, answer: bool = True, **settings: Any) -> str:
        """The turns as one text; with `answer`, up to where the assistant's next turn begins.

        Raises InvalidInput when the form cannot take these turns.
        """

    @abstractmethod
    def ids(self, messages: Sequence[Message], **settings: Any) -> list[int]:
        """The token ids that the model's next turn goes on from. Raises InvalidInput as `text` does."""


class Taught(Form):
    """The form that a template describes. `settings` of `text` and `ids` are the template's variables."""

    taught = True

    def __init__(
        self, template: str, processor: TextProcessor, special: Mapping[str, Any], place: Path
    ) -> None:
        """`special` are the variables that name special tokens: `bos_token` and so on.

        Raises JinjieError when the template does not parse.
        """
        self.source = template
        self.place = place
        self.processor = processor
        self.special = special
        self.template = _parsed(template, place)
        self.stop, self.ends = self._over()

    def text(self, messages: Sequence[Message], *, answer: bool = True, **settings: Any) -> str:
        given: dict[str, Any] = {
            **self.special,
            "tools": None,
            "documents": None,
            **_plain(settings),
            "messages": [_turn(message) for message in messages],
            "add_generation_prompt": answer,
        }
        try:
            return self.template.render(given)
        except Exception as error:  # whatever the template's own program runs into
            problem = Problem("messages", "chat.refused", file=self.place, reason=str(error))
            raise InvalidInput([problem]) from error

    def ids(self, messages: Sequence[Message], **settings: Any) -> list[int]:
        return self.processor.ids(self.text(messages, **settings))

    def _over(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """What the template writes behind an assistant's turn is what the model was taught to end its own with."""
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": _MARK}]
        try:
            behind = self.text(turns, answer=False).rpartition(_MARK)[2]
        except JinjieError:
            return (), ()
        if not isinstance(self.processor, TokenProcessor):
            return ((word,) if (word := behind.strip()) else ()), ()
        known = self.processor.tokenizer.get_added_tokens_decoder().items()
        found = [(behind.find(t.content), i) for i, t in known if t.content and t.content in behind]
        if found:
            return (), (min(found)[1],)
        return ((word,) if (word := behind.strip()) else ()), ()


def taught(folder: Path, processor: TextProcessor) -> Taught | None:
    """The form of a model folder's template; None where it has none.

    Raises JinjieError when a template is there that does not parse.
    """
    settings = _settings(folder / "tokenizer_config.json")
    template, place = settings.get("chat_template"), folder / "tokenizer_config.json"
    if isinstance(template, list):
        named = {t.get("name"): t.get("template") for t in template if isinstance(t, dict)}
        template = named.get("default")
    if (folder / FILE).is_file():
        template, place = (folder / FILE).read_text("utf-8"), folder / FILE
    if not isinstance(template, str):
        return None
    special = _special(_settings(folder / "special_tokens_map.json")) | _special(settings)
    if isinstance(processor, TokenProcessor):
        special = {f"{role}_token": token for role, token in processor.special_tokens.items()} | special
    return Taught(template, processor, special, place)


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    """What templates may count on: transformers' settings, filters and functions, and nothing of this machine's."""
    from jinja2 import nodes
    from jinja2.exceptions import SecurityError, TemplateError
    from jinja2.ext import Extension
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from jinja2.utils import Namespace

    class Generation(Extension):
        """{% generation %} … {% endgeneration %} marks the assistant's words for training: here, what it holds."""

        tags = {"generation"}

        def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body).set_lineno(line)

    class Store(Namespace):
        """`namespace()` without the names that Python keeps for itself."""

        def __setitem__(self, name: str, value: Any) -> None:
            if name.startswith("_"):
                raise SecurityError(f"a namespace holds no {name!r}")
            super().__setitem__(name, value)

    def refuse(message: str) -> NoReturn:
        raise TemplateError(message)

    def as_json(
        value: Any,
        ensure_ascii: bool = False,
        indent: int | str | None = None,
        separators: tuple[str, str] | None = None,
        sort_keys: bool = False,
    ) -> str:
        return json.dumps(
            value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
        )

    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"]
    )
    made.filters["tojson"] = as_json
    made.globals |= {
        "raise_exception": refuse,
        "strftime_now": lambda form: datetime.now().strftime(form),
        "namespace": Store,
    }
    return made


def _parsed(template: str, place: Path) -> Template:
    from jinja2 import TemplateError

    try:
        return _environment().from_string(template)
    except (TemplateError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        raise JinjieError("chat.damaged", file=place, line=line, reason=str(error)) from error


def _turn(message: Message) -> dict[str, Any]:
    """A turn as templates expect it: without what is None, and its reasoning under every name in use."""
    turn: dict[str, Any] = {name: _plain(value) for name, value in message.items() if value is not None}
    reasoning = next((turn[name] for name in _THINKING if name in turn), None)
    return turn if reasoning is None else {"thinking": reasoning, **turn, _THINKING[0]: reasoning}


def _plain(value: Any) -> Any:
    """Lists, dicts, texts and numbers alone: other objects have methods that a sandbox does not know to be harmful."""
    if isinstance(value, Mapping):
        return {_plain(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or type(value) in (str, int, float, bool):
        return value
    return str(value)


def _special(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that name special tokens, as text."""
    found = {}
    for name, token in settings.items():
        token = token.get("content") if isinstance(token, Mapping) else token
        if re.fullmatch(r"(bos|eos|unk|sep|pad|cls|mask)_token", name) and isinstance(token, str):
            found[name] = token
    return found


def _settings(file: Path) -> dict[str, Any]:
    """A JSON file that may be missing; a damaged one is told of by whoever opens the tokenizer."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
