"""Convolution: one small kernel looked for at every place of a picture.

Frameworks say convolution and compute the cross-correlation, which slides the kernel as it is; the convolution
of mathematics turns it by 180° first. A network that learns its kernel cannot tell the two apart. Neither is the
matrix product of picture and kernel, though each is *a* matrix product: of the unfolded picture with the kernel
laid flat, or of the kernel's Toeplitz matrix with the picture laid flat.

Pictures are (B, C, H, W): H rows, W columns. Kernels are (O, C, P, Q): O output channels, P rows, Q columns.
Stride, padding and dilation are the same for rows and columns.
"""

import numpy as np

from jinjie.scratch import Array


def convolution_output_size(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """How many places a kernel has along one axis (Dumoulin & Visin 2016, relationships 6 and 15).

    Formula `convolution-output-size`: n' = ⌊(n + 2p − d (k − 1) − 1) / s⌋ + 1

    >>> convolution_output_size(28, kernel=5, stride=2, padding=1)
    13
    """
    reach = dilation * (kernel - 1) + 1
    places = (size + 2 * padding - reach) // stride + 1
    if places < 1:
        raise ValueError(f"a kernel that reaches over {reach} does not fit into {size} + 2 · {padding}")
    return places


def border(x: Array, padding: int) -> Array:
    """The pictures with so many rings of zeros around them.

    >>> border(np.array([[[[7.0]]]]), padding=1)[0, 0]
    array([[0., 0., 0.],
           [0., 7., 0.],
           [0., 0., 0.]])
    """
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def windows(x: Array, rows: int, columns: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Array:
    """What the kernel sees at each of its places: (B, C, H, W) → (B, C, H', W', P, Q).

    >>> windows(np.arange(6.0).reshape(1, 1, 2, 3), rows=2, columns=2)[0, 0, 0, 1]
    array([[1., 2.],
           [4., 5.]])
    """
    convolution_output_size(x.shape[2], rows, stride, padding, dilation)
    convolution_output_size(x.shape[3], columns, stride, padding, dilation)
    padded = border(x, padding)
    reach = (dilation * (rows - 1) + 1, dilation * (columns - 1) + 1)
    seen = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(2, 3))
    return seen[:, :, ::stride, ::stride, ::dilation, ::dilation]


def cross_correlation(
    x: Array, weight: Array, bias: Array, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Array:
    """What `Conv2d` computes: the kernel's inner product with the picture at every place; (B, O, H', W').

    The picture is padded with zeros first (LeCun et al. 1998; Goodfellow, Bengio & Courville 2016, equation 9.6).

    Formula `cross-correlation`: y[b, o, i, j] = β[o] + Σ_c Σ_p Σ_q x[b, c, s i + d p, s j + d q] w[o, c, p, q]

    >>> x = np.arange(12.0).reshape(1, 1, 3, 4)
    >>> weight = np.array([[[[1.0, 2.0], [3.0, 5.0]]]])
    >>> cross_correlation(x, weight, bias=np.array([0.5]))
    array([[[[ 39.5,  50.5,  61.5],
             [ 83.5,  94.5, 105.5]]]])
    """
    if x.shape[1] != weight.shape[1]:
        raise ValueError(
            f"the kernel looks at {weight.shape[1]} channels, but the picture has {x.shape[1]}: "
            f"x {x.shape}, weight {weight.shape}"
        )
    seen = windows(x, weight.shape[2], weight.shape[3], stride, padding, dilation)
    products: Array = np.einsum("bcijpq,ocpq->boij", seen, weight)
    return products + bias[:, None, None]


def cross_correlation_backward(
    upstream: Array,
    x: Array,
    weight: Array,
    bias: Array,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> tuple[Array, Array, Array]:
    """The gradients for picture, kernel and bias; `upstream` is (B, O, H', W').

    Each weight met one pixel at each place, so it gathers there; each pixel gives back where it was seen.
    At stride 1 the picture's gradient is a true convolution of `upstream` with the kernel.

    Formula `cross-correlation-gradient`: ∂L/∂w[o, c, p, q] = Σ_b Σ_i Σ_j g[b, o, i, j] x[b, c, s i + d p, s j + d q];
    ∂L/∂x[b, c, s i + d p, s j + d q] += Σ_o g[b, o, i, j] w[o, c, p, q];  ∂L/∂β[o] = Σ_b Σ_i Σ_j g[b, o, i, j]

    >>> x, weight = np.arange(12.0).reshape(1, 1, 3, 4), np.array([[[[1.0, 2.0], [3.0, 5.0]]]])
    >>> upstream = np.array([[[[1.0, 0.0, 0.0], [0.0, 0.0, 10.0]]]])
    >>> grad_x, grad_weight, grad_bias = cross_correlation_backward(upstream, x, weight, bias=np.zeros(1))
    >>> grad_x[0, 0]
    array([[ 1.,  2.,  0.,  0.],
           [ 3.,  5., 10., 20.],
           [ 0.,  0., 30., 50.]])
    """
    seen = windows(x, weight.shape[2], weight.shape[3], stride, padding, dilation)
    grad_bias = upstream.sum(axis=(0, 2, 3))
    grad_weight = np.einsum("boij,bcijpq->ocpq", upstream, seen)
    height, width = x.shape[2:]
    grad_padded = np.zeros_like(border(x, padding))
    for p, q in np.ndindex(weight.shape[2:]):
        rows = dilation * p + stride * np.arange(upstream.shape[2])
        columns = dilation * q + stride * np.arange(upstream.shape[3])
        given = np.einsum("boij,oc->bcij", upstream, weight[:, :, p, q])
        grad_padded[:, :, rows[:, None], columns] += given
    grad_x = grad_padded[:, :, padding : padding + height, padding : padding + width]
    return grad_x, grad_weight, grad_bias


def convolution(x: Array, weight: Array, bias: Array, stride: int = 1, padding: int = 0) -> Array:
    """The convolution of mathematics: the kernel turned by 180°, then the cross-correlation.

    The turn is what makes it commutative and associative (Goodfellow, Bengio & Courville 2016, equations 9.4 to 9.6).

    Formula `convolution`: y[b, o, i, j] = β[o] + Σ_c Σ_p Σ_q x[b, c, s i + p, s j + q] w[o, c, P − 1 − p, Q − 1 − q]

    >>> x = np.arange(12.0).reshape(1, 1, 3, 4)
    >>> weight = np.array([[[[1.0, 2.0], [3.0, 5.0]]]])
    >>> convolution(x, weight, bias=np.array([0.5]))
    array([[[[16.5, 27.5, 38.5],
             [60.5, 71.5, 82.5]]]])
    """
    turned = weight[:, :, ::-1, ::-1]
    return cross_correlation(x, turned, bias, stride, padding)


def convolution_backward(
    upstream: Array, x: Array, weight: Array, bias: Array, stride: int = 1, padding: int = 0
) -> tuple[Array, Array, Array]:
    """The gradients for picture, kernel and bias: those of the turned kernel, the kernel's turned back.

    >>> x, upstream = np.arange(6.0).reshape(1, 1, 2, 3), np.array([[[[1.0, 0.0]]]])
    >>> _, grad_weight, _ = convolution_backward(upstream, x, weight=np.ones((1, 1, 2, 2)), bias=np.zeros(1))
    >>> grad_weight[0, 0]
    array([[4., 3.],
           [1., 0.]])
    """
    turned = weight[:, :, ::-1, ::-1]
    grad_x, grad_turned, grad_bias = cross_correlation_backward(upstream, x, turned, bias, stride, padding)
    return grad_x, grad_turned[:, :, ::-1, ::-1], grad_bias


def unfold(x: Array, rows: int, columns: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Array:
    """Each place's window as a column, (B, C·P·Q, L): what turns the sum into one matrix product, hence fast.

    Formula `unfold`: X[b, (c P + p) Q + q, i W' + j] = x[b, c, s i + d p, s j + d q];  y = w_flat X + β

    >>> unfold(np.arange(6.0).reshape(1, 1, 2, 3), rows=2, columns=2)
    array([[[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]]])
    """
    seen = windows(x, rows, columns, stride, padding, dilation)
    batch, channels, high, wide = seen.shape[:4]
    return seen.transpose(0, 1, 4, 5, 2, 3).reshape(batch, channels * rows * columns, high * wide)


def toeplitz(kernel: Array, height: int, width: int) -> Array:
    """The matrix (H'·W', H·W) that cross-correlates a flattened picture with one kernel (P, Q).

    Nearly all of it is zero, and the same few numbers return in every row: a layer with few weights, shared.

    Formula `convolution-as-matrix`: M[i W' + j, (i + p) W + (j + q)] = w[p, q], else 0;  vec(y) = M vec(x)

    >>> toeplitz(np.array([[1.0, 2.0], [3.0, 5.0]]), height=2, width=3)
    array([[1., 2., 0., 3., 5., 0.],
           [0., 1., 2., 0., 3., 5.]])
    """
    rows, columns = kernel.shape
    high = convolution_output_size(height, rows)
    wide = convolution_output_size(width, columns)
    matrix = np.zeros((high, wide, height, width))
    for i, j in np.ndindex(high, wide):
        matrix[i, j, i : i + rows, j : j + columns] = kernel
    return matrix.reshape(high * wide, height * width)
