"""Python code as coloured words: classes for a page, whose style sheet has the colours of day and night."""

from __future__ import annotations

import io
from functools import lru_cache

CLASSES = {
    "Keyword": "k",
    "Literal.String": "s",
    "Literal.Number": "n",
    "Comment": "c",
    "Name.Function": "f",
    "Name.Class": "f",
    "Name.Builtin": "b",
    "Name.Decorator": "d",
    "Operator": "o",
    "Keyword.Constant": "n",
    "Operator.Word": "k",
}
"""Kinds of words, as Pygments calls them, and their classes: few enough to be told apart."""


@lru_cache(maxsize=512)
def python(source: str) -> str:
    """The code as HTML: what is code is escaped, what has a colour is in a span with a class `hl-…`."""
    from html import escape

    from pygments.lexers.python import PythonLexer

    made = io.StringIO()
    for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(source):
        name = _class(kind)
        made.write(f'<span class="hl-{name}">{escape(text)}</span>' if name else escape(text))
    return made.getvalue()


def _class(kind: object) -> str | None:
    name = str(kind).removeprefix("Token").lstrip(".")
    while name:
        if name in CLASSES:
            return CLASSES[name]
        name = name.rpartition(".")[0]
    return None
