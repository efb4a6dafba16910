"""The numbers in answers: each against its own arithmetic, on a machine that is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jinjie.base import machine, words
from jinjie.course.content.library import load, own
from jinjie.path import figures
from jinjie.path.figures import FIGURES, Asked, fill

PROFILE = machine.Profile(
    cpu="a known one",
    cores=4,
    torch="2.13.0",
    time=0.0,
    one=machine.Rates(fp32=50.0, bf16=150.0),
    all=machine.Rates(fp32=200.0, bf16=600.0),
    read_gbytes=28.0,
    op_us=4.0,
    step_us=500.0,
)


@pytest.fixture
def asked() -> Asked:
    """Four cores, 600 GFLOP/s in bf16, 32 GB that are read at 28 GB/s."""
    made = Asked(load())
    made.measured = PROFILE
    made.cores, made.installed = 4, 32_000_000_000
    return made


def test_every_figure_has_a_value_and_a_text_in_both_languages(asked: Asked) -> None:
    for lang in ("en", "zh"):
        words.use(lang)
        for name, figure in FIGURES.items():
            found = figure(asked)
            assert found.text and "None" not in found.text, name
            assert not found.guessed, name
            json.dumps(found.for_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("machine_cores", 4, "4"),
        ("machine_memory", 32e9, "32 GB"),
        ("machine_speed", 600e9, "600 GFLOP/s"),
        ("machine_precision", "bf16", "bf16"),
        ("weights_7b_bf16", 14e9, "14 GB"),
        ("weights_7b_int4", 3.5e9, "3.5 GB"),
        ("weights_70b_bf16", 140e9, "140 GB"),
        ("training_7b_adam", 112e9, "112 GB"),
        # 2 (keys, values) · 32 layers · 4096 wide · 4096 tokens · 2 bytes
        ("cache_7b", 2 * 32 * 4096 * 4096 * 2, "2.15 GB"),
        # 28 GB/s over 3.5 GB a token
        ("speed_7b_int4", 8.0, "8"),
        ("largest_to_run_bf16", 12.8e9, "13 billion"),
        ("largest_to_run_int4", 51.2e9, "51 billion"),
        ("largest_to_train", 1.6e9, "1.6 billion"),
        # 6 · 124M · 10G operations at half of 600 GFLOP/s
        ("time_gpt2", 7.44e18 / 300e9, "287 days"),
        ("time_gpt3", 3.14e23 / 300e9, "33,000 years"),
        # 6 · N · 20 N = 300e9 · 86,400
        ("parameters_in_a_day", (300e9 * 86_400 / 120) ** 0.5, "15 million"),
    ],
)
def test_arithmetic(asked: Asked, name: str, value: float | str, text: str) -> None:
    found = FIGURES[name](asked)
    # relative 1e-9: the same few products in another order
    assert found.value == (value if isinstance(value, str) else pytest.approx(value, rel=1e-9))
    assert found.text == text


def test_what_is_trained_also_has_to_fit(asked: Asked) -> None:
    asked.installed = 200_000_000
    assert FIGURES["parameters_in_a_week"](asked).value == pytest.approx(0.8 * 200e6 / 16)


def test_counts_are_those_of_the_course(asked: Asked) -> None:
    library = asked.library
    assert FIGURES["lessons_written"](asked).value == len(library.lessons) > 0
    free = FIGURES["resources_free"](asked).value
    assert isinstance(free, int) and 0 < free < len(library.resources)
    assert FIGURES["resources_all"](asked).value == len(library.resources)
    minutes = sum(lesson.entry.minutes for lesson in library.lessons.values())
    assert FIGURES["spine_hours"](asked).value == pytest.approx(minutes / 60)
    weeks = FIGURES["spine_weeks"](asked).value
    assert isinstance(weeks, int) and weeks >= minutes / 60 / 5


def test_a_machine_that_was_not_measured_is_said_to_be_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "profile", lambda: None)
    made = Asked(load())
    assert FIGURES["machine_speed"](made).guessed and FIGURES["time_gpt2"](made).guessed
    assert not FIGURES["machine_memory"](made).guessed, "the system knows that much"


def test_the_disk_before_anything_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "not" / "yet"))
    found = FIGURES["machine_disk_free"](Asked(load()))
    assert isinstance(found.value, int) and found.value > 0


def test_only_what_is_named_is_filled() -> None:
    known = {"machine_cores": figures.Figure(4, "", "4")}
    text = r"On {machine_cores} cores $\frac{a}{b}$ and {other}."
    assert fill(text, known) == r"On 4 cores $\frac{a}{b}$ and {other}."


SHEET = """theme: {en: Machines, zh: 机器}
questions:
  - id: cores
    question: {en: "How many cores?", zh: "几个核？"}
    figures: [machine_cores]
    answer:
      en: "{machine_cores}, see [there](lesson:attention). $\\\\frac{a}{b}$"
      zh: "{machine_cores} 个，见[那里](lesson:attention)。"
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", []),
        (
            "[machine_cores]",
            "[machine_core]",
            [(5, "machine_core"), (7, "machine_core"), (8, "machine_core")],
        ),
        ("[machine_cores]", "[]", [(7, "machine_cores"), (8, "machine_cores")]),
        ('zh: "{machine_cores} 个', 'zh: "四个', [(8, "machine_cores")]),
        ('en: "{machine_cores}', 'en: "{machine_cores} {odd}', [(7, "odd")]),
    ],
)
def test_c083(tmp_path: Path, old: str, new: str, said: list[tuple[int, str]]) -> None:
    file = tmp_path / "faq" / "mine.yaml"
    file.parent.mkdir()
    assert old in SHEET
    file.write_text(SHEET.replace(old, new) if old else SHEET, encoding="utf-8")
    found = [one for one in figures.findings(load([own(), tmp_path])) if one.file == file]
    assert {one.code for one in found} <= {"C083"}
    lines = {line for line, _ in said}
    assert {one.line for one in found} == lines
    for line, name in said:
        assert any(one.line == line and name in str(one) for one in found)
