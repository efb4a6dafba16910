"""GPT: a Transformer that reads from left to right and is trained on one thing, the next token.

Tokens (..., T) are numbers from 0 to V − 1. The causal mask is what makes the objective honest: place t must guess
token t + 1, and without the mask it would simply look at it.
"""

from typing import NamedTuple

import numpy as np

from jinjie.scratch import Array, Booleans, Integers
from jinjie.scratch.foundations.losses import cross_entropy, cross_entropy_gradient
from jinjie.scratch.networks.activations import gelu, log_softmax, softmax
from jinjie.scratch.networks.layer import Activation
from jinjie.scratch.networks.normalization import layer_norm
from jinjie.scratch.transformers.attention import causal_mask
from jinjie.scratch.transformers.layer import Layer, Norm, draw_layer, pre_norm_layer
from jinjie.scratch.transformers.positions import learned_positions


class GPT(NamedTuple):
    """A whole model: token embeddings E (V, C), positions P (T_max, C), layers, the last norm, the number of heads."""

    E: Array
    P: Array
    layers: tuple[Layer, ...]
    norm: Norm
    H: int


def draw_gpt(V: int, C: int, T_max: int, depth: int, H: int, rng: np.random.Generator) -> GPT:
    """A GPT that knows nothing yet: weights as GPT-2 draws them, the feed-forward half four times as wide as C."""
    E, P = rng.normal(0, 0.02, size=(V, C)), rng.normal(0, 0.02, size=(T_max, C))
    layers = tuple(draw_layer(C, 4 * C, rng) for _ in range(depth))
    return GPT(E, P, layers, Norm(np.ones(C), np.zeros(C)), H)


def gpt_logits(model: GPT, tokens: Integers, mask: Booleans | None = None, f: Activation = gelu) -> Array:
    """What the model expects after each token: (..., T) → logits (..., T, V).

    The head is the embedding table itself, turned round: a token is likely as the last state points to its
    embedding. `mask` is there to be got wrong in experiments; without it the causal one is taken.
    Source: Radford et al. 2018, equation 2, and 2019, §2.3.

    Formula `gpt`: h₀ = E[x] + P;  h_l = layer_l(h_{l−1}) under the causal mask;  z = LN(h_L) Eᵀ

    >>> model = draw_gpt(V=5, C=4, T_max=3, depth=2, H=2, rng=np.random.default_rng(0))
    >>> z = gpt_logits(model, np.array([3, 1, 4]))
    >>> softmax(z).round(2)  # a fresh model expects everything alike
    array([[0.2 , 0.2 , 0.2 , 0.21, 0.2 ],
           [0.2 , 0.2 , 0.2 , 0.2 , 0.2 ],
           [0.19, 0.2 , 0.2 , 0.2 , 0.2 ]])
    """
    check_tokens(tokens, model.E.shape[0])
    if mask is None:
        mask = causal_mask(tokens.shape[-1])
    h = learned_positions(model.E[tokens], model.P)
    for layer in model.layers:
        h = pre_norm_layer(h, layer, model.H, mask, f)
    h = layer_norm(h, *model.norm)
    return h @ model.E.T


def next_token_loss(z: Array, tokens: Integers) -> float:
    """GPT's only objective: the mean surprise at each next token, in nats.

    z (..., T, V) and tokens (..., T): the logits of place t are held against token t + 1, so the last logits have
    no target and the first token is never one. Source: Radford et al. 2018, equation 1.

    Formula `next-token-loss`: L = −1/(T−1) Σ_t log p(x_{t+1} | x_1 … x_t);  p = softmax(z_t)

    >>> z = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 3.0], [9.0, 9.0, 9.0]])
    >>> L = next_token_loss(z, np.array([0, 1, 2]))  # 1 after 0 and 2 after 1 were expected
    >>> round(L, 4)
    0.1672
    """
    if tokens.shape[-1] < 2:
        raise ValueError(f"expected two tokens or more, one to read and one to guess, got {tokens.shape[-1]}")
    said, targets = z[..., :-1, :], tokens[..., 1:]
    return cross_entropy(said, targets)


def next_token_loss_gradient(z: Array, tokens: Integers) -> Array:
    """∂L/∂z: at each place what was expected less what came next; nothing at the last, which has no target.

    Formula `next-token-loss-gradient`: ∂L/∂z_tv = (p_tv − 1[v = x_{t+1}]) / (T−1) for t < T, else 0

    >>> z = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 3.0], [9.0, 9.0, 9.0]])
    >>> next_token_loss_gradient(z, np.array([0, 1, 2])).round(3)
    array([[ 0.053, -0.107,  0.053],
           [ 0.023,  0.023, -0.045],
           [ 0.   ,  0.   ,  0.   ]])
    """
    dz = np.zeros(z.shape)
    dz[..., :-1, :] = cross_entropy_gradient(z[..., :-1, :], tokens[..., 1:])
    return dz


def next_token_perplexity(z: Array, tokens: Integers) -> float:
    """The loss as a number of choices: how many equally likely tokens would have been as hard to guess.

    Formula `next-token-perplexity`: PPL = exp L

    >>> round(next_token_perplexity(np.zeros((4, 50)), np.array([7, 0, 31, 4])), 9)  # knowing nothing: all fifty
    50.0
    """
    L = next_token_loss(z, tokens)
    return float(np.exp(L))


def sequence_log_probability(z: Array, tokens: Integers) -> Array:
    """How likely a whole text is given its first token: the chain rule of probability, (..., T, V) → (...).

    No approximation: any distribution over texts is a product of next-token distributions, which is why
    next-token prediction is enough to generate. Source: Bengio et al. 2003, §1.

    Formula `autoregressive-factorisation`: log p(x_2 … x_T | x_1) = Σ_t log p(x_{t+1} | x_1 … x_t)

    >>> z = np.log(np.array([[0.5, 0.5], [0.25, 0.75], [0.9, 0.1]]))
    >>> np.exp(sequence_log_probability(z, np.array([0, 1, 1]))).round(4)  # ½ · ¾
    np.float64(0.375)
    """
    log_p = log_softmax(z[..., :-1, :])
    log_p_next = np.take_along_axis(log_p, tokens[..., 1:, None], axis=-1)
    total: Array = log_p_next.sum(axis=(-2, -1))
    return total


def generate(
    model: GPT, tokens: Integers, steps: int, rng: np.random.Generator, f: Activation = gelu
) -> Integers:
    """Write on: draw a token from what the model expects next, append it, and look again. (T,) → (T + steps,).

    Everything is computed anew for each token; `kv_cache` remembers instead. What is older than the table
    of positions is forgotten. Source: Radford et al. 2019, §2.

    Formula `autoregressive-generation`: x_{t+1} ~ softmax(z_t),  z = GPT(x_1 … x_t)

    >>> model = draw_gpt(V=5, C=4, T_max=8, depth=1, H=2, rng=np.random.default_rng(0))
    >>> generate(model, np.array([3, 1]), steps=4, rng=np.random.default_rng(1))
    array([3, 1, 2, 4, 0, 4])
    """
    for _ in range(steps):
        read = tokens[-model.P.shape[0] :]
        p = softmax(gpt_logits(model, read, f=f)[-1])
        tokens = np.append(tokens, rng.choice(p.size, p=p))
    return tokens


def check_tokens(tokens: Integers, V: int) -> None:
    """Raise ValueError unless there are tokens and each has an embedding (NumPy would take −1 for the last)."""
    if tokens.size == 0 or tokens.min() < 0 or tokens.max() >= V:
        raise ValueError(f"expected tokens from 0 to {V - 1}, got {tokens.tolist()}")
