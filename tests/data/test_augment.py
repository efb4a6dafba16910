"""Augmentation: each change held to its formula in scratch, a function of (seed, step), and of training alone."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jinjie.base.config import override
from jinjie.base.errors import InvalidInput
from jinjie.data import digits, emoji
from jinjie.data.augment import Augment, Pictures, pasted
from jinjie.scratch.vision import augmentation as scratch

ALL = {"shift": 3, "flip": True, "crop": 0.7, "colour": 0.3, "mix": 0.4}
RGB = np.random.default_rng(0).random((40, 3, 9, 7), dtype=np.float32)


def rounded(x: Any) -> list[bytes]:
    return [np.round(one, 5).tobytes() for one in x]


def test_nothing_changes_nothing() -> None:
    assert Augment().moved(RGB, 0, 0) is RGB
    assert Augment().coloured(RGB, 0, 0) is RGB
    batch = {"x": RGB.reshape(40, -1), "y": np.arange(40)}
    assert Augment().mixed(batch, 0, 0) is batch


def test_every_shift_is_scratchs_and_all_of_them_come() -> None:
    """A picture of 400 copies: each result is one of the 25 shifts by up to 2, and each of the 25 occurs (the chance
    that one of them does not is below 25·(24/25)^400 = 2e-6, and the seed is fixed)."""
    one = RGB[:1]
    expected = rounded(
        [scratch.shift(one, down, right)[0] for down in range(-2, 3) for right in range(-2, 3)]
    )
    got = rounded(Augment(shift=2).moved(np.repeat(one, 400, 0), seed=0, step=0))
    assert set(got) == set(expected)


def test_half_are_flipped() -> None:
    got = rounded(Augment(flip=True).moved(np.repeat(RGB[:1], 400, 0), 0, 0))
    assert set(got) == set(rounded([RGB[0], scratch.flip(RGB[:1])[0]]))
    assert 160 < got.count(got[0]) < 240  # four deviations around 200


def test_a_shift_larger_than_the_picture_leaves_nothing_at_times() -> None:
    moved = Augment(shift=50).moved(np.repeat(RGB[:1], 100, 0), 0, 0)
    assert (moved.reshape(100, -1).max(1) == 0).any() and moved.any()


def test_a_crop_is_the_rectangle_enlarged() -> None:
    """On a picture whose value is its own row (then column), a cut-out of side s begins at f: row i reads
    f + (i + ½)·s − ½, so rows rise evenly by s; s and f are within what the setting allows, and vary."""
    H, W = 20, 30
    rows = np.broadcast_to(np.arange(H, dtype=np.float32)[:, None], (H, W))
    columns = np.broadcast_to(np.arange(W, dtype=np.float32), (H, W))
    x = np.repeat(np.stack([rows, columns])[None], 200, 0)
    moved = Augment(crop=0.5).moved(x, 0, 0)
    inner_rows, inner_columns = moved[:, 0, 2:-2, 0], moved[:, 1, 0, 2:-2]
    side = np.diff(inner_rows, axis=1)
    assert np.ptp(side, axis=1).max() < 1e-4  # float32 at 20
    assert np.abs(side[:, 0] - np.diff(inner_columns, axis=1)[:, 0]).max() < 1e-4  # proportions are kept
    side = side[:, 0]
    assert side.min() > 0.5 - 1e-4 and side.max() <= 1 + 1e-4 and side.std() > 0.1  # uniform: 0.144
    first = inner_rows[:, 0] - 2.5 * side + 0.5
    assert first.min() > -1e-4 and (first + side * H).max() < H + 1e-3 and first.std() > 1


def test_colours_are_scratchs() -> None:
    """The factors are read off as the generator gives them, and the three formulas applied in order (float32 noise)."""
    from jinjie.base.seeds import numpy_generator

    got = Augment(colour=0.4).coloured(RGB, 5, 9)
    factors = numpy_generator(5, "colour", 9).uniform(0.6, 1.4, (3, 40, 1, 1, 1)).reshape(3, 40)
    expected = RGB.astype(np.float64)
    for change, factor in zip(
        (scratch.brightness, scratch.contrast, scratch.saturation), factors, strict=True
    ):
        expected = change(expected, factor)
    assert np.abs(got - expected).max() < 1e-6
    assert got.dtype == np.float32
    grey = np.repeat(RGB[:, :1], 3, 1)
    assert (
        np.abs(
            Augment(colour=0.4).coloured(grey[:, :1], 5, 9) - Augment(colour=0.4).coloured(grey, 5, 9)
        ).max()
        < 1e-6
    )


def test_mix_up_is_scratchs_with_shares_of_each_ones_own() -> None:
    x, y = RGB.reshape(40, -1), np.arange(40)
    mixed = Augment(mix=0.4).mixed({"x": x, "y": y}, 0, 0)
    for n in range(40):
        other, share = mixed["y_other"][n], float(mixed["share"][n])
        expected, _ = scratch.mix_up(x[n], np.eye(2), x[other], np.eye(2), share)
        assert np.abs(mixed["x"][n] - expected).max() < 1e-6
    assert sorted(mixed["y_other"]) == list(range(40)) and (mixed["y"] == y).all()
    assert len(np.unique(mixed["share"])) > 30 and mixed["share"].min() >= 0 and mixed["share"].max() <= 1
    shares = Augment(mix=0.4).mixed({"x": np.zeros((4000, 1)), "y": np.zeros(4000)}, 0, 0)["share"]
    # Beta(α, α) has mean ½ and variance 1 / (4·(2α + 1)): deviation 0.373, whose estimate is off by 0.003.
    assert abs(shares.mean() - 0.5) < 0.03 and abs(shares.std() - 0.373) < 0.015


def test_knobs_do_not_disturb_one_another() -> None:
    """Whether a picture is mirrored is the same with the other knobs turned: its dark half stays on its side."""
    x = np.zeros((60, 1, 8, 20), np.float32)
    x[..., 10:] = 1
    alone = Augment(flip=True).moved(x, 3, 4)
    with_all = Augment(flip=True, shift=2, crop=0.9).moved(x, 3, 4)
    mirrored = alone[..., 5].mean((1, 2)) > 0.5
    assert 15 < mirrored.sum() < 45
    assert ((with_all[..., :10].sum((1, 2, 3)) > with_all[..., 10:].sum((1, 2, 3))) == mirrored).all()


@pytest.fixture(scope="module", params=["digits", "emoji"])
def pictures(request: pytest.FixtureRequest, data_home: Any) -> tuple[Pictures, Pictures]:
    """The data as it is, and augmented in every way."""
    kind = digits if request.param == "digits" else emoji
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return kind.Config().load(), kind.Config(augment=Augment(**ALL)).load()


def test_batches_are_a_function_of_seed_and_step(pictures: tuple[Pictures, Pictures]) -> None:
    _, data = pictures
    one = data.batch(7, 3, 32)
    data.batch(7, 4, 32), data.batch(1, 3, 32), next(data.batches("train", 8))
    again = data.batch(7, 3, 32)
    assert one.keys() == again.keys() == {"x", "y", "y_other", "share"}
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert not np.array_equal(one["x"], data.batch(7, 4, 32)["x"])
    assert not np.array_equal(one["x"], data.batch(8, 3, 32)["x"])


def test_only_the_training_batch_is_changed(pictures: tuple[Pictures, Pictures]) -> None:
    plain, data = pictures
    assert data.fingerprint() == plain.fingerprint()
    for split in ("train", "validation", "test"):
        a, b = next(plain.batches(split, 50)), next(data.batches(split, 50))
        assert a.keys() == b.keys() == {"x", "y"} and all(np.array_equal(a[n], b[n]) for n in a)
    a, b = plain.batch(0, 0, 32), data.batch(0, 0, 32)
    assert np.array_equal(a["y"], b["y"]) and not np.array_equal(a["x"], b["x"])
    assert a["x"].shape == b["x"].shape and b["x"].dtype == np.float32
    assert b["x"].min() >= 0 and b["x"].max() <= 1 + 1e-6


def test_what_leaves_a_cutout_is_ground() -> None:
    """A red disc shifted out of an emoji's frame lets the ground in, and no black."""
    cut = np.zeros((20, 4, 8, 8), np.float32)
    cut[:, [0, 3]] = 1  # opaque red all over
    ground = np.tile(np.array([[0, 1, 0]], np.float32), (20, 1))
    moved = pasted(Augment(shift=3).moved(cut, 0, 0), ground)
    assert set(map(tuple, moved.transpose(0, 2, 3, 1).reshape(-1, 3).tolist())) == {(1, 0, 0), (0, 1, 0)}


def test_the_picture_of_a_batch(pictures: tuple[Pictures, Pictures]) -> None:
    plain, data = pictures
    shown = Image.open(io.BytesIO(data.picture()))
    _, height, width = data.shape
    assert shown.size == (8 * (2 * width + 4) - 4, 4 * (2 * height + 4) - 4)
    first = np.asarray(shown.convert("RGB"))[: 2 * height : 2, : 2 * width : 2] / 255
    x = data.batch(0, 0, 32)["x"][0].reshape(data.shape).transpose(1, 2, 0)
    assert np.abs(first - x).max() < 0.5 / 255 + 1e-6
    assert data.picture() == data.picture() != plain.picture()


def test_settings_are_reached_by_their_path_and_checked() -> None:
    changed = override(digits.Config(), {"augment.shift": 2, "augment.mix": 0.2})
    assert changed.augment == Augment(shift=2, mix=0.2)
    with pytest.raises(InvalidInput) as failure:
        override(
            digits.Config(), {"augment.shift": -1, "augment.crop": 0, "augment.colour": 2, "augment.flop": 1}
        )
    assert {p.where for p in failure.value.problems} == {
        f"augment.{n}" for n in ("shift", "crop", "colour", "flop")
    }
