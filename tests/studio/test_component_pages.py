"""The page of components: every colour of the style sheet can be read on its ground, in both themes and languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

import jinjie.studio
from jinjie.base.errors import JinjieError
from jinjie.studio import component_pages
from jinjie.studio.component_pages import LINE, LINES, TEXT, TEXTS, colours, contrast

SHEET = (Path(jinjie.studio.__file__).parent / "web" / "colours.css").read_text("utf-8").replace(" {", "{")


def test_contrasts_are_those_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#abcdef", "#abcdef") == 1


@pytest.mark.parametrize("shade", ["light", "dark"])
def test_every_colour_is_told_apart_from_its_ground(shade: str) -> None:
    known = colours(SHEET)[shade]  # type: ignore[index]
    for ground in component_pages.GROUNDS:
        for names, least in ((TEXTS, TEXT), (LINES, LINE)):
            low = {
                name: contrast(known[name], known[ground])
                for name in names
                if contrast(known[name], known[ground]) < least
            }
            assert not low, (shade, ground, low)
    assert contrast(known["on-seal"], known["seal"]) >= TEXT


def test_a_bundled_sheet_is_read_as_the_written_one() -> None:
    written = ":root{color-scheme:light;--paper: #fff;--ink: #000}:root[data-theme=dark]{--paper:#000000a0;--ink:#FFF}"
    assert colours(written) == {
        "light": {"paper": "#ffffff", "ink": "#000000"},
        "dark": {"paper": "#000000a0", "ink": "#ffffff"},
    }
    with pytest.raises(JinjieError, match="npm"):
        colours(":root{--paper:#fff}")


def test_the_page_shows_all_of_it_in_both_languages(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(component_pages, "_served", lambda: SHEET)
    page = client.get("/components").text
    assert "Components" in page and "too low" not in page
    for name in (*TEXTS, *LINES, "on-seal", "paper"):
        assert f"<code>--{name}</code>" in page
    for state in component_pages.STATES:
        assert f'class="state {state}"' in page
    assert page.count('class="one-stone"') == len(component_pages.STONES)
    assert 'href="/components"' not in client.get("/").text, "it is for whoever changes a page"
    client.cookies.set("lang", "zh")
    assert "<h1>组件</h1>" in client.get("/components").text


def test_a_colour_that_cannot_be_read_is_named(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        component_pages, "_served", lambda: SHEET.replace("--soft: #675e53", "--soft: #c0b8ac")
    )
    assert client.get("/components").text.count("too low") == 1
