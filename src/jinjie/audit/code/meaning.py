"""What a name or an expression of a program stands for, as far as it can be followed without running it.

Answers are None wherever a value cannot be followed: a rule then says nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from jinjie.audit.code.program import Program, line_of
from jinjie.audit.code.syntax import argument, path_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
CONVENTIONS = {
    "np": "numpy",
    "pd": "pandas",
    "tf": "tensorflow",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "optim": "torch.optim",
    "torch": "torch",
    "numpy": "numpy",
    "pandas": "pandas",
    "keras": "keras",
    "sklearn": "sklearn",
    "pickle": "pickle",
}
"""What a fragment means that imports nothing."""
_SAME = (
    ("tensorflow.python.keras", "keras"),
    ("tensorflow.keras", "keras"),
    ("pytorch_lightning", "lightning"),
)
KEEPS_MODEL = frozenset(
    {
        "to",
        "cuda",
        "cpu",
        "eval",
        "train",
        "half",
        "float",
        "double",
        "bfloat16",
        "requires_grad_",
        "share_memory",
    }
)
"""Methods of a module that give the module itself."""
WRAPPERS = frozenset(
    {
        "torch.nn.DataParallel",
        "torch.nn.parallel.DistributedDataParallel",
        "torch.nn.parallel.DataParallel",
        "torch.compile",
        "torch.jit.script",
    }
)
DEPTH = 12
"""How far names are followed."""


@dataclass(frozen=True)
class Definition:
    """One binding of a name. `value` is what it is bound to, or what is unpacked or iterated."""

    name: str
    node: ast.AST
    value: ast.expr | None
    how: str
    """assign, unpack, loop, with, argument, changed (`+=`), other."""
    index: int | None = None


@dataclass(frozen=True)
class Made:
    """An object by the call that made it: `cls` is a dotted name or a class of the program."""

    call: ast.Call
    cls: str | ast.ClassDef

    @property
    def name(self) -> str:
        return self.cls if isinstance(self.cls, str) else self.cls.name


class Meaning:
    """The meaning of one program's names."""

    def __init__(self, program: Program) -> None:
        self.program = program

    # --- dotted names ---------------------------------------------------------------------------------------------

    @cached_property
    def aliases(self) -> dict[str, str]:
        """What each imported name stands for."""
        found: dict[str, str] = {}
        for node in self.program.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.asname:
                        found[alias.asname] = alias.name
                    else:
                        found[alias.name.split(".")[0]] = alias.name.split(".")[0]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        bound = self.program.scopes[self.program.tree].bound
        for name, meant in CONVENTIONS.items():
            if name not in bound:
                found.setdefault(name, meant)
        for statement in self.program.tree.body:  # mnist = tf.keras.datasets.mnist
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Attribute):
                target, path = statement.targets[0], path_of(statement.value)
                if isinstance(target, ast.Name) and path and path.split(".")[0] in found:
                    first, _, rest = path.partition(".")
                    found.setdefault(target.id, f"{found[first]}.{rest}")
        return found

    @cached_property
    def imported(self) -> set[str]:
        """The libraries that the program imports."""
        found = set()
        for node in self.program.nodes:
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
        return found

    def dotted(self, node: ast.AST) -> str | None:
        """The full name of what an import gives: `torch.nn.functional.softmax`; None of other things."""
        path = path_of(node)
        if path is None:
            return None
        first, _, rest = path.partition(".")
        if first not in self.aliases:
            return None
        full = f"{self.aliases[first]}.{rest}" if rest else self.aliases[first]
        for long, short in _SAME:
            if full == long or full.startswith(long + "."):
                return short + full[len(long) :]
        return full

    # --- definitions ----------------------------------------------------------------------------------------------

    @cached_property
    def definitions(self) -> dict[ast.AST, dict[str, list[Definition]]]:
        """All bindings of each scope (functions and the module), in their order."""
        found: dict[ast.AST, dict[str, list[Definition]]] = {}

        def add(one: Definition) -> None:
            found.setdefault(self.program.scope_node(one.node), {}).setdefault(one.name, []).append(one)

        for node in self.program.nodes:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    for one in _bindings(target, node.value, node, "assign"):
                        add(one)
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                for one in _bindings(node.target, node.value, node, "assign"):
                    add(one)
            elif isinstance(node, ast.NamedExpr):
                add(Definition(node.target.id, node, node.value, "assign"))
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                add(Definition(node.target.id, node, node.value, "changed"))
            elif isinstance(node, ast.For | ast.AsyncFor):
                for one in _bindings(node.target, node.iter, node, "loop"):
                    add(one)
            elif isinstance(node, ast.With | ast.AsyncWith):
                for item in node.items:
                    if item.optional_vars is not None:
                        for one in _bindings(item.optional_vars, item.context_expr, node, "with"):
                            add(one)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                given = node.args
                for arg in [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]:
                    if arg is not None:
                        here = found.setdefault(node, {}).setdefault(arg.arg, [])
                        here.insert(0, Definition(arg.arg, arg, None, "argument"))
        return found

    def definition(self, name: ast.Name) -> Definition | None:
        """The binding that a use of a name meets, where only one comes in question."""
        scope = self.program.scope_node(name)
        while True:
            found = self.definitions.get(scope, {}).get(name.id, [])
            if found:
                return self._met(found, name) if scope is self.program.scope_node(name) else self._only(found)
            if scope is self.program.tree:
                return None
            scope = self.program.scope_node(scope)

    def _met(self, found: list[Definition], use: ast.Name) -> Definition | None:
        around = set(self.program.up(use))
        before = [
            d
            for d in found
            if d.how == "argument"
            or (line_of(d.node) <= line_of(use) and (d.node not in around or d.how in ("loop", "with")))
        ]
        if not before:
            return None
        last = before[-1]
        if len(before) > 1:
            for branch in self.program.up(last.node):
                if isinstance(branch, ast.If | ast.Try | ast.Match) and branch not in around:
                    return None
                if isinstance(branch, ast.FunctionDef | ast.AsyncFunctionDef):
                    break
        return last

    def _only(self, found: list[Definition]) -> Definition | None:
        return found[0] if len(found) == 1 else None

    def attribute(self, cls: ast.ClassDef, name: str) -> ast.expr | None:
        """What `self.name` is bound to in a class, where it is bound once."""
        found = self.attributes(cls).get(name, [])
        return found[0] if len(found) == 1 else None

    def attributes(self, cls: ast.ClassDef) -> dict[str, list[ast.expr]]:
        if cls not in self._attributes:
            found: dict[str, list[ast.expr]] = {}
            for node in ast.walk(cls):
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        for at, value in _pairs(target, node.value):
                            if (
                                isinstance(at, ast.Attribute)
                                and isinstance(at.value, ast.Name)
                                and at.value.id == "self"
                            ):
                                found.setdefault(at.attr, []).append(value)
            self._attributes[cls] = found
        return self._attributes[cls]

    @cached_property
    def _attributes(self) -> dict[ast.ClassDef, dict[str, list[ast.expr]]]:
        return {}

    def given(self, function: ast.AST, name: str) -> list[ast.expr]:
        """What the calls of a function pass for a parameter; empty where a call cannot be read."""
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return []
        places = [a.arg for a in [*function.args.posonlyargs, *function.args.args]]
        owner = self.program.parents.get(function)
        calls: list[ast.Call] = []
        if isinstance(owner, ast.ClassDef):
            if function.name != "__init__":
                return []
            calls = [
                c for c in self.program.calls if isinstance(c.func, ast.Name) and c.func.id == owner.name
            ]
            places = places[1:]
        elif self.program.functions.get(function.name) is function:
            calls = [
                c for c in self.program.calls if isinstance(c.func, ast.Name) and c.func.id == function.name
            ]
        found: list[ast.expr] = []
        for call in calls:
            at = places.index(name) if name in places else len(call.args)
            value = argument(call, at, name)
            if value is None:
                return []
            found.append(value)
        return found

    # --- objects --------------------------------------------------------------------------------------------------

    def made(self, node: ast.AST | None, depth: int = DEPTH) -> Made | None:
        """The object that an expression is, by the call that made it."""
        if node is None or depth <= 0:
            return None
        if isinstance(node, ast.Name):
            found = self.definition(node)
            if found is None:
                return None
            if found.how == "argument":
                return self._argument(found, depth)
            if found.how in ("assign", "with") and found.index is None:
                return self.made(found.value, depth - 1)
            return None
        if isinstance(node, ast.Attribute):
            owner = self.owner(node.value, depth - 1)
            return self.made(self.attribute(owner, node.attr), depth - 1) if owner else None
        if isinstance(node, ast.Call):
            return self._made_by(node, depth)
        return None

    def owner(self, node: ast.AST, depth: int = DEPTH) -> ast.ClassDef | None:
        """The class of the program that an expression is an instance of."""
        if isinstance(node, ast.Name) and node.id == "self":
            return self.program.class_of(node)
        made = self.made(node, depth)
        return made.cls if made is not None and isinstance(made.cls, ast.ClassDef) else None

    def _argument(self, found: Definition, depth: int) -> Made | None:
        function = self.program.parents.get(self.program.parents[found.node])
        values = self.given(function, found.name) if function is not None else []
        if values:
            made = [self.made(value, depth - 1) for value in values]
            first = made[0]
            return (
                first
                if first is not None and all(m is not None and m.name == first.name for m in made)
                else None
            )
        note = getattr(found.node, "annotation", None)
        if isinstance(note, ast.Name) and note.id in self.program.classes:
            return Made(ast.Call(note, [], []), self.program.classes[note.id])
        return None

    def _made_by(self, call: ast.Call, depth: int) -> Made | None:
        full = self.dotted(call.func)
        if full in WRAPPERS and call.args:
            return self.made(call.args[0], depth - 1)
        if full is not None:
            return Made(call, full)
        if isinstance(call.func, ast.Name):
            if call.func.id in self.program.classes:
                return Made(call, self.program.classes[call.func.id])
            function = self.program.functions.get(call.func.id)
            if function is not None:
                returned = list(returns(function))
                made = [self.made(value, depth - 1) for value in returned]
                return made[0] if len(made) == 1 else None
            return None
        if isinstance(call.func, ast.Attribute) and call.func.attr in KEEPS_MODEL:
            return self.made(call.func.value, depth - 1)
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("fit", "set_params"):
            return self.made(call.func.value, depth - 1)
        return None

    def bases(self, cls: ast.ClassDef, depth: int = DEPTH) -> Iterator[str]:
        """The dotted names of all that a class of the program is derived from."""
        for base in cls.bases:
            if isinstance(base, ast.Name) and base.id in self.program.classes and depth > 0:
                if self.program.classes[base.id] is not cls:
                    yield from self.bases(self.program.classes[base.id], depth - 1)
            elif (full := self.dotted(base)) is not None:
                yield full

    def is_torch_module(self, cls: ast.ClassDef) -> bool:
        return any(
            b in ("torch.nn.Module", "torch.nn.modules.Module", "torch.nn.modules.module.Module")
            for b in self.bases(cls)
        )

    def is_keras_class(self, cls: ast.ClassDef) -> bool:
        return any(
            b in ("keras.Model", "keras.models.Model", "keras.layers.Layer", "keras.Layer")
            for b in self.bases(cls)
        )

    def is_lightning(self, cls: ast.ClassDef | None) -> bool:
        return cls is not None and any(b.endswith("LightningModule") for b in self.bases(cls))

    def is_model(self, made: Made | None) -> bool:
        """Whether an object is a network of PyTorch."""
        if made is None:
            return False
        if isinstance(made.cls, ast.ClassDef):
            return self.is_torch_module(made.cls)
        name = made.cls
        if name.startswith("torch.nn.") and not name.endswith("Loss") and "functional" not in name:
            last = name.rsplit(".", 1)[1]
            return last[:1].isupper() and last not in ("Parameter", "ParameterList", "ParameterDict")
        if name.startswith("torchvision.models."):
            return not name.endswith("Weights")
        if not name.startswith("transformers.") or not name.endswith(".from_pretrained"):
            return False
        return "Model" in name or "For" in name

    def called(self, node: ast.AST, depth: int = 3) -> Iterator[Function]:
        """Functions of the program that a piece of it calls, and those that they call."""
        seen: set[ast.AST] = set()
        todo = [(node, depth)]
        while todo:
            part, left = todo.pop()
            for call in (n for n in ast.walk(part) if isinstance(n, ast.Call)):
                function: Function | None = None
                if isinstance(call.func, ast.Name):
                    function = self.program.functions.get(call.func.id)
                elif isinstance(call.func, ast.Attribute):
                    owner = self.owner(call.func.value)
                    if owner is not None:
                        function = method_of(owner, call.func.attr)
                if function is not None and function not in seen and left > 0:
                    seen.add(function)
                    todo.append((function, left - 1))
                    yield function


def returns(function: Function) -> Iterator[ast.expr]:
    """What a function returns, inner functions left out."""
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value
        todo = [*ast.iter_child_nodes(node), *todo]


def method_of(cls: ast.ClassDef, name: str) -> Function | None:
    found = [n for n in cls.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == name]
    return found[-1] if found else None


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        if len(target.elts) == len(value.elts):
            for one, its in zip(target.elts, value.elts, strict=True):
                yield from _pairs(one, its)
    else:
        yield target, value


def _bindings(target: ast.expr, value: ast.expr, node: ast.AST, how: str) -> Iterator[Definition]:
    if isinstance(target, ast.Name):
        yield Definition(target.id, node, value, how)
    elif isinstance(target, ast.Tuple | ast.List):
        if (
            how == "assign"
            and isinstance(value, ast.Tuple | ast.List)
            and len(value.elts) == len(target.elts)
        ):
            for one, its in zip(target.elts, value.elts, strict=True):
                yield from _bindings(one, its, node, how)
            return
        for index, one in enumerate(target.elts):
            if isinstance(one, ast.Starred):
                one = one.value
            if isinstance(one, ast.Name):
                yield Definition(one.id, node, value, "unpack" if how == "assign" else how, index)
            else:
                yield from _bindings(one, value, node, "other")
