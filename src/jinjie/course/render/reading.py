"""From a text to its tree. Nothing that a text says raises: what is wrong with it is a finding with its line.

CommonMark with tables, `$mathematics$`, boxes and the fences of docs/decisions/0010. HTML is text here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from jinjie.base.errors import did_you_mean
from jinjie.base.words import LANGUAGES, language
from jinjie.course.content.finding import Finding
from jinjie.course.render import tree
from jinjie.course.render.emphasis import tokenize
from jinjie.course.render.fences import Fences
from jinjie.course.render.tree import Block, BoxKind, Inline, LinkKind, Tree
from jinjie.course.render.width import is_wide

BOXES: tuple[BoxKind, ...] = get_args(BoxKind)
KINDS: tuple[LinkKind, ...] = ("lesson", "concept", "formula", "resource", "recipe")
DEEPEST = 12
"""Lists within quotations within boxes."""
_DISPLAYED = re.compile(r"\\\[|\\begin\{(equation|align|gather|multline|eqnarray)\*?\}")


def parse(text: str, file: Path | None = None) -> Tree:
    """The tree of a lesson's or a statement's text; `file` is what its findings name."""
    return _Reading(text, file or Path("text.md")).read()


def parse_line(text: str, file: Path | None = None, line: int = 1) -> tuple[Inline, ...]:
    """A title, a caption, a question's stem: text in the line alone."""
    # YAML folds lines with a space, which Chinese has no use for
    folded = "".join(
        character
        for i, character in enumerate(text)
        if not (character == " " and 0 < i < len(text) - 1 and is_wide(text[i - 1]) and is_wide(text[i + 1]))
    )
    return _Reading(folded, file or Path("text.md"), line).line()


@cache
def _markdown() -> MarkdownIt:
    from mdit_py_plugins.container import container_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    def any_name(params: str, markup: str) -> bool:
        return True

    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 40}).enable("table")
    made.disable("html_block").disable("html_inline")
    made.inline.ruler.at("emphasis", tokenize)
    # a dollar beside a space or a digit is money
    made.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    made.use(container_plugin, name="box", validate=any_name)
    made.validateLink = lambda url: True  # type: ignore[method-assign]  # addresses are judged below
    return made


class _Reading:
    """One text being read."""

    def __init__(self, text: str, file: Path, first: int = 1) -> None:
        self.text = text
        self.file = file
        self.first = first
        self.rows = text.split("\n")
        self.findings: list[Finding] = []
        self.sections: list[int] = []
        lang = next((lang for lang in LANGUAGES if lang == file.stem), language())
        self.fences = Fences(self.say, self.inline_text, self.rows, lang)

    def say(self, code: str, line: int, key: str, /, **params: Any) -> None:
        self.findings.append(Finding.at(code, self.file, line, key, **params))

    def read(self) -> Tree:
        try:
            root = SyntaxTreeNode(_markdown().parse(self.text))
        except RecursionError:
            self.say("C001", 1, "lesson.too_deep", most=DEEPEST)
            return Tree((), self.file, tuple(self.findings))
        blocks = self.blocks(root.children, 0)
        for at in self.fences.lonely:
            self.say("C001", at, "lesson.lonely_output")
        return Tree(blocks, self.file, tuple(sorted(self.findings, key=lambda one: one.line)))

    def line(self) -> tuple[Inline, ...]:
        return self.inline_text(self.text, self.first)

    def inline_text(self, text: str, line: int) -> tuple[Inline, ...]:
        tokens = _markdown().parseInline(text)
        return self.inlines(SyntaxTreeNode(tokens).children, line)

    # Blocks

    def blocks(self, nodes: list[SyntaxTreeNode], depth: int) -> tuple[Block, ...]:
        if depth > DEEPEST:
            line = _line(nodes[0]) if nodes else 1
            self.say("C001", line, "lesson.too_deep", most=DEEPEST)
            return ()
        found: list[Block] = []
        for node in nodes:
            if node.type == "fence":
                if (made := self.fences.read(node, found)) is not None:
                    found.append(made)
            elif (block := self.block(node, depth)) is not None:
                found.append(block)
        return tuple(found)

    def block(self, node: SyntaxTreeNode, depth: int) -> Block | None:
        line = _line(node)
        match node.type:
            case "heading":
                return self.heading(node, line)
            case "paragraph":
                return self.paragraph(node, line, depth)
            case "bullet_list" | "ordered_list":
                items = tuple(self.blocks(item.children, depth + 1) for item in node.children)
                tight = all(
                    p.hidden for item in node.children for p in item.children if p.type == "paragraph"
                )
                first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
                return tree.Items(items, first, tight, line)
            case "blockquote":
                return tree.Quotation(self.blocks(node.children, depth + 1), line)
            case "table":
                return self.table(node, line)
            case "hr":
                return tree.Rule(line)
            case "container_box":
                return self.box(node, line, depth)
            case "math_block" | "math_block_label":
                self.say("C042", line, "lesson.displayed", came=_short(node.content))
                return None
            case "code_block":
                self.say("C001", line, "lesson.indented_code")
                return tree.Verbatim(node.content, line)
        self.say("C001", line, "lesson.no_such_block", came=node.type)
        return None

    def heading(self, node: SyntaxTreeNode, line: int) -> tree.Heading:
        level = int(node.tag[1])
        if level == 1:
            self.say("C001", line, "lesson.first_heading")
            level = 2
        if level > len(self.sections) + 2:
            self.say("C001", line, "lesson.heading_skips", came=level, wanted=len(self.sections) + 2)
            level = len(self.sections) + 2
        depth = level - 1
        self.sections = [*self.sections[:depth], *[0] * (depth - len(self.sections))]
        self.sections[depth - 1] += 1
        name = "section-" + "-".join(map(str, self.sections))
        parts = self.inlines(node.children, line)
        if not tree.said(parts).strip():
            self.say("C001", line, "lesson.empty_heading")
        return tree.Heading(level, parts, name, line)

    def paragraph(self, node: SyntaxTreeNode, line: int, depth: int) -> Block | None:
        parts = self.inlines(node.children, line)
        alone = [
            part for part in parts if not (isinstance(part, tree.Plain) and not part.text.strip(" .,;。，；"))
        ]
        if depth == 0 and len(alone) == 1 and isinstance(only := alone[0], tree.Mathematics):
            # a formula that stands by itself is displayed, whatever it is written with
            self.say("C042", line, "lesson.displayed", came=_short(only.latex))
        text = "".join(part.text for part in parts if isinstance(part, tree.Plain))
        if _DISPLAYED.search("\n".join(self.rows[line - 1 : node.map[1] if node.map else line])):
            self.say("C042", line, "lesson.displayed", came=_short(text))
        return tree.Paragraph(parts, line) if parts else None

    def table(self, node: SyntaxTreeNode, line: int) -> tree.Cells:
        rows: list[tuple[tuple[Inline, ...], ...]] = []
        align: tuple[tree.Align, ...] = ()
        for part in node.children:
            for row in part.children:
                here = _line(row) if row.map else line
                rows.append(tuple(self.inlines(cell.children, here) for cell in row.children))
                if not align:
                    align = tuple(_align(cell) for cell in row.children)
        return tree.Cells(rows[0], tuple(rows[1:]), align, line)

    def box(self, node: SyntaxTreeNode, line: int, depth: int) -> Block | None:
        info = node.info.strip()
        name, _, title = info.partition(" ")
        if not info:
            self.say("C001", line, "lesson.closes_nothing")
        elif name not in BOXES:
            suggestion = did_you_mean(name, BOXES)
            self.say("C001", line, "lesson.no_such_box", name=name, suggestion=suggestion)
        blocks = self.blocks(node.children, depth + 1)
        end = node.map[1] if node.map else line
        closing = self.rows[end].strip() if end < len(self.rows) else ""
        if info and not re.search(r":{3,}$", closing.lstrip("> ")):
            self.say("C001", line, "lesson.box_open", name=name)
        elif info and not blocks:
            self.say("C001", line, "lesson.box_empty", name=name)
        kind = name if name in BOXES else "idea"
        return tree.Box(kind, self.inline_text(title.strip(), line), blocks, line)

    # In the line

    def inlines(self, nodes: list[SyntaxTreeNode], line: int) -> tuple[Inline, ...]:
        found: list[Inline] = []
        if len(nodes) == 1 and nodes[0].type == "inline":
            nodes = nodes[0].children
        here = line
        for i, node in enumerate(nodes):
            if node.type in ("softbreak", "hardbreak"):
                here += 1
            if node.type == "softbreak":
                found.append(tree.Plain(_between(nodes, i)))
            elif (part := self.inline(node, here)) is not None:
                found.append(part)
            here += sum(inner.type in ("softbreak", "hardbreak") for inner in node.walk(include_self=False))
        return _joined(found)

    def inline(self, node: SyntaxTreeNode, line: int) -> Inline | None:
        match node.type:
            case "text" | "text_special":
                return tree.Plain(node.content)
            case "em":
                return tree.Emphasis(self.inlines(node.children, line))
            case "strong":
                return tree.Strong(self.inlines(node.children, line))
            case "code_inline":
                return tree.CodeSpan(node.content)
            case "hardbreak":
                return tree.Break()
            case "math_inline":
                return tree.Mathematics(node.content, line)
            case "math_inline_double":
                self.say("C042", line, "lesson.displayed", came=_short(node.content))
                return tree.Mathematics(node.content, line)
            case "link":
                return self.link(node, line)
            case "image":
                alt = tree.said(self.inlines(node.children, line))
                return tree.Picture(unquote(str(node.attrs.get("src", ""))), alt, line)
        return tree.Plain(node.content)

    def link(self, node: SyntaxTreeNode, line: int) -> Inline:
        target = str(node.attrs.get("href", ""))
        parts = self.inlines(node.children, line)
        scheme, colon, rest = target.partition(":")
        kind: LinkKind
        if target.startswith("#"):
            kind, rest = "here", target[1:]
        elif colon and scheme in KINDS:
            kind = scheme
        elif re.match(r"https?://[^\s/]", target):
            kind, rest = "web", target
        else:
            names = ", ".join(f"{name}:" for name in KINDS)
            self.say("C005", line, "lesson.no_such_link", came=_short(target), names=names)
            return tree.Emphasis(parts)
        if not tree.said(parts).strip():
            self.say("C005", line, "lesson.empty_link", came=_short(target))
        return tree.Link(kind, rest, parts, line)


def _between(nodes: list[SyntaxTreeNode], i: int) -> str:
    """What the end of a line in the file becomes: a space, or nothing between Chinese characters."""
    before = nodes[i - 1].content if i else ""
    after = nodes[i + 1].content if i + 1 < len(nodes) else ""
    return "" if before and after and is_wide(before[-1]) and is_wide(after[0]) else " "


def _joined(parts: list[Inline]) -> tuple[Inline, ...]:
    """Characters that follow characters as one."""
    found: list[Inline] = []
    for part in parts:
        if isinstance(part, tree.Plain) and found and isinstance(last := found[-1], tree.Plain):
            found[-1] = tree.Plain(last.text + part.text)
        elif not (isinstance(part, tree.Plain) and not part.text):
            found.append(part)
    return tuple(found)


def _line(node: SyntaxTreeNode) -> int:
    return node.map[0] + 1 if node.map else 1


def _align(cell: SyntaxTreeNode) -> tree.Align:
    side = str(cell.attrs.get("style", "")).removeprefix("text-align:")
    return cast(tree.Align, side if side in ("left", "center", "right") else None)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"


__all__ = ["parse", "parse_line"]
