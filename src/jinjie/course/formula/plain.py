"""LaTeX as plain text, for a terminal: `\\frac{a+b}{\\sqrt{c}}` becomes (a+b)/√(c)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

NAMED = ("exp", "log", "ln", "max", "min", "sin", "cos", "tanh", "det", "arg", "Pr")
"""Functions that LaTeX sets apart from what they are of."""

_SIMPLER = (
    (re.compile(r"\\[dt]frac(?![a-zA-Z])"), r"\\frac"),
    (re.compile(r"\\(?:operatorname\*?|mathrm|mathbf|text|mathit|mathsf|texttt)\s*\{([^{}]*)\}"), r" \1"),
    (re.compile(r"\\(?:big|Big|bigg|Bigg)[lrm]?(?![a-zA-Z])"), ""),
)
"""What only says how to set a formula, and what it comes to."""
SIGNS = {"ne": "≠", "iff": "⟺", "lor": "∨", "bmod": " mod ", "textstyle": "", "lt": "<", "gt": ">"}
"""Signs that the converter has no character for."""


def plain(latex: str) -> str:
    """`latex` in Unicode, fractions and exponents bracketed where they would be misread without."""
    for pattern, simpler in _SIMPLER:
        latex = pattern.sub(simpler, latex)
    text: str = _converter().latex_to_text(latex)
    text = re.sub(rf"\b({'|'.join(NAMED)}) +(?=[(\[_^{{}}])", r"\1", text)
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


@cache
def _converter() -> Any:
    from pylatexenc import latex2text

    context = latex2text.get_default_latex_context_db()
    macros = [latex2text.MacroTextSpec(name, f"{name} ") for name in NAMED]
    macros += [latex2text.MacroTextSpec(name, sign) for name, sign in SIGNS.items()]
    context.add_context_category(
        "jinjie", prepend=True, macros=[latex2text.MacroTextSpec("frac", _fraction), *macros]
    )
    return latex2text.LatexNodes2Text(latex_context=context, math_mode="text", keep_braced_groups=True)


def _fraction(node: Any, l2tobj: Any) -> str:
    above, below = (_bracketed(l2tobj.nodelist_to_text([part])) for part in node.nodeargd.argnlist)
    return f"{above}/{below}"


def _bracketed(part: str) -> str:
    inner = part.strip().removeprefix("{").removesuffix("}").strip()
    return inner if re.fullmatch(r"[\w^]+", inner) else f"({inner})"
