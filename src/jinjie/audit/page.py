"""A report as one file of HTML in both languages, which can be sent as it is."""

from __future__ import annotations

from html import escape

from jinjie.audit.finding import Finding
from jinjie.audit.judge import Report
from jinjie.audit.wording import counted, ended, in_html, kind, severity, verdict
from jinjie.audit.wording import printed as quoted
from jinjie.base.page import bilingual, table
from jinjie.base.words import say


def html(report: Report) -> str:
    """The whole page."""
    return bilingual(say("audit.title", name=report.name), lambda: section(report))


def section(report: Report) -> str:
    """The report in the language that is spoken: what is wrong in full, then what is right and what is not known."""
    parts = [f"<h1>{escape(say('audit.title', name=report.name))}</h1>", f"<p>{escape(counted(report))}</p>"]
    wrong = report.of("wrong")
    parts += [_wrong(finding) for finding in wrong]
    for sort in ("right", "unknown"):
        if found := report.of(sort):
            rows = [[str(f.place), kind(f), f.quote, str(f.title), str(f.says)] for f in found]
            head = [
                say("audit.line"),
                say("audit.kind"),
                say("audit.stands"),
                say("audit.about"),
                say("audit.why"),
            ]
            parts += [f"<h2>{escape(verdict(sort))}</h2>", table(head, rows, words=5)]
    if report.ran:
        parts.append(f"<h2>{escape(say('audit.ran'))}</h2>")
        for ran in report.ran:
            parts.append(f"<p>{escape(say('audit.at', place=str(ran.place)))}: {escape(ended(ran))}</p>")
            parts += [f"<blockquote>{escape(ran.printed)}</blockquote>"] if ran.printed else []
    return "".join(parts)


def _wrong(finding: Finding) -> str:
    where = say("audit.at", place=str(finding.place))
    parts = [
        f"<h2>{in_html(str(finding.title))}</h2>",
        f'<p class="note">{escape(f"{where} · {kind(finding)} · {severity(finding.severity)} · {finding.rule}")}</p>',
        f"<blockquote>{quoted(finding)}</blockquote>",
        f"<p>{in_html(str(finding.says))}</p>",
    ]
    if finding.instead is not None:
        parts.append(f"<p><b>{escape(say('audit.instead'))}</b> {in_html(str(finding.instead))}</p>")
    if (shown := finding.shown) is not None:
        parts.append(f"<p>{in_html(str(shown.says))}</p>")
        if shown.rows:
            parts.append(table([str(word) for word in shown.head], shown.rows))
        if shown.command:
            parts.append(f"<p><code>{escape(shown.command)}</code></p>")
    if finding.lessons:
        parts.append(
            f'<p class="note">{escape(say("audit.lessons"))} {escape(", ".join(finding.lessons))}</p>'
        )
    return "".join(parts)
