"""Schedules: pure functions of the step that rise, fall and end where they say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.training.schedule import Constant, Cosine, Exponential, Linear, Schedule, StepDecay

warmups = st.integers(0, 50)
finals = st.floats(0, 1)
ends = st.builds(Linear, warmup=warmups, final=finals) | st.builds(Cosine, warmup=warmups, final=finals)
decays = st.builds(StepDecay, every=st.integers(1, 50), gamma=st.floats(0.01, 1)) | st.builds(
    Exponential, gamma=st.floats(0.01, 1)
)
every = st.just(Constant()) | ends | decays
totals = st.integers(51, 300)


@given(every, totals, st.data())
def test_never_negative_never_above_one_and_the_same_whenever_asked(
    schedule: Schedule, total: int, data: st.DataObject
) -> None:
    """A resumed run asks for one step in the middle and must hear what the first run heard."""
    step = data.draw(st.integers(0, total + 10))
    in_order = [schedule.factor(s, total) for s in range(step + 1)]
    assert all(0 <= factor <= 1 + 1e-12 for factor in in_order)
    assert schedule.factor(step, total) == in_order[-1]
    assert type(schedule).model_validate(schedule.model_dump()).factor(step, total) == in_order[-1]


@given(ends, totals)
def test_rises_to_one_then_falls_to_the_final_share(schedule: Linear | Cosine, total: int) -> None:
    factors = [schedule.factor(step, total) for step in range(total + 1)]
    rise, fall = factors[: schedule.warmup], factors[schedule.warmup :]
    assert all(a < b for a, b in zip(rise, rise[1:], strict=False))
    assert all(a >= b - 1e-12 for a, b in zip(fall, fall[1:], strict=False))
    assert fall[0] == 1
    assert rise[:1] != [0.0], "a first step at rate 0 would be thrown away"
    assert math.isclose(fall[-1], schedule.final, abs_tol=1e-12)
    assert math.isclose(schedule.factor(total + 1000, total), schedule.final, abs_tol=1e-12)


@given(decays, totals)
def test_decay_never_rises(schedule: Schedule, total: int) -> None:
    factors = [schedule.factor(step, total) for step in range(total)]
    assert factors[0] == 1
    assert all(a >= b for a, b in zip(factors, factors[1:], strict=False))


def test_each_at_a_step_worked_out_by_hand() -> None:
    assert Constant().factor(77, 100) == 1
    assert [StepDecay(every=10, gamma=0.5).factor(s, 100) for s in (9, 10, 19, 20, 35)] == [
        1,
        0.5,
        0.5,
        0.25,
        0.125,
    ]
    assert Exponential(gamma=0.25).factor(500, 9) == pytest.approx(0.5)
    assert Linear(warmup=10, final=0.2).factor(4, 110) == pytest.approx(0.5)
    assert Linear(warmup=10, final=0.2).factor(60, 110) == pytest.approx(0.6)
    assert Cosine(warmup=0, final=0.1).factor(50, 100) == pytest.approx(0.55)
    assert Cosine(warmup=0, final=0.0).factor(25, 100) == pytest.approx((1 + math.sqrt(0.5)) / 2)


@pytest.mark.parametrize("schedule", [Linear(warmup=100), Cosine(warmup=100)])
def test_a_run_shorter_than_its_warm_up_only_rises(schedule: Schedule) -> None:
    assert [schedule.factor(step, 3) for step in range(3)] == pytest.approx([0.01, 0.02, 0.03])
