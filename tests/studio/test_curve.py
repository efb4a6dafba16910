"""A curve in bounded room that loses no spike."""

import math

from hypothesis import given
from hypothesis import strategies as st

from jinjie.studio.curve import Curve, sparkline


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(1, 40))
def test_extremes_ends_and_order_survive_in_bounded_room(values, room):
    curve = Curve(room)
    for step, value in enumerate(values, 1):
        curve.add(step, value)
    points = curve.points()
    assert len(points) <= 2 * room + 1
    assert points == sorted(points)
    assert set(points) <= set(enumerate(values, 1))
    assert min(v for _, v in points) == min(values)
    assert max(v for _, v in points) == max(values)
    assert points[-1] == (len(values), values[-1])


def test_half_a_million_points_with_one_spike():
    curve = Curve()
    for step in range(500_000):
        curve.add(step, 9.0 if step == 123_457 else 1.0)
    assert (123_457, 9.0) in curve.points()
    assert len(curve.points()) <= 2 * curve.room + 1


def test_a_short_curve_is_kept_whole_and_cut_by_a_resume():
    curve = Curve()
    for step in range(1, 101):
        curve.add(step, 1 / step)
    assert len(curve.points()) == 100
    curve.cut(40)
    assert curve.points()[-1] == (40, 1 / 40)
    curve.add(41, 7.0)
    assert curve.points()[-1] == (41, 7.0)


def test_what_is_not_finite_is_left_out():
    curve = Curve()
    for value in (1.0, math.nan, math.inf, None, 2.0):
        curve.add(len(curve.points()) + 1, value)
    assert [v for _, v in curve.points()] == [1.0, 2.0]


def test_a_sparkline_stays_in_its_box_and_falls_with_the_loss():
    path = sparkline([(step, 5 / step) for step in range(1, 300)])
    numbers = [tuple(map(float, pair.split())) for pair in path[1:].split("L")]
    assert all(0 <= x <= 120 and 0 <= y <= 28 for x, y in numbers)
    assert numbers[0][1] < numbers[-1][1], "down on the screen is a larger y"
    assert sparkline([]) == sparkline([(1, 2.0)]) == ""
    assert sparkline([(1, 2.0), (9, 2.0)]), "a constant loss is a flat line"
