r"""The pieces of the grammar that have a form of their own: fractions, roots, sums, gradients, bars, cases."""

from __future__ import annotations

from dataclasses import replace

from jinjie.audit.formulas.grammar import CLOSING, Unread, cut
from jinjie.audit.formulas.scripted import Scripts
from jinjie.audit.formulas.tree import Atom, Cases, Compare, Node, Num, Op, Reduce, over, power


class Pieces(Scripts):
    """Each method reads one piece, its command being taken already. All raise Unread."""

    def braced(self) -> Node:
        self.expect("{")
        node = self.sum()
        self.expect("}")
        return node

    def bracketed(self) -> Node:
        opening = self.take()
        closing = CLOSING[opening]
        node = self.sum()
        if self.peek() in ("<", ">", "\\le", "\\ge", "\\leq", "\\geq", "=", "\\ne", "\\neq"):
            node = self.comparison(node)
        if self.peek() in (",", ";") and opening in ("[", "("):  # [h; x]: put side by side
            args = [node]
            while self.peek() in (",", ";"):
                self.take()
                args.append(self.sum())
            node = Op("concat", tuple(args))
        self.expect(closing)
        return (
            Op("floor" if "floor" in opening else "ceil", (node,))
            if opening in ("\\lfloor", "\\lceil")
            else node
        )

    def comparison(self, left: Node) -> Node:
        sign = self.take()
        kind = {"\\le": "<=", "\\leq": "<=", "\\ge": ">=", "\\geq": ">=", "\\ne": "!=",
            "\\neq": "!=", "\\geqslant": ">=",
                "\\leqslant": "<="}.get(sign, sign)  # fmt: skip
        if kind not in ("<", ">", "<=", ">=", "=", "!="):
            raise Unread(sign)
        return Compare(kind, left, self.sum())

    def fraction(self) -> Node:
        top = self.script(single=True)
        below = self.script(single=True)
        derived = self.derivative(top, below)
        if derived is not None:
            if derived.derivative and not derived.derivative[0]:  # \frac{\partial}{\partial w} J
                inner = self.factor()
                if not isinstance(inner, Atom):
                    raise Unread("derivative of more than a symbol")
                return replace(
                    derived,
                    name=f"∂{inner.name}/∂{derived.derivative[1]}",
                    derivative=(inner.name, derived.derivative[1]),
                )
            return derived
        return over(self.other(top).whole(), self.other(below).whole())

    def root(self) -> Node:
        degree = Num(2.0)
        if self.peek() == "[":
            start = self.at + 1
            self.skip("[", "]")
            node = self.other(self.found[start : self.at - 1]).whole()
            if not isinstance(node, Num):
                raise Unread("root")
            degree = node
        return power(self.other(self.script()).whole(), Num(1.0 / degree.value))

    def reduction(self, token: str) -> Node:
        kind = {"\\sum": "sum", "\\prod": "prod", "\\max": "max", "\\min": "min"}.get(
            token, token.lstrip("\\")
        )
        if token == "\\arg":
            kind = "arg" + self.take().lstrip('\\"')
        if kind in ("max", "min") and self.peek() in ("(", "\\{", "["):
            args = self.arguments()
            if len(args) > 1:
                return Op(kind, args)
            if isinstance(args[0], Atom):  # min(x), the smallest of all x
                return Atom(f"\\{kind}({args[0].name})")
            raise Unread("maximum of one")
        low: list[str] = []
        high: list[str] | None = None
        while self.peek() in ("_", "^"):
            if self.take() == "_":
                low = self.script()
            else:
                high = self.script()
        if kind in ("max", "min") and not low and self.peek() not in ("(", "\\{", "["):
            return Atom(f"\\{kind}")
        if kind in ("max", "min") and low and not self.starts(self.peek()):
            return Atom(f"\\{kind}", subs=self.subscripts(low))
        bounds = self.limits(low, high)
        body = self.product()
        return Reduce(kind, body, bounds)

    def gradient(self) -> Node:
        subs: list[str] = []
        if self.peek() == "_":
            self.take()
            subs = self.script()
        if not self.starts(self.peek()):
            raise Unread("nabla")
        inner = self.factor()
        if isinstance(inner, Op) and len(inner.args) == 1 and isinstance(inner.args[0], Atom):
            inner = Atom(inner.kind)
        if not isinstance(inner, Atom):
            raise Unread("gradient of more than a symbol")
        return replace(
            inner, name="∇" + inner.name, subs=inner.subs, derivative=(inner.name, "".join(subs) or "θ")
        )

    def slashed(self) -> Node:
        r"""`\partial L / \partial w`."""
        start = self.at - 1
        while self.peek() not in ("/", ""):
            self.take()
        middle = self.at
        self.expect("/")
        self.expect("\\partial")
        self.factor()
        derived = self.derivative(self.found[start:middle], self.found[middle + 1 : self.at])
        if derived is None:
            raise Unread("derivative")
        return derived

    def barred(self, closing: str, kind: str) -> Node:
        inner: list[str] = []
        depth = 0
        while True:
            token = self.take()
            if not token:
                raise Unread("bar")
            depth += (token in CLOSING) - (token in CLOSING.values())
            if depth == 0 and (token == closing or (closing == "|" and token in ("|", "\\rvert", "\\vert"))):
                break
            inner.append(token)
        return Op(kind, (self.other(inner).whole(),))

    def indicator(self) -> Node:
        if self.peek() == "_":
            self.take()
            found = self.script()
        else:
            opening = self.take()
            if opening not in ("[", "(", "\\{", "{"):
                raise Unread("indicator")
            start = self.at
            while self.take() != CLOSING[opening]:
                if self.at > len(self.found):
                    raise Unread("indicator")
            found = self.found[start : self.at - 1]
        parser = self.other([t for t in found if t not in ("\\{", "\\}")])
        return parser.comparison(parser.sum())

    def environment(self) -> Node:
        self.expect("{")
        name = ""
        while (token := self.take()) != "}":
            name += token.lstrip('"')
            if not token:
                raise Unread("environment")
        if name not in ("cases", "array", "dcases"):
            raise Unread(name)
        if name == "array":
            self.script()
        start = self.at
        while self.peek() != "\\end":
            if not self.take():
                raise Unread("end")
        body = self.found[start : self.at]
        self.take()
        self.script()
        parts: list[tuple[Node, Node | None]] = []
        for row in cut(body, "\\\\"):
            if not row:
                continue
            columns = cut(row, "&")
            value = columns[0]
            when = columns[1] if len(columns) > 1 else []
            if len(columns) == 1 and "," in value:
                split = value.index(",")
                value, when = value[:split], value[split + 1 :]
            value = [t for at, t in enumerate(value) if not (t == "," and at == len(value) - 1)]
            parts.append((self.other(value).whole(), self.condition(when)))
        if not parts:
            raise Unread("cases")
        if self.peek() in ("\\right", "."):
            self.take()
        return Cases(tuple(parts))

    def condition(self, found: list[str]) -> Node | None:
        """A case's condition; None for what is only words."""
        useful = [
            t
            for t in found
            if t not in (",", ".", ";")
            and (t[0] != '"' or t[1:] not in ("if", "当", "若", "when", "如果", "for", "时"))
        ]
        if not any(
            t
            in ("<", ">", "=", "\\le", "\\ge", "\\leq", "\\geq", "\\ne", "\\neq", "\\geqslant", "\\leqslant")
            for t in useful
        ):
            return None
        parser = self.other(useful)
        return parser.comparison(parser.sum())
