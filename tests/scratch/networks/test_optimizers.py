"""The optimisers against PyTorch's, and the printed mistakes against the property that gives them away."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.networks.optimizers import adagrad, adam, adamw, momentum, rmsprop, sgd

STEPS = 50
SHAPE = (2, 3)


def walk(rule, start, gradient, states=2, timed=True, steps=STEPS, **settings_):
    """The parameters after each of `steps` steps of `rule`, whose states start at zero."""
    theta, kept, path = start, [np.zeros_like(start)] * states, []
    for t in range(1, steps + 1):
        made = rule(theta, gradient(theta), *kept, *([t] if timed else []), **settings_)
        theta, *kept = made if states else (made,)
        path.append(theta)
    return np.array(path)


def torch_walk(optimizer, start, matrix, **settings_):
    """The same walk on θ ↦ ½ Σ matrix θ² − Σ sin(3θ) by PyTorch in double precision."""
    theta = torch.tensor(start, requires_grad=True)
    rule, path = optimizer([theta], foreach=False, **settings_), []
    for _ in range(STEPS):
        rule.zero_grad()
        (0.5 * (torch.tensor(matrix) * theta**2).sum() - torch.sin(3 * theta).sum()).backward()
        rule.step()
        path.append(theta.detach().numpy().copy())
    return np.array(path)


def bowls(matrix):
    return lambda theta: matrix * theta - 3 * np.cos(3 * theta)


CASES = [
    (sgd, torch.optim.SGD, 0, False, {"lr": 0.05}, {"lr": 0.05}),
    (sgd, torch.optim.SGD, 0, False, {}, {"lr": 0.01}),
    (momentum, torch.optim.SGD, 1, False, {"lr": 0.02, "beta": 0.8}, {"lr": 0.02, "momentum": 0.8}),
    (momentum, torch.optim.SGD, 1, False, {}, {"lr": 0.01, "momentum": 0.9}),
    (adagrad, torch.optim.Adagrad, 1, False, {"lr": 0.3, "eps": 0.1}, {"lr": 0.3, "eps": 0.1}),
    (adagrad, torch.optim.Adagrad, 1, False, {}, {}),
    (
        rmsprop,
        torch.optim.RMSprop,
        1,
        False,
        {"lr": 0.02, "alpha": 0.7, "eps": 0.1},
        {"lr": 0.02, "alpha": 0.7, "eps": 0.1},
    ),
    (rmsprop, torch.optim.RMSprop, 1, False, {}, {}),
    (
        adam,
        torch.optim.Adam,
        2,
        True,
        {"lr": 0.1, "beta1": 0.7, "beta2": 0.95, "eps": 0.1},
        {"lr": 0.1, "betas": (0.7, 0.95), "eps": 0.1},
    ),
    (adam, torch.optim.Adam, 2, True, {}, {}),
    (
        adamw,
        torch.optim.AdamW,
        2,
        True,
        {"lr": 0.1, "beta1": 0.7, "beta2": 0.95, "eps": 0.1, "weight_decay": 0.3},
        {"lr": 0.1, "betas": (0.7, 0.95), "eps": 0.1, "weight_decay": 0.3},
    ),
    (adamw, torch.optim.AdamW, 2, True, {}, {}),
]


@pytest.mark.parametrize(("rule", "reference", "states", "timed", "ours", "theirs"), CASES)
def test_each_rule_walks_with_pytorch(rule, reference, states, timed, ours, theirs):
    """Also with nothing set: the defaults are PyTorch's. 1e-12: the same operations in another order."""
    rng = np.random.default_rng(1)
    start, matrix = rng.normal(size=SHAPE), rng.uniform(0.5, 3, SHAPE)
    path = walk(rule, start, bowls(matrix), states, timed, **ours)
    expected = torch_walk(reference, start, matrix, **theirs)
    np.testing.assert_allclose(path, expected, rtol=1e-12, atol=1e-12)


def test_eps_counts_where_the_gradient_is_nearly_nothing():
    """A gradient of ε's own size halves the step of the second-moment rules: the defaults of ε, seen."""
    one, zero = np.array([1.0]), np.zeros(1)
    assert adagrad(one, np.array([1e-10]), zero, lr=1.0)[0] == pytest.approx(0.5)
    tiny = np.array([1e-8])
    assert rmsprop(one, tiny * 10, zero, lr=1.0)[0] == pytest.approx(
        1 - 5
    )  # √(0.01 · 1e-14) is 1e-8: 1e-7 / 2e-8
    assert adam(one, tiny, zero, zero, t=1, lr=1.0)[0] == pytest.approx(0.5)
    assert adamw(one, tiny, zero, zero, t=1, lr=1.0, weight_decay=0.0)[0] == pytest.approx(0.5)


@pytest.mark.parametrize("rule", [sgd, momentum, adagrad, rmsprop, adam, adamw])
def test_nothing_is_changed_in_place(rule):
    states = {sgd: 0, adam: 2, adamw: 2}.get(rule, 1)
    given_ = [np.array([1.0, 2.0]), np.array([0.5, -0.5]), *[np.array([0.1, 0.2]) for _ in range(states)]]
    before = [array.copy() for array in given_]
    rule(*given_, *([3] if states == 2 else []))
    for array, copy in zip(given_, before, strict=True):
        assert (array == copy).all()


def test_uphill_steps_raise_the_loss():
    def bowl(theta):
        return float((theta**2).sum())

    theta = np.array([1.0, -2.0])
    assert bowl(sgd(theta, 2 * theta, lr=0.1)) < bowl(theta) < bowl(theta + 0.1 * 2 * theta)


# On s·θ² the gradient is 2sθ. What follows holds the rules to what a change of s does to them.


def printed_adam(theta, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999):
    """As printed in tutorials: the decay is subtracted from the moment, and v is left out of the step."""
    m = m - beta1 * m + (1 - beta1) * grad
    v = v - beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1**t) / np.sqrt(1 - beta2**t), m, v


def end(rule, scale, steps=2000):
    return walk(rule, np.array([1.0]), lambda theta: 2 * scale * theta, steps=steps, lr=1e-3)[-1, 0]


def test_adam_does_not_see_the_scale_of_the_gradient():
    scales = (0.01, 1.0, 100.0)
    ours = [end(adam, scale) for scale in scales]
    assert max(ours) - min(ours) < 1e-5, "only ε sees the scale: 1e-8 against a gradient of 0.02"

    printed = [end(printed_adam, scale) for scale in scales]
    assert printed[0] > 0.9, "100 times too small a loss: it has hardly begun"
    assert abs(printed[2]) < 1e-9 < abs(ours[2]), (
        "the trap: where the loss is large the printed rule looks better"
    )
    assert max(printed) - min(printed) > 0.9


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 1000))
def test_adams_path_is_the_same_for_every_scale(scale, seed):
    """With ε = 0 the scale cancels out of every step: the same path to rounding."""
    gradients = np.random.default_rng(seed).normal(size=(20, 3))

    def path(s):
        kept, theta = (np.zeros(3), np.zeros(3)), np.zeros(3)
        for t, grad in enumerate(gradients, start=1):
            theta, *kept = adam(theta, s * grad, *kept, t, eps=0.0)
        return theta

    np.testing.assert_allclose(path(scale), path(1.0), rtol=1e-9, atol=1e-12)


def test_the_printed_moments_forget_nearly_everything():
    """Under a gradient that is always 1 a moving average comes to 1; the printed one comes to 1/9."""
    ours = printed = np.zeros(1)
    for t in range(1, 201):
        _, ours, _ = adam(np.zeros(1), np.ones(1), ours, np.zeros(1), t)
        _, printed, _ = printed_adam(np.zeros(1), np.ones(1), printed, np.zeros(1), t)
    assert ours[0] == pytest.approx(1.0, abs=1e-8)
    assert printed[0] == pytest.approx(0.1 / 0.9, abs=1e-8)


def test_without_bias_correction_the_first_step_is_three_times_too_long():
    grad, zero = np.array([0.3]), np.zeros(1)
    theta, m, v = adam(zero, grad, zero, zero, t=1, lr=1.0)
    assert -theta[0] == pytest.approx(1.0, abs=1e-6)
    assert m[0] / np.sqrt(v[0]) == pytest.approx(0.1 / np.sqrt(0.001))  # 3.16


def test_decay_through_the_moments_spares_weights_with_large_gradients():
    """Two weights with the same value, one under gradients 100 times the other's: AdamW decays both alike."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(500, 1)) * np.array([0.1, 10.0])

    def run(rule, in_gradient):
        theta, m, v = np.full(2, 5.0), np.zeros(2), np.zeros(2)
        for t, grad in enumerate(noise, start=1):
            if in_gradient:
                theta, m, v = adam(theta, grad + 0.1 * theta, m, v, t, lr=1e-2)
            else:
                theta, m, v = rule(theta, grad, m, v, t, lr=1e-2, weight_decay=0.1)
        return theta

    decayed, spared = run(adamw, False), run(adam, True)
    assert abs(decayed[0] - decayed[1]) < 0.01
    assert spared[1] - spared[0] > 1.0, "the weight under large gradients keeps what the other loses"


# AdaGrad


def test_adagrad_without_its_sum_is_only_the_sign():
    """On θ² steps must shrink for the parameter to settle. √t in the sum does that; the sign never does."""

    def printed(theta, grad, squares, lr):
        return theta - lr * grad / np.sqrt(grad**2 + 1e-10), squares

    def sizes(rule):
        path = walk(rule, np.array([1.05]), lambda theta: 2 * theta, 1, False, 200, lr=0.1)[:, 0]
        return np.abs(np.diff(path)), path

    ours, path = sizes(adagrad)
    assert (np.diff(ours) < 0).all(), "every step is shorter than the one before"
    assert path[-1] < 0.35
    hops, path = sizes(printed)
    assert hops == pytest.approx(0.1), "the last hop is as long as the first"
    assert abs(path[-1]) == pytest.approx(0.05) and path[-1] * path[-2] < 0, "and it hops about the minimum"


def test_epsilon_pulls_on_no_weight():
    """A regularisation term moves a large weight even without a gradient; ε, ten thousand times as large, does not."""
    squares = np.array([0.25])
    theta, grad = np.array([100.0]), np.array([0.5])
    small, _ = rmsprop(theta, grad, squares, lr=1e-3, eps=1e-10)
    large, _ = rmsprop(theta, grad, squares, lr=1e-3, eps=1e-6)
    assert abs(small - large) < 1e-8
    still, _ = rmsprop(theta, np.zeros(1), squares, lr=1e-3, eps=1e-6)
    assert still == theta


def test_the_second_moment_has_no_direction():
    """Turn the gradient round: m turns round, v does not."""
    start = np.zeros(2)
    grad = np.array([0.5, -2.0])
    _, m, v = adam(start, grad, start, start, t=1, lr=0.1)
    _, turned_m, turned_v = adam(start, -grad, start, start, t=1, lr=0.1)
    assert np.allclose(turned_m, -m) and np.allclose(turned_v, v) and (v > 0).all()
