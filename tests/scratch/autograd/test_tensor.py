import gc
import operator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from jinjie.scratch.autograd.tensor import Tensor, pair, record, tensor, topological_order, value_and_gradient
from scratch.autograd.against import EXACT, agrees, draw

some = settings(max_examples=50, deadline=None)
ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv]
LABELS = ["+", "−", "×", "/"]


@pytest.mark.parametrize(("operation", "label"), list(zip(ARITHMETIC, LABELS, strict=True)))
@pytest.mark.parametrize(
    "shapes", [((2, 3), (2, 3)), ((2, 1, 3), (4, 1)), ((), (2, 3)), ((3,), (2, 3)), ((1,), ())]
)
def test_arithmetic_is_pytorchs(operation, label, shapes):
    a, b = draw(*shapes, low=0.5)
    assert agrees(operation, operation, a, b).operation == label
    assert agrees(operation, operation, -a, b).operation == label


@some
@given(
    mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3),
    st.sampled_from(ARITHMETIC),
    st.integers(0, 99),
)
def test_arithmetic_of_any_shapes_that_stretch_is_pytorchs(shapes, operation, seed):
    agrees(operation, operation, *draw(*shapes.input_shapes, seed=seed, low=0.5), measured=False)


@some
@given(
    mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3),
    st.tuples(*[st.integers(1, 3)] * 3),
    st.integers(0, 99),
)
def test_matmul_of_any_shapes_is_pytorchs(batches, sizes, seed):
    (left, right), (N, K, M) = batches.input_shapes, sizes
    arrays = draw((*left, N, K), (*right, K, M), seed=seed)
    assert agrees(operator.matmul, operator.matmul, *arrays, measured=False).operation == "@"


@pytest.mark.parametrize("exponent", [2, 3, 1, -1, 0.5, -1.5])
def test_powers_are_pytorchs(exponent):
    x = draw((2, 3), low=0.5)[0]
    y = agrees(lambda x: x**exponent, lambda x: x**exponent, x)
    assert y.operation == f"^{exponent:g}"


def test_an_exponent_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="expected a number as exponent, got Tensor"):
        Tensor(2.0) ** Tensor(3.0)


def test_the_sign_turned_is_pytorchs():
    assert agrees(operator.neg, operator.neg, draw((2, 3))[0]).operation == "neg"


@pytest.mark.parametrize("operation", [*ARITHMETIC, operator.matmul])
def test_arrays_and_numbers_on_either_side_are_constants(operation):
    x, constant = draw((2, 2), (2, 2), low=0.5)
    for other in (constant, constant.tolist(), Tensor(constant)):
        theirs = torch.tensor(constant)
        agrees(lambda x, o=other: operation(x, o), lambda x, o=theirs: operation(x, o), x)
        agrees(lambda x, o=other: operation(o, x), lambda x, o=theirs: operation(o, x), x)
    if operation is not operator.matmul:
        agrees(lambda x: operation(x, 3), lambda x: operation(x, 3), x)
        agrees(lambda x: operation(3.0, x), lambda x: operation(3.0, x), x)


@pytest.mark.parametrize("operation", ARITHMETIC)
def test_shapes_that_do_not_stretch_are_named(operation):
    with pytest.raises(ValueError, match=r"got \(2, 3\) and \(2,\)"):
        operation(Tensor(np.zeros((2, 3))), np.ones(2))


def test_matmul_names_the_shapes_that_do_not_meet():
    with pytest.raises(ValueError, match=r"got \(2, 3\) and \(2, 3\)"):
        Tensor(np.zeros((2, 3))) @ np.zeros((2, 3))


def test_a_longer_expression_is_pytorchs():
    def f(a, b, c):
        h = a @ b
        return (h * h - 3 / (c * c + 1)) ** 2 / (1 + h**2) - h @ c

    agrees(f, f, *draw((2, 3, 3), (3, 3), (3, 3)))


def test_uses_of_one_tensor_add_up():
    """x⁴ + x by two squarings: each product uses its factor twice, and x itself three times."""
    x = Tensor(3.0, requires_grad=True)
    u = x * x
    loss = u * u + x
    loss.backward()
    assert loss.grad == 1 and u.grad == 18 and x.grad == 109
    assert isinstance(x.grad, np.ndarray) and isinstance(loss.grad, np.ndarray)


def test_a_tensor_is_done_when_all_that_were_made_of_it_are():
    """A diamond: a goes to the end directly and through b. Were a taken first, c's part through b would be lost."""
    x = Tensor(2.0, requires_grad=True)
    a = x * 3
    b = a * a
    (a * b + a).backward()  # 27 x³ + 3 x
    assert x.grad == 81 * 4 + 3


def test_gradients_accumulate_until_they_are_forgotten():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert x.grad is None
    for times in (1, 2, 3):
        (x @ x).backward()
        assert x.grad == pytest.approx(times * 2 * x.data)
    x.zero_grad()
    assert x.grad is None
    (x @ x).backward()
    assert x.grad == pytest.approx(2 * x.data)


def test_going_back_twice_counts_the_graph_twice_and_not_what_was_left_in_it():
    """As PyTorch's retain_graph: what the first pass left on the way must not be sent down again by the second."""
    x = Tensor(3.0, requires_grad=True)
    u = x * x
    y = u * (x * 2)
    y.backward()
    y.backward()
    assert x.grad == 2 * 6 * 9 and y.grad == 1 and u.grad == 6
    (u * 1).backward()
    assert x.grad == 2 * 6 * 9 + 6 and u.grad == 1


def test_a_leaf_is_its_own_result():
    x = Tensor(3.0, requires_grad=True)
    x.backward()
    x.backward(5.0)
    assert x.grad == 6


def test_forgetting_to_forget_leaves_a_ball_without_friction():
    """Down x² with the rate 0.1. Zeroed, x shrinks by a fifth each step; unzeroed, it swings to −1 and 1 for ever."""

    def walk(forget):
        x, path = Tensor(1.0, requires_grad=True), []
        for _ in range(200):
            (x * x).backward()
            x.data = x.data - 0.1 * x.grad
            path.append(float(x.data))
            if forget:
                x.zero_grad()
        return path

    assert walk(forget=True)[9] == pytest.approx(0.8**10)
    assert max(walk(forget=True)[100:]) < 1e-9
    swing = walk(forget=False)[100:]
    assert max(swing) > 0.9 and min(swing) < -0.9


def test_a_chain_of_ten_thousand_operations_goes_back_and_is_freed():
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(10_000):
        y = y * 1.0001
    y.backward()
    assert x.grad == pytest.approx(1.0001**10_000, rel=1e-9)
    assert len(topological_order(y)) == 10_001
    del y
    gc.collect()


def test_doubling_ten_thousand_times_visits_each_tensor_once():
    """y = y + y: 2^50 ways from the end to the start, and 51 tensors."""
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(50):
        y = y + y
    assert len(topological_order(y)) == 51
    y.backward()
    assert x.grad == 2.0**50


@some
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), min_size=1, max_size=12))
def test_any_graph_is_pytorchs_and_in_order(steps):
    """Random graphs over three leaves; every step adds or multiplies two earlier tensors."""
    starts = [0.5, -1.25, 0.75]
    ours = [Tensor(value, requires_grad=True) for value in starts]
    theirs = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in starts]
    leaves = ours[:], theirs[:]
    for i, j, product in steps:
        i, j = i % len(ours), j % len(ours)
        ours.append(0.5 * ours[i] * ours[j] if product else ours[i] + ours[j])
        theirs.append(0.5 * theirs[i] * theirs[j] if product else theirs[i] + theirs[j])
    order = topological_order(ours[-1])
    assert order[-1] is ours[-1] and len(set(order)) == len(order)
    place = {node: i for i, node in enumerate(order)}
    for node in order:
        assert all(place[parent] < place[node] for parent in node.parents if parent.requires_grad)
    ours[-1].backward()
    theirs[-1].backward()
    for mine, their in zip(*leaves, strict=True):
        assert (mine.grad is None) == (their.grad is None)
        if mine.grad is not None:
            assert mine.grad == pytest.approx(their.grad.numpy(), **EXACT)


def test_backward_of_many_numbers_needs_their_upstream():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    with pytest.raises(ValueError, match=r"a single number, or its upstream gradient, got a result \(1, 2\)"):
        (x * x).backward()
    with pytest.raises(ValueError, match=r"of the shape \(1, 2\), got \(2,\)"):
        (x * x).backward(np.ones(2))
    (x * x).backward([[1.0, 10.0]])
    assert x.grad == pytest.approx(np.array([[2.0, 40.0]]))


def test_one_number_in_brackets_needs_no_upstream():
    x = Tensor([[3.0]], requires_grad=True)
    (x * x).backward()
    assert x.grad.shape == (1, 1) and x.grad[0, 0] == 6


def test_backward_without_anything_to_learn_is_refused():
    with pytest.raises(ValueError, match="requires_grad=True, got one without"):
        (Tensor(1.0) * 2).backward()


def test_what_needs_no_gradient_remembers_nothing_and_gets_none():
    constant, x = Tensor([1.0, 2.0]), Tensor([3.0, 4.0], requires_grad=True)
    made = constant * 2 + 1
    assert not made.requires_grad and made.parents == () and made.operation == "" and made.pull is None
    y = made @ x
    assert y.requires_grad and y.parents == (made, x) and y.operation == "@"
    y.backward()
    assert constant.grad is None and made.grad is None
    assert x.grad == pytest.approx(made.data)
    assert made not in topological_order(y)


def test_detached_values_let_no_gradient_through():
    x = Tensor([1.0, 2.0], requires_grad=True, name="x")
    cut = (x * 3).detach()
    assert cut.data == pytest.approx(np.array([3.0, 6.0])) and not cut.requires_grad and cut.parents == ()
    (cut @ x).backward()
    assert x.grad == pytest.approx(np.array([3.0, 6.0]))


def test_numbers_lists_and_integers_become_float64():
    for data in (3, [1, 2], np.array([1, 2]), np.array([1, 2], dtype=np.float32), 2.5):
        x = Tensor(data)
        assert x.data.dtype == np.float64 and x.shape == np.shape(data)
        assert not x.requires_grad and x.name == ""
    assert Tensor(1, name="w").name == "w"
    assert Tensor([[2.5]]).item() == 2.5 and isinstance(Tensor(1).item(), float)


def test_tensors_stay_themselves_and_other_things_become_constants():
    x = Tensor(1.0, requires_grad=True)
    assert tensor(x) is x and not tensor(1.0).requires_grad
    a, b = pair(2.0, x)
    assert b is x and a.item() == 2
    with pytest.raises(ValueError, match=r"got \(2,\) and \(3,\)"):
        pair(np.zeros(2), np.zeros(3))


def test_what_a_tensor_says_of_itself():
    x = Tensor([1.0], requires_grad=True)
    assert repr(x) == "Tensor([1.])"
    assert repr(x + x) == "Tensor([2.], +)"
    x.name = "x"
    assert repr(x) == "Tensor([1.], x)"


def test_a_pull_that_forgets_a_parent_is_noticed():
    a, b = Tensor(1.0, requires_grad=True), Tensor(2.0, requires_grad=True)
    y = record("broken", a.data * b.data, (a, b), lambda u: (u,))
    with pytest.raises(ValueError, match="shorter"):
        y.backward()


def test_only_parents_with_a_gradient_need_one_for_the_past_to_be_kept():
    a, b = Tensor(1.0), Tensor(2.0, requires_grad=True)
    kept = record("either", a.data, (a, b), lambda u: (u, 7 * u))
    assert kept.requires_grad and kept.operation == "either" and kept.parents == (a, b)
    kept.backward(2.0)
    assert b.grad == 14 and a.grad is None


def test_value_and_gradient_of_several_arrays_one_of_them_unused():
    a, b, c = draw((2, 3), (3,), (4,))
    value, (da, db, dc) = value_and_gradient(lambda a, b, c: (a @ b) @ np.array([1.0, 10.0]), a, b, c)
    assert value == pytest.approx(a[0] @ b + 10 * (a[1] @ b))
    assert da == pytest.approx(np.outer([1.0, 10.0], b))
    assert db == pytest.approx(a[0] + 10 * a[1])
    assert dc.tolist() == [0.0] * 4
