import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.autograd.gradients import central_differences, check_gradient, relative_error
from scratch.autograd.against import draw


def wave(x):
    return float((np.sin(x) * x**2).sum())


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 3), max_size=3), st.integers(0, 99))
def test_slopes_are_pytorchs_gradient_for_any_shape(shape, seed):
    """To 1e-7: rounding leaves 1e-16 / 1e-6 of f's size."""
    x = draw(tuple(shape), seed=seed)[0]
    theirs = torch.tensor(x, requires_grad=True)
    (torch.sin(theirs) * theirs**2).sum().backward()
    slopes = central_differences(wave, np.asarray(x))
    assert slopes.shape == tuple(shape)
    assert slopes == pytest.approx(theirs.grad.numpy(), rel=1e-7, abs=1e-7)


def test_x_is_left_as_it_was():
    x = np.array([1.0, 2.0])
    central_differences(wave, x)
    assert np.array_equal(x, [1.0, 2.0])


def test_a_step_to_one_side_errs_with_h_and_to_both_with_h_squared():
    """Ten times smaller steps: the error of the one falls ten times, of the other a hundred times."""

    def errors(h):
        x = np.array([1.0])
        slope = np.exp(1.0)
        forward = (np.exp(1.0 + h) - np.exp(1.0)) / h
        central = central_differences(lambda x: float(np.exp(x[0])), x, h)[0]
        return abs(forward - slope), abs(central - slope)

    (forward, central), (forward_finer, central_finer) = errors(1e-2), errors(1e-3)
    assert forward == pytest.approx(1.364e-2, rel=1e-3) and central == pytest.approx(4.530e-5, rel=1e-3)
    assert forward / forward_finer == pytest.approx(10, rel=0.01)
    assert central / central_finer == pytest.approx(100, rel=0.01)


def test_dividing_by_h_alone_gives_twice_the_slope():
    x, h = 3.0, 1e-6
    printed = ((x + h) ** 2 - (x - h) ** 2) / h
    assert printed == pytest.approx(12, rel=1e-6)
    assert central_differences(lambda x: float(x[0] ** 2), np.array([x]))[0] == pytest.approx(6, rel=1e-9)


def test_the_default_step_is_a_millionth():
    seen = []
    central_differences(lambda x: seen.append(float(x[0])) or 0.0, np.array([0.0]))
    assert seen == [1e-6, -1e-6]


@pytest.mark.parametrize("h", [0.0, -1e-6, float("nan")])
def test_a_step_that_is_none_is_refused(h):
    with pytest.raises(ValueError, match=f"expected a step h > 0, got {h}"):
        central_differences(wave, np.zeros(2), h)


def test_relative_error_of_equal_opposite_and_zero_gradients():
    g = np.array([[3.0, 0.0], [0.0, 4.0]])
    assert relative_error(g, g) == 0
    assert relative_error(g, -g) == pytest.approx(2)
    assert relative_error(g, 0 * g) == pytest.approx(1) and relative_error(0 * g, g) == pytest.approx(1)
    assert relative_error(0 * g, 0 * g) == 0
    assert relative_error(g, 2 * g) == relative_error(2 * g, g) == pytest.approx(0.5)


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-6, 1e6), st.integers(0, 99))
def test_relative_error_does_not_see_the_scale(scale, seed):
    g, measured = draw((3, 2), (3, 2), seed=seed)
    assert relative_error(scale * g, scale * measured) == pytest.approx(relative_error(g, measured), rel=1e-9)
    assert 0 <= relative_error(g, measured) <= 2


def test_the_check_passes_a_right_gradient_and_says_its_error():
    x = draw((2, 3))[0]
    gradient = np.cos(x) * x**2 + 2 * x * np.sin(x)
    assert 0 < check_gradient(wave, x, gradient) < 1e-8


def test_the_check_names_the_worst_element():
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    gradient = 2 * x
    gradient[0, 1] += 0.1
    gradient[1, 2] -= 0.5
    with pytest.raises(
        ValueError, match=r"expected the gradient 12 at \(1, 2\), got 11\.5 \(relative error 0\.027\)"
    ):
        check_gradient(lambda x: float((x**2).sum()), x, gradient)


def test_the_tolerance_is_a_millionth_and_can_be_another():
    x = np.array([1.0])
    for off, passes in ((5e-7, True), (1.5e-6, False)):
        gradient = np.array([2.0 * (1 + off)])
        if passes:
            assert check_gradient(lambda x: float(x[0] ** 2), x, gradient) == pytest.approx(off, rel=1e-2)
        else:
            with pytest.raises(ValueError, match="expected the gradient 2 at"):
                check_gradient(lambda x: float(x[0] ** 2), x, gradient)
            assert check_gradient(lambda x: float(x[0] ** 2), x, gradient, tolerance=1e-5) > 1e-6


def test_the_steps_of_the_check_are_a_millionth_and_can_be_others():
    seen = []
    f = lambda x: seen.append(float(x[0])) or 0.0  # noqa: E731
    check_gradient(f, np.array([0.0]), np.array([0.0]))
    check_gradient(f, np.array([0.0]), np.array([0.0]), h=0.25)
    assert seen == [1e-6, -1e-6, 0.25, -0.25]


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"of the shape \(2, 3\) of x, got \(3, 2\)"):
        check_gradient(wave, np.zeros((2, 3)), np.zeros((3, 2)))
