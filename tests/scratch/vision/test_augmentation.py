import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance
from sklearn.datasets import load_digits, load_sample_image

from jinjie.scratch.vision.augmentation import (
    brightness,
    colour_jitter,
    contrast,
    crop,
    flip,
    luminance,
    mix_up,
    random_crop,
    random_flip,
    random_mix_up,
    saturation,
    shift,
)

FLOWER = load_sample_image("flower.jpg")[200:232, 300:340]  # 32 × 40, uint8
COLOURS = (FLOWER.transpose(2, 0, 1) / 255.0)[None]


def generator(seed=0):
    return np.random.default_rng(seed)


def drawn(seed=0, count=3):
    return generator(seed).random((count, 3, 5, 6))


@settings(max_examples=50, deadline=None)
@given(st.integers(-7, 7), st.integers(-7, 7))
def test_shift_is_a_window_into_a_wide_border_of_zeros(down, right):
    x = drawn()
    bordered = np.pad(x, ((0, 0), (0, 0), (7, 7), (7, 7)))
    np.testing.assert_array_equal(
        shift(x, down, right), bordered[:, :, 7 - down : 12 - down, 7 - right : 13 - right]
    )


def test_a_shift_there_and_back_loses_only_the_edge():
    digits = load_digits().images[:5, None]
    back = shift(shift(digits, 1, -2), -1, 2)
    np.testing.assert_array_equal(back[:, :, :7, 2:], digits[:, :, :7, 2:])
    assert not back[:, :, 7].any() and not back[..., :2].any()


def test_flip_turns_left_and_right_round_and_twice_is_nothing():
    x = drawn()
    np.testing.assert_array_equal(flip(x), np.flip(x, axis=3))
    np.testing.assert_array_equal(flip(flip(x)), x)


def test_random_flip_takes_each_picture_with_its_probability():
    x = drawn(count=2000)
    flipped = random_flip(x, generator(1))
    chosen = (flipped == flip(x)).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(flipped[~chosen], x[~chosen])
    assert 0.46 < chosen.mean() < 0.54  # 3.5 standard deviations of a fair coin
    seldom = (random_flip(x, generator(1), probability=0.1) == flip(x)).all(axis=(1, 2, 3))
    assert 0.07 < seldom.mean() < 0.13
    np.testing.assert_array_equal(random_flip(x, generator(1), probability=0.0), x)

    class Lowest:
        """Draws the least that a generator's `random`, in [0, 1), can draw."""

        def random(self, size):
            return np.zeros(size)

    np.testing.assert_array_equal(random_flip(x, Lowest(), probability=0.0), x)  # never is never
    np.testing.assert_array_equal(random_flip(x, generator(1), probability=1.0), flip(x))


def test_crop_is_the_rectangle():
    x = drawn()
    np.testing.assert_array_equal(crop(x, 1, 2, 3, 4), x[:, :, 1:4, 2:6])
    np.testing.assert_array_equal(crop(x, 0, 0, 5, 6), x)


@pytest.mark.parametrize("wrong", [(-1, 0, 2, 2), (0, -1, 2, 2), (3, 0, 3, 2), (0, 4, 2, 3)])
def test_a_rectangle_that_reaches_beyond_the_picture_is_refused(wrong):
    top, left, height, width = wrong
    with pytest.raises(
        ValueError, match=rf"rows {top} to {top + height} and columns {left} to {left + width} do not"
    ):
        crop(drawn(), top, left, height, width)
    with pytest.raises(ValueError, match="within a picture of 5 × 6"):
        crop(drawn(), top, left, height, width)


def test_random_crop_draws_every_place_alike_and_for_each_picture():
    x = np.broadcast_to(np.arange(12.0).reshape(1, 1, 3, 4), (3000, 1, 3, 4))
    cut = random_crop(x, generator(), height=2, width=2)
    assert cut.shape == (3000, 1, 2, 2)
    first, counts = np.unique(cut[:, 0, 0, 0], return_counts=True)
    assert first.tolist() == [0, 1, 2, 4, 5, 6]
    assert counts.min() > 420 and counts.max() < 580  # 500 each, 4 standard deviations
    np.testing.assert_array_equal(cut[:, 0, 1, 1], cut[:, 0, 0, 0] + 5)


def test_random_crop_with_padding_is_a_shift():
    x = drawn(count=400)
    cut = random_crop(x, generator(), height=5, width=6, padding=1)
    places = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    found = np.array([(cut == shift(x, *place)).all(axis=(1, 2, 3)) for place in places])
    assert (found.sum(axis=0) == 1).all()
    assert found.sum(axis=1).min() > 20
    np.testing.assert_array_equal(random_crop(x, generator(), 5, 6), x)  # unless told there is no border


@pytest.mark.parametrize(
    ("ours", "pillows"),
    [
        (brightness, ImageEnhance.Brightness),
        (contrast, ImageEnhance.Contrast),
        (saturation, ImageEnhance.Color),
    ],
)
@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.7])
def test_colours_change_as_pillow_changes_them(ours, pillows, factor):
    """To 1.6 of 255: Pillow rounds the grey to whole numbers and the result down."""
    changed = pillows(Image.fromarray(FLOWER)).enhance(factor)
    theirs = np.asarray(changed).transpose(2, 0, 1)
    np.testing.assert_allclose(ours(COLOURS, np.array([factor]))[0] * 255, theirs, atol=1.6)


def test_each_picture_has_a_factor_of_its_own():
    x = np.concatenate([COLOURS, COLOURS[..., ::-1, :] * 0.5])
    for change in (brightness, contrast, saturation):
        both = change(x, np.array([0.3, 1.2]))
        np.testing.assert_array_equal(both[:1], change(x[:1], np.array([0.3])))
        np.testing.assert_array_equal(both[1:], change(x[1:], np.array([1.2])))
        np.testing.assert_allclose(change(x, np.ones(2)), x, atol=1e-15)
        assert change(x, np.array([9.0, 9.0])).max() == 1.0
    assert contrast(x, np.array([9.0, 9.0])).min() == saturation(x, np.array([9.0, 9.0])).min() == 0.0
    assert brightness(x, np.array([-1.0, -1.0])).min() == 0.0
    grey = np.full((1, 3, 2, 2), 0.3)
    np.testing.assert_allclose(saturation(grey, np.array([5.0])), grey)  # what is grey has no colour to add


def test_luminance_weighs_the_colours():
    np.testing.assert_allclose(luminance(np.eye(3)[..., None, None]).ravel(), [0.299, 0.587, 0.114])
    assert luminance(drawn()).shape == (3, 1, 5, 6)
    with pytest.raises(ValueError, match=r"3 channels \(red, green, blue\), but x has 1: \(2, 1, 4, 4\)"):
        luminance(np.zeros((2, 1, 4, 4)))


def test_jitter_is_the_three_changes_in_turn_within_its_strength():
    x = np.concatenate([COLOURS, COLOURS])
    rng = generator(5)
    expected = x
    for change in (brightness, contrast, saturation):
        expected = change(expected, rng.uniform(0.7, 1.3, size=2))
    np.testing.assert_array_equal(colour_jitter(x, generator(5), strength=0.3), expected)
    np.testing.assert_array_equal(
        colour_jitter(x, generator(5)), colour_jitter(x, generator(5), strength=0.2)
    )
    assert np.abs(np.diff(colour_jitter(x, generator(5)), axis=0)).max() > 0.01  # each its own
    np.testing.assert_allclose(colour_jitter(x, generator(5), strength=0.0), x, atol=1e-12)


def test_jitter_refuses_what_is_no_colour():
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], but x goes from 0 to 255"):
        colour_jitter(np.array([0.0, 255.0, 1.0]).reshape(1, 3, 1, 1), generator())
    with pytest.raises(ValueError, match=r"x goes from -0.5 to 0.5"):
        colour_jitter(np.array([-0.5, 0.5, 0.1]).reshape(1, 3, 1, 1), generator())
    colour_jitter(np.array([0.0, 1.0, 0.0]).reshape(1, 3, 1, 1), generator())


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1))
def test_mix_up_mixes_pictures_and_labels_alike(lam):
    x, other = drawn(1), drawn(2)
    y, y_other = np.eye(4)[[0, 1, 2]], np.eye(4)[[1, 1, 3]]
    x_mixed, y_mixed = mix_up(x, y, x_other=other, y_other=y_other, lam=lam)
    np.testing.assert_allclose(x_mixed, other + lam * (x - other), atol=1e-12)
    np.testing.assert_allclose(y_mixed, y_other + lam * (y - y_other), atol=1e-12)
    np.testing.assert_allclose(y_mixed.sum(axis=1), 1.0)


def test_mixing_is_the_same_from_either_side_unless_the_labels_stay():
    """The same mixed picture must not have two labels. Without mixed labels it has: the first one's, either way."""
    x, other, y, y_other = drawn(1), drawn(2), np.eye(2)[[0, 0, 1]], np.eye(2)[[1, 0, 0]]
    one = mix_up(x, y, other, y_other, lam=0.3)
    swapped = mix_up(other, y_other, x, y, lam=0.7)
    np.testing.assert_allclose(one[0], swapped[0])
    np.testing.assert_allclose(one[1], swapped[1])
    assert (
        np.abs(y - y_other).max() == 1.0
    )  # what the version with labels unmixed would say of that one picture


def test_class_numbers_cannot_be_mixed():
    x = drawn()
    with pytest.raises(ValueError, match=r"one-hot or probabilities, \(N, K\), but y is \(3,\)"):
        mix_up(x, np.array([0.0, 1.0, 2.0]), x, np.array([0.0, 1.0, 2.0]), 0.5)


def test_random_mix_up_mixes_the_batch_with_itself_by_a_beta():
    x, y = drawn(count=6), np.eye(6)
    x_mixed, y_mixed = random_mix_up(x, y, generator(3), alpha=2.0)
    lam = generator(3).beta(2.0, 2.0)
    assert 0.05 < lam < 0.95
    np.testing.assert_allclose(
        x_mixed, np.einsum("nm,mchw->nchw", y_mixed, x)
    )  # labels say what is in the picture
    assert set(np.unique(y_mixed).round(9)) <= {0.0, round(lam, 9), round(1 - lam, 9), 1.0}
    assert (np.diag(y_mixed) >= lam - 1e-12).all() and (np.diag(y_mixed) < 1).any()
    np.testing.assert_allclose(y_mixed.sum(axis=0), 1.0)  # each is taken once as the other
    by_default = random_mix_up(x, y, generator(3))
    np.testing.assert_array_equal(by_default[1], random_mix_up(x, y, generator(3), alpha=0.2)[1])
    weights = [random_mix_up(x[:2], np.eye(2), generator(n))[1].max() for n in range(300)]
    assert np.mean(np.array(weights) > 0.9) > 0.6  # a small α: mostly nearly one of the two


def test_nothing_is_changed_in_place():
    x, y = COLOURS.copy(), np.eye(1)
    for change in (
        lambda: shift(x, 1, 1),
        lambda: random_flip(x, generator(), 1.0),
        lambda: random_crop(x, generator(), 32, 40, padding=2),
        lambda: colour_jitter(x, generator()),
        lambda: random_mix_up(x, y, generator()),
    ):
        change()
        np.testing.assert_array_equal(x, COLOURS)
