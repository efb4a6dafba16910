r"""The grammar of one side of an equation: sums of products of factors, calls and powers."""

from __future__ import annotations

import re
from dataclasses import replace

from jinjie.audit.formulas.grammar import ACCENTS, ALIAS, CALLED, CLOSING, FUNCTIONS, GREEK, PRODUCT, Unread
from jinjie.audit.formulas.pieces import Pieces
from jinjie.audit.formulas.scripted import transposed
from jinjie.audit.formulas.tree import Atom, Node, Num, Op, add, minus, power, times


class Parser(Pieces):
    """One side of an equation, from left to right. Raises Unread."""

    def whole(self) -> Node:
        node = self.sum()
        if self.at < len(self.found):
            raise Unread(self.peek())
        return node

    def sum(self) -> Node:
        """Terms added and subtracted."""
        terms: list[Node] = []
        sign = 1
        while self.peek() in ("+", "-", "−"):
            sign *= -1 if self.take() in ("-", "−") else 1
        terms.append(self.product() if sign > 0 else minus(self.product()))
        while self.peek() in ("+", "-", "−"):
            less = self.take() in ("-", "−")
            term = self.product()
            terms.append(minus(term) if less else term)
        return add(*terms)

    def product(self) -> Node:
        """Factors side by side, multiplied or divided."""
        factors = [self.factor()]
        while True:
            token = self.peek()
            if token in PRODUCT:
                self.take()
                if self.peek() in ("-", "−"):
                    self.take()
                    factors.append(minus(self.factor()))
                else:
                    factors.append(self.factor())
            elif token in ("/", "\\div"):
                self.take()
                factors.append(power(self.factor(), Num(-1.0)))
            elif token in ("\\cap", "\\cup"):
                self.take()
                factors = [Op(token, (times(*factors), self.factor()))]
            elif self.starts(token):
                factors.append(self.factor())
            else:
                return times(*factors)

    def starts(self, token: str) -> bool:
        """Whether a factor begins here."""
        if not token:
            return False
        if token[0] == '"' or token[0].isalnum() or token in ("(", "[", "{"):
            return True
        return token in GREEK | ACCENTS or token in (
            "\\frac", "\\sqrt", "\\sum", "\\prod", "\\max", "\\min", "\\arg", "\\nabla", "\\partial",
                "\\lfloor", "\\lceil",
            "\\lVert", "\\Vert", "\\|", "\\begin", "\\indicator", "\\underbrace", "\\{", "\\argmax", "\\argmin",
        ) or token.lstrip("\\") in FUNCTIONS or (token == "|" and self.opens_bar())  # fmt: skip

    def opens_bar(self) -> bool:
        return self.found[: self.at].count("|") % 2 == 0 and "|" in self.found[self.at + 1 :]

    def factor(self) -> Node:
        """One primary with its powers."""
        node = self.primary()
        while self.peek() in ("^", "_", "'", "!", "\\prime"):
            token = self.take()
            if token == "!":
                raise Unread("factorial")
            if token in ("'", "\\prime"):
                node = self.suffixed(node, "'")
            elif token == "_":
                node = self.with_sub(node, self.script())
            else:
                node = self.with_super(node, self.script())
        made = self.applied(node)
        while made is not node and self.peek() in ("^", "_"):  # softmax(z)_i, f(x)^2, E[g^2]_t
            if self.take() == "_":
                found = self.script()
                made = self.with_sub(made, found) if isinstance(made, Atom) else made
            else:
                made = self.with_super(made, self.script())
        return made

    def suffixed(self, node: Node, suffix: str) -> Node:
        if not isinstance(node, Atom):
            if isinstance(node, Op) and node.kind in FUNCTIONS and not node.args:
                return Op(node.kind + suffix, ())
            raise Unread("prime")
        return replace(node, name=node.name + suffix)

    def with_sub(self, node: Node, found: list[str]) -> Node:
        if isinstance(node, Op) and node.kind == "norm":
            return Op("norm1" if found == ["1"] else "norm", node.args)
        if isinstance(node, Op) and node.kind in FUNCTIONS and not node.args:
            if node.kind == "log" and found == ["2"]:
                return Op("log2", ())
            return node
        if isinstance(node, Op) and len(node.args) == 1:  # softmax(z)_i
            return node
        if not isinstance(node, Atom):
            raise Unread("subscript")
        return replace(node, subs=(*node.subs, *self.subscripts(found)))

    def with_super(self, node: Node, found: list[str]) -> Node:
        text = "".join(found)
        if text in (
            "\\top",
            "T",
            "\\intercal",
            "\\mathsfT",
            '"T',
            "\\mathrmT",
            "\\prime\\prime",
            "\\dagger",
        ) and not isinstance(node, Num):
            return transposed(node)
        if found and found[-1] in ("\\top", "\\intercal") and isinstance(node, Atom):
            return transposed(self.with_super(node, found[:-1]))
        if isinstance(node, Atom):
            if text in ("*", "\\prime", "'", "\\star", "+", "-") or found[0][0] == '"':
                return replace(node, name=node.name + text.replace('"', ""))
            if found[0] in ("(", "[") and found[-1] in (")", "]"):
                return replace(node, subs=(*node.subs, *self.subscripts(found[1:-1])))
            if re.fullmatch(r"[A-Z]", text) and (node.name[:1].isupper() or node.name == '"head'):
                return replace(node, name=node.name + text)
        exponent = self.other(found).whole()
        if isinstance(node, Op) and node.kind in FUNCTIONS and not node.args:  # \tanh^2 (z)
            return power(self.call(node.kind), exponent)
        return power(node, exponent)

    def applied(self, node: Node) -> Node:
        """With the brackets behind it, where it is a function."""
        if isinstance(node, Op) and not node.args and node.kind != "+":
            return self.call(node.kind)
        if not isinstance(node, Atom):
            return node
        token = self.peek()
        if token == "[" and self.indexing():
            self.take()
            start = self.at
            while self.take() != "]":
                if self.at > len(self.found):
                    raise Unread("]")
            return replace(node, subs=(*node.subs, *self.subscripts(self.found[start : self.at - 1])))
        base = node.name.rstrip("'")
        if base in ("E", '"E', '"Var', "\\mu", '"Mean', '"mean') and token in ("[", "("):
            start = self.at
            self.skip(token, CLOSING[token])
            inside = self.found[start + 1 : self.at - 1]
            if len(inside) <= 6:
                return replace(node, name=f"{base}[{''.join(inside)}]")
            self.at = start
            if base == "\\mu":
                return node
        if base[0] == '"' and token in ("(", "[", "\\{"):
            return self.called(node)
        if base == '"softmax' and self.starts(token):
            return Op("softmax", (self.factor(),))
        if token == "(" and (base in CALLED or self.defining):
            inside = self.found[self.at + 1 : self.at + 3]
            if (
                base in CALLED
                and base not in ("f", "\\sigma", "\\phi", "\\Phi", "J", "L")
                and len(inside) > 1
                and inside[0] == "1"
            ):
                return node  # p (1 - p)
            return self.called(node)
        return node

    def indexing(self) -> bool:
        """Whether the square brackets here hold indices: `y[i, j]`, `x[t-1]`."""
        end = self.found.index("]", self.at) if "]" in self.found[self.at :] else -1
        inside = self.found[self.at + 1 : end]
        return 0 < len(inside) <= 13 and all(re.fullmatch(r"[a-z]|\d+|[,+\-:]|\\cdot", t) for t in inside)

    def called(self, node: Atom) -> Node:
        """A call by name: known functions as such, others of plain symbols as one symbol, of more as an unknown
        function."""
        name = node.name.removeprefix('"')
        own = ALIAS.get(name, name)
        start = self.at
        try:
            args = self.arguments()
        except (Unread, IndexError):
            self.at = start
            opening = self.peek()
            self.skip(opening, CLOSING[opening])
            inside = self.found[start + 1 : self.at - 1]
            return replace(node, name=name + "()", subs=(*node.subs, *self.free_scripts(inside)))
        if name == "\\sigma":
            return Op("sigmoid", args)
        if own in FUNCTIONS or own in (
            "softmax",
            "sigmoid",
            "relu",
            "layernorm",
            "multihead",
            "ffn",
            "concat",
            "attention",
            "max",
            "min",
        ):
            return Op({"ln": "log", "sgn": "sign"}.get(own, own), args)
        if all(isinstance(a, Atom | Num) for a in args) or self.defining:
            inside = self.found[start + 1 : self.at - 1]
            return replace(node, name=name + "()", subs=(*node.subs, *self.free_scripts(inside)))
        return Op(f"{name}()", args)

    def arguments(self) -> tuple[Node, ...]:
        opening = self.take()
        closing = CLOSING[opening]
        args: list[Node] = []
        while True:
            if self.peek() in ("\\dots", "\\ldots", "\\cdots"):
                self.take()
                args.append(Atom("…"))
            else:
                args.append(self.sum())
            token = self.take()
            if token == closing:
                return tuple(args)
            if token not in (",", ";", "\\mid"):
                raise Unread(token)

    def call(self, name: str) -> Node:
        """A function of mathematics with its argument, in brackets or bare."""
        name = {"ln": "log", "lg": "log"}.get(name, name)
        if self.peek() == "^":
            self.take()
            exponent = self.other(self.script()).whole()
            return power(self.call(name), exponent)
        if self.peek() == "_":
            self.take()
            name = "log2" if name == "log" and self.script() == ["2"] else name
        if self.peek() in ("(", "[", "\\{"):
            return Op(name, self.arguments())
        if self.peek() in ("-", "−"):
            self.take()
            return Op(name, (minus(self.factor()),))
        return Op(name, (self.factor(),))

    def primary(self) -> Node:  # noqa: PLR0911, PLR0912
        token = self.take()
        if not token:
            raise Unread("end")
        if token[0].isdigit() or (token[0] == "." and len(token) > 1):
            return Num(float(token))
        if token in ("(", "[", "{", "\\{", "\\lfloor", "\\lceil"):
            self.at -= 1
            return self.bracketed()
        if token == "\\frac":
            return self.fraction()
        if token == "\\sqrt":
            return self.root()
        if token in ("\\sum", "\\prod", "\\max", "\\min", "\\arg", "\\argmax", "\\argmin"):
            return self.reduction(token)
        if token == "\\nabla":
            return self.gradient()
        if token == "\\partial":
            return self.slashed()
        if token in ("|", "\\lvert", "\\vert"):
            return self.barred("|" if token != "\\lvert" else "\\rvert", "Abs")
        if token in ("\\lVert", "\\Vert", "\\|"):
            return self.barred({"\\lVert": "\\rVert"}.get(token, token), "norm")
        if token == "\\begin":
            return self.environment()
        if token == "\\indicator":
            return self.indicator()
        if token == "\\underbrace":
            node = self.braced()
            if self.peek() == "_":
                self.take()
                self.script()
            return node
        if token in ACCENTS:
            inner = self.braced() if self.peek() == "{" else self.primary()
            if not isinstance(inner, Atom):
                if token in ("\\overline", "\\bar"):
                    return Op("mean", (inner,))
                raise Unread(token)
            mark = {"\\widehat": "\\hat", "\\overline": "\\bar", "\\widetilde": "\\tilde"}.get(token, token)
            return replace(inner, name=mark + inner.name)
        if token.lstrip("\\") in FUNCTIONS and token[0] in '\\"':
            return Op(token.lstrip("\\"), ())
        if token[0] == '"':
            return self.word(token)
        if token in ("e",) and self.peek() == "^":
            self.take()
            return Op("exp", (self.other(self.script()).whole(),))
        if token == "\\pi" and self.peek() not in ("(", "_"):
            return Num(3.141592653589793)
        if token in GREEK or re.fullmatch(r"[A-Za-z]", token):
            return Atom(token)
        raise Unread(token)

    def word(self, token: str) -> Node:
        name = token[1:]
        if name.lower() in FUNCTIONS:
            return Op(name.lower(), ())
        if name.lower().replace("-", "") in ("argmax", "argmin", "max", "min"):
            return self.reduction("\\" + name.lower().replace("-", ""))
        if name == "e" and self.peek() == "^":
            self.take()
            return Op("exp", (self.other(self.script()).whole(),))
        if name in ("T", "top"):
            raise Unread(name)
        return Atom(token)
