"""The map in a browser: walked with the keyboard, as narrow as a hand, without a script, and its objection form."""

import pytest

from sampled import sampled

PAGES = ("/map", "/map?goal=role:nlp-engineer", "/map/mixture-of-experts", "/path/mastery?concept=adam#adam")


@pytest.mark.parametrize(
    ("lang", "theme", "width", "shape"),
    sampled(
        [
            ("en-GB", "light", 1280, "wide"),
            ("zh-CN", "dark", 390, "narrow"),
            ("en-GB", "dark", 320, "narrow"),
            ("zh-CN", "light", 820, "middle"),
        ],
        4,
    ),
)
def test_the_map_fits_the_screen(open_page, server, lang, theme, width, shape):
    page = open_page(locale=lang, color_scheme=theme, viewport={"width": width, "height": 900})
    for path in PAGES:
        page.goto(server.home + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto(server.home + "/map")
    assert [one.get_attribute("class") for one in page.locator(".map-shape:visible").all()] == [
        f"map-shape {shape}"
    ]
    sheet = page.locator(".map-shape:visible svg").bounding_box()
    for stone in page.locator(".map-shape:visible .stone").all()[::20]:
        box = stone.bounding_box()
        assert box["x"] >= sheet["x"] and box["x"] + box["width"] <= sheet["x"] + sheet["width"]
    if shape == "wide":  # the head stands in the sky: on no stone, and on no camp's name
        head = page.locator(".map-top").bounding_box()
        right, below = head["x"] + head["width"], head["y"] + head["height"]
        for one in page.locator(".map-shape:visible :is(.stone, .name)").all():
            box = one.bounding_box()
            assert box["x"] > right or box["y"] > below, one.text_content()


def test_the_keyboard_walks_to_a_concept(open_page, server):
    page = open_page("/map")
    page.locator("#goal").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    stone = page.evaluate("document.activeElement.dataset.slug")
    assert stone, "behind the form comes the first stone"
    places = page.locator(".map-shape:visible .point")
    slugs = [one.get_attribute("data-slug") for one in places.all()]
    assert slugs[0] == stone
    steps = slugs.index("linear-model")
    for _ in range(steps + 1):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.dataset.slug") == "linear-model"
    caption = page.locator(".map-caption")
    assert "Linear model" in caption.inner_text() and "Mean squared error" in caption.inner_text()
    lit = page.locator(".map-shape:visible .point.opens")
    assert "mean-squared-error" in [one.get_attribute("data-slug") for one in lit.all()]
    assert (
        page.locator(".map-shape:visible .point.requires").count()
        == page.locator(".map-shape:visible .edge.requires").count()
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/learn/linear-regression")


def test_what_is_pointed_at_is_lit_until_it_is_left(open_page):
    page = open_page("/map")
    page.locator('.map-shape:visible .point[data-slug="adam"]').hover()
    assert page.locator(".map-caption").is_visible()
    assert page.locator(".map-shape:visible .edge.requires").count() >= 1
    page.mouse.move(5, 5)
    assert not page.locator(".map-caption").is_visible()
    assert page.locator(".edge.requires, .point.requires, .looking").count() == 0


def test_the_map_and_mastery_work_without_a_script(browser, server):
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(server.address)
    page.goto(server.home + "/map")
    page.locator("#goal").select_option("concept:self-attention")
    page.get_by_role("button", name="Show").click()
    assert "goal=concept%3Aself-attention" in page.url
    assert (
        page.locator(".map-way").is_visible() and page.locator(".map-shape:visible .point.aside").count() > 50
    )
    page.locator('.map-shape:visible .point[data-slug="mixture-of-experts"]').click()
    assert page.url.endswith("/map/mixture-of-experts")
    page.get_by_role("link", name="why the course believes so").click()
    assert page.url.endswith("/path/mastery?concept=mixture-of-experts#mixture-of-experts")
    page.get_by_role("button", name="I know it: Mixture of experts").click()
    assert page.url.endswith("/path/mastery?concept=mixture-of-experts#mixture-of-experts")
    assert page.locator("#mixture-of-experts .came").inner_text() == "you know it"
    context.close()
