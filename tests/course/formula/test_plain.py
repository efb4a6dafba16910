"""LaTeX in a terminal: nothing that would be misread."""

import pytest

from jinjie.course.formula.plain import plain
from jinjie.course.formula.registry import formulas


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\frac{a+b}{c}", "(a+b)/c"),
        (r"\frac12 x", "1/2 x"),
        (r"\frac{\eta\, g}{\sqrt{s} + \epsilon}", "(η g)/(√(s) + ϵ)"),
        (r"x^{2n} + x_{i+1}", "x^{2n} + x_{i+1}"),
        (r"\mathrm{softmax}\left(Q K^\top\right)", "softmax(Q K^⊤)"),
        (r"\operatorname{GELU}(z)", "GELU(z)"),
        (r"\exp Z_{ts}", "exp Z_{ts}"),
        (r"t < T_{\max}", "t < T_{max}"),
        (r"\log(1 + e^{-z})", "log(1 + e^{-z})"),
        (r"\hat m \ne \tfrac12", "m̂ ≠1/2"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a = b\nc = d"),
    ],
)
def test_a_formula_is_read_as_it_is_meant(latex, expected):
    assert plain(latex) == expected


def test_no_macro_is_left_in_any_of_them():
    texts = [f.latex for f in formulas().values()]
    texts += [s.latex for f in formulas().values() for s in f.symbols]
    texts += [v.latex for f in formulas().values() for v in f.wrong if v.latex]
    left = [latex for latex in texts if "\\" in plain(latex) or not plain(latex)]
    assert left == []
