"""The fast network is the clear one: the same numbers in float64, the same digits learned in float32."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_digits

from jinjie.scratch.networks import mlp
from jinjie.scratch.networks.mlp_fast import FastTraining, draw_kept_fast

RNG = np.random.default_rng(0)
NETWORK = mlp.new_network(RNG, 6, 8, 3)
X, Y = RNG.normal(size=(19, 6)), RNG.integers(0, 3, 19)


def same(fast, clear, tolerance):
    for mine, theirs in zip(fast.network(), clear.network, strict=True):
        assert mine.shape == theirs.shape and mine.dtype == np.float64
        assert mine == pytest.approx(theirs, abs=tolerance)


@pytest.mark.parametrize("given", [{}, {"p": 0.5, "lr": 0.02}])
def test_steps_are_those_of_the_clear_version(given):
    """Full and smaller batches, the same masks, 40 steps. ε beside gradients near 0 makes 1e-9 of 1e-16."""
    fast = FastTraining(NETWORK, batch=8, dtype=np.float64, **given)
    clear = mlp.new_training(NETWORK)
    rng = np.random.default_rng(1)
    for i in range(40):
        rows = rng.permutation(19)[: 8 if i % 3 else 5]
        kept = rng.random((len(rows), 8)) > 0.3
        summed = fast.step(X[rows], Y[rows], kept)
        clear, before = mlp.train_step(clear, X[rows], Y[rows], kept, **given)
        assert summed == pytest.approx(before * len(rows), abs=1e-9)
        same(fast, clear, 1e-9)
    assert fast.t == clear.t == 40


def test_scores_of_a_thousand_do_not_overflow():
    large = NETWORK._replace(W2=NETWORK.W2 * 3000, b2=np.array([2000.0, -2000.0, 0.0]))
    fast = FastTraining(large, batch=19, p=0.0, dtype=np.float64)
    clear, before = mlp.train_step(mlp.new_training(large), X, Y)
    with np.errstate(all="raise", under="ignore"):
        assert fast.step(X, Y, np.ones((19, 8), bool)) == pytest.approx(before * 19, rel=1e-12)
    assert before > 700
    same(fast, clear, 1e-9)


def test_the_constants_of_adam_can_be_chosen():
    """Against Adam as it stands in optimizers.py, with a large ε, so that its place is seen."""
    from jinjie.scratch.networks.optimizers import adam

    chosen = {"lr": 0.1, "beta1": 0.7, "beta2": 0.8, "eps": 0.5}
    fast = FastTraining(NETWORK, batch=19, p=0.0, dtype=np.float64, **chosen)
    network, m, v = NETWORK, *([np.zeros_like(p) for p in NETWORK] for _ in range(2))
    for t in range(1, 6):
        _, gradient = mlp.loss_gradient(X, Y, *network)
        steps = [adam(*parts, t=t, **chosen) for parts in zip(network, gradient, m, v, strict=True)]
        network, m, v = zip(*steps, strict=True)
        fast.step(X, Y, np.ones((19, 8), bool))
    for mine, theirs in zip(fast.network(), network, strict=True):
        assert mine == pytest.approx(theirs, abs=1e-12)


def test_the_constants_when_nothing_is_said():
    fast = FastTraining(NETWORK)
    assert (fast.batch, fast.p, fast.lr, fast.beta1, fast.beta2, fast.eps) == (
        32,
        0.2,
        1e-3,
        0.9,
        0.999,
        1e-8,
    )
    assert fast.theta.dtype == np.float32 and fast.t == 0


def test_float32_is_the_same_to_its_own_precision():
    fast = FastTraining(NETWORK, batch=19)
    clear = mlp.new_training(NETWORK)
    for i in range(20):
        kept = np.random.default_rng(i).random((19, 8)) > 0.2
        fast.step(X.astype(np.float32), Y, kept)
        clear, _ = mlp.train_step(clear, X, Y, kept)
    same(fast, clear, 2e-5)


@pytest.mark.parametrize(("batch", "p"), [(8, 0.2), (5, 0.5), (19, 0.0), (32, 0.2)])
def test_an_epoch_is_that_of_the_clear_version(batch, p):
    """The order first, then dropout for all examples in that order; twice, so that nothing is left in a buffer."""
    fast = FastTraining(NETWORK, batch=batch, p=p, dtype=np.float64)
    clear = mlp.new_training(NETWORK)
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    for _ in range(2):
        mean = fast.epoch(X, Y, rng)
        order = again.permutation(19)
        kept = draw_kept_fast(again, (19, 8), p)
        total = 0.0
        for start in range(0, 19, batch):
            rows = order[start : start + batch]
            clear, before = mlp.train_step(clear, X[rows], Y[rows], kept[start : start + batch], p)
            total += before * len(rows)
        assert mean == pytest.approx(total / 19, abs=1e-9)
        same(fast, clear, 1e-9)


def test_a_network_that_is_handed_out_does_not_change_any_more():
    fast = FastTraining(NETWORK, batch=19)
    before = fast.network()
    copies = [p.copy() for p in before]
    for given, made in zip(NETWORK, before, strict=True):
        assert made == pytest.approx(given, abs=1e-7)
    x = X.astype(np.float32)
    fast.step(x, Y, np.ones((19, 8), bool))
    assert all((p == c).all() for p, c in zip(before, copies, strict=True))
    assert (x == X.astype(np.float32)).all()


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.75])
def test_the_cheap_masks_keep_the_right_share(p):
    kept = draw_kept_fast(np.random.default_rng(0), (301, 999), p)
    assert kept.shape == (301, 999) and kept.dtype == bool
    spread = math.sqrt(p * (1 - p))
    assert kept.mean() == pytest.approx(1 - p, abs=5 * spread / math.sqrt(kept.size) + 1e-12)
    assert kept.mean(axis=0) == pytest.approx(1 - p, abs=5 * spread / math.sqrt(301) + 1e-12)
    neighbours = np.mean(kept[:, :-1] & kept[:, 1:])
    assert neighbours == pytest.approx((1 - p) ** 2, abs=0.005)  # the four units of one word are independent


def test_the_cheap_masks_use_all_the_bits_of_a_word():
    """p is met to 1/65536: that share of the draws, and not one more, is dropped."""
    words = np.random.default_rng(0).integers(0, 2**64, size=250_000, dtype=np.uint64).view(np.uint16)
    kept = draw_kept_fast(np.random.default_rng(0), (1000, 1000), 13107 / 65536)
    assert (kept.ravel() == (words >= 13107)).all() and 13107 in words
    kept = draw_kept_fast(np.random.default_rng(0), (3,), 0.5)
    assert kept.tolist() == (words[:3] >= 32768).tolist()


def test_the_cheap_masks_draw_no_more_words_than_they_need():
    for count, words in ((3, 1), (4, 1), (5, 2), (160, 40)):
        rng, again = np.random.default_rng(0), np.random.default_rng(0)
        draw_kept_fast(rng, (count,), 0.5)
        again.integers(0, 2**64, size=words, dtype=np.uint64)
        assert rng.random() == again.random()


def test_it_learns_real_digits():
    bunch = load_digits()
    x, y = (bunch.data / 16).astype(np.float32), bunch.target
    held = np.arange(len(y)) % 3 == 0
    rng = np.random.default_rng(0)
    fast = FastTraining(mlp.new_network(rng, inputs=64))
    losses = [fast.epoch(x[~held], y[~held], rng) for _ in range(10)]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.25
    assert mlp.accuracy(x[held].astype(float), y[held], fast.network()) > 0.95
