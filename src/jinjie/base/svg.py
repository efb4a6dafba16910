"""From a matplotlib figure to an SVG that fits into a page: text as text, colours as the page's variables.

What comes out holds no `<style>` and no `style=` (a strict content security policy forbids both in a page),
so that it can be inlined; each colour is `var(--name, #light)` and follows the page into the dark.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS: dict[str, tuple[str, str]] = {
    "ink": ("#22211f", "#ecebe6"),
    "muted": ("#6b6862", "#a3a099"),
    "rule": ("#dedad1", "#3b3a37"),
    "paper": ("#fefefc", "#171716"),
    "series-1": ("#2563a8", "#6cb0f5"),
    "series-2": ("#c2410c", "#fb8f5a"),
    "series-3": ("#2e7d4f", "#5fc98b"),
    "series-4": ("#7a4fb5", "#b79af0"),
    "series-5": ("#8f6a00", "#e0b53c"),
    "series-6": ("#0f7c86", "#4cc9d4"),
    "series-7": ("#b52f6d", "#f48ab8"),
    "series-8": ("#5f6670", "#aab2bd"),
}
"""CSS variables by name, with their colours in the light and in the dark; a page may set its own."""

FONTS = (
    "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', 'WenQuanYi Micro Hei', "
    "sans-serif"
)

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_BY_HEX = {light: name for name, (light, _) in COLOURS.items()}
_NUMBERS = ("d", "x", "y", "transform", "points")


def light(name: str) -> str:
    """The hex colour to draw with, which `render` turns into the variable `name`."""
    return COLOURS[name][0]


def canvas(width: int, height: int) -> Figure:
    """An empty figure whose unit of length is the SVG's pixel."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    figure.patch.set_visible(False)  # the page's own background shows through
    return figure


def render(figure: Figure, label: str) -> bytes:
    """The figure as SVG; `label` is what a screen reader says of it. Equal figures give equal bytes."""
    import matplotlib as mpl

    raw = io.BytesIO()
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "jinjie", "font.family": ["DejaVu Sans"]}
    with mpl.rc_context(settings), warnings.catch_warnings():
        # The font that measures here lacks Chinese; the reader's own fonts, named in FONTS, have it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(raw, format="svg", metadata={"Date": None, "Creator": None})
    root = ET.fromstring(raw.getvalue())
    _strip(root)
    width, height = (root.attrib.pop(side).removesuffix("pt") for side in ("width", "height"))
    attributes = {"width": width, "height": height, "role": "img", "aria-label": label}
    fonts = {"font-family": FONTS, "stroke-linejoin": "round", "stroke-linecap": "butt"}
    root.attrib.update(attributes | fonts)
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    return ET.tostring(root, encoding="unicode").encode()


def standalone(svg: bytes) -> bytes:
    """The same picture for a file of its own, which turns dark with the reader's system."""
    dark = "".join(f"--{name}:{colour};" for name, (_, colour) in COLOURS.items())
    style = f"<style>@media (prefers-color-scheme:dark){{svg{{{dark}background:var(--paper)}}}}</style>"
    head, end, body = svg.partition(b">")
    return head + end + style.encode() + body


def embedded(svg: bytes) -> bytes:
    """The picture for a page again: `standalone` undone."""
    return re.sub(rb"<style>@media[^<]*</style>", b"", svg, count=1)


def clean(text: str) -> str:
    """`text` on one line and without characters that XML cannot hold."""
    return "".join(
        " " if c in "\n\r\t" else c for c in text if c in "\n\r\t" or unicodedata.category(c)[0] != "C"
    )


def text_width(text: str, size: float) -> float:
    """About how many pixels a text of font size `size` takes; a Chinese character is as wide as high."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return size * (wide + 0.56 * (len(text) - wide))


def _strip(root: ET.Element) -> None:
    """Turn styles into attributes and colours into variables; drop metadata, global styles and unused ids."""
    used = {
        name
        for element in root.iter()
        for value in element.attrib.values()
        for name in re.findall(r"(?:^|url\()#([^)]+)", value)
    }
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    for element in root.iter():
        attributes = element.attrib
        for part in attributes.pop("style", "").split(";"):
            name, _, value = (word.strip() for word in part.partition(":"))
            if name and name != "font-family":
                attributes[name] = value
        for name in ("fill", "stroke"):
            if attributes.get(name) in _BY_HEX:
                attributes[name] = f"var(--{_BY_HEX[attributes[name]]}, {attributes[name]})"
        for name in _NUMBERS:  # hundredths of a pixel are fine enough
            if name in attributes:
                attributes[name] = re.sub(r"(\.\d\d)\d+", r"\1", attributes[name]).replace("\n", "")
        if attributes.get("id") not in used:
            attributes.pop("id", None)
        if element.tag != f"{{{_SVG}}}text" and element.text is not None and not element.text.strip():
            element.text = None
        element.tail = None
