r"""Scripts and what is written with them: indices, limits of sums, derivatives."""

from __future__ import annotations

import re
from dataclasses import replace

from jinjie.audit.formulas.cursor import Cursor
from jinjie.audit.formulas.grammar import Unread, cut
from jinjie.audit.formulas.tree import Atom, Bound, Node, Num, Op, power


class Scripts(Cursor):
    """The part of the grammar for what stands above and below."""

    def subscripts(self, found: list[str]) -> tuple[Node | str, ...]:
        """The parts of a subscript: expressions where they are such, texts else. `ij` are two."""
        parts: list[Node | str] = []
        for piece in cut(found, ","):
            text = "".join(piece)
            if not piece:
                continue
            if piece[0][0] == '"' or len(piece) > 7:
                parts.append(text.replace('"', ""))
            elif all(re.fullmatch(r"[a-z]|\d|\\ell", t) for t in piece) and len(piece) > 1:
                parts += [Num(float(t)) if t.isdigit() else Atom(t) for t in piece]
            else:
                try:
                    parts.append(self.other(piece).whole())
                except (Unread, IndexError):
                    parts.append(text)
        return tuple(parts)

    def free_scripts(self, inside: list[str]) -> tuple[Node | str, ...]:
        """The scripts that stand within a call: `h(x_i)` has a value for each i."""
        found: list[Node | str] = []
        for at, token in enumerate(inside):
            if token in ("_", "^") and at + 1 < len(inside):
                parser = self.other(inside[at + 1 :])
                script = [t for t in parser.script() if t not in ("(", ")")]
                if "".join(script) not in ("T", "\\top", "2"):
                    found += [s for s in self.subscripts(script) if not isinstance(s, str | Num)]
        return tuple(dict.fromkeys(found))

    def limits(self, low: list[str], high: list[str] | None) -> tuple[Bound, ...]:
        r"""The indices below a `\sum`: `i=1`, `i, j`, `m,n \in N`, `j \ne i` is not read."""
        if not low:
            raise Unread("a sum over nothing named")
        end = self.other(high).whole() if high else None
        if low[0] == "0" and low[1:2] in (["\\le"], ["\\leq"]) and "<" in low:  # 0 <= p, q < k
            low = low[2 : low.index("<")]
        if any(
            t
            in (
                "\\ne",
                "\\neq",
                "<",
                "\\le",
                "\\leq",
                ">",
                ":",
                "|",
                "\\mid",
                "\\substack",
                "\\ge",
                "\\to",
                "\\sim",
            )
            for t in low
        ):
            raise Unread("a condition below a sum")
        at = low.index("\\in") if "\\in" in low else None
        if at is not None:
            low = low[:at]
        bounds: list[Bound] = []
        if "=" in low:
            at = low.index("=")
            bounds.append(Bound(low[0], self.other(low[at + 1 :]).whole(), end))
            if at != 1:
                raise Unread("limits")
            return tuple(bounds)
        letters = [t for t in low if t not in (",", "(", ")", "\\{", "\\}")]
        if not all(re.fullmatch(r"[A-Za-z]|\\ell", t) for t in letters):
            raise Unread("limits")
        return tuple(Bound(t, None, end) for t in letters)

    def derivative(self, top: list[str], below: list[str]) -> Atom | None:
        r"""`\frac{\partial L}{\partial w}` or `\frac{dL}{dw}` as one symbol; None for another fraction."""
        mark = "\\partial" if top[:1] == ["\\partial"] and below[:1] == ["\\partial"] else ""
        if not mark and top[:1] == ["d"] and below[:1] == ["d"] and len(below) > 1 and below[1] != "_":
            mark = "d"
        if not mark:
            return None
        if "\\partial" in below[1:]:
            raise Unread("several variables")
        what, by = _flat(top[1:]), _flat(below[1:])
        subs = tuple(dict.fromkeys((*self.free_scripts(top[1:]), *self.free_scripts(below[1:]))))
        return Atom(f"∂{what}/∂{by}", subs=subs, derivative=(what, by))


def _flat(found: list[str]) -> str:
    return "".join(t.replace('"', "") for t in found if t not in ("{", "}"))


def transposed(node: Node) -> Node:
    """Turned round: the turning goes down to the symbols."""
    match node:
        case Atom():
            return replace(node, transposed=not node.transposed)
        case Op(("+" | "*") as kind, args):
            return Op(kind, tuple(transposed(a) for a in args))
        case Num():
            return node
        case Op("^", (base, exponent)):
            return power(transposed(base), exponent)
    return node
