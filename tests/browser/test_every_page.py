"""Every page fits its screen, sets its formulas, and is found without fault by axe-core (WCAG 2.2 A and AA)."""

from __future__ import annotations

import time

import pytest
from accessible import violations

from jinjie import recipes
from jinjie.course.content.library import load
from jinjie.learner.drafts import Draft, save
from jinjie.learner.store import open_store
from jinjie.training import launch

LEARN = [f"/learn/{slug}" for slug in sorted(load().lessons)]
PAGES = [
    "/",
    "/learn",
    "/map",
    "/map?goal=role:nlp-engineer",
    "/map/mixture-of-experts",
    "/ask",
    "/ask/what-is-attention",
    "/ask?q=memory",
    "/audit",
    "/audit/articles",
    "/audit/articles/A1",
    "/formulas/scaled-dot-product-attention",
    "/learn/gradient-descent/exercises/descent-step/versions",
    "/runs",
    "/runs/line-1-1",
    "/runs/line-1-1/predict",
    "/runs/line-1-1/export",
    "/runs/compare",
    "/runs/compare?runs=line-1-1,line-1-2",
    "/clean",
    "/data",
    "/data/line",
    "/data/text",
    "/machine",
    "/play",
    "/play/tokens",
    "/play/write/poems?prompt=明月",
    "/play/inside/poems",
    "/path",
    "/path/mastery?concept=adam",
    "/path/place",
    "/path/review",
    "/path/plan?goal=role:nlp-engineer&hours=6",
    "/path/resources",
    "/path/resources/check",
    "/path/portfolio",
    "/path/log",
    "/path/roles/nlp-engineer",
    "/components",
    "/nowhere",
]
VIEWS = [
    ("en-GB", "light", 1280),
    ("zh-CN", "dark", 390),
    ("zh-CN", "light", 820),
    ("en-GB", "dark", 360),
]


def look(page, home, path, width):
    """What is wrong with one page, in words."""
    page.goto(home + path)
    page.wait_for_load_state("networkidle")
    wrong = []
    if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
        wrong.append(f"{wide} pixels wide")
    if unset := page.locator(".tex[data-latex]:not(.set), .katex-error").count():
        wrong.append(f"{unset} formulas that KaTeX could not set")
    if (headings := page.locator("h1").count()) != 1:
        wrong.append(f"{headings} headings of the first level")
    wrong += violations(page)
    return [f"{path}: {words}" for words in wrong]


def looks(open_page, server, eye, lang, theme, width, paths):
    runs = [
        launch.launch(recipes.find("line-1").changed({"threads": 1, "budget.evaluate_every": every}))
        for every in (1000, 50)
    ]
    while any(run.state() == "running" for run in runs):
        time.sleep(0.1)
    with open_store() as store:
        save(store, Draft("descent-step", "first = 1\n"))
        save(store, Draft("descent-step", "second = 2\n"))
    page = open_page(locale=lang, color_scheme=theme, viewport={"width": width, "height": 900})
    wrong = [words for path in paths for words in look(page, server.home, path, width)]
    assert [words for words in eye.complaints if "404" in words] == eye.complaints, "of /nowhere alone"
    eye.complaints.clear()
    return wrong


@pytest.mark.long
@pytest.mark.parametrize(("view", "every"), [(VIEWS[0], slice(0, None, 2)), (VIEWS[1], slice(1, None, 2))])
def test_every_page_is_without_fault(open_page, server, eye, view, every):
    """Each page once, and some lessons; the slow test below has all in every view."""
    wrong = looks(open_page, server, eye, *view, [*PAGES[every], *LEARN[every][::3]])
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "theme", "width"), VIEWS)
def test_every_page_in_every_view(open_page, server, eye, lang, theme, width):
    wrong = looks(open_page, server, eye, lang, theme, width, [*PAGES, *LEARN])
    assert not wrong, "\n".join(wrong)


def test_a_page_with_a_fault_is_found_out(browser):
    """The proof proves something: a picture without words, a box too wide, grey on grey."""
    context = browser.new_context(viewport={"width": 400, "height": 600})
    page = context.new_page()
    fault = (
        '<html lang="en"><title>x</title><h1 style="color:#999;background:#aaa">Words</h1>'
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="900">'
    )
    page.route("http://127.0.0.1:9/fault", lambda route: route.fulfill(body=fault, content_type="text/html"))
    wrong = " ".join(look(page, "http://127.0.0.1:9", "/fault", 400))
    assert "pixels wide" in wrong and "image-alt" in wrong and "color-contrast" in wrong
    context.close()
