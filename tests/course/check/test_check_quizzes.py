"""C030, C031, C032: each fault of a question is found, at its line, and a sound quiz has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinjie.course.check.quizzes import EXHAUSTIVE, questions
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import load

SOUND = """\
items:
  - id: choose
    concept: gradient-descent
    difficulty: 1
    params: {n: {min: 2, max: 9, step: 1}}
    stem: {en: "twice {n}?", zh: "{n} 的两倍？"}
    choices:
      - {text: {en: "{2*n}", zh: "{2*n}"}, explain: {en: good, zh: 对}, correct: true}
      - {text: {en: "{n}", zh: "{n}"}, explain: {en: bad, zh: 不对}}
  - id: step
    concept: gradient-descent
    difficulty: 2
    params:
      theta: {min: 1, max: 3, step: 0.5}
      rate: {choices: [0.1, 0.2]}
    stem: {en: "θ {theta}, rate {rate}", zh: "θ 为 {theta}，学习率 {rate}"}
    number:
      value: theta - rate*2*theta
      explain: {en: "{value:.4g}", zh: "{value:.4g}"}
      mistakes:
        - {value: "theta + rate*2*theta", explain: {en: "{mistake} and {value}", zh: "{mistake} 与 {value}"}}
"""


def found(folder: Path, text: str) -> list[Finding]:
    folder = folder / "content"
    (folder / "quizzes").mkdir(parents=True)
    (folder / "quizzes" / "q.yaml").write_text(text, "utf-8")
    library = load([folder])
    assert not library.findings, library.findings
    return list(questions(library))


def test_a_sound_quiz_has_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path, SOUND) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "word"),
    [
        (", correct: true}", "}", "C030", 7, "0 right answers"),
        ("explain: {en: bad, zh: 不对}", "explain: {en: bad, zh: 不对}, correct: true", "C030", 7, "2 right answers"),
        (", explain: {en: bad, zh: 不对}", "", "C030", 9, "lacks its `explain`"),
        ('{en: bad, zh: 不对}', '{en: " ", zh: ""}', "C030", 9, "lacks its `explain`"),
        ('{en: bad, zh: 不对}', '{en: bad, zh: ""}', "C003", 9, "zh"),
        ('{text: {en: "{n}", zh: "{n}"}', '{text: {en: "{n + 2}", zh: "{n}"}', "C031", 9, "n = 2"),
        ('{text: {en: "{n}", zh: "{n}"}', '{text: {en: "{n*4/2}", zh: "x"}', "C031", 9, "8 of 8"),
        ('{text: {en: "{n}", zh: "{n}"}', '{text: {en: "{n*4}/2", zh: "x"}', "C031", 9, "8 of 8"),
        ('"theta + rate*2*theta"', '"theta*(1 - 2*rate)"', "C031", 21, "10 of 10"),
        ('"theta + rate*2*theta"', '"theta - rate*2*theta*1.0001"', "C031", 21, "10 of 10"),
        ('"theta + rate*2*theta"', '"value + (rate - 0.1)"', "C031", 21, "5 of 10"),
        ("value: theta - rate*2*theta", "value: 1/(theta - 2)", "C032", 18, "theta = 2, rate = 0.1"),
        ("value: theta - rate*2*theta", "value: exp(theta*1000)", "C032", 18, "not finite"),
        ("value: theta - rate*2*theta", "value: log(2 - theta)", "C032", 18, "no value"),
        ("value: theta - rate*2*theta", "value: theta - rat*2*theta", "C032", 18, "'rat'"),
        ("value: theta - rate*2*theta", "value: theta - * 2", "C032", 18, "no arithmetic"),
        ("value: theta - rate*2*theta", "value: open(theta)", "C032", 18, "open"),
        ('"{mistake} and {value}"', '"{wrong}"', "C032", 21, "'wrong'"),
        ('en: "{value:.4g}"', 'en: "{mistake}"', "C032", 19, "'mistake'"),
        ('en: "{value:.4g}"', 'en: "{value:.q}"', "C032", 19, ".q"),
        ('en: "{value:.4g}"', 'en: "{value:d}"', "C032", 19, "cannot be written"),
        ('en: "{value:.4g}"', 'en: "{value"', "C032", 19, "brace"),
        ("zh: \"θ 为 {theta}，学习率 {rate}\"", 'zh: "θ 为 {theta}"', "C032", 15, "'rate' does not appear"),
        ("rate: {choices: [0.1, 0.2]}", "value: {choices: [0.1, 0.2]}", "C032", 15, "'value' cannot"),
        ("rate: {choices: [0.1, 0.2]}", "spare: {choices: [1]}\n      rate: {choices: [0.1]}", "C032", 15, "spare"),
        ("- id: step", "- id: choose", "C002", 10, "'choose'"),
        ("choices: [0.1, 0.2]", "choices: [a, b]", "C032", 18, "no value"),
    ],
)  # fmt: skip
def test_each_fault_is_found_at_its_line(
    tmp_path: Path, old: str, new: str, code: str, line: int, word: str
) -> None:
    assert SOUND.count(old) >= 1, "the fault is no longer made"
    faults = found(tmp_path, SOUND.replace(old, new, 1))
    mine = [fault for fault in faults if fault.code == code and fault.line == line]
    assert mine, [str(fault) for fault in faults]
    assert any(word in fault.says("en") for fault in mine), [fault.says("en") for fault in mine]
    assert all(fault.says("en") != fault.says("zh") for fault in mine)
    assert all(fault.fix("zh") for fault in mine)


def test_one_answer_is_no_choice(tmp_path: Path) -> None:
    text = SOUND.replace('      - {text: {en: "{n}", zh: "{n}"}, explain: {en: bad, zh: 不对}}\n', "")
    assert [fault.code for fault in found(tmp_path, text)] == ["C030"]


def test_a_rare_collision_is_found_where_every_variant_is_looked_at(tmp_path: Path) -> None:
    """One value of a grid that fifty seeds would miss one time in three."""
    text = SOUND.replace("max: 9", f"max: {EXHAUSTIVE + 1}").replace('en: "{n}"', 'en: "{n + 100}"')
    (fault,) = found(tmp_path, text)
    assert f"1 of {EXHAUSTIVE} variants, such as n = 100" in fault.says("en")


def test_what_the_schema_refuses_is_the_schemas(tmp_path: Path) -> None:
    folder = tmp_path / "content" / "quizzes"
    folder.mkdir(parents=True)
    (folder / "q.yaml").write_text("items: []\n", "utf-8")
    library = load([folder.parent])
    assert [fault.code for fault in library.findings] == ["C001"]
    assert list(questions(library)) == []
