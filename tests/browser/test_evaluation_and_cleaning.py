"""A classifier evaluated and a table cleaned as a learner does it: by clicking, in a real browser, narrow and wide."""

import time

import pytest
from accessible import violations

from jinjie import recipes
from jinjie.training import launch


def fits(page):
    """Whether nothing sticks out of the window to the side."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


WIDE = {"viewport": {"width": 1280, "height": 900}}
NARROW = {"viewport": {"width": 390, "height": 800}, "locale": "zh-CN", "color_scheme": "dark"}


@pytest.mark.slow
@pytest.mark.parametrize("wishes", [pytest.param(WIDE, id="wide"), pytest.param(NARROW, id="narrow")])
def test_a_run_is_evaluated_by_a_button_and_the_page_shows_it_by_itself(open_page, wishes):
    run = launch.launch(recipes.find("cancer").changed({"budget.steps": 20, "threads": 1}))
    while run.state() == "running":
        time.sleep(0.2)
    page = open_page(f"/runs/{run.name}", **wishes)
    page.locator("#evaluate").click()
    page.wait_for_url(f"**/runs/{run.name}/evaluation")
    page.evaluate("window.unchanged = true")  # lost by a reload: the page brings the scores by itself
    page.locator(".charts svg").nth(3).wait_for(timeout=240_000)
    assert page.evaluate("window.unchanged")
    assert page.locator("#evaluation .table").first.locator("tbody tr").count() >= 10
    assert page.locator(".listed li").count() == len(page.locator(".listed li span").all()) > 0
    page.locator(".working").wait_for(state="detached")  # the process ends a moment after its folder is there
    assert page.locator("#evaluate").is_enabled()
    assert fits(page)
    widest = max(page.evaluate("[...document.querySelectorAll('.charts svg')].map(x => x.clientWidth)"))
    assert widest <= 416 or "locale" not in wishes, "where there is little room, charts are smaller"
    # A drawing takes the page's colours: ink on paper by day, and the other way round by night.
    colour = page.locator(".charts svg text").first.evaluate("text => getComputedStyle(text).fill")
    light = sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(","))) > 3 * 128
    assert light == (wishes.get("color_scheme") == "dark"), colour
    page.locator("nav.tabs a").nth(1).click()
    page.wait_for_url("**split=validation")
    assert page.locator(".empty").is_visible()
    with page.expect_download() as download:
        page.goto(f"{page.url.partition('?')[0]}")
        page.locator("p.under a").first.click()
    assert download.value.suggested_filename == f"{run.name}-test-evaluation.json"


@pytest.mark.parametrize(
    "wishes", [pytest.param(WIDE, id="wide"), pytest.param(NARROW, id="narrow", marks=pytest.mark.slow)]
)
def test_a_table_is_sent_cleaned_and_taken_home(open_page, tmp_path, wishes):
    (tmp_path / "people.csv").write_text("name,age\nAnn,34\nBob,\nAnn,34\nCid,40\n")
    page = open_page("/runs", **wishes)
    page.locator("nav.within a[href='/clean']").click()
    page.wait_for_url("**/clean")
    page.evaluate("window.unchanged = true")
    page.locator("#clean-file").set_input_files(tmp_path / "people.csv")
    page.locator("[name=missing]").fill("nonsense")
    page.locator("#clean .primary").click()
    page.locator("#set-missing-wrong").wait_for()
    assert page.evaluate("window.unchanged")
    assert page.locator("#clean-file").evaluate("input => input.files.length") == 1, (
        "the chosen file stays chosen"
    )
    assert fits(page)
    page.locator("[name=missing]").fill("median")
    page.locator("#clean .primary").click()
    page.locator(".report svg").first.wait_for()
    assert fits(page)
    assert violations(page) == []
    with page.expect_download() as download:
        page.locator("#download").click()
    assert download.value.suggested_filename == "people-cleaned.csv"
    assert download.value.path().read_text() == "name,age\nAnn,34\nBob,37\nCid,40\n"
    page.locator("#again > summary").click()
    page.locator("#again [name=missing]").fill("drop")
    page.locator("#again .primary").click()
    page.locator(".report", has_text="3" if wishes.get("locale") else "Written: 2 rows").wait_for()


def test_a_file_that_is_too_large_is_not_even_sent(open_page, tmp_path):
    (tmp_path / "large.csv").write_text("a,b\n" + "1,2\n" * 100)
    page = open_page("/clean")
    page.locator("#clean-file").evaluate("input => { input.dataset.most = '100'; }")
    page.locator("#clean-file").set_input_files(tmp_path / "large.csv")
    assert "more than 2 GB" in page.locator("#clean-file-wrong").inner_text()
    page.locator("#clean .primary").click()
    page.wait_for_timeout(300)
    assert page.url.endswith("/clean") and page.locator("#cleaning").count() == 0
