"""A tree as Markdown that Jupyter shows: for the text cells of a notebook.

Our own boxes become quotations, formulas of the registry mathematics set apart with the meaning of every symbol.
"""

from __future__ import annotations

import re

from jinjie.base.words import Language, say
from jinjie.course.content.library import Library
from jinjie.course.render import tree
from jinjie.course.render.links import destination
from jinjie.course.render.tree import Inline

_SPECIAL = re.compile(r"([\\`*_\[\]<>$|~])")


class Markdown:
    """Writes what is text; code and what is live belong into cells of their own."""

    def __init__(self, library: Library, lang: Language) -> None:
        self.library = library
        self.lang = lang

    def heading(self, block: tree.Heading) -> str:
        return f"{'#' * block.level} {self.line(block.parts)}"

    def paragraph(self, block: tree.Paragraph) -> str:
        text = self.line(block.parts)
        # what would begin a list, a heading or a quotation is text here
        return re.sub(r"^(\d+)([.)])(?=\s)", r"\1\\\2", re.sub(r"^([#+>=-])", r"\\\1", text))

    def table(self, block: tree.Cells) -> str:
        def row(cells: tuple[tuple[Inline, ...], ...]) -> str:
            return "| " + " | ".join(self.line(cell).replace("\n", " ") for cell in cells) + " |"

        sides = {"left": ":--", "center": ":-:", "right": "--:", None: "---"}
        rule = "| " + " | ".join(sides[side] for side in block.align) + " |"
        return "\n".join([row(block.head), rule, *(row(cells) for cells in block.rows)])

    def box_head(self, block: tree.Box) -> str:
        kind = say(tree.BOXES[block.kind], self.lang)
        title = self.line(block.title)
        return f"**{kind}** · {title}" if title else f"**{kind}**"

    def formula(self, slug: str) -> str:
        from jinjie.course.formula.registry import get

        formula = get(slug)
        if formula is None:
            return f"`{slug}`"
        rows = [f"$$\n{formula.latex.strip()}\n$$", ""]
        for symbol in formula.symbols:
            shape = symbol.shape if symbol.shape and symbol.shape not in ("()", "(...)") else ""
            kind = f" `{shape}`" if shape else ""
            rows.append(f"- ${symbol.latex.strip()}$ {escaped(symbol.meaning.in_(self.lang))}{kind}")
        name = escaped(formula.name.in_(self.lang))
        return "\n".join([*rows, "", f"*{name}*: `jinjie formula {slug}`"])

    def fenced(self, text: str, kind: str = "") -> str:
        marks = max((len(found) for found in re.findall(r"`+", text)), default=0)
        fence = "`" * max(3, marks + 1)
        return f"{fence}{kind}\n{text}\n{fence}"

    # In the line

    def line(self, parts: tuple[Inline, ...]) -> str:
        return "".join(self.inline(part) for part in parts)

    def inline(self, part: Inline) -> str:
        match part:
            case tree.Plain(text):
                return escaped(text)
            case tree.Emphasis(inner):
                return _around("*", self.line(inner))
            case tree.Strong(inner):
                return _around("**", self.line(inner))
            case tree.CodeSpan(text):
                marks = max((len(found) for found in re.findall(r"`+", text)), default=0)
                tick = "`" * (marks + 1)
                room = " " if marks or not text.strip() else ""
                return f"{tick}{room}{text}{room}{tick}"
            case tree.Mathematics(latex):
                return f"${latex.strip()}$"
            case tree.Break():
                return "  \n"
            case tree.Picture():
                return f"![{escaped(part.alt)}](attachment:{part.file})"
            case tree.Link():
                return self.link(part)

    def link(self, link: tree.Link) -> str:
        words = self.line(link.parts)
        to = destination(link, self.library, self.lang)
        if to.href and to.href.startswith("http"):
            return f"[{words}]({to.href.replace('(', '%28').replace(')', '%29')})"
        return f"{words} (`{to.command}`)" if to.command else words


def quoted(text: str) -> str:
    """As a quotation."""
    return "\n".join(f"> {row}".rstrip() for row in text.split("\n"))


def indented(text: str, mark: str) -> str:
    """As an item of a list."""
    first, *rest = text.split("\n")
    room = " " * len(mark)
    return "\n".join([mark + first, *(room + row if row else row for row in rest)])


def escaped(text: str) -> str:
    """Characters that mean nothing but themselves."""
    return _SPECIAL.sub(r"\\\1", text)


def _around(marks: str, inner: str) -> str:
    """Emphasis as HTML where its stars would not open and close: Jupyter reads stars by the rules for English."""
    name = "strong" if len(marks) == 2 else "em"
    if inner and re.fullmatch(r"\w.*\w|\w", inner, re.DOTALL) and "*" not in inner:
        return f"{marks}{inner}{marks}"
    return f"<{name}>{inner}</{name}>"
