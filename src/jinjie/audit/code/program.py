"""The code of an article as programs: its blocks parsed, put in order, and told apart where a new program begins.

Blocks are read as one program in their order: a name defined in an earlier block counts. A block starts a program of
its own when it begins with an import and uses nothing that the program before it has defined; when a later block uses
names of both, they were one program after all. A block that does not parse is reported when it is plainly meant as
Python, and passed over in silence when it is not (a shell's line, an output, pseudo-code).
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from jinjie.audit.article import Code, Place
from jinjie.audit.code.scopes import Scope, bound_names, free_names, scopes_of

_MAGIC = re.compile(r"^(\s*)[%!?](?!=)")
_SHELL = re.compile(r"^\s*(\$ |pip3? |conda |git |cd |docker |sudo |apt |wget |curl |python3? |bash |>>> *$)")
_LIKE_PYTHON = re.compile(
    r"^\s*(import \w|from [\w.]+ import |def \w+\(|class \w+.*:|(for|if|elif|while|with) .+:|else:|try:|return\b"
    r"|print\b|@\w|#|[\w.\[\]'\", ]+ *[-+*/]?= *\S|[\w.]+\(.*|[)\]}]+,?\s*$)"
)
_LEFT_OUT = re.compile(r"^\s*(\.\.\.|…+|\.{3,}.*)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A piece of code that parses. Its nodes have lines of their own in the article: `offset` more than in `code`."""

    code: Code
    text: str
    tree: ast.Module
    offset: int

    @cached_property
    def binds(self) -> frozenset[str]:
        return frozenset(bound_names(self.tree))

    @cached_property
    def needs(self) -> frozenset[str]:
        """Names that it uses and does not define itself."""
        return frozenset(free_names(self.tree))

    @property
    def begins_with_import(self) -> bool:
        body = [
            s for s in self.tree.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        ]
        return bool(body) and isinstance(body[0], ast.Import | ast.ImportFrom)

    @property
    def only_shows(self) -> bool:
        """Nothing but expressions: perhaps an output that happens to parse."""
        return all(isinstance(statement, ast.Expr) for statement in self.tree.body)


@dataclass(frozen=True)
class Broken:
    """A piece that is meant as Python and does not parse."""

    code: Code
    line: int
    """Within the code, counted from 1."""
    why: str


@dataclass
class Program:
    """Blocks that belong together, as one tree."""

    blocks: list[Block]
    tree: ast.Module = field(init=False)
    parents: dict[ast.AST, ast.AST] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.tree = ast.Module([statement for block in self.blocks for statement in block.tree.body], [])
        self.parents = {
            child: parent for parent in ast.walk(self.tree) for child in ast.iter_child_nodes(parent)
        }

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes, in the order of their lines."""
        found = [node for node in ast.walk(self.tree) if hasattr(node, "lineno")]
        return sorted(found, key=lambda n: (line_of(n), getattr(n, "col_offset", 0)))

    @cached_property
    def calls(self) -> list[ast.Call]:
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @cached_property
    def scopes(self) -> dict[ast.AST, Scope]:
        """The scope of every module, function and class."""
        return scopes_of(self.tree)

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """Functions by name, methods left out, and names that two share as well."""
        found: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        for node in self.nodes:
            of_a_class = isinstance(self.parents.get(node), ast.ClassDef)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not of_a_class:
                found.setdefault(node.name, []).append(node)
        return {name: nodes[0] for name, nodes in found.items() if len(nodes) == 1}

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        found: dict[str, list[ast.ClassDef]] = {}
        for node in self.nodes:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(node)
        return {name: nodes[-1] for name, nodes in found.items()}

    @cached_property
    def text(self) -> str:
        return "\n".join(block.text for block in self.blocks)

    def up(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, from the nearest outwards."""
        while (around := self.parents.get(node)) is not None:
            yield around
            node = around

    def scope_node(self, node: ast.AST) -> ast.AST:
        """The function (or module) whose names a node sees first."""
        for around in self.up(node):
            if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                return around
        return self.tree

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        return next((around for around in self.up(node) if isinstance(around, ast.ClassDef)), None)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that a node is part of."""
        if isinstance(node, ast.stmt):
            return node
        return next(around for around in self.up(node) if isinstance(around, ast.stmt))

    def loops(self, node: ast.AST) -> list[ast.For | ast.AsyncFor | ast.While]:
        """Loops around a node within its function, the innermost first."""
        found: list[ast.For | ast.AsyncFor | ast.While] = []
        child = node
        for around in self.up(node):
            if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
                break
            if isinstance(around, ast.For | ast.AsyncFor | ast.While) and child in around.body:
                found.append(around)
            child = around
        return found

    def block_of(self, node: ast.AST) -> Block:
        line = line_of(node)
        return next(b for b in reversed(self.blocks) if b.offset < line)

    def place(self, node: ast.AST) -> Place:
        block = self.block_of(node)
        line = line_of(node) - block.offset
        last = (getattr(node, "end_lineno", None) or line_of(node)) - block.offset
        return block.code.at(line, max(line, last) if isinstance(node, ast.expr) else line)

    def quote(self, node: ast.AST) -> str:
        block = self.block_of(node)
        return block.code.text.split("\n")[line_of(node) - block.offset - 1].strip()


def line_of(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


def programs(codes: Sequence[Code]) -> tuple[list[Program], list[Broken]]:
    """The programs of an article, and its blocks that do not parse."""
    blocks: list[Block] = []
    broken: list[Broken] = []
    offset = 0
    for code in codes:
        text = cleaned(code.text)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
                free_names(tree)
        except (RecursionError, MemoryError):
            continue  # nested deeper than anybody writes by hand
        except (SyntaxError, ValueError) as error:
            if meant_as_python(text):
                line = getattr(error, "lineno", None) or 1
                why = getattr(error, "msg", None) or str(error)
                broken.append(Broken(code, min(line, text.count("\n") + 1), why))
            continue
        if tree.body:
            ast.increment_lineno(tree, offset)
            blocks.append(Block(code, text, tree, offset))
            offset += text.count("\n") + 2
    return [Program(group) for group in _grouped(blocks)], broken


def _grouped(blocks: Sequence[Block]) -> list[list[Block]]:
    groups: list[list[Block]] = []
    for block in blocks:
        known = _names(groups[-1]) if groups else frozenset()
        if groups and (not block.begins_with_import or block.needs & known):
            groups[-1].append(block)
        else:
            groups.append([block])
        missing = block.needs - _names(groups[-1])
        for at in range(len(groups) - 2, -1, -1):
            if missing & _names(groups[at]):
                groups[at:] = [[b for group in groups[at:] for b in group]]
                break
    return groups


def _names(group: Sequence[Block]) -> frozenset[str]:
    return frozenset(name for block in group for name in block.binds)


def cleaned(text: str) -> str:
    """The text without prompts, magics and common indentation, in as many lines."""
    lines = text.split("\n")
    if any(line.startswith(">>> ") for line in lines):
        lines = [line[4:] if line.startswith((">>> ", "... ")) else "" for line in lines]
    lines = [_MAGIC.sub(r"\1pass  # ", line) if _MAGIC.match(line) else line for line in lines]
    return textwrap.dedent("\n".join(lines))


def meant_as_python(text: str) -> bool:
    """Whether a text that does not parse was plainly written as Python."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2 or _LEFT_OUT.search(text) or any(_SHELL.match(line) for line in lines):
        return False
    like = [line for line in lines if _LIKE_PYTHON.match(line)]
    certain = re.search(
        r"^\s*(import \w|from [\w.]+ import |def \w+\(.*\):|class \w+.*:|print[ (])", text, re.MULTILINE
    )
    return certain is not None and len(like) >= 0.7 * len(lines)
