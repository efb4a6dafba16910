"""The last look at what is put into a page: known elements, known attributes, harmless addresses, and nothing else."""

from __future__ import annotations

import re
from functools import cache

import nh3

HTML = """
    a abbr aside blockquote br code dd details div dl dt em figcaption figure h2 h3 h4 h5 h6 hr img li ol p pre section
    span strong sub summary sup table tbody td th thead tr ul
"""
MATHML = """
    math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt
    mstyle msub msubsup msup mtable mtd mtext mtr munder munderover
"""
SVG = """
    svg g defs path rect circle ellipse line polyline polygon text tspan use clipPath title desc image
    linearGradient stop
"""
_MATHML = """
    accent accentunder columnspan display displaystyle form height largeop linethickness lspace mathvariant
    maxsize minsize movablelimits rowspan rspace scriptlevel stretchy symmetric voffset width depth
"""
_SVG = """
    d x y x1 y1 x2 y2 cx cy r rx ry dx dy width height points transform viewBox preserveAspectRatio fill fill-opacity
    fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-dasharray stroke-dashoffset
    stroke-miterlimit opacity clip-path clip-rule clipPathUnits font-family font-size font-weight font-style text-anchor
    dominant-baseline href visibility display color offset stop-color gradientUnits
"""
TAGS = set(f"{HTML} {MATHML} {SVG}".split())
_DRAWN = frozenset(SVG.split())
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"class", "id", "lang", "role", "title", "tabindex"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "th": {"scope"},
    "details": {"open"},
    **{tag: set(_MATHML.split()) for tag in MATHML.split()},
    **{tag: set(_SVG.split()) for tag in SVG.split()},
}
_ADDRESS = re.compile(r"(?:https?://|/(?!/)|#)")
_INLINE_PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]*")


def sanitise(html: str) -> str:
    """`html` with everything taken away that could act, load or disguise itself."""
    return _cleaner().clean(html)


@cache
def _cleaner() -> nh3.Cleaner:
    """The rules, read once: for a line of text that takes longer than cleaning it."""
    return nh3.Cleaner(
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        generic_attribute_prefixes={"data-", "aria-"},
        url_schemes={"http", "https", "data"},
        url_relative="pass_through",
        link_rel=None,
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name in ("href", "src"):
        inner = tag in _DRAWN
        good = (
            _INLINE_PICTURE.fullmatch(value)
            if tag in ("img", "image")
            else (value.startswith("#") if inner else _ADDRESS.match(value))
        )
        return value if good else None
    if "url(" in value.replace("url(#", "") and tag != "math" and not name.startswith(("data-", "aria-")):
        return None
    return value
