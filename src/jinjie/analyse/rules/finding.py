"""What a rule gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from jinjie.analyse.evidence import Evidence
from jinjie.base.words import Text

Severity = Literal["high", "medium", "low"]
Sure = Literal["certain", "likely", "possible"]


@dataclass(frozen=True)
class Finding:
    """One thing that is not usual: what, by which numbers, what to change, and what to read about it."""

    rule: str
    severity: Severity
    sure: Sure
    name: Text
    evidence: tuple[Text, ...]
    advice: Text
    study: tuple[str, ...]
    """Lessons, by their slugs."""
    change: Mapping[str, Any]
    """Settings to try, by dotted path."""
    explains: tuple[str, ...] = ()
    """Rules whose findings are only this one's consequences."""


@dataclass(frozen=True)
class Lacks:
    """A rule could not judge; why."""

    why: Text


@dataclass(frozen=True)
class Rule:
    """A question, and the function that answers it."""

    id: str
    asks: str
    """The key of the question in `words`."""
    look: Callable[[Evidence], Finding | Lacks | None]


def short(value: float) -> str:
    """A number for a sentence."""
    return f"{value:.3g}"


def percent(share: float) -> str:
    return f"{share:.1%}" if share < 0.1 or share > 0.9 else f"{share:.0%}"
