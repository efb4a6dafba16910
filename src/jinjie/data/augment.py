"""Augmentation: training pictures changed in ways that leave their meaning, so that one teaches as several do.

Only the training batch is changed, and only as a function of (seed, step): a resumed run sees the same pictures. Each
knob draws from a generator of its own, so that turning one leaves what the others do as it was. The formulas, one a
function, are in `scratch/vision/augmentation.py`; here they work on a whole batch at once, in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinjie.base.config import Config, option
from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.data.batching import Examples
from jinjie.data.dataset import About, Arrays, Processor, Split

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    Pixels = np.ndarray[Any, np.dtype[np.float32]]
else:
    np = lazy("numpy")

SHOWN = 32
"""Pictures of a batch that `Pictures.picture` shows."""


class Augment(Config):
    """How training pictures are changed; nothing is, as it comes."""

    shift: int = option(
        0, "pixels that a picture moves by at most, each way", "图片在每个方向上最多平移的像素数", ge=0
    )
    flip: bool = option(
        False,
        "mirror every other picture, left for right (a mirrored digit is no digit)",
        "随机左右翻转一半的图片（数字翻转后就不再是数字）",
    )
    crop: float = option(
        1.0,
        "smallest share of height and width that is cut out and enlarged again",
        "随机裁剪后再放大：保留高和宽的最小比例",
        gt=0,
        le=1,
    )
    colour: float = option(
        0.0,
        "how far brightness, contrast and saturation stray from 1",
        "亮度、对比度、饱和度偏离 1 的幅度",
        ge=0,
        le=1,
    )
    mix: float = option(
        0.0,
        "mix-up: the α of the Beta distribution from which shares are drawn; 0 mixes nothing",
        "mix-up：抽取混合比例的 Beta 分布的 α；0 表示不混合",
        ge=0,
    )

    def moved(self, x: Pixels, seed: int, step: int) -> Pixels:
        """Pictures (B, C, H, W) cropped, shifted and flipped, each in its own way; what comes in at the edge is 0."""
        if not (self.shift or self.flip or self.crop < 1):
            return x
        B, _, H, W = x.shape
        shift = numpy_generator(seed, "shift", step).integers(
            -self.shift, self.shift, (2, B, 1), endpoint=True
        )
        share, top, left = numpy_generator(seed, "crop", step).random((3, B, 1))
        side = 1 - (1 - self.crop) * share
        rows, rows_inside = _places(H, shift[0], side, top)
        columns, columns_inside = _places(W, shift[1], side, left)
        if self.flip:
            mirrored = numpy_generator(seed, "flip", step).random((B, 1)) < 0.5
            columns = np.where(mirrored, columns[:, ::-1], columns)
            columns_inside = np.where(mirrored, columns_inside[:, ::-1], columns_inside)
        upright = _taken(x, rows, rows_inside)  # (B, H, C, W)
        return _taken(upright.transpose(0, 2, 3, 1), columns, columns_inside).transpose(0, 2, 3, 1)

    def coloured(self, x: Pixels, seed: int, step: int) -> Pixels:
        """Pictures (B, C, H, W) in [0, 1], grey (C = 1) or RGB, each with factors in [1 − colour, 1 + colour]."""
        if not self.colour:
            return x
        generator = numpy_generator(seed, "colour", step)
        brightness, contrast, saturation = generator.uniform(
            1 - self.colour, 1 + self.colour, (3, len(x), 1, 1, 1)
        ).astype(np.float32)
        x = np.clip(brightness * x, 0, 1)
        mean = _bright(x).mean((2, 3), keepdims=True)
        x = np.clip(mean + contrast * (x - mean), 0, 1)
        if x.shape[1] == 1:  # grey stays grey
            return x
        grey = _bright(x)
        coloured: Pixels = np.clip(grey + saturation * (x - grey), 0, 1)
        return coloured

    def mixed(self, batch: Arrays, seed: int, step: int) -> Arrays:
        """A batch laid over itself in another order: λ·x + (1 − λ)·x′, λ ~ Beta(α, α) (Zhang et al. 2018, section 2).

        The label of x′ becomes `y_other` (B,), and λ `share` (B,); each example draws a λ of its own.
        """
        if not self.mix:
            return batch
        generator = numpy_generator(seed, "mix", step)
        x, y = batch["x"], batch["y"]
        share = generator.beta(self.mix, self.mix, len(x)).astype(np.float32)
        other = generator.permutation(len(x))
        part = share[:, None]
        return {**batch, "x": part * x + (1 - part) * x[other], "y_other": y[other], "share": share}


_NOTHING = Augment()


class Pictures(Examples):
    """Flat pictures x (B, C·H·W) in [0, 1], channel first, and classes y (B,); the training batch is augmented.

    `cutouts` (N, C + 1, H, W), where given, are the training pictures before they stand on a ground: colours already
    multiplied by the last channel, their opacity. A batch pastes them on even grounds drawn anew from (seed, step).
    """

    def __init__(
        self,
        splits: Mapping[Split, Arrays],
        about: About,
        processor: Processor,
        facts: Mapping[str, int],
        augment: Augment,
        cutouts: Pixels | None = None,
    ) -> None:
        super().__init__(splits, about, processor, facts)
        self.augment = augment
        self.cutouts = cutouts
        self.shape = (facts["channels"], facts["height"], facts["width"])

    def batch(self, seed: int, step: int, size: int) -> Arrays:
        if self.cutouts is None and self.augment == _NOTHING:
            return super().batch(seed, step, size)
        rows = self.rows(seed, step, size)
        train = self.splits["train"]
        if self.cutouts is None:
            x = self.augment.moved(train["x"].take(rows, 0).reshape(-1, *self.shape), seed, step)
        else:
            cut = self.augment.moved(self.cutouts.take(rows, 0), seed, step)
            x = pasted(cut, grounds(len(rows), self.shape[0], seed, "ground", step))
        x = self.augment.coloured(x, seed, step)
        flat = np.ascontiguousarray(x).reshape(len(rows), -1)
        return self.augment.mixed({"x": flat, "y": train["y"].take(rows)}, seed, step)

    def picture(self) -> bytes:
        """A PNG of pictures as training sees them: the first of the first batch under seed 0."""
        from jinjie.base.pictures import image_grid

        x = self.batch(0, 0, SHOWN)["x"].reshape(-1, *self.shape)
        return image_grid(x[:, 0] if self.shape[0] == 1 else x.transpose(0, 2, 3, 1), columns=8)


def grounds(count: int, channels: int, seed: int, *purpose: str | int) -> Pixels:
    """An even ground for each picture, (count, channels), every channel uniform in [0, 1)."""
    return numpy_generator(seed, *purpose).random((count, channels), dtype=np.float32)


def pasted(cutouts: Pixels, ground: Pixels) -> Pixels:
    """Cut-outs (B, C + 1, H, W) on grounds (B, C): colour·opacity + (1 − opacity)·ground (Porter & Duff 1984, over)."""
    whole: Pixels = cutouts[:, :-1] + (1 - cutouts[:, -1:]) * ground[:, :, None, None]
    return whole


def _places(
    size: int, shift: np.ndarray[Any, Any], side: np.ndarray[Any, Any], place: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Along one axis: where each of `size` pixels is read from, (B, size), and whether that lies in the picture.

    The picture is the cut-out that is `side` of it long and begins at the share `place` of what room there is.
    """
    pixel = np.arange(size) - shift
    inside = (pixel >= 0) & (pixel < size)
    first = place * (1 - side) * size
    return np.clip(first + (pixel + 0.5) * side - 0.5, 0, size - 1), inside


def _taken(x: Pixels, places: np.ndarray[Any, Any], inside: np.ndarray[Any, Any]) -> Pixels:
    """x (B, P, Q, R) read along axis 2 at `places` (B, S), between two pixels in proportion: (B, S, P, R)."""
    low = places.astype(np.int64)
    share = ((places - low) * inside).astype(np.float32)[:, :, None, None]
    rows = np.arange(len(x))[:, None]
    near: Pixels = x[rows, :, low] * (inside.astype(np.float32)[:, :, None, None] - share)
    if share.any():
        near += x[rows, :, np.minimum(low + 1, x.shape[2] - 1)] * share
    return near


def _bright(x: Pixels) -> Pixels:
    """How bright each pixel looks, (B, 1, H, W): ITU-R BT.601 for RGB."""
    if x.shape[1] == 1:
        return x
    bright: Pixels = 0.299 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:3]
    return bright
