import numpy as np
import pytest
import torch
from torch.nn import functional

from jinjie.data.text import cut, packaged
from jinjie.scratch.autograd.tensor import value_and_gradient
from jinjie.scratch.autograd.transformer import (
    Training,
    logits,
    loss,
    new_training,
    new_weights,
    train_step,
    weights_of,
    windows_of,
)
from jinjie.scratch.networks.optimizers import adam
from jinjie.scratch.transformers import poem_gpt
from scratch.autograd.against import EXACT
from scratch.gradients import check_gradient


def torch_logits(ids, weights, H):
    """The same network from PyTorch's own parts."""
    B, T = ids.shape
    C = weights["token"].shape[1]
    x = functional.embedding(ids, weights["token"]) + weights["position"][:T]
    for layer in range(sum(name.endswith("W_q") for name in weights)):
        own = {name.split(".")[1]: w for name, w in weights.items() if name.startswith(f"{layer}.")}
        y = functional.layer_norm(x, (C,), own["gamma_1"], own["beta_1"])
        heads = [
            functional.linear(y, own[f"W_{part}"].T, own[f"b_{part}"]).view(B, T, H, C // H).transpose(1, 2)
            for part in "qkv"
        ]
        y = functional.scaled_dot_product_attention(*heads, is_causal=True).transpose(1, 2).reshape(B, T, C)
        x = x + functional.linear(y, own["W_o"].T, own["b_o"])
        y = functional.layer_norm(x, (C,), own["gamma_2"], own["beta_2"])
        y = functional.gelu(functional.linear(y, own["W_in"].T, own["b_in"]))
        x = x + functional.linear(y, own["W_out"].T, own["b_out"])
    return functional.layer_norm(x, (C,), weights["gamma"], weights["beta"]) @ weights["token"].T


def drawn(V=7, T=5, C=6, layers=2, seed=0):
    """Weights of which none is 0 or 1, so that no bias and no scale can be forgotten unseen."""
    rng = np.random.default_rng(seed)
    shapes = {name: weight.shape for name, weight in new_weights(rng, V, T, C, layers).items()}
    return {name: rng.normal(0, 0.5, size=shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(("H", "T"), [(1, 5), (2, 5), (3, 4)])
def test_logits_and_all_gradients_are_pytorchs(H, T):
    weights = drawn()
    windows = np.random.default_rng(1).integers(0, 7, size=(3, T + 1))
    theirs = {name: torch.tensor(weight, requires_grad=True) for name, weight in weights.items()}
    expected = torch_logits(torch.tensor(windows[:, :-1]), theirs, H)
    assert logits(windows[:, :-1], weights, H).data == pytest.approx(expected.detach().numpy(), **EXACT)
    their_loss = functional.cross_entropy(expected.reshape(-1, 7), torch.tensor(windows[:, 1:]).reshape(-1))
    their_loss.backward()

    names = list(weights)
    value, gradients = value_and_gradient(
        lambda *tensors: loss(windows, dict(zip(names, tensors, strict=True)), H), *weights.values()
    )
    assert value == pytest.approx(their_loss.item(), **EXACT)
    assert len(gradients) == 4 + 16 * 2
    for name, gradient in zip(names, gradients, strict=True):
        assert gradient == pytest.approx(theirs[name].grad.numpy(), **EXACT), name


def test_gradients_are_the_slopes_that_are_measured():
    weights = drawn(V=3, T=3, C=4, layers=1)
    windows = np.random.default_rng(1).integers(0, 3, size=(2, 4))
    names = list(weights)
    _, gradients = value_and_gradient(
        lambda *tensors: loss(windows, dict(zip(names, tensors, strict=True)), 2), *weights.values()
    )
    for name, gradient in zip(names, gradients, strict=True):
        check_gradient(lambda w, n=name: loss(windows, weights | {n: w}, 2).item(), weights[name], gradient)


def test_no_place_sees_what_comes_after_it():
    weights = drawn()
    ids = np.array([[1, 2, 3, 4, 5]])
    before = logits(ids, weights, H=2).data
    for place in range(5):
        changed = ids.copy()
        changed[0, place] = 0
        after = logits(changed, weights, H=2).data
        assert np.array_equal(after[:, :place], before[:, :place])
        assert np.all(after[:, place:] != before[:, place:])


def test_without_the_mask_every_place_sees_all_others():
    weights = drawn()
    ids = np.array([[1, 2, 3, 4, 5]])
    before = logits(ids, weights, H=2, causal=False).data
    for place in range(5):
        changed = ids.copy()
        changed[0, place] = 0
        assert np.all(logits(changed, weights, H=2, causal=False).data != before)


def test_some_dozens_of_steps_on_shakespeare_beat_the_frequencies_of_characters():
    """On text that it has not seen: it has learned what follows what, and not only what is often."""
    parts = cut(packaged())
    codes = {character: i for i, character in enumerate(sorted(set(parts["train"])))}
    train, held_out = (
        np.array([codes[c] for c in parts[part][:200_000] if c in codes]) for part in ("train", "validation")
    )
    V = len(codes)
    frequencies = (np.bincount(train, minlength=V) + 1) / (len(train) + V)
    unigram = -np.log(frequencies[held_out]).mean()

    rng = np.random.default_rng(0)
    training, losses = new_training(new_weights(rng, V, T=16, C=32, layers=2)), []
    for _ in range(50):
        training, before = train_step(training, windows_of(train, 16, 16, rng), H=4, lr=0.01)
        losses.append(before)
    held = loss(windows_of(held_out, 16, 64, rng), training.weights, H=4)
    assert not held.requires_grad
    assert unigram == pytest.approx(3.271, abs=0.001)
    assert losses[0] == pytest.approx(np.log(V), abs=0.6)
    assert held.item() < unigram - 0.3 and np.mean(losses[-5:]) < unigram - 0.25


def test_a_step_is_adams_with_its_number():
    weights = drawn(V=4, T=3, C=4, layers=1)
    windows = np.random.default_rng(1).integers(0, 4, size=(2, 4))
    m, v = drawn(V=4, T=3, C=4, layers=1, seed=1), drawn(V=4, T=3, C=4, layers=1, seed=2)
    v = {name: x**2 for name, x in v.items()}
    names = list(weights)
    value, gradients = value_and_gradient(
        lambda *tensors: loss(windows, dict(zip(names, tensors, strict=True)), 2), *weights.values()
    )
    for given, lr in (({}, 1e-3), ({"lr": 0.1}, 0.1)):
        after, before = train_step(Training(weights, m, v, 4), windows, H=2, **given)
        assert before == value and after.t == 5 and list(after.weights) == names
        for name, gradient in zip(names, gradients, strict=True):
            expected = adam(weights[name], gradient, m[name], v[name], 5, lr)
            for ours, theirs in zip(
                (after.weights[name], after.m[name], after.v[name]), expected, strict=True
            ):
                assert np.array_equal(ours, theirs), name


def test_the_first_weights_have_the_sizes_that_keep_signals():
    V, T, C, layers = 60, 50, 40, 3
    weights = new_weights(np.random.default_rng(0), V, T, C, layers)
    assert list(weights)[:2] == ["token", "position"] and list(weights)[-2:] == ["gamma", "beta"]
    assert len(weights) == 4 + 16 * 3
    shapes = {"token": (V, C), "position": (T, C), "W_in": (C, 4 * C), "W_out": (4 * C, C), "b_in": (4 * C,)}
    sizes = {
        "token": 0.1,
        "position": 0.1,
        "W_out": (4 * C * 2 * layers) ** -0.5,
        "W_o": (C * 2 * layers) ** -0.5,
    }
    for name, weight in weights.items():
        kind = name.split(".")[-1]
        square = (C, C) if kind.startswith("W_") else (C,)
        assert weight.shape == shapes.get(kind, square), name
        if weight.ndim == 2:
            assert weight.std() == pytest.approx(sizes.get(kind, C**-0.5), rel=0.06), name
            assert abs(weight.mean()) < 0.1 * weight.std(), name
        else:
            assert np.all(weight == (1 if kind.startswith("gamma") else 0)), name
    assert not np.array_equal(weights["0.W_q"], weights["1.W_q"])


def test_a_training_starts_without_moments():
    training = new_training(drawn())
    assert training.t == 0 and list(training.m) == list(training.v) == list(training.weights)
    assert all(np.all(x == 0) and x.shape == training.weights[n].shape for n, x in training.m.items())
    assert all(np.all(x == 0) for x in training.v.values())


def test_windows_are_neighbours_from_anywhere():
    text = np.arange(10, 30)
    windows = windows_of(text, T=4, B=500, rng=np.random.default_rng(0))
    assert windows.shape == (500, 5)
    assert np.all(np.diff(windows, axis=1) == 1)
    assert windows.min() == 10 and windows.max() == 29
    assert len(set(windows[:, 0])) == 16
    assert np.array_equal(windows_of(text, 19, 2, np.random.default_rng(0)), [text, text])


def test_the_poem_model_on_the_tape_is_the_packaged_one_and_its_gradient_the_measured_slope():
    model = poem_gpt.poem_gpt()
    weights, windows = weights_of(model), poem_gpt.tokens_of("\n白日依山尽，黄河入海流。")[None]
    assert set(weights) == set(new_weights(np.random.default_rng(0), V=5, T=4, C=6, layers=6))
    theirs = functional.cross_entropy(
        torch.tensor(poem_gpt.poem_logits(model, windows[0, :-1])), torch.tensor(windows[0, 1:])
    )
    assert loss(windows, weights, model.H).item() == pytest.approx(
        theirs.item(), abs=1e-3
    )  # GELU's two forms

    _, gradients = value_and_gradient(
        lambda *tensors: loss(windows, dict(zip(weights, tensors, strict=True)), model.H), *weights.values()
    )
    gradient, step = dict(zip(weights, gradients, strict=True)), 1e-5
    for name, at in (("token", (windows[0, 1], 0)), ("0.W_q", (3, 5)), ("5.b_in", (7,))):
        ends = []
        for sign in (1, -1):
            moved = weights[name].copy()
            moved[at] += sign * step
            ends.append(loss(windows, weights | {name: moved}, model.H).item())
        assert gradient[name][at] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5), name


def test_what_does_not_fit_is_named():
    weights = drawn()
    with pytest.raises(ValueError, match="at most 5 characters, as many as there are positions, got 6"):
        logits(np.zeros((1, 6), dtype=np.int64), weights, H=2)
    with pytest.raises(ValueError, match="a number of channels that 4 heads can share, got 6"):
        logits(np.zeros((1, 5), dtype=np.int64), weights, H=4)
    with pytest.raises(ValueError, match="longer than a window of 20 and the next, got 20"):
        windows_of(np.arange(20), 20, 1, np.random.default_rng(0))
