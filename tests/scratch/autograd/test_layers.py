import numpy as np
import pytest
import torch
from torch.nn import functional

from jinjie.scratch.autograd.layers import (
    attention,
    cross_entropy,
    dropout,
    layer_norm,
    linear,
    log_softmax,
    softmax,
)
from jinjie.scratch.autograd.tensor import Tensor
from scratch.autograd.against import EXACT, agrees, draw


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 4, 3)])
def test_softmax_and_its_logarithm_are_pytorchs(shape):
    z = draw(shape)[0]
    assert agrees(softmax, lambda z: torch.softmax(z, -1), z).operation == "softmax"
    assert agrees(log_softmax, lambda z: torch.log_softmax(z, -1), z).operation == "log softmax"


def test_scores_of_any_size_are_fine():
    z = np.array([[1000.0, 0.0, -1000.0], [1.0, 1.0, 1.0]])
    agrees(softmax, lambda z: torch.softmax(z, -1), z, measured=False)
    agrees(log_softmax, lambda z: torch.log_softmax(z, -1), z, measured=False)


@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (2, 3, 2)])
def test_cross_entropy_is_pytorchs(shape):
    rng = np.random.default_rng(0)
    labels = np.asarray(rng.integers(0, 4, size=shape))
    theirs = torch.tensor(labels.reshape(-1))
    agrees(
        lambda z: cross_entropy(z, labels),
        lambda z: functional.cross_entropy(z.reshape(-1, 4), theirs),
        draw((*shape, 4))[0],
    )


def test_a_second_softmax_before_the_loss_holds_it_far_from_zero():
    """Sure and right, z = (100, 0): the loss is 0. Of probabilities taken for scores it is log(1 + 1/e) ≈ 0.3133."""
    z, labels = np.array([[100.0, 0.0]]), np.array([0])
    assert cross_entropy(z, labels).item() == pytest.approx(0, abs=1e-12)
    assert cross_entropy(softmax(z), labels).item() == pytest.approx(0.3133, abs=1e-4)


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"a label for each row of logits \(2, 3\), got \(3,\)"):
        cross_entropy(np.zeros((2, 3)), np.array([0, 1, 2]))
    with pytest.raises(ValueError, match=r"a label for each row of logits \(0, 3\), got \(0,\)"):
        cross_entropy(np.zeros((0, 3)), np.zeros(0, dtype=np.int64))
    with pytest.raises(ValueError, match="expected labels from 0 to 2, got 0 to 3"):
        cross_entropy(np.zeros((2, 3)), np.array([0, 3]))
    with pytest.raises(ValueError, match="expected labels from 0 to 2, got -1 to 2"):
        cross_entropy(np.zeros((2, 3)), np.array([-1, 2]))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 4, 3)])
def test_linear_is_pytorchs(shape):
    agrees(linear, lambda x, W, b: functional.linear(x, W.T, b), *draw(shape, (3, 5), (5,)))


@pytest.mark.parametrize("shape", [(5,), (2, 5), (2, 3, 5)])
def test_layer_norm_is_pytorchs(shape):
    arrays = draw(shape, (5,), (5,))
    agrees(layer_norm, lambda x, g, b: functional.layer_norm(x, (5,), g, b), *arrays)
    agrees(
        lambda x, g, b: layer_norm(x, g, b, eps=0.5),
        lambda x, g, b: functional.layer_norm(x, (5,), g, b, eps=0.5),
        *arrays,
    )


def test_dropout_is_the_mask_over_the_chance_of_staying():
    kept = np.array([[True, False, True], [False, False, True]])
    theirs = torch.tensor(kept)
    agrees(lambda x: dropout(x, kept, 0.2), lambda x: x * theirs / 0.8, draw((2, 3))[0])
    agrees(lambda x: dropout(x, kept, 0.0), lambda x: x * theirs, draw((2, 3))[0])


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, float("nan")])
def test_dropout_wants_a_chance_below_one(p):
    with pytest.raises(ValueError, match=f"expected a chance p from 0 up to 1, got {p}"):
        dropout([1.0], np.array([True]), p)


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
def test_attention_is_pytorchs(batch):
    arrays = draw((*batch, 4, 3), (*batch, 5, 3), (*batch, 5, 2))
    agrees(attention, functional.scaled_dot_product_attention, *arrays)
    seen = np.random.default_rng(0).random((4, 5)) < 0.5
    seen[:, 0] = True
    theirs = torch.tensor(seen)
    agrees(
        lambda Q, K, V: attention(Q, K, V, seen),
        lambda Q, K, V: functional.scaled_dot_product_attention(Q, K, V, attn_mask=theirs),
        *arrays,
    )


def test_what_may_not_be_seen_learns_nothing():
    Q, K, V = (Tensor(x, requires_grad=True) for x in draw((3, 2), (3, 2), (3, 2)))
    out = attention(Q, K, V, np.tri(3, dtype=bool))
    out.backward(np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]))
    assert np.all(K.grad[2] == 0) and np.all(V.grad[2] == 0) and np.all(Q.grad[2] == 0)
    assert np.all(V.grad[:2] != 0)
    assert out.data[0] == pytest.approx(V.data[0], **EXACT)
