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
    """One finding where two judges say the same of the same lines: the first, which is the formula's."""
    kept: list[Finding] = []
    for finding in findings:
        again = any(
            finding.rule == other.rule
            and finding.place.cell == other.place.cell
            and finding.place.line <= other.place.end
            and other.place.line <= finding.place.end
            for other in kept
            if other.kind != finding.kind
        )
        if not again:
            kept.append(finding)
    return kept


def _where(finding: Finding) -> tuple[int, int, int]:
    return finding.place.cell or 0, finding.place.line, SEVERITIES.index(finding.severity)


def _gravity(finding: Finding) -> tuple[int, int, int]:
    return SEVERITIES.index(finding.severity), finding.place.cell or 0, finding.place.line
