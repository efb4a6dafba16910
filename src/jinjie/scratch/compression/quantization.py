"""Quantisation: real numbers kept as 8-bit integers and a scale, and matrices multiplied as integers.

x ≈ s (q − z): the scale s is the width of one step, the zero point z the integer that stands for 0. Weights are
commonly symmetric (z = 0), activations affine. With `axis`, each channel along that axis has a scale of its own;
scales keep their axes (size 1), so that they broadcast against x. Source: Jacob et al. 2018, §2.
"""

import numpy as np
from numpy.typing import NDArray

from jinjie.scratch import Array

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]


def symmetric_scale(x: Array, axis: int | None = None, bits: int = 8) -> Array:
    """The step at which the largest |x| becomes the largest integer: −127 … 127 in eight bits, 0 stays 0.

    Formula `symmetric-scale`: s = max |x| / (2ᵇ⁻¹ − 1)

    >>> symmetric_scale(np.array([[0.5, -2.54], [0.1, 1.27]]), axis=0)  # a scale for each row
    array([[0.02],
           [0.01]])
    """
    largest = np.max(np.abs(x), axis=_others(x, axis), keepdims=True)
    steps = 2 ** (bits - 1) - 1
    return np.where(largest > 0, largest / steps, 1.0)  # all zeros: any step will do, but not none


def affine_scale(x: Array, axis: int | None = None, bits: int = 8) -> tuple[Array, Int32]:
    """Step and zero point at which the range of x fills all integers, −128 … 127 in eight bits.

    The range is stretched to hold 0, which must be exact: it is what ReLU and padding give. Each (1, …, 1), but for
    `axis`.

    Formula `affine-scale`: s = (max(x, 0) − min(x, 0)) / (2ᵇ − 1);  z = −2ᵇ⁻¹ − round(min(x, 0) / s)

    >>> scale, zero = affine_scale(np.array([-1.0, 0.0, 4.1]))
    >>> scale, zero
    (array([0.02]), array([-78], dtype=int32))
    """
    low = np.minimum(np.min(x, axis=_others(x, axis), keepdims=True), 0)
    high = np.maximum(np.max(x, axis=_others(x, axis), keepdims=True), 0)
    steps = 2**bits - 1
    scale = np.where(high > low, (high - low) / steps, 1.0)
    zero = -(2 ** (bits - 1)) - np.round(low / scale)
    return scale, zero.astype(np.int32)


def quantize(x: Array, scale: Array | float, zero: Int32 | int = 0, bits: int = 8) -> Int8:
    """To the nearest integer (halves to the even one), and to the nearest end of the range where it is left.

    Formula `quantize`: q = clip(round(x / s) + z, −2ᵇ⁻¹, 2ᵇ⁻¹ − 1)

    >>> quantize(np.array([0.26, -1.0, 99.0]), scale=0.1, zero=5)
    array([  8,  -5, 127], dtype=int8)
    """
    if np.min(scale) <= 0:
        raise ValueError(f"expected a scale above 0, got {np.min(scale)}")
    if not 2 <= bits <= 8:
        raise ValueError(f"expected from 2 to 8 bits, which an int8 can hold, got {bits}")
    q = np.round(x / scale) + zero
    half = 2 ** (bits - 1)
    return np.clip(q, -half, half - 1).astype(np.int8)


def dequantize(q: Int8, scale: Array | float, zero: Int32 | int = 0) -> Array:
    """The real numbers that the integers stand for. Where nothing was clipped, within s/2 of what they were.

    Formula `dequantize`: x̂ = s (q − z)

    >>> dequantize(np.array([8, -5, 127], dtype=np.int8), scale=0.1, zero=5).round(4)
    array([ 0.3, -1. , 12.2])
    """
    return scale * (q.astype(np.float64) - zero)


def int8_matmul(
    a: Int8, b: Int8, scale_a: Array | float, scale_b: Array | float, zero_a: Int32 | int = 0
) -> Array:
    """A product of real matrices worked out in integers: 8-bit factors, 32-bit sums, one scaling at the end.

    a (..., M, K) may have a zero point; b (K, N) has none, and may have a scale for each column, (1, N). One product
    of two int8 needs up to 15 bits, a sum of K of them log₂ K more: int8 sums would wrap round.

    Formula `int8-matmul`: Y = s_a s_b (A − z_a) B,  the product in int32

    >>> a, b = np.array([[100, 100]], dtype=np.int8), np.array([[100], [50]], dtype=np.int8)
    >>> int8_matmul(a, b, scale_a=0.5, scale_b=0.01)
    array([[75.]])
    """
    if a.dtype != np.int8 or b.dtype != np.int8:
        raise ValueError(f"expected int8 matrices, got {a.dtype} and {b.dtype}")
    total = (a.astype(np.int32) - zero_a) @ b.astype(np.int32)
    y: Array = scale_a * scale_b * total.astype(np.float64)
    return y


def _others(x: Array, axis: int | None) -> tuple[int, ...]:
    """All axes but `axis`: those over which one scale is shared."""
    return tuple(i for i in range(x.ndim) if axis is None or i != axis % x.ndim)
