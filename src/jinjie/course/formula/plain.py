"""LaTeX as plain text, for a terminal: `\\frac{a+b}{\\sqrt{c}}` becomes (a+b)/√(c)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any


def plain(latex: str) -> str:
    """`latex` in Unicode, fractions and exponents bracketed where they would be misread without."""
    text: str = _converter().latex_to_text(latex)
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


@cache
def _converter() -> Any:
    from pylatexenc import latex2text

    context = latex2text.get_default_latex_context_db()
    context.add_context_category(
        "jinjie",
        prepend=True,
        macros=[latex2text.MacroTextSpec(name, _fraction) for name in ("frac", "dfrac", "tfrac")],
    )
    return latex2text.LatexNodes2Text(latex_context=context, math_mode="text", keep_braced_groups=True)


def _fraction(node: Any, l2tobj: Any) -> str:
    above, below = (_bracketed(l2tobj.nodelist_to_text([part])) for part in node.nodeargd.argnlist)
    return f"{above}/{below}"


def _bracketed(part: str) -> str:
    inner = part.strip().removeprefix("{").removesuffix("}").strip()
    return inner if re.fullmatch(r"[\w^]+", inner) else f"({inner})"
