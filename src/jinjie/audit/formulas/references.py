"""What the course knows of each formula, as right sides to be compared with: right forms and wrong ones.

Of each formula its LaTeX, its canonical form and the further forms in which books print it; of each wrong variant
the same. A form of several lines gives each line by itself and, put into one another, the whole.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from jinjie.audit.formulas.comparing import Side
from jinjie.audit.formulas.latex import equations
from jinjie.audit.formulas.programs import Line, inlined, program
from jinjie.audit.formulas.tree import (
    Atom,
    Bound,
    Cases,
    Compare,
    Equation,
    Node,
    Num,
    Op,
    Reduce,
    add,
    minus,
    over,
    power,
    times,
)
from jinjie.course.formula.registry import Formula, Variant, find

_ASSIGNED = re.compile(
    r"^\s*(?P<name>\w+)\s*(?:\[(?P<index>[\w\s,]+)\])?\s*=(?!=)\s*(?P<right>.+)$", re.DOTALL
)
_NAMES = {"Max": "max", "Min": "min", "ceiling": "ceil"}
_ORDER = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=", ast.NotEq: "!="}


@dataclass(frozen=True)
class Form:
    """One way in which a formula, or a wrong variant of it, is written."""

    formula: Formula
    variant: Variant | None
    lines: tuple[Line, ...]
    latex: str | None
    """None for a canonical form."""

    @property
    def right(self) -> bool:
        return self.variant is None


@dataclass(frozen=True)
class Known:
    """A side of a form to compare with."""

    form: Form
    side: Side
    whole: bool
    """Whether all the lines before are put into it."""


@cache
def forms(id_: str) -> tuple[Form, ...]:
    """Every form of a formula that can be read."""
    formula = find(id_)
    made = _forms(formula, None, (formula.latex, *formula.printed), formula.canonical)
    for variant in formula.wrong:
        printed = (*((variant.latex,) if variant.latex else ()), *variant.printed)
        made = itertools.chain(made, _forms(formula, variant, printed, variant.canonical))
    return tuple(made)


def _forms(
    formula: Formula, variant: Variant | None, latex: Sequence[str], canonical: Sequence[str]
) -> Iterator[Form]:
    for text in latex:
        lines = program(equations(text).equations)
        if lines:
            yield Form(formula, variant, tuple(lines), text)
    if canonical:
        names = {s.code: s.latex for s in formula.symbols if s.code}
        try:
            lines = [_canonical(line, names) for line in canonical]
        except (SyntaxError, ValueError):
            return
        yield Form(formula, variant, tuple(lines), None)


@cache
def known(id_: str) -> tuple[Known, ...]:
    """Every side of every form of a formula."""
    found: list[Known] = []
    for form in forms(id_):
        wholes = inlined(form.lines)
        returned = _returned(form)
        for line in form.lines:
            if form.latex is not None and not isinstance(line.right, Atom | Num):
                found.append(Known(form, Side(line), len(form.lines) == 1))
        if form.latex is None or len(form.lines) > 1:
            for name, line in wholes.items():
                if (form.latex is not None or name in returned) and not isinstance(line.right, Atom | Num):
                    found.append(Known(form, Side(line), True))
    return tuple(found)


def _returned(form: Form) -> set[str]:
    names = {s.code: s.latex for s in form.formula.symbols if s.code}
    return {names.get(code, code) for code in form.formula.returns}


def _canonical(line: str, names: dict[str, str]) -> Line:
    """A line of a canonical form; the functions' names become the symbols' LaTeX."""
    found = _ASSIGNED.match(line)
    if found is None:
        raise ValueError(line)
    right = _of(ast.parse(found["right"].strip(), mode="eval").body, names)
    index = tuple(i.strip() for i in (found["index"] or "").split(",") if i.strip())
    name = names.get(found["name"], found["name"])
    return Line(name, index, right, Equation(Atom(name), right, name, line))


def _of(node: ast.AST, names: dict[str, str]) -> Node:  # noqa: PLR0911
    def go(part: ast.AST) -> Node:
        return _of(part, names)

    match node:
        case ast.Constant(value=bool()):
            return Num(1.0)
        case ast.Constant(value=(int() | float()) as number):
            return Num(float(number))
        case ast.Name(id="pi"):
            return Num(3.141592653589793)
        case ast.Name(id="True"):
            return Num(1.0)
        case ast.Name(id=name):
            return Atom(names.get(name, name))
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return minus(go(part))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return add(go(left), go(right))
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return add(go(left), minus(go(right)))
        case ast.BinOp(left=left, op=ast.Mult() | ast.BitAnd(), right=right):
            return times(go(left), go(right))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return over(go(left), go(right))
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return power(go(left), go(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return Compare(_ORDER[type(op)], go(left), go(right))
        case ast.Subscript(value=ast.Name(id=name), slice=index):
            parts = index.elts if isinstance(index, ast.Tuple) else [index]
            return Atom(names.get(name, name), tuple(go(p) for p in parts))
        case ast.Call(func=ast.Name(id=name), args=args):
            return _called(name, args, names)
    raise ValueError(ast.dump(node))


def _called(name: str, args: list[ast.expr], names: dict[str, str]) -> Node:
    match name:
        case "Sum" | "Product":
            bounds = []
            for limits in args[1:]:
                if not isinstance(limits, ast.Tuple) or not isinstance(limits.elts[0], ast.Name):
                    raise ValueError("limits")
                letter, low, high = limits.elts
                assert isinstance(letter, ast.Name)
                bounds.append(Bound(letter.id, _of(low, {}), _of(high, {})))
            return Reduce("sum" if name == "Sum" else "prod", _of(args[0], names), tuple(bounds))
        case "Piecewise":
            parts = []
            for part in args:
                assert isinstance(part, ast.Tuple)
                value, when = part.elts
                sure = isinstance(when, ast.Constant) or (isinstance(when, ast.Name) and when.id == "True")
                parts.append((_of(value, names), None if sure else _of(when, names)))
            return Cases(tuple(parts))
        case "Eq" | "Ne":
            return Compare("=" if name == "Eq" else "!=", _of(args[0], names), _of(args[1], names))
        case "KroneckerDelta":
            return Compare("=", _of(args[0], names), _of(args[1], names))
        case "And":
            return times(*(_of(a, names) for a in args))
        case "sqrt":
            return power(_of(args[0], names), Num(0.5))
        case "Rational":
            return over(_of(args[0], names), _of(args[1], names))
    return Op(_NAMES.get(name, name), tuple(_of(a, names) for a in args))
