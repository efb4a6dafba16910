"""The model that is served, as the API sees it: its name, how long a text may be, and text to tokens and back."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

from jinjie import __version__
from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import TextProcessor
from jinjie.data.tokenization.chat_template import Form
from jinjie.data.tokenization.pieces import spelling
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.decoding.chat import open_form
from jinjie.serve.openai import ChatRequest, Tokens
from jinjie.serve.problems import ApiError, bad_request, from_input
from jinjie.training.finished import Finished

if TYPE_CHECKING:
    import torch
else:
    torch = lazy("torch")

SAMPLED = 2**20
"""Bytes of each weights file that the fingerprint reads."""


@dataclass(frozen=True)
class Prompt:
    """What a text goes on from."""

    ids: Tokens
    text: str
    """As it was given, for `echo` and for an end that begins in it."""


class Served:
    """A finished model that writes, or whose hidden states stand for texts."""

    def __init__(self, finished: Finished, name: str) -> None:
        """Raises JinjieError when the model does not read text."""
        if not isinstance(finished.processor, TextProcessor) or not hasattr(finished.network, "hidden"):
            raise JinjieError("serve.server.reads_no_text", name=name)
        self.finished = finished
        self.name = name
        self.processor = finished.processor
        self.network: Any = finished.network
        config: Any = finished.config
        self.context = int(config.block)
        self.vocabulary = int(config.vocabulary)
        self.width = int(config.width)
        self.created = int((finished.folder / "config.json").stat().st_mtime)

    @property
    def writes(self) -> bool:
        """Whether it predicts what comes next, and so can write; other models can only be asked for embeddings."""
        return hasattr(self.network, "cache") and getattr(self.network.config, "causal", True)

    @cached_property
    def fingerprint(self) -> str:
        """Changes when answers may: with the config, the weights and their format, Jinjie or torch."""
        from jinjie.models.packed import format_of

        about = f"{__version__} {torch.__version__} {format_of(self.finished.network)}"
        digest = hashlib.blake2b(about.encode(), digest_size=5)
        for file in sorted(
            [*self.finished.folder.glob("*.json"), *self.finished.folder.glob("*.safetensors")]
        ):
            if file.name != "jinjie.json":  # scores are added there later
                digest.update(f"{file.name} {file.stat().st_size}".encode())
                with file.open("rb") as content:
                    digest.update(content.read(SAMPLED))
        return f"fp_{digest.hexdigest()}"

    # Text to tokens.

    def prompt(self, given: str | Tokens, param: str = "prompt") -> Prompt:
        """What a text goes on from: a text behind what every document begins with, or token ids as they are.

        Raises ApiError when it is empty, far too long to be worth reading, or holds what the vocabulary lacks.
        """
        if isinstance(given, str):
            prompt = Prompt(self._read(given, param), given)
        else:
            prompt = Prompt(self.checked(given, param), self.text(given))
        if not prompt.ids:
            raise bad_request(say("serve.wrong.empty", param=param), param, "invalid_value")
        return prompt

    def _read(self, text: str, param: str) -> Tokens:
        if len(text) > self._most_characters:
            raise self._too_long(param)
        try:
            return self.processor.prompt(text)
        except InvalidInput as error:
            raise from_input(error, param) from error

    def embeddable(self, given: str | Tokens) -> Tokens:
        """The tokens of a text that is to become a vector. Raises ApiError when there are none, or too many."""
        if not given:
            raise bad_request(say("serve.wrong.empty", param="input"), "input", "invalid_value")
        ids = self._read(given, "input") if isinstance(given, str) else self.checked(given, "input")
        if len(ids) > self.context:
            raise self._too_long("input")
        return ids

    def chat(self, asked: ChatRequest) -> Prompt:
        """A conversation as the model was taught to read it, or in the plain form for one that never was.

        Raises ApiError as `prompt` does, and when the template refuses such a conversation.
        """
        turns = [
            {
                "role": "system" if message.role == "developer" else message.role,
                "content": message.content or "",
            }
            for message in asked.messages
        ]
        try:
            text = self.form.text(turns)
            if len(text) > self._most_characters:
                raise self._too_long("messages")
            ids = self.form.ids(turns)
        except InvalidInput as error:
            raise from_input(error, "messages") from error
        if not ids:
            raise bad_request(say("serve.wrong.empty", param="messages"), "messages", "invalid_value")
        return Prompt(ids, text)

    @cached_property
    def form(self) -> Form:
        """How a conversation is put together for this model. Raises JinjieError for a template that does not parse."""
        return open_form(self.finished.folder, self.processor)

    def checked(self, ids: Tokens, param: str) -> Tokens:
        """Token ids that the model has. Raises ApiError."""
        foreign = [i for i in ids if not 0 <= i < self.vocabulary]
        if foreign:
            raise bad_request(
                f"{param}: " + say("decoding.not_in_vocabulary", token=foreign[0], last=self.vocabulary - 1),
                param,
                "invalid_value",
            )
        return ids

    def room(self, prompt: Tokens, asked: int | None, most: int, param: str) -> int:
        """How many tokens may be written behind a prompt: as many as asked, else what is left of the context.

        Raises ApiError when the prompt, or the prompt and what is asked, are longer than the context, or when more
        is asked than one answer may have.
        """
        left = self.context - len(prompt)
        wanted = 1 if asked is None else asked
        if wanted > left:
            raise ApiError(
                400,
                say(
                    "serve.wrong.context",
                    context=self.context,
                    total=len(prompt) + wanted,
                    prompt=len(prompt),
                    asked=wanted,
                ),
                "context_length_exceeded",
                param,
            )
        if wanted > most:
            raise bad_request(
                "max_tokens: " + say("serve.wrong.max_tokens", came=wanted, most=most),
                "max_tokens",
                "invalid_value",
            )
        return min(left, most) if asked is None else asked

    @cached_property
    def _most_characters(self) -> int:
        """No text of more characters fits into the context."""
        return self.context * self._longest + 64

    @cached_property
    def _longest(self) -> int:
        """Characters of the longest token."""
        tokenizer: Any = getattr(self.processor, "tokenizer", None)
        vocabulary = tokenizer.get_vocab() if tokenizer is not None else ["x" * 64]
        return max(map(len, vocabulary))

    def _too_long(self, param: str) -> ApiError:
        return ApiError(
            400, say("serve.wrong.too_long", context=self.context), "context_length_exceeded", param
        )

    # Tokens to text.

    def text(self, ids: Tokens) -> str:
        """The text of tokens, without those that stand for none."""
        if isinstance(self.processor, TokenProcessor):
            return self.processor.text(ids, skip_special=True)
        return self.processor.text(ids)

    def echoed(self, prompt: Prompt) -> tuple[int, list[int]]:
        """How many of a prompt's tokens stand before its text, and where in a text that goes on from the prompt each of
        the others begins: before 0."""
        ids = prompt.ids
        first = next((i for i in range(len(ids)) if self.text(ids[i:]) == prompt.text), 0)
        lengths = [len(self.text([token])) for token in ids[first:]]
        if sum(lengths) != len(
            prompt.text
        ):  # some are parts of characters, or spelled otherwise side by side
            ends = [len(self.text(ids[first : i + 1])) for i in range(first, len(ids))]
            lengths = [b - a for a, b in zip([0, *ends], ends, strict=False)]
        places, place = [], -len(prompt.text)
        for length in lengths:
            places.append(min(0, place))
            place += length
        return first, places

    @cached_property
    def stop_ids(self) -> frozenset[int]:
        """Tokens that end a text."""
        return frozenset(self.processor.ends)

    def spelled(self, token: int) -> tuple[str, list[int] | None]:
        """A token as text, and its bytes: a part of a character is spelled bytes:\\xe4, as OpenAI does."""
        raw = self.raw(token)
        if raw is None:
            return self.processor.text([token]), None
        try:
            return raw.decode(), list(raw)
        except UnicodeDecodeError:
            return "bytes:" + "".join(f"\\x{byte:02x}" for byte in raw), list(raw)

    def raw(self, token: int) -> bytes | None:
        """The bytes of a token; None for one that stands for no text."""
        if not isinstance(self.processor, TokenProcessor) or token in self.processor.special_ids:
            return None
        name = self.processor.tokenizer.id_to_token(token)
        return None if name is None else self._bytes_of(name)

    @cached_property
    def _bytes_of(self) -> Callable[[str], bytes]:
        assert isinstance(self.processor, TokenProcessor)
        return spelling(self.processor)

    # Forward passes, on the engine's thread.

    def embed(self, ids: Tokens) -> list[float]:
        """The mean of the last layer's hidden states over the text's tokens, scaled to length 1.

        Of a model that was trained to stand for texts by its first token (`pooling`), that one's.
        """
        with torch.no_grad():
            hidden = self.network.hidden(torch.tensor([ids], device=self._device))[0].float()
            vector = hidden[0] if self.pooling == "cls" else hidden.mean(0)
            return cast(list[float], (vector / vector.norm().clamp_min(1e-12)).tolist())

    @cached_property
    def pooling(self) -> Literal["mean", "cls"]:
        """How sentence-transformers says that this model's vectors are made; the mean where nobody says."""
        try:
            settings = json.loads((self.finished.folder / "1_Pooling" / "config.json").read_bytes())
        except (OSError, ValueError):
            return "mean"
        return "cls" if isinstance(settings, dict) and settings.get("pooling_mode_cls_token") else "mean"

    def prompt_logprobs(self, ids: Tokens, top: int) -> list[tuple[float | None, list[tuple[int, float]]]]:
        """Of each token of a prompt, the logarithm of its probability behind those before it, and the likeliest ones
        there. Of the first nothing is known."""
        told: list[tuple[float | None, list[tuple[int, float]]]] = [(None, [])]
        if len(ids) > 1:
            with torch.no_grad():
                logits = self.network(torch.tensor([ids[:-1]], device=self._device))[0]
                logprobs = logits.float().log_softmax(-1).cpu()
            values, tokens = logprobs.topk(min(top, logprobs.shape[-1]), dim=-1)
            for row, token, best, names in zip(
                logprobs, ids[1:], values.tolist(), tokens.tolist(), strict=True
            ):
                told.append((float(row[token]), list(zip(names, best, strict=True))))
        return told

    @property
    def _device(self) -> torch.device:
        return next(self.finished.network.parameters()).device

    @property
    def parameters(self) -> int:
        from jinjie.models.packed import sizes

        return sizes(self.finished.network)[0]

    @property
    def weights_bytes(self) -> int:
        from jinjie.models.packed import sizes

        return sizes(self.finished.network)[1]

    def cache_bytes(self, rows: int) -> int:
        """What the keys and values of so many texts take."""
        if not self.writes:
            return 0
        config: Any = self.finished.config
        element = next(self.finished.network.parameters()).element_size()
        return 2 * math.prod((config.layers, rows, config.groups, config.block, config.head_size, element))
