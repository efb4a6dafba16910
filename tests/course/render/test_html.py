"""The page: semantic, readable without a script, and nothing in it that acts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from jinjie.course.content.library import Library
from jinjie.course.formula.registry import formulas
from jinjie.course.render import tree as nodes
from jinjie.course.render.html import html
from jinjie.course.render.reading import parse
from jinjie.course.render.results import AsWritten, Printed
from jinjie.course.render.sanitise import sanitise


class Tags(HTMLParser):
    """Every tag with its attributes, as a parser and not a pattern sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def body(library: Library, text: str) -> str:
    return html(parse(text, library.lesson("slopes").words_file("en")), library, "en").body


def test_the_lesson_as_a_page(library: Library) -> None:
    lesson = library.lesson("slopes")
    page = html(parse(lesson.words("zh"), lesson.words_file("zh")), library, "zh")
    tags = Tags(page.body).found
    names = [tag for tag, _ in tags]
    assert [(c.level, c.id, c.html) for c in page.contents] == [
        (2, "section-1", "一步"),
        (3, "section-1-1", "还有"),
    ]
    assert names.count("h2") == names.count("h3") == 1 and "h1" not in names
    assert names.count("figure") == 2 and names.count("aside") == 2 and names.count("table") == 1
    live = [(a["data-live"], a["data-slug"]) for _, a in tags if "data-live" in a]
    assert live == [("experiment", "valley"), ("exercise", "double"), ("quiz", "")]
    assert ("a", "/learn/slopes") in [(tag, a.get("href")) for tag, a in tags]
    assert "第一个 42" in page.body and "常见错误" in page.body


def test_mathematics_is_there_for_a_reader_and_for_a_script(library: Library) -> None:
    made = body(library, "A $x_i < 2$ b")
    assert '<span class="tex" data-latex="x_i &lt; 2"><math>' in made
    assert "<msub><mi>x</mi><mi>i</mi></msub>" in made


def test_all_of_mathml_passes_the_sanitiser(library: Library) -> None:
    """A formula that lost an element or an attribute would be shown wrongly."""
    for formula in formulas().values():
        made = body(library, f"```formula\n{formula.id}\n```")
        from jinjie.course.render.mathematics import mathml

        plain = mathml(formula.latex, display=True)
        assert [tag for tag, _ in Tags(plain).found] == [
            tag for tag, _ in Tags(made[made.index("<math") : made.index("</math>")]).found
        ]
        assert sanitise(plain).count("=") == plain.count("="), formula.id


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](//evil.example)",
    "![a](https://evil.example/x.png)",
    "## <b onclick=alert(1)>h</b>",
    "`</code><script>alert(1)</script>`",
    "$</math><script>alert(1)</script>$",
    "$\\text{</mtext><img src=x onerror=alert(1)>}$",
    ":::idea <svg onload=alert(1)>\nx\n:::",
    '```exercise a"onload="x\n```',
    "```text\n</code></pre><script>alert(1)</script>\n```",
    "```python\nx = '</code><script>alert(1)</script>'\n```",
    '```figure\nexperiment: valley\nalt: "\\"><script>alert(1)</script>"\n```',
    "| a |\n| - |\n| <iframe src=x> |",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_a_text_acts(library: Library, text: str) -> None:
    for tag, attributes in Tags(body(library, text)).found:
        assert tag not in ("script", "iframe", "img", "object", "form", "style", "link", "base", "b")
        for name, value in attributes.items():
            assert not name.startswith("on") and name != "style"
            if name in ("href", "src"):
                assert re.match(r"(https?://|/(?!/)|#)", value or "")


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="javascript:x">a</a>',
        '<a href="//evil.example">a</a>',
        '<a href=" javascript:x">a</a>',
        '<img src="https://evil.example/x.png">',
        '<img src="data:image/svg+xml;base64,AAAA">',
        '<svg><use href="https://evil.example/x#a"/></svg>',
        '<svg><rect fill="url(https://evil.example)"/></svg>',
        "<svg><script>x</script></svg>",
        "<svg><foreignObject><iframe/></foreignObject></svg>",
        '<p style="position:fixed">a</p>',
        '<math><mtext><img src=x onerror="x"></mtext></math>',
        '<form action="/x"><input></form>',
    ],
)
def test_what_passes_the_sanitiser_can_only_be_seen(markup: str) -> None:
    made = sanitise(markup)
    for wrong in ("javascript", "evil", "script", "iframe", "style", "onerror", "form", "base64", "<input"):
        assert wrong not in made


class Drawn(AsWritten):
    """A drawing for every figure, and an answer for every fence."""

    def drawing(self, figure: nodes.Figure) -> bytes:
        return (
            b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9" '
            b'role="img" aria-label="own"><defs><clipPath id="p"><rect width="9" height="9"/></clipPath></defs>'
            b'<g clip-path="url(#p)"><path id="m" d="M0 0" fill="var(--ink, #22211f)"/><use xlink:href="#m"/></g></svg>'
        )

    def printed(self, code: nodes.Python) -> Printed:
        return Printed("ran <now>")


def test_a_drawing_is_part_of_the_page_with_the_words_of_the_text(library: Library) -> None:
    lesson = library.lesson("slopes")
    page = html(parse(lesson.words("en"), lesson.words_file("en")), library, "en", Drawn())
    assert 'aria-label="A path into a valley."' in page.body and "own" not in page.body
    assert 'id="figure-1-p"' in page.body and 'clip-path="url(#figure-1-p)"' in page.body
    assert 'href="#figure-1-m"' in page.body and 'fill="var(--ink, #22211f)"' in page.body
    assert 'viewBox="0 0 9 9"' in page.body
    assert "ran &lt;now&gt;" in page.body and "first 42" not in page.body
