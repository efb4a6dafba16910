"""Expressions of quizzes: exact where they can be, bounded, never executed."""

from __future__ import annotations

import math
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.course.quizzes.arithmetic import BadExpression, number, plain, read
from jinjie.course.quizzes.template import fill

GIVEN = {"x": Fraction(3), "rate": Fraction("0.1"), "f": 0.5, "kind": "sgd"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x - rate*2*x", Fraction(12, 5)),
        ("0.1*3", Fraction(3, 10)),
        ("2^10 + 1", 1025),
        ("-x**2", -9),
        ("7 // 2 + 7 % 2", 4),
        ("sqrt(16)", 4),
        ("sqrt(2)", math.sqrt(2)),
        ("log(1) + exp(0)", 1),
        ("log2(1024)", 10),
        ("log10(0.001)", -3),
        ("log(8, 2)", 3),
        ("max(1, x, 2) + Min(4, 5)", 7),
        ("floor(-1.5) + ceil(1.2) + abs(-2)", 2),
        ("round(2.5) + round(-2.5)", 0),
        ("round(1/3, 2)", Fraction(33, 100)),
        ("1 if x > 2 else 1/0", 1),
        ("1 if kind == 'sgd' else 2", 1),
        ("f*4", 2),
        ("pi", math.pi),
    ],
)
def test_values(text: str, value: Fraction | float) -> None:
    assert read(text).value(GIVEN) == pytest.approx(value, rel=1e-15)
    if isinstance(value, Fraction | int):
        assert read(text).value(GIVEN) == value, "exact"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "quiz.expression.syntax"),
        ("1 +", "quiz.expression.syntax"),
        ("x = 3", "quiz.expression.syntax"),
        ("x\x00", "quiz.expression.syntax"),
        ("(" * 500, "quiz.expression.long"),
        ("(" * 150 + ")" * 150, "quiz.expression.no_place"),
        ("__import__('os').system('true')", "quiz.expression.function"),
        ("x.real", "quiz.expression.no_place"),
        ("[1]", "quiz.expression.no_place"),
        ("lambda: 1", "quiz.expression.no_place"),
        ("x[0]", "quiz.expression.no_place"),
        ("True", "quiz.expression.no_place"),
        ("1j", "quiz.expression.no_place"),
        ("'a'", "quiz.expression.no_place"),
        ("open(x)", "quiz.expression.function"),
        ("sqtr(x)", "quiz.expression.function"),
        ("y + 1", "quiz.expression.unknown"),
        ("exp", "quiz.expression.unknown"),
        ("1/(x - 3)", "quiz.expression.zero"),
        ("x % 0", "quiz.expression.zero"),
        ("0**(-1)", "quiz.expression.zero"),
        ("exp(1000)", "quiz.expression.not_finite"),
        ("1e999", "quiz.expression.not_finite"),
        ("10.0**400", "quiz.expression.not_finite"),
        ("log(0)", "quiz.expression.undefined"),
        ("log(-1)", "quiz.expression.undefined"),
        ("sqrt(-1)", "quiz.expression.undefined"),
        ("(-8)**0.5", "quiz.expression.undefined"),
        ("max()", "quiz.expression.undefined"),
        ("exp(1, 2)", "quiz.expression.undefined"),
        ("kind + 1", "quiz.expression.undefined"),
        ("kind", "quiz.expression.word"),
        ("x > 2", "quiz.expression.undefined"),
    ],
)
def test_what_is_no_number_is_said(text: str, key: str) -> None:
    with pytest.raises(BadExpression) as said:
        read(text).value(GIVEN)
    assert said.value.key == key


@pytest.mark.parametrize(
    "text", ["9**9**9**9", "2**400**2", "(10**400)**400", "10**(10**10)", "x**x**x**x**x", "round(1, 10**9)"]
)
def test_no_expression_takes_long(text: str) -> None:
    """Exact powers of powers would take the memory of the machine."""
    begun = time.perf_counter()
    with pytest.raises(BadExpression):
        read(text).value({"x": Fraction(99)})
    assert time.perf_counter() - begun < 0.5


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_a_clear_error(text: str) -> None:
    try:
        value = read(text).value(GIVEN)
    except BadExpression as error:
        assert str(error)
    else:
        assert math.isfinite(value)


@given(st.fractions(max_denominator=10**6), st.fractions(max_denominator=10**6))
def test_exact_as_fractions_are(a: Fraction, b: Fraction) -> None:
    assert read("a*b - (a + b)").value({"a": a, "b": b}) == a * b - (a + b)


def test_numbers_are_what_was_written() -> None:
    assert [number(v) for v in (0.1, 3, "1e-3", "2/3", "sgd", "nan", "", 1e-5)] == [
        Fraction(1, 10),
        3,
        Fraction(1, 1000),
        Fraction(2, 3),
        None,
        None,
        None,
        Fraction(1, 100000),
    ]
    assert [
        plain(v) for v in (Fraction(12, 5), Fraction(-3), Fraction(1, 3), 0.1 + 0.2, Fraction(-1, 2), "sgd")
    ] == [
        "2.4",
        "-3",
        "0.3333",
        "0.3",
        "-0.5",
        "sgd",
    ]


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("θ is {x}, so {x*2:.2f} and {x:+}", "θ is 3, so 6.00 and +3"),
        ("{rate:%} of {kind}", "10.000000% of sgd"),
        ("{rate:.0%}", "10%"),
        ("{x*1000:,}", "3,000"),
        ("{{a}} {{{x}}}", "{a} {3}"),
        ("$\\frac{a}{b} = {=x}$ and {x}", "$\\frac{a}{b} = 3$ and 3"),
        ("costs \\$5, {x}", "costs \\$5, 3"),
        ("$x_{t}$, {x}, $y_{x}$", "$x_{t}$, 3, $y_{x}$"),
        ("{=x}", "3"),
    ],
)
def test_filling(text: str, filled: str) -> None:
    assert fill(text, GIVEN) == filled


@pytest.mark.parametrize(
    "text", ["{", "a } b", "{}", "{x:.999f}", "{x!r}", "{x:>9999999}", "{x:d}{rate:d}", "{0}{y}"]
)
def test_a_bad_place_is_said(text: str) -> None:
    with pytest.raises(BadExpression):
        fill(text, GIVEN)
