"""An article judged: what all three judges found, in the order of its lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jinjie.audit import article as articles
from jinjie.audit import claims, code, formulas
from jinjie.audit.article import Article
from jinjie.audit.finding import SEVERITIES, Finding, Severity, Verdict
from jinjie.audit.running import Ran, run

SAME = {
    "adam-second-moment": "second-moment-called-velocity",
    "convolution-no-product": "cross-correlation-as-matrix-product",
    "distributed-is-no-plain-descent": "data-parallel-plain-descent",
    "epsilon-no-regulariser": "epsilon-called-regularisation",
    "schedule-no-adaptation": "linear-decay-called-adaptive",
    "sgd-words-and-formula": "three-methods-one-name",
}
"""Claims, and the finding on a formula that says the same where words and formula stand together."""
NEAR = 8
"""Lines between a claim and the formula that it is about."""


@dataclass(frozen=True)
class Report:
    """All verdicts on one article."""

    name: str
    """The file's name."""
    sentences: int
    formulas: int
    programs: int
    """How much of each was read."""
    findings: tuple[Finding, ...]
    ran: tuple[Ran, ...] = ()
    """What its code did, where it was asked to be run."""

    def of(self, verdict: Verdict) -> list[Finding]:
        """The findings of one verdict; what is wrong with the gravest first, the rest by line."""
        found = [finding for finding in self.findings if finding.verdict == verdict]
        return sorted(found, key=_gravity) if verdict == "wrong" else found

    def fails(self, at_least: Severity) -> bool:
        """Whether anything is wrong that is as grave as this."""
        grave = SEVERITIES[: SEVERITIES.index(at_least) + 1]
        return any(finding.severity in grave for finding in self.of("wrong"))

    def values(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        counts = Counter(finding.verdict for finding in self.findings)
        return {
            "article": self.name,
            "read": {"sentences": self.sentences, "formulas": self.formulas, "programs": self.programs},
            "counts": {verdict: counts[verdict] for verdict in ("wrong", "right", "unknown")},
            "findings": [finding.values() for finding in self.findings],
            "ran": [asdict(one) for one in self.ran],
        }


def audit(path: Path, running: bool = False) -> Report:
    """The verdicts on the article in a file. Raises InvalidInput where it cannot be read."""
    return judge(articles.read(path), running)


def judge(article: Article, running: bool = False) -> Report:
    """The verdicts on an article. Nothing of it is executed but where `running` asks for it, in the sandbox."""
    found = [*formulas.judge(article), *claims.judge(article), *code.judge(article.codes)]
    return Report(
        article.path.name,
        len(article.sentences),
        len(article.formulas),
        len(article.codes),
        tuple(sorted(_once(found), key=_where)),
        run(article.codes) if running else (),
    )


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Without the claims that say again what a formula's finding beside them says, with its numbers."""
    found = list(findings)
    of_formulas = [finding for finding in found if finding.kind == "formula"]
    return [
        finding
        for finding in found
        if finding.kind != "claim"
        or not any(
            other.rule == SAME.get(finding.rule)
            and other.place.cell == finding.place.cell
            and abs(other.place.line - finding.place.line) <= NEAR
            for other in of_formulas
        )
    ]


def _where(finding: Finding) -> tuple[int, int, int]:
    return finding.place.cell or 0, finding.place.line, SEVERITIES.index(finding.severity)


def _gravity(finding: Finding) -> tuple[int, int, int]:
    return SEVERITIES.index(finding.severity), finding.place.cell or 0, finding.place.line
