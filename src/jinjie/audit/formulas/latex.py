r"""LaTeX as articles print it, read into equations.

What cannot be read is left out: `equations` gives what it could read, and counts what it could not. A symbol followed by
brackets is a call where it is written as one (`\operatorname`, `\text`, known names, f, J, σ, …), and a product else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from jinjie.audit.formulas.scripts import scripts
from jinjie.audit.formulas.tokens import cleaned, rows, tokens
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

RELATIONS = {
    "=",
    "\\leftarrow",
    "\\gets",
    "\\approx",
    "\\equiv",
    "\\triangleq",
    "\\coloneqq",
    "\\coloneq",
    "\\simeq",
}
_GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho varrho sigma tau "
    "upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell partial infty varnothing"
)
GREEK = {"\\" + name for name in _GREEK.split()} - {"\\partial"}
ACCENTS = {
    "\\hat",
    "\\widehat",
    "\\bar",
    "\\overline",
    "\\tilde",
    "\\widetilde",
    "\\dot",
    "\\ddot",
    "\\check",
}
FUNCTIONS = {
    "exp",
    "log",
    "ln",
    "lg",
    "sin",
    "cos",
    "tan",
    "tanh",
    "sinh",
    "cosh",
    "sqrt",
    "erf",
    "sign",
    "sgn",
}
PRODUCT = {"\\cdot", "\\times", "\\odot", "\\circ", "*", "\\ast", "\\otimes", "\\star"}
CALLED = set("fFJLPpQqDGhE") | {
    "\\sigma",
    "\\phi",
    "\\varphi",
    "\\Phi",
    "\\psi",
    "\\Omega",
    "\\ell",
    "\\pi",
    "g",
    "S",
    "R",
}
"""Letters that are functions where brackets follow."""
SAME = {
    "layernorm": ("LayerNorm", "LN", "Norm", "LayerNormalization", "ln", "layernorm", "LayerNorm1", "LayerNorm2", "归一化"),
    "multihead": ("MultiHead", "MHA", "MultiHeadAttention", "MSA", "SelfAttention", "SelfAttn", "Attn", "MHSA",
                  "MultiHeadSelfAttention", "MultiHeadAttn", "Multi-Head", "MultiHeadSelfAttn", "Self-Attention"),
    "ffn": ("FFN", "FeedForward", "MLP", "FF", "PositionwiseFFN", "Feed-Forward"),
    "softmax": ("softmax", "Softmax", "SoftMax", "SOFTMAX"),
    "sigmoid": ("sigmoid", "Sigmoid", "logistic", "sigm"),
    "relu": ("ReLU", "relu", "Relu", "RELU"),
    "concat": ("Concat", "concat", "Concatenate", "cat"),
    "attention": ("Attention", "attention", "Attn", "ScaledDotProductAttention"),
    "expectation": ("E", "\\mathbbE"),
    "sign": ("sign", "sgn"), "argmax": ("argmax", "arg\\max"), "argmin": ("argmin",), "max": ("Max",), "min": ("Min",),
}  # fmt: skip
ALIAS = {name: own for own, several in SAME.items() for name in several}
CLOSING = {
    "(": ")",
    "[": "]",
    "\\{": "\\}",
    "{": "}",
    "\\lfloor": "\\rfloor",
    "\\lceil": "\\rceil",
    "\\langle": "\\rangle",
}


class Unread(ValueError):
    """A piece that is no formula of this grammar."""


@dataclass(frozen=True)
class Read:
    """What was read of one formula."""

    equations: tuple[Equation, ...]
    unread: int
    """Pieces with an equals sign that could not be read."""


def equations(latex: str) -> Read:
    """The equations of a formula, in their order; of a chain `a = b = c` both `a = b` and `a = c`."""
    made: list[Equation] = []
    unread = 0
    parts: list[list[str]] = []
    target: list[str] | None = None
    for line, piece in rows(cleaned(latex)):
        try:
            parts = _split(tokens(piece))
        except (Unread, AssertionError):
            unread += 1
            continue
        if len(parts) < 2:
            continue
        if parts[0]:
            target = parts[0]
        if target is None:
            continue
        for right in parts[1:]:
            try:
                made.append(_equation(target, right, piece.strip(), line))
            except (Unread, IndexError, RecursionError):
                unread += 1
    if not made and not unread and "=" not in latex and len(parts) == 1:
        try:
            made.append(_equation([], parts[0], latex.strip(), 0))
        except (Unread, IndexError, RecursionError):
            unread += 1
    return Read(tuple(made), unread)


def expression(latex: str) -> Node | None:
    """One side by itself; None where it cannot be read."""
    try:
        return scripts(Parser(tokens(cleaned(latex))).whole(), set())
    except (Unread, IndexError, AssertionError):
        return None


def _split(found: list[str]) -> list[list[str]]:
    """The sides of a piece, cut at its relations; only those outside all brackets count."""
    sides: list[list[str]] = [[]]
    depth = 0
    at = 0
    while at < len(found):
        token = found[at]
        if token in CLOSING or token == "\\begin":
            depth += 1
        elif token in CLOSING.values() or token == "\\end":
            depth -= 1
        if depth <= 0 and token in RELATIONS:
            sides.append([])
        elif depth <= 0 and token == ":" and found[at + 1 : at + 2] == ["="]:
            pass
        else:
            sides[-1].append(token)
        at += 1
    return [_stripped(side) for side in sides]


def _stripped(side: list[str]) -> list[str]:
    """Without punctuation and words at the end."""
    side = list(side)
    while side and (
        side[-1] in (",", ".", ";", ":", "。", "\\\\", "\\")
        or (side[-1][0] == '"' and len(side) > 1 and side[-2] in (",", ";"))
    ):
        side.pop()
    while side and side[0] in (",", ";"):
        side.pop(0)
    return side


def _equation(left: list[str], right: list[str], latex: str, line: int) -> Equation:
    said = " ".join(t.removeprefix('"') for t in left)
    body = Parser(_without_condition(right)).whole()
    target: Atom | None = None
    try:
        node = Parser(left, defining=True).whole()
        if isinstance(node, Atom):
            target = node
        elif isinstance(node, Op) and node.kind not in ("+", "*", "^"):
            target = Atom(node.kind, subs=free_scripts(left))
        elif isinstance(node, Op) and node.kind == "*" and isinstance(node.args[0], Atom):
            target = Atom("".join(a.name for a in node.args if isinstance(a, Atom)))
        elif isinstance(node, Op) and node.kind == "^" and isinstance(node.args[0], Atom):
            target = replace(node.args[0], name=node.args[0].name + "²")
    except (Unread, IndexError):
        target = Atom(said) if left else None
    known = {letter for sub in (target.subs if target else ()) for letter in _letters(sub)}
    return Equation(scripts_of(target, known) if target else None, scripts(body, known), said, latex, line)


def scripts_of(target: Atom, known: set[str]) -> Atom:
    """The left side's symbol, with its subscripts as indices."""
    node = scripts(target, known)
    return node if isinstance(node, Atom) else target


def _letters(sub: Node | str) -> list[str]:
    if isinstance(sub, str):
        return []
    if isinstance(sub, Atom):
        return [sub.name] if re.fullmatch(r"[a-z]|\\ell", sub.name) else []
    return [name for arg in getattr(sub, "args", ()) for name in _letters(arg)]


def _without_condition(right: list[str]) -> list[str]:
    r"""Without what stands behind a comma outside brackets: `x = y, i = 1, \dots, n`."""
    depth = 0
    for at, token in enumerate(right):
        if token in CLOSING or token == "\\begin":
            depth += 1
        elif token in CLOSING.values() or token == "\\end":
            depth -= 1
        elif depth == 0 and token in (",", ";") and at:
            return right[:at]
    return right


class Parser:
    """One side of an equation, from left to right. Raises Unread."""

    def __init__(self, found: list[str], defining: bool = False) -> None:
        self.found = found
        self.at = 0
        self.defining = defining

    def peek(self, ahead: int = 0) -> str:
        return self.found[self.at + ahead] if self.at + ahead < len(self.found) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise Unread(f"expected {token}")

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
            "\\frac", "\\sqrt", "\\sum", "\\prod", "\\max", "\\min", "\\arg", "\\nabla", "\\partial", "\\lfloor", "\\lceil",
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

    def script(self, single: bool = False) -> list[str]:
        r"""The tokens of what stands above or below; `single` takes one digit, as `\frac12` does."""
        if self.peek() == "{":
            start = self.at + 1
            self.skip("{", "}")
            return self.found[start : self.at - 1]
        token = self.take()
        if token in ACCENTS | {"\\frac"} or not token:
            raise Unread("script")
        if single and token.isdigit() and len(token) > 1:
            self.found[self.at - 1 : self.at] = [token[0], token[1:]]
            return [token[0]]
        return [token]

    def skip(self, opening: str, closing: str) -> None:
        depth = 0
        while True:
            token = self.take()
            if not token:
                raise Unread("bracket not closed")
            depth += (token == opening) - (token == closing)
            if depth == 0:
                return

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
        return replace(node, subs=(*node.subs, *subscripts(found)))

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
                return replace(node, subs=(*node.subs, *subscripts(found[1:-1])))
            if re.fullmatch(r"[A-Z]", text) and (node.name[:1].isupper() or node.name == '"head'):
                return replace(node, name=node.name + text)
        exponent = Parser(found).whole()
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
            return replace(node, subs=(*node.subs, *subscripts(self.found[start : self.at - 1])))
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
        """A call by name: known functions as such, others of plain symbols as one symbol, of more as an unknown function."""
        name = node.name.removeprefix('"')
        own = ALIAS.get(name, name)
        start = self.at
        try:
            args = self.arguments()
        except Unread:
            self.at = start
            opening = self.peek()
            self.skip(opening, CLOSING[opening])
            inside = self.found[start + 1 : self.at - 1]
            return replace(node, name=name + "()", subs=(*node.subs, *free_scripts(inside)))
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
            return replace(node, name=name + "()", subs=(*node.subs, *free_scripts(inside)))
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
            exponent = Parser(self.script()).whole()
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
            return Op("exp", (Parser(self.script()).whole(),))
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
            return Op("exp", (Parser(self.script()).whole(),))
        if name in ("T", "top"):
            raise Unread(name)
        return Atom(token)

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
        kind = {"\\le": "<=", "\\leq": "<=", "\\ge": ">=", "\\geq": ">=", "\\ne": "!=", "\\neq": "!=", "\\geqslant": ">=",
                "\\leqslant": "<="}.get(sign, sign)  # fmt: skip
        if kind not in ("<", ">", "<=", ">=", "=", "!="):
            raise Unread(sign)
        return Compare(kind, left, self.sum())

    def fraction(self) -> Node:
        top = self.script(single=True)
        below = self.script(single=True)
        derived = derivative(top, below)
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
        return over(Parser(top).whole(), Parser(below).whole())

    def root(self) -> Node:
        degree = Num(2.0)
        if self.peek() == "[":
            start = self.at + 1
            self.skip("[", "]")
            node = Parser(self.found[start : self.at - 1]).whole()
            if not isinstance(node, Num):
                raise Unread("root")
            degree = node
        return power(Parser(self.script()).whole(), Num(1.0 / degree.value))

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
            return Atom(f"\\{kind}", subs=subscripts(low))
        bounds = limits(low, high)
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
        derived = derivative(self.found[start:middle], self.found[middle + 1 : self.at])
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
        return Op(kind, (Parser(inner).whole(),))

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
        parser = Parser([t for t in found if t not in ("\\{", "\\}")])
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
            parts.append((Parser(value).whole(), condition(when)))
        if not parts:
            raise Unread("cases")
        if self.peek() in ("\\right", "."):
            self.take()
        return Cases(tuple(parts))


def condition(found: list[str]) -> Node | None:
    """A case's condition; None for what is only words."""
    useful = [
        t
        for t in found
        if t not in (",", ".", ";")
        and (t[0] != '"' or t[1:] not in ("if", "当", "若", "when", "如果", "for", "时"))
    ]
    if not any(
        t in ("<", ">", "=", "\\le", "\\ge", "\\leq", "\\geq", "\\ne", "\\neq", "\\geqslant", "\\leqslant")
        for t in useful
    ):
        return None
    parser = Parser(useful)
    return parser.comparison(parser.sum())


def cut(found: list[str], mark: str) -> list[list[str]]:
    """The tokens between marks."""
    parts: list[list[str]] = [[]]
    for token in found:
        if token == mark:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def subscripts(found: list[str]) -> tuple[Node | str, ...]:
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
                parts.append(Parser(piece).whole())
            except (Unread, IndexError):
                parts.append(text)
    return tuple(parts)


def free_scripts(inside: list[str]) -> tuple[Node | str, ...]:
    """The scripts that stand within a call: `h(x_i)` has a value for each i."""
    found: list[Node | str] = []
    for at, token in enumerate(inside):
        if token in ("_", "^") and at + 1 < len(inside):
            parser = Parser(inside[at + 1 :])
            script = [t for t in parser.script() if t not in ("(", ")")]
            if "".join(script) not in ("T", "\\top", "2"):
                found += [s for s in subscripts(script) if not isinstance(s, str | Num)]
    return tuple(dict.fromkeys(found))


def limits(low: list[str], high: list[str] | None) -> tuple[Bound, ...]:
    r"""The indices below a `\sum`: `i=1`, `i, j`, `m,n \in N`, `j \ne i` is not read."""
    if not low:
        raise Unread("a sum over nothing named")
    end = Parser(high).whole() if high else None
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
        bounds.append(Bound(low[0], Parser(low[at + 1 :]).whole(), end))
        if at != 1:
            raise Unread("limits")
        return tuple(bounds)
    letters = [t for t in low if t not in (",", "(", ")", "\\{", "\\}")]
    if not all(re.fullmatch(r"[A-Za-z]|\\ell", t) for t in letters):
        raise Unread("limits")
    return tuple(Bound(t, None, end) for t in letters)


def derivative(top: list[str], below: list[str]) -> Atom | None:
    r"""`\frac{\partial L}{\partial w}` or `\frac{dL}{dw}` as one symbol; None for another fraction."""
    mark = "\\partial" if top[:1] == ["\\partial"] and below[:1] == ["\\partial"] else ""
    if not mark and top[:1] == ["d"] and below[:1] == ["d"] and len(below) > 1 and below[1] != "_":
        mark = "d"
    if not mark:
        return None
    if "\\partial" in below[1:]:
        raise Unread("several variables")
    what, by = _flat(top[1:]), _flat(below[1:])
    subs = tuple(dict.fromkeys((*free_scripts(top[1:]), *free_scripts(below[1:]))))
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
