import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.autograd.graph import graph, layers, nearest_first, size_of, with_constants
from jinjie.scratch.autograd.operations import exp
from jinjie.scratch.autograd.tensor import Tensor


def leaf(value=2.0, name=""):
    return Tensor(value, requires_grad=True, name=name)


def test_a_layer_of_a_network_node_by_node():
    x, W, b = Tensor(np.ones((2, 3)), name="x"), leaf(np.ones((3, 4)), "W"), leaf(np.zeros(4))
    y = exp(x @ W + b)
    y.backward(np.full((2, 4), 0.5))
    shown = graph(y)
    assert shown.left_out == 0
    assert [(n.label, n.kind, n.shape, n.layer, n.cut) for n in shown.nodes] == [
        ("W", "leaf", (3, 4), 0, 0),
        ("x", "constant", (2, 3), 0, 0),
        ("@", "operation", (2, 4), 1, 0),
        ("", "leaf", (4,), 1, 0),
        ("+", "operation", (2, 4), 2, 0),
        ("exp", "result", (2, 4), 3, 0),
    ]
    assert all(n.value is None for n in shown.nodes)
    by_label = {n.label: n for n in shown.nodes}
    assert by_label["exp"].gradient == pytest.approx(0.5 * np.sqrt(8))
    assert by_label["W"].gradient == pytest.approx(np.sqrt((W.grad**2).sum()))
    assert by_label["x"].gradient is None


def test_values_and_gradients_of_single_numbers_have_their_sign():
    x = leaf(-2.0, "x")
    y = x * 3
    assert [n.gradient for n in graph(y).nodes] == [None, None, None]
    y.backward()
    assert [(n.label, n.value, n.gradient) for n in graph(y).nodes if n.label] == [
        ("x", -2.0, 3.0),
        ("×", -6.0, 1.0),
    ]
    assert size_of(np.array([[-3.0]])) == -3 and size_of(np.array([-3.0, 4.0])) == 5


def test_a_tensor_used_twice_has_two_edges():
    x = leaf()
    assert graph(x * x).edges == ((0, 1), (0, 1))


def test_the_result_is_named_as_the_caller_named_it():
    y = leaf() * 2
    y.name = "loss"
    assert graph(y).nodes[-1].label == "loss"


def test_something_without_a_past_is_a_graph_of_one():
    for only in (Tensor(1.0, name="c"), leaf(1.0, "c")):
        shown = graph(only)
        assert len(shown.nodes) == 1 and shown.edges == () and shown.left_out == 0
        assert shown.nodes[0].kind == "result" and shown.nodes[0].label == "c" and shown.nodes[0].layer == 0


def long_chain(length=100):
    x = leaf(1.0, "x")
    y = x
    for _ in range(length):
        y = y * 2
    return y


def test_of_a_large_graph_the_nearest_to_the_result_are_shown_and_the_others_counted():
    shown = graph(long_chain(), limit=7)
    assert len(shown.nodes) == 7 and shown.left_out == 201 - 7
    assert [n.value for n in shown.nodes if n.kind == "operation"] == [2.0**97, 2.0**98, 2.0**99]
    assert [n.value for n in shown.nodes if n.kind == "constant"] == [2.0, 2.0, 2.0]
    assert [n.cut for n in shown.nodes] == [2, 0, 0, 0, 0, 0, 0]
    assert shown.nodes[-1].layer == 3


def test_forty_are_shown_unless_told_otherwise():
    assert len(graph(long_chain()).nodes) == 40
    assert graph(long_chain(19)).left_out == 0 and len(graph(long_chain(19)).nodes) == 39
    assert len(graph(long_chain(), limit=1).nodes) == 1


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_hides_the_result_is_refused(limit):
    with pytest.raises(ValueError, match=f"at least the result, got the limit {limit}"):
        graph(leaf(), limit)


def test_nearest_are_those_fewest_steps_back():
    x, c = leaf(), Tensor(3.0)
    a = x * c
    b = exp(a)
    y = b + x
    assert nearest_first(y) == [y, b, x, a, c]


def test_constants_come_before_what_is_made_of_them_and_once():
    x, c = leaf(), Tensor(3.0)
    y = (x * c) * c
    order = with_constants(y)
    assert len(order) == 4 and order[-1] is y and order.index(c) < order.index(y.parents[0]) < 3


def test_leaves_sink_to_just_above_their_first_child():
    # 0 → 1 → 3 → 5; leaf 4 goes to 5 alone, leaf 2 to 3 and to 5, leaf 0 to 1 and to 5
    assert layers(6, [(0, 1), (1, 3), (2, 3), (3, 5), (4, 5), (2, 5), (0, 5)]) == [0, 1, 1, 2, 2, 3]
    assert layers(1, []) == [0]
    assert layers(3, [(0, 2), (1, 2)]) == [0, 0, 1]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=12),
    st.integers(1, 15),
)
def test_any_graph_is_whole_in_order_and_layered(steps, limit):
    made = [leaf(0.5), leaf(0.25), Tensor(2.0)]
    for i, j, product in steps:
        a, b = made[i % len(made)], made[j % len(made)]
        made.append(a * b if product else a + b)
    everything, shown = graph(made[-1], limit=1000), graph(made[-1], limit)
    assert everything.left_out == 0 and all(n.cut == 0 for n in everything.nodes)
    assert len(shown.nodes) == min(limit, len(everything.nodes))
    assert len(shown.nodes) + shown.left_out == len(everything.nodes)
    assert shown.nodes[-1].kind == "result" and [n.kind for n in shown.nodes].count("result") == 1
    into = [0] * len(shown.nodes)
    for parent, child in shown.edges:
        assert parent < child and shown.nodes[parent].layer < shown.nodes[child].layer
        into[child] += 1
    for node, edges in zip(shown.nodes, into, strict=True):
        is_made = node.kind == "operation" or (node.kind == "result" and made[-1].operation)
        assert edges + node.cut == (2 if is_made else 0)
    assert min(n.layer for n in shown.nodes) == 0
