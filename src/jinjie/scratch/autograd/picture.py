"""A graph drawn as an SVG: inputs at the top, the result at the bottom, one row a layer.

Each box says the operation or the name, the shape or the value, and the gradient once there is one. Text stays text;
a colour is a variable of the page with a fallback, so that the picture turns dark with the page.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from jinjie.scratch.autograd.graph import Graph, Node

INK, MUTED, RULE, PAPER = (
    "var(--ink, #22211f)",
    "var(--muted, #6b6862)",
    "var(--rule, #dedad1)",
    "var(--paper, #fefefc)",
)
BORDER = {
    "leaf": "var(--series-1, #2563a8)",
    "constant": RULE,
    "operation": MUTED,
    "result": "var(--series-3, #2e7d4f)",
}
GRADIENT = "var(--series-2, #c2410c)"
FONTS = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', sans-serif"

ROW, LINE, TALL, GAP, MARGIN = 92.0, 16.0, 58.0, 18.0, 12.0
"""Pixels: from row to row, from line to line, the tallest box, between boxes, around it all."""
SWEEPS = 12
"""How often all rows are gone through, down and up, to put their places in order and in line."""


class Place(NamedTuple):
    """A box, or the point through which an edge passes a row that it skips (without a node)."""

    node: int | None
    width: float
    height: float


def svg(
    graph: Graph, label: str = "", more: str = "… {count} earlier tensors are not shown", title: str = ""
) -> bytes:
    """The picture; `label` is what a screen reader says of it, `more` the note when tensors are left out.

    >>> from jinjie.scratch.autograd.graph import graph
    >>> from jinjie.scratch.autograd.tensor import Tensor
    >>> x = Tensor(3.0, requires_grad=True, name="x")
    >>> drawn = svg(graph(x * x + 1), label="x² + 1").decode()
    >>> drawn.count("<rect"), ">= 10<" in drawn
    (4, True)
    """
    places, ways = with_waypoints(graph)
    rows = rows_of(places, ways, graph)
    x = columns(rows, places, ways)
    left = min(x[i] - place.width / 2 for i, place in enumerate(places)) - MARGIN
    x = [at - left for at in x]
    above = 2 * LINE if title else 0
    head = MARGIN + above + (1.5 * LINE if graph.left_out else 0)
    depth = {i: depth for depth, row in enumerate(rows) for i in row}
    y = [head + ROW * depth[i] + TALL / 2 for i in range(len(places))]
    width = max(x[i] + place.width / 2 for i, place in enumerate(places)) + MARGIN
    height = max(y) + TALL / 2 + MARGIN

    parts = []
    if title:
        width = max(width, text_width(title) + 2 * MARGIN)
        parts += [text(MARGIN, MARGIN + LINE, printable(title), INK, anchor="start", bold=True)]
    if graph.left_out:
        note = more.format(count=graph.left_out)
        width = max(width, text_width(note) + 2 * MARGIN)
        parts += [text(MARGIN, MARGIN + above + LINE, note, MUTED, anchor="start")]
    ports = ports_of(ways, places, x)
    for number, way in enumerate(ways):
        parts += [line([(x[i], y[i]) for i in way], places[way[0]], places[way[-1]], ports[number], graph)]
    for i, place in enumerate(places):
        if place.node is not None:
            parts += [box(graph.nodes[place.node], place, x[i], y[i])]
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label={quoteattr(printable(label))} '
        f'font-family="{FONTS}" font-size="12">'
    )
    return "".join([opening, *parts, "</svg>"]).encode()


def lines_of(node: Node) -> list[str]:
    """What the box says: name or operation; value or shape; gradient."""
    said = "= " + number(node.value) if node.value is not None else "×".join(map(str, node.shape))
    lines = [printable(node.label), said] if node.label else [said]
    if node.gradient is not None:
        lines.append(
            f"∂L = {number(node.gradient)}" if node.value is not None else f"‖∂L‖ = {number(node.gradient)}"
        )
    return lines


def with_waypoints(graph: Graph) -> tuple[list[Place], list[list[int]]]:
    """A place for each node and each row that an edge skips, and each edge as the places it goes through."""
    places = []
    for i, node in enumerate(graph.nodes):
        lines = lines_of(node)
        places.append(Place(i, max(52.0, *(text_width(said) + 20 for said in lines)), LINE * len(lines) + 10))
    ways = []
    for parent, child in graph.edges:
        skipped = graph.nodes[child].layer - graph.nodes[parent].layer - 1
        passed = range(len(places), len(places) + skipped)
        places += [Place(None, 8.0, 0.0)] * skipped
        ways.append([parent, *passed, child])
    return places, ways


def rows_of(places: Sequence[Place], ways: Sequence[Sequence[int]], graph: Graph) -> list[list[int]]:
    """The places of each row from left to right; each goes to the mean of its neighbours, so that few edges cross.

    Source: Sugiyama, Tagawa & Toda 1981, the barycentre method.
    """
    rows: list[list[int]] = [[] for _ in range(1 + max(node.layer for node in graph.nodes))]
    for i, node in enumerate(graph.nodes):
        rows[node.layer].append(i)
    for way in ways:
        top = graph.nodes[way[0]].layer
        for step, i in enumerate(way[1:-1], start=1):
            rows[top + step].append(i)
    near = neighbours(places, ways)
    for _ in range(SWEEPS):
        for sweep in (rows, rows[::-1]):
            rank = {i: place / len(row) for row in rows for place, i in enumerate(row)}
            for row in sweep:
                row.sort(key=lambda i: sum(rank[j] for j in near[i]) / len(near[i]) if near[i] else rank[i])
                rank |= {i: place / len(row) for place, i in enumerate(row)}
    return rows


def neighbours(places: Sequence[Place], ways: Sequence[Sequence[int]]) -> list[list[int]]:
    near: list[list[int]] = [[] for _ in places]
    for way in ways:
        for above, below in pairwise(way):
            near[above].append(below)
            near[below].append(above)
    return near


def columns(
    rows: Sequence[Sequence[int]], places: Sequence[Place], ways: Sequence[Sequence[int]]
) -> list[float]:
    """The x of each place's middle: near its neighbours, in its row's order, with a gap to the next."""
    near = neighbours(places, ways)
    x = [GAP] * len(places)
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = {i: sum(x[j] for j in near[i]) / len(near[i]) if near[i] else x[i] for i in row}
            at = -float("inf")
            for i in row:
                x[i] = max(wanted[i], at + places[i].width / 2)
                at = x[i] + places[i].width / 2 + GAP
            shift = sum(wanted[i] - x[i] for i in row) / len(row)
            for i in row:
                x[i] += shift
    return x


def ports_of(
    ways: Sequence[Sequence[int]], places: Sequence[Place], x: Sequence[float]
) -> list[tuple[float, float]]:
    """Where each edge leaves its parent and enters its child, off their middles: side by side, in the order of x."""

    def offsets(end: int, other: int) -> list[float]:
        found: dict[int, float] = {}
        for i, place in enumerate(places):
            own = [number for number, way in enumerate(ways) if way[end] == i]
            own.sort(key=lambda number: x[ways[number][other]])
            found |= {
                number: place.width * (rank / (len(own) + 1) - 0.5)
                for rank, number in enumerate(own, start=1)
            }
        return [found[number] for number in range(len(ways))]

    leaving, entering = offsets(0, 1), offsets(-1, -2)
    return [(leaving[number], entering[number]) for number in range(len(ways))]


def line(
    points: Sequence[tuple[float, float]],
    parent: Place,
    child: Place,
    port: tuple[float, float],
    graph: Graph,
) -> str:
    """An edge from the parent's lower border to its head at the child's upper one; it bends only between the rows."""
    assert parent.node is not None
    (x0, y0), *passed, (x1, y1) = points
    stops = [(x0 + port[0], y0 + parent.height / 2)]
    for x, y in passed:
        stops += [(x, y - TALL / 2), (x, y + TALL / 2)]
    stops.append((x1 + port[1], y1 - child.height / 2 - 6))
    path = f"M{stops[0][0]:.1f} {stops[0][1]:.1f}"
    for (a, b), (c, d) in pairwise(stops):
        path += f"C{a:.1f} {(b + d) / 2:.1f} {c:.1f} {(b + d) / 2:.1f} {c:.1f} {d:.1f}"
    a, b = stops[-1]
    dash = ' stroke-dasharray="3 3"' if graph.nodes[parent.node].kind == "constant" else ""
    head = f'<path d="M{a - 4:.1f} {b:.1f}h8l-4 6z" fill="{MUTED}"/>'
    return f'<path d="{path}" fill="none" stroke="{MUTED}" stroke-width="1.2"{dash}/>{head}'


def box(node: Node, place: Place, x: float, y: float) -> str:
    """A tensor's box with its lines; three dots beside it where parents are left out."""
    left, top = x - place.width / 2, y - place.height / 2
    thick = 1.2 if node.kind in ("operation", "constant") else 2
    drawn = (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{place.width:.1f}" height="{place.height:.1f}" rx="6" '
        f'fill="{PAPER}" stroke="{BORDER[node.kind]}" stroke-width="{thick}"/>'
    )
    for i, said in enumerate(lines_of(node)):
        colour = GRADIENT if "∂L" in said else INK if i == 0 else MUTED
        drawn += text(x, top + LINE * (i + 1) + 1, said, colour, bold=i == 0 and node.label != "")
    if node.cut:
        drawn += text(left - 3, top + LINE + 1, "…", MUTED, anchor="end")
    return drawn


def text(x: float, y: float, said: str, colour: str, anchor: str = "middle", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>{escape(said)}</text>'
    )


def text_width(said: str) -> float:
    """About how many pixels a text takes at the size 12; what is beyond Latin is taken as wide as high."""
    return sum(12.0 if ord(character) > 0x2E7F else 6.9 for character in said)


def number(value: float) -> str:
    """Four digits that count, with a real minus.

    >>> number(-0.123456), number(3.0), number(1e-9)
    ('−0.1235', '3', '1e−09')
    """
    return f"{value:.4g}".replace("-", "−")


def printable(said: str) -> str:
    """On one line, without characters that XML cannot hold."""
    return "".join(character if character.isprintable() else " " for character in said)
