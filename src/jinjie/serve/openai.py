"""What is asked and answered, as OpenAI's API reference spells it (completions, chat completions, embeddings, models).

Types are strict, as there: "0.5" is no number. A parameter that OpenAI does not know is refused with the nearest name;
one that it knows and that changes nothing in what a model here writes (`user`, `store`, `metadata`, …) is accepted;
one whose promise would not be kept (`tools`, `suffix`, JSON formats, …) is refused in words. Beyond OpenAI's, given in
the `openai` client by `extra_body`: `top_k`, `min_p`, `repetition_penalty`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from jinjie.base.words import say
from jinjie.serve.problems import Refused

MOST_CHOICES = 128
MOST_STOPS = 4
MOST_INPUTS = 2048
"""Inputs of one embeddings request."""

Tokens = list[int]
Finish = Literal["stop", "length"]


class Request(BaseModel):
    """The base of every request: strict types, nothing unknown, no NaN. null stands for what was not given."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())

    model: str
    user: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_an_object(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            raise Refused(say("serve.wrong.not_an_object"), None)
        return given


def _texts(given: Any) -> list[str | Tokens]:
    """A string, token ids, or a list of either, as a list."""
    if isinstance(given, str) or (isinstance(given, list) and given and _are_tokens(given)):
        given = [given]
    if not isinstance(given, list) or not given:
        raise Refused(say("serve.wrong.texts"), "invalid_type")
    if not all(isinstance(one, str) for one in given) and not all(
        isinstance(one, list) and one and _are_tokens(one) for one in given
    ):
        raise Refused(say("serve.wrong.texts"), "invalid_type")
    for one in given:
        if isinstance(one, str):
            _whole(one)
    return given


def _are_tokens(given: list[Any]) -> bool:
    return all(type(one) is int for one in given)


def _whole(text: str) -> str:
    """`text`, which JSON may have given halves of surrogate pairs, and no tokenizer can read those."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused(say("serve.wrong.surrogate")) from None
    return text


def _stops(given: Any) -> list[str]:
    words = [given] if isinstance(given, str) else given
    if words is None:
        return []
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Refused(say("serve.wrong.stop"), "invalid_type")
    if len(words) > MOST_STOPS or "" in words:
        raise Refused(say("serve.wrong.stop"))
    return [_whole(word) for word in words]


class StreamOptions(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    include_usage: bool | None = None
    include_obfuscation: bool | None = None
    """Padding against eavesdroppers on a line; there is none on this machine, and none is sent."""


class Writing(Request):
    """What completions and chat completions share."""

    n: int | None = Field(None, ge=1, le=MOST_CHOICES)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    stop: Annotated[list[str], BeforeValidator(_stops)] = []
    max_tokens: int | None = Field(None, ge=0, lt=2**63)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    logit_bias: dict[str, float] | None = None
    top_k: int | None = Field(None, ge=-1, lt=2**63)
    """Beyond OpenAI's; 0 and −1 mean all, as other servers have it."""
    min_p: float | None = Field(None, ge=0, le=1)
    repetition_penalty: float | None = Field(None, ge=0.01, le=10)

    @field_validator("logit_bias")
    @classmethod
    def _names_tokens(cls, given: dict[str, float] | None) -> dict[str, float] | None:
        for token, bias in (given or {}).items():
            if not (token.isascii() and token.isdigit() and len(token) < 12) or not -100 <= bias <= 100:
                raise Refused(say("serve.wrong.logit_bias"))
        return given

    @model_validator(mode="after")
    def _streams(self) -> Self:
        if self.stream_options is not None and not self.stream:
            raise Refused(say("serve.wrong.stream_options"), None, "stream_options")
        return self

    @property
    def choices(self) -> int:
        return self.n or 1

    @property
    def with_usage(self) -> bool:
        """Whether a stream ends with its usage."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def sampling(self) -> dict[str, Any]:
        """The settings of `decoding.sampling.Sampling` that were given."""
        given: dict[str, Any] = {
            # Nearer to 0 than fp32 can divide by, the likeliest token alone is left.
            "temperature": 0.0 if (self.temperature or 1) < 1e-5 else self.temperature,
            # Of top_p 0 the likeliest token is left, as of any number below its probability.
            "top_p": self.top_p if self.top_p is None else max(self.top_p, 1e-9),
            "presence_penalty": self.presence_penalty,
            "frequency_penalty": self.frequency_penalty,
            "logit_bias": {int(token): bias for token, bias in (self.logit_bias or {}).items()} or None,
            "top_k": self.top_k if (self.top_k or 0) > 0 else None,
            "min_p": self.min_p,
            "repetition_penalty": self.repetition_penalty,
        }
        return {name: value for name, value in given.items() if value is not None}


class CompletionRequest(Writing):
    """POST /v1/completions."""

    prompt: Annotated[
        list[str | Tokens] | None, BeforeValidator(lambda v: None if v is None else _texts(v))
    ] = None
    best_of: int | None = Field(None, ge=1, le=MOST_CHOICES)
    echo: bool | None = None
    logprobs: int | None = Field(None, ge=0, le=5)
    suffix: str | None = None

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        if self.suffix:
            raise Refused(say("serve.wrong.suffix"), "unsupported_parameter", "suffix")
        if self.best_of is not None and self.best_of < self.choices:
            raise Refused(say("serve.wrong.best_of"), "invalid_value", "best_of")
        if self.stream and self.candidates > self.choices:
            raise Refused(say("serve.wrong.best_of_stream"), None, "best_of")
        return self

    @property
    def candidates(self) -> int:
        """Texts written for each prompt, of which the best `n` are given."""
        return self.best_of or self.choices


class TextPart(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    type: Literal["text"]
    text: str


def _content(given: Any) -> Any:
    """A message's content: a string, or parts that are text, joined. Other parts are refused by their name."""
    if given is None or isinstance(given, str):
        return None if given is None else _whole(given)
    if not isinstance(given, list):
        raise Refused(say("serve.wrong.content"), "invalid_type")
    joined = ""
    for part in given:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("image_url", "input_audio", "file"):
            raise Refused(say("serve.wrong.part", kind=kind), "unsupported_value")
        if kind != "text" or not isinstance(part.get("text"), str):
            raise Refused(say("serve.wrong.content"), "invalid_type")
        joined += _whole(part["text"])
    return joined


class Message(BaseModel):
    """One message; a part of it may be of text alone."""

    model_config = ConfigDict(strict=True, extra="ignore")

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str | None, BeforeValidator(_content)] = None
    name: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _calls_no_tools(cls, given: Any) -> Any:
        if isinstance(given, dict) and (
            given.get("role") in ("tool", "function") or given.get("tool_calls") or given.get("function_call")
        ):
            raise Refused(say("serve.wrong.tools"), "unsupported_parameter")
        return given

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.content is None and self.role != "assistant":
            raise Refused(say("serve.wrong.content"), "invalid_type")
        return self


class ChatRequest(Writing):
    """POST /v1/chat/completions."""

    messages: list[Message] = Field(min_length=1)
    max_completion_tokens: int | None = Field(None, ge=1, lt=2**63)
    logprobs: bool | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)
    # Accepted: they change nothing in what is written here.
    metadata: dict[str, str] | None = None
    parallel_tool_calls: bool | None = None
    prediction: dict[str, Any] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    # Refused in words, unless they ask for what is done anyway.
    audio: Any = None
    function_call: Any = None
    functions: Any = None
    modalities: Any = None
    moderation: Any = None
    reasoning_effort: Any = None
    response_format: Any = None
    tool_choice: Any = None
    tools: Any = None
    web_search_options: Any = None

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        for name in ("tools", "functions"):
            if getattr(self, name):
                raise Refused(say("serve.wrong.tools"), "unsupported_parameter", name)
        for name in ("tool_choice", "function_call"):
            if getattr(self, name) not in (None, "none", "auto"):
                raise Refused(say("serve.wrong.tools"), "unsupported_parameter", name)
        if self.response_format is not None and self.response_format != {"type": "text"}:
            raise Refused(say("serve.wrong.response_format"), "unsupported_value", "response_format")
        if self.modalities not in (None, ["text"]):
            raise Refused(say("serve.wrong.modalities"), "unsupported_value", "modalities")
        for name in ("audio", "moderation", "web_search_options"):
            if getattr(self, name) is not None:
                raise Refused(say("serve.wrong.unsupported", name=name), "unsupported_parameter", name)
        if self.reasoning_effort not in (None, "none"):
            raise Refused(
                say("serve.wrong.unsupported", name="reasoning_effort"),
                "unsupported_parameter",
                "reasoning_effort",
            )
        if self.top_logprobs is not None and not self.logprobs:
            raise Refused(say("serve.wrong.top_logprobs"), "invalid_value", "top_logprobs")
        if self.max_tokens == 0:
            raise Refused(
                say("problem.out_of_range", came=0, sign="≥", bound=1),
                "integer_below_min_value",
                "max_tokens",
            )
        return self

    @property
    def most_tokens(self) -> int | None:
        """The newer name beats the older one."""
        return self.max_completion_tokens or self.max_tokens


class EmbeddingRequest(Request):
    """POST /v1/embeddings."""

    input: Annotated[list[str | Tokens], BeforeValidator(_texts)] = Field(max_length=MOST_INPUTS)
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = Field(None, ge=1, lt=2**63)


# What is answered. Fields that are not set are left out, so a null that OpenAI sends is set to None.


class Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Logprobs(BaseModel):
    """Of completions: four lists of one length."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None] | None
    text_offset: list[int]


class CompletionChoice(BaseModel):
    text: str
    index: int
    logprobs: Logprobs | None
    finish_reason: Finish | None


class Completion(BaseModel):
    """The whole answer, and each piece of a streamed one."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    system_fingerprint: str
    choices: list[CompletionChoice]
    usage: Usage | None = None


class TopLogprob(BaseModel):
    token: str
    logprob: float
    bytes: list[int] | None


class TokenLogprob(TopLogprob):
    top_logprobs: list[TopLogprob]


class ChatLogprobs(BaseModel):
    content: list[TokenLogprob] | None
    refusal: None = None


class ChatMessage(BaseModel):
    role: Literal["assistant"]
    content: str
    refusal: None = None


class ChatChoice(BaseModel):
    index: int
    message: ChatMessage
    logprobs: ChatLogprobs | None
    finish_reason: Finish


class Chat(BaseModel):
    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChoice]
    usage: Usage


class Delta(BaseModel):
    """What a piece adds; the last one adds nothing."""

    role: Literal["assistant"] | None = None
    content: str | None = None


class ChunkChoice(BaseModel):
    index: int
    delta: Delta
    logprobs: ChatLogprobs | None
    finish_reason: Finish | None


class ChatChunk(BaseModel):
    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChunkChoice]
    usage: Usage | None = None


class Model(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class Models(BaseModel):
    object: Literal["list"] = "list"
    data: list[Model]


class Embedding(BaseModel):
    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    prompt_tokens: int
    total_tokens: int


class Embeddings(BaseModel):
    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage
