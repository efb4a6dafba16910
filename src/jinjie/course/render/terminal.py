"""A tree for a terminal: wrapped to its width, formulas in plain characters, boxes with a frame, code in colours."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from jinjie.base.words import Language, say
from jinjie.course.content.library import Library
from jinjie.course.render import tree
from jinjie.course.render.links import destination
from jinjie.course.render.mathematics import as_plain
from jinjie.course.render.results import AsWritten, Results, shown
from jinjie.course.render.tree import Block, Inline, Tree
from jinjie.course.render.wrap import Words

LEFT = (0, 0, 0, 2)
"""Room before what is no text."""
COLOURS = {"idea": "cyan", "mistake": "red", "try": "green", "deeper": "magenta"}
DO = {
    "experiment": "lesson.do.experiment",
    "exercise": "lesson.do.exercise",
    "quiz": "lesson.do.quiz",
}
COMMANDS = {
    "experiment": "jinjie experiment {slug}",
    "exercise": "jinjie exercise start {slug}",
    "quiz": "jinjie quiz {slug}",
}


@dataclass
class Written:
    """A text for a terminal, and the commands that its links stand for."""

    body: RenderableType
    commands: dict[str, str] = field(default_factory=dict)
    """The command, and what it shows."""


def terminal(
    text: Tree, library: Library, lang: Language, results: Results | None = None, quiz: str | None = None
) -> Written:
    """The text as rich prints it. `quiz` is the slug of the lesson's."""
    writer = _Writer(library, lang, results or AsWritten(), quiz)
    return Written(writer.blocks(text.blocks), writer.commands)


class _Writer:
    def __init__(self, library: Library, lang: Language, results: Results, quiz: str | None) -> None:
        self.library = library
        self.lang = lang
        self.results = results
        self.quiz = quiz
        self.commands: dict[str, str] = {}

    def blocks(self, blocks: tuple[Block, ...]) -> RenderableType:
        """Blocks with an empty line between them."""
        return Group(*_apart([self.block(block) for block in blocks]))

    def block(self, block: Block) -> RenderableType:
        match block:
            case tree.Heading():
                style = "bold" if block.level > 2 else "bold underline"
                words = self.line(block.parts)
                words.stylize(style)
                return Words(words)
            case tree.Paragraph():
                return Words(self.line(block.parts))
            case tree.Items():
                return self.items(block)
            case tree.Quotation():
                return Padding(self.blocks(block.blocks), LEFT, style="italic", expand=False)
            case tree.Cells():
                return self.table(block)
            case tree.Rule():
                return Text("─" * 20, style="dim")
            case tree.Box():
                title = Text(say(tree.BOXES[block.kind], self.lang), style="bold")
                inner = self.blocks(block.blocks)
                if block.title:
                    inner = Group(Words(_styled(self.line(block.title), "bold")), Text(""), inner)
                return Panel(
                    inner, title=title, title_align="left", border_style=COLOURS[block.kind], padding=(0, 1)
                )
            case tree.Python():
                return self.python(block)
            case tree.Commands():
                return Padding(Text(block.text, style="green", overflow="fold"), LEFT, expand=False)
            case tree.Verbatim():
                return Padding(Text(block.text, overflow="fold"), LEFT, expand=False)
            case tree.Formulas():
                return Group(*_apart([self.formula(slug) for slug, _ in block.ids]))
            case tree.Figure():
                return self.figure(block)
            case tree.Live():
                return self.live(block)

    def items(self, block: tree.Items) -> RenderableType:
        rows: list[RenderableType] = []
        for i, item in enumerate(block.items):
            mark = "•" if block.first is None else f"{block.first + i}."
            grid = Table.grid(padding=(0, 1, 0, 0))
            grid.add_column(width=len(mark), no_wrap=True)
            grid.add_column(ratio=1)
            inner = [self.block(part) for part in item]
            grid.add_row(mark, Group(*(inner if block.tight else _apart(inner))))
            if rows and not block.tight:
                rows.append(Text(""))
            rows.append(Padding(grid, (0, 0, 0, 1), expand=False))
        return Group(*rows)

    def table(self, block: tree.Cells) -> RenderableType:
        from rich import box

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for cell, side in zip(block.head, block.align, strict=False):
            table.add_column(self.line(cell), justify=side or "left")
        for row in block.rows:
            table.add_row(*(self.line(cell) for cell in row[: len(block.head)]))
        return table

    def python(self, block: tree.Python) -> RenderableType:
        from rich.syntax import Syntax

        code = Syntax(block.source, "python", theme="ansi_dark", background_color="default", word_wrap=True)
        parts: list[RenderableType] = [Padding(code, LEFT, expand=False)]
        if (printed := shown(block, self.results)) is not None:
            style = "red" if printed.failed else "dim"
            rows = Text("\n").join(Text.assemble("→ ", row) for row in printed.text.split("\n"))
            rows.stylize(style)
            parts.append(Padding(rows, LEFT, expand=False))
        return Group(*parts)

    def formula(self, slug: str) -> RenderableType:
        from jinjie.course.formula.plain import plain
        from jinjie.course.formula.registry import get

        formula = get(slug)
        if formula is None:
            return Text(slug, style="red")
        self.commands[f"jinjie formula {slug}"] = formula.name.in_(self.lang)
        grid = Table.grid(padding=(0, 2, 0, 0))
        for symbol in formula.symbols:
            shape = symbol.shape if symbol.shape and symbol.shape not in ("()", "(...)") else ""
            meaning = Text.assemble(symbol.meaning.in_(self.lang), (f"  {shape}" if shape else "", "dim"))
            grid.add_row(Text(plain(symbol.latex)), Words(meaning))
        lines = Text("\n".join(formula.plain().splitlines()), style="bold cyan", overflow="fold")
        return Padding(Group(lines, Padding(grid, LEFT, expand=False)), LEFT, expand=False)

    def figure(self, block: tree.Figure) -> RenderableType:
        kind = say("lesson.page.figure", self.lang)
        text = Text.assemble((f"[{kind}] ", "bold magenta"), (block.alt, "italic"))
        if (path := self.drawn(block)) is not None:
            text.append(f"\n{path}", style="dim")
        parts: list[RenderableType] = [Words(text)]
        if block.caption:
            parts.append(Words(self.line(block.caption)))
        return Padding(Group(*parts), LEFT, expand=False)

    def drawn(self, block: tree.Figure) -> Path | None:
        """The figure as a file to open; None where nothing was drawn."""
        svg = self.results.drawing(block)
        if svg is None:
            return None
        import hashlib

        from jinjie.base.files import write_whole
        from jinjie.base.paths import pictures_home
        from jinjie.base.svg import standalone

        path = pictures_home() / f"{block.experiment}-{hashlib.sha256(svg).hexdigest()[:10]}.svg"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, standalone(svg))
        return path

    def live(self, block: tree.Live) -> RenderableType:
        slug = block.slug or self.quiz or ""
        command = COMMANDS[block.kind].format(slug=slug)
        title = {
            "experiment": self.library.experiments,
            "exercise": self.library.exercises,
        }.get(block.kind, {})
        named = title.get(slug) if isinstance(title, dict) else None
        words = Text(say(DO[block.kind], self.lang), style="bold green")
        if named is not None:
            words.append(f" · {named.entry.title.in_(self.lang)}", style="default not bold")
        return Padding(Words(Text.assemble(words, "\n", (command, "green"))), LEFT, expand=False)

    # In the line

    def line(self, parts: tuple[Inline, ...]) -> Text:
        made = Text()
        for part in parts:
            made.append_text(self.inline(part))
        return made

    def inline(self, part: Inline) -> Text:
        match part:
            case tree.Plain(text):
                return Text(text)
            case tree.Emphasis(inner):
                return _styled(self.line(inner), "italic")
            case tree.Strong(inner):
                return _styled(self.line(inner), "bold")
            case tree.CodeSpan(text):
                return Text(text, style="cyan")
            case tree.Mathematics(latex):
                return Text(as_plain(latex), style="bold cyan")
            case tree.Break():
                return Text("\n")
            case tree.Picture():
                return Text(f"[{part.alt}]", style="italic")
            case tree.Link():
                to = destination(part, self.library, self.lang)
                if to.command:
                    self.commands.setdefault(to.command, to.name)
                words = self.line(part.parts)
                if to.href and to.href.startswith("http"):
                    words.stylize(f"link {to.href}")
                return _styled(words, "underline" if to.href else "")


def _apart(parts: list[RenderableType]) -> list[RenderableType]:
    """The parts with an empty line between them."""
    return [one for i, part in enumerate(parts) for one in ([Text(""), part] if i else [part])]


def _styled(text: Text, style: str) -> Text:
    text.stylize(style)
    return text
