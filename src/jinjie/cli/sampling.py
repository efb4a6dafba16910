"""The options that say how text is written: the same for `generate` and `chat`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say

if TYPE_CHECKING:
    from jinjie.decoding.sampling import Sampling

TEMPERATURE = 0.8
"""Where nothing is said: a little safer than the model itself."""

ENGINES = ("jinjie", "llama.cpp")
LLAMA = ENGINES[1]

_DRAWING = {
    "temperature": "--temperature",
    "top_k": "--top-k",
    "top_p": "--top-p",
    "min_p": "--min-p",
}
_OPTIONS = {
    **_DRAWING,
    "repetition_penalty": "--repetition-penalty",
    "frequency_penalty": "--frequency-penalty",
    "presence_penalty": "--presence-penalty",
    "max_tokens": "--tokens",
    "stop": "--stop",
    "seed": "--seed",
    "beams": "--beams",
    "length_penalty": "--length-penalty",
}


def greedy() -> Any:
    return typer.Option(False, "--greedy", help=say("cli.sampling.greedy"))


def temperature() -> Any:
    return typer.Option(None, "--temperature", "-t", help=say("cli.sampling.temperature", usual=TEMPERATURE))


def top_k() -> Any:
    return typer.Option(None, "--top-k", help=say("cli.sampling.top_k"))


def top_p() -> Any:
    return typer.Option(None, "--top-p", help=say("cli.sampling.top_p"))


def min_p() -> Any:
    return typer.Option(None, "--min-p", help=say("cli.sampling.min_p"))


def repetition_penalty() -> Any:
    return typer.Option(None, "--repetition-penalty", help=say("cli.sampling.repetition_penalty"))


def frequency_penalty() -> Any:
    return typer.Option(None, "--frequency-penalty", help=say("cli.sampling.frequency_penalty"))


def presence_penalty() -> Any:
    return typer.Option(None, "--presence-penalty", help=say("cli.sampling.presence_penalty"))


def stop() -> Any:
    return typer.Option(None, "--stop", help=say("cli.sampling.stop"), metavar="WORD")


def seed() -> Any:
    return typer.Option(None, "--seed", help=say("cli.sampling.seed"))


def weights() -> Any:
    return typer.Option("auto", "--weights", help=say("cli.weights"), metavar="auto|fp32|fp16|bf16|int8|int4")


def sampling(greedy: bool, **given: Any) -> Sampling:
    """The settings that the options add up to; what was not given (None, or no stop word) has its default.

    Raises InvalidInput naming every option that is wrong, as it is typed.
    """
    from jinjie.base.config import build
    from jinjie.base.errors import InvalidInput, Problem
    from jinjie.decoding.sampling import Sampling

    values = {name: value for name, value in given.items() if value not in (None, [], ())}
    problems = []
    beams = values.get("beams", 1)
    if greedy or beams > 1:
        # What draws, beside an option that leaves nothing to draw: one of the two is a mistake.
        rule = "--greedy" if greedy else "--beams"
        for name, option in _DRAWING.items():
            if values.get(name) is not None and (name, values[name]) != ("temperature", 0):
                problems.append(Problem(option, "cli.sampling.nothing_drawn", rule=rule))
        if greedy and beams > 1:
            problems.append(Problem("--greedy", "cli.sampling.nothing_drawn", rule="--beams"))
        values["temperature"] = 0.0
    values.setdefault("temperature", TEMPERATURE)
    if values.get("length_penalty") is not None and beams == 1:
        problems.append(Problem("--length-penalty", "cli.sampling.for_beams"))
    made = None
    try:
        made = build(Sampling, values)
    except InvalidInput as error:
        for problem in error.problems:
            problem.where = _OPTIONS.get(problem.where.partition(".")[0], problem.where)
            problems.append(problem)
    if problems or made is None:
        raise InvalidInput(problems)
    return made


def unescaped(words: list[str] | None) -> list[str]:
    r"""Stop words as they are meant: \n and \t, which some shells cannot type, are a line break and a tab."""
    return [word.replace(r"\n", "\n").replace(r"\t", "\t") for word in words or []]


def some_seed() -> int:
    """A seed for a text that no seed was asked for, told in the result so that it can be written again."""
    import secrets

    return secrets.randbelow(2**31)


def check_engine(engine: str, others: dict[str, bool]) -> None:
    """Raises InvalidInput for an engine that is none, and for options (name: whether it is given) that llama.cpp lacks;
    JinjieError when llama.cpp is asked for and absent."""
    from jinjie.base.errors import InvalidInput, Problem, did_you_mean

    if engine not in ENGINES:
        problem = Problem("--engine", "cli.no_engine", came=engine, suggestion=did_you_mean(engine, ENGINES))
        raise InvalidInput([problem])
    if engine != LLAMA:
        return
    if given := [name for name, there in others.items() if there]:
        raise InvalidInput([Problem(name, "cli.not_with_llama") for name in given])
    from jinjie.decoding.llama import check_installed

    check_installed()


def threads() -> int:
    """As many as torch would take."""
    import torch

    return torch.get_num_threads()
