import numpy as np
import pytest
import torch

from jinjie.scratch.autograd.chain_rule import (
    accumulate,
    chain_rule,
    forward_multiplications,
    hidden_delta,
    through_layers,
    vector_jacobian_product,
)
from scratch.autograd.against import EXACT, draw
from scratch.gradients import check_gradient


def test_the_jacobian_of_a_composition_is_pytorchs():
    A, B, x = draw((3, 4), (2, 3), (4,))

    def u(x):
        return torch.tanh(torch.tensor(A) @ x)

    def y(u):
        return torch.exp(torch.tensor(B) @ u)

    jacobian = torch.autograd.functional.jacobian
    start = torch.tensor(x)
    dy_du, du_dx = jacobian(y, u(start)).numpy(), jacobian(u, start).numpy()
    expected = jacobian(lambda x: y(u(x)), start).numpy()
    assert chain_rule(dy_du, du_dx) == pytest.approx(expected, **EXACT)
    upstream = draw((2,), seed=1)[0]
    gradient = vector_jacobian_product(upstream, chain_rule(dy_du, du_dx))
    assert gradient.shape == (4,)
    check_gradient(lambda x: float(upstream @ np.exp(B @ np.tanh(A @ x))), x, gradient)


def test_one_way_alone_is_not_the_derivative():
    """y = u₀ u₁ with u = (x², sin x): each way alone misses a part of the slope; their sum is all of it."""
    x = 0.7
    dy_du, du_dx = np.array([[np.sin(x), x**2]]), np.array([[2 * x], [np.cos(x)]])
    slope = (0.700001**2 * np.sin(0.700001) - 0.699999**2 * np.sin(0.699999)) / 2e-6
    assert chain_rule(dy_du, du_dx)[0, 0] == pytest.approx(slope, rel=1e-8)
    assert slope == pytest.approx(1.2767, abs=1e-4)
    assert dy_du[0, 0] * du_dx[0, 0] == pytest.approx(0.9019, abs=1e-4)


def test_jacobians_that_do_not_meet_are_named():
    with pytest.raises(ValueError, match=r"Jacobians \(M, K\) and \(K, N\), got \(2, 3\) and \(2, 4\)"):
        chain_rule(np.zeros((2, 3)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"upstream \(M\) and a Jacobian \(M, N\), got \(3,\) and \(2, 3\)"):
        vector_jacobian_product(np.zeros(3), np.zeros((2, 3)))


def test_backward_through_layers_is_the_product_of_all_jacobians_at_a_fraction_of_the_price():
    shapes = [(50, 100), (50, 50), (40, 50), (1, 40)]
    jacobians = draw(*shapes)
    gradient, multiplications = through_layers(np.ones(1), jacobians)
    whole = jacobians[3] @ jacobians[2] @ jacobians[1] @ jacobians[0]
    assert gradient == pytest.approx(whole[0], **EXACT)
    assert multiplications == 50 * 100 + 50 * 50 + 40 * 50 + 40 == 9540
    assert forward_multiplications(shapes) == (50 * 50 + 40 * 50 + 40) * 100 == 454_000


def test_the_hidden_delta_is_the_gradient_at_z():
    z, W_next, b_next, target = draw((5, 3), (2, 3), (2,), (5, 2))

    def loss(z):
        return float((((np.tanh(z) @ W_next.T + b_next) - target) ** 2).sum() / 2)

    delta_next = np.tanh(z) @ W_next.T + b_next - target
    check_gradient(loss, z, hidden_delta(delta_next, W_next, 1 - np.tanh(z) ** 2))


def test_without_the_slope_a_saturated_unit_would_still_learn():
    """At z = 10, tanh is flat: nothing that z does moves the loss, and only the true δ says so."""
    z, W_next, delta_next = np.array([[10.0, 0.0]]), np.array([[3.0, 3.0]]), np.array([[1.0]])
    true = hidden_delta(delta_next, W_next, 1 - np.tanh(z) ** 2)
    check_gradient(lambda z: float(3 * np.tanh(z).sum()), z, true)
    assert abs(true[0, 0]) < 1e-7 and true[0, 1] == 3
    printed = delta_next @ W_next
    assert printed == pytest.approx(np.array([[3.0, 3.0]]))
    with pytest.raises(AssertionError):
        check_gradient(lambda z: float(3 * np.tanh(z).sum()), z, printed)


def test_the_slope_formula_of_outputs_is_not_one_of_inputs():
    """σ′ = a (1 − a) holds for the output a = σ(z). Put z itself in, and the slope is negative beyond z = 1."""
    z, W_next, delta_next = np.array([[2.0]]), np.array([[1.0]]), np.array([[1.0]])
    a = 1 / (1 + np.exp(-z))
    assert hidden_delta(delta_next, W_next, a * (1 - a))[0, 0] == pytest.approx(0.1050, abs=1e-4)
    assert hidden_delta(delta_next, W_next, z * (1 - z))[0, 0] == -2
    check_gradient(
        lambda z: float((1 / (1 + np.exp(-z))).sum()), z, hidden_delta(delta_next, W_next, a * (1 - a))
    )


def test_parts_of_all_uses_are_added_up():
    A, x, upstreams = draw((3, 2, 4), (4,), (3, 2))

    def loss(x):
        return float(sum((upstreams[k] * np.sin(A[k] @ x)).sum() for k in range(3)))

    jacobians = np.stack([np.cos(A[k] @ x)[:, None] * A[k] for k in range(3)])
    check_gradient(loss, x, accumulate(upstreams, jacobians))


def test_a_gradient_that_is_overwritten_keeps_the_last_use_only():
    """y = x · x: two uses, x each. Overwritten, the gradient is x, half of the truth."""
    x = 3.0
    jacobians, upstreams = np.array([[[x]], [[x]]]), np.ones((2, 1))
    assert accumulate(upstreams, jacobians)[0] == 6
    overwritten = upstreams[-1] @ jacobians[-1]
    assert overwritten[0] == 3
    check_gradient(lambda x: float(x[0] ** 2), np.array([x]), accumulate(upstreams, jacobians))


def test_the_local_slope_alone_is_the_gradient_of_the_outputs_sum():
    """The loss is y₀ − y₁; the printed rule follows y₀ + y₁, and so climbs where it should go down."""
    A, x = np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([0.5, 0.5])
    gradient = vector_jacobian_product(np.array([1.0, -1.0]), A)
    assert gradient.tolist() == [-2.0, 1.0] and A.sum(axis=0).tolist() == [4.0, 3.0]
    check_gradient(lambda x: float((A @ x)[0] - (A @ x)[1]), x, gradient)
    with pytest.raises(AssertionError):
        check_gradient(lambda x: float((A @ x)[0] - (A @ x)[1]), x, A.sum(axis=0))


def test_each_use_has_its_jacobian():
    with pytest.raises(ValueError, match="shorter"):
        accumulate(np.ones((3, 2)), np.ones((2, 2, 4)))
