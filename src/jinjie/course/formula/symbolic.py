"""The canonical forms of formulas: assignments in SymPy's syntax, read into expressions and worked out in numbers.

    ["m = beta1*m + (1 - beta1)*grad", "p[i] = exp(z[i]) / Sum(exp(z[j]), (j, 0, K - 1))"]

The assignments are done in order, as in a program. A name without brackets stands for one number, or for each
element of an array in turn; a name with brackets is an array that is indexed from zero. Nothing of a text is
executed before it has been checked to be an expression of numbers, names and the functions below.
"""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import sympy
else:
    np, sympy = lazy("numpy"), lazy("sympy")

FUNCTIONS = (
    *("exp", "log", "sqrt", "sin", "cos", "tanh", "sinh", "cosh", "erf", "Abs", "sign", "floor", "ceiling"),
    *(
        "Max",
        "Min",
        "Sum",
        "Product",
        "Piecewise",
        "Eq",
        "Ne",
        "And",
        "Or",
        "Not",
        "Mod",
        "KroneckerDelta",
        "Rational",
    ),
)
CONSTANTS = ("pi", "oo", "True", "False")

_ASSIGNMENT = re.compile(
    r"^\s*(?P<name>[A-Za-z_]\w*)\s*(?:\[(?P<indices>[\w\s,]+)\])?\s*=(?!=)\s*(?P<right>.+)$", re.DOTALL
)
_ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.Call, ast.Compare, ast.Name, ast.Constant, ast.Tuple, ast.Subscript,
    ast.Load, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip


@dataclass(frozen=True)
class Assignment:
    """`name[indices] = expression`."""

    name: str
    indices: tuple[str, ...]
    expression: sympy.Expr
    arrays: frozenset[str]
    """The names that the expression indexes."""

    def names(self) -> set[str]:
        """Every name that must have a value before this can be worked out, dimensions among them."""
        free = {
            str(symbol) for symbol in self.expression.free_symbols if not isinstance(symbol, sympy.Indexed)
        }
        return (free | self.arrays) - set(self.indices)


@cache
def read(line: str) -> Assignment:
    """One assignment. Raises ValueError that quotes what cannot be read."""
    match = _ASSIGNMENT.match(line)
    if match is None:
        raise ValueError(f"expected 'name = expression' or 'name[i, j] = expression', got {line!r}")
    indices = tuple(part.strip() for part in (match["indices"] or "").split(",") if part.strip())
    arrays, names = _check(match["right"], line)
    known: dict[str, Any] = {name: sympy.Symbol(name, real=True) for name in names}
    known |= {name: sympy.IndexedBase(name, real=True) for name in arrays}
    known |= {name: sympy.Symbol(name, integer=True) for name in indices}
    known |= {name: getattr(sympy, name) for name in (*FUNCTIONS, "pi", "oo")}
    # `_check` has seen to it that nothing is here but numbers, these names, arithmetic and calls of FUNCTIONS.
    expression = eval(compile(_exact(match["right"]), "<formula>", "eval"), {"__builtins__": {}}, known)
    return Assignment(match["name"], indices, sympy.sympify(expression), frozenset(arrays))


def _check(text: str, line: str) -> tuple[set[str], set[str]]:
    """The names that `text` indexes and those that it does not. Raises ValueError where it is no plain expression."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"cannot read {line!r}: {error.msg}") from None
    arrays: set[str] = set()
    names: set[str] = set()
    called: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise ValueError(f"{line!r}: a {type(node).__name__} has no place in a formula")
        if isinstance(node, ast.Call):
            if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
                raise ValueError(f"{line!r}: {ast.unparse(node.func)} is none of {', '.join(FUNCTIONS)}")
            called.add(node.func.id)
        elif isinstance(node, ast.Subscript):
            if not isinstance(node.value, ast.Name):
                raise ValueError(f"{line!r}: only names are indexed, got {ast.unparse(node.value)}")
            arrays.add(node.value.id)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Constant) and not isinstance(node.value, (int, float)):
            raise ValueError(f"{line!r}: {node.value!r} is no number")
    return arrays, names - arrays - called - set(CONSTANTS)


def _exact(text: str) -> ast.Expression:
    """`text` with every whole number made SymPy's, so that 1/2 stays a half."""

    class Exact(ast.NodeTransformer):
        def visit_Constant(self, node: ast.Constant) -> ast.AST:
            if type(node.value) is int:
                return ast.Call(ast.Name("Rational", ast.Load()), [node], [])
            return node

    tree = ast.parse(text.strip(), mode="eval")
    Exact().generic_visit(tree)
    return ast.fix_missing_locations(tree)


def evaluate(
    lines: Sequence[str], values: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Any]:
    """Do the assignments one after another and return every name's last value.

    `values` holds numbers, float arrays and the sizes of dimensions; `shapes` the shapes of the arrays that are
    assigned with indices. Everything is worked out element by element with Python's own floats: slow, and
    independent of the function that is compared with it. Raises ValueError when a name has no value.
    """
    known = dict(values)
    for line in lines:
        step = read(line)
        missing = sorted(name for name in step.names() if name not in known)
        if missing:
            raise ValueError(f"{line!r}: no value for {', '.join(missing)}")
        known[step.name] = _array(step, known, shapes) if step.indices else _each(step, known)
    return known


def _array(step: Assignment, known: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> Any:
    if step.name not in shapes:
        raise ValueError(f"the shape of {step.name} is not stated")
    shape = shapes[step.name]
    if len(shape) != len(step.indices):
        raise ValueError(f"{step.name} has the shape {shape} and {len(step.indices)} indices")
    names = sorted(step.names())
    work_out = _compiled(step, (*step.indices, *names))
    given = [known[name] for name in names]
    made = np.empty(shape)
    for at in np.ndindex(*shape):
        made[at] = work_out(*at, *given)
    return made


def _each(step: Assignment, known: Mapping[str, Any]) -> Any:
    """A number, or an array where names without brackets are arrays."""
    names = sorted(step.names())
    work_out = _compiled(step, tuple(names))
    stretched = [name for name in names if name not in step.arrays and np.ndim(known[name]) > 0]
    if not stretched:
        return work_out(*(known[name] for name in names))
    shape = np.broadcast_shapes(*(np.shape(known[name]) for name in stretched))
    arrays = {name: np.broadcast_to(known[name], shape) for name in stretched}
    made = np.empty(shape)
    for at in np.ndindex(*shape):
        made[at] = work_out(*(arrays[name][at] if name in arrays else known[name] for name in names))
    return made


@cache
def _compiled(step: Assignment, names: tuple[str, ...]) -> Any:
    taken: list[Any] = []
    for name in names:
        if name in step.arrays:
            taken.append(sympy.IndexedBase(name, real=True))
        else:
            taken.append(
                sympy.Symbol(name, integer=True) if name in step.indices else sympy.Symbol(name, real=True)
            )
    own = {"sign": lambda x: math.copysign(1.0, x) if x else 0.0}
    return sympy.lambdify(taken, step.expression, modules=[own, "math"])


def dimensions(shape: str) -> tuple[str, ...] | None:
    """`(N, C)` as its parts; None for `(...)`, which is anything. Raises ValueError for what is no shape."""
    inner = re.fullmatch(r"\((.*)\)", shape.strip())
    if inner is None:
        raise ValueError(f"expected a shape such as '()', '(N, C)' or '(..., C)', got {shape!r}")
    parts = tuple(part.strip() for part in inner[1].split(",") if part.strip())
    return None if parts == ("...",) else parts


def sizes(stated: Mapping[str, str], came: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """The size of every dimension letter, from the shapes that are stated and those that came.

    A part may be a letter, a number or a sum such as `T+1`; the same letter has one size everywhere, and `...`
    stands for the same axes wherever it is written. Raises ValueError that names what does not fit.
    """
    found: dict[str, int] = {}
    rest: tuple[int, ...] | None = None
    later: list[tuple[str, str, int]] = []
    for name, shape in stated.items():
        if name not in came:
            continue
        parts = dimensions(shape) if dimensions(shape) is not None else ("...",)
        assert parts is not None
        got = came[name]
        if "..." in parts:
            at = parts.index("...")
            after = len(parts) - at - 1
            if len(got) < len(parts) - 1:
                raise ValueError(f"{name} is stated as {shape} and came as {got}")
            middle = got[at : len(got) - after]
            if rest is not None and middle != rest:
                raise ValueError(f"the axes '...' of {name} are {middle}, and {rest} before")
            rest = middle
            got = (*got[:at], *got[len(got) - after :])
            parts = (*parts[:at], *parts[at + 1 :])
        if len(parts) != len(got):
            raise ValueError(f"{name} is stated as {shape} and came as {came[name]}")
        later += [(name, part, size) for part, size in zip(parts, got, strict=True)]
    for name, part, size in itertools.chain(later, later):  # twice: a sum may stand before its letters
        if part.isidentifier() and found.setdefault(part, size) != size:
            raise ValueError(f"{part} is {found[part]}, and {size} for {name}")
    for name, part, size in later:
        wanted = sympy.sympify(part, locals={key: sympy.Integer(value) for key, value in found.items()})
        if wanted.is_number and int(wanted) != size:
            raise ValueError(f"{name}: {part} is {wanted} and came as {size}")
    return found
