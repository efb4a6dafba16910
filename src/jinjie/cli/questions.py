"""A question in the terminal: shown, answered, explained."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinjie.base.words import say
from jinjie.cli.output import note

if TYPE_CHECKING:
    from rich.console import Console

    from jinjie.course.quizzes import Judged, Variant

_MATHEMATICS = re.compile(r"(?<!\\)\$([^$\n]+?)(?<!\\)\$")


def show(variant: Variant, head: str, out: Console) -> None:
    """The question and its choices, under a line that says which it is."""
    from rich.text import Text

    from jinjie.course.quizzes.variants import LETTERS

    out.print()
    out.print(head, style="dim", markup=False, soft_wrap=True)
    out.print(Text(spoken(variant.stem).strip()), soft_wrap=True)
    for place, choice in enumerate(variant.choices):
        out.print(Text(f"  {LETTERS[place]}) {spoken(choice)}"), soft_wrap=True)


def answer(variant: Variant, may_pass: bool = False) -> tuple[str, Judged]:
    """What is typed, asked for again until it is an answer; "?" is one where `may_pass`: it says "I don't know".

    Raises EOFError where there is no more to read.
    """
    from jinjie.course.quizzes import NotAChoice, NotANumber, judge
    from jinjie.course.quizzes.judging import answered

    unit = f" [{variant.unit}]" if variant.unit else ""
    while True:
        sys.stdout.write(f"{say('cli.quiz.prompt')}{unit} ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        try:
            return line.strip(), (answered if may_pass else judge)(variant, line)
        except (NotAChoice, NotANumber) as error:
            note(str(error))


def explain(judged: Judged, out: Console) -> None:
    """Whether it was right, why, and what would have been."""
    from rich.text import Text

    if judged.passed:
        out.print(Text(f"✓ {say('cli.quiz.right')} {spoken(judged.explain)}", style="green"), soft_wrap=True)
        return
    out.print(Text(f"✗ {spoken(judged.explain)}", style="red"), soft_wrap=True)
    why = "" if judged.right_explain == judged.explain else spoken(judged.right_explain)
    text = f"  {say('cli.quiz.was', right=spoken(judged.right))} {why}"
    out.print(Text(text.rstrip()), soft_wrap=True)


def read_json(file: str, otherwise: str) -> Any:
    """What stands in a file of answers, or on standard input for `-`.

    Raises InvalidInput; `otherwise` is the key of what is said of a file that is no JSON.
    """
    from jinjie.base.errors import InvalidInput, Problem

    try:
        return json.loads(sys.stdin.read() if file == "-" else Path(file).read_text("utf-8-sig"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidInput([Problem(file, "cli.quiz.no_file", reason=reason)]) from None
    except (ValueError, RecursionError):
        raise InvalidInput([Problem(file, otherwise)]) from None


def spoken(text: str) -> str:
    """A text with its mathematics in plain characters."""
    if "$" not in text:
        return text
    from jinjie.course.formula.plain import plain

    return _MATHEMATICS.sub(lambda found: plain(found[1]), text).replace("\\$", "$")
