"""Drawings of our own go into the page; whatever could act does not."""

import pytest

from jinjie.base.pictures import confusion, curves
from jinjie.studio.drawing import inline

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'


def test_every_kind_of_chart_of_ours_is_drawn_into_the_page():
    for svg in (
        curves({"训练": ([1, 2], [3.0, 2.0]), "<b>": ([1, 2], [2.0, 1.0])}, title="a & b"),
        confusion([[3, 1], [0, 4]], ["0", "1"], title="", x_label="x", y_label="y"),
    ):
        drawn = inline(svg)
        assert drawn is not None and drawn.startswith("<svg")
        assert "<b>" not in drawn and "style=" not in drawn and "xlink" not in drawn
        assert "var(--" in drawn


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        '<g onclick="1"/>',
        '<use xlink:href="https://elsewhere.example/x.svg#a"/>',
        '<use href="javascript:1"/>',
        '<a href="https://elsewhere.example"><text>x</text></a>',
        "<foreignObject><form/></foreignObject>",
        '<g xmlns="http://www.w3.org/1999/xhtml"><img src="x"/></g>',
        '<rect style="fill: red"/>',
        "<style>*{}</style>",
        '<rect fill="url(https://elsewhere.example/)"/>',
        '<image href="https://elsewhere.example/x.png"/>',
        '<image href="data:image/svg+xml;base64,AAAA"/>',
        '<animate attributeName="href"/>',
        '<set attributeName="href" to="javascript:1"/>',
        '<g class="lost"/>',
        "<g",
    ],
)
def test_what_could_act_or_reach_out_is_not(inside):
    assert inline(f"{OPEN}{inside}</svg>".encode()) is None


def test_document_types_and_other_documents_are_not_read():
    assert inline(b'<!DOCTYPE svg [<!ENTITY a "b">]>' + f"{OPEN}<text>&a;</text></svg>".encode()) is None
    assert inline(b"<html/>") is None
    assert inline(b"") is None


def test_references_within_the_drawing_hold_under_names_that_the_page_does_not_use():
    inside = '<path id="lost" d="M0 0"/><use xlink:href="#lost"/><g clip-path="url(#lost)"/>'
    drawn = inline(f"{OPEN}{inside}</svg>".encode())
    assert drawn is not None
    assert drawn.count("drawing-lost") == 3 and '"lost"' not in drawn and "#lost" not in drawn
