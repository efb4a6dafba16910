"""Augmentation: changes to a picture that leave its meaning, so that one example teaches as several do.

Pictures are (N, C, H, W); for the changes of colour they are RGB with values in [0, 1]. What each picture gets is
drawn for that picture alone.
"""

import numpy as np

from jinjie.scratch import Array
from jinjie.scratch.vision.convolution import border

# How bright red, green and blue look (ITU-R BT.601).
LUMA = np.array([0.299, 0.587, 0.114])


def shift(x: Array, down: int, right: int) -> Array:
    """Move pictures by whole pixels; what comes in at the edge is zero.

    Formula `image-shift`: y[n, c, i, j] = x[n, c, i − a, j − b],  0 outside the picture

    >>> shift(np.arange(1.0, 7.0).reshape(1, 1, 2, 3), down=1, right=-1)
    array([[[[0., 0., 0.],
             [2., 3., 0.]]]])
    """
    height, width = x.shape[2:]
    rows = np.arange(height) - down
    columns = np.arange(width) - right
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    moved = x[:, :, rows[:, None] % height, columns % width]
    return np.where(inside, moved, 0)


def flip(x: Array) -> Array:
    """The mirror picture, left for right: the same cat, but not the same letter.

    Formula `horizontal-flip`: y[n, c, i, j] = x[n, c, i, W − 1 − j]

    >>> flip(np.array([[[[1.0, 2.0, 3.0]]]]))
    array([[[[3., 2., 1.]]]])
    """
    return x[:, :, :, ::-1]


def random_flip(x: Array, rng: np.random.Generator, probability: float = 0.5) -> Array:
    """Mirror each picture with the probability given.

    >>> random_flip(np.array([[[[1.0, 2.0]]], [[[3.0, 4.0]]]]), np.random.default_rng(0))[:, 0, 0]
    array([[1., 2.],
           [4., 3.]])
    """
    chosen = rng.random(len(x)) < probability
    return np.where(chosen[:, None, None, None], flip(x), x)


def crop(x: Array, top: int, left: int, height: int, width: int) -> Array:
    """The rectangle of `height` rows and `width` columns whose first pixel is (top, left).

    Formula `crop`: y[n, c, i, j] = x[n, c, a + i, b + j]

    >>> crop(np.arange(12.0).reshape(1, 1, 3, 4), top=1, left=2, height=2, width=1)[0, 0]
    array([[ 6.],
           [10.]])
    """
    if top < 0 or left < 0 or top + height > x.shape[2] or left + width > x.shape[3]:
        raise ValueError(
            f"rows {top} to {top + height} and columns {left} to {left + width} do not lie "
            f"within a picture of {x.shape[2]} × {x.shape[3]}"
        )
    return x[:, :, top : top + height, left : left + width]


def random_crop(x: Array, rng: np.random.Generator, height: int, width: int, padding: int = 0) -> Array:
    """From each picture a rectangle at a place of its own, after a border of zeros (He et al. 2016, §4.2: 4 pixels).

    >>> x = np.arange(12.0).reshape(1, 1, 3, 4)
    >>> random_crop(x, np.random.default_rng(0), height=2, width=2)[0, 0]
    array([[ 5.,  6.],
           [ 9., 10.]])
    """
    padded = border(x, padding)
    tops = rng.integers(padded.shape[2] - height, size=len(x), endpoint=True)
    lefts = rng.integers(padded.shape[3] - width, size=len(x), endpoint=True)
    cut = [crop(padded[[n]], tops[n], lefts[n], height, width) for n in range(len(x))]
    return np.concatenate(cut)


def brightness(x: Array, factor: Array) -> Array:
    """Between black (factor 0), the picture (1) and brighter; `factor` has one number a picture.

    Formula `brightness`: y = clip(f x, 0, 1)

    >>> brightness(np.array([[[[0.2, 0.6]], [[0.4, 0.4]], [[0.0, 1.0]]]]), factor=np.array([1.5]))[0, :, 0]
    array([[0.3, 0.9],
           [0.6, 0.6],
           [0. , 1. ]])
    """
    y: Array = np.clip(factor[:, None, None, None] * x, 0, 1)
    return y


def luminance(x: Array) -> Array:
    """How bright each pixel looks, (N, 1, H, W): green counts most, blue least.

    Formula `luminance`: ℓ = 0.299 R + 0.587 G + 0.114 B

    >>> luminance(np.array([[[[1.0, 0.2]], [[0.0, 0.2]], [[0.0, 0.2]]]]))
    array([[[[0.299, 0.2  ]]]])
    """
    if x.shape[1] != 3:
        raise ValueError(f"colours need 3 channels (red, green, blue), but x has {x.shape[1]}: {x.shape}")
    weighted: Array = np.einsum("nchw,c->nhw", x, LUMA)
    return weighted[:, None]


def contrast(x: Array, factor: Array) -> Array:
    """Between an even grey of the picture's own brightness (factor 0), the picture (1) and starker.

    Formula `contrast`: y = clip(f x + (1 − f) m, 0, 1),  m = 1/(H W) Σ ℓ

    >>> contrast(np.array([[[[0.2, 0.6]], [[0.2, 0.6]], [[0.2, 0.6]]]]), factor=np.array([0.5]))[0, :, 0].round(4)
    array([[0.3, 0.5],
           [0.3, 0.5],
           [0.3, 0.5]])
    """
    mean = luminance(x).mean(axis=(2, 3), keepdims=True)
    f = factor[:, None, None, None]
    y: Array = np.clip(f * x + (1 - f) * mean, 0, 1)
    return y


def saturation(x: Array, factor: Array) -> Array:
    """Between the black-and-white picture (factor 0), the picture (1) and more colourful.

    Formula `saturation`: y = clip(f x + (1 − f) ℓ, 0, 1)

    >>> saturation(np.array([[[[1.0]], [[0.0]], [[0.0]]]]), factor=np.array([0.5])).ravel()
    array([0.6495, 0.1495, 0.1495])
    """
    f = factor[:, None, None, None]
    y: Array = np.clip(f * x + (1 - f) * luminance(x), 0, 1)
    return y


def colour_jitter(x: Array, rng: np.random.Generator, strength: float = 0.2) -> Array:
    """Brightness, contrast and saturation of each picture, each by a factor from [1 − strength, 1 + strength].

    >>> colour_jitter(np.full((1, 3, 1, 1), 0.5), np.random.default_rng(0)).round(4).ravel()
    array([0.5274, 0.5274, 0.5274])
    """
    if x.min() < 0 or x.max() > 1:
        raise ValueError(f"colours must lie in [0, 1], but x goes from {x.min():g} to {x.max():g}")
    for change in (brightness, contrast, saturation):
        x = change(x, rng.uniform(1 - strength, 1 + strength, size=len(x)))
    return x


def mix_up(x: Array, y: Array, x_other: Array, y_other: Array, lam: float) -> tuple[Array, Array]:
    """Two pictures laid over one another, and their labels in the same proportion (Zhang et al. 2018, §1).

    Labels (N, K) are one-hot or probabilities: a class number cannot be mixed.

    Formula `mix-up`: x̃ = λ x + (1 − λ) x′;  ỹ = λ y + (1 − λ) y′

    >>> x, x_other = np.array([[[[1.0, 0.0]]]]), np.array([[[[0.0, 0.5]]]])
    >>> mix_up(x, np.array([[1.0, 0.0]]), x_other, np.array([[0.0, 1.0]]), lam=0.75)
    (array([[[[0.75 , 0.125]]]]), array([[0.75, 0.25]]))
    """
    if y.ndim != 2:
        raise ValueError(f"labels to mix are one-hot or probabilities, (N, K), but y is {y.shape}")
    x_mixed = lam * x + (1 - lam) * x_other
    y_mixed = lam * y + (1 - lam) * y_other
    return x_mixed, y_mixed


def random_mix_up(x: Array, y: Array, rng: np.random.Generator, alpha: float = 0.2) -> tuple[Array, Array]:
    """Mix a batch with itself in another order; λ ~ Beta(α, α), for small α mostly near 0 or 1.

    >>> x, y = np.array([0.0, 1.0]).reshape(2, 1, 1, 1), np.eye(2)
    >>> x_mixed, y_mixed = random_mix_up(x, y, np.random.default_rng(1), alpha=1.0)
    >>> x_mixed.ravel().round(4), y_mixed.round(4)
    (array([0.5758, 0.4242]), array([[0.4242, 0.5758],
           [0.5758, 0.4242]]))
    """
    lam = rng.beta(alpha, alpha)
    other = rng.permutation(len(x))
    return mix_up(x, y, x[other], y[other], lam)
