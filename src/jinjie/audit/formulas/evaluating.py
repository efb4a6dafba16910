"""What a tree is worth when every symbol is given a value.

Values are drawn by a seed and the symbol's name, one for each index: `x[2]` is another number than `x[3]`. A
function that the mathematics does not know (`f`, `LayerNorm`) is a fixed smooth one, so that equal trees are worth
the same and others, but for an accident of one in a billion, are not. Work is done in complex numbers: a logarithm
of a negative number is no error there.
"""

from __future__ import annotations

import cmath
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from jinjie.audit.formulas.tree import Atom, Bound, Cases, Compare, Node, Num, Op, Reduce, walk

Value = Callable[[str, tuple[float, ...]], complex]
MOST = 4_000
"""Terms of a sum, of all its indices together."""


class Unvalued(ValueError):
    """A tree that has no value here: a division by zero, too large a sum."""


@dataclass(frozen=True)
class Setting:
    """The values of symbols, the size that every dimension has, and which names are dimensions."""

    value: Value
    size: int = 3
    dimensions: frozenset[str] = frozenset()
    indices: Mapping[str, float] = field(default_factory=dict)


def drawn(seed: int, signed: bool = False) -> Value:
    """Values between 0.15 and 0.85 by name and index, with a sign where `signed`."""

    def value(name: str, index: tuple[float, ...]) -> complex:
        text = f"{seed}|{name}|" + "|".join(f"{i:.6g}" for i in index)
        number = zlib.crc32(text.encode()) ^ zlib.crc32(text[::-1].encode(), 77)
        share = (number * 2654435761 % 4294967296) / 4294967296
        return complex((0.15 + 0.7 * share) * (-1 if signed and number & 64 else 1))

    return value


def dimensions(node: Node) -> frozenset[str]:
    """The names that bound a sum: they stand for a size."""
    found = {
        n.name
        for r in walk(node)
        if isinstance(r, Reduce)
        for b in r.over
        if b.high is not None
        for n in walk(b.high)
        if isinstance(n, Atom) and not n.index
    }
    return frozenset(found - {b.name for r in walk(node) if isinstance(r, Reduce) for b in r.over})


def work_out(node: Node, at: Setting) -> complex:
    """The value of a tree. Raises Unvalued."""
    try:
        made = _value(node, at, dict(at.indices))
    except (ZeroDivisionError, OverflowError, ValueError, RecursionError) as error:
        raise Unvalued(str(error)) from None
    if not cmath.isfinite(made):
        raise Unvalued("not finite")
    return made


def _value(node: Node, at: Setting, env: dict[str, float]) -> complex:
    match node:
        case Num(value):
            return complex(value)
        case Atom(name):
            if name in env and not node.index:
                return complex(env[name])
            if name in at.dimensions and not node.index:
                return complex(at.size)
            index = tuple(_value(i, at, env).real for i in node.index)
            worth = at.value(name, index)
            return 1.37 * worth + 0.113 if node.transposed else worth
        case Op(kind, args):
            return _operation(kind, args, at, env)
        case Reduce():
            return _reduced(node, at, env)
        case Compare(kind, left, right):
            return complex(_holds(kind, _value(left, at, env), _value(right, at, env)))
        case Cases(parts):
            return _cases(parts, at, env)


def _holds(kind: str, left: complex, right: complex) -> float:
    """Orders are asked; equality is a smooth measure of nearness, since drawn numbers never coincide."""
    near = 1 / (1 + 3 * abs(left - right) ** 2)
    if kind == "=":
        return near
    if kind == "!=":
        return 1 - near
    return float(left.real > right.real if ">" in kind else left.real < right.real)


def _cases(parts: tuple[tuple[Node, Node | None], ...], at: Setting, env: dict[str, float]) -> complex:
    left, total = 1.0, 0j
    for number, (value, when) in enumerate(parts):
        last = number == len(parts) - 1
        share = 1.0 if when is None or last else _value(when, at, env).real
        total += left * share * _value(value, at, env)
        left *= 1 - share
    return total


def _operation(kind: str, args: tuple[Node, ...], at: Setting, env: dict[str, float]) -> complex:
    if kind in ("norm", "norm1", "mean"):
        return _norm(kind, args[0], at, env)
    given = [_value(a, at, env) for a in args]
    match kind:
        case "+":
            return sum(given)
        case "*":
            return math.prod(given)
        case "^":
            if given[0] == 0 and given[1].real < 0:
                raise Unvalued("division by zero")
            return given[0] ** given[1].real if given[1].imag == 0 else given[0] ** given[1]
        case "max":
            return max(given, key=lambda v: v.real)
        case "min":
            return min(given, key=lambda v: v.real)
    return _function(kind, given)


def _function(kind: str, given: list[complex]) -> complex:
    x = given[0]
    match kind:
        case "exp":
            return cmath.exp(x)
        case "log":
            return cmath.log(x)
        case "log2":
            return cmath.log(x) / math.log(2)
        case "sqrt":
            return cmath.sqrt(x)
        case "sin" | "cos" | "tan" | "tanh" | "sinh" | "cosh":
            made: complex = getattr(cmath, kind)(x)
            return made
        case "erf":
            return complex(math.erf(x.real))
        case "sigmoid":
            return 1 / (1 + cmath.exp(-x))
        case "relu":
            return x if x.real > 0 else 0j
        case "Abs":
            return complex(abs(x))
        case "sign":
            return complex((x.real > 0) - (x.real < 0))
        case "floor":
            return complex(math.floor(x.real + 1e-9))
        case "ceil":
            return complex(math.ceil(x.real - 1e-9))
        case "concat":
            return sum(given) * 0.77 + 0.21
    key = zlib.crc32(kind.rstrip("()'").encode() if len(kind.rstrip("()'")) > 3 else b"f") % 997 / 997 + (
        0.4 if "'" in kind else 0
    )
    mixed = sum(g * (1 + 0.37 * place) for place, g in enumerate(given))
    return 1.3 + cmath.sin((0.9 + key) * mixed + 0.4 + key)


def _norm(kind: str, inner: Node, at: Setting, env: dict[str, float]) -> complex:
    """A norm or mean over an index that is not printed: the symbols inside without an index get one."""
    total = 0j
    for place in range(at.size):

        def value(name: str, index: tuple[float, ...], place: int = place) -> complex:
            return at.value(name, index or (float(place),))

        worth = _value(inner, Setting(value, at.size, at.dimensions, at.indices), env)
        total += {"norm": worth * worth, "norm1": abs(worth)}.get(kind, worth)
    return cmath.sqrt(total) if kind == "norm" else total if kind == "norm1" else total / at.size


def _reduced(node: Reduce, at: Setting, env: dict[str, float]) -> complex:
    values: list[complex] = []
    places: list[dict[str, float]] = [{}]
    for bound in node.over:
        places = [{**p, bound.name: v} for p in places for v in _range(bound, node, at, {**env, **p})]
        if len(places) > MOST:
            raise Unvalued("too large a sum")
    for place in places:
        values.append(_value(node.body, at, {**env, **place}))
    match node.kind:
        case "sum":
            return sum(values)
        case "prod":
            return math.prod(values)
        case "max" if values:
            return max(values, key=lambda v: v.real)
        case "min" if values:
            return min(values, key=lambda v: v.real)
        case "argmax" if values:
            return complex(max(range(len(values)), key=lambda i: values[i].real))
        case "argmin" if values:
            return complex(min(range(len(values)), key=lambda i: values[i].real))
    raise Unvalued(node.kind)


def _range(bound: Bound, node: Reduce, at: Setting, env: dict[str, float]) -> list[float]:
    """The values of an index. From 1 to N is from 0 to N - 1 where the index is only that, not a number."""
    low = 0.0 if bound.low is None else _value(bound.low, at, env).real
    high = low + at.size - 1 if bound.high is None else _value(bound.high, at, env).real
    count = int(high - low + 1.5)
    if not 0 <= count <= 64:
        raise Unvalued("limits")
    shift = low if low == 1 and bound.name in node.plain else 0.0
    return [low - shift + i for i in range(count)]
