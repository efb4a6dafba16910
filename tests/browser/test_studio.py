"""The studio as a learner meets it: a run started, watched, lost, found again, stopped, resumed and finished."""

import re

from jinjie import recipes
from jinjie.training import launch
from jinjie.training.runs import find

SMALL = {
    # A GPT of 5 ms a step on an idle machine: small enough to finish, slow enough to be caught on its way.
    "model.layers": "2",
    "model.width": "64",
    "budget.log_every": "1",
    "budget.evaluate_every": "100",
    "budget.evaluate_batches": "1",
    "budget.checkpoint_every": "50",
    "task.sample_tokens": "12",
    "threads": "1",
}


def points(page):
    return int(page.locator("#chart").get_attribute("data-points") or 0)


def wait_for_points(page, more_than):
    # A function, never an expression: an expression is evaluated anew at every look, which the studio's
    # content-security policy refuses as it would refuse anyone's.
    page.wait_for_function(
        "n => Number(document.getElementById('chart')?.dataset.points || 0) > n", arg=more_than
    )


def test_a_run_is_started_from_the_page_and_outlives_a_crash_of_the_studio(open_page, server, eye):
    page = open_page("/runs")
    assert page.locator("#empty").is_visible()
    page.get_by_role("radio", name=re.compile("gpt-shakespeare")).check()
    page.locator('[name="task.sample_tokens"]').wait_for(state="attached")
    page.locator("#settings > summary").click()
    folded = page.locator("#settings details:not([open]) > summary")
    while folded.count():
        folded.first.click()
    # so many steps that no machine is through before the test is
    for path, value in {**SMALL, "budget.steps": "100000", "optimizer.lr": "-3"}.items():
        page.locator(f'[name="{path}"]').fill(value)
    page.get_by_role("button", name="Start training").click()

    # the server's answer stands beside the field, and what was typed is still there
    page.locator(".field.wrong").wait_for()
    wrong = page.locator('[name="optimizer.lr"]')
    assert wrong.get_attribute("aria-invalid") == "true"
    assert "must be > 0" in page.locator("#set-optimizer-lr-wrong").inner_text()
    assert page.locator('[name="budget.steps"]').input_value() == "100000"
    wrong.fill("1e-3")
    page.get_by_role("button", name="Start training").click()

    page.wait_for_url("**/runs/gpt-shakespeare-1")
    page.evaluate("window.unchanged = true")  # lost by a reload: everything below happens without one
    wait_for_points(page, 0)
    seen = points(page)
    wait_for_points(page, seen)
    page.locator("#sample-texts blockquote").first.wait_for()
    assert page.locator("#chart canvas").count() == 1

    # the server dies; the training does not, and the page says what happened
    eye.away = True
    server.kill()
    page.locator("#lost").wait_for(state="visible")
    assert "not answering" in page.locator("#lost").inner_text()
    before = points(page)
    server.start()
    page.locator("#lost").wait_for(state="hidden")
    eye.away = False
    wait_for_points(page, before)
    drawn, last = page.evaluate(
        "(({points, last}) => [Number(points), Number(last)])(document.getElementById('chart').dataset)"
    )
    assert drawn == last, "a point for every step: what happened meanwhile was filled in"

    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator(".status .state.stopped").wait_for()
    run = find("gpt-shakespeare-1")
    assert run.pid is None and run.events[-1]["type"] == "stopped"
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Keep it").click()
    assert run.path.is_dir()
    assert page.evaluate("window.unchanged") is True, "no reload"
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete for good").click()
    page.locator("#empty").wait_for()
    assert page.url == server.home + "/runs" and not run.path.exists()


def test_a_run_is_stopped_resumed_and_finished(open_page, server):
    steps = 600
    changes = {path: int(value) for path, value in SMALL.items()}
    run = launch.launch(recipes.find("gpt-shakespeare").changed({**changes, "budget.steps": steps}))
    page = open_page(f"/runs/{run.name}")
    page.evaluate("window.unchanged = true")
    wait_for_points(page, 0)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator(".status .state.stopped").wait_for()
    assert 0 < run.events[-1]["step"] < steps
    assert page.locator("[data-part=checkpoints] tr").count() >= 1

    page.get_by_role("button", name="Resume").click()
    page.locator(".status .state.running").wait_for()
    page.locator(".status .state.finished").wait_for(timeout=180_000)
    page.locator(f'#chart[data-last="{steps}"]').wait_for()
    assert [e["step"] for e in run.events if e["type"] == "step"] == list(range(1, steps + 1))
    assert points(page) == steps, "the curve has no gap, neither on the disk nor on the page"
    assert "Loss, test" in page.locator("[data-part=facts]").inner_text()

    # earlier samples can be looked at again
    newest = page.locator("#sample-step").inner_text()
    assert newest == f"step {steps}"
    page.locator("#sample-scrub").fill("0")
    assert page.locator("#sample-step").inner_text() == "step 0"
    page.get_by_role("button", name="Newest").click()
    assert page.locator("#sample-step").inner_text() == newest

    page.get_by_label("logarithmic").check()
    assert page.locator("#chart canvas").count() == 1
    assert page.evaluate("window.unchanged") is True, "no reload"


def test_a_run_started_elsewhere_appears_and_leaves_by_itself(open_page, server):
    page = open_page("/runs")
    page.evaluate("window.unchanged = true")
    run = launch.launch(recipes.find("line-2").changed({"threads": 1, "budget.epochs": 20}))
    row = page.locator(f'[data-run="{run.name}"]')
    row.wait_for()
    row.locator(".state.finished").wait_for()
    assert row.locator(".spark path").count() == 1
    run.delete()
    row.wait_for(state="detached")
    page.locator("#empty").wait_for(state="visible")
    assert page.evaluate("window.unchanged") is True


def test_both_languages_and_themes_fit_the_screen_and_can_be_read(open_page):
    for lang, theme, width in (
        ("zh", "dark", 360),
        ("en", "light", 360),
        ("en", "dark", 1280),
        ("zh", "light", 1280),
    ):
        locale = "zh-CN" if lang == "zh" else "en-GB"
        page = open_page("/runs", locale=locale, color_scheme=theme, viewport={"width": width, "height": 800})
        assert page.locator("html").get_attribute("lang") == ("zh-CN" if lang == "zh" else "en")
        assert page.locator("h1").inner_text() == ("训练" if lang == "zh" else "Runs")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        ground, ink, soft, seal, on_seal = page.evaluate(COLOURS)
        assert (luminance(ground) < 0.1) is (theme == "dark")
        for text, under in ((ink, ground), (soft, ground), (on_seal, seal)):
            assert contrast(text, under) >= 4.5, "WCAG AA"


def test_switches_change_language_and_theme_and_are_remembered(open_page, server):
    page = open_page("/runs", color_scheme="light")
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_role("button", name="Dark").click()
    page.locator('html[data-theme="dark"]').wait_for()
    page.wait_for_load_state()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light
    page.get_by_role("button", name="中文").click()
    page.locator('html[lang="zh-CN"]').wait_for()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.get_by_role("button", name="深色").get_attribute("aria-pressed") == "true"


def test_the_keyboard_reaches_everything_that_starts_a_run(open_page, server):
    page = open_page("/runs")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.name || document.activeElement.innerText || ''").strip()
        )
        if reached[-1] == "Start training":
            break
    assert {"lang", "theme", "recipe", "Settings", "Start training"} <= set(reached)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "the focus can be seen"


def test_a_browser_without_the_token_is_told_what_to_do(browser, server):
    context = browser.new_context()
    page = context.new_page()
    assert page.goto(server.home).status == 401
    assert "jinjie studio" in page.locator('section[lang="en"] p').inner_text()
    assert "令牌" in page.locator('section[lang="zh"] p').inner_text()
    context.close()


COLOURS = """() => {
    const root = getComputedStyle(document.documentElement);
    const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    return ['--paper', '--ink', '--soft', '--seal', '--on-seal'].map((name) => {
        paint.fillStyle = root.getPropertyValue(name);
        paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
    });
}"""


def luminance(colour):
    """Relative luminance of an sRGB colour (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
