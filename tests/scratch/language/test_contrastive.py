import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity as sklearns

from jinjie.scratch.language.contrastive import (
    all_cosines,
    contrastive_loss,
    contrastive_loss_gradient,
    cosine_similarity,
    info_nce,
    normalize,
    normalize_backward,
)
from scratch.gradients import check_gradient

RNG = np.random.default_rng(3)
IMAGES, TEXTS = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
BATCH = RNG.normal(size=(2, 5, 3))


def torchs(images, texts, tau):
    """CLIP's loss as its figure 3 has it."""
    logits = (
        torch.nn.functional.normalize(images, dim=-1) @ torch.nn.functional.normalize(texts, dim=-1).T / tau
    )
    labels = torch.arange(len(images))
    one = torch.nn.functional.cross_entropy(logits, labels)
    return (one + torch.nn.functional.cross_entropy(logits.T, labels)) / 2


def test_cosine_similarity_is_pytorchs():
    other = RNG.normal(size=(2, 5, 3))
    theirs = torch.nn.functional.cosine_similarity(torch.tensor(BATCH), torch.tensor(other), dim=-1)
    assert cosine_similarity(BATCH, other) == pytest.approx(theirs.numpy(), abs=1e-12)
    assert cosine_similarity(BATCH, BATCH) == pytest.approx(np.ones((2, 5)))
    assert cosine_similarity(BATCH, -2 * BATCH) == pytest.approx(-np.ones((2, 5)))
    assert cosine_similarity(np.array([1.0, 0.0]), np.array([0.0, 3.0])) == 0.0


def test_all_cosines_are_scikit_learns():
    assert all_cosines(IMAGES, TEXTS) == pytest.approx(sklearns(IMAGES, TEXTS), abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_the_cosine_does_not_depend_on_lengths(s, t):
    a, b = np.array([1.0, 2.0, -1.0]), np.array([0.5, 1.0, 3.0])
    assert cosine_similarity(s * a, t * b) == pytest.approx(cosine_similarity(a, b), abs=1e-12)


def test_the_dot_product_finds_the_longest_vector():
    """The vector in the same direction is the most alike; the dot product prefers one at 60 degrees that is long."""
    asked = np.array([1.0, 0.0])
    found = np.array([[2.0, 0.0], [5.0, 5 * np.sqrt(3)]])
    assert cosine_similarity(np.tile(asked, (2, 1)), found) == pytest.approx([1.0, 0.5])
    assert (found @ asked).tolist() == [2.0, 5.0]


def test_vectors_have_one_length_and_a_direction():
    with pytest.raises(ValueError, match="vectors of one length, came 3 and 2"):
        cosine_similarity(BATCH, BATCH[..., :2])
    with pytest.raises(ValueError, match="a direction, came one of zeros"):
        normalize(np.array([[1.0, 2.0], [0.0, 0.0]]))
    with pytest.raises(ValueError, match=r"one shape \(N, C\), came \(4, 3\) and \(3, 3\)"):
        all_cosines(IMAGES, TEXTS[:3])
    assert normalize(np.array([[0.0, 2.0], [-3.0, 0.0]])).tolist() == [[0.0, 1.0], [-1.0, 0.0]]


def test_gradient_of_normalize():
    upstream = RNG.normal(size=BATCH.shape)
    gradient = normalize_backward(upstream, BATCH)
    check_gradient(lambda x: float((upstream * normalize(x)).sum()), BATCH, gradient)
    assert (gradient * BATCH).sum(-1) == pytest.approx(np.zeros((2, 5)), abs=1e-12)


@pytest.mark.parametrize("tau", [0.07, 0.5, 2.0])
def test_info_nce_is_pytorchs_cross_entropy(tau):
    similarities = RNG.normal(size=(5, 5))
    theirs = torch.nn.functional.cross_entropy(torch.tensor(similarities) / tau, torch.arange(5))
    assert info_nce(similarities, tau) == pytest.approx(float(theirs), abs=1e-9)


@pytest.mark.parametrize("tau", [0.07, 0.5, 2.0])
def test_contrastive_loss_is_clips(tau):
    theirs = torchs(torch.tensor(IMAGES), torch.tensor(TEXTS), tau)
    assert contrastive_loss(IMAGES, TEXTS, tau) == pytest.approx(float(theirs), abs=1e-9)


def test_the_default_temperature_is_that_of_clip():
    similarities = all_cosines(IMAGES, TEXTS)
    assert info_nce(similarities) == pytest.approx(info_nce(similarities, 0.07), abs=1e-15)
    assert contrastive_loss(IMAGES, TEXTS) == pytest.approx(contrastive_loss(IMAGES, TEXTS, 0.07), abs=1e-15)
    for ours, given_ in zip(
        contrastive_loss_gradient(IMAGES, TEXTS), contrastive_loss_gradient(IMAGES, TEXTS, 0.07), strict=True
    ):
        assert ours == pytest.approx(given_, abs=1e-15)


def test_the_loss_of_knowing_nothing_is_log_n():
    alike = np.tile(IMAGES[:1], (6, 1))
    assert contrastive_loss(alike, alike) == pytest.approx(np.log(6))
    assert contrastive_loss(np.eye(6), np.eye(6), 0.01) == pytest.approx(0.0, abs=1e-12)
    # Nothing overflows where the temperature is small: e^(1/0.0001) would.
    assert contrastive_loss(np.eye(2), np.eye(2)[::-1], 1e-4) == pytest.approx(1e4)


def test_a_square_and_a_temperature():
    with pytest.raises(ValueError, match=r"a square of similarities \(N, N\), came \(2, 3\)"):
        info_nce(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"a square of similarities \(N, N\), came \(3,\)"):
        info_nce(np.zeros(3))
    with pytest.raises(ValueError, match=r"a square of similarities \(N, N\), came \(2, 2, 3\)"):
        info_nce(np.zeros((2, 2, 3)))
    for tau in (0, -1.0):
        with pytest.raises(ValueError, match=f"temperature above 0, came {tau}"):
            info_nce(np.eye(2), tau)


def test_images_and_texts_may_be_exchanged():
    """Ours is the same; one direction alone is not."""
    forward, back = contrastive_loss(IMAGES, TEXTS, 0.5), contrastive_loss(TEXTS, IMAGES, 0.5)
    assert forward == pytest.approx(back, abs=1e-12)
    similarities = all_cosines(IMAGES, TEXTS)
    assert abs(info_nce(similarities, 0.5) - info_nce(similarities.T, 0.5)) > 0.01


@pytest.mark.parametrize("tau", [0.2, 1.0, 3.0])
def test_gradient_of_contrastive_loss(tau):
    d_images, d_texts, d_tau = contrastive_loss_gradient(IMAGES, TEXTS, tau)
    check_gradient(lambda x: contrastive_loss(x, TEXTS, tau), IMAGES, d_images)
    check_gradient(lambda x: contrastive_loss(IMAGES, x, tau), TEXTS, d_texts)
    check_gradient(lambda x: contrastive_loss(IMAGES, TEXTS, float(x)), np.array(tau), np.array(d_tau))


def test_gradient_of_contrastive_loss_is_pytorchs():
    images, texts = torch.tensor(IMAGES, requires_grad=True), torch.tensor(TEXTS, requires_grad=True)
    tau = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    torchs(images, texts, tau).backward()
    d_images, d_texts, d_tau = contrastive_loss_gradient(IMAGES, TEXTS, 0.3)
    assert d_images == pytest.approx(images.grad.numpy(), abs=1e-9)
    assert d_texts == pytest.approx(texts.grad.numpy(), abs=1e-9)
    assert d_tau == pytest.approx(float(tau.grad), abs=1e-9)
