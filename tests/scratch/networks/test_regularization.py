"""Dropout, penalties and early stopping, against PyTorch, central differences and rules told in words."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.networks.optimizers import sgd
from jinjie.scratch.networks.regularization import (
    Stop,
    draw_kept,
    dropout,
    dropout_backward,
    early_stopping,
    l1_gradient,
    l1_penalty,
    l2_gradient,
    l2_penalty,
)
from scratch.gradients import check_gradient

RNG = np.random.default_rng(0)
X, UPSTREAM = RNG.normal(size=(3, 4, 5)), RNG.normal(size=(3, 4, 5))


@pytest.mark.parametrize("p", [0.0, 0.2, 0.7])
def test_the_share_that_is_kept(p):
    kept = draw_kept(np.random.default_rng(0), (200, 500), p)
    assert kept.shape == (200, 500) and kept.dtype == bool
    assert kept.mean() == pytest.approx(1 - p, abs=0.006)  # four standard deviations of 100,000 draws
    if p:
        assert kept.all(axis=0).sum() == kept.all(axis=1).sum() == 0  # no row or column has a fate of its own
        assert kept.mean(axis=0) == pytest.approx(1 - p, abs=5 * np.sqrt(p * (1 - p) / 200))


def test_a_draw_below_p_drops_and_one_of_p_keeps():
    class Drawn:
        def random(self, shape):
            return np.array([0.1, 0.25, 0.4]).reshape(shape)

    assert draw_kept(Drawn(), (1, 3), 0.25).tolist() == [[False, True, True]]


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5])
def test_a_chance_is_a_chance(p):
    with pytest.raises(ValueError, match=rf"0 <= p < 1, got {p}"):
        draw_kept(np.random.default_rng(0), (2,), p)


@pytest.mark.parametrize("p", [0.0, 0.2, 0.7])
def test_dropout_is_pytorchs_for_the_same_mask(p):
    torch.manual_seed(0)
    x = torch.tensor(X, requires_grad=True)
    y = torch.nn.functional.dropout(x, p)
    y.backward(torch.tensor(UPSTREAM))
    kept = y.detach().numpy() != 0
    assert dropout(X, kept, p) == pytest.approx(y.detach().numpy(), abs=1e-12)
    assert dropout_backward(UPSTREAM, kept, p) == pytest.approx(x.grad.numpy(), abs=1e-12)
    check_gradient(lambda x: (UPSTREAM * dropout(x, kept, p)).sum(), X, dropout_backward(UPSTREAM, kept, p))


def test_without_the_factor_the_mean_shrinks_in_training():
    """The mean over masks is x; the printed k x gives (1 − p) x, so the network meets larger sums once it is in use."""
    rng, x, p = np.random.default_rng(0), np.full(100_000, 3.0), 0.4
    kept = draw_kept(rng, x.shape, p)
    assert dropout(x, kept, p).mean() == pytest.approx(3, abs=0.04)  # five standard deviations
    assert (kept * x).mean() == pytest.approx(0.6 * 3, abs=0.03)


def test_p_taken_for_the_chance_of_staying_blows_up():
    """k x / p with p = 0.2 meant as what is dropped: five times the signal where 1.25 was right."""
    kept = np.array([True, False, True])
    assert (kept * np.ones(3) / 0.2).tolist() == [5, 0, 5]
    assert dropout(np.ones(3), kept, 0.2).tolist() == [1.25, 0, 1.25]


def test_penalties_are_the_norms():
    w = np.array([[3.0, -4.0, 0.0], [1.0, -1.0, 2.0]])
    assert l1_penalty(w, 0.5) == pytest.approx(5.5, abs=1e-15)
    assert l2_penalty(w, 0.5) == pytest.approx(0.25 * 31, abs=1e-15)
    assert l1_penalty(w, 0.5) == pytest.approx(0.5 * torch.tensor(w).abs().sum().item(), abs=1e-12)
    assert l2_penalty(w, 0.5) == pytest.approx(0.25 * torch.tensor(w).square().sum().item(), abs=1e-12)
    assert isinstance(l1_penalty(w, 0.5), float) and isinstance(l2_penalty(w, 0.5), float)


def test_the_gradients_of_the_penalties():
    check_gradient(lambda w: l1_penalty(w, 0.3), X, l1_gradient(X, 0.3))  # no element of X is at the kink
    check_gradient(lambda w: l2_penalty(w, 0.3), X, l2_gradient(X, 0.3))
    assert l1_gradient(np.array([0.0, 2.0, -1e-12]), 0.3).tolist() == [0, 0.3, -0.3]


def test_l2_shrinks_in_proportion_and_l1_by_the_same_amount():
    large, small = np.array([4.0, 0.1]), np.array([4.0, 0.1])
    for _ in range(10):
        large = sgd(large, l2_gradient(large, 0.5), lr=0.1)
        small = sgd(small, l1_gradient(small, 0.5), lr=0.1)
    assert large == pytest.approx(np.array([4.0, 0.1]) * 0.95**10, rel=1e-12)
    assert small[0] == pytest.approx(3.5, abs=1e-12) and abs(small[1]) <= 0.05 + 1e-12


def test_in_plain_descent_l2_is_weight_decay():
    """PyTorch's `weight_decay` in SGD adds λ w to the gradient: with ½ in the penalty there is no factor 2."""
    w = torch.tensor(X, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1, weight_decay=0.3)
    w.grad = torch.tensor(UPSTREAM)
    optimizer.step()
    assert sgd(X, UPSTREAM + l2_gradient(X, 0.3), lr=0.1) == pytest.approx(w.detach().numpy(), abs=1e-12)


def test_the_norm_without_its_square_pulls_large_weights_no_more_than_small_ones():
    """L2 quadruples when the weights double; λ ‖w‖ only doubles, and its pull has the same length everywhere."""
    w = np.array([3.0, 4.0])
    assert l2_penalty(2 * w, 0.1) == pytest.approx(4 * l2_penalty(w, 0.1), rel=1e-15)
    assert np.linalg.norm(l2_gradient(2 * w, 0.1)) == pytest.approx(
        2 * np.linalg.norm(l2_gradient(w, 0.1)), rel=1e-15
    )
    printed = torch.tensor(2 * w, requires_grad=True)
    (0.1 * printed.norm()).backward()
    assert printed.grad.norm().item() == pytest.approx(0.1, rel=1e-12)


def told(losses, patience, min_delta=0.0):
    """The rule in words: go on until, for `patience` epochs running, none was better than the best before."""
    best = waited = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best] - min_delta:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return Stop(epoch, best)
    return Stop(len(losses) - 1, best)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 6).map(float), min_size=1, max_size=12),
    st.integers(1, 4),
    st.sampled_from([0.0, 1.0]),
)
def test_early_stopping_is_the_rule_in_words(losses, patience, min_delta):
    assert early_stopping(losses, patience, min_delta) == told(losses, patience, min_delta)


def test_early_stopping_keeps_the_best_and_not_the_last():
    losses = [1.0, 0.5, 0.4, 0.45, 0.5, 0.6, 0.1]
    assert early_stopping(losses, patience=3) == (5, 2)
    assert early_stopping(losses, patience=4) == (6, 6)
    assert early_stopping(losses[:4], patience=3) == (3, 2)  # the data ran out first
    assert early_stopping([1.0], patience=1) == (0, 0)


def test_as_good_is_not_better_and_a_little_better_may_not_count():
    assert early_stopping([1.0, 1.0, 1.0], patience=2) == (2, 0)
    assert early_stopping([1.0, 0.75, 0.5, 0.25], patience=2) == (3, 3)
    assert early_stopping([1.0, 0.75, 0.5, 0.25], patience=2, min_delta=0.25) == (3, 2)
    assert early_stopping([1.0, 0.75, 0.5, 0.25], patience=2, min_delta=0.5) == (2, 0)


def test_stopping_at_the_first_rise_stops_by_chance():
    """One noisy epoch ends the printed rule at 0.6; with a patience of two it goes on to 0.2."""
    losses = [1.0, 0.6, 0.65, 0.4, 0.2, 0.3, 0.35, 0.4]
    rises = [epoch for epoch in range(1, len(losses)) if losses[epoch] > losses[epoch - 1]]
    assert losses[rises[0] - 1] == 0.6
    assert losses[early_stopping(losses, patience=2).best] == 0.2


def test_early_stopping_needs_losses_and_patience():
    with pytest.raises(ValueError, match="at least one validation loss, got none"):
        early_stopping([], patience=1)
    with pytest.raises(ValueError, match="patience of at least 1 epoch, got 0"):
        early_stopping([1.0], patience=0)
