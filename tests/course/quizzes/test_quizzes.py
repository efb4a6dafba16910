"""Variants are functions of the seed; an answer is judged however it is written, and never leaks before."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jinjie.base.errors import InvalidInput, NotFound
from jinjie.base.words import LANGUAGES
from jinjie.course.content.faults import made
from jinjie.course.content.schema import Quiz
from jinjie.course.quizzes import NotAChoice, NotANumber, Variant, judge, variant
from jinjie.course.quizzes.reading import read_number
from jinjie.course.quizzes.variants import LARGEST_SEED


def both(en: str, zh: str | None = None) -> dict[str, str]:
    return {"en": en, "zh": zh or f"中{en}"}


def number(**more: Any) -> dict[str, Any]:
    asked = {"value": "theta - rate*2*theta", "explain": both("it is {value}"), **more}
    return {
        "id": "step",
        "concept": "gradient-descent",
        "difficulty": 2,
        "params": {"theta": {"min": -3, "max": 3, "step": 0.5}, "rate": {"choices": [0.1, 0.2]}},
        "stem": both("θ is {theta}, rate {rate}"),
        "number": asked,
    }


QUIZ = made(
    Quiz,
    {
        "items": [
            number(
                mistakes=[
                    {"value": "theta + rate*2*theta", "explain": both("uphill: {mistake}, not {value}")},
                    {"value": "theta - rate*theta", "explain": both("half a step")},
                ]
            ),
            {
                "id": "choose",
                "concept": "gradient-descent",
                "difficulty": 1,
                "params": {"n": {"min": 1, "max": 1000, "step": 1}},
                "stem": both("twice {n}?"),
                "choices": [
                    {"text": both("{2*n}"), "explain": both("right, {2*n}"), "correct": True},
                    {"text": both("{n+2000}"), "explain": both("that adds")},
                    {"text": both("{n}"), "explain": both("that keeps")},
                    {"text": both("-{n}"), "explain": both("that turns")},
                ],
            },
        ]
    },
)
SEEDS = st.integers(0, LARGEST_SEED - 1)


@given(SEEDS, st.sampled_from(["step", "choose"]), st.sampled_from(LANGUAGES))
def test_the_same_seed_makes_the_same_question(seed: int, item: str, lang: Any) -> None:
    assert variant(QUIZ, item, seed, lang) == variant(QUIZ, item, seed, lang)
    other = variant(QUIZ, item, seed, "zh" if lang == "en" else "en")
    assert other.params == variant(QUIZ, item, seed, lang).params
    assert other.order == variant(QUIZ, item, seed, lang).order, "both languages see one question"


def test_a_variant_stays_what_it_is_from_version_to_version() -> None:
    """An attempt holds its seed alone: the question must be found again by it for good."""
    asked = [variant(QUIZ, item, seed, "en") for item in ("step", "choose") for seed in (0, 7)]
    assert [(v.params, v.order) for v in asked] == PINNED


def test_other_seeds_make_other_questions() -> None:
    many = [variant(QUIZ, "choose", seed, "en") for seed in range(200)]
    assert len({v.stem for v in many}) > 150, "of a thousand values"
    places = [v.right for v in many]
    # 200 draws from four places: each 50 ± 6; 25 and 75 are four standard errors away
    assert all(25 < places.count(place) < 75 for place in range(4))
    assert {v.params["theta"] for v in (variant(QUIZ, "step", s, "en") for s in range(300))} == {
        n / 2 for n in range(-6, 7)
    }


def test_another_parameter_changes_none_of_the_others() -> None:
    item = number()
    before = variant(made(Quiz, {"items": [item]}), "step", 5, "en").params
    item["params"] = {"new": {"choices": [1, 2, 3]}, **item["params"]}
    after = variant(made(Quiz, {"items": [item]}), "step", 5, "en").params
    assert {k: after[k] for k in before} == before


@given(SEEDS, st.sampled_from(["step", "choose"]))
def test_what_is_sent_to_a_page_does_not_say_what_is_right(seed: int, item: str) -> None:
    asked = variant(QUIZ, item, seed, "en").asked()
    sent = json.dumps(asked)
    for word in ("correct", "explain", "right", "order", "mistake", "it is", "value"):
        assert word not in sent
    if item == "choose":
        assert [choice["key"] for choice in asked["choices"]] == ["a", "b", "c", "d"]
        assert all(set(choice) == {"key", "text"} for choice in asked["choices"])


@given(
    SEEDS, st.sampled_from(["{}", "{}.", "({})", " {} ", "{})"]), st.booleans(), st.sampled_from(LANGUAGES)
)
def test_a_choice_is_a_letter_or_a_place(seed: int, form: str, letters: bool, lang: Any) -> None:
    asked = variant(QUIZ, "choose", seed, lang)
    assert isinstance(asked.right, int)
    for place in range(4):
        key = "ABCD"[place] if letters else str(place + 1)
        judged = judge(asked, form.format(key))
        assert judged.passed == (place == asked.right)
        chosen = asked.item.choices[asked.order[place]].explain
        assert chosen is not None
        assert judged.explain == asked.fill(chosen), "of what was chosen"
        assert judged.mistake == (None if judged.passed else asked.order[place])
    assert judge(asked, asked.right + 1).passed
    wide = chr(ord("ａ") + asked.right)
    assert judge(asked, wide).passed


@pytest.mark.parametrize(
    "answer", ["", " ", "e", "0", "5", 0, 5, -1, 1.0, True, None, "ab", "a" * 1000, [], {}]
)
def test_what_is_no_choice_is_no_attempt(answer: Any) -> None:
    with pytest.raises(NotAChoice):
        judge(variant(QUIZ, "choose", 1, "en"), answer)


def writings(value: Fraction) -> list[str]:
    """One number in every way that it may be typed."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    ways = [
        f"{float(value)!r}",
        f" {float(value)} ",
        f"{value.numerator}/{value.denominator}",
        f"{float(value):.16e}",
    ]
    ways += [f"{float(value):,}", f"{float(value):.16E}", f"{sign}{float(size)}".replace("-", "−")]
    mantissa, _, power = f"{float(value):.17e}".partition("e")
    ways += [f"{mantissa}×10^{int(power)}", f"{mantissa} * 10^({int(power)})", f"{mantissa}x10**{int(power)}"]
    wide = str.maketrans("0123456789.-,", "０１２３４５６７８９．－，")
    ways += [f"{float(value)}".translate(wide), f"{float(value):,}".translate(wide)]
    if 0 < size < 1:
        ways.append(f"{float(value)!r}".replace("0.", ".", 1) if "e" not in repr(float(value)) else "")
    if value.denominator == 1:
        ways += [str(value.numerator), f"{value.numerator}."]
    return [way for way in ways if way and len(way) <= 60]


VALUES = st.decimals(-1_000_000, 1_000_000, places=3, allow_nan=False).map(Fraction)


def asked_for(value: Fraction, unit: str = "", rtol: float = 0.001, atol: float = 0.0) -> Variant:
    """A question whose right number is this one."""
    item = number(value=f"{value.numerator}/{value.denominator}", unit=unit, rtol=rtol, atol=atol)
    return variant(made(Quiz, {"items": [item]}), "step", 1, "en")


@given(VALUES)
def test_the_value_itself_is_right_in_every_writing(value: Fraction) -> None:
    exact = asked_for(value, rtol=1e-9)
    for way in writings(value):
        assert judge(exact, way).passed, way
    assert judge(exact, float(value)).passed


@given(VALUES, st.floats(1e-4, 0.2), st.floats(1.01, 100))
def test_beyond_the_tolerance_is_wrong(value: Fraction, rtol: float, times: float) -> None:
    assume(value != 0)
    asked = asked_for(value, rtol=rtol)
    for sign in (1, -1):
        assert not judge(asked, f"{float(value) * (1 + sign * rtol * times):.15g}").passed
        assert judge(asked, f"{float(value) * (1 + sign * rtol * 0.99):.15g}").passed


def test_the_absolute_tolerance_is_for_zero() -> None:
    asked = asked_for(Fraction(0), rtol=0.1, atol=0.01)
    assert judge(asked, "0.01").passed
    assert not judge(asked, "0.011").passed
    exact = asked_for(Fraction(1, 10), rtol=0.0)
    assert judge(exact, "0.1").passed
    assert not judge(exact, "0.1000001").passed


@pytest.mark.parametrize(
    ("unit", "value", "right", "wrong"),
    [
        (
            "%",
            12,
            ["12", "12%", "12 %", "１２％", "0.12", "12 percent", "120‰"],
            ["0.12%", "1200", "0.0012", "1200%"],
        ),
        ("", 12, ["12"], ["0.12", "0.12%"]),
        ("", Fraction(12, 100), ["0.12", "12%", "12 %", "120‰"], ["12", "0.12%"]),
        (
            "ms",
            3,
            ["3", "3ms", "3 ms", "3 MS", "0.003 s", "3000 µs", "3000 μs", "3 毫秒", "3e-3 s"],
            ["3 s", "0.003"],
        ),
        ("MB", 2000, ["2000", "2000MB", "2 GB", "2,000 mb", "2e9 bytes", "2e9 字节"], ["2 GiB", "2"]),
        ("MiB", 1, ["1", "1 MiB", "1024 KiB", "1048576 B"], ["1 MB"]),
        ("GFLOP", 6, ["6", "6 GFLOP", "6e9 FLOPs", "6000 MFLOPs"], ["6 TFLOP"]),
        ("", 15000, ["15000", "1.5万", "１.５万", "15,000", "15，000"], ["1.5"]),
        ("m/s", 4, ["4", "4 m/s", "4m / s"], ["5 m/s"]),
        ("参数", 4, ["4", "4 参数", "0.0004 万参数"], ["5"]),
    ],
)
def test_units_are_understood(unit: str, value: Any, right: list[str], wrong: list[str]) -> None:
    asked = asked_for(Fraction(value), unit)
    assert [way for way in right if not judge(asked, way).passed] == []
    assert [way for way in wrong if judge(asked, way).passed] == []


@pytest.mark.parametrize(
    ("answer", "unit", "key"),
    [
        ("", "", "empty"),
        ("   ", "", "empty"),
        ("abc", "", "no_number"),
        ("nan", "", "no_number"),
        ("NaN", "", "no_number"),
        ("inf", "", "no_number"),
        ("-∞", "", "no_number"),
        ("1e999", "", "no_number"),
        ("1e99999999999", "", "no_number"),
        ("1/0", "", "over_zero"),
        ("1/0.0", "", "over_zero"),
        ("0,5", "", "comma"),
        ("1,00", "", "comma"),
        ("0,500", "", "comma"),
        ("1½", "", "no_number"),
        ("2²", "", "no_number"),
        ("--3", "", "no_number"),
        ("3 4", "", "number_alone"),
        ("1/2/3", "", "number_alone"),
        ("3 apples", "", "number_alone"),
        ("3 apples", "ms", "other_unit"),
        ("3 MB", "ms", "other_unit"),
        ("12%", "ms", "other_unit"),
        ("__import__('os')", "", "no_number"),
        ("1" * 61, "", "long"),
        ("1" * 100_000, "", "long"),
        pytest.param(10**5000, "", "long", id="huge"),
        (math.nan, "", "no_number"),
        (math.inf, "", "no_number"),
        (True, "", "no_number"),
        (None, "", "no_number"),
        ([1], "", "no_number"),
        (b"1", "", "no_number"),
    ],
)
def test_what_is_no_number_is_no_attempt(answer: Any, unit: str, key: str) -> None:
    with pytest.raises(NotANumber) as said:
        judge(asked_for(Fraction(1), unit), answer)
    assert said.value.key == f"quiz.answer.{key}"
    assert said.value.text().en != said.value.text().zh


@given(st.text(max_size=20), st.sampled_from(["", "%", "ms", "万"]))
def test_any_text_is_a_number_or_a_clear_message(text: str, unit: str) -> None:
    try:
        reading = read_number(text, unit)
    except NotANumber as error:
        assert str(error)
    else:
        assert isinstance(reading.value, Fraction)


def test_a_wrong_number_is_explained_by_the_mistake_that_leads_to_it() -> None:
    seed = next(s for s in range(99) if variant(QUIZ, "step", s, "en").params == {"theta": 3, "rate": 0.1})
    asked = variant(QUIZ, "step", seed, "en")
    right, uphill, half, odd = (judge(asked, way) for way in ("2.4", "3.6", "2.7", "77"))
    assert (right.passed, right.explain, right.mistake) == (True, "it is 2.4", None)
    assert (uphill.passed, uphill.explain, uphill.mistake) == (False, "uphill: 3.6, not 2.4", 0)
    assert (half.passed, half.explain, half.mistake) == (False, "half a step", 1)
    assert (odd.passed, odd.explain, odd.mistake) == (False, "it is 2.4", None)
    assert judge(variant(QUIZ, "step", seed, "zh"), "2.4").explain == "中it is 2.4"


def test_what_does_not_exist_is_said() -> None:
    with pytest.raises(NotFound, match="step"):
        variant(QUIZ, "stpe", 1)
    for seed in (-1, LARGEST_SEED, 1.5, "1", True, None):
        with pytest.raises(InvalidInput):
            variant(QUIZ, "step", seed)  # type: ignore[arg-type]


def test_thousands_in_every_group() -> None:
    for sign, (comma, text) in itertools.product(
        ("", "-"), [(",", "1,234,567"), ("，", "1，234，567"), (" ", "1 234 567")]
    ):
        assert read_number(sign + text).value == Fraction(f"{sign}1234567"), comma


PINNED = [
    ({"theta": 2.5, "rate": 0.2}, ()),
    ({"theta": -2.5, "rate": 0.1}, ()),
    ({"n": 392}, (1, 2, 0, 3)),
    ({"n": 959}, (1, 3, 2, 0)),
]
