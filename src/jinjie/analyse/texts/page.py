"""The part of an evaluation's page that a model of text has: coloured texts, what it writes, the benchmark, speed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from jinjie.analyse.texts import sentences
from jinjie.analyse.texts.values import Shown, Texts, Written
from jinjie.base.page import table
from jinjie.base.words import say


def section(texts: Texts) -> str:
    """In the current language."""
    parts = []
    if texts.best or texts.worst:
        parts.append(f"<h2>{escape(say('evaluate.text.coloured'))}</h2>{_legend()}")
        for heading, each in (
            (say("evaluate.text.best"), texts.best),
            (say("evaluate.text.worst"), texts.worst),
        ):
            parts.append(f"<h3>{escape(heading)}</h3>")
            parts += [_shown(one, texts.documents) for one in each]
    if texts.written:
        parts.append(f"<h2>{escape(say('evaluate.text.written'))}</h2>")
        parts.append(f'<p class="note">{escape(say("evaluate.text.written_note"))}</p>')
        parts += [_written(one) for one in texts.written]
    for made in texts.benchmarks:
        parts.append(f"<h2>{escape(sentences.benchmark_name(made))}</h2>")
        parts.append(table(sentences.benchmark_head(), sentences.benchmark_rows(made)))
        if made.missed:
            parts.append(f'<p class="note">{escape(say("evaluate.text.most_wrong"))}</p>')
            parts.append(_list([sentences.missed_line(one) for one in made.missed]))
    if texts.benchmarks:
        parts.append(f'<p class="note">{escape(say("evaluate.text.how_benchmark"))}</p>')
    if texts.speed is not None:
        parts.append(f"<h2>{escape(say('evaluate.text.speed'))}</h2>")
        parts.append(_list(sentences.speed_lines(texts.speed)))
    return "".join(parts)


def heat(pieces: Sequence[tuple[str, float]]) -> str:
    """A text as HTML, each piece the darker the more it cost; what it cost is said when it is pointed at."""
    return "".join(
        f'<i class="h{sentences.level(nats)}" title="{nats / sentences.LN2:.1f}">{escape(text)}</i>'
        for text, nats in pieces
    )


def legend() -> list[tuple[int, str]]:
    """Each level of colour with the bits that it begins at."""
    return [(i, f"{bits:g}") for i, bits in enumerate((0.0, *sentences.LEVELS))]


def _legend() -> str:
    levels = " ".join(f'<i class="h{i}">&nbsp;{bits}&nbsp;</i>' for i, bits in legend())
    return f'<p class="note heat">{escape(say("evaluate.text.legend"))} {levels}</p>'


def _shown(one: Shown, documents: bool) -> str:
    more = "" if one.whole else " …"
    return (
        f'<p class="note">{escape(sentences.shown_heading(one, documents))}</p>'
        f'<p class="heat">{heat(sentences.visible(one))}{more}</p>'
    )


def _written(one: Written) -> str:
    opening = escape(one.opening.lstrip("\n"))
    return (
        f"<p class='note'>{escape(sentences.written_heading(one))}</p>"
        f"<blockquote>{opening}<mark>{escape(one.written)}</mark></blockquote>"
        f"<p class='note'>{escape(say('evaluate.text.true'))}</p>"
        f"<blockquote>{opening}{escape(one.true)}</blockquote>"
    )


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
