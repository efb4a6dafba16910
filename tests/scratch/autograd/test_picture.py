import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.base.svg import COLOURS, standalone
from jinjie.scratch.autograd.graph import Graph, Node, graph
from jinjie.scratch.autograd.layers import attention, layer_norm
from jinjie.scratch.autograd.operations import exp
from jinjie.scratch.autograd.picture import number, svg, text_width
from jinjie.scratch.autograd.tensor import Tensor

GOLDEN = Path(__file__).with_name("picture.svg")
SVG = "{http://www.w3.org/2000/svg}"


def drawn(result, **given):
    return ET.fromstring(svg(graph(result, **given)).decode())


def boxes(root):
    found = [
        [float(box.attrib[side]) for side in ("x", "y", "width", "height")] for box in root.iter(f"{SVG}rect")
    ]
    return [(x, y, x + width, y + height) for x, y, width, height in found]


def edges(root):
    """First and last point of every edge."""
    found = []
    for path in root.iter(f"{SVG}path"):
        if path.attrib["fill"] == "none":
            numbers = [float(n) for n in re.findall(r"-?\d+\.\d", path.attrib["d"])]
            found.append((tuple(numbers[:2]), tuple(numbers[-2:]), path))
    return found


def block():
    """Attention with its norm: thirty tensors, edges that skip many rows, and a tensor used four times."""
    rng = np.random.default_rng(0)
    shapes = {"x": (4, 6), "W_q": (6, 6), "W_k": (6, 6), "W_v": (6, 6), "γ": (6,), "β": (6,)}
    x, W_q, W_k, W_v, gamma, beta = (
        Tensor(rng.normal(size=shape), requires_grad=True, name=name) for name, shape in shapes.items()
    )
    h = layer_norm(x, gamma, beta)
    y = x + attention(h @ W_q, h @ W_k, h @ W_v, np.tri(4, dtype=bool))
    y.backward(np.ones((4, 6)))
    return y


def chain(length=12):
    x = Tensor(3.0, requires_grad=True, name="x")
    y = x
    for _ in range(length):
        y = exp(-y) * 1.5 + x
    y.backward()
    return y


def tangle():
    """Edges that cross whatever one does; its layout feels every sweep over the rows."""
    made = [
        Tensor(value, requires_grad=value < 1, name=name)
        for value, name in ((0.5, "a"), (0.25, "b"), (2.0, ""))
    ]
    made.append(Tensor(0.1, requires_grad=True, name="c"))
    for i, j in [(3, 0), (3, 4), (3, 0), (6, 5), (4, 7), (4, 5), (8, 9), (10, 9), (8, 8), (10, 7), (9, 13)]:
        made.append(made[i] + made[j])
    return made[-1]


def test_the_picture_is_the_one_that_was_looked_at():
    """Its geometry to the tenth of a pixel. When it changes on purpose: look at it, light and dark, and store it with

    JINJIE_STORE=1 pytest tests/scratch/autograd/test_picture.py
    """
    now = svg(graph(chain(), limit=17), label="a chain & its <end>") + b"\n" + svg(graph(block())) + b"\n"
    now += svg(graph(tangle())) + b"\n"
    if os.environ.get("JINJIE_STORE"):
        GOLDEN.write_bytes(now)
    assert now == GOLDEN.read_bytes()


@pytest.mark.parametrize("make", [block, chain, tangle], ids=["block", "chain", "tangle"])
def test_boxes_do_not_touch_and_lie_within(make):
    root = drawn(make())
    found = boxes(root)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert root.attrib["viewBox"] == f"0 0 {width:.0f} {height:.0f}"
    for i, (left, top, right, bottom) in enumerate(found):
        assert left >= 11 and top >= 11 and right <= width - 11 and bottom <= height - 11
        for other in found[:i]:
            beside = left >= other[2] + 17.8 or right <= other[0] - 17.8
            assert beside or top >= other[3] + 30 or bottom <= other[1] - 30


@pytest.mark.parametrize("make", [block, chain, tangle], ids=["block", "chain", "tangle"])
def test_edges_go_from_lower_borders_down_to_upper_ones_at_places_of_their_own(make):
    shown = graph(make())
    root = ET.fromstring(svg(shown).decode())
    found = boxes(root)
    ends = []
    for (parent, child), ((x0, y0), (x1, y1), path) in zip(shown.edges, edges(root), strict=True):
        assert found[parent][0] < x0 < found[parent][2] and y0 == pytest.approx(found[parent][3], abs=0.11)
        assert found[child][0] < x1 < found[child][2] and y1 == pytest.approx(found[child][1] - 6, abs=0.11)
        assert y0 < y1
        assert ("stroke-dasharray" in path.attrib) == (shown.nodes[parent].kind == "constant")
        ends += [(parent, "out", x0), (child, "in", x1)]
    assert len(set(ends)) == len(ends)


def curve_points(path):
    """Points along the Bézier curves of an edge, twenty a piece."""
    n = [float(part) for part in re.findall(r"-?\d+\.\d", path.attrib["d"])]
    points = [(n[i], n[i + 1]) for i in range(0, len(n), 2)]
    for i in range(0, len(points) - 1, 3):
        for t in np.linspace(0, 1, 20):
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
            yield tuple(sum(w * points[i + k][axis] for k, w in enumerate(weights)) for axis in (0, 1))


@pytest.mark.parametrize("make", [block, chain, tangle], ids=["block", "chain", "tangle"])
def test_no_edge_runs_behind_a_box(make):
    root = drawn(make())
    found = boxes(root)
    for _, _, path in edges(root):
        for x, y in curve_points(path):
            for left, top, right, bottom in found:
                assert not (left + 0.2 < x < right - 0.2 and top + 0.2 < y < bottom - 0.2)


def test_text_is_text_within_its_box():
    root = drawn(block())
    found = boxes(root)
    said = [(t.text, float(t.attrib["x"]), float(t.attrib["y"])) for t in root.iter(f"{SVG}text")]
    assert {"W_q", "softmax", "4×6", "γ", "= 1e−05", "= −inf"} <= {words for words, _, _ in said}
    for words, x, y in said:
        (box,) = [b for b in found if b[0] < x < b[2] and b[1] < y < b[3]]
        assert x == pytest.approx((box[0] + box[2]) / 2, abs=0.11)
        assert x - text_width(words) / 2 >= box[0] + 9.8 and y <= box[3] - 8


def test_a_box_says_value_or_shape_and_the_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True, name="输入 & <x>")
    y = x @ x
    before = [t.text for t in drawn(y).iter(f"{SVG}text")]
    assert before == ["输入 & <x>", "2", "@", "= 5"]
    y.backward()
    texts = list(drawn(y).iter(f"{SVG}text"))
    assert [t.text for t in texts] == ["输入 & <x>", "2", "‖∂L‖ = 4.472", "@", "= 5", "∂L = 1"]
    assert [t.attrib["fill"][4:].split(",")[0] for t in texts] == ["--ink", "--muted", "--series-2"] * 2
    assert [t.attrib.get("font-weight") for t in texts] == ["600", None, None] * 2


def test_a_constant_without_a_name_says_its_value_and_is_dashed_and_pale():
    root = drawn(Tensor(2.0, requires_grad=True, name="x") * 3)
    assert [t.text for t in root.iter(f"{SVG}text")] == ["x", "= 2", "= 3", "×", "= 6"]
    plain = next(t for t in root.iter(f"{SVG}text") if t.text == "= 3")
    assert "font-weight" not in plain.attrib and plain.attrib["fill"] == "var(--ink, #22211f)"
    strokes = [
        (r.attrib["stroke"][4:].split(",")[0], r.attrib["stroke-width"]) for r in root.iter(f"{SVG}rect")
    ]
    assert strokes == [("--series-1", "2"), ("--rule", "1.2"), ("--series-3", "2")]


def test_what_is_left_out_is_counted_in_the_readers_words():
    result = chain(50)
    root = drawn(result, limit=10)
    texts = [t.text for t in root.iter(f"{SVG}text")]
    count = graph(result, limit=10).left_out
    assert count > 100 and texts[0] == f"… {count} earlier tensors are not shown"
    assert texts.count("…") == sum(node.cut > 0 for node in graph(result, limit=10).nodes) > 0
    chinese = ET.fromstring(svg(graph(result, limit=1), more="…… 另有 {count} 个更早的张量未画出").decode())
    note = next(t for t in chinese.iter(f"{SVG}text"))
    assert note.text == f"…… 另有 {graph(result, limit=1).left_out} 个更早的张量未画出"
    assert float(chinese.attrib["width"]) == pytest.approx(text_width(note.text) + 24, abs=0.5)
    assert "not shown" not in svg(graph(result, limit=1000)).decode()


def test_it_can_be_read_aloud_and_stands_in_a_strict_page():
    picture = svg(graph(chain(2)), label='x "and" <y>\x07').decode()
    root = ET.fromstring(picture)
    assert root.attrib["role"] == "img" and root.attrib["aria-label"] == 'x "and" <y> '
    assert ET.fromstring(svg(graph(chain(2)))).attrib["aria-label"] == ""
    assert "style" not in picture and "<script" not in picture and " id=" not in picture


def test_colours_are_the_houses_and_turn_dark():
    picture = svg(graph(chain(30), limit=12))
    used = dict(re.findall(r"var\(--([\w-]+), (#\w+)\)", picture.decode()))
    assert (
        {"ink", "muted", "rule", "paper", "series-1", "series-2", "series-3"} >= set(used) >= {"ink", "paper"}
    )
    assert all(COLOURS[name][0] == colour for name, colour in used.items())
    assert not re.search(r'(fill|stroke)="#', picture.decode())
    assert b"prefers-color-scheme:dark" in standalone(picture)


def test_numbers_have_four_digits_and_a_real_minus():
    assert [number(value) for value in (0.0, -1.5, 123456.0, 1 / 3, -2e-7)] == [
        "0",
        "−1.5",
        "1.235e+05",
        "0.3333",
        "−2e−07",
    ]


def test_a_chinese_character_is_as_wide_as_high():
    assert text_width("中文") == 24 and text_width("ab") == pytest.approx(13.8)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=14))
def test_any_graph_is_drawn_without_boxes_that_touch(steps):
    made = [Tensor(0.5, requires_grad=True), Tensor(0.25, requires_grad=True), Tensor(2.0)]
    for i, j in steps:
        made.append(made[i % len(made)] + made[j % len(made)])
    root = drawn(made[-1])
    found = boxes(root)
    assert len(found) == len(graph(made[-1]).nodes)
    for i, one in enumerate(found):
        for other in found[:i]:
            assert one[0] > other[2] + 17 or one[2] < other[0] - 17 or one[1] > other[3] or one[3] < other[1]


def test_rows_are_ordered_so_that_edges_do_not_cross_where_they_need_not():
    """Two chains side by side, given in crossed order: drawn, the parent on the left has its child there."""

    def plain(layer, kind="operation"):
        return Node(kind, "n", (), None, None, layer, 0)

    nodes = (plain(0), plain(0), plain(1), plain(1), plain(2, "result"))
    root = ET.fromstring(svg(Graph(nodes, ((0, 3), (1, 2), (2, 4), (3, 4)), 0)).decode())
    left = [box[0] for box in boxes(root)]
    assert (left[0] < left[1]) == (left[3] < left[2])
