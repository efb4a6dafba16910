"""A model that writes, as a page asks it: the form read and judged, and the text as news that come token by token."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinjie.analyse.choices import Choice, choices
from jinjie.base.config import build, spelled
from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.words import say
from jinjie.data.dataset import TextProcessor
from jinjie.data.tokenization.chat_template import Form, Message
from jinjie.decoding.chat import fitted
from jinjie.decoding.sampling import Sampling
from jinjie.studio.live import Frame
from jinjie.studio.playing import Kept
from jinjie.studio.render import piece
from jinjie.training.finished import text_processor

FIELDS = {"temperature": "0.8", "top_k": "", "top_p": "", "seed": "0", "tokens": "100"}
"""What can be set, and what it is where nothing is said."""
MOST_TOKENS = 400
LONGEST = 20_000
"""Characters of a prompt that are looked at; no model here sees as many."""
MOST_TURNS = 40
_BYTES = re.compile("[0-9A-F]{2}( [0-9A-F]{2})*")
"""How a token that is no whole character is labelled."""
LEVELS = 7
"""Shades of a token, one for each bit that it cost."""


@dataclass(frozen=True)
class Asked:
    """What is to be written."""

    ids: list[int]
    before: str
    """The text that it goes on from; empty in a conversation, whose beginning is no text to be shown."""
    sampling: Sampling
    ends: tuple[int, ...] = ()
    dropped: int = 0
    """Turns at the beginning of a conversation that the model does not see any more."""


def asked(kept: Kept, filled: Mapping[str, str]) -> Asked:
    """The form's prompt and settings. Raises InvalidInput naming every field that is wrong, by its name."""
    processor = text_processor(kept.model)
    prompt = filled.get("prompt", "").replace("\r\n", "\n")
    problems: list[Problem] = []
    sampling = _sampling(filled, problems)
    ids = _read(kept, processor, prompt, problems)
    if problems or sampling is None:
        raise InvalidInput(problems)
    return Asked(ids, prompt, sampling)


def answered(kept: Kept, form: Form, filled: Mapping[str, str]) -> Asked:
    """A conversation's next turn: `said` behind the `turns` so far (JSON, as `conversation` gives them).

    Raises InvalidInput as `asked`.
    """
    problems: list[Problem] = []
    sampling = _sampling(filled, problems)
    said = filled.get("said", "").replace("\r\n", "\n").strip()
    turns = conversation(filled.get("turns", ""), problems)
    if not said:
        problems.append(Problem("said", "studio.play.say_something"))
    ids: list[int] = []
    dropped = 0
    if not problems and sampling is not None:
        block = int(kept.model.network.config.block)  # type: ignore[union-attr, arg-type]
        room = block - min(sampling.max_tokens, block // 2)
        processor = text_processor(kept.model)
        spoken: list[Message] = [
            {**turn, "content": processor.readable(turn["content"])[0]} for turn in turns
        ]
        try:
            ids, dropped = fitted(form, [*spoken, {"role": "user", "content": said}], room)
        except InvalidInput as error:
            problems += [Problem("said", one.key, **one.params) for one in error.problems]
        if len(ids) > block:
            problems.append(Problem("said", "studio.play.too_long", count=len(ids), block=block))
    if problems or sampling is None:
        raise InvalidInput(problems)
    stop = sampling.model_copy(update={"stop": form.stop})
    return Asked(ids, "", stop, form.ends, dropped)


def conversation(text: str, problems: list[Problem]) -> list[Message]:
    """Turns as a page sends them back: a user's and an assistant's by turns, the newest `MOST_TURNS`."""
    try:
        turns = json.loads(text or "[]")
        roles = [turn["role"] for turn in turns]
        fine = all(isinstance(turn["content"], str) for turn in turns) and len(text) <= 4 * LONGEST
    except (ValueError, TypeError, KeyError, RecursionError):
        roles, fine = [], False
    if not fine or roles != ["user", "assistant"] * (len(roles) // 2):
        problems.append(Problem("said", "studio.play.no_turns"))
        return []
    kept: list[Message] = [{"role": turn["role"], "content": turn["content"]} for turn in turns]
    return kept[-MOST_TURNS:]


def _sampling(filled: Mapping[str, str], problems: list[Problem]) -> Sampling | None:
    values: dict[str, Any] = {}
    for name, usual in FIELDS.items():
        text = filled.get(name, usual).strip() or usual
        if text:
            values["max_tokens" if name == "tokens" else name] = spelled(text)
    made = None
    try:
        made = build(Sampling, values)
    except InvalidInput as error:
        for one in error.problems:
            where = "tokens" if one.where == "max_tokens" else one.where
            problems.append(Problem(where, one.key, **one.params))
    wanted = values["max_tokens"]
    if isinstance(wanted, int | float) and wanted > MOST_TOKENS:
        params = {"came": wanted, "sign": "≤", "bound": MOST_TOKENS}
        problems.append(Problem("tokens", "problem.out_of_range", **params))
    return made


def _read(kept: Kept, processor: TextProcessor, prompt: str, problems: list[Problem]) -> list[int]:
    """The prompt's ids, no more than the model sees at once."""
    block = int(kept.model.network.config.block)  # type: ignore[union-attr, arg-type]
    if len(prompt) > LONGEST:
        problems.append(Problem("prompt", "studio.play.too_many", count=len(prompt), most=LONGEST))
        return []
    try:
        ids = processor.prompt(prompt)
    except InvalidInput as error:
        problems += [Problem("prompt", one.key, **one.params) for one in error.problems]
        return []
    if not ids:
        problems.append(Problem("prompt", "decoding.empty_prompt"))
    if len(ids) > block:
        problems.append(Problem("prompt", "studio.play.too_long", count=len(ids), block=block))
    return ids


@dataclass(frozen=True)
class Token:
    """A token as the page shows it, and what might have stood in its place."""

    number: int
    choice: Choice

    @property
    def shown(self) -> str:
        """As it stands in the text: a blank is a blank, and a line break has its sign. Of a character whose bytes are
        spread over several tokens the last one shows it, and those before show a ring."""
        label = self.choice.chosen.label
        if _BYTES.fullmatch(label) and self.choice.text != label:
            return self.choice.text or "◦"
        return label.replace("·", " ") or " "

    @property
    def ends(self) -> bool:
        """Whether it stands for no text, but for the end of it."""
        return self.choice.ended == "stop" and not self.choice.text

    @property
    def breaks(self) -> bool:
        return "↵" in self.choice.chosen.label

    @property
    def level(self) -> int:
        """How many bits it cost, up to LEVELS."""
        return min(LEVELS, round(-math.log2(max(self.choice.chosen.before, 1e-9))))

    @property
    def rows(self) -> list[tuple[Any, bool]]:
        """Each of the likeliest, and whether it is the one that was drawn; one that is not among them comes last."""
        drawn = self.choice.chosen
        rows = [(one, one.id == drawn.id) for one in self.choice.likeliest]
        return rows if any(chosen for _, chosen in rows) else [*rows, (drawn, True)]


def tokens(kept: Kept, wanted: Asked, stop: threading.Event | None = None) -> Iterator[Token]:
    """The text token by token, until its end or until `stop` is set. The model is held for one token at a time, so that
    several pages take turns. Raises InvalidInput, before anything is written, when the model cannot read the prompt."""
    written = choices(
        kept.model.network,
        text_processor(kept.model),
        wanted.ids,
        wanted.sampling,
        before=wanted.before,
        ends=wanted.ends,
    )
    return _by_turns(kept, written, stop)


def _by_turns(kept: Kept, written: Iterator[Choice], stop: threading.Event | None) -> Iterator[Token]:
    number = 0
    while stop is None or not stop.is_set():
        with kept.lock:
            choice = next(written, None)
        if choice is None:
            return
        yield Token(number, choice)
        number += 1


def frames(kept: Kept, wanted: Asked, stop: threading.Event) -> Iterator[Frame]:
    """The same as news for a page: `token` for each, then `end`, or `problem` where the model fails on the way."""
    made = tokens(kept, wanted, stop)
    return _told(made, wanted)


def _told(made: Iterator[Token], wanted: Asked) -> Iterator[Frame]:
    count, ended = 0, ""
    try:
        for token in made:
            count, ended = token.number + 1, token.choice.ended or ""
            news = {
                "number": token.number,
                "text": token.choice.text,
                "token": piece("_play_token.html", token=token, at=None),
                "choices": piece("_play_choices.html", token=token),
            }
            yield Frame("token", news)
    except JinjieError as error:
        yield Frame("problem", {"error": error.in_()})
        return
    yield Frame("end", {"said": how_it_ended(ended, count), "dropped": wanted.dropped})


def how_it_ended(ended: str, count: int) -> str:
    """Why there is no more, in words."""
    if ended == "stop":
        return say("studio.play.ended", count=count)
    return say("studio.play.full", count=count)
