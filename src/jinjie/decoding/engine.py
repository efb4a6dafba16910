"""The engine: many texts written at once, one token each a step, all reading one cache (Yu et al. 2022, Orca).

Texts come and go between steps. The rows in use stay dense, 0 … n − 1: when a text ends, the last row moves into its
place, so that a step works on a slice of the cache and copies nothing. What is written of one text depends on its own
ask alone: its scores are the same (to rounding) whoever else is served, and it draws from a generator of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.base.seeds import torch_generator
from jinjie.decoding.sampling import History, Sampling, choose, scored

if TYPE_CHECKING:
    import torch
    from torch import nn
else:
    torch = lazy("torch")

PIECE = 512
"""Most tokens of prompts that are read in one step: those who are being written for wait no longer than that takes."""


@dataclass(frozen=True)
class Ask:
    """A text to be written."""

    prompt: list[int]
    sampling: Sampling
    stop: frozenset[int] = frozenset()
    """Tokens that end the text, and are not part of it."""
    logprobs: int | None = None
    """How many of the likeliest tokens to tell of with each one written; None tells no probabilities at all."""


@dataclass(frozen=True)
class Written:
    """One step of one text: its next token, or, with `token` None, that a stop token ended it."""

    ticket: int
    token: int | None
    ended: Literal["stop", "length"] | None = None
    """Set on the last one of a text, whose row is free by then."""
    logprob: float | None = None
    """The natural logarithm of its probability as the model gave it, before temperature and filters."""
    top: list[tuple[int, float]] = field(default_factory=list)
    """The likeliest tokens with theirs."""


@dataclass
class _Row:
    """A text at work."""

    ticket: int
    ask: Ask
    generator: torch.Generator
    unread: list[int]
    """What of the text the cache does not hold yet; the next token is drawn when it is empty."""
    written: list[int] = field(default_factory=list)

    @property
    def history(self) -> History:
        return History(self.ask.prompt, self.written)


class Engine:
    """Writes with one causal language model, which is in evaluation mode, for up to `rows` texts at once.

    The network has `config.block`, `config.vocabulary` and `cache(rows)`, and its forward takes (tokens, cache,
    logits_for), as GPT's. A text may outgrow the block: of a longer prompt the last `block` tokens are read, and when
    a row is full, its last block/2 tokens are read anew from position 0 and the rest is forgotten (learned positions
    end at the block, and rotary ones were never trained past it).

    One thread at a time may use it.
    """

    def __init__(self, network: nn.Module, rows: int) -> None:
        if network.training:
            raise ValueError("the model is in training mode: its dropout would spoil the text")
        self.network = cast(Any, network)
        self.block = int(self.network.config.block)
        self.vocabulary = int(self.network.config.vocabulary)
        self.cache = self.network.cache(rows)
        self.device = next(network.parameters()).device
        self._rows: list[_Row] = []
        self._most = rows
        self._tickets = 0

    @property
    def free(self) -> int:
        """Texts that can be taken on now."""
        return self._most - len(self._rows)

    @property
    def busy(self) -> int:
        """Texts at work."""
        return len(self._rows)

    def admit(self, ask: Ask) -> int:
        """Take on a text; the next step begins to read its prompt. Gives its ticket.

        Raises InvalidInput when the prompt is empty or holds a token that the model lacks, ValueError when no row is
        free.
        """
        check_prompt(ask.prompt, self.vocabulary)
        if not self.free:
            raise ValueError(f"all {self._most} rows are taken")
        self._tickets += 1
        self.cache.lengths[len(self._rows)] = 0
        self._rows.append(
            _Row(
                self._tickets,
                ask,
                torch_generator(ask.sampling.seed, "generate"),
                ask.prompt[-self.block :],
            )
        )
        return self._tickets

    def drop(self, ticket: int) -> None:
        """Give up a text: its row is free at once. A ticket that has ended is no error."""
        for place, row in enumerate(self._rows):
            if row.ticket == ticket:
                self._leave(place)
                return

    def step(self) -> list[Written]:
        """Read pieces of prompts, and write one token of each text whose prompt has been read.

        A text whose prompt ends in this step may get two. Nothing comes when there is nothing at work.
        """
        begun = any(len(row.unread) == 1 for row in self._rows)
        with torch.no_grad():
            made = self._read_prompts()
            if begun and self._rows:
                made += self._write_all()
        return made

    def _read_prompts(self) -> list[Written]:
        """Read up to PIECE tokens of prompts, one text after another; those read to their end get their first token."""
        made: list[Written] = []
        budget = PIECE
        place = 0
        while place < len(self._rows) and budget > 0:
            row = self._rows[place]
            if len(row.unread) > 1:
                piece, row.unread = row.unread[:budget], row.unread[budget:]
                budget -= len(piece)
                logits = self._forward([piece], place, place + 1)
                if not row.unread and (ended := self._draw([place], logits, made)):
                    self._leave(*ended)
                    continue
            place += 1
        return made

    def _write_all(self) -> list[Written]:
        """One token forward in every row: those still reading their prompt read one more of it."""
        made: list[Written] = []
        logits = self._forward([[row.unread.pop(0)] for row in self._rows], 0, len(self._rows))
        ready = [i for i, row in enumerate(self._rows) if not row.unread]
        for place in reversed(
            self._draw(ready, logits if len(ready) == len(logits) else logits[ready], made)
        ):
            self._leave(place)
        return made

    def _forward(self, tokens: list[list[int]], first: int, last: int) -> torch.Tensor:
        """The scores (rows, V) of what follows `tokens` in the rows first … last − 1."""
        view = self.cache.rows(first, last)
        logits: torch.Tensor = self.network(torch.tensor(tokens, device=self.device), view, logits_for="last")
        return logits[:, -1]

    def _draw(self, places: list[int], logits: torch.Tensor, made: list[Written]) -> list[int]:
        """Choose the next token of each of these rows from its scores (rows, V); gives the places that have ended."""
        rows = [self._rows[i] for i in places]
        if not rows:
            return []
        settings, generators = [row.ask.sampling for row in rows], [row.generator for row in rows]
        chosen = choose(logits, settings, generators, [row.history for row in rows]).tolist()
        ended = []
        for place, row, token, scores in zip(places, rows, chosen, logits, strict=True):
            row.written.append(token)
            end: Literal["stop", "length"] | None = None
            if token in row.ask.stop:
                end = "stop"
            elif len(row.written) >= row.ask.sampling.max_tokens:
                end = "length"
            made.append(self._told(row, None if end == "stop" else token, end, scores))
            if end is not None:
                ended.append(place)
                continue
            row.unread = [token]
            if int(self.cache.lengths[place]) == self.block:
                self.cache.lengths[place] = 0
                view = max(1, self.block // 2)
                row.unread = [*row.ask.prompt, *row.written][-view:]
        return ended

    @staticmethod
    def _told(
        row: _Row, token: int | None, end: Literal["stop", "length"] | None, scores: torch.Tensor
    ) -> Written:
        if row.ask.logprobs is None or token is None:
            return Written(row.ticket, token, end)
        (found,) = scored(scores[None], [token], [row.ask.logprobs])
        return Written(row.ticket, token, end, found.log_probability, found.likeliest)

    def _leave(self, place: int) -> None:
        """Free a row: the last one moves into its place."""
        last = len(self._rows) - 1
        if place != last:
            self.cache.copy(last, place)
            self._rows[place] = self._rows[last]
        self._rows.pop()
        self.cache.lengths[last] = 0


def check_prompt(prompt: list[int], vocabulary: int) -> None:
    """Raises InvalidInput when a prompt is empty or holds a token that a vocabulary of that size lacks."""
    if not prompt:
        raise InvalidInput([Problem("prompt", "decoding.empty_prompt")])
    if foreign := [token for token in prompt if not 0 <= token < vocabulary]:
        raise InvalidInput(
            [Problem("prompt", "decoding.not_in_vocabulary", token=foreign[0], last=vocabulary - 1)]
        )
