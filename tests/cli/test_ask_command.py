"""`jinjie ask`: the answer with this machine's numbers, for people and for scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_an_answer_with_numbers_of_this_machine(jinjie: Any) -> None:
    import os

    ran = jinjie("ask", "how", "much", "memory", "does", "training", "need")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("How much memory does training need?")
    # 7 billion parameters · 16 bytes
    assert "112 GB" in ran.stdout and "{" not in ran.stdout
    assert "jinjie formula training-memory" in ran.stdout
    assert "Near it:" in ran.stdout and "jinjie ask memory-to-run" in ran.stdout
    told = json.loads(jinjie("ask", "memory-to-run", "--json").stdout)["answer"]
    assert told["figures"]["machine_memory"]["value"] <= os.sysconf("SC_PAGE_SIZE") * os.sysconf(
        "SC_PHYS_PAGES"
    )


def test_in_chinese(jinjie: Any) -> None:
    ran = jinjie("--lang", "zh", "ask", "损失变成 nan 了")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("损失变成 NaN 或者爆炸怎么办？")
    assert "相近的问题：" in ran.stdout


def test_for_scripts(jinjie: Any) -> None:
    told = json.loads(jinjie("ask", "is 7b too big for my gpu memory", "--json").stdout)
    assert told["asked"] == "is 7b too big for my gpu memory"
    assert told["nearest"][0]["id"] == told["answer"]["id"]
    likeness = [one["likeness"] for one in told["nearest"]]
    assert len(likeness) == 5 and likeness == sorted(likeness, reverse=True)
    assert set(told["nearest"][0]["question"]) == {"en", "zh"}
    told = json.loads(jinjie("ask", "memory-to-run", "--json").stdout)
    figure = told["answer"]["figures"]["weights_7b_bf16"]
    assert figure == {"value": 14e9, "unit": "byte", "text": "14 GB", "guessed": False}


def test_all_questions_by_theme(jinjie: Any) -> None:
    ran = jinjie("ask")
    assert ran.returncode == 0, ran.stderr
    themes = json.loads(jinjie("ask", "--json").stdout)
    assert len(themes) == 7
    for theme in themes:
        assert theme["theme"]["en"] in ran.stdout
        for question in theme["questions"]:
            assert question["id"] in ran.stdout


def test_what_nobody_here_answers(jinjie: Any) -> None:
    ran = jinjie("ask", "how do I bake bread")
    assert ran.returncode == 0, ran.stderr
    assert "None of the questions" in ran.stderr and "Nearest to it:" in ran.stdout
    assert json.loads(jinjie("ask", "how do I bake bread", "--json").stdout)["answer"] is None
    ran = jinjie("ask", "?!")
    assert ran.returncode == 0 and "Nothing here is like" in ran.stderr and not ran.stdout


def test_a_machine_that_was_not_measured_is_said(jinjie: Any) -> None:
    assert "jinjie doctor" in jinjie("ask", "how-much-compute").stderr
    assert "jinjie doctor" not in jinjie("ask", "which-laws").stderr


def test_misspelt_options_and_unknown_folders(jinjie: Any, tmp_path: Path) -> None:
    ran = jinjie("ask", "--jsn", "gpu")
    assert ran.returncode == 2 and "--json" in ran.stderr
    ran = jinjie("ask", "gpu", "--content", str(tmp_path / "none"))
    assert ran.returncode == 2 and "none" in ran.stderr


def test_questions_of_ones_own(jinjie: Any, tmp_path: Path) -> None:
    course = tmp_path / "course"
    (course / "faq").mkdir(parents=True)
    (course / "faq" / "mine.yaml").write_text(
        'theme: {en: Our class, zh: 我们班}\nquestions:\n  - id: homework\n    question: {en: "When is homework '
        'due?", zh: "作业什么时候交？"}\n    answer:\n      en: "On Friday; it is on [attention](lesson:attention)."\n'
        '      zh: "周五，内容是[注意力](lesson:attention)。"\n',
        encoding="utf-8",
    )
    ran = jinjie("ask", "homework due", "--content", str(course))
    assert "On Friday" in ran.stdout
    assert jinjie("content", "check", "--quick", "--content", str(course)).returncode == 0
