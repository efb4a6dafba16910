"""A tree as HTML for the studio's page: semantic, without inline styles, sanitised as the last thing."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from jinjie.base.words import Language, say
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library
from jinjie.course.render import highlight, tree
from jinjie.course.render.findings import picture
from jinjie.course.render.links import destination
from jinjie.course.render.mathematics import NotMathematics, mathml
from jinjie.course.render.results import AsWritten, Printed, Results, shown
from jinjie.course.render.sanitise import sanitise
from jinjie.course.render.tree import Block, Inline, Tree

EMPTY = '<div class="live" data-live="{kind}" data-slug="{slug}"></div>'
"""Where the page puts what is live: forms do not pass the sanitiser, and they are not of the text."""


@dataclass(frozen=True)
class Contents:
    """A line of the table of contents."""

    level: int
    id: str
    html: str


@dataclass(frozen=True)
class Page:
    """A text as HTML, and its table of contents."""

    body: str
    contents: tuple[Contents, ...]


def html(
    text: Tree,
    library: Library,
    lang: Language,
    results: Results | None = None,
    notes: Sequence[Finding] = (),
) -> Page:
    """The text as a page shows it. What is live is an empty element with `data-live` and `data-slug`.

    `notes` are shown at their places, after the block that they are about: for whoever writes the text.
    """
    writer = _Writer(text, library, lang, results or AsWritten())
    contents = tuple(
        Contents(heading.level, heading.id, sanitise(writer.line(heading.parts, linked=False)))
        for heading in text.headings()
        if heading.level <= 3
    )
    return Page(sanitise(writer.noted(text.blocks, notes) if notes else writer.blocks(text.blocks)), contents)


def line(parts: tuple[Inline, ...], library: Library, lang: Language) -> str:
    """Text in the line: a title, a question."""
    nothing = Tree((), Path("text.md"))
    return sanitise(_Writer(nothing, library, lang, AsWritten()).line(parts))


class _Writer:
    def __init__(self, text: Tree, library: Library, lang: Language, results: Results) -> None:
        self.folder = text.file.parent
        self.library = library
        self.lang = lang
        self.results = results
        self.figures = 0

    def say(self, key: str, **params: object) -> str:
        return escape(say(key, self.lang, **params))

    def blocks(self, blocks: tuple[Block, ...]) -> str:
        return "\n".join(self.block(block) for block in blocks)

    def noted(self, blocks: tuple[Block, ...], notes: Sequence[Finding]) -> str:
        """Blocks with the notes on each right after it."""
        made = []
        rest = sorted(notes, key=lambda one: one.line)
        for i, block in enumerate(blocks):
            if not i:
                made += [self.note(one) for one in rest if one.line < block.line]
            made.append(self.block(block))
            end = blocks[i + 1].line if i + 1 < len(blocks) else float("inf")
            made += [self.note(one) for one in rest if block.line <= one.line < end]
        return "\n".join(made or [self.note(one) for one in rest])

    def note(self, found: Finding) -> str:
        where = f'<span class="note-place">{found.code} · {escape(found.file.name)}:{found.line}</span>'
        fix = f'<span class="note-fix">{escape(found.fix(self.lang))}</span>'
        return f'<p class="note" role="note">{where} {escape(found.says(self.lang))} {fix}</p>'

    def block(self, block: Block) -> str:
        match block:
            case tree.Heading():
                words = self.line(block.parts, linked=False)
                link = f'<a class="anchor" href="#{block.id}">{words}</a>'
                return f'<h{block.level} id="{block.id}">{link}</h{block.level}>'
            case tree.Paragraph():
                return f"<p>{self.line(block.parts)}</p>"
            case tree.Items():
                return self.items(block)
            case tree.Quotation():
                return f"<blockquote>{self.blocks(block.blocks)}</blockquote>"
            case tree.Cells():
                return self.table(block)
            case tree.Rule():
                return "<hr>"
            case tree.Box():
                return self.box(block)
            case tree.Python():
                code = f'<pre class="code" tabindex="0"><code>{highlight.python(block.source)}</code></pre>'
                under = self.printed(shown(block, self.results))
                return f'<div class="python" data-line="{block.line}">{code}{under}</div>'
            case tree.Commands():
                return f'<pre class="console" tabindex="0"><code>{_commands(block.text)}</code></pre>'
            case tree.Verbatim():
                return f'<pre class="verbatim" tabindex="0"><code>{escape(block.text)}</code></pre>'
            case tree.Formulas():
                return "\n".join(self.formula(slug) for slug, _ in block.ids)
            case tree.Figure():
                return self.figure(block)
            case tree.Live():
                return EMPTY.format(kind=block.kind, slug=escape(block.slug))

    def items(self, block: tree.Items) -> str:
        rows = []
        for item in block.items:
            inner = [
                self.line(part.parts)
                if block.tight and isinstance(part, tree.Paragraph)
                else self.block(part)
                for part in item
            ]
            rows.append(f"<li>{' '.join(inner)}</li>")
        if block.first is None:
            return f"<ul>{''.join(rows)}</ul>"
        start = f' start="{block.first}"' if block.first != 1 else ""
        return f"<ol{start}>{''.join(rows)}</ol>"

    def table(self, block: tree.Cells) -> str:
        def row(cells: tuple[tuple[Inline, ...], ...], tag: str) -> str:
            made = ""
            for cell, side in zip(cells, block.align, strict=False):
                said = self.line(cell)
                name = "td" if not said.strip() else tag  # an empty corner heads nothing
                scope = ' scope="col"' if name == "th" else ""
                where = f' class="to-{side}"' if side in ("right", "center") else ""
                made += f"<{name}{scope}{where}>{said}</{name}>"
            return f"<tr>{made}</tr>"

        body = "".join(row(cells, "td") for cells in block.rows)
        table = f"<table><thead>{row(block.head, 'th')}</thead><tbody>{body}</tbody></table>"
        return f'<div class="table" tabindex="0">{table}</div>'

    def box(self, block: tree.Box) -> str:
        kind = self.say(tree.BOXES[block.kind])
        title = self.line(block.title)
        name = f'<span class="box-kind">{kind}</span>' + (
            f' <span class="box-title">{title}</span>' if title else ""
        )
        inner = self.blocks(block.blocks)
        if block.kind == "deeper":
            return f'<details class="box deeper"><summary>{name}</summary>{inner}</details>'
        return f'<aside class="box {block.kind}" role="note"><p class="box-head">{name}</p>{inner}</aside>'

    def printed(self, printed: Printed | None) -> str:
        if printed is None:
            return ""
        kind = "printed failed" if printed.failed else "printed"
        label = self.say("lesson.page.printed")
        text = escape(printed.text)
        return f'<pre class="{kind}" tabindex="0" aria-label="{label}"><code>{text}</code></pre>'

    def formula(self, slug: str) -> str:
        from jinjie.course.formula.registry import get

        formula = get(slug)
        if formula is None:
            return f'<p class="missing">{escape(slug)}</p>'
        rows = ""
        for symbol in formula.symbols:
            shape = symbol.shape if symbol.shape and symbol.shape not in ("()", "(...)") else ""
            kind = f' <code class="shape">{escape(shape)}</code>' if shape else ""
            meaning = escape(symbol.meaning.in_(self.lang))
            rows += f"<div><dt>{mathematics(symbol.latex)}</dt><dd>{meaning}{kind}</dd></div>"
        name = escape(formula.name.in_(self.lang))
        link = f'<a href="/formulas/{slug}" title="{self.say("lesson.page.trace")}">{name}</a>'
        summary = f"<summary>{self.say('lesson.page.symbols')}</summary>"
        symbols = f'<details class="symbols">{summary}<dl>{rows}</dl></details>'
        return (
            f'<figure class="formula" id="formula-{slug}">{mathematics(formula.latex, display=True)}'
            f"<figcaption>{link}</figcaption>{symbols}</figure>"
        )

    def figure(self, block: tree.Figure) -> str:
        caption = self.line(block.caption)
        drawn = self.results.drawing(block)
        self.figures += 1
        if drawn is None:
            inner = f'<p class="undrawn">{escape(block.alt)}</p>'
        else:
            inner = drawing(drawn, block.alt, f"figure-{self.figures}")
        below = f"<figcaption>{caption}</figcaption>" if caption else ""
        return f'<figure class="drawn">{inner}{below}</figure>'

    # In the line

    def line(self, parts: tuple[Inline, ...], linked: bool = True) -> str:
        return "".join(self.inline(part, linked) for part in parts)

    def inline(self, part: Inline, linked: bool) -> str:
        match part:
            case tree.Plain(text):
                return escape(text, quote=False)
            case tree.Emphasis(inner):
                return f"<em>{self.line(inner, linked)}</em>"
            case tree.Strong(inner):
                return f"<strong>{self.line(inner, linked)}</strong>"
            case tree.CodeSpan(text):
                return f"<code>{escape(text)}</code>"
            case tree.Break():
                return "<br>"
            case tree.Mathematics(latex):
                return mathematics(latex)
            case tree.Link():
                return self.link(part) if linked else self.line(part.parts, linked)
            case tree.Picture():
                return self.picture(part)

    def link(self, link: tree.Link) -> str:
        words = self.line(link.parts, linked=False)
        to = destination(link, self.library, self.lang)
        title = f' title="{escape(to.name)}"' if to.name else ""
        if to.href is None:
            return f'<span class="to-nowhere"{title}>{words}</span>'
        return f'<a class="to-{link.kind}" href="{escape(to.href)}"{title}>{words}</a>'

    def picture(self, part: tree.Picture) -> str:
        path = picture(self.folder, part.file)
        alt = escape(part.alt)
        if path is None:
            return f'<span class="missing">{alt or escape(part.file)}</span>'
        content = path.read_bytes()
        if path.suffix == ".svg":
            self.figures += 1
            return drawing(content, part.alt, f"figure-{self.figures}")
        return f'<img src="data:image/png;base64,{base64.b64encode(content).decode()}" alt="{alt}">'


def mathematics(latex: str, display: bool = False) -> str:
    """A formula as MathML that carries its LaTeX, which a script may set more finely."""
    kind, tag = ("tex display", "div") if display else ("tex", "span")
    try:
        return f'<{tag} class="{kind}" data-latex="{escape(latex.strip())}">{mathml(latex, display)}</{tag}>'
    except NotMathematics:
        return f'<code class="missing">${escape(latex)}$</code>'


def drawing(svg: bytes, alt: str, name: str) -> str:
    """An SVG for inside a page: its ids its own, its words those of the text."""
    text = re.sub(r"<style>.*?</style>", "", svg.decode("utf-8", "replace"), flags=re.DOTALL)
    text = text[max(text.find("<svg"), 0) :].replace("xlink:href=", "href=")
    head, end, body = text.partition(">")
    head = re.sub(r'\s(?:aria-label|role|id)="[^"]*"', "", head)
    head = f'{head} role="img" aria-label="{escape(alt)}"'
    panels = re.split(r"(?=<svg\b)", body)  # several in one: equal shapes have equal ids in each
    for i, panel in enumerate(panels):
        own = f"{name}-{i}-" if i else f"{name}-"
        panels[i] = re.sub(r'(\bid="|\bhref="#|url\(#)', rf"\g<1>{own}", panel)
    return head + end + "".join(panels)


def _commands(text: str) -> str:
    rows = []
    for row in text.splitlines():
        command = row.removeprefix("$ ")
        is_command = row.startswith(("$ ", "jinjie "))
        rows.append(f'<span class="command">{escape(command)}</span>' if is_command else escape(row))
    return "\n".join(rows)
