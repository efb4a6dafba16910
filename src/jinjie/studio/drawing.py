"""A run's SVG as part of a page, so that it takes the page's colours and fonts.

A run folder may come from someone else, and what is put into a page is part of it. So only what drawings are made
of goes in: known elements, known attributes, references within the drawing. A picture with anything else is shown as
an image, where nothing in it can act.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
_ELEMENTS = (
    "svg g defs path rect circle ellipse line polyline polygon text tspan use clipPath title desc image"
)
_ATTRIBUTES = """
    id d x y x1 y1 x2 y2 cx cy r rx ry dx dy width height points transform viewBox preserveAspectRatio version role
    aria-label fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin
    stroke-dasharray stroke-dashoffset stroke-miterlimit opacity clip-path clip-rule clipPathUnits font-family
    font-size font-weight font-style text-anchor dominant-baseline href visibility display color
"""
ELEMENTS = frozenset(_ELEMENTS.split())
ATTRIBUTES = frozenset(_ATTRIBUTES.split())
OWN = "drawing-"
LARGEST = 1_000_000
"""Bytes; a larger drawing is shown as an image, which browsers draw more quickly."""


def inline(svg: bytes) -> str | None:
    """The drawing as markup that is safe inside a page, or None when it holds anything that is not known to be."""
    if len(svg) > LARGEST or b"<!" in svg:  # no entities, no document types
        return None
    try:
        root = ET.fromstring(svg)
    except ET.ParseError:
        return None
    if root.tag != f"{SVG}svg" or not all(_plain(element) for element in root.iter()):
        return None
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        if HREF in element.attrib:
            element.set("href", element.attrib.pop(HREF))
        for (
            name,
            value,
        ) in element.attrib.items():  # its names stay its own: the page finds its parts by theirs
            if name == "id":
                element.set(name, OWN + value)
            elif name == "href" and value.startswith("#"):
                element.set(name, f"#{OWN}{value[1:]}")
            else:
                element.set(name, value.replace("url(#", f"url(#{OWN}"))
    return ET.tostring(root, encoding="unicode")


def _plain(element: ET.Element) -> bool:
    """Whether an element can do nothing but be seen."""
    if not element.tag.startswith(SVG) or element.tag.removeprefix(SVG) not in ELEMENTS:
        return False
    for name, value in element.attrib.items():
        if name == HREF or name == "href":
            picture = element.tag == f"{SVG}image" and value.startswith("data:image/png;base64,")
            if not (value.startswith("#") or picture):
                return False
        elif name not in ATTRIBUTES or "url(" in value.replace("url(#", ""):
            return False
    return True
