"""What is wrong with the texts of a lesson or an exercise, for `jinjie content check`.

What can be seen in a text alone was found while it was read; here is what needs the rest of the course: slugs,
formulas, knobs, pictures, and the other language.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jinjie.base.errors import did_you_mean
from jinjie.base.words import LANGUAGES, Language
from jinjie.course.content import schema
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, Written
from jinjie.course.content.sheet import Unreadable
from jinjie.course.render import tree
from jinjie.course.render.mathematics import why_not
from jinjie.course.render.reading import parse, parse_line
from jinjie.course.render.tree import Node, Tree

PICTURES = (".svg", ".png")
TextOf = Written[schema.Lesson] | Written[schema.Exercise]


def findings(written: TextOf, library: Library) -> list[Finding]:
    """Everything wrong with both texts, by file and line. A text that is not there is the library's finding."""
    found: list[Finding] = []
    trees: dict[Language, Tree] = {}
    for lang in LANGUAGES:
        try:
            trees[lang] = parse(written.words(lang), written.words_file(lang))
        except Unreadable:
            continue
        found += of_tree(trees[lang], written, library)
    if len(trees) == len(LANGUAGES):
        found += differences(trees["en"], trees["zh"])
    return found


def of_tree(text: Tree, written: TextOf, library: Library) -> list[Finding]:
    """Everything wrong with one text, in the order of its lines."""
    found = [*text.findings]
    names = {heading.id for heading in text.headings()}
    for node in text.walk():
        found += _of_node(node, text.file, names, written, library)
    return sorted(found, key=lambda one: one.line)


def of_line(text: str, file: Path, line: int) -> list[Finding]:
    """What is wrong with a text of a YAML file, which is text in the line: a title, a question, an answer."""
    made = Tree((tree.Paragraph(parse_line(text, file, line), line),), file)
    return [
        Finding.at("C041", file, node.line, "lesson.not_mathematics", came=node.latex, reason=reason)
        for node in made.walk()
        if isinstance(node, tree.Mathematics) and (reason := why_not(node.latex)) is not None
    ]


def _of_node(node: Node, file: Path, names: set[str], written: TextOf, library: Library) -> Iterator[Finding]:
    def at(code: str, line: int, key: str, /, **params: Any) -> Finding:
        return Finding.at(code, file, line, key, **params)

    match node:
        case tree.Mathematics():
            if (reason := why_not(node.latex)) is not None:
                yield at("C041", node.line, "lesson.not_mathematics", came=node.latex, reason=reason)
        case tree.Link("web"):
            yield at("C050", node.line, "lesson.web_link", came=node.target)
        case tree.Link("here"):
            if node.target not in names:
                suggestion = did_you_mean(node.target, names)
                yield at("C005", node.line, "lesson.no_heading", name=node.target, suggestion=suggestion)
        case tree.Link():
            known = slugs(node.kind, library)
            if node.target not in known:
                suggestion = did_you_mean(node.target, known)
                yield at(
                    "C005",
                    node.line,
                    "lesson.no_target",
                    kind=node.kind,
                    name=node.target,
                    suggestion=suggestion,
                )
        case tree.Picture():
            if not node.alt.strip():
                yield at("C060", node.line, "lesson.picture_alt", file=node.file)
            if picture(written.folder, node.file) is None:
                yield at("C005", node.line, "lesson.no_picture", file=node.file)
        case tree.Formulas():
            known = slugs("formula", library)
            for slug, line in node.ids:
                if slug not in known:
                    suggestion = did_you_mean(slug, known)
                    yield at(
                        "C005", line, "lesson.no_target", kind="formula", name=slug, suggestion=suggestion
                    )
        case tree.Figure():
            yield from _figure(node, file, library)
        case tree.Live():
            yield from _live(node, file, written, library)


def _figure(figure: tree.Figure, file: Path, library: Library) -> Iterator[Finding]:
    line = figure.lines.get("experiment", figure.line)
    if (experiment := library.experiments.get(figure.experiment)) is None:
        suggestion = did_you_mean(figure.experiment, library.experiments)
        yield Finding.at(
            "C005",
            file,
            line,
            "lesson.no_target",
            kind="experiment",
            name=figure.experiment,
            suggestion=suggestion,
        )
        return
    knobs = {knob.name: knob for knob in experiment.entry.knobs}
    for name, value in figure.knobs.items():
        line = figure.lines.get(f"knobs.{name}", figure.line)
        if name not in knobs:
            suggestion = did_you_mean(name, knobs)
            yield Finding.at("C005", file, line, "lesson.no_knob", name=name, suggestion=suggestion)
        elif not fits(knobs[name], value):
            yield Finding.at("C001", file, line, "lesson.knob_value", name=name, came=repr(value))


def fits(knob: schema.Knob, value: Any) -> bool:
    """Whether a knob can stand at a value."""
    if knob.choices:
        return any(type(value) is type(choice) and value == choice for choice in knob.choices)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    assert knob.min is not None and knob.max is not None
    return knob.min <= value <= knob.max


def _live(live: tree.Live, file: Path, written: TextOf, library: Library) -> Iterator[Finding]:
    lesson = written.entry
    if not isinstance(lesson, schema.Lesson):
        yield Finding.at("C001", file, live.line, "lesson.live_elsewhere", kind=live.kind)
        return
    if live.kind == "quiz":
        if lesson.quiz is None:
            yield Finding.at("C005", file, live.line, "lesson.no_quiz")
        return
    known: Iterable[str] = library.experiments if live.kind == "experiment" else library.exercises
    listed = lesson.experiments if live.kind == "experiment" else lesson.exercises
    if live.slug not in known:
        suggestion = did_you_mean(live.slug, known)
        yield Finding.at(
            "C005", file, live.line, "lesson.no_target", kind=live.kind, name=live.slug, suggestion=suggestion
        )
    elif live.slug not in listed:
        yield Finding.at("C005", file, live.line, "lesson.not_listed", kind=live.kind, name=live.slug)


def slugs(kind: str, library: Library) -> Iterable[str]:
    """What a link of a kind may lead to."""
    match kind:
        case "lesson":
            return library.lessons
        case "concept":
            return library.concepts
        case "resource":
            return library.resources
        case "recipe":
            from jinjie import recipes

            return recipes.all_recipes()
        case "formula":
            from jinjie.course.formula.headings import headings

            return headings()
    return ()


def picture(folder: Path, file: str) -> Path | None:
    """A picture that lies beside a text. A name that leads elsewhere leads nowhere."""
    path = folder / file
    plain = Path(file).name == file and "\\" not in file and "\0" not in file
    return path if plain and path.suffix in PICTURES and path.is_file() else None


# The two languages


def differences(english: Tree, chinese: Tree) -> list[Finding]:
    """Where two texts that say the same hold different code, formulas, figures or exercises: the first of each."""
    found = []
    ours, theirs = _marks(english), _marks(chinese)
    for (mark, _), (other, line) in zip(ours, theirs, strict=False):
        if mark != other:
            key = "lesson.other_code" if mark[0] == other[0] == "python" else "lesson.other_parts"
            params = {} if key == "lesson.other_code" else {"came": _name(other), "wanted": _name(mark)}
            return [Finding.at("C043", chinese.file, line, key, **params)]
    if len(ours) != len(theirs):
        longer, text = (ours, english) if len(ours) > len(theirs) else (theirs, chinese)
        mark, line = longer[min(len(ours), len(theirs))]
        found.append(Finding.at("C043", text.file, line, "lesson.only_here", came=_name(mark)))
    return found


def _marks(text: Tree) -> list[tuple[tuple[str, ...], int]]:
    """What must be the same in both languages, in order, with its line."""
    found: list[tuple[tuple[str, ...], int]] = []
    for node in text.walk():
        match node:
            case tree.Python():
                found.append((("```python",), node.line))
                found += [(("python", said), node.line + line) for said, line in statements(node.source)]
            case tree.Formulas():
                found += [(("formula", slug), line) for slug, line in node.ids]
            case tree.Figure():
                knobs = repr(sorted(node.knobs.items()))
                found.append((("figure", node.experiment, knobs), node.line))
            case tree.Live():
                found.append(((node.kind, node.slug), node.line))
            case tree.Heading():
                found.append((("#" * node.level,), node.line))
            case tree.Box():
                found.append(((f":::{node.kind}",), node.line))
    return found


def statements(source: str) -> list[tuple[str, int]]:
    """The statements of a fence without comments and without what its texts say, each with its line in the fence."""
    try:
        parsed = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [(source, 1)]
    bare = _WithoutTexts().visit(parsed)
    return [(ast.dump(statement), statement.lineno) for statement in bare.body]


class _WithoutTexts(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.copy_location(ast.Constant("…"), node) if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        self.generic_visit(node)
        node.values = [part for part in node.values if not isinstance(part, ast.Constant)]
        return node


def _name(mark: tuple[str, ...]) -> str:
    kind, *rest = mark
    return kind if kind == "python" else " ".join([kind, *rest[:1]]).strip()
