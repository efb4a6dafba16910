"""The fences of a lesson: what each kind may say, and the block that it becomes."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from markdown_it.tree import SyntaxTreeNode

from jinjie.base.errors import did_you_mean
from jinjie.base.lazy import lazy
from jinjie.base.words import Language
from jinjie.course.content.schema import is_slug
from jinjie.course.render import tree
from jinjie.course.render.tree import Block, Inline

if TYPE_CHECKING:
    import yaml
else:
    yaml = lazy("yaml")  # for figures alone

KINDS = ("python", "output", "console", "formula", "figure", "experiment", "exercise", "quiz", "text")
FIGURE = ("experiment", "knobs", "alt", "caption")


class Say(Protocol):
    """Takes a finding: its code, its line, its words."""

    def __call__(self, code: str, line: int, key: str, /, **params: Any) -> None: ...


class Fences:
    """Reads the fences of one text. `lonely` are the lines of outputs that follow no code."""

    def __init__(
        self, say: Say, inline: Callable[[str, int], tuple[Inline, ...]], rows: list[str], lang: Language
    ) -> None:
        self.say = say
        self.lang = lang
        self.rows = rows
        self.inline = inline
        self.lonely: list[int] = []

    def read(self, node: SyntaxTreeNode, before: list[Block]) -> Block | None:
        """The block of a fence. An output joins the code before it, which is taken from `before` and put back."""
        line = node.map[0] + 1 if node.map else 1
        name, *options = node.info.split() or [""]
        body = node.content
        last = self.rows[node.map[1] - 1].strip() if node.map and node.map[1] - 1 > node.map[0] else ""
        if not last.endswith(node.markup) or last.strip("> `~"):
            self.say("C001", line, "lesson.fence_open", name=name)
        if name not in KINDS:
            suggestion = did_you_mean(name, KINDS)
            self.say("C001", line, "lesson.no_such_fence", name=name, suggestion=suggestion)
            return tree.Verbatim(body, line)
        if name not in ("output", "experiment", "exercise") and options:
            self.say("C001", line, "lesson.fence_options", name=name, came=" ".join(options))
        match name:
            case "python":
                return self._python(body, line)
            case "output":
                self._output(body, options, before, line)
                return None
            case "console":
                return tree.Commands(body.rstrip("\n"), line)
            case "formula":
                return self._formulas(body, line)
            case "figure":
                return self._figure(body, line)
            case "experiment" | "exercise":
                if len(options) != 1 or not is_slug(options[0]):
                    self.say("C005", line, "lesson.fence_slug", name=name, came=" ".join(options))
                    return None
                self._empty(name, body, line)
                return tree.Live(name, options[0], line)
            case "quiz":
                self._empty(name, body, line)
                return tree.Live("quiz", "", line)
        return tree.Verbatim(body.rstrip("\n"), line)

    def _empty(self, name: str, body: str, line: int) -> None:
        if body.strip():
            self.say("C001", line + 1, "lesson.fence_filled", name=name)

    def _python(self, source: str, line: int) -> Block:
        try:
            ast.parse(source)
        except (SyntaxError, ValueError) as error:  # ValueError: a null character
            at = line + (getattr(error, "lineno", None) or 1)
            reason = getattr(error, "msg", None) or str(error)
            self.say("C040", at, "lesson.not_python", reason=reason)
        except (RecursionError, MemoryError):
            self.say("C040", line, "lesson.not_python", reason="nested too deeply")
        return tree.Python(source.rstrip("\n"), None, line)

    def _output(self, text: str, options: list[str], before: list[Block], line: int) -> None:
        rtol = 0.01
        for option in options:
            found = re.fullmatch(r"rtol=(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)", option)
            if found is None or not 0 <= float(found[1]) <= 1:
                self.say("C001", line, "lesson.output_option", came=option)
            else:
                rtol = float(found[1])
        last = before[-1] if before else None
        if isinstance(last, tree.Python) and last.output is None:
            printed = tree.Output(text.rstrip("\n"), line, rtol)
            before[-1] = tree.Python(last.source, printed, last.line)
        else:
            self.lonely.append(line)

    def _formulas(self, body: str, line: int) -> Block | None:
        ids = [(row.strip(), line + i) for i, row in enumerate(body.splitlines(), 1) if row.strip()]
        if not ids:
            self.say("C042", line, "lesson.no_formula")
            return None
        return tree.Formulas(tuple(ids), line)

    def _figure(self, body: str, line: int) -> Block | None:
        try:
            data = yaml.safe_load(body)
            lines = _lines(yaml.compose(body, Loader=yaml.SafeLoader), line + 1)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            at = line + 1 + (mark.line if mark else 0)
            reason = getattr(error, "problem", None) or str(error).splitlines()[0]
            self.say("C001", at, "lesson.figure_yaml", reason=reason)
            return None
        except (RecursionError, ValueError) as error:
            self.say("C001", line, "lesson.figure_yaml", reason=str(error).splitlines()[0])
            return None
        if not isinstance(data, dict):
            self.say("C001", line, "lesson.figure_yaml", reason="experiment, knobs, alt, caption: …")
            return None
        for name in data:
            if name not in FIGURE:
                suggestion = did_you_mean(str(name), FIGURE)
                at = lines.get(str(name), line)
                self.say("C001", at, "lesson.figure_unknown", name=name, suggestion=suggestion)
        slug = data.get("experiment")
        knobs = data.get("knobs") or {}
        words = {name: _words(data.get(name), self.lang) for name in ("alt", "caption")}
        if not words["alt"]:
            self.say("C060", lines.get("alt", line), "lesson.figure_alt")
        if not isinstance(knobs, dict) or not all(isinstance(name, str) for name in knobs):
            self.say("C001", lines.get("knobs", line), "lesson.figure_knobs")
            knobs = {}
        if not isinstance(slug, str) or not is_slug(slug):
            at = lines.get("experiment", line)
            self.say("C005", at, "lesson.figure_experiment", came="" if slug is None else str(slug))
            return None
        caption = self.inline(words["caption"], lines.get("caption", line))
        return tree.Figure(slug, knobs, words["alt"], caption, line, lines)


def _words(value: Any, lang: Language) -> str:
    """A text, or the one of a language: a figure may carry both, so that its two places hold the same lines."""
    if isinstance(value, dict):
        value = value.get(lang)
    return " ".join(value.split()) if isinstance(value, str) else ""


def _lines(node: Any, first: int, prefix: str = "") -> dict[str, int]:
    """The line of every name within a mapping, `knobs.rate` for one within another."""
    found: dict[str, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = f"{prefix}{getattr(key, 'value', '')}"
            found[name] = first + key.start_mark.line
            if not prefix:
                found |= _lines(value, first, f"{name}.")
    return found
