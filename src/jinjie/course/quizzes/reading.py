"""A number as a learner types it: 0.5, .5, 1/2, 5e-1, 5×10^-1, 1,000, 12 %, 3 ms, 1.5万, full-width or not.

What cannot be read is said, and is no attempt.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from jinjie.base.errors import JinjieError

LONGEST = 60
"""Characters of an answer."""
_LARGEST_POWER = 300

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_RAISED = re.compile(r"10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "⁄": "/", "÷": "/", "、": ",", "。": "."}
)
_DIGITS = r"(?:\d+(?:\.\d*)?|\.\d+)"
_NUMBER = re.compile(
    rf"""(?P<sign>[+-]?)\s*(?P<number>{_DIGITS})
        (?:\s*(?:[eE]|[x×*·]\s*10\s*(?:\^|\*\*)\s*\(?)(?P<power>[+-]?\d{{1,4}})\)?)?
        (?:\s*/\s*(?P<below>{_DIGITS}))?""",
    re.VERBOSE,
)
_GROUPED = re.compile(r"(?<![\d.])[1-9]\d{0,2}(?:([, '_])\d{3})(?:\1\d{3})*(?![\d,])")

MANY = {"万": Fraction(10**4), "亿": Fraction(10**8), "%": Fraction(1, 100), "‰": Fraction(1, 1000)}
"""Signs after a number that stand for a factor, whatever the unit."""


def plain_unit(text: str) -> str:
    """A unit as it is compared: without case, spaces and a full stop, µ in one of its two characters."""
    return unicodedata.normalize("NFKC", text).replace(" ", "").rstrip(".").casefold()


_TIMES = {
    Fraction(1, 10**9): ("ns", "纳秒"),
    Fraction(1, 10**6): ("µs", "us", "微秒"),
    Fraction(1, 1000): ("ms", "毫秒"),
    Fraction(1): ("s", "sec", "second", "seconds", "秒"),
    Fraction(60): ("min", "minute", "minutes", "分", "分钟"),
    Fraction(3600): ("h", "hour", "hours", "小时"),
    Fraction(86400): ("d", "day", "days", "天"),
}
UNITS: tuple[dict[str, Fraction], ...] = (
    {plain_unit(name): factor for factor, names in _TIMES.items() for name in names},
    {
        **dict.fromkeys(("b", "byte", "bytes", "字节"), Fraction(1)),
        **{f"{letter}b": Fraction(1000**n) for n, letter in enumerate("kmgtp", 1)},
        **{f"{letter}ib": Fraction(1024**n) for n, letter in enumerate("kmgtp", 1)},
    },
    {
        f"{letter}{name}": Fraction(1000**n)
        for n, letter in enumerate(("", "k", "m", "g", "t", "p", "e"))
        for name in ("flop", "flops")
    },
)
"""Families of units whose members are understood for one another."""


class NotANumber(JinjieError):
    """An answer that is no number; it is no attempt either."""

    exit_code = 2


@dataclass(frozen=True)
class Reading:
    """What was typed, exactly and in the unit that was asked for; `bare` when no unit or sign stood there."""

    value: Fraction
    bare: bool = True


def read_number(typed: object, unit: str = "") -> Reading:
    """The number that was typed, in `unit`; another unit of its family is converted. Raises NotANumber."""
    if isinstance(typed, bool) or not isinstance(typed, str | int | float):
        raise NotANumber("quiz.answer.no_number", came=type(typed).__name__)
    if (isinstance(typed, int) and abs(typed) >= 10**LONGEST) or (
        isinstance(typed, str) and len(typed) > LONGEST
    ):
        raise NotANumber("quiz.answer.long", most=LONGEST)
    shown = typed.strip() if isinstance(typed, str) else repr(typed)
    if not shown:
        raise NotANumber("quiz.answer.empty")
    cleaned = _cleaned(shown)
    match = _NUMBER.match(cleaned)
    if match is None:
        raise NotANumber("quiz.answer.no_number", came=shown)
    value = _value(match, shown)
    rest = cleaned[match.end() :].strip()
    sign = next((sign for sign in MANY if rest.startswith(sign)), "")
    if sign in ("%", "‰") and unit not in ("", *MANY):
        raise NotANumber("quiz.answer.other_unit", came=shown, unit=unit)
    if sign:
        rest = rest[len(sign) :].strip()
        value *= MANY[sign] / MANY.get(unit, Fraction(1))
    if rest.startswith(","):
        raise NotANumber("quiz.answer.comma", came=shown)
    if rest:
        value *= _converted(rest, unit, shown)
    return Reading(value, not (sign or rest))


def _cleaned(text: str) -> str:
    """Plain digits and signs, thousands ungrouped."""
    raised = _RAISED.sub(lambda found: f"10^{found[1].translate(_SUPERSCRIPTS)}", text)
    if any(unicodedata.category(c) == "No" for c in raised if c not in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"):
        return "?"
    plain = unicodedata.normalize("NFKC", raised).translate(_SIGNS)
    if re.search(r"\d[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]", raised):  # 1½ would become 11/2
        return "?"
    plain = re.sub(r"\s*(?:percent|per cent)$", "%", plain, flags=re.IGNORECASE)
    plain = re.sub(r"^(?:\$|≈|~|=|约|大约)\s*|\$$", "", plain.strip()).strip()
    return _GROUPED.sub(lambda found: found[0].replace(found[1], ""), plain)


def _value(match: re.Match[str], shown: str) -> Fraction:
    power = int(match["power"] or 0)
    if abs(power) > _LARGEST_POWER:
        raise NotANumber("quiz.answer.no_number", came=shown)
    below = Fraction(match["below"] or 1)
    if below == 0:
        raise NotANumber("quiz.answer.over_zero", came=shown)
    value = Fraction(match["number"]) * Fraction(10) ** power / below
    return -value if match["sign"] == "-" else value


def _converted(rest: str, unit: str, shown: str) -> Fraction:
    """What one of the typed unit is in the unit that was asked for. Raises NotANumber."""
    came, wanted = plain_unit(rest), plain_unit(unit)
    if came == wanted:
        return Fraction(1)
    for family in UNITS:
        if came in family and wanted in family:
            return family[came] / family[wanted]
    if unit:
        raise NotANumber("quiz.answer.other_unit", came=shown, unit=unit)
    raise NotANumber("quiz.answer.number_alone", came=shown)
