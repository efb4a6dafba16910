"""Models are played with as a learner does it: a poem written and stopped, a digit drawn, narrow and wide."""

import time

import pytest

from jinjie import recipes
from jinjie.training import launch

WIDE = {"viewport": {"width": 1280, "height": 900}}
NARROW = {
    "viewport": {"width": 390, "height": 800},
    "locale": "zh-CN",
    "color_scheme": "dark",
    "has_touch": True,
}


def fits(page):
    """Whether nothing sticks out of the window to the side."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize(
    "wishes", [pytest.param(WIDE, id="wide"), pytest.param(NARROW, id="narrow", marks=pytest.mark.slow)]
)
def test_a_poem_is_written_pressed_stopped_and_looked_into(open_page, wishes):
    page = open_page("/", **wishes)
    page.locator("nav.places a[href='/play']").click()
    page.wait_for_url("**/play")
    assert fits(page)
    page.locator("a.button[href='/play/write/poems']").click()
    page.wait_for_url("**/play/write/poems")
    page.evaluate("window.unchanged = true")  # lost by a reload: the text comes into the page as it is
    page.locator("#play-prompt").fill("明月" * 100)
    page.locator("#write .primary").click()
    page.locator("#play-prompt[aria-invalid=true]").wait_for()
    assert "201" in page.locator("#play-prompt-wrong").inner_text()
    assert page.locator("#play-prompt").evaluate("field => field === document.activeElement")
    page.locator("#play-prompt").fill("明月")
    page.locator("#play-seed").fill("3")
    page.locator("#write .primary").click()
    page.locator("#again").wait_for()
    text = page.locator("#tokens").inner_text().replace("\n", "")
    assert page.locator("#given").inner_text() == "明月" and len(text) > 20
    token = page.locator("#tokens .token").nth(4)
    token.focus()
    page.keyboard.press("Enter")
    page.locator("#choices table").wait_for()
    assert page.locator("#choices tbody tr").count() in (10, 11)
    assert token.inner_text() in page.locator("#choices .drawn th").inner_text()
    assert token.get_attribute("aria-pressed") == "true"
    widths = page.locator("#choices .bar rect").evaluate_all(
        "bars => bars.map(bar => bar.getBoundingClientRect().width)"
    )
    assert widths[0] > widths[2] > 0, "the likeliest comes first"
    assert fits(page)
    # As bold as can be, a poem finds no end by itself: it is stopped by hand.
    page.locator("#play-temperature").fill("50")
    page.locator("#play-tokens").fill("400")
    token.evaluate("token => { token.dataset.before = '' }")
    page.locator("#write .primary").click()
    # The poem before stays until this one begins.
    page.locator("#tokens [data-before]").wait_for(state="detached")
    page.locator("#tokens .token").nth(7).wait_for()
    page.locator("#stop").click()
    page.locator("#stop").wait_for(state="hidden")
    count = page.locator("#tokens .token").count()
    assert 8 <= count < 400 and str(count) in page.locator("#status").inner_text()
    page.wait_for_timeout(300)
    assert page.locator("#tokens .token").count() == count and page.evaluate("window.unchanged")
    page.locator("nav.tabs a[href='/play/inside/poems']").click()
    page.locator(".attention svg").wait_for()
    page.locator("#look-layer").select_option("2")
    page.wait_for_url("**layer=2**")
    page.locator("#look-open").check()
    page.locator(".losses").wait_for()
    assert page.locator("#look-layer").input_value() == "2" and page.locator("#look-open").is_checked()
    assert page.locator(".steps tbody tr").count() == 15
    assert fits(page)


@pytest.mark.parametrize(
    "wishes", [pytest.param(WIDE, id="wide", marks=pytest.mark.slow), pytest.param(NARROW, id="narrow")]
)
def test_a_digit_is_drawn_and_told(open_page, tmp_path, wishes):
    changes = {"budget.epochs": 2, "threads": 1, "budget.evaluate_every": 1000}
    run = launch.launch(recipes.find("mnist-mlp").changed(changes))
    while run.state() == "running":
        time.sleep(0.2)
    page = open_page(f"/play/draw/{run.name}", **wishes)
    assert page.locator("#told table").count() == 0
    box = page.locator("#paper").bounding_box()

    def at(across, down):
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    page.mouse.move(*at(0.5, 0.2))
    page.mouse.down()
    page.mouse.move(*at(0.5, 0.8), steps=10)
    page.mouse.up()
    page.locator("#told table").wait_for()
    assert page.locator("#told tbody th").first.inner_text() == "1"
    assert page.locator("#told tbody tr").count() == 10
    assert page.locator(".seen img").evaluate("image => image.naturalWidth") == 140
    inked = "canvas => canvas.getContext('2d').getImageData(280, 280, 1, 1).data[3]"
    assert page.locator("#paper").evaluate(inked) == 255
    assert fits(page)
    page.locator("#undo").click()
    page.locator("#told table").wait_for(state="detached")
    assert page.locator("#paper").evaluate(inked) == 0
    # Who cannot draw sends a picture: here the sheet's own.
    page.locator("#picture").set_input_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    page.locator(".upload button").click()
    page.locator("#told .errors").wait_for()
    assert "x.png" in page.locator("#told .errors").inner_text()
