"""The words in which terminal, page and studio speak of a finding."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from jinjie.audit.finding import Finding, Severity, Verdict
from jinjie.base.words import say

_CODE = re.compile(r"`([^`]+)`")
_MATHEMATICS = re.compile(r"\$([^$]+)\$")

if TYPE_CHECKING:
    from jinjie.audit.judge import Report
    from jinjie.audit.running import Ran


def verdict(name: Verdict) -> str:
    """What a verdict is called."""
    words = {
        "wrong": say("audit.verdict.wrong"),
        "right": say("audit.verdict.right"),
        "unknown": say("audit.verdict.unknown"),
    }
    return words[name]


def kind(finding: Finding) -> str:
    """What a finding is about: a formula, code, or a claim."""
    words = {
        "formula": say("audit.of.formula"),
        "code": say("audit.of.code"),
        "claim": say("audit.of.claim"),
    }
    return words[finding.kind]


def severity(name: Severity) -> str:
    """How grave it is."""
    words = {
        "high": say("audit.severity.high"),
        "medium": say("audit.severity.medium"),
        "low": say("audit.severity.low"),
    }
    return words[name]


def counted(report: Report) -> str:
    """How much was read and what came of it, in a sentence."""
    return say(
        "audit.counted",
        sentences=report.sentences,
        formulas=report.formulas,
        programs=report.programs,
        wrong=len(report.of("wrong")),
        right=len(report.of("right")),
        unknown=len(report.of("unknown")),
    )


def ended(ran: Ran) -> str:
    """How a block of code ended, in a sentence."""
    if ran.missing:
        return say("audit.not_run", why=ran.error)
    if not ran.error:
        return say("audit.ran_well")
    return say("audit.raised", error=ran.error, place=str(ran.at or ran.place))


def in_plain(text: str) -> str:
    """A text with its `$mathematics$` in plain characters, for a terminal."""
    from jinjie.course.render.mathematics import as_plain

    return _MATHEMATICS.sub(lambda found: as_plain(found[1]), text)


def in_html(text: str, display: bool = False) -> str:
    """A text as HTML: `$mathematics$` as MathML, or as written where that cannot be set; backticks as code."""
    from jinjie.course.render.mathematics import NotMathematics, mathml

    def set_(latex: str) -> str:
        try:
            return mathml(latex, display)
        except NotMathematics:
            return f"<code>{escape(latex)}</code>"

    parts = _MATHEMATICS.split(text)
    return "".join(
        set_(part) if at % 2 else _CODE.sub(r"<code>\1</code>", escape(part)) for at, part in enumerate(parts)
    )


def printed(finding: Finding) -> str:
    """What stands in the article, as HTML: a formula set as a reader sees it, anything else as it was typed."""
    if finding.kind == "formula" and "$" not in finding.quote and re.search(r"[\\_^=]", finding.quote):
        return in_html(f"${finding.quote}$", display=True)
    return in_html(finding.quote) if finding.kind != "code" else escape(finding.quote)
