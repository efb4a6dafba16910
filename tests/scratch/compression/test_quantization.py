"""Quantisation against PyTorch's own integers, its error bound, and integer products that are exact."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from jinjie.scratch.compression.quantization import (
    affine_scale,
    dequantize,
    int8_matmul,
    quantize,
    symmetric_scale,
)

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False, width=32)
TENSORS = arrays(np.float64, array_shapes(max_dims=3, max_side=5), elements=NUMBERS)


def drawn(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def of_pytorch(x, scale, zero, axis=None):
    """PyTorch's integers. It works in float32: scales here are powers of two, at which no rounding differs."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # the functions are to go; nothing else of PyTorch's has int8 arithmetic
        if axis is None:
            made = torch.quantize_per_tensor(torch.tensor(x).float(), float(scale), int(zero), torch.qint8)
        else:
            flat = torch.tensor(np.ravel(scale)), torch.tensor(np.ravel(zero))
            made = torch.quantize_per_channel(torch.tensor(x).float(), *flat, axis, torch.qint8)
        return made.int_repr().numpy(), made.dequantize().numpy()


@pytest.mark.parametrize("zero", [0, 6, -100])
def test_scales_and_integers_are_pytorchs(zero):
    """Per tensor, with numbers beyond both ends and halves, which go to the even integer.

    Halves need an even zero point: PyTorch adds it before it rounds, Jacob et al. and ONNX after.
    """
    x = np.concatenate([drawn(500).astype(np.float32) * 8, [0.125, 0.375, -0.125, -0.375, 100, -100]])
    q = quantize(x, scale=0.25, zero=zero)
    expected, back = of_pytorch(x, 0.25, zero)
    assert q.dtype == np.int8
    np.testing.assert_array_equal(q, expected)
    np.testing.assert_array_equal(dequantize(q, 0.25, zero), back)
    assert {q.min(), q.max()} == {-128, 127}


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_channels_have_scales_of_their_own_as_in_pytorch(axis):
    x = drawn(2, 3, 4) * np.array([1.0, 10.0, 0.1, 5.0])
    scale = symmetric_scale(x, axis)
    others = tuple(i for i in range(3) if i != axis)
    np.testing.assert_array_equal(scale, np.abs(x).max(axis=others, keepdims=True) / 127)
    assert scale.shape == tuple(x.shape[i] if i == axis else 1 for i in range(3))
    np.testing.assert_array_equal(symmetric_scale(x, axis - 3), scale)  # counted from the end
    scale = 2.0 ** np.ceil(np.log2(scale))
    expected, _ = of_pytorch(x, scale, np.zeros_like(scale, dtype=int), axis)
    np.testing.assert_array_equal(quantize(x.astype(np.float32), scale), expected)
    affine, zero = affine_scale(x, axis)
    low, high = np.minimum(x.min(axis=others), 0), np.maximum(x.max(axis=others), 0)
    np.testing.assert_allclose(affine.ravel(), (high - low) / 255, rtol=1e-12)
    assert affine.shape == zero.shape == scale.shape


def test_one_scale_for_each_channel_loses_less():
    """A layer whose rows differ a hundredfold: the small row's error is a hundred times smaller with its own scale."""
    x = drawn(2, 1000) * np.array([[1.0], [100.0]])
    errors = [
        np.abs(dequantize(quantize(x, s), s) - x)[0].max()
        for s in (symmetric_scale(x), symmetric_scale(x, 0))
    ]
    assert symmetric_scale(x).shape == (1, 1)
    assert errors[0] / errors[1] > 80


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize(
    "x", [drawn(50), drawn(50) + 100, drawn(50) - 100, np.abs(drawn(4, 5))], ids=range(4)
)
def test_affine_ranges_are_those_of_pytorchs_observer(x, bits):
    """The observer keeps float32: 1e-6. Ours fills the whole range of integers: both ends are reached or 0 is one."""
    half = 2 ** (bits - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        observer = torch.ao.quantization.MinMaxObserver(torch.qint8, quant_min=-half, quant_max=half - 1)
        observer(torch.tensor(x).float())
        expected_scale, expected_zero = observer.calculate_qparams()
    scale, zero = affine_scale(x, bits=bits)
    assert scale.ravel() == pytest.approx(expected_scale.numpy(), rel=1e-6)
    assert zero.ravel() == expected_zero.numpy() and zero.dtype == np.int32
    assert quantize(np.zeros(1), scale.ravel(), zero.ravel(), bits) == zero.ravel()  # 0 is exact
    ends = quantize(np.array([min(x.min(), 0), max(x.max(), 0)]), scale.ravel(), zero.ravel(), bits)
    assert np.abs(ends - np.array([-half, half - 1])).max() <= 1


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_symmetric_integers_are_as_far_below_zero_as_above(bits):
    x = drawn(300)
    largest = 2 ** (bits - 1) - 1
    scale = symmetric_scale(x, bits=bits)
    assert scale == np.abs(x).max() / largest
    q = quantize(x, scale, bits=bits)
    assert np.abs(q).max() == largest and quantize(-np.abs(x), scale, bits=bits).min() == -largest
    wild = quantize(np.array([-1e9, 1e9]), 1.0, bits=bits)
    assert wild.tolist() == [-largest - 1, largest]


@settings(max_examples=50, deadline=None)
@given(TENSORS, st.booleans(), st.sampled_from([2, 5, 8]))
def test_the_error_is_at_most_half_a_step(x, per_channel, bits):
    """Symmetric for any tensor, all zeros too; a ten-millionth of the size is rounding."""
    scale = symmetric_scale(x, 0 if per_channel else None, bits)
    error = np.abs(dequantize(quantize(x, scale, bits=bits), scale) - x)
    assert np.all(error <= scale / 2 + 1e-7 * np.abs(x))


@settings(max_examples=50, deadline=None)
@given(TENSORS, st.booleans())
def test_the_affine_error_is_at_most_a_step(x, per_channel):
    """Half a step, and another half at an end where the rounded zero point has pushed a number out."""
    scale, zero = affine_scale(x, 0 if per_channel else None)
    error = np.abs(dequantize(quantize(x, scale, zero), scale, zero) - x)
    assert np.all(error <= scale + 1e-7 * np.abs(x))
    assert np.all(dequantize(quantize(0 * x, scale, zero), scale, zero) == 0)


def test_a_range_without_zero_loses_everything():
    """Numbers from 100 to 101, zero point clipped into int8: all fall on one integer. Stretched: half a step of 0.4."""
    x = np.linspace(100, 101, 50)
    scale = (x.max() - x.min()) / 255
    printed = -128 - np.round(x.min() / scale)
    assert printed == -25628  # no int8
    assert set(quantize(x, scale, int(np.clip(printed, -128, 127)))) == {127}
    scale, zero = affine_scale(x)
    back = dequantize(quantize(x, scale, zero), scale, zero)
    assert np.abs(back - x).max() <= scale / 2 + 1e-9 and scale == pytest.approx(101 / 255, rel=1e-12)


def test_cutting_off_errs_by_a_whole_step_to_one_side():
    """Over 10,000 numbers: the mean error of floor is half a step, ours a fiftieth of that at most."""
    x = np.random.default_rng(0).uniform(-1, 1, 10_000)
    scale = float(symmetric_scale(x)[0])
    ours = (dequantize(quantize(x, scale), scale) - x) / scale
    printed = np.floor(x / scale) - x / scale
    assert np.abs(ours).max() <= 0.5 + 1e-9 and abs(ours.mean()) < 0.01
    assert np.abs(printed).max() > 0.99 and printed.mean() == pytest.approx(-0.5, abs=0.01)


def test_the_zero_point_comes_off_before_the_scale():
    """Ours gives 0 back exactly; with s q − z it comes back as z (s − 1), 76 for numbers within ±1."""
    x = np.array([-0.2, 0.0, 1.0])
    scale, zero = affine_scale(x)
    q = quantize(x, scale, zero)
    assert dequantize(q, scale, zero)[1] == 0
    printed = scale * q.astype(float) - zero
    np.testing.assert_allclose(printed - dequantize(q, scale, zero), (zero * (scale - 1)).item(), rtol=1e-9)
    assert printed[1] > 76


@pytest.mark.parametrize("zero", [0, -77])
@pytest.mark.parametrize("batch", [(), (2, 3)])
def test_the_integer_product_is_exact(zero, batch):
    """The product of the dequantised matrices to 1e-12, a scale for each column, up to the integers' ends."""
    rng = np.random.default_rng(0)
    a = rng.integers(-128, 128, (*batch, 4, 300)).astype(np.int8)
    b = rng.integers(-127, 128, (300, 5)).astype(np.int8)
    scale_b = rng.uniform(0.001, 0.1, (1, 5))
    y = int8_matmul(a, b, 0.02, scale_b, zero)
    np.testing.assert_allclose(y, dequantize(a, 0.02, zero) @ dequantize(b, scale_b), rtol=1e-12, atol=1e-9)
    assert y.shape == (*batch, 4, 5) and y.dtype == np.float64
    np.testing.assert_array_equal(int8_matmul(a, b, 1.0, 1.0), int8_matmul(a, b, 1.0, 1.0, 0))
    integers = torch.tensor(a - 0).int() @ torch.tensor(b).int()
    np.testing.assert_array_equal(int8_matmul(a, b, 1.0, 1.0), integers.numpy())


def test_sums_in_eight_bits_wrap_round():
    """NumPy's int8 product: 15,000 comes out as −104, and says nothing."""
    a, b = np.array([[100, 100]], np.int8), np.array([[100], [50]], np.int8)
    assert (a @ b).item() == -104
    assert int8_matmul(a, b, 1.0, 1.0).item() == 15_000
    long = np.full((1, 100_000), 127, np.int8)  # and sums beyond 16 bits
    assert int8_matmul(long, long.T, 1.0, 1.0).item() == 127 * 127 * 100_000


def test_all_zeros_stay_zeros():
    for scale in (symmetric_scale(np.zeros((2, 3))), affine_scale(np.zeros((2, 3)))[0]):
        np.testing.assert_array_equal(scale, [[1.0]])
    assert affine_scale(np.zeros((2, 3)))[1].item() == -128
    np.testing.assert_array_equal(symmetric_scale(np.array([[0.0, 0.0], [0.0, 127.0]]), 0), [[1.0], [1.0]])


def test_what_no_int8_can_be_is_refused():
    for scale in (0.0, -0.1, np.array([0.1, 0.0])):
        with pytest.raises(ValueError, match="expected a scale above 0, got"):
            quantize(np.ones(2), scale)
    for bits in (1, 9):
        with pytest.raises(ValueError, match=f"expected from 2 to 8 bits, .* got {bits}"):
            quantize(np.ones(2), 1.0, bits=bits)
    ints = np.ones((2, 2), np.int8)
    for pair in ((ints.astype(np.int32), ints), (ints, ints.astype(np.int32))):
        with pytest.raises(ValueError, match="expected int8 matrices, got"):
            int8_matmul(*pair, 1.0, 1.0)
