"""The graph of one person's loss with a bend in the model: every value, and the gradient that comes back to it."""

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Graph, Line, Mark, Node, Numbers, Shown, Value
from jinjie.scratch.autograd.graph import graph
from jinjie.scratch.autograd.operations import tanh
from jinjie.scratch.autograd.tensor import Tensor
from jinjie.scratch.foundations.diabetes import patients

SAMPLES = 121
"""Points of the curve."""
HALF = 1.5
"""It reaches this far from w in both directions."""


def show(w: float = 0.8, v: float = 0.5, person: int = 10, tied: bool = False) -> Shown:
    """L = (v·tanh(w·x) − y)² for one person, x the body mass index; tied, v is w itself, which is then used twice."""
    measured, progression = patients("bmi")
    x, y = float(measured[person - 1, 0]), float(progression[person - 1])
    W = Tensor(w, requires_grad=True, name="w")
    V = W if tied else Tensor(v, requires_grad=True, name="v")
    L = loss(W, V, x, y)
    L.backward()

    drawn = graph(L)
    nodes = [Node(node.label, node.value or 0.0, node.gradient, node.kind) for node in drawn.nodes]
    slope = float(W.grad if W.grad is not None else 0)
    name = Text("∂L/∂w", "∂L/∂w")
    numbers = [Value(name, slope)]
    if tied:  # two leaves with the same number keep the two uses apart
        inner, outer = (Tensor(w, requires_grad=True) for _ in range(2))
        loss(inner, outer, x, y).backward()
        uses = (
            (outer, Text("of it from behind the bend, p = w·h", "其中一份来自弯折之后的 p = w·h")),
            (inner, Text("of it through the bend, a = w·x", "另一份穿过弯折，来自 a = w·x")),
        )
        numbers += [Value(said, float(use.grad if use.grad is not None else 0)) for use, said in uses]
    else:
        numbers.append(Value(Text("∂L/∂v", "∂L/∂v"), float(V.grad if V.grad is not None else 0)))

    across = [w + HALF * (2 * i / (SAMPLES - 1) - 1) for i in range(SAMPLES)]
    heights = [loss(Tensor(at), Tensor(at if tied else v), x, y).item() for at in across]
    near = [w - HALF / 3, w + HALF / 3]
    tangent = [L.item() + slope * (at - w) for at in near]
    curve = Curves(
        [
            Line(Text("loss", "损失"), across, heights),
            Line(Text("slope from the graph", "计算图给出的斜率"), near, tangent),
        ],
        x_label=Text("weight w", "权重 w"),
        y_label=Text("loss L", "损失 L"),
        marks=[Mark(w, L.item(), Text("now", "现在"))],
    )
    return Shown(Graph(nodes, drawn.edges), curve, Numbers(numbers))


def loss(w: Tensor, v: Tensor, x: float, y: float) -> Tensor:
    """One person's loss, every step under its name."""
    a = w * Tensor(x, name="x")
    h = tanh(a)
    p = v * h
    e = p - Tensor(y, name="y")
    L = e**2
    last = "w" if v is w else "v"
    a.name, h.name, p.name, e.name, L.name = "a = w·x", "h = tanh(a)", f"p = {last}·h", "e = p − y", "L = e²"
    return L
