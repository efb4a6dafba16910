import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit
from torch.utils.flop_counter import FlopCounterMode

from jinjie.scratch.language.scaling import (
    PowerLaw,
    attention_compute,
    chinchilla_loss,
    compute_optimal,
    fit_power_law,
    line,
    power_law,
    training_compute,
)

SIZES = np.array([1e5, 3e5, 1e6, 3e6, 1e7, 3e7])


def test_compute_of_published_trainings():
    """GPT-3's paper states 3.14e23 (table D.1), Chinchilla's 5.76e23: within 3 %. 2 N D would be a third of each."""
    assert training_compute(174.6e9, 300e9) == pytest.approx(3.14e23, rel=0.002)
    assert training_compute(70e9, 1.4e12) == pytest.approx(5.76e23, rel=0.03)
    assert training_compute(7.0, 5.0) == 210.0


def test_compute_is_counted_by_pytorch():
    """A layer without bias, forwards and backwards, its input's gradient included: six for each weight and row."""
    layer = torch.nn.Linear(32, 48, bias=False)
    x = torch.randn(10, 32, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        layer(x).sum().backward()
    assert counter.get_total_flops() == training_compute(parameters=32 * 48, tokens=10)


def test_attention_compute_is_counted_by_pytorch():
    layers, T, D = 3, 16, 24
    with FlopCounterMode(display=False) as counter:
        for _ in range(layers):
            q, k, v = (torch.randn(T, D, requires_grad=True) for _ in range(3))
            ((q @ k.T).softmax(-1) @ v).sum().backward()
    assert counter.get_total_flops() == attention_compute(layers, context=T, width=D, tokens=T)


def test_the_law_falls_toward_its_floor():
    assert power_law(np.array([1.0, 4.0, 16.0]), E=2.0, A=8.0, alpha=0.5).tolist() == [10.0, 6.0, 4.0]
    assert power_law(np.array([1e300]), 1.7, 400.0, 0.34) == pytest.approx([1.7])


@settings(max_examples=50, deadline=None)
@given(st.floats(0.0, 3.0), st.floats(1.0, 500.0), st.floats(0.1, 0.8))
def test_a_law_is_found_again_from_its_points(E, A, alpha):
    # The losses differ by as little as 1e-4 here, so of a double's sixteen digits about eleven say anything of them.
    fitted = fit_power_law(SIZES, power_law(SIZES, E, A, alpha))
    assert (fitted.E, fitted.alpha) == pytest.approx((E, alpha), abs=1e-5)
    assert pytest.approx(A, rel=1e-3) == fitted.A


def test_the_fit_of_noisy_points_is_scipys():
    losses = power_law(SIZES, 1.7, 400.0, 0.34) + 0.01 * np.random.default_rng(0).normal(size=6)
    fitted = fit_power_law(SIZES, losses)
    theirs, _ = curve_fit(power_law, SIZES, losses, p0=(1.7, 400.0, 0.34), xtol=1e-14, ftol=1e-14)
    assert fitted == pytest.approx(tuple(theirs), rel=1e-5)
    assert isinstance(fitted, PowerLaw)


@pytest.mark.parametrize("alpha", [0.011, 0.02, 1.0, 3.9, 3.99])
def test_exponents_are_found_over_the_whole_range(alpha):
    sizes = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    fitted = fit_power_law(sizes, power_law(sizes, 1.0, 5.0, alpha))
    assert fitted == pytest.approx((1.0, 5.0, alpha), rel=1e-6)
    assert fit_power_law(sizes, power_law(sizes, 1.0, 5.0, 5.0)).alpha == pytest.approx(4.0, abs=1e-9)
    assert fit_power_law(sizes, power_law(sizes, 1.0, 5.0, 0.001)).alpha == pytest.approx(0.01, abs=1e-9)


def test_points_without_a_floor():
    assert fit_power_law(SIZES, power_law(SIZES, 0.0, 50.0, 0.3)) == pytest.approx((0.0, 50.0, 0.3), abs=1e-6)
    # A loss that falls by the same for each ten times of size would go below zero.
    assert fit_power_law(SIZES, 10 - 0.5 * np.log(SIZES)).E < 0


def test_a_line_without_a_floor_promises_too_much():
    """Fitted up to 3e7 and asked for 1e12: the law says 1.73; a line in the logarithms 0.29, far below any loss."""
    losses, far = power_law(SIZES, 1.7, 400.0, 0.34), np.array([1e12])
    slope, height = np.polyfit(np.log(SIZES), np.log(losses), 1)
    assert slope == pytest.approx(-0.215, abs=1e-3)
    assert power_law(far, *fit_power_law(SIZES, losses)) == pytest.approx([1.7333], abs=1e-4)
    assert power_law(far, 0.0, np.exp(height), -slope) == pytest.approx([0.286], abs=1e-3)


def test_the_line_is_numpys():
    x, y = np.random.default_rng(1).normal(size=(2, 6))
    slope, height = np.polyfit(x, y, 1)
    assert line(x, y) == pytest.approx(
        (height, slope, float(((y - height - slope * x) ** 2).sum())), abs=1e-12
    )


def test_what_cannot_be_fitted():
    two = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match=r"at least 3 sizes and as many losses, came \(2,\) and \(2,\)"):
        fit_power_law(two, two)
    with pytest.raises(ValueError, match=r"came \(6,\) and \(5,\)"):
        fit_power_law(SIZES, SIZES[:5])
    with pytest.raises(ValueError, match=r"came \(3, 2\) and \(3, 2\)"):
        fit_power_law(SIZES.reshape(3, 2), SIZES.reshape(3, 2))
    for smallest in (0.0, -2.0):
        with pytest.raises(ValueError, match=f"sizes above 0, came {smallest}"):
            fit_power_law(np.array([3.0, 2.0, smallest]), np.array([1.0, 2.0, 3.0]))
    assert fit_power_law(np.array([1.0, 2.0, 4.0]), np.array([4.0, 3.0, 2.5])) == pytest.approx(
        (2.0, 2.0, 1.0)
    )


def test_chinchilla_loss_by_hand():
    assert chinchilla_loss(16.0, 27.0, E=1.0, A=4.0, B=6.0, alpha=0.5, beta=1 / 3) == pytest.approx(4.0)
    N, D = 70e9, 1.4e12
    assert chinchilla_loss(N, D) == pytest.approx(1.69 + 406.4 / N**0.34 + 410.7 / D**0.28, abs=1e-15)


@pytest.mark.parametrize("compute", [1e18, 1e21, 5.76e23])
def test_no_other_split_of_the_budget_is_better(compute):
    N, D = compute_optimal(compute)
    assert training_compute(N, D) == pytest.approx(compute, rel=1e-12)
    best = chinchilla_loss(N, D)
    for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0):
        assert chinchilla_loss(N * factor, D / factor) > best
    # The exponents exchanged spend the same and do worse.
    G = (0.34 * 406.4 / (0.28 * 410.7)) ** (1 / 0.62)
    swapped = G * (compute / 6) ** (0.34 / 0.62), (compute / 6) ** (0.28 / 0.62) / G
    assert training_compute(*swapped) == pytest.approx(compute, rel=1e-12)
    assert chinchilla_loss(*swapped) > best + 0.005


def test_the_best_split_for_other_constants():
    A, B, alpha, beta = 20.0, 300.0, 0.2, 0.5
    N, D = compute_optimal(6e15, A, B, alpha, beta)
    sizes = np.geomspace(1e5, 1e12, 200_001)
    losses = A / sizes**alpha + B / (1e15 / sizes) ** beta
    assert pytest.approx(sizes[losses.argmin()], rel=1e-3) == N
    assert pytest.approx(1e15, rel=1e-9) == N * D
