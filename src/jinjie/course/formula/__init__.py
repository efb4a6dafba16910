"""The registry of formulas: each with its LaTeX, symbols, function, test, canonical form and wrong variants."""

from jinjie.course.formula.registry import Formula, Heading, Symbol, Variant, find, formulas, headings

__all__ = ["Formula", "Heading", "Symbol", "Variant", "find", "formulas", "headings"]
