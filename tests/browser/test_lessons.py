"""The course as a learner meets it: read in both languages, knobs turned, questions answered, code graded."""

import re

import pytest

from jinjie.course.content.library import load
from jinjie.learner.drafts import Draft, save
from jinjie.learner.store import open_store


def test_the_fonts_of_formulas_come_from_this_machine(open_page):
    page = open_page("/learn/attention")
    page.wait_for_function(
        "() => document.fonts.check('1em KaTeX_Main') && document.fonts.check('1em KaTeX_Math')"
    )
    loaded = page.evaluate("[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family)")
    assert "KaTeX_Math" in loaded


def test_a_lesson_is_read_without_a_script(browser, server):
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(server.address)
    page.goto(server.home + "/learn/attention")
    assert page.locator("math").first.is_visible()
    assert page.locator("figure.drawn svg").first.is_visible()
    assert page.locator(".experiment .pictures svg").first.is_visible()
    page.locator(".experiment .redraw").first.click()
    assert "attention-heat.layer=" in page.url
    context.close()


def test_a_question_is_asked_with_the_keyboard_alone(open_page):
    page = open_page("/ask")
    page.get_by_role("searchbox").focus()
    page.keyboard.type("how much ram to train a 7b model")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ask?q=*")
    assert page.locator("#answer h2").inner_text() == "How much memory does training need?"
    page.get_by_role("link", name="How much memory does running a model need?").click()
    page.wait_for_url("**/ask/memory-to-run")
    assert page.locator("#answer h1").inner_text() == "How much memory does running a model need?"


def test_who_changes_the_language_keeps_the_place(open_page):
    page = open_page("/learn/attention")
    page.evaluate("document.getElementById('section-5').scrollIntoView()")
    page.get_by_role("button", name="用中文读").click()
    page.wait_for_function("() => document.documentElement.lang === 'zh-CN'")
    page.wait_for_function(
        "() => Math.abs(document.getElementById('section-5').getBoundingClientRect().top) < 60"
    )


def test_a_knob_redraws_the_picture(open_page):
    page = open_page("/learn/gradient-descent")
    place = page.locator("#experiment-descent-in-a-valley")
    slider = place.get_by_label("learning rate η")
    slider.fill("0.2")  # the first answer starts the sandbox
    page.wait_for_function(
        "() => document.querySelector('.experiment')?.dataset.drawn?.includes('\"rate\":\"0.2\"')"
    )
    for value in ("0.3", "0.4", "0.5", "0.6", "0.7"):
        slider.fill(value)
        page.wait_for_function(
            'v => document.querySelector(\'.experiment\').dataset.drawn.includes(`"rate":"${v}"`)', arg=value
        )
    assert place.locator(".pictures svg").first.get_attribute("aria-label")
    place.get_by_text("64", exact=True).click()
    page.wait_for_function(
        "() => document.querySelector('.experiment').dataset.drawn.includes('\"batch\":\"64\"')"
    )


def test_a_training_is_started_and_followed_in_the_lesson(open_page, server):
    page = open_page("/learn/gradient-descent")
    place = page.locator("#experiment-line-with-noise")
    place.get_by_text("64", exact=True).click()
    place.get_by_role("button", name="Train").click()
    page.wait_for_function(
        "() => Number(document.querySelector('#experiment-line-with-noise .chart').dataset.points || 0) > 5"
    )
    place.locator(".state.finished").wait_for()
    place.get_by_role("link", name="The whole run").click()
    page.wait_for_url("**/runs/line-2-1")


def test_a_question_is_answered_and_asked_again(open_page):
    page = open_page("/learn/gradient-descent")
    first = page.locator(".question").first
    first.locator("input[name=answer]").fill("12345")
    first.get_by_role("button", name="Answer").click()
    page.locator(".judged.wrong").first.wait_for()
    page.locator(".question").first.get_by_role("button", name=re.compile("Another|Once more")).click()
    page.wait_for_function("() => !document.querySelector('.judged')")


def test_code_is_written_checked_and_kept(open_page):
    page = open_page("/learn/gradient-descent")
    place = page.locator("#exercise-descent-step")
    area = place.locator("textarea")
    area.fill("def step(theta, gradient, rate):\n")
    area.press("End")
    area.press("Tab")
    assert area.input_value().endswith("    ")
    place.get_by_role("button", name="Check").click()
    place.locator(".fault").first.wait_for()
    solution = (load().exercise("descent-step").folder / "solution.py").read_text(encoding="utf-8")
    area.fill(solution)
    place.get_by_role("button", name="Check").click()
    place.locator(".passed").wait_for()
    page.reload()
    assert page.locator("#exercise-descent-step textarea").input_value() == solution
    # What was typed and not handed in is there again as well, whether the pause was long enough or not.
    page.locator("#exercise-descent-step textarea").fill("def half():\n")
    page.locator("#exercise-descent-step .draft", has_text="Kept as typed").wait_for()
    page.locator("#exercise-descent-step textarea").fill("def half_a_thought():\n")
    page.reload()
    assert page.locator("#exercise-descent-step textarea").input_value() == "def half_a_thought():\n"
    assert "not handed in" in page.locator("#exercise-descent-step .draft").inner_text()


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_an_earlier_version_is_put_back_into_the_editor(open_page, script):
    with open_store() as store:
        for text in ("first = 1\n", "second = 2\n"):
            save(store, Draft("descent-step", text))
    page = open_page("/learn/gradient-descent", java_script_enabled=script)
    editor = page.locator("#source-descent-step")
    assert editor.input_value() == "second = 2\n"
    if script:  # typed and not sent when the page is left: it would come before what is put back
        page.evaluate(
            "localStorage.setItem('typed /learn/gradient-descent/exercises/descent-step/draft', 'x')"
        )
    page.locator("#exercise-descent-step .to-versions").click()
    page.get_by_text("first = 1").wait_for(state="attached")
    page.get_by_role("button", name="Put back").click()
    page.wait_for_url("**/learn/gradient-descent#exercise-descent-step")
    assert editor.input_value() == "first = 1\n"


def test_a_preview_reloads_when_a_file_changes(browser, home, tmp_path):
    import json
    import shutil
    import subprocess
    import sys

    from jinjie.course.content.library import own

    folder = tmp_path / "course" / "lessons"
    folder.mkdir(parents=True)
    shutil.copytree(own() / "lessons" / "gradient-descent", folder / "my-descent")
    command = [sys.executable, "-c", "from jinjie.cli.main import main; main()", "content", "serve"]
    arguments = ["--content", str(tmp_path / "course"), "--port", "0", "--json"]
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(address)
        page.goto(address.partition("/learn")[0] + "/learn/my-descent")
        page.wait_for_timeout(800)
        text = folder / "my-descent" / "en.md"
        text.write_text(
            "A new sentence.\n\n$\\wrong$ here.\n\n" + text.read_text(encoding="utf-8"), encoding="utf-8"
        )
        page.get_by_text("A new sentence.").wait_for(timeout=20_000)
        assert page.locator(".note").filter(has_text="C041").count() == 1
        context.close()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]
