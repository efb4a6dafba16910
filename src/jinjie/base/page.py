"""A report as one file of HTML that can be sent as it is: its style, and both languages below each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from jinjie.base.svg import COLOURS, FONTS
from jinjie.base.words import LANGUAGES, language, say, speaking

_STYLE = f"""
:root{{{";".join(f"--{name}:{pair[0]}" for name, pair in COLOURS.items())};color-scheme:light dark}}
@media (prefers-color-scheme:dark){{:root{{{";".join(f"--{name}:{pair[1]}" for name, pair in COLOURS.items())}}}}}
body{{font:16px/1.6 {FONTS};color:var(--ink);background:var(--paper);max-width:60rem;margin:2rem auto;padding:0 1rem}}
nav a{{margin-right:1rem}} a{{color:var(--series-1)}} h1{{font-size:1.5rem}} h2{{font-size:1.15rem;margin-top:2rem}}
section+section{{border-top:1px solid var(--rule);margin-top:3rem}}
table{{border-collapse:collapse;font-size:.9rem}} td,th{{padding:.25rem .75rem;text-align:left;vertical-align:top}}
th{{color:var(--muted);font-weight:normal}} tr{{border-bottom:1px solid var(--rule)}}
td.n,th.n{{text-align:right;font-variant-numeric:tabular-nums}} td,li{{overflow-wrap:anywhere}}
td:first-child{{min-width:6.5rem}} h3{{font-size:1rem}}
.wide{{overflow-x:auto}} svg{{max-width:100%;height:auto}} @media(max-width:40rem){{.wide svg{{max-width:none}}}}
.note{{color:var(--muted)}} .warning{{color:var(--series-2)}}
.seen{{display:flex;flex-wrap:wrap;gap:1rem}} .seen figure{{margin:0;max-width:9rem;font-size:.8rem}}
.seen img{{image-rendering:pixelated}}
.heat{{white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.9}} .heat i{{font-style:normal;border-radius:2px}}
{"".join(f".heat .h{i}{{background:color-mix(in srgb,var(--series-2) {10 * i}%,transparent)}}" for i in range(1, 8))}
blockquote{{margin:.5rem 0 1rem;padding-left:1rem;border-left:3px solid var(--rule);white-space:pre-wrap}}
blockquote mark{{background:color-mix(in srgb,var(--series-1) 18%,transparent);color:inherit}}
"""


def bilingual(title: str, section: Callable[[], str]) -> str:
    """A whole page: what `section` writes in the language that is spoken, in both, the current one first."""
    first = language()
    names, parts = [], []
    for lang in sorted(LANGUAGES, key=lambda lang: lang != first):
        with speaking(lang):
            names.append(f'<a href="#{lang}">{say("page.language")}</a>')
            parts.append(f'<section id="{lang}" lang="{lang}">{section()}</section>')
    return (
        f'<!doctype html><html lang="{first}"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style><nav>{''.join(names)}</nav>{''.join(parts)}</html>\n"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> str:
    """A table of texts; what stands behind the first `words` columns is numbers."""
    sides = ["" if i < words else ' class="n"' for i in range(len(head))]
    heading = "".join(f"<th{side}>{escape(word)}</th>" for side, word in zip(sides, head, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{side}>{escape(cell)}</td>' for side, cell in zip(sides, row, strict=True))}</tr>"
        for row in rows
    )
    return f'<div class="wide" tabindex="0"><table><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table></div>'
