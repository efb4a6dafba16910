"""The portfolio opened from the disk: nothing asked for, nothing cut off, light on paper."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jinjie.base import words
from jinjie.base.files import write_json
from jinjie.base.svg import COLOURS
from jinjie.course.content.library import load
from jinjie.learner.attempt import Attempt
from jinjie.path.portfolio.folder import make
from jinjie.recipes import find

WIDTHS = (320, 1280)
HOSTILE = "<script>document.title='x'</script><img src='x' onerror='document.title=1'><svg onload='alert(1)'>"


@pytest.fixture
def page(home: Path, tmp_path: Path) -> Path:
    """A portfolio of a run with a long curve and long names, and of some exercises."""
    recipe = find("line-1").model_dump(mode="json")
    run = home / "runs" / ("a-run-with-a-very-long-name-" * 3 + "1")
    run.mkdir(parents=True)
    launch = {"threads": 1, "created": 1795636607.0}
    write_json(run / "recipe.json", {"schema": 1, "recipe": {**recipe, "seed": 7}, "launch": launch})
    events: list[dict[str, Any]] = [
        {"type": "started", "step": 0, "total": 300, "time": 1.0, "counts": {"train": 9}}
    ]
    events += [{"type": "step", "step": i, "loss": 9 / i, "time": 1.0 + i} for i in range(1, 300)]
    metrics = {"loss": 0.1, "r2": 0.9}
    events.append({"type": "evaluated", "split": "test", "step": 300, "metrics": metrics, "time": 400.0})
    events.append({"type": "sample", "step": 300, "text": HOSTILE + "字" * 300 + "w" * 300, "time": 400.0})
    events.append({"type": "finished", "step": 300, "metrics": metrics, "time": 401.0})
    (run / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    library = load()
    log = [Attempt("exercise", slug, passed=True) for slug in list(library.exercises)[:8]]
    with words.speaking("zh"):
        return make(tmp_path / "作品 集", library, log, [run.name], name="林曦").folder / "index.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_from_the_disk_and_fits_any_window(browser: Any, page: Path, scheme: str) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    for width in WIDTHS:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        shown = context.new_page()
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda message: complaints.append(message.text))
        shown.goto(page.as_uri())
        assert shown.evaluate("document.documentElement.scrollWidth") == width, "nothing sticks out"
        assert shown.locator("svg").count() == 1
        assert "林曦" in shown.title() and HOSTILE in shown.locator("blockquote").inner_text(), (
            "text stays text"
        )
        ink = shown.evaluate("getComputedStyle(document.body).getPropertyValue('--ink')")
        assert ink == COLOURS["ink"][scheme == "dark"]
        shown.emulate_media(media="print", color_scheme=scheme)
        paper = shown.evaluate("getComputedStyle(document.body).getPropertyValue('--ink')")
        assert paper == COLOURS["ink"][0], "dark ink on paper, whatever the screen was"
        shown.locator("a").last.click()
        assert shown.url.endswith("manifest.json")
        context.close()
    assert complaints == []
    assert {url.partition(":")[0] for url in asked} == {"file"} and len(asked) == 2 * len(WIDTHS)


def test_it_prints(browser: Any, page: Path) -> None:
    context = browser.new_context()
    shown = context.new_page()
    shown.goto(page.as_uri())
    pdf = shown.pdf(prefer_css_page_size=True)
    context.close()
    assert pdf.startswith(b"%PDF") and b"/MediaBox [0 0 594" in pdf or b"/MediaBox [0 0 595" in pdf, "A4"
