"""A step's time: overhead and arithmetic, and where the one becomes the other."""

import pytest

from jinjie.scratch.scale.step_time import step_seconds


@pytest.mark.parametrize(("overhead", "rate"), [(6e-5, 6e10), (1e-3, 9e10), (2.5, 4.0)])
def test_a_step_is_overhead_and_arithmetic(overhead, rate):
    """Nothing to compute costs the overhead; overhead · rate operations cost it once more; then time is arithmetic."""
    assert step_seconds(overhead, 0.0, rate) == overhead
    assert step_seconds(overhead, overhead * rate, rate) == pytest.approx(2 * overhead, rel=1e-12)
    large = 1e6 * overhead * rate
    assert step_seconds(overhead, 2 * large, rate) / step_seconds(overhead, large, rate) == pytest.approx(
        2, rel=1e-5
    )


def test_where_both_are_alike_a_step_takes_twice_as_long():
    """Not the larger of the two: on a CPU nothing overlaps."""
    assert step_seconds(overhead=1e-3, flops=5e7, rate=5e10) == pytest.approx(2e-3, rel=1e-12)
