import numpy as np
import pytest
import torch

from jinjie.scratch.transformers.attention import causal_mask, padding_mask, scaled_dot_product_attention
from jinjie.scratch.transformers.multi_head import (
    Attention,
    join_heads,
    multi_head_attention,
    multi_head_attention_backward,
    repeat_heads,
    repeat_heads_backward,
    split_heads,
)
from scratch.gradients import check_gradient

C, H = 6, 3


def weights(C=C, M=C, G=H, H=H, seed=0):
    """Attention from width C to memory of width M, with G heads of keys and values."""
    rng = np.random.default_rng(seed)
    shared = G * C // H
    shapes = [(C, C), (M, shared), (M, shared), (C, C), (C,), (shared,), (shared,), (C,)]
    return Attention(*(rng.normal(0, 0.7, size=shape) for shape in shapes))


def draw(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def torchs(w, H=H):
    """PyTorch's module with our weights: theirs are (out, in)."""
    module = torch.nn.MultiheadAttention(
        w.W_q.shape[0], H, kdim=w.W_k.shape[0], vdim=w.W_v.shape[0], batch_first=True, dtype=torch.float64
    )
    with torch.no_grad():
        projections = [torch.tensor(W.T) for W in (w.W_q, w.W_k, w.W_v)]
        if module.in_proj_weight is not None:
            module.in_proj_weight.copy_(torch.cat(projections))
        else:
            for name, W in zip("qkv", projections, strict=True):
                getattr(module, f"{name}_proj_weight").copy_(W)
        module.in_proj_bias.copy_(torch.tensor(np.concatenate([w.b_q, w.b_k, w.b_v])))
        module.out_proj.weight.copy_(torch.tensor(w.W_o.T))
        module.out_proj.bias.copy_(torch.tensor(w.b_o))
    return module


def test_self_attention_is_pytorchs():
    w, x = weights(), draw(2, 5, C)
    tx = torch.tensor(x)
    theirs = torchs(w)(tx, tx, tx)[0].detach().numpy()
    assert multi_head_attention(x, x, *w, H=H) == pytest.approx(theirs, rel=1e-9, abs=1e-12)
    # PyTorch's mask says what is hidden, ours what is seen.
    theirs = torchs(w)(tx, tx, tx, attn_mask=torch.tensor(~causal_mask(5)))[0].detach().numpy()
    assert multi_head_attention(x, x, *w, H=H, mask=causal_mask(5)) == pytest.approx(
        theirs, rel=1e-9, abs=1e-12
    )


def test_cross_attention_to_a_memory_of_another_width_is_pytorchs():
    w, x, memory = weights(M=4), draw(2, 3, C), draw(2, 5, 4, seed=2)
    lengths = np.array([2, 5])
    mask = padding_mask(lengths, 5)
    tm = torch.tensor(memory)
    theirs = (
        torchs(w)(torch.tensor(x), tm, tm, key_padding_mask=torch.tensor(~mask[:, 0]))[0].detach().numpy()
    )
    ours = multi_head_attention(x, memory, *w, H=H, mask=mask)
    assert ours.shape == (2, 3, C) and ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_each_head_is_an_attention_of_its_own():
    """The formula word for word: H attentions on slices of the projections, side by side."""
    w, x = weights(), draw(4, C)
    D = C // H
    heads = []
    for h in range(H):
        at = slice(h * D, (h + 1) * D)
        Q, K, V = x @ w.W_q[:, at] + w.b_q[at], x @ w.W_k[:, at] + w.b_k[at], x @ w.W_v[:, at] + w.b_v[at]
        heads.append(scaled_dot_product_attention(Q, K, V)[0])
    whole = np.concatenate(heads, axis=-1) @ w.W_o + w.b_o
    assert multi_head_attention(x, x, *w, H=H) == pytest.approx(whole, rel=1e-12)


def test_without_positions_shuffled_inputs_give_equally_shuffled_outputs():
    w, x = weights(), draw(5, C)
    order = np.array([3, 0, 4, 1, 2])
    assert multi_head_attention(x[order], x[order], *w, H=H) == pytest.approx(
        multi_head_attention(x, x, *w, H=H)[order], rel=1e-9
    )


def test_grouped_queries_are_multi_head_with_keys_and_values_written_out():
    H, C, D = 4, 8, 2
    w, x = weights(C=C, G=2, M=C, H=H), draw(3, 5, C)

    def written_out(W):
        return np.concatenate([W[..., :D], W[..., :D], W[..., D:], W[..., D:]], axis=-1)

    full = w._replace(
        W_k=written_out(w.W_k), W_v=written_out(w.W_v), b_k=written_out(w.b_k), b_v=written_out(w.b_v)
    )
    assert w.W_k.shape == (8, 4)
    assert multi_head_attention(x, x, *w, H=H) == pytest.approx(
        multi_head_attention(x, x, *full, H=H), rel=1e-12
    )
    assert multi_head_attention(x, x, *weights(C=8, M=8, G=1, H=4), H=4).shape == (3, 5, 8)


@pytest.mark.parametrize(("G", "masked"), [(3, False), (3, True), (1, True)])
def test_every_gradient_is_that_of_central_differences(G, masked):
    w, x, memory = weights(M=4, G=G), draw(2, 3, C), draw(2, 4, 4, seed=2)
    upstream = draw(2, 3, C, seed=3)
    mask = causal_mask(3, past=1) & padding_mask(np.array([2, 4]), 4) if masked else None
    arguments = [x, memory, *w]
    gradients = multi_head_attention_backward(upstream, *arguments, H=H, mask=mask)
    assert len(gradients) == len(arguments) == 10
    for i, (argument, gradient) in enumerate(zip(arguments, gradients, strict=True)):

        def loss(value, i=i):
            changed = [*arguments[:i], value, *arguments[i + 1 :]]
            return float(np.sum(upstream * multi_head_attention(*changed, H=H, mask=mask)))

        check_gradient(loss, argument, gradient)


def test_the_gradients_are_pytorchs():
    w, x, upstream = weights(), draw(2, 4, C), draw(2, 4, C, seed=3)
    dx, dmemory, *dw = multi_head_attention_backward(upstream, x, x, *w, H=H, mask=causal_mask(4))
    module, tx = torchs(w), torch.tensor(x, requires_grad=True)
    module(tx, tx, tx, attn_mask=torch.tensor(~causal_mask(4)))[0].backward(torch.tensor(upstream))
    assert dx + dmemory == pytest.approx(tx.grad.numpy(), rel=1e-9, abs=1e-12)
    dw = Attention(*dw)
    theirs = module.in_proj_weight.grad.numpy()
    same(np.concatenate([dw.W_q, dw.W_k, dw.W_v], axis=1).T, theirs)
    same(np.concatenate([dw.b_q, dw.b_k, dw.b_v]), module.in_proj_bias.grad.numpy())
    same(dw.W_o.T, module.out_proj.weight.grad.numpy())
    same(dw.b_o, module.out_proj.bias.grad.numpy())


def test_heads_are_split_and_joined_again():
    x = np.arange(2 * 3 * 4 * 6, dtype=float).reshape(2, 3, 4, 6)
    heads = split_heads(x, 3)
    assert heads.shape == (2, 3, 3, 4, 2)
    for h in range(3):
        assert np.array_equal(heads[:, :, h], x[..., 2 * h : 2 * h + 2])
    assert np.array_equal(join_heads(heads), x)
    assert split_heads(x[0, 0], 2).shape == (2, 4, 3)


def test_reading_heads_straight_out_of_memory_mixes_the_places():
    """The shape (H, T, D) is right and the contents are not: head 0 of place 1 holds channels of place 0."""
    x = np.arange(12.0).reshape(2, 6)
    printed = x.reshape(3, 2, 2)
    assert printed.shape == split_heads(x, 3).shape
    assert printed[0, 1].tolist() == [2, 3] and split_heads(x, 3)[0, 1].tolist() == [6, 7]
    # A change of the last place must stay at the last place in every head.
    changed = x + np.array([[0.0], [1.0]])
    moved = np.any(changed.reshape(3, 2, 2) != printed, axis=-1)
    assert moved.tolist() == [[False, False], [False, True], [True, True]]
    ours = np.any(split_heads(changed, 3) != split_heads(x, 3), axis=-1)
    assert ours.tolist() == [[False, True]] * 3


def test_the_root_is_of_the_heads_size_and_not_of_the_models():
    """With W = identity a head's scores are x·x of its own D channels; the model's width makes them smaller by √H."""
    x, W, b = 2 * draw(4, C), np.eye(C), np.zeros(C)
    D = C // H
    ours = multi_head_attention(x, x, W, W, W, W, b, b, b, b, H=H)
    Z = x[:, :D] @ x[:, :D].T

    def shares(scale):
        exp = np.exp(Z / scale)
        return exp / exp.sum(axis=-1, keepdims=True)

    assert ours[:, :D] == pytest.approx(shares(np.sqrt(D)) @ x[:, :D], rel=1e-9)
    assert np.max(np.abs(ours[:, :D] - shares(np.sqrt(C)) @ x[:, :D])) > 0.1


def test_groups_are_repeated_side_by_side_and_their_gradients_added():
    x = draw(2, 2, 3, 4)
    repeated = repeat_heads(x, 6)
    assert repeated.shape == (2, 6, 3, 4)
    assert all(np.array_equal(repeated[:, h], x[:, h // 3]) for h in range(6))
    # Dealt out in turn, as tile does it, head 1 would be asked for the keys of group 1 and head 4 for those of group 0.
    printed = np.tile(x, (1, 3, 1, 1))
    wrong = [h for h in range(6) if not np.array_equal(printed[:, h], repeated[:, h])]
    assert printed.shape == repeated.shape and wrong == [1, 4]
    assert np.array_equal(repeat_heads(x, 2), x)
    upstream = draw(2, 6, 3, 4, seed=5)
    check_gradient(
        lambda x: float(np.sum(upstream * repeat_heads(x, 6))), x, repeat_heads_backward(upstream, 2)
    )


def test_widths_that_do_not_fit_are_refused():
    w, x = weights(), draw(4, C)
    with pytest.raises(ValueError, match="channels that 4 heads can share, got 6"):
        split_heads(x, 4)
    with pytest.raises(ValueError, match=r"as wide as W_q and W_k are tall, got \(4, 5\) and \(4, 6\)"):
        multi_head_attention(x[:, :5], x, *w, H=H)
    with pytest.raises(ValueError, match=r"got \(4, 6\) and \(4, 5\) for \(6, 6\) and \(6, 6\)"):
        multi_head_attention_backward(x, x, x[:, :5], *w, H=H)
    with pytest.raises(ValueError, match="keys of whole heads of size 2, got 3 channels"):
        multi_head_attention(x, x, *w._replace(W_k=w.W_k[:, :3], b_k=w.b_k[:3]), H=H)
    with pytest.raises(ValueError, match="heads that 2 groups can share, got 3"):
        repeat_heads(draw(2, 3, 4), 3)
