"""The registry of formulas: each with its LaTeX, symbols, function, test, canonical form and wrong variants."""

from jinjie.course.formula.registry import Formula, Symbol, Variant, find, formulas

__all__ = ["Formula", "Symbol", "Variant", "find", "formulas"]
