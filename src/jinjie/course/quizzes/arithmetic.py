"""The arithmetic of quizzes: numbers, names and a list of functions, worked out exactly where that can be.

    read("theta - rate*2*theta").value({"theta": Fraction(3), "rate": Fraction("0.1")})  # Fraction(12, 5)

The spelling is that of `course/formula/symbolic.py`, and `min`, `max`, `abs` as Python has them. A text is parsed and
walked, never executed. Sums, products and powers of fractions stay fractions, so that 0.1*3 is 0.3 to a reader.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

from jinjie.base.errors import JinjieError, did_you_mean

Number: TypeAlias = "Fraction | float"
Value: TypeAlias = "Fraction | float | str"
"""What a parameter is: a number, or a word that a text or a comparison names."""

LONGEST = 400
"""Characters of an expression."""
_LARGEST = Fraction(10**300)
_BITS = 2048
"""Of the parts of an exact fraction; a larger one goes on as a float."""


class BadExpression(JinjieError):
    """An expression that cannot be read or worked out; the sentence quotes it."""


def _round(x: Number, digits: Number = Fraction(0)) -> Number:
    """Halves away from zero, as on paper."""
    scale = Fraction(10 ** abs(_integer(digits)))
    scale = scale if digits >= Fraction(0) else 1 / scale
    rounded = Fraction(math.floor(abs(Fraction(x)) * scale + Fraction(1, 2)), 1) / scale
    return -rounded if float(x) < 0 else rounded


def _integer(x: Number) -> int:
    if not -400 <= float(x) <= 400 or x != int(x):
        raise ValueError
    return int(x)


def _root(x: Number) -> Number:
    """Exact for squares: √9 is 3."""
    if isinstance(x, Fraction) and x.numerator >= 0:
        up, down = math.isqrt(x.numerator), math.isqrt(x.denominator)
        if up * up == x.numerator and down * down == x.denominator:
            return Fraction(up, down)
    return math.sqrt(x)


def _power(x: Number, y: Number) -> Number:
    if isinstance(x, Fraction) and isinstance(y, Fraction) and y.denominator == 1:
        exponent = y.numerator
        if abs(exponent) <= 400 and _size(x) * abs(exponent) <= _BITS:
            return Fraction(x**exponent)
    made = float(x) ** float(y)
    if isinstance(made, complex):
        raise ValueError
    return float(made)


def _size(x: Number) -> int:
    return max(x.numerator.bit_length(), x.denominator.bit_length()) if isinstance(x, Fraction) else 0


def _sign(x: Number) -> Number:
    return Fraction((x > 0) - (x < 0))


def _logarithm(x: Number, base: Number | None = None) -> Number:
    """Exact where it is whole."""
    if x == 1:
        return Fraction(0)
    made = (
        math.log(x) if base is None else math.log2(x) if base == 2 else math.log10(x) if base == 10 else None
    )
    if made is None:
        assert base is not None
        made = math.log(x) / math.log(base)
    whole = round(made)
    if base is not None and abs(whole) <= 400 and isinstance(x, Fraction):
        return Fraction(whole) if _power(Fraction(base), Fraction(whole)) == x else made
    return made


def _rounded(by: Callable[[Any], int]) -> Callable[[Number], Number]:
    return lambda x: Fraction(by(x))


def _extreme(of: Callable[..., Any]) -> Callable[..., Number]:
    def extreme(*numbers: Number) -> Number:
        found: Number = of(numbers)
        return found

    return extreme


FUNCTIONS: dict[str, Callable[..., Number]] = {
    "exp": lambda x: Fraction(1) if x == 0 else math.exp(x),
    "log": _logarithm,
    "log2": lambda x: _logarithm(x, Fraction(2)),
    "log10": lambda x: _logarithm(x, Fraction(10)),
    "sqrt": _root,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "erf": math.erf,
    "abs": abs,
    "Abs": abs,
    "sign": _sign,
    "floor": _rounded(math.floor),
    "ceil": _rounded(math.ceil),
    "ceiling": _rounded(math.ceil),
    "round": _round,
    "min": _extreme(min),
    "Min": _extreme(min),
    "max": _extreme(max),
    "Max": _extreme(max),
}
CONSTANTS: dict[str, Number] = {"pi": math.pi}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda x, y: Fraction(x // y),
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.USub, ast.UAdd, ast.Call, ast.Compare, ast.IfExp, ast.Name, ast.Load,
    ast.Constant, *_BINARY, *_COMPARE,
)  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """A checked expression. `names` are the parameters that it takes."""

    text: str
    tree: ast.expr
    names: frozenset[str]

    def value(self, given: Mapping[str, Value]) -> Number:
        """The number that it comes to. Raises BadExpression: a name unknown, a division by zero, not finite."""
        if missing := sorted(self.names - given.keys()):
            suggestion = did_you_mean(missing[0], given)
            raise BadExpression(
                "quiz.expression.unknown", text=self.text, name=missing[0], suggestion=suggestion
            )
        try:
            made: Any = self._work(self.tree, given)
        except ZeroDivisionError:
            raise BadExpression("quiz.expression.zero", text=self.text) from None
        except OverflowError:
            raise BadExpression("quiz.expression.not_finite", text=self.text) from None
        except (ValueError, TypeError):
            raise BadExpression("quiz.expression.undefined", text=self.text) from None
        if isinstance(made, str):
            raise BadExpression("quiz.expression.word", text=self.text)
        if isinstance(made, bool):
            raise BadExpression("quiz.expression.undefined", text=self.text)
        if not abs(made) < _LARGEST:
            raise BadExpression("quiz.expression.not_finite", text=self.text)
        found: Number = made
        return found

    def _work(self, node: ast.expr, given: Mapping[str, Value]) -> Any:
        match node:
            case ast.Constant():
                return node.value if isinstance(node.value, str) else _literal(node)
            case ast.Name():
                return given[node.id] if node.id in given else CONSTANTS[node.id]
            case ast.UnaryOp():
                made = self._work(node.operand, given)
                return -made if isinstance(node.op, ast.USub) else +made
            case ast.BinOp():
                left, right = self._work(node.left, given), self._work(node.right, given)
                return _bounded(_BINARY[type(node.op)](left, right))
            case ast.IfExp():
                return self._work(node.body if self._work(node.test, given) else node.orelse, given)
            case ast.Compare():
                parts = [self._work(part, given) for part in (node.left, *node.comparators)]
                pairs = zip(node.ops, parts, parts[1:], strict=False)
                return all(_COMPARE[type(op)](left, right) for op, left, right in pairs)
            case ast.Call(func=ast.Name(id=name)):
                return _bounded(FUNCTIONS[name](*(self._work(part, given) for part in node.args)))
        raise TypeError(type(node).__name__)


@cache
def read(text: str) -> Expression:
    """A text as an expression. Raises BadExpression that quotes what cannot stand in one."""
    shown = text.strip()
    if len(shown) > LONGEST:
        raise BadExpression("quiz.expression.long", text=shown[:40] + "…", most=LONGEST)
    try:
        tree = ast.parse(shown.replace("^", "**"), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise BadExpression("quiz.expression.syntax", text=shown) from None
    called = set()
    names = set()
    compared = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.Compare) for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise BadExpression("quiz.expression.no_place", text=shown, what=type(node).__name__)
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
            if name not in FUNCTIONS or node.keywords:
                suggestion = did_you_mean(name, FUNCTIONS)
                raise BadExpression("quiz.expression.function", text=shown, name=name, suggestion=suggestion)
            called.add(id(node.func))
        elif isinstance(node, ast.Constant):
            word = isinstance(node.value, str) and id(node) in compared
            if not word and (isinstance(node.value, bool) or not isinstance(node.value, int | float)):
                raise BadExpression("quiz.expression.no_place", text=shown, what=repr(node.value)[:40])
        elif isinstance(node, ast.Name) and id(node) not in called:
            names.add(node.id)
    return Expression(shown, tree.body, frozenset(names - CONSTANTS.keys()))


def _literal(node: ast.Constant) -> Number:
    """0.1 as the tenth that was written, and not as the float nearest to it."""
    value: Any = node.value
    if isinstance(value, int):
        return Fraction(value)
    return Fraction(repr(value)) if math.isfinite(value) else value


def _bounded(made: Any) -> Any:
    if isinstance(made, int):
        made = Fraction(made)
    return float(made) if isinstance(made, Fraction) and _size(made) > _BITS else made


def number(value: Any) -> Number | None:
    """What was written for a number, exactly: 0.1 is a tenth. None for a word."""
    if isinstance(value, str):
        try:
            return (
                Fraction(value.strip()) if len(value) <= 40 and "e" not in value.lower() else _floating(value)
            )
        except (ValueError, ZeroDivisionError):
            return None
    return Fraction(repr(value)) if math.isfinite(value) else None


def _floating(value: str) -> Number | None:
    """YAML reads 1e-3 as a word; it is a number all the same."""
    made = float(value)
    return Fraction(repr(made)) if math.isfinite(made) else None


def plain(value: Value) -> str:
    """A number as it stands in a text: whole or as a short decimal where it is one, else in four figures."""
    if isinstance(value, str):
        return value
    if isinstance(value, Fraction):
        if value.denominator == 1 and abs(value) < 10**15:
            return str(value.numerator)
        scaled = value * 10**6
        if scaled.denominator == 1 and abs(value) < 10**9:
            sign = "-" if value < 0 else ""
            whole, part = divmod(abs(scaled.numerator), 10**6)
            return f"{sign}{whole}.{part:06d}".rstrip("0")
    return f"{float(value):.4g}"
