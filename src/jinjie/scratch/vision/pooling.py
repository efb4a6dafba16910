"""Pooling: a window's summary in place of its pixels, so that a small shift of the picture changes little.

Pictures are (B, C, H, W). Windows are `size` × `size` and move by `stride`, which is `size` unless told: windows
that touch without overlapping. What does not fill a last window is left out.
"""

import numpy as np

from jinjie.scratch import Array
from jinjie.scratch.vision.convolution import windows


def max_pool(x: Array, size: int, stride: int | None = None) -> Array:
    """The strongest answer within each window: that a feature is there, not where exactly; (B, C, H', W').

    Formula `max-pooling`: y[b, c, i, j] = max over p, q < k of x[b, c, s i + p, s j + q]

    >>> x = np.array([[[[1.0, 9.0, 2.0, 4.0], [3.0, 5.0, 8.0, 7.0]]]])
    >>> max_pool(x, size=2)
    array([[[[9., 8.]]]])
    """
    seen = windows(x, size, size, stride or size)
    y: Array = seen.max(axis=(4, 5))
    return y


def max_pool_backward(upstream: Array, x: Array, size: int, stride: int | None = None) -> Array:
    """Each window's gradient goes to its maximum alone; of equal maxima to the first, row by row.

    Formula `max-pooling-gradient`: ∂L/∂x[b, c, s i + p*, s j + q*] += g[b, c, i, j],  (p*, q*) = the window's argmax

    >>> x = np.array([[[[1.0, 9.0, 2.0, 8.0], [3.0, 5.0, 8.0, 7.0]]]])
    >>> max_pool_backward(np.array([[[[0.5, -2.0]]]]), x, size=2)[0, 0]
    array([[ 0. ,  0.5,  0. , -2. ],
           [ 0. ,  0. ,  0. ,  0. ]])
    """
    stride = stride or size
    seen = windows(x, size, size, stride)
    first = seen.reshape(*seen.shape[:4], size * size).argmax(axis=-1)
    p, q = np.divmod(first, size)
    b, c, i, j = np.indices(upstream.shape)
    grad_x = np.zeros_like(x)
    # add.at and not +=: where windows overlap, one pixel may be the maximum of several.
    np.add.at(grad_x, (b, c, stride * i + p, stride * j + q), upstream)
    return grad_x


def average_pool(x: Array, size: int, stride: int | None = None) -> Array:
    """The mean of each window (LeCun et al. 1998, subsampling); (B, C, H', W').

    Formula `average-pooling`: y[b, c, i, j] = 1/k² Σ_p Σ_q x[b, c, s i + p, s j + q]

    >>> x = np.array([[[[1.0, 9.0, 2.0, 4.0], [3.0, 5.0, 8.0, 7.0]]]])
    >>> average_pool(x, size=2, stride=1)
    array([[[[4.5 , 6.  , 5.25]]]])
    """
    seen = windows(x, size, size, stride or size)
    y: Array = seen.mean(axis=(4, 5))
    return y


def average_pool_backward(upstream: Array, x: Array, size: int, stride: int | None = None) -> Array:
    """Each pixel of a window gets an equal share of that window's gradient.

    Formula `average-pooling-gradient`: ∂L/∂x[b, c, s i + p, s j + q] += g[b, c, i, j] / k²  for all p, q < k

    >>> average_pool_backward(np.array([[[[4.0, -8.0]]]]), x=np.zeros((1, 1, 2, 4)), size=2)[0, 0]
    array([[ 1.,  1., -2., -2.],
           [ 1.,  1., -2., -2.]])
    """
    stride = stride or size
    share = upstream / size**2
    grad_x = np.zeros_like(x)
    for p, q in np.ndindex(size, size):
        rows = stride * np.arange(upstream.shape[2]) + p
        columns = stride * np.arange(upstream.shape[3]) + q
        grad_x[:, :, rows[:, None], columns] += share
    return grad_x


def global_average_pool(x: Array) -> Array:
    """One number a channel, whatever the picture's size: from feature maps to a classifier (Lin, Chen & Yan 2014).

    Formula `global-average-pooling`: y[b, c] = 1/(H W) Σ_i Σ_j x[b, c, i, j]

    >>> global_average_pool(np.array([[[[1.0, 2.0, 3.0]], [[4.0, 4.0, 7.0]]]]))
    array([[2., 5.]])
    """
    y: Array = x.mean(axis=(2, 3))
    return y


def global_average_pool_backward(upstream: Array, x: Array) -> Array:
    """Every pixel of a channel gets the same share of the gradient (B, C).

    >>> global_average_pool_backward(np.array([[6.0]]), x=np.zeros((1, 1, 1, 3)))
    array([[[[2., 2., 2.]]]])
    """
    height, width = x.shape[2:]
    share = upstream / (height * width)
    return np.broadcast_to(share[:, :, None, None], x.shape).copy()
