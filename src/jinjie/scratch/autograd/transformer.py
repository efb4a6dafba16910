"""A small decoder-only Transformer, trained to say the next character with automatic differentiation alone.

Only the forward pass is written down: about a hundred operations, whose gradients the tape knows. The order is GPT-2's:
each half of a layer takes the normalised stream and adds what it found to it. B batch, T time, C channels, H heads,
D = C / H, V vocabulary. Weights stand on the right, x W with W (in, out).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from jinjie.scratch import Array, Integers
from jinjie.scratch.autograd.layers import attention, cross_entropy, layer_norm, linear
from jinjie.scratch.autograd.operations import gelu
from jinjie.scratch.autograd.shaping import embedding, index, reshape, swap_axes
from jinjie.scratch.autograd.tensor import Operand, Tensor, value_and_gradient
from jinjie.scratch.networks.optimizers import adam
from jinjie.scratch.transformers.gpt import GPT

Weights = dict[str, Array]
Parameters = Mapping[str, Operand]
"""The weights by name, as arrays where nothing is to be learned and as tensors where it is."""


class Training(NamedTuple):
    """Where a training stands: the weights, Adam's two moments of each and the number of steps so far."""

    weights: Weights
    m: Weights
    v: Weights
    t: int


def new_weights(rng: np.random.Generator, V: int, T: int, C: int, layers: int) -> Weights:
    """Normal weights of variance 1 / in, so that signals keep their size; small embeddings; biases 0.

    What is added to the stream is smaller by √(2 layers), as GPT-2 has it: else the stream would grow with every
    addition. Source: Radford et al. 2019, Language Models are Unsupervised Multitask Learners, §2.3.

    >>> weights = new_weights(np.random.default_rng(0), V=5, T=4, C=6, layers=1)
    >>> len(weights), weights["token"].shape, weights["0.W_in"].shape, sum(w.size for w in weights.values())
    (20, (5, 6), (6, 24), 576)
    """

    def normal(rows: int, columns: int, additions: int = 1) -> Array:
        return rng.normal(0, 1 / np.sqrt(rows * additions), size=(rows, columns))

    weights = {"token": rng.normal(0, 0.1, size=(V, C)), "position": rng.normal(0, 0.1, size=(T, C))}
    for layer in range(layers):
        part = {"gamma_1": np.ones(C), "beta_1": np.zeros(C)}
        part |= {"W_q": normal(C, C), "W_k": normal(C, C), "W_v": normal(C, C)}
        part |= {"b_q": np.zeros(C), "b_k": np.zeros(C), "b_v": np.zeros(C)}
        part |= {"W_o": normal(C, C, 2 * layers), "b_o": np.zeros(C)}
        part |= {"gamma_2": np.ones(C), "beta_2": np.zeros(C)}
        part |= {"W_in": normal(C, 4 * C), "b_in": np.zeros(4 * C)}
        part |= {"W_out": normal(4 * C, C, 2 * layers), "b_out": np.zeros(C)}
        weights |= {f"{layer}.{name}": weight for name, weight in part.items()}
    return weights | {"gamma": np.ones(C), "beta": np.zeros(C)}


def weights_of(model: GPT) -> Weights:
    """The weights of a GPT under the names that they have here, to be differentiated with respect to.

    Its bend was GELU by tanh, here it is the exact one; they differ by 5·10⁻⁴ at most.

    >>> from jinjie.scratch.transformers.poem_gpt import poem_gpt
    >>> weights = weights_of(poem_gpt())
    >>> sum(weight.size for weight in weights.values())
    3495168
    """
    weights = {"token": model.E, "position": model.P}
    for number, layer in enumerate(model.layers):
        half_names = ("W_in", "b_in", "W_out", "b_out")
        named = layer.attention._asdict() | dict(zip(half_names, layer.feed_forward, strict=True))
        for half, norm in enumerate((layer.norm_1, layer.norm_2), start=1):
            named |= {f"gamma_{half}": norm.gamma, f"beta_{half}": norm.beta}
        weights |= {f"{number}.{name}": weight for name, weight in named.items()}
    return weights | model.norm._asdict()


def new_training(weights: Weights) -> Training:
    """The start: no step taken, both moments 0.

    >>> new_training({"w": np.ones(2)}).v
    {'w': array([0., 0.])}
    """
    zero = {name: np.zeros_like(weight) for name, weight in weights.items()}
    return Training(weights, m=zero, v=zero, t=0)


def logits(ids: Integers, weights: Parameters, H: int, causal: bool = True) -> Tensor:
    """The scores of every next character: ids (B, T) → (B, T, V). What scores a character is its own vector.

    `causal` is there to be got wrong in experiments: without it every place sees the whole text.

    >>> weights = new_weights(np.random.default_rng(0), V=5, T=4, C=6, layers=2)
    >>> logits(np.array([[1, 2, 0]]), weights, H=3).shape
    (1, 3, 5)
    """
    T, (positions, _) = ids.shape[-1], np.shape(weights["position"])
    if positions < T:
        raise ValueError(f"expected at most {positions} characters, as many as there are positions, got {T}")
    x = embedding(weights["token"], ids) + index(weights["position"], slice(T))
    layers = sum(name.endswith(".W_q") for name in weights)
    for layer in range(layers):
        own = {name.partition(".")[2]: w for name, w in weights.items() if name.startswith(f"{layer}.")}
        x = x + self_attention(layer_norm(x, own["gamma_1"], own["beta_1"]), own, H, causal)
        x = x + feed_forward(layer_norm(x, own["gamma_2"], own["beta_2"]), own)
    return layer_norm(x, weights["gamma"], weights["beta"]) @ swap_axes(weights["token"], 0, 1)


def self_attention(x: Tensor, own: Parameters, H: int, causal: bool = True) -> Tensor:
    """Every place looks back at itself and those before it, with H heads: (B, T, C) → (B, T, C).

    Not `causal`, it looks at those after it as well.
    """
    B, T, C = x.shape
    if C % H != 0:
        raise ValueError(f"expected a number of channels that {H} heads can share, got {C}")

    def heads(y: Tensor) -> Tensor:
        return swap_axes(reshape(y, B, T, H, C // H), 1, 2)

    Q = heads(linear(x, own["W_q"], own["b_q"]))
    K = heads(linear(x, own["W_k"], own["b_k"]))
    V = heads(linear(x, own["W_v"], own["b_v"]))
    seen = np.tri(T, dtype=bool) if causal else None
    joined = reshape(swap_axes(attention(Q, K, V, seen), 1, 2), B, T, C)
    return linear(joined, own["W_o"], own["b_o"])


def feed_forward(x: Tensor, own: Parameters) -> Tensor:
    """Every place thinks for itself: four times as wide, a bend, and back."""
    return linear(gelu(linear(x, own["W_in"], own["b_in"])), own["W_out"], own["b_out"])


def loss(windows: Integers, weights: Parameters, H: int) -> Tensor:
    """How improbable each next character was, in nats: windows (B, T + 1) hold what is read and what follows.

    >>> rng = np.random.default_rng(0)
    >>> windows = rng.integers(0, 5, size=(2, 5))
    >>> loss(windows, new_weights(rng, V=5, T=4, C=6, layers=1), H=2).data.round(1)  # near log 5: nothing learned
    np.float64(1.6)
    """
    return cross_entropy(logits(windows[:, :-1], weights, H), windows[:, 1:])


def train_step(training: Training, windows: Integers, H: int, lr: float = 1e-3) -> tuple[Training, float]:
    """One step of Adam on one batch of windows (B, T + 1); the loss is the one before the step.

    >>> rng = np.random.default_rng(0)
    >>> windows = rng.integers(0, 5, size=(2, 5))
    >>> training = new_training(new_weights(rng, V=5, T=4, C=6, layers=1))
    >>> losses = []
    >>> for _ in range(3):
    ...     training, before = train_step(training, windows, H=2, lr=0.01)
    ...     losses.append(before)
    >>> losses[0] > losses[1] > losses[2]
    True
    """
    names = list(training.weights)
    before, gradients = value_and_gradient(
        lambda *tensors: loss(windows, dict(zip(names, tensors, strict=True)), H), *training.weights.values()
    )
    weights, m, v = {}, {}, {}
    for name, grad in zip(names, gradients, strict=True):
        old = training.weights[name]
        step = adam(old, grad, training.m[name], training.v[name], training.t + 1, lr)
        weights[name], m[name], v[name] = step
    return Training(weights, m, v, training.t + 1), before


def windows_of(text: Integers, T: int, B: int, rng: np.random.Generator) -> Integers:
    """B windows of T + 1 neighbours from anywhere in the text, (B, T + 1).

    >>> windows_of(np.arange(100), T=3, B=2, rng=np.random.default_rng(0))
    array([[82, 83, 84, 85],
           [61, 62, 63, 64]])
    """
    if len(text) <= T:
        raise ValueError(
            f"expected a text longer than a window of {T} and the next, got {len(text)} characters"
        )
    starts = rng.integers(0, len(text) - T, size=B)
    windows: Integers = text[starts[:, np.newaxis] + np.arange(T + 1)]
    return windows
