"""First weights: PyTorch's bounds and spreads, and the signal followed through thirty layers."""

import math

import numpy as np
import pytest
import torch

from jinjie.scratch.networks import initialization as init
from jinjie.scratch.networks.activations import relu, tanh

SHAPES = [(300, 500), (784, 128), (5, 2)]


def scale_of_pytorch(draw, unit):
    """PyTorch's weight over the same seed's draw of unit size: its bound, or its spread, exactly."""
    torch.manual_seed(0)
    drawn = draw()
    torch.manual_seed(0)
    ratio = drawn / unit(torch.empty_like(drawn))
    assert ratio.std() < 1e-9 * ratio.mean()
    return ratio.mean().item()


@pytest.mark.parametrize(("fan_in", "fan_out"), SHAPES)
def test_bounds_and_spreads_are_pytorchs(fan_in, fan_out):
    nn = torch.nn.init
    empty = torch.empty(fan_out, fan_in, dtype=torch.float64)
    for ours, theirs, uniform in (
        (init.xavier_uniform, nn.xavier_uniform_, True),
        (init.xavier_normal, nn.xavier_normal_, False),
        (init.he_uniform, lambda w: nn.kaiming_uniform_(w, nonlinearity="relu"), True),
        (init.he_normal, lambda w: nn.kaiming_normal_(w, nonlinearity="relu"), False),
    ):
        unit = (lambda w: w.uniform_(-1, 1)) if uniform else (lambda w: w.normal_())
        scale = scale_of_pytorch(lambda theirs=theirs: theirs(empty.clone()), unit)
        rng = np.random.default_rng(7)
        size = (fan_out, fan_in)
        plain = rng.uniform(-1, 1, size) if uniform else rng.normal(size=size)
        np.testing.assert_allclose(ours(np.random.default_rng(7), fan_in, fan_out), plain * scale, rtol=1e-9)


def test_the_spreads():
    assert init.xavier_std(300, 500) == pytest.approx(0.05, abs=1e-15)
    assert init.he_std(800) == pytest.approx(0.05, abs=1e-15)
    rng = np.random.default_rng(0)
    for draw, std in (
        (init.xavier_normal, 0.05),
        (init.xavier_uniform, 0.05),
        (init.he_normal, math.sqrt(2 / 300)),
    ):
        W = draw(rng, 300, 500)
        assert W.shape == (500, 300)
        assert W.std() == pytest.approx(std, rel=0.01)  # 150,000 draws: 0.2 % for one standard deviation
        assert abs(W.mean()) < 5 * std / math.sqrt(W.size)


def test_the_variance_of_a_sum_is_the_argument():
    """Var(Σ w x) = n Var(w) E[x²], checked on 4,000 neurons; E[x²], not Var(x): the x here have a mean."""
    rng = np.random.default_rng(0)
    x = np.maximum(rng.normal(size=50), 0)
    z = rng.normal(scale=0.3, size=(40_000, 50)) @ x
    expected = init.preactivation_variance(50, 0.09, np.mean(x**2))
    assert expected == pytest.approx(50 * 0.09 * np.mean(x**2), rel=1e-12)
    assert z.var() == pytest.approx(expected, rel=0.03)  # one standard deviation is 0.7 %
    assert abs(init.preactivation_variance(50, 0.09, x.var()) / z.var() - 1) > 0.2


def signal(**given):
    rng = np.random.default_rng(0)
    return init.signal_through_layers(rng, rng.normal(size=(64, 256)), depth=30, **given)


def test_he_keeps_the_signal_through_thirty_relu_layers():
    for squares in (signal(), signal(initialize=init.he_uniform)):
        assert squares.shape == (30,)
        assert squares.min() > 0.4 and squares.max() < 2.5


def test_xavier_before_relu_halves_it_in_every_layer():
    squares = signal(initialize=init.xavier_normal)
    assert np.log2(squares[-1] / squares[0]) / 29 == pytest.approx(-1, abs=0.05)
    assert squares[-1] < 1e-8  # 2⁻³⁰ of where it began


def test_two_over_n_as_the_standard_deviation_kills_the_signal():
    """σ = 2/n in place of σ² = 2/n: each of the layers of 256 takes a factor n/2 = 128 of the power away."""

    def printed(rng, fan_in, fan_out):
        return rng.normal(0, 2 / fan_in, size=(fan_out, fan_in))

    squares = signal(initialize=printed)
    assert np.log(squares[1] / squares[0]) == pytest.approx(-math.log(128), abs=0.3)
    assert squares[-1] < 1e-60


def test_xavier_keeps_tanh_alive_and_larger_weights_saturate_it():
    def large(rng, fan_in, fan_out):
        return 10 * init.xavier_normal(rng, fan_in, fan_out)

    kept, full = signal(initialize=init.xavier_uniform, f=tanh), signal(initialize=large, f=tanh)
    assert 0.01 < kept[-1] < 0.1 and full[-1] > 0.9
    assert (1 - full[-1]) < 0.1 < (1 - kept[-1])  # what is left of the slope 1 − tanh²


def test_zero_weights_leave_all_units_alike():
    """Every unit gets the same gradient, so a layer of any width stays one unit; drawn weights break the tie."""
    x = np.random.default_rng(0).normal(size=(20, 4))

    def gradient(W):
        h = tanh(x @ W.T)
        upstream = 1 - h**2
        return upstream.T @ x

    same = gradient(np.zeros((6, 4)))
    assert np.ptp(same, axis=0) == pytest.approx(np.zeros(4), abs=1e-15)
    drawn = gradient(init.he_normal(np.random.default_rng(1), 4, 6))
    assert np.ptp(drawn, axis=0).min() > 0.5


def test_the_signal_is_the_mean_square_after_each_layer():
    rng, again = np.random.default_rng(5), np.random.default_rng(5)
    x = np.random.default_rng(6).normal(size=(7, 2, 3))
    first = relu(x @ init.he_normal(again, 3, 3).T)
    second = relu(first @ init.he_normal(again, 3, 3).T)
    squares = init.signal_through_layers(rng, x, depth=2)
    assert squares == pytest.approx([np.mean(first**2), np.mean(second**2)], rel=1e-12)
