"""Whether an answer is right, and why: the explanation of what was answered, not of something else."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from jinjie.base.errors import JinjieError
from jinjie.course.content.schema import Choice
from jinjie.course.content.schema import Number as NumberItem
from jinjie.course.quizzes.arithmetic import Number, plain, read
from jinjie.course.quizzes.reading import read_number
from jinjie.course.quizzes.variants import LETTERS, Variant

EXACT = 1e-9
"""What floats are allowed beside any tolerance: a right value that is no fraction is itself off by as much."""

UNKNOWN = ("?", "？")
"""What is typed for "I don't know"."""


class NotAChoice(JinjieError):
    """An answer that is none of the choices; it is no attempt."""

    exit_code = 2


@dataclass(frozen=True)
class Judged:
    """What came of an answer, in the variant's language."""

    passed: bool
    explain: str
    """Why: of the choice that was made, of the mistake that was recognised, or of the right answer."""
    given: str
    """The answer as it was understood."""
    right: str
    """The right answer, and why."""
    right_explain: str
    mistake: int | None = None
    """Which of the item's known mistakes it was."""

    def for_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "explain": self.explain,
            "given": self.given,
            "right": self.right,
            "right_explain": self.right_explain,
            "mistake": self.mistake,
        }


def judge(variant: Variant, answer: Any) -> Judged:
    """Judge an answer: the letter or place of a choice, or a number as it was typed.

    Raises NotAChoice and NotANumber for what is no answer: that is no attempt.
    """
    if variant.item.number is not None:
        return _number(variant, variant.item.number, answer)
    return _choice(variant, answer)


def unknown(variant: Variant) -> Judged:
    """What came of saying "I don't know": not right, with the right answer and its reason."""
    right = variant.right
    found = judge(variant, LETTERS[int(right)] if variant.choices else float(right))
    return Judged(False, found.right_explain, "?", found.right, found.right_explain)


def passable(answer: Any) -> bool:
    """Whether it is what is typed for "I don't know"."""
    return isinstance(answer, str) and answer.strip() in UNKNOWN


def answered(variant: Variant, answer: Any) -> Judged:
    """Judge an answer where one may also say "I don't know". Raises as `judge`."""
    return unknown(variant) if passable(answer) else judge(variant, answer)


def near(value: Fraction | float, right: Number, rtol: float, atol: float) -> bool:
    """Whether a value is within atol + rtol·|right|; exact numbers are compared exactly."""
    if isinstance(right, Fraction):
        allowed = Fraction(repr(float(atol))) + Fraction(repr(float(rtol))) * abs(right)
        return abs(Fraction(value) - right) <= allowed
    return abs(float(value) - right) <= atol + max(rtol, EXACT) * abs(right)


def _choice(variant: Variant, answer: Any) -> Judged:
    place = _place(answer, variant.choices)
    choices = [variant.item.choices[i] for i in variant.order]
    made = choices[place]
    right = next(i for i, choice in enumerate(choices) if choice.correct)
    mistake = None if made.correct else variant.order[place]
    return Judged(
        made.correct,
        _why(variant, made),
        _shown_choice(variant, place),
        _shown_choice(variant, right),
        _why(variant, choices[right]),
        mistake,
    )


def _why(variant: Variant, choice: Choice) -> str:
    return variant.fill(choice.explain) if choice.explain is not None else ""


def _shown_choice(variant: Variant, place: int) -> str:
    return f"{LETTERS[place]}) {variant.choices[place]}"


def _place(answer: Any, choices: tuple[str, ...]) -> int:
    """a, A, ａ, a), (b) and 1, 2, … are places; so is the text of a choice that is none of these."""
    keys = LETTERS[: len(choices)]
    if isinstance(answer, int) and not isinstance(answer, bool):
        answer = str(answer)
    if isinstance(answer, str) and len(answer) <= 200:
        typed = unicodedata.normalize("NFKC", answer).strip().strip("().、 ").casefold()
        if len(typed) == 1 and typed in keys:
            return keys.index(typed)
        if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(choices):
            return int(typed) - 1
        said = [text.strip().casefold() for text in choices]
        if said.count(answer.strip().casefold()) == 1:
            return said.index(answer.strip().casefold())
    came = answer.strip()[:20] if isinstance(answer, str) else type(answer).__name__
    raise NotAChoice("quiz.answer.no_choice", came=came, letters=", ".join(keys), count=len(keys))


def _number(variant: Variant, asked: NumberItem, answer: Any) -> Judged:
    reading = read_number(answer, asked.unit)
    right = read(asked.value).value(variant.given)
    # 12 % is 0.12: where a percentage is asked for, a number without the sign may be meant either way.
    readings = [reading.value]
    if asked.unit == "%" and reading.bare:
        readings.append(reading.value * 100)
    passed = any(near(value, right, asked.rtol, asked.atol) for value in readings)
    why = variant.fill(asked.explain, value=right)
    explain, which = why, None
    if not passed:
        for i, mistake in enumerate(asked.mistakes):
            wrong = read(mistake.value).value({**variant.given, "value": right})
            if any(near(value, wrong, asked.rtol, asked.atol) for value in readings):
                explain, which = variant.fill(mistake.explain, value=right, mistake=wrong), i
                break
    return Judged(passed, explain, _shown(readings[0], asked.unit), _shown(right, asked.unit), why, which)


def _shown(value: Number, unit: str) -> str:
    return f"{plain(value)} {unit}".strip()
