"""A lesson as a Jupyter notebook that runs from top to bottom: the same text, code in cells, exercises to fill in.

Equal lessons give equal files: the ids of cells are numbers, and nothing of the moment is written.
"""

from __future__ import annotations

import base64
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.files import write_whole
from jinjie.base.svg import standalone
from jinjie.base.words import Language, say
from jinjie.course.content import schema
from jinjie.course.content.library import Library, Written
from jinjie.course.content.sheet import Unreadable, read_words
from jinjie.course.experiments.worker import Worker
from jinjie.course.render import tree
from jinjie.course.render.findings import picture
from jinjie.course.render.kept import Kept
from jinjie.course.render.markdown import Markdown, escaped, indented, quoted
from jinjie.course.render.reading import parse
from jinjie.course.render.results import Results
from jinjie.course.render.tree import Block


def write(
    lesson: Written[schema.Lesson],
    library: Library,
    lang: Language,
    file: Path,
    worker: Worker | None = None,
    replace: bool = False,
) -> None:
    """Write the notebook, whole or not at all. `worker` draws its figures.

    Raises InvalidInput: no `.ipynb`, no folder to write into, or something there already that `replace` does not allow
    to go; or a text that cannot be read.
    """
    if file.suffix != ".ipynb":
        raise InvalidInput([Problem("--notebook", "lesson.notebook_suffix", file=file)])
    if not file.parent.is_dir():
        raise InvalidInput([Problem("--notebook", "lesson.notebook_folder", folder=file.parent)])
    if file.is_dir() or (file.exists() and not replace and file.stat().st_size):
        raise InvalidInput([Problem("--notebook", "lesson.notebook_there", file=file)])
    write_whole(file, text(lesson, library, lang, worker, home=file.parent))


def text(
    lesson: Written[schema.Lesson],
    library: Library,
    lang: Language,
    worker: Worker | None = None,
    results: Results | None = None,
    home: Path | None = None,
) -> str:
    """The notebook's file. Raises InvalidInput naming the line of a text that cannot be read.

    `home` is the folder it will stand in: a content folder is named from there, so that both can be moved together.
    """
    import nbformat

    try:
        words = lesson.words(lang)
    except Unreadable as error:
        problem = error.finding.problem
        problem.where = f"{error.finding.file}:{error.finding.line}"
        raise InvalidInput([problem]) from None
    read = parse(words, lesson.words_file(lang))
    if results is None:
        results = Kept(read, lesson, library, lang, (lambda: worker) if worker is not None else None)
    cells = _Cells(lesson, library, lang, results, home)
    cells.head()
    cells.blocks(read.blocks)
    cells.flush()
    made = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
            "title": lesson.entry.title.in_(lang),
        },
        "cells": cells.cells,
    }
    node = nbformat.from_dict(made)  # type: ignore[no-untyped-call]
    nbformat.validate(node)
    return str(nbformat.writes(node)) + "\n"  # type: ignore[no-untyped-call]


class _Cells:
    """The cells so far, and the text of the one being written."""

    def __init__(
        self,
        lesson: Written[schema.Lesson],
        library: Library,
        lang: Language,
        results: Results,
        home: Path | None,
    ) -> None:
        self.lesson = lesson
        self.library = library
        self.lang = lang
        self.results = results
        self.home = home
        self.markdown = Markdown(library, lang)
        self.cells: list[dict[str, Any]] = []
        self.parts: list[str] = []
        self.attached: dict[str, dict[str, str]] = {}

    def head(self) -> None:
        entry = self.lesson.entry
        self.parts.append(f"# {escaped(entry.title.in_(self.lang))}")
        self.parts.append(escaped(entry.summary.in_(self.lang)))

    def flush(self) -> None:
        """End the text cell."""
        if not self.parts:
            return
        cell: dict[str, Any] = {"cell_type": "markdown", "metadata": {}, "source": "\n\n".join(self.parts)}
        if self.attached:
            cell["attachments"] = self.attached
        self._add(cell)
        self.parts, self.attached = [], {}

    def code(self, source: str, printed: str | None = None, tags: Sequence[str] = ()) -> None:
        self.flush()
        outputs = [{"output_type": "stream", "name": "stdout", "text": printed + "\n"}] if printed else []
        metadata = {"tags": list(tags)} if tags else {}
        self._add(
            {
                "cell_type": "code",
                "metadata": metadata,
                "source": source,
                "outputs": outputs,
                "execution_count": None,
            }
        )

    def _add(self, cell: dict[str, Any]) -> None:
        self.cells.append({"id": f"{self.lesson.slug[:50]}-{len(self.cells) + 1}", **cell})

    def blocks(self, blocks: Sequence[Block], quote: bool = False) -> None:
        for block in blocks:
            self.block(block, quote)

    def say(self, text: str, quote: bool) -> None:
        self.parts.append(quoted(text) if quote else text)

    def block(self, block: Block, quote: bool) -> None:
        match block:
            case tree.Heading():
                if block.level == 2:
                    self.flush()
                self.say(self.markdown.heading(block), quote)
            case tree.Box():
                self.say(self.markdown.box_head(block), True)
                self.blocks(block.blocks, quote=True)
                self.flush()
            case tree.Python():
                self.code(block.source, block.output.text if block.output else None)
            case tree.Figure():
                self.figure(block, quote)
            case tree.Live():
                self.live(block, quote)
            case tree.Items() | tree.Quotation() if _holds_cells(block):
                items = block.items if isinstance(block, tree.Items) else (block.blocks,)
                inner = (part for item in items for part in item)
                self.blocks(list(inner), quote or isinstance(block, tree.Quotation))
            case _:
                self.say(self.still(block), quote)

    def still(self, block: Block) -> str:
        """A block that is text and nothing else."""
        match block:
            case tree.Paragraph():
                self.attach(block)
                return self.markdown.paragraph(block)
            case tree.Heading():
                return self.markdown.heading(block)
            case tree.Items():
                return self.items(block)
            case tree.Quotation():
                return quoted("\n\n".join(self.still(part) for part in block.blocks))
            case tree.Cells():
                return self.markdown.table(block)
            case tree.Rule():
                return "---"
            case tree.Commands() | tree.Verbatim():
                return self.markdown.fenced(block.text)
            case tree.Formulas():
                return "\n\n".join(self.markdown.formula(slug) for slug, _ in block.ids)
            case tree.Box():
                inner = [self.markdown.box_head(block), *(self.still(part) for part in block.blocks)]
                return quoted("\n\n".join(inner))
        return ""

    def items(self, block: tree.Items) -> str:
        rows = []
        for i, item in enumerate(block.items):
            mark = "- " if block.first is None else f"{block.first + i}. "
            rows.append(
                indented(("\n" if block.tight else "\n\n").join(self.still(part) for part in item), mark)
            )
        return ("\n" if block.tight else "\n\n").join(rows)

    def attach(self, block: tree.Paragraph) -> None:
        for part in tree.walk(block):
            if (
                isinstance(part, tree.Picture)
                and (path := picture(self.lesson.folder, part.file)) is not None
            ):
                kind = "image/svg+xml" if path.suffix == ".svg" else "image/png"
                self.attached[part.file] = {kind: base64.b64encode(path.read_bytes()).decode()}

    def figure(self, block: tree.Figure, quote: bool) -> None:
        drawn = self.results.drawing(block)
        caption = self.markdown.line(block.caption)
        if drawn is None:
            kind = say("lesson.page.figure", self.lang)
            self.say(f"*{kind}*: {escaped(block.alt)}" + (f"\n\n{caption}" if caption else ""), quote)
            return
        name = f"{block.experiment}-{block.line}.svg"
        self.attached[name] = {"image/svg+xml": base64.b64encode(standalone(drawn)).decode()}
        self.say(f"![{escaped(block.alt)}](attachment:{name})" + (f"\n\n{caption}" if caption else ""), quote)

    def live(self, block: tree.Live, quote: bool) -> None:
        match block.kind:
            case "exercise":
                self.exercise(block.slug)
            case "quiz":
                self.say(self.do("lesson.do.quiz", f"jinjie quiz {self.lesson.entry.quiz or ''}"), quote)
            case "experiment":
                self.experiment(block.slug, quote)

    def do(self, key: str, command: str, title: str = "") -> str:
        words = f"**{say(key, self.lang)}**" + (f" · {escaped(title)}" if title else "")
        return f"{words}\n\n{self.markdown.fenced(command.strip())}"

    def experiment(self, slug: str, quote: bool) -> None:
        known = self.library.experiments.get(slug)
        title = known.entry.title.in_(self.lang) if known else slug
        self.say(self.do("lesson.do.experiment", f"jinjie experiment {slug}", title), quote)
        if known is not None:
            self.say(escaped(known.entry.notice.in_(self.lang)), quote)

    def exercise(self, slug: str) -> None:
        """What is asked, a cell that writes the learner's file, and one that has it graded."""
        known = self.library.exercises.get(slug)
        if known is None:
            self.parts.append(f"`{slug}`")
            return
        self.parts.append(f"### {escaped(known.entry.title.in_(self.lang))}")
        try:
            asked = parse(known.words(self.lang), known.words_file(self.lang))
            starter = read_words(known.folder / "starter.py")
        except Unreadable as error:
            self.parts.append(f"`{error.finding.file.name}`")
            return
        self.parts += [self.still(block) for block in asked.blocks if not isinstance(block, tree.Python)]
        file = f"{slug.replace('-', '_')}.py"
        self.code(f"%%writefile {file}\n{starter.rstrip()}", tags=["exercise"])
        lang = f" --lang {self.lang}" if self.lang != "en" else ""
        extra = "" if known.ours else f" --content {shlex.quote(self.content(known.folder.parent.parent))}"
        command = f"!{{sys.executable}} -m jinjie exercise check {file} --as {slug}{extra}{lang}"
        self.code(f"import sys\n\n{command}", tags=["grade"])

    def content(self, folder: Path) -> str:
        """A content folder as the notebook names it."""
        if self.home is None:
            return str(folder)
        try:
            return os.path.relpath(folder, self.home)
        except ValueError:  # on another drive
            return str(folder)


def _holds_cells(block: Block) -> bool:
    """Whether there is something within that needs a cell of its own."""
    return any(isinstance(part, tree.Python | tree.Live | tree.Figure) for part in tree.walk(block))
