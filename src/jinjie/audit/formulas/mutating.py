"""A right form with one thing changed: what a slip of the pen makes of it, and how to say what was changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from jinjie.audit.formulas.tree import Atom, Node, Num, Op, Reduce, minus, names, power, rebuilt, times
from jinjie.base.words import Text
from jinjie.course.formula.plain import plain

_OTHER = {"max": "min", "min": "max", "sin": "cos", "cos": "sin", "tanh": "sigmoid", "sigmoid": "tanh"}
COUNTS = frozenset({"TP", "FP", "FN", "TN"})
"""Symbols that mean the same everywhere."""


def mutations(node: Node) -> Iterator[tuple[Text, Node]]:
    """Every single change with what the printed formula does instead of the right one."""
    yield Text("the sign of the whole right side is turned round", "整个右边的符号反了"), minus(node)
    yield from _below(node)
    letters = names(node)
    for at, one in enumerate(letters if len(letters) <= 7 else ()):
        for other in letters[at + 1 :]:
            change = Text(
                f"{called(one)} and {called(other)} have changed places",
                f"{called(one)} 与 {called(other)} 调换了位置",
            )
            yield change, _renamed(node, {one: other, other: one})
        for other in letters:
            if other != one:
                yield _instead(one, other), _renamed(node, {one: other})
    for one in letters:
        for other in sorted(COUNTS - {one.strip('"')}) if one.strip('"') in COUNTS else ():
            yield _instead(one, other), _renamed(node, {one: other})
        yield Text(f"{called(one)} is squared", f"{called(one)} 多了平方"), _squared(node, one)


def _instead(one: str, other: str) -> Text:
    return Text(
        f"{called(other)} stands where {called(one)} belongs",
        f"该写 {called(one)} 的地方写成了 {called(other)}",
    )


def _renamed(node: Node, by: Mapping[str, str]) -> Node:
    return rebuilt(node, lambda n: replace(n, name=by[n.name]) if isinstance(n, Atom) and n.name in by else n)


def _squared(node: Node, name: str) -> Node:
    return rebuilt(node, lambda n: power(n, Num(2.0)) if isinstance(n, Atom) and n.name == name else n)


def called(name: str) -> str:
    """A symbol as it stands in a sentence."""
    return (
        plain(name.replace('"', "").replace("()", ""))
        if "\\" in name
        else name.replace('"', "").replace("()", "")
    )


def _below(node: Node) -> Iterator[tuple[Text, Node]]:
    """The changes at this node, and those at each below it."""
    yield from _here(node)
    match node:
        case Op(kind, args):
            for at, arg in enumerate(args):
                for change, made in _below(arg):
                    yield change, Op(kind, (*args[:at], made, *args[at + 1 :]))
        case Reduce(kind, body, over):
            for change, made in _below(body):
                yield change, Reduce(kind, made, over)


def _here(node: Node) -> Iterator[tuple[Text, Node]]:  # noqa: PLR0912
    match node:
        case Op("+", args):
            if len(args) == 2 and args[0] == Num(1.0):
                yield Text("“1 −” is missing", "少了“1 −”"), minus(args[1])
            for at, arg in enumerate(args):
                yield (
                    Text("a plus and a minus are confused", "加号与减号写反了"),
                    Op("+", (*args[:at], minus(arg), *args[at + 1 :])),
                )
                rest = (*args[:at], *args[at + 1 :])
                yield Text("a term is missing", "少了一项"), rest[0] if len(rest) == 1 else Op("+", rest)
        case Op("*", args):
            for at, arg in enumerate(args):
                rest = (*args[:at], *args[at + 1 :])
                left = rest[0] if len(rest) == 1 else Op("*", rest)
                if arg == Num(-1.0):
                    yield Text("a minus sign is missing", "少了负号"), left
                elif (
                    isinstance(arg, Op)
                    and arg.kind == "^"
                    and isinstance(arg.args[1], Num)
                    and arg.args[1].value < 0
                ):
                    yield Text("a division is missing", "少了一个除式"), left
                    turned = Op("^", (arg.args[0], Num(-arg.args[1].value)))
                    yield (
                        Text("it is multiplied where it should be divided", "该除的地方写成了乘"),
                        Op("*", (*args[:at], turned, *args[at + 1 :])),
                    )
                else:
                    yield Text("a factor is missing", "少了一个因子"), left
                    if not isinstance(arg, Num):
                        yield (
                            Text("it is divided where it should be multiplied", "该乘的地方写成了除"),
                            Op("*", (*args[:at], power(arg, Num(-1.0)), *args[at + 1 :])),
                        )
            below = [a for a in args if isinstance(a, Op) and a.kind == "^" and a.args[1] == Num(-1.0)]
            if below and any(a not in below and not isinstance(a, Num) for a in args):
                turned_all = tuple(
                    a.args[0]
                    if isinstance(a, Op) and a in below
                    else a
                    if isinstance(a, Num)
                    else power(a, Num(-1.0))
                    for a in args
                )
                yield (
                    Text("numerator and denominator have changed places", "分子与分母颠倒了"),
                    Op("*", turned_all),
                )
        case Op("^", (base, Num(value))):
            if value == 2.0:
                yield Text("a square is missing", "少了平方"), base
                yield (
                    Text("a square root stands where a square belongs", "该平方的地方写成了开方"),
                    power(base, Num(0.5)),
                )
            elif value == 0.5:
                yield Text("a square root is missing", "少了根号"), base
                yield (
                    Text("a square stands where a square root belongs", "该开方的地方写成了平方"),
                    power(base, Num(2.0)),
                )
            elif value == -1.0:
                yield from ((change, power(made, Num(-1.0))) for change, made in _roots(base))
        case Op("^", (base, exponent)) if not isinstance(exponent, Num):
            yield Text("a power is printed as a product", "乘方写成了乘法"), times(base, exponent)
        case Op(("exp" | "log" | "tanh" | "sigmoid" | "relu" | "floor" | "Abs") as kind, (inner,)):
            yield Text(f"{kind} is missing", f"少了 {kind}"), inner
            if kind in _OTHER:
                yield (
                    Text(
                        f"{_OTHER[kind]} stands where {kind} belongs",
                        f"该写 {kind} 的地方写成了 {_OTHER[kind]}",
                    ),
                    Op(_OTHER[kind], (inner,)),
                )
            yield (
                Text(f"a minus sign inside {kind} is missing or too many", f"{kind} 里的负号不对"),
                Op(kind, (minus(inner),)),
            )
        case Op(("max" | "min" | "sin" | "cos") as kind, args):
            yield (
                Text(
                    f"{_OTHER[kind]} stands where {kind} belongs", f"该写 {kind} 的地方写成了 {_OTHER[kind]}"
                ),
                Op(_OTHER[kind], args),
            )
        case Atom(transposed=True):
            yield Text("a transposition is missing", "少了转置"), replace(node, transposed=False)
        case Reduce(("sum" | "prod" | "max" | "min") as kind, body, over):
            other = {"sum": "prod", "prod": "sum", "max": "min", "min": "max"}[kind]
            yield (
                Text(f"{other} stands where {kind} belongs", f"该写 {kind} 的地方写成了 {other}"),
                Reduce(other, body, over),
            )
        case Num(value) if value not in (-1.0, 0.0):
            if value != 2.0:
                yield (
                    Text(
                        f"the number {2 * value:g} stands where {value:g} belongs",
                        f"该写 {value:g} 的地方写成了 {2 * value:g}",
                    ),
                    Num(2 * value),
                )
            if value > 1:
                yield (
                    Text(f"the number 1 stands where {value:g} belongs", f"该写 {value:g} 的地方写成了 1"),
                    Num(1.0),
                )


def _roots(base: Node) -> Iterator[tuple[Text, Node]]:
    if not (isinstance(base, Op) and base.kind == "^"):
        yield Text("a square stands in the denominator", "分母多了平方"), power(base, Num(2.0))
        yield Text("a square root stands in the denominator", "分母多了根号"), power(base, Num(0.5))
