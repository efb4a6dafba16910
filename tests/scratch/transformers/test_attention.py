import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.networks.activations import softmax
from jinjie.scratch.transformers.attention import (
    causal_mask,
    dot_product_variance,
    masked_softmax,
    padding_mask,
    scaled_dot_product_attention,
    scaled_dot_product_attention_backward,
)
from scratch.gradients import check_gradient


def draw(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def queries_keys_values(batch=(2, 3), T=4, S=5, D=3, E=2, seed=0):
    return draw((*batch, T, D), (*batch, S, D), (*batch, S, E), seed=seed)


def torchs(Q, K, V, mask=None):
    return torch.nn.functional.scaled_dot_product_attention(
        *(torch.tensor(x) for x in (Q, K, V)), attn_mask=None if mask is None else torch.tensor(mask)
    ).numpy()


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
def test_attention_is_pytorchs(batch):
    Q, K, V = queries_keys_values(batch)
    out, A = scaled_dot_product_attention(Q, K, V)
    assert out == pytest.approx(torchs(Q, K, V), rel=1e-9, abs=1e-12)
    assert A.shape == (*batch, 4, 5) and A.sum(axis=-1) == pytest.approx(np.ones((*batch, 4)))


def test_causal_attention_is_pytorchs():
    Q, K, V = queries_keys_values(T=5, S=5)
    out, _ = scaled_dot_product_attention(Q, K, V, causal_mask(5))
    theirs = torch.nn.functional.scaled_dot_product_attention(
        *(torch.tensor(x) for x in (Q, K, V)), is_causal=True
    ).numpy()
    assert out == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_causal_and_padding_masks_together_are_pytorchs():
    Q, K, V = queries_keys_values(batch=(3,), T=5, S=5)
    mask = causal_mask(5) & padding_mask(np.array([2, 5, 1]), 5)
    assert mask.shape == (3, 5, 5)
    out, A = scaled_dot_product_attention(Q, K, V, mask)
    assert out == pytest.approx(torchs(Q, K, V, mask), rel=1e-9, abs=1e-12)
    assert np.all(A[~mask] == 0) and np.all(A[mask] > 0)


def test_the_mask_of_a_batch_is_each_examples_own():
    Q, K, V = queries_keys_values(batch=(2,), T=3, S=3)
    together, _ = scaled_dot_product_attention(Q, K, V, padding_mask(np.array([2, 3]), 3))
    for b, n in enumerate([2, 3]):
        alone, _ = scaled_dot_product_attention(Q[b], K[b, :n], V[b, :n])
        assert together[b] == pytest.approx(alone, rel=1e-12)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_outputs_are_means_of_values_whatever_the_order_of_the_keys(seed):
    Q, K, V = queries_keys_values(batch=(), seed=seed)
    out, _ = scaled_dot_product_attention(Q, K, V)
    order = np.random.default_rng(seed).permutation(5)
    shuffled, _ = scaled_dot_product_attention(Q, K[order], V[order])
    assert out == pytest.approx(shuffled, rel=1e-9)
    assert np.all(V.min(axis=0) <= out + 1e-12) and np.all(out <= V.max(axis=0) + 1e-12)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), t=st.integers(0, 3))
def test_under_a_causal_mask_the_future_changes_nothing(seed, t):
    Q, K, V = queries_keys_values(T=5, S=5, seed=seed)
    before, _ = scaled_dot_product_attention(Q, K, V, causal_mask(5))
    K, V = K.copy(), V.copy()
    K[..., t + 1 :, :] += 10
    V[..., t + 1 :, :] += 10
    after, _ = scaled_dot_product_attention(Q, K, V, causal_mask(5))
    assert np.array_equal(before[..., : t + 1, :], after[..., : t + 1, :])
    assert not np.allclose(before[..., t + 1, :], after[..., t + 1, :])


@pytest.mark.parametrize("masked", [False, True])
def test_the_gradient_is_pytorchs_and_that_of_central_differences(masked):
    Q, K, V = queries_keys_values(batch=(2, 2), T=3, S=4, D=2, E=3)
    mask = causal_mask(3, past=1) if masked else None
    (upstream,) = draw((2, 2, 3, 3), seed=1)
    dQ, dK, dV = scaled_dot_product_attention_backward(upstream, Q, K, V, mask)

    def loss(Q=Q, K=K, V=V):
        return float(np.sum(upstream * scaled_dot_product_attention(Q, K, V, mask)[0]))

    check_gradient(lambda Q: loss(Q=Q), Q, dQ)
    check_gradient(lambda K: loss(K=K), K, dK)
    check_gradient(lambda V: loss(V=V), V, dV)
    leaves = [torch.tensor(x, requires_grad=True) for x in (Q, K, V)]
    out = torch.nn.functional.scaled_dot_product_attention(
        *leaves, attn_mask=None if mask is None else torch.tensor(mask)
    )
    out.backward(torch.tensor(upstream))
    for ours, leaf in zip((dQ, dK, dV), leaves, strict=True):
        assert ours == pytest.approx(leaf.grad.numpy(), rel=1e-9, abs=1e-12)


def test_what_is_hidden_gets_no_gradient():
    Q, K, V = queries_keys_values(batch=(), T=2, S=4)
    mask = padding_mask(np.array([3]), 4)[0]
    _, dK, dV = scaled_dot_product_attention_backward(np.ones((2, 2)), Q, K, V, mask)
    assert np.all(dK[3] == 0) and np.all(dV[3] == 0) and np.all(dV[:3] > 0)


# Why 1/√D ------------------------------------------------------------------------------------------------


def test_scores_spread_with_the_width_unless_divided_by_its_root():
    """10,000 scores of standard normal entries: the variance's own error is √(2/10,000), 1.4 %, or a little more."""
    rng = np.random.default_rng(0)
    for D in (4, 64, 512):
        q, k = rng.normal(size=(10_000, D)), rng.normal(size=(10_000, D))
        scores = np.sum(q * k, axis=-1)
        assert np.var(scores) == pytest.approx(dot_product_variance(D), rel=0.08)
        assert np.var(scores / np.sqrt(D)) == pytest.approx(1, rel=0.08)
        assert np.var(scores / D) == pytest.approx(1 / D, rel=0.08)
    q, k = rng.normal(0, 2, size=(10_000, 16)), rng.normal(0, 3, size=(10_000, 16))
    assert dot_product_variance(16, 4, 9) == 16 * 4 * 9
    assert np.var(np.sum(q * k, axis=-1)) == pytest.approx(16 * 36, rel=0.08)


def sharpness(scale, D, S=16):
    """Of random queries and keys: the mean largest share, and the mean size of softmax's own gradient."""
    q, k = draw((500, 1, D), (500, S, D), seed=D)
    A = softmax(scale(D) * q @ np.swapaxes(k, -1, -2))
    return float(A.max(axis=-1).mean()), float((A * (1 - A)).mean())


def test_without_the_root_wide_heads_see_one_key_and_stop_learning():
    """With 16 keys an even share is 0.06. Scaled, the largest is 0.24 for every D; unscaled it is 0.92 at D = 512 and
    the gradient a fifth or less; divided by D the attention is blind, all shares but equal."""
    scaled = {D: sharpness(lambda D: 1 / np.sqrt(D), D) for D in (4, 64, 512)}
    unscaled = {D: sharpness(lambda D: 1.0, D) for D in (4, 64, 512)}
    by_width = {D: sharpness(lambda D: 1 / D, D) for D in (4, 64, 512)}
    for D in (4, 64, 512):
        assert scaled[D][0] == pytest.approx(0.24, abs=0.03)
    assert unscaled[4][0] < 0.5 and unscaled[64][0] > 0.75 and unscaled[512][0] > 0.9
    assert unscaled[512][1] < scaled[512][1] / 5
    assert by_width[512][0] < 0.08


# Common mistakes -------------------------------------------------------------------------------------------


def test_masking_after_softmax_leaks_what_it_hides():
    """Rows no longer sum to one, and a hidden score still moves the shares of those that are seen."""
    (Z,) = draw((3, 3))
    mask = causal_mask(3)
    assert masked_softmax(Z, mask).sum(axis=-1) == pytest.approx(np.ones(3), rel=1e-12)
    assert (softmax(Z) * mask).sum(axis=-1)[0] < 0.6
    hidden = Z + 5 * ~mask
    assert np.array_equal(masked_softmax(hidden, mask), masked_softmax(Z, mask))
    assert np.max(np.abs((softmax(hidden) - softmax(Z)) * mask)) > 0.1


def test_softmax_over_the_queries_makes_places_compete_for_a_key():
    """Each query's shares must be a whole; with the other axis one query's answer depends on the other queries."""
    Q, K, V = queries_keys_values(batch=(), T=4, S=5)

    def printed(Q):
        shares = softmax((Q @ K.T / np.sqrt(3)).T).T
        return shares @ V

    louder = Q.copy()
    louder[1:] *= 5
    assert np.array_equal(
        scaled_dot_product_attention(Q, K, V)[0][0], scaled_dot_product_attention(louder, K, V)[0][0]
    )
    assert np.max(np.abs(printed(Q)[0] - printed(louder)[0])) > 0.1


def test_the_diagonal_of_softmax_alone_is_no_gradient():
    """A constant added to all values adds one to the output and moves no score: dQ must stay. Printed, it moves."""
    Q, K, V = queries_keys_values(batch=())
    (upstream,) = draw((4, 2), seed=1)

    def printed(V):
        _, A = scaled_dot_product_attention(Q, K, V)
        return (A * (1 - A) * (upstream @ V.T)) @ K / np.sqrt(3)

    dQ, _, _ = scaled_dot_product_attention_backward(upstream, Q, K, V)
    moved, _, _ = scaled_dot_product_attention_backward(upstream, Q, K, V + 10)
    assert moved == pytest.approx(dQ, rel=1e-9, abs=1e-12)
    assert np.max(np.abs(printed(V + 10) - printed(V))) > 0.5
    check_gradient(lambda Q: float(np.sum(upstream * scaled_dot_product_attention(Q, K, V)[0])), Q, dQ)
    assert np.max(np.abs(printed(V) - dQ)) > 0.05


def test_a_mask_turned_round_sees_the_future_alone():
    """With the upper triangle the first place hears the last one, and the last one nothing but itself."""
    Q, K, V = queries_keys_values(batch=(), T=4, S=4)
    changed = V + np.array([0, 0, 0, 10.0])[:, None]
    right, wrong = causal_mask(4), causal_mask(4).T
    before, after = (scaled_dot_product_attention(Q, K, v, right)[0] for v in (V, changed))
    assert np.array_equal(before[:3], after[:3])
    before, after = (scaled_dot_product_attention(Q, K, v, wrong)[0] for v in (V, changed))
    assert np.all(np.abs(before - after) > 0.5) and np.array_equal(before[3], V[3])


# Masks -----------------------------------------------------------------------------------------------------


def test_the_causal_mask_shows_a_query_itself_and_what_was_before():
    assert causal_mask(4).dtype == bool
    assert np.array_equal(causal_mask(4), np.tril(np.ones((4, 4), bool)))
    assert np.array_equal(causal_mask(2, past=3), np.tril(np.ones((5, 5), bool))[3:])
    assert causal_mask(1, past=3).all() and causal_mask(1).shape == (1, 1)


def test_the_padding_mask_shows_as_many_keys_as_there_are():
    mask = padding_mask(np.array([1, 3, 4]), 4)
    assert mask.shape == (3, 1, 4) and mask.dtype == bool
    assert mask.sum(axis=(1, 2)).tolist() == [1, 3, 4] and mask[1, 0].tolist() == [True, True, True, False]
    assert padding_mask(np.array([1]), 1).all()
    with pytest.raises(ValueError, match="expected lengths from 1 to 4, got 0 to 3"):
        padding_mask(np.array([0, 3]), 4)
    with pytest.raises(ValueError, match="expected lengths from 1 to 4, got 2 to 5"):
        padding_mask(np.array([2, 5]), 4)


def test_a_query_that_may_see_nothing_and_a_mask_of_numbers_are_refused():
    Z = np.zeros((2, 2, 3))
    with pytest.raises(ValueError, match="see at least one key, got a row of the mask that is all False"):
        masked_softmax(Z, np.array([[True, False, False], [False, False, False]]))
    with pytest.raises(ValueError, match="mask of booleans, True where a query may look, got float64"):
        masked_softmax(Z, np.ones((2, 3)))
    # A column that nobody looks at is nothing unusual.
    assert np.all(masked_softmax(Z, np.array([[True, True, False], [True, False, False]]))[..., 2] == 0)


def test_shapes_that_do_not_fit_are_refused():
    Q, K, V = queries_keys_values(batch=(2,))
    with pytest.raises(ValueError, match=r"Q \(\.\.\., T, D\) and K .*got \(2, 4, 2\) and \(2, 5, 3\)"):
        scaled_dot_product_attention(Q[..., :2], K, V)
    with pytest.raises(ValueError, match=r"got \(1, 4, 3\) and \(2, 5, 3\)"):
        scaled_dot_product_attention(Q[:1], K, V)
    with pytest.raises(ValueError, match=r"one value for each key, got K \(2, 5, 3\) and V \(2, 4, 2\)"):
        scaled_dot_product_attention(Q, K, V[:, :4])


def test_nothing_is_changed_in_place():
    Q, K, V = given_ = queries_keys_values(batch=(), T=3, S=3)
    kept = [x.copy() for x in given_]
    scaled_dot_product_attention_backward(np.ones((3, 2)), Q, K, V, causal_mask(3))
    assert all(np.array_equal(x, y) for x, y in zip(given_, kept, strict=True))
