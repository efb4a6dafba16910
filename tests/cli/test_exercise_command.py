"""`jinjie exercise`: begun, checked, helped with, in both languages, as text and as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from invoked import invoke
from jinjie.course.content import own

COMMAND = [sys.executable, "-c", "from jinjie.cli.main import main; main()", "exercise"]
SLUG = "descent-step"
OURS = own() / "exercises" / SLUG


def jinjie(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return invoke("exercise", *arguments)


def mine(home: Path) -> Path:
    return home / "exercises" / SLUG / "descent_step.py"


def test_from_the_list_to_a_pass(home: Path) -> None:
    listed = jinjie().stdout
    assert SLUG in listed and "0 of" in listed
    begun = jinjie("start", SLUG)
    assert begun.returncode == 0 and str(mine(home)) in begun.stdout
    assert "jinjie exercise check descent-step" in begun.stdout
    failed = jinjie("check", SLUG)
    assert failed.returncode == 1 and "What is wrong" in failed.stdout and "Hints (1)" in failed.stdout
    assert failed.stderr == ""
    wrong = sorted((OURS / "wrong").glob("*.py"))[0]
    mine(home).write_bytes(wrong.read_bytes())
    second = jinjie("check", SLUG)
    assert (
        second.returncode == 1 and "The smallest case that fails" in second.stdout and ">>> " in second.stdout
    )
    mine(home).write_bytes((OURS / "solution.py").read_bytes())
    before = os.times()
    passed = jinjie("check", SLUG)
    after = os.times()
    # 1.0 s of the processor, most of it imports; not on the clock, since a machine has other work to do as well
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < 3, f"{spent:.1f} s"
    assert passed.returncode == 0 and "Passed: every case is right." in passed.stdout
    assert "sandbox: " in passed.stdout and "✗" not in passed.stdout
    rows = {row["slug"]: row for row in json.loads(jinjie("list", "--json").stdout)}
    assert (rows[SLUG]["state"], rows[SLUG]["tries"]) == ("passed", 3)
    solution = jinjie("solution", SLUG)
    assert solution.returncode == 0 and solution.stdout == (OURS / "solution.py").read_text(encoding="utf-8")


def test_as_json_and_again_by_its_seed(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "descent_step.py"
    file.write_bytes(b"\xef\xbb\xbf" + (OURS / "starter.py").read_bytes().replace(b"\n", b"\r\n"))
    ran = jinjie("check", file, "--json")
    told = json.loads(ran.stdout)
    assert ran.returncode == 1 and told["slug"] == SLUG and told["passed"] is False
    assert told["faults"][0]["says"]["en"] != told["faults"][0]["says"]["zh"]
    assert {one["visible"] for one in told["cases"]} == {True, False}
    again = json.loads(jinjie("check", file, "--json", "--seed", str(told["seed"])).stdout)
    assert again["seed"] == told["seed"] and again["cases"] == told["cases"]
    (row,) = [row for row in json.loads(jinjie("list", "--json").stdout) if row["slug"] == SLUG]
    assert row["tries"] == 1


def test_work_is_never_overwritten(home: Path, tmp_path: Path) -> None:
    jinjie("start", SLUG)
    mine(home).write_text("# mine\n", encoding="utf-8")
    assert "stays as it is" in jinjie("start", SLUG).stdout
    assert mine(home).read_text(encoding="utf-8") == "# mine\n"
    told = json.loads(jinjie("reset", SLUG, "--json").stdout)
    assert Path(told["kept"]).read_text(encoding="utf-8") == "# mine\n"
    assert mine(home).read_bytes() == (OURS / "starter.py").read_bytes()
    other = jinjie("start", SLUG, "--in", tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "descent_step.py").is_file() and f"check {tmp_path}" in other.stdout


def test_hints_and_the_solution_are_asked_for(home: Path) -> None:
    first = json.loads(jinjie("hint", SLUG, "--json").stdout)
    assert len(first["hints"]) == 1
    asked = jinjie("solution", SLUG)
    assert asked.returncode == 1 and "Ask again" in asked.stdout
    assert jinjie("solution", SLUG).returncode == 0


def test_in_chinese(home: Path) -> None:
    jinjie("start", SLUG)
    said = jinjie("check", SLUG, "--lang", "zh").stdout
    assert "哪里不对" in said and "隐藏用例" in said and "沙箱" in said
    assert "错误解法" not in said and "What is wrong" not in said


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("nul", b"a = '\0'\n", "NUL"),
        ("large", b"#" * 10_000_000, "too large"),
        ("gbk", "# 一步\ndef descent():\n    return 1\n".encode("gbk"), "GBK"),
    ],
)
def test_odd_files_get_clear_answers(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    file = tmp_path / f"{name}.py"
    file.write_bytes(content)
    ran = jinjie("check", file, "--as", SLUG)
    assert ran.returncode == 1 and words in ran.stdout and "Traceback" not in ran.stderr, ran.stderr


def test_what_is_no_file_of_an_exercise(home: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "other.py").write_text("x = 1\n", encoding="utf-8")
    for arguments, words in (
        (("check", SLUG), "You have not begun this exercise yet: `jinjie exercise start descent-step`."),
        (("check", "decent-step"), "Did you mean 'descent-step'?"),
        (("start", "nothing-like-it"), "There is no exercise 'nothing-like-it'."),
        (("check", tmp_path / "folder.py"), "is a folder"),
        (("check", tmp_path / "nothing.py"), "There is no such file"),
        (("check", tmp_path / "other.py"), "`--as SLUG`"),
        (("check", tmp_path / "other.py", "--as", "decent-step"), "Did you mean 'descent-step'?"),
        (("list", "--content", tmp_path / "nowhere"), "is no folder"),
        (("hint", ".."), "There is no exercise '..'"),
    ):
        ran = jinjie(*arguments)
        assert ran.returncode == 2 and words in ran.stderr and "Traceback" not in ran.stderr, ran


def test_an_error_for_a_script() -> None:
    assert "descent-step" in json.loads(jinjie("check", "decent-step", "--json").stdout)["error"]["message"]


def test_a_log_that_is_damaged_keeps_nobody_from_checking(home: Path) -> None:
    jinjie("start", SLUG)
    (home / "learner").mkdir()
    (home / "learner" / "learner.sqlite").write_bytes(b"no database at all" * 100)
    mine(home).write_bytes((OURS / "solution.py").read_bytes())
    ran = jinjie("check", SLUG)
    assert ran.returncode == 0 and "Passed" in ran.stdout
    assert "not written to your log" in ran.stderr


def test_other_peoples_exercises_stand_beside_ours(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "content" / "exercises" / "theirs"
    (folder / "wrong").mkdir(parents=True)
    for path in (*OURS.glob("*"), *(OURS / "wrong").glob("*.py")):
        if path.is_file():
            (folder / path.relative_to(OURS)).write_bytes(path.read_bytes())
    there = ("--content", tmp_path / "content")
    slugs = [row["slug"] for row in json.loads(jinjie("list", *there, "--json").stdout)]
    assert "theirs" in slugs and SLUG in slugs
    jinjie("start", "theirs", *there)
    assert jinjie("check", "theirs", *there).returncode == 1


def test_a_file_is_checked_again_when_it_is_saved(home: Path) -> None:
    jinjie("start", SLUG)
    running = subprocess.Popen(
        [*COMMAND, "check", SLUG, "--watch", "--json"], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert running.stdout is not None
    try:
        decoder = json.JSONDecoder()
        assert _next(running.stdout, decoder)["passed"] is False
        mine(home).write_bytes((OURS / "solution.py").read_bytes())
        begun = time.monotonic()
        assert _next(running.stdout, decoder)["passed"] is True
        assert time.monotonic() - begun < 15  # it looks every 0.3 s; the rest is a machine at work
    finally:
        running.terminate()
        running.wait(10)


def _next(stream: object, decoder: json.JSONDecoder) -> dict[str, object]:
    text = ""
    for line in stream:  # type: ignore[attr-defined]
        text += line
        if line.rstrip() == "}":
            return decoder.decode(text)  # type: ignore[no-any-return]
    raise AssertionError(text)
