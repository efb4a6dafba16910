"""A formula of the registry as its page shows it."""

from __future__ import annotations

from typing import Any

from jinjie.course.formula import trace
from jinjie.course.formula.registry import find
from jinjie.course.render import highlight
from jinjie.course.render.html import mathematics


def shown(name: str) -> dict[str, Any]:
    """Everything that is known of a formula, its function watched at work. Raises NotFound."""
    from jinjie.course.formula.shown import text

    formula = find(name)
    ran = trace.run(formula.callable())

    def changed(values: dict[str, Any]) -> list[dict[str, str]]:
        return [{"name": key, "value": text(value)} for key, value in values.items()]

    return {
        "id": formula.id,
        "name": str(formula.name),
        "math": mathematics(formula.latex, display=True),
        "source": formula.source,
        "plain": formula.plain(),
        "symbols": [
            {
                "math": mathematics(symbol.latex),
                "code": symbol.code,
                "shape": symbol.shape if symbol.shape not in (None, "()", "(...)") else "",
                "meaning": str(symbol.meaning),
            }
            for symbol in formula.symbols
        ],
        "function": f"{formula.module}.{formula.function}",
        "example": highlight.python(ran.example),
        "printed": ran.printed.rstrip(),
        "arguments": changed(dict(ran.arguments)),
        "steps": [
            {"source": highlight.python(step.source), "changed": changed(dict(step.changed))}
            for step in ran.steps
        ],
        "left_out": ran.left_out,
        "wrong": [
            {"math": mathematics(one.latex) if one.latex else "", "says": str(one.says)}
            for one in formula.wrong
        ],
        "test": f"{formula.test_file}::{formula.test}",
    }
