"""LoRA: begins as nothing, merged is separate, its gradients everywhere, and what its two mistakes do."""

import numpy as np
import pytest
import torch

from jinjie.scratch.compression.lora import lora, lora_backward, lora_merge, lora_parameters, lora_start
from scratch.gradients import check_gradient

OUT, IN, R, ALPHA = 5, 4, 2, 3.0


def drawn(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def adapted():
    return drawn(OUT, IN), drawn(R, IN, seed=1), drawn(OUT, R, seed=2)


@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_merged_is_separate(batch):
    x, (w, a, b) = drawn(*batch, IN), adapted()
    merged = lora_merge(w, a, b, ALPHA)
    np.testing.assert_allclose(merged, w + 1.5 * b @ a, rtol=1e-12)
    np.testing.assert_allclose(lora(x, w, a, b, ALPHA), x @ merged.T, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(lora_merge(merged, a, b, -ALPHA), w, rtol=1e-11, atol=1e-12)  # and off again
    assert np.linalg.matrix_rank(merged - w) == R


def torch_forward(x, w, a, b):
    scale = ALPHA / R
    return torch.nn.functional.linear(x, w) + scale * torch.nn.functional.linear(
        torch.nn.functional.linear(x, a), b
    )


@pytest.mark.parametrize("batch", [(1,), (3,), (2, 3)])
def test_forward_and_gradients_are_pytorchs(batch):
    x, upstream, (w, a, b) = drawn(*batch, IN), drawn(*batch, OUT), adapted()
    leaves = [torch.tensor(value, requires_grad=True) for value in (x, a, b)]
    out = torch_forward(leaves[0], torch.tensor(w), *leaves[1:])
    np.testing.assert_allclose(lora(x, w, a, b, ALPHA), out.detach().numpy(), rtol=1e-11, atol=1e-12)
    out.backward(torch.tensor(upstream))
    for ours, leaf in zip(lora_backward(upstream, x, w, a, b, ALPHA), leaves, strict=True):
        np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=1e-11, atol=1e-12)


def test_lora_gradients_are_right_everywhere():
    x, upstream, (w, a, b) = drawn(2, 3, IN), drawn(2, 3, OUT), adapted()
    dx, da, db = lora_backward(upstream, x, w, a, b, ALPHA)
    check_gradient(lambda value: np.sum(upstream * lora(value, w, a, b, ALPHA)), x, dx)
    check_gradient(lambda value: np.sum(upstream * lora(x, w, value, b, ALPHA)), a, da)
    check_gradient(lambda value: np.sum(upstream * lora(x, w, a, value, ALPHA)), b, db)


def test_an_adapter_begins_as_nothing_and_can_learn():
    x, w = drawn(3, 400), drawn(30, 400)
    a, b = lora_start(30, 400, 20, np.random.default_rng(0))
    assert a.shape == (20, 400) and b.shape == (30, 20)
    np.testing.assert_array_equal(lora(x, w, a, b, 16.0), x @ w.T)
    assert a.std() == pytest.approx(1 / 20, rel=0.03) and abs(a.mean()) < 0.002
    _, da, db = lora_backward(np.ones((3, 30)), x, w, a, b, 16.0)
    assert np.all(da == 0) and np.all(db != 0)
    again, _ = lora_start(30, 400, 20, np.random.default_rng(0))
    np.testing.assert_array_equal(a, again)


def fitted(a, b, steps=300):
    """Gradient descent on ½ mean ‖y − y*‖² toward a target of rank 1; the loss at the end over that at the start."""
    x, w = drawn(20, IN), drawn(OUT, IN)
    target = x @ (w + np.outer(drawn(OUT, seed=3), drawn(IN, seed=4))).T

    def loss():
        return np.mean((lora(x, w, a, b, ALPHA) - target) ** 2)

    start = loss()
    for _ in range(steps):
        upstream = (lora(x, w, a, b, ALPHA) - target) / len(x)
        _, da, db = lora_backward(upstream, x, w, a, b, ALPHA)
        a, b = a - 0.05 * da, b - 0.05 * db
    return loss() / start


def test_both_zero_never_learns():
    """After 300 steps ours has the loss under a thousandth of its start; with A = B = 0 it is exactly the start's."""
    assert fitted(*lora_start(OUT, IN, R, np.random.default_rng(0))) < 1e-3
    assert fitted(np.zeros((R, IN)), np.zeros((OUT, R))) == 1.0


def test_the_first_step_does_not_grow_with_the_rank():
    """Adam's first step on B, its size the learning rate's, for one example, mean of a hundred starts: from rank 4
    to 64 the change of the output stays within a tenth with α/r; with α alone it is 16 times as large."""
    x, w, upstream = drawn(1, 64), np.zeros((64, 64)), drawn(1, 64, seed=1)
    ours, printed = {4: 0.0, 64: 0.0}, {4: 0.0, 64: 0.0}
    for rank in ours:
        for seed in range(100):
            a, b = lora_start(64, 64, rank, np.random.default_rng(seed))
            _, _, db = lora_backward(upstream, x, w, a, b, 1.0)
            b = b - 0.01 * np.sign(db)
            ours[rank] += np.linalg.norm(lora(x, w, a, b, 1.0))
            printed[rank] += np.linalg.norm(x @ a.T @ b.T)
    assert ours[64] / ours[4] == pytest.approx(1.0, abs=0.1)
    assert printed[64] / printed[4] == pytest.approx(16.0, abs=1.6)


def test_the_adapter_is_thin():
    a, b = lora_start(30, 40, 4, np.random.default_rng(0))
    assert lora_parameters(30, 40, 4) == a.size + b.size == 280
    # GPT-3: four attention weights of 12,288² in 96 layers, rank 1 on all: 9.4 of 57,982 million (Hu et al., table 6).
    assert 4 * 96 * lora_parameters(12288, 12288, 1) == pytest.approx(9.4e6, rel=0.01)


@pytest.mark.parametrize("rank", [0, 5])
def test_a_rank_that_is_none_is_refused(rank):
    for outputs, inputs in ((4, 9), (9, 4)):
        with pytest.raises(ValueError, match=f"a rank from 1 to 4, got {rank}"):
            lora_start(outputs, inputs, rank, np.random.default_rng(0))
    for rank in (1, 4):
        assert len(lora_start(9, 4, rank, np.random.default_rng(0))[0]) == rank
