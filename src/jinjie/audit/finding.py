"""What a judge says of one formula, one piece of code or one claim."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from jinjie.audit.article import Place
from jinjie.base.words import Text

Kind = Literal["formula", "code", "claim"]
Verdict = Literal["right", "wrong", "unknown"]
Severity = Literal["high", "medium", "low"]
"""high: it does not run, or gives what is wrong. medium: it runs and misleads. low: it works, and there is better."""
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")


@dataclass(frozen=True)
class Shown:
    """The run that tells right from wrong: what was worked out, and with what numbers."""

    says: Text
    """What was done, in a sentence."""
    head: tuple[Text, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    """A small table: what was printed beside what is right."""
    command: str | None = None
    """A command of ours that shows it again: `jinjie formula adam`."""


@dataclass(frozen=True)
class Finding:
    """A verdict on one place of an article."""

    kind: Kind
    rule: str
    """What was asked, as a slug: `softmax-before-cross-entropy`; for a formula, the formula's or the variant's id."""
    verdict: Verdict
    place: Place
    quote: str
    """What stands there: the line of code, the formula's LaTeX, the sentence."""
    title: Text
    """What it is about, in a few words."""
    says: Text
    """What is wrong and what follows from it; of what is right or unknown, why it is held to be."""
    severity: Severity = "medium"
    instead: Text | None = None
    """What to write instead."""
    shown: Shown | None = None
    formula: str | None = None
    """The formula of the course that it was held against."""
    lessons: tuple[str, ...] = ()
    """Where the course explains it."""
    names: tuple[str, ...] = field(default=(), compare=False)
    """The names in the code that the finding is about."""

    def values(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return asdict(self)
