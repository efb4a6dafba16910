"""Schedules against torch.optim.lr_scheduler, step by step; and what a schedule is not."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import lr_scheduler as theirs

from jinjie.scratch.networks import schedules as s
from jinjie.scratch.networks.optimizers import adagrad

LR = 0.3


def rates_of_pytorch(make, steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
    schedule = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


@pytest.mark.parametrize(("period", "gamma"), [(1, 0.9), (3, 0.5), (10, 0.1)])
def test_step_decay_is_pytorchs(period, gamma):
    rates = rates_of_pytorch(lambda o: theirs.StepLR(o, step_size=period, gamma=gamma), 25)
    assert [s.step_decay(t, LR, period, gamma) for t in range(25)] == pytest.approx(rates, rel=1e-12)


def test_step_decay_takes_a_tenth_when_nothing_is_said():
    assert s.step_decay(7, LR, 7) == pytest.approx(0.03, rel=1e-12)
    assert s.step_decay(6, LR, 7) == LR


@pytest.mark.parametrize("gamma", [0.5, 0.97])
def test_exponential_decay_is_pytorchs(gamma):
    rates = rates_of_pytorch(lambda o: theirs.ExponentialLR(o, gamma=gamma), 20)
    assert [s.exponential_decay(t, LR, gamma) for t in range(20)] == pytest.approx(rates, rel=1e-12)


@pytest.mark.parametrize("final", [0.0, 0.06])
def test_linear_decay_is_pytorchs(final):
    rates = rates_of_pytorch(
        lambda o: theirs.LinearLR(o, start_factor=1, end_factor=final / LR, total_iters=8), 12
    )
    ours = [s.linear_decay(t, LR, 8, final) for t in range(12)]
    assert ours == pytest.approx(rates, abs=1e-12)
    if final == 0:
        assert [s.linear_decay(t, LR, 8) for t in range(12)] == ours


@pytest.mark.parametrize(
    ("warmup", "steps", "final"), [(0, 10, 0.0), (1, 7, 0.06), (4, 15, 0.06), (5, 6, 0.0)]
)
def test_warmup_and_cosine_is_pytorchs(warmup, steps, final):
    def make(optimizer):
        cosine = theirs.CosineAnnealingLR(optimizer, T_max=steps - warmup, eta_min=final)
        if warmup < 2:  # a line of fewer than two points is none
            return (
                cosine
                if warmup == 0
                else theirs.SequentialLR(
                    optimizer, [theirs.ConstantLR(optimizer, factor=1), cosine], milestones=[1]
                )
            )
        line = theirs.LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
        return theirs.SequentialLR(optimizer, [line, cosine], milestones=[warmup])

    rates = rates_of_pytorch(make, steps + 1)
    assert [s.warmup_cosine(t, LR, warmup, steps, final) for t in range(steps + 1)] == pytest.approx(
        rates, abs=1e-12
    )
    if final == 0:
        assert [s.warmup_cosine(t, LR, warmup, steps) for t in range(steps + 1)] == pytest.approx(
            rates, abs=1e-12
        )


def test_after_the_last_step_the_rate_stays():
    """PyTorch's cosine would rise again: a run that goes on a little must not be thrown."""
    assert [s.warmup_cosine(t, LR, 2, 6, 0.06) for t in (6, 7, 9, 100)] == pytest.approx(
        [0.06] * 4, abs=1e-15
    )
    assert [s.linear_decay(t, LR, 6, 0.06) for t in (6, 7, 100)] == pytest.approx([0.06] * 3, abs=1e-15)


@pytest.mark.parametrize(("warmup", "steps"), [(-1, 5), (5, 5), (6, 5)])
def test_a_warmup_fits_into_the_run(warmup, steps):
    with pytest.raises(ValueError, match=rf"0 <= warmup < steps, got warmup {warmup} and steps {steps}"):
        s.warmup_cosine(0, LR, warmup, steps)


def test_inverse_square_root_is_the_first_transformers():
    """lr = d^−½ min(n^−½, n w^−³ᐟ²) for n = t + 1, with d^−½ = lr √w (Vaswani et al. 2017, eq. 3)."""
    warmup, d = 40, 512
    ours = [s.inverse_square_root(t, lr=d**-0.5 * warmup**-0.5, warmup=warmup) for t in range(200)]
    printed = [d**-0.5 * min(n**-0.5, n * warmup**-1.5) for n in range(1, 201)]
    assert ours == pytest.approx(printed, rel=1e-12)
    assert max(ours) == ours[warmup - 1] == pytest.approx(d**-0.5 * warmup**-0.5, rel=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 50), st.integers(1, 100), st.integers(0, 200))
def test_rates_stay_between_the_end_and_the_peak(warmup, more, t):
    rate = s.warmup_cosine(t, LR, warmup, warmup + more, final=0.01)
    assert min(0.01, LR / max(warmup, 1)) - 1e-12 <= rate <= LR + 1e-12


def test_halfway_down_the_cosine_is_halfway():
    assert s.warmup_cosine(6, 1.0, warmup=2, steps=10) == pytest.approx(0.5, abs=1e-15)
    assert s.warmup_cosine(4, 1.0, warmup=2, steps=10) == pytest.approx(0.5 * (1 + math.sqrt(0.5)), abs=1e-15)


def descend(slope_of, rate_of, steps=10):
    """Plain descent on s·θ²; returns the rates that were used."""
    theta, rates = 1.0, []
    for t in range(steps):
        rate = rate_of(t, slope_of(theta))
        theta -= rate * slope_of(theta)
        rates.append(rate)
    return rates


def test_a_schedule_gives_the_same_rates_whatever_the_gradients():
    """η₀(1 − t/T) is called a "dynamic" rate; on gradients a hundred times larger AdaGrad's rate falls, its stays."""
    import numpy as np

    def adaptive():
        squares = [np.zeros(1)]

        def rate(t, grad):
            step, squares[0] = adagrad(np.zeros(1), np.array([grad]), squares[0], lr=0.1)
            return float(-step[0] / grad)

        return rate

    def schedule(t, grad):
        return s.linear_decay(t, 0.001, steps=10)

    small, large = (lambda theta: 2 * theta), (lambda theta: 200 * theta)
    assert descend(small, schedule) == descend(large, schedule)
    assert descend(small, adaptive())[0] == pytest.approx(100 * descend(large, adaptive())[0], rel=1e-6)


def test_a_schedule_that_is_never_stepped_leaves_the_rate_alone():
    """Thirty epochs of StepLR(step_size=10, gamma=0.1), made and never stepped: 0.3 throughout; it was to be 0.003."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=LR)
    theirs.StepLR(optimizer, step_size=10, gamma=0.1)
    used = []
    for _ in range(30):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
    assert set(used) == {LR}
    meant = [s.step_decay(t, LR, 10, 0.1) for t in range(30)]
    assert meant[0] == LR and meant[-1] == pytest.approx(0.003, rel=1e-12)
    assert sum(used) / sum(meant) == pytest.approx(3 / 1.11, rel=1e-9)  # 2.7 times as far as was meant
