"""What an evaluation of a model of text holds beside its scores: plain values, a part of `evaluation.json`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Values(BaseModel):
    model_config = ConfigDict(frozen=True)


class Place(_Values):
    """The mean loss of tokens that have from `first` to `last` tokens before them in sight."""

    first: int
    last: int
    count: int
    nats: float


class Shown(_Values):
    """A held-out text with what each piece of it cost; pieces are tokens, joined where one is no whole character."""

    index: int
    """Which of the split's documents or stretches, from 0."""
    tokens: int
    nats: float
    """A token, over the whole text, also where only its beginning is shown."""
    bits_per_byte: float
    whole: bool
    """Whether `pieces` are all of the text."""
    pieces: tuple[tuple[str, float], ...]
    """(text, nats); for a filled gap also what stood there."""


class Written(_Values):
    """What the model writes from a held-out opening, and what stands there."""

    opening: str
    written: str
    true: str
    seed: int


class Kind(_Values):
    """One kind of question of the benchmark. A tie of k continuations counts as 1/k."""

    name: str
    count: int
    """Questions that were asked."""
    left_out: int
    """Questions that hold characters which the model does not know, or are longer than it can see."""
    accuracy: float
    low: float | None
    high: float | None
    per_byte: float
    """The accuracy when each sum of log-probabilities is divided by the continuation's bytes."""
    chance: float


class Benchmark(_Values):
    """The benchmark in one language: all of its questions, and each kind of them."""

    language: str
    all: Kind
    kinds: tuple[Kind, ...]
    missed: tuple[tuple[str, str, str], ...]
    """Questions that the model is most wrong about: (context, right, what it prefers)."""


class Speed(_Values):
    """What the model does a second on one machine. The one part of an evaluation that differs from time to time."""

    read: float
    """Tokens a second of the forward pass with its loss, in batches as training has them."""
    written: float | None
    """Tokens a second of one text that is being written; None of a model that writes none."""
    weights: int
    """Bytes."""
    cache: int | None
    """Bytes that each token of a text takes while it is written on."""
    precision: str
    threads: int
    machine: str
    date: str


class Texts(_Values):
    """What is known of a model of text beside its scores."""

    documents: bool
    """Whether units are documents, else stretches of the text."""
    units: int
    tokens: int
    of: int
    """Tokens of the whole split."""
    bytes: int
    ngram_order: int | None = None
    ngram_tokens: int = 0
    """Training tokens that the baselines were counted from; 0 where there were none."""
    places: tuple[Place, ...] = ()
    best: tuple[Shown, ...] = ()
    worst: tuple[Shown, ...] = ()
    written: tuple[Written, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    speed: Speed | None = None
