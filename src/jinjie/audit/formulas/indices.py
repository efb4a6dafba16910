"""Which subscripts are indices and which are part of a name.

`x_i` below a sum over i has a value for each i; `d_k`, `W_h`, `\\beta_1` are names. An index is what a sum runs
over, and what the left side is indexed by.
"""

from __future__ import annotations

from dataclasses import replace

from jinjie.audit.formulas.tree import Atom, Node, Num, Op, Reduce, rebuilt, walk


def settled(node: Node, known: set[str]) -> Node:
    """The tree with all scripts settled: as indices, or into the names. `known` are the left side's letters."""
    bound = known | {b.name for n in walk(node) if isinstance(n, Reduce) for b in n.over}
    return _with(node, bound)


def _with(node: Node, bound: set[str]) -> Node:
    def change(found: Node) -> Node:
        if not isinstance(found, Atom) or not found.subs:
            return found
        index: list[Node] = list(found.index)
        name = found.name
        for sub in found.subs:
            if not isinstance(sub, str) and _is_index(sub, bound):
                index.append(sub)
            else:
                name += "_" + written(sub)
        derived = found.derivative
        return replace(found, name=name, index=tuple(index), subs=(), derivative=derived)

    return rebuilt(node, change)


def _is_index(sub: Node, bound: set[str]) -> bool:
    return any(isinstance(n, Atom) and (n.name in bound or set(_deep(n)) & bound) for n in walk(sub))


def _deep(atom: Atom) -> list[str]:
    return [n.name for s in atom.subs if not isinstance(s, str) for n in walk(s) if isinstance(n, Atom)]


def written(sub: Node | str) -> str:
    """A script as it is part of a name."""
    match sub:
        case str():
            return sub
        case Num(value):
            return f"{value:g}"
        case Atom(name):
            return name + "".join("_" + written(s) for s in (*sub.subs, *sub.index))
        case Op("+", args):
            return "+".join(written(a) for a in args).replace("+-", "-")
        case Op("*", (Num(-1.0), rest)):
            return "-" + written(rest)
    return "…"
