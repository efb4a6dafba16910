"""Normalisation against PyTorch, forward, backward and in use; what its mistakes do, with figures."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jinjie.scratch.networks import normalization as norm
from scratch.gradients import check_gradient

RNG = np.random.default_rng(0)
X = RNG.normal(loc=3, scale=2, size=(4, 3, 5))
GAMMA, BETA, UPSTREAM = RNG.normal(size=5), RNG.normal(size=5), RNG.normal(size=(4, 3, 5))
EPS = 0.1
"""Large, so that a wrong place for it is seen."""

many = arrays(np.float64, (6, 4), elements=st.floats(-100, 100))


def leaves(*given):
    return [torch.tensor(array, requires_grad=True) for array in given]


def batch_norm_of_pytorch(x, gamma, beta, eps):
    """PyTorch keeps the channels on the second axis, ours on the last."""
    y = torch.nn.functional.batch_norm(x.permute(0, 2, 1), None, None, gamma, beta, training=True, eps=eps)
    return y.permute(0, 2, 1)


def layer_norm_of_pytorch(x, gamma, beta, eps):
    return torch.nn.functional.layer_norm(x, (5,), gamma, beta, eps)


PAIRS = [
    (norm.batch_norm, norm.batch_norm_backward, batch_norm_of_pytorch),
    (norm.layer_norm, norm.layer_norm_backward, layer_norm_of_pytorch),
]


@pytest.mark.parametrize(("forward", "backward", "theirs"), PAIRS)
@pytest.mark.parametrize("given", [{}, {"eps": EPS}])
def test_batch_and_layer_norm_are_pytorchs(forward, backward, theirs, given):
    x, gamma, beta = leaves(X, GAMMA, BETA)
    y = theirs(x, gamma, beta, given.get("eps", 1e-5))
    y.backward(torch.tensor(UPSTREAM))
    assert forward(X, GAMMA, BETA, **given) == pytest.approx(y.detach().numpy(), abs=1e-12)
    ours = backward(UPSTREAM, X, GAMMA, BETA, **given)
    for mine, tensor in zip(ours, (x, gamma, beta), strict=True):
        assert mine == pytest.approx(tensor.grad.numpy(), abs=1e-11)


@pytest.mark.parametrize(("forward", "backward", "theirs"), PAIRS)
@pytest.mark.parametrize("shape", [(6, 5), (4, 3, 5)])
def test_gradients_over_all_elements(forward, backward, theirs, shape):
    x, upstream = (
        X.reshape(-1)[: np.prod(shape)].reshape(shape),
        UPSTREAM.reshape(-1)[: np.prod(shape)].reshape(shape),
    )
    dx, dgamma, dbeta = backward(upstream, x, GAMMA, BETA, EPS)
    check_gradient(lambda x: (upstream * forward(x, GAMMA, BETA, EPS)).sum(), x, dx)
    check_gradient(lambda gamma: (upstream * forward(x, gamma, BETA, EPS)).sum(), GAMMA, dgamma)
    check_gradient(lambda beta: (upstream * forward(x, GAMMA, beta, EPS)).sum(), BETA, dbeta)


@pytest.mark.parametrize("given", [{}, {"eps": EPS}])
def test_rms_norm_is_pytorchs(given):
    x, gamma = leaves(X, GAMMA)
    y = torch.nn.functional.rms_norm(x, (5,), gamma, given.get("eps", 1e-5))
    y.backward(torch.tensor(UPSTREAM))
    assert norm.rms_norm(X, GAMMA, **given) == pytest.approx(y.detach().numpy(), abs=1e-12)
    dx, dgamma = norm.rms_norm_backward(UPSTREAM, X, GAMMA, **given)
    assert dx == pytest.approx(x.grad.numpy(), abs=1e-12)
    assert dgamma == pytest.approx(gamma.grad.numpy(), abs=1e-12)
    check_gradient(lambda x: (UPSTREAM * norm.rms_norm(x, GAMMA, **given)).sum(), X, dx)
    check_gradient(lambda gamma: (UPSTREAM * norm.rms_norm(X, gamma, **given)).sum(), GAMMA, dgamma)


def test_one_example_without_axes_before_the_channels():
    x, upstream = X[0, 0], UPSTREAM[0, 0]
    assert norm.layer_norm(x, GAMMA, BETA) == pytest.approx(norm.layer_norm(X, GAMMA, BETA)[0, 0], abs=1e-12)
    dx, dgamma, dbeta = norm.layer_norm_backward(upstream, x, GAMMA, BETA)
    assert dx.shape == dgamma.shape == dbeta.shape == (5,)
    assert dbeta == pytest.approx(upstream) and norm.rms_norm_backward(upstream, x, GAMMA)[1].shape == (5,)


@pytest.mark.parametrize("momentum", [None, 0.3])
def test_what_is_remembered_and_used_later_is_pytorchs(momentum):
    given = {} if momentum is None else {"momentum": momentum}
    module = torch.nn.BatchNorm1d(5, dtype=torch.float64, **given)
    module.weight.data, module.bias.data = torch.tensor(GAMMA), torch.tensor(BETA)
    mean, var = np.zeros(5), np.ones(5)
    for i in range(3):
        module(torch.tensor(X * (i + 1)).permute(0, 2, 1))
        mean, var = norm.running_statistics(X * (i + 1), mean, var, **given)
    assert mean == pytest.approx(module.running_mean.numpy(), abs=1e-12)
    assert var == pytest.approx(module.running_var.numpy(), abs=1e-12)
    module.eval()
    theirs = module(torch.tensor(X).permute(0, 2, 1)).permute(0, 2, 1).detach().numpy()
    assert norm.batch_norm_evaluation(X, GAMMA, BETA, mean, var) == pytest.approx(theirs, abs=1e-12)
    module.eps = EPS
    theirs = module(torch.tensor(X).permute(0, 2, 1)).permute(0, 2, 1).detach().numpy()
    assert norm.batch_norm_evaluation(X, GAMMA, BETA, mean, var, EPS) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("shape", [(1, 5), (1, 1, 5), (5,), (0, 5)])
def test_a_batch_of_one_has_no_variance(shape):
    x = np.ones(shape)
    for call in (
        lambda: norm.batch_norm(x, GAMMA, BETA),
        lambda: norm.running_statistics(x, GAMMA, BETA),
        lambda: norm.batch_norm_backward(x, x, GAMMA, BETA),
    ):
        with pytest.raises(ValueError, match=r"at least two examples \(\.\.\., C\), got the shape") as caught:
            call()
        assert str(shape) in str(caught.value)
    assert np.isfinite(norm.batch_norm(np.eye(2), np.ones(2), np.ones(2))).all()


@settings(max_examples=50, deadline=None)
@given(many, st.floats(-100, 100), st.floats(0.5, 20))
def test_scale_and_shift_of_the_input_are_forgotten(x, shift, scale):
    """All but for ε: hence the rows whose spread is not tiny."""
    one, zero = np.ones(4), np.zeros(4)
    x = x + np.arange(24.0).reshape(6, 4) ** 2  # a spread of at least some size, in rows and columns
    for f in (norm.batch_norm, norm.layer_norm):
        axis = 0 if f is norm.batch_norm else -1
        if x.var(axis=axis).min() > 0.1:
            y = f(x, one, zero, 0.0)
            assert f(x * scale + shift, one, zero, 0.0) == pytest.approx(y, abs=1e-6)
            assert y.mean(axis=axis) == pytest.approx(0, abs=1e-9)
            assert (y**2).mean(axis=axis) == pytest.approx(1, abs=1e-9)


def test_rms_norm_forgets_the_scale_and_not_the_shift():
    y = norm.rms_norm(X, np.ones(5), 0.0)
    assert (y**2).mean(axis=-1) == pytest.approx(np.ones((4, 3)), abs=1e-12)
    assert norm.rms_norm(7 * X, np.ones(5), 0.0) == pytest.approx(y, abs=1e-12)
    assert np.abs(norm.rms_norm(X + 7, np.ones(5), 0.0) - y).max() > 0.5


def test_the_batch_in_use_lets_the_neighbours_decide():
    """The batch's statistics give one and the same example another result, by up to 2, beside another neighbour."""
    one, zero = np.ones(5), np.zeros(5)
    example = X[0, 0]
    first, second = (
        norm.batch_norm(np.stack([example, other]), one, zero)[0] for other in (X[1, 0], X[2, 1])
    )
    assert np.abs(first - second).max() == pytest.approx(2, abs=1e-3)
    mean, var = X.mean(axis=(0, 1)), X.var(axis=(0, 1))
    first, second = (
        norm.batch_norm_evaluation(np.stack([example, other]), one, zero, mean, var)[0]
        for other in (X[1, 0], X[2, 1])
    )
    assert (first == second).all()


def test_a_momentum_turned_round_remembers_the_last_batch_alone():
    """PyTorch's 0.1 is the share of the new batch, Keras's 0.99 that of the old: swapped, the mean jumps about."""
    rng = np.random.default_rng(0)
    ours = printed = np.zeros(1)
    jumps, printed_jumps = [], []
    for _ in range(200):
        x = rng.normal(loc=5, size=(8, 1))
        after = norm.running_statistics(x, ours, np.ones(1))[0]
        printed_after = 0.1 * printed + 0.9 * x.mean(axis=0)
        jumps.append(after - ours)
        printed_jumps.append(printed_after - printed)
        ours, printed = after, printed_after
    assert np.std(printed_jumps[100:]) > 7 * np.std(jumps[100:])
    assert ours[0] == pytest.approx(5, abs=0.3)


def test_a_gradient_that_holds_mean_and_variance_fixed_is_wrong():
    """Shifting the whole batch changes nothing, so the true gradient sums to zero over it; γ u / σ does not."""
    printed = GAMMA * UPSTREAM / np.sqrt(X.var(axis=(0, 1)) + EPS)
    ours = norm.batch_norm_backward(UPSTREAM, X, GAMMA, BETA, EPS)[0]
    assert ours.sum(axis=(0, 1)) == pytest.approx(np.zeros(5), abs=1e-12)
    assert np.abs(printed.sum(axis=(0, 1))).max() > 0.5


def test_the_unbiased_variance_in_layer_norm_is_not_one():
    """With C − 1 the mean square of four channels is ¾, not 1, and no weight of PyTorch fits any more."""
    x = np.array([1.0, 3.0, 8.0, 4.0])
    printed = (x - x.mean()) / np.sqrt(x.var(ddof=1))
    assert (printed**2).mean() == pytest.approx(0.75, abs=1e-12)
    assert (norm.layer_norm(x, np.ones(4), np.zeros(4), 0.0) ** 2).mean() == pytest.approx(1, abs=1e-12)


def test_the_biased_variance_remembered_is_too_small():
    """Batches of two from variance 1: without n / (n − 1) the average tends to ½."""
    rng = np.random.default_rng(0)
    mean, var, printed = np.zeros(1), np.ones(1), np.ones(1)
    for _ in range(4000):
        x = rng.normal(size=(2, 1))
        mean, var = norm.running_statistics(x, mean, var, momentum=0.002)
        printed = 0.998 * printed + 0.002 * x.var(axis=0)
    assert var[0] == pytest.approx(1, abs=0.15) and printed[0] == pytest.approx(0.5, abs=0.08)
