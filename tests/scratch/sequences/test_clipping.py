import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.sequences.clipping import clip, clip_by_global_norm, global_norm


def drawn(seed=0, size=1.0):
    rng = np.random.default_rng(seed)
    return [size * rng.normal(size=shape) for shape in ((3, 4), (4,), (2, 1, 5))]


def test_the_norm_is_pytorchs():
    grads = drawn()
    theirs = torch.nn.utils.get_total_norm([torch.tensor(grad) for grad in grads])
    assert global_norm(grads) == pytest.approx(float(theirs), rel=1e-12)
    assert global_norm(grads) == pytest.approx(
        np.linalg.norm(np.concatenate([grad.ravel() for grad in grads]))
    )


@pytest.mark.parametrize("max_norm", [0.1, 1.0, 5.0, 100.0])
def test_clipping_is_pytorchs(max_norm):
    """PyTorch divides by the norm plus 1e-6; with that taken out, to 1e-9."""
    grads = drawn()
    parameters = [torch.zeros(grad.shape, dtype=torch.float64, requires_grad=True) for grad in grads]
    for parameter, grad in zip(parameters, grads, strict=True):
        parameter.grad = torch.tensor(grad)
    norm = float(torch.nn.utils.clip_grad_norm_(parameters, max_norm))
    softened = (norm + 1e-6) / norm if norm > max_norm else 1.0
    for ours, parameter in zip(clip_by_global_norm(grads, max_norm), parameters, strict=True):
        np.testing.assert_allclose(ours, parameter.grad * softened, rtol=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_what_is_too_long_gets_the_greatest_norm_and_keeps_its_direction(seed, size, max_norm):
    grads = drawn(seed, size)
    clipped = clip_by_global_norm(grads, max_norm)
    assert global_norm(clipped) == pytest.approx(min(global_norm(grads), max_norm), rel=1e-9)
    ratio = clipped[0][0, 0] / grads[0][0, 0]
    for after, before in zip(clipped, grads, strict=True):
        np.testing.assert_allclose(after, ratio * before, rtol=1e-9)
    if global_norm(grads) <= max_norm:
        assert ratio == 1.0


def test_one_gradient_alone():
    grad = drawn()[0]
    np.testing.assert_array_equal(clip(grad, 100.0), grad)
    np.testing.assert_allclose(clip(grad, 0.5), 0.5 * grad / np.linalg.norm(grad), rtol=1e-12)
    np.testing.assert_array_equal(clip(np.zeros(3), 1.0), np.zeros(3))
    assert clip_by_global_norm([np.zeros(3)], 1.0)[0].tolist() == [0, 0, 0]


def cosine(one, other):
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


def test_cutting_each_element_turns_the_gradient():
    """[100, 1] cut to ±1 is [1, 1]: 44 degrees off. Shortened by its norm, the direction stays."""
    grad = np.array([100.0, 1.0])
    assert cosine(clip(grad, 1.0), grad) == pytest.approx(1.0, abs=1e-12)
    turned = np.degrees(np.arccos(cosine(np.clip(grad, -1, 1), grad)))
    assert turned == pytest.approx(44.43, abs=0.01)


def test_dividing_always_lengthens_small_gradients():
    """g · c / ‖g‖ without min(1, ·) is no clipping: every step has the same length, also at the minimum."""
    grad = np.array([3e-6, 4e-6])
    np.testing.assert_array_equal(clip(grad, 1.0), grad)
    normalised = grad * 1.0 / np.linalg.norm(grad)
    assert np.linalg.norm(normalised) / np.linalg.norm(grad) == pytest.approx(2e5)


def test_a_factor_of_its_own_for_each_tensor_turns_the_step():
    grads = [np.array([100.0]), np.array([1.0])]
    together = np.concatenate(clip_by_global_norm(grads, 1.0))
    each = np.concatenate([clip(grad, 1.0) for grad in grads])
    assert cosine(together, np.concatenate(grads)) == pytest.approx(1.0, abs=1e-12)
    assert each.tolist() == [1.0, 1.0] and np.linalg.norm(each) > 1.4  # turned, and still too long


@pytest.mark.parametrize("max_norm", [0.0, -1.0])
def test_a_norm_that_is_not_above_zero_is_refused(max_norm):
    with pytest.raises(ValueError, match=f"must be above 0, not {max_norm}"):
        clip_by_global_norm(drawn(), max_norm)
    with pytest.raises(ValueError, match=f"must be above 0, not {max_norm}"):
        clip(drawn()[0], max_norm)
