"""A picture of a split text: every token tinted, its id beneath; as SVG, or as a page whose text can be selected."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.files import write_whole
from jinjie.base.svg import COLOURS, FONTS, clean, light, standalone, text_width
from jinjie.base.words import language, say
from jinjie.data.tokenization.split import Group, Part, lines

WIDTH = 860
MOST = 3000
"""Tokens that a picture shows; the rest are counted."""

TINTS = ("series-1", "series-2", "series-3", "series-4", "series-5", "series-7")
_MARGIN, _TEXT, _ID, _ROW, _GAP, _TALL = 16, 16, 10, 46, 2, 24
_CENTRED = ' text-anchor="middle"'
_LETTERS = f"ui-monospace, 'Cascadia Mono', Menlo, Consolas, {FONTS}"

_STYLE = f"""
:root{{{";".join(f"--{name}:{pair[0]}" for name, pair in COLOURS.items())};color-scheme:light dark}}
@media (prefers-color-scheme:dark){{:root{{{";".join(f"--{name}:{pair[1]}" for name, pair in COLOURS.items())}}}}}
body{{font:16px/1.5 {FONTS};color:var(--ink);background:var(--paper);max-width:60rem;margin:2rem auto;padding:0 1rem}}
h1{{font-size:1.1rem}} .l{{margin:.15rem 0}} p{{color:var(--muted)}}
.t{{display:inline-block;text-align:center;vertical-align:top;margin:1px}}
.t b{{font:1rem/1.5 {_LETTERS};display:block;padding:0 .2rem;white-space:pre-wrap;overflow-wrap:anywhere}}
.r{{display:flex}} .r i{{font:.65rem/1.5 {_LETTERS};flex:1;padding:0 .2rem}} .s b{{outline:1px dashed var(--muted)}}
{"".join(f".c{n}{{background:color-mix(in srgb,var(--{name}) 30%,transparent)}}" for n, name in enumerate(TINTS))}
.t{{border-radius:3px;overflow:hidden;background:color-mix(in srgb,var(--muted) 10%,transparent)}}
"""


def write_picture(file: Path, parts: Sequence[Part], title: str) -> None:
    """Write the picture of a split text to `file`, whole or not at all, as its ending says: .svg or .html.

    Raises InvalidInput for another ending and for a folder that is not there.
    """
    kind = file.suffix.lower()
    if kind not in (".svg", ".html"):
        raise InvalidInput([Problem("--picture", "tokenizer.picture_kind", came=file.name)])
    if not file.parent.is_dir():
        raise InvalidInput([Problem("--picture", "tokenizer.no_folder", folder=file.parent)])
    write_whole(file, standalone(draw(parts, title)) if kind == ".svg" else page(parts, title))


def draw(parts: Sequence[Part], title: str) -> bytes:
    """The split text as SVG, to be inlined into a page: no styles, colours as the page's variables."""
    cells: list[str] = []
    y = float(_MARGIN + 34)
    number = 0
    for line in lines(parts[:MOST]):
        x = float(_MARGIN)
        for group in line:
            widths = _widths(group)
            if x > _MARGIN and x + sum(widths) > WIDTH - _MARGIN:
                x, y = float(_MARGIN), y + _ROW
            cells.append(_cell(x, y, widths, group, number))
            x, number = x + sum(widths) + _GAP, number + len(group.parts)
        y += _ROW
    if len(parts) > MOST:
        cells.append(_words(_MARGIN, y + 14, say("tokenizer.more", count=len(parts) - MOST), "muted", 12))
        y += 24
    height = round(y + 4)
    head = _words(_MARGIN, _MARGIN + 12, title, "ink", 15, ' font-weight="bold"')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(clean(title))}" font-family="{FONTS}">{head}{"".join(cells)}</svg>'
    ).encode()


def page(parts: Sequence[Part], title: str) -> str:
    """The split text as a page of its own."""
    number = 0
    rows = []
    for line in lines(parts[:MOST]):
        spans = []
        for group in line:
            kind = "t s" if group.parts[0].special else "t"
            stripes = []
            for part in group.parts:
                stripes.append(f'<i class="c{number % len(TINTS)}">{part.id}</i>')
                number += 1
            word = escape(clean(group.label))
            spans.append(
                f'<span class="{kind}"><b>{word}</b><span class="r">{"".join(stripes)}</span></span>'
            )
        rows.append(f'<div class="l">{"".join(spans)}</div>')
    more = f"<p>{escape(say('tokenizer.more', count=len(parts) - MOST))}</p>" if len(parts) > MOST else ""
    return (
        f'<!doctype html><html lang="{language()}"><meta charset="utf-8"><title>{escape(clean(title))}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style><h1>{escape(clean(title))}</h1>{''.join(rows)}{more}</html>\n"
    )


def _widths(group: Group) -> list[float]:
    """How wide each token of a group is drawn: its id fits, and all together what they spell."""
    ids = [text_width(str(part.id), _ID) + 8 for part in group.parts]
    lacks = _width(_short(group.label), _TEXT) + 8 - sum(ids)
    return [wide + max(0.0, lacks) / len(ids) for wide in ids]


def _cell(x: float, y: float, widths: list[float], group: Group, number: int) -> str:
    """A group's text over a stripe for each of its tokens, their ids beneath."""
    drawn = []
    left = x
    for i, (wide, part) in enumerate(zip(widths, group.parts, strict=True)):
        tint = TINTS[(number + i) % len(TINTS)]
        edge = f' stroke="var(--muted, {light("muted")})" stroke-dasharray="3 2"' if part.special else ""
        fill = f'fill="var(--{tint}, {light(tint)})" fill-opacity="0.2"{edge}'
        drawn.append(f'<rect x="{left:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{_TALL}" rx="3" {fill}/>')
        drawn.append(_words(left + wide / 2, y + _TALL + 11, str(part.id), "muted", _ID, _CENTRED))
        left += wide
    letters = f'{_CENTRED} font-family="{_LETTERS}" xml:space="preserve"'
    word = _words((x + left) / 2, y + 17, _short(group.label), "ink", _TEXT, letters)
    return f"<g>{''.join(drawn)}{word}</g>"


def _words(x: float, y: float, text: str, colour: str, size: int, more: str = "") -> str:
    fill = f"var(--{colour}, {light(colour)})"
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" font-size="{size}"{more}>{escape(clean(text))}</text>'
    )


def _width(text: str, size: float) -> float:
    """A monospaced letter is 0.6 as wide as high; text_width reckons with 0.56."""
    return text_width(text, size) * 0.6 / 0.56 if text.isascii() else text_width(text, size) * 1.05


def _short(label: str, most: int = 90) -> str:
    return label if len(label) <= most else label[: most - 1] + "…"
