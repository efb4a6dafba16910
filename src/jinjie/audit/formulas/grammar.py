r"""The words of the grammar: which commands are relations, letters, functions, brackets; the error of what is none
of it."""

from __future__ import annotations

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
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho varrho "
    "sigma tau "
    "upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell partial "
    "infty varnothing"
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
    "layernorm": ("LayerNorm", "LN", "Norm", "LayerNormalization", "ln", "layernorm", "LayerNorm1",
        "LayerNorm2", "归一化"),
    "multihead": ("MultiHead", "MHA", "MultiHeadAttention", "MSA", "SelfAttention", "SelfAttn", "Attn", "MHSA",
                  "MultiHeadSelfAttention", "MultiHeadAttn", "Multi-Head", "MultiHeadSelfAttn", "Self-Attention"),
    "ffn": ("FFN", "FeedForward", "MLP", "FF", "PositionwiseFFN", "Feed-Forward"),
    "softmax": ("softmax", "Softmax", "SoftMax", "SOFTMAX"),
    "sigmoid": ("sigmoid", "Sigmoid", "logistic", "sigm"),
    "relu": ("ReLU", "relu", "Relu", "RELU"),
    "concat": ("Concat", "concat", "Concatenate", "cat"),
    "attention": ("Attention", "attention", "Attn", "ScaledDotProductAttention"),
    "expectation": ("E", "\\mathbbE"),
    "sign": ("sign", "sgn"), "argmax": ("argmax", "arg\\max"), "argmin": ("argmin",), "max": ("Max",),
        "min": ("Min",),
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


def cut(found: list[str], mark: str) -> list[list[str]]:
    """The tokens between marks."""
    parts: list[list[str]] = [[]]
    for token in found:
        if token == mark:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
