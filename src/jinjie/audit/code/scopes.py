"""Which names a piece of Python binds and uses, scope by scope, without running it.

The order of statements is left out: a name that is bound anywhere in a scope counts as bound in all of it.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field

GIVEN = frozenset(dir(builtins)) | {
    "__file__",
    "__name__",
    "__doc__",
    "__path__",
    "__package__",
    "__spec__",
    "__annotations__",
    "__class__",
    "__module__",
    "__qualname__",
    "__builtins__",
    "get_ipython",
    "display",
    "In",
    "Out",
    "_",
    "__",
    "___",
    "exit",
    "quit",
    "reveal_type",
    "WindowsError",
}
"""Names that are there without being defined: builtins, and what IPython gives."""


@dataclass
class Scope:
    node: ast.AST
    parent: Scope | None
    bound: set[str] = field(default_factory=set)
    uses: list[ast.Name] = field(default_factory=list)
    star: bool = False
    """`from … import *`: anything may be bound."""

    def finds(self, name: str) -> bool:
        """Whether a use of `name` here meets a binding: of this scope, or of functions and the module around it."""
        scope: Scope | None = self
        first = True
        while scope is not None:
            visible = first or not isinstance(scope.node, ast.ClassDef)
            if visible and (scope.star or name in scope.bound):
                return True
            scope, first = scope.parent, False
        return False


def scopes_of(tree: ast.AST) -> dict[ast.AST, Scope]:
    found: dict[ast.AST, Scope] = {}
    top = Scope(tree, None)
    found[tree] = top
    reader = _Reader(found, top)
    for child in ast.iter_child_nodes(tree):
        reader.visit(child)
    return found


def bound_names(tree: ast.Module) -> set[str]:
    """Names that a module binds at its top, or by `global` anywhere."""
    return scopes_of(tree)[tree].bound


def undefined(tree: ast.AST) -> Iterator[ast.Name]:
    """Uses of names that nothing binds."""
    scopes = scopes_of(tree)
    if any(scope.star for scope in scopes.values()):
        return
    for scope in scopes.values():
        for use in scope.uses:
            if use.id not in GIVEN and not scope.finds(use.id):
                yield use


def free_names(tree: ast.Module) -> set[str]:
    return {use.id for use in undefined(tree)}


class _Reader(ast.NodeVisitor):
    def __init__(self, found: dict[ast.AST, Scope], scope: Scope) -> None:
        self.found, self.scope = found, scope

    def inside(self, node: ast.AST, *parts: ast.AST | None) -> None:
        inner = Scope(node, self.scope)
        self.found[node] = inner
        reader = _Reader(self.found, inner)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            given = node.args
            names = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            inner.bound |= {a.arg for a in names if a is not None}
        for part in parts:
            if part is not None:
                reader.visit(part)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.scope.uses.append(node)
        else:
            self.scope.bound.add(node.id)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.scope.bound.add(node.name)
        given = node.args
        around = [*node.decorator_list, *given.defaults, *given.kw_defaults, node.returns]
        names = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        around += [a.annotation for a in names if a is not None]
        for part in around:
            if part is not None:
                self.visit(part)
        self.inside(node, *node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for part in [*node.args.defaults, *node.args.kw_defaults]:
            if part is not None:
                self.visit(part)
        self.inside(node, node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.scope.bound.add(node.name)
        for part in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(part)
        self.inside(node, *node.body)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        # what it binds stays its own; a walrus within it binds outside
        self.visit(node.generators[0].iter)
        parts: list[ast.AST] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for at, one in enumerate(node.generators):
            parts += [one.target, *one.ifs, *([one.iter] if at else [])]
        inner = Scope(node, self.scope)
        self.found[node] = inner
        if isinstance(
            self.scope.node, ast.ClassDef
        ):  # its first iterable is read there; be generous with the rest
            inner.bound |= self.scope.bound
        for part in parts:
            _Reader(self.found, inner).visit(part)
            for one_node in ast.walk(part):
                if isinstance(one_node, ast.NamedExpr):
                    self.scope.bound.add(one_node.target.id)

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension

    def _imported(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.scope.star = True
            else:
                self.scope.bound.add(alias.asname or alias.name.split(".")[0])

    def visit_Import(self, node: ast.Import) -> None:
        self._imported(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._imported(node)

    def visit_Global(self, node: ast.Global) -> None:
        scope = self.scope
        while scope.parent is not None:
            scope = scope.parent
        scope.bound |= set(node.names)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.scope.bound.add(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self.scope.bound.add(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self.scope.bound.add(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.scope.bound.add(node.rest)
        self.generic_visit(node)
