"""The report on disk: report.json, and report.html in both languages with its pictures inside, to be sent as it is.

The pictures are drawn here as plain SVG, not with matplotlib, whose import alone would take longer than cleaning a
million rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from jinjie.base.files import write_whole
from jinjie.base.page import bilingual, table
from jinjie.base.svg import FONTS, clean, light, text_width
from jinjie.base.words import say
from jinjie.data.cleaning import report as sentences
from jinjie.data.cleaning.report import Columns, Report

WIDTH = 640
_BAR = 22
_LINES = 200
"""Columns, notices and steps that the page shows; report.json has all of them."""
_LISTED = 200
"""Dropped rows that the page lists; report.json has more of them."""
_COLUMNS = 60
"""Columns that the chart of missing values shows, those that miss most."""


def write_report(report: Report, folder: Path) -> None:
    """Write report.json and report.html into `folder`, which is made; other files in it are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "report.json", report.model_dump_json(indent=1) + "\n")
    write_whole(folder / "report.html", page(report))


def page(report: Report) -> str:
    """The whole report as one page, Chinese and English, the current language first."""
    return bilingual(Path(report.out).name, lambda: section(report))


def section(report: Report, heading: bool = True) -> str:
    """The report as HTML in the language that is spoken; everything that comes from the file is escaped."""
    found = report.found
    parts = []
    if heading:
        parts.append(f"<h1>{escape(say('clean.page.title', name=Path(report.source).name))}</h1>")
    parts.append(f"<p>{escape(sentences.headline(report))}<br>{escape(sentences.result(report))}</p>")
    parts.append(f"<h2>{say('clean.heading.found')}</h2>")
    parts.append(_list([sentences.notice_line(notice) for notice in found.notices[:_LINES]], found.notices))
    head = [
        say("clean.column.name"),
        say("clean.column.type"),
        say("clean.column.missing"),
        say("clean.column.low"),
        say("clean.column.high"),
        say("clean.column.mean"),
        say("clean.column.deviation"),
        say("clean.column.outliers"),
    ]
    rows = [
        [
            c.name,
            sentences.type_name(c.type),
            str(c.missing),
            *(
                ("" if v is None else sentences.plain(v))
                for v in (c.low, c.high, c.mean, c.deviation, c.outliers)
            ),
        ]
        for c in found.columns[:_LINES]
    ]
    parts.append(table(head, rows, words=2))
    parts.append(_more(len(found.columns) - len(rows)))
    parts.append(f'<p class="note">{escape(say("clean.page.sampled", count=found.sampled))}</p>')
    parts.append(missing_chart(report))
    parts.append(f"<h2>{say('clean.heading.done')}</h2>")
    steps = _list([sentences.step_line(step) for step in report.done[:_LINES]], report.done)
    parts.append(steps or f"<p>{say('clean.nothing')}</p>")
    parts += [histogram(picture) for picture in report.pictures]
    if report.dropped:
        parts.append(f"<h2>{say('clean.heading.dropped', count=report.dropped_count)}</h2>")
        listed = [[str(row.line), sentences.reason(row)] for row in report.dropped[:_LISTED]]
        parts.append(table([say("clean.column.line"), say("clean.column.why")], listed, words=2))
        if report.dropped_count > len(listed):
            parts.append(
                f'<p class="note">{say("clean.page.more", count=report.dropped_count - len(listed))}</p>'
            )
    return "".join(parts)


def _list(lines: list[str], of: Sequence[object]) -> str:
    """The first lines, and how many there are besides."""
    listed = f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""
    return listed + _more(len(of) - len(lines))


def _more(count: int) -> str:
    return f'<p class="note">{escape(say("clean.page.all_in_json", count=count))}</p>' if count > 0 else ""


def missing_chart(report: Report) -> str:
    """A bar a column: which share of its cells is missing. Empty where nothing is."""
    rows = max(1, report.found.rows)
    columns = sorted((c for c in report.found.columns if c.missing), key=lambda c: -c.missing)[:_COLUMNS]
    if not columns:
        return ""
    names = [_short(c.name) for c in columns]
    left = max(text_width(name, 12) for name in names) + 20
    room = WIDTH - left - 70
    title = say("clean.picture.missing")
    parts = [_text(12, 24, title, 15, weight="bold")]
    for i, (column, name) in enumerate(zip(columns, names, strict=True)):
        y = 40 + i * _BAR
        share = column.missing / rows
        parts.append(_text(left - 8, y + 14, name, 12, anchor="end"))
        parts.append(_rectangle(left, y + 3, max(1.0, room * share), _BAR - 8, "series-2"))
        parts.append(_text(left + max(1.0, room * share) + 6, y + 14, f"{share:.1%}", 11, "muted"))
    return _svg(48 + len(columns) * _BAR, title, parts)


def histogram(column: Columns) -> str:
    """How often which value stood in a column, before and after."""
    title = say("clean.picture.histogram", column=_short(column.name, 40))
    parts = [_text(12, 24, title, 15, weight="bold")]
    half = WIDTH / 2
    sides = (
        (12.0, column.edges, column.before, "series-1", say("clean.picture.before")),
        (half + 8, column.after_edges, column.after, "series-3", say("clean.picture.after")),
    )
    width, top, high = half - 24, 56, 120
    for left, edges, counts, colour, name in sides:
        parts.append(_text(left, 46, name, 12, "muted"))
        bar = width / max(1, len(counts))
        most = max(counts, default=0) or 1
        for i, count in enumerate(counts):
            tall = high * count / most
            if count:
                parts.append(_rectangle(left + i * bar, top + high - tall, max(1.0, bar - 1), tall, colour))
        parts.append(_rectangle(left, top + high, width, 1, "muted"))
        parts.append(_text(left, top + high + 16, f"{edges[0]:.4g}", 11, "muted"))
        parts.append(_text(left + width, top + high + 16, f"{edges[-1]:.4g}", 11, "muted", "end"))
    return _svg(top + high + 28, title, parts)


def _svg(height: float, label: str, parts: list[str]) -> str:
    return (
        f'<div class="wide" tabindex="0"><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
        f'width="{WIDTH}" '
        f'height="{height:g}" role="img" aria-label="{escape(clean(label))}" font-family="{FONTS}">'
        f"{''.join(parts)}</svg></div>"
    )


def _rectangle(x: float, y: float, width: float, height: float, colour: str) -> str:
    fill = f"var(--{colour}, {light(colour)})"
    return f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" fill="{fill}"/>'


def _text(
    x: float,
    y: float,
    words: str,
    size: int,
    colour: str = "ink",
    anchor: str = "start",
    weight: str = "normal",
) -> str:
    fill = f"var(--{colour}, {light(colour)})"
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" '
        f'fill="{fill}">{escape(clean(words))}</text>'
    )


def _short(label: str, most: int = 24) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"
