"""BERT: an encoder that sees both sides of every token, and its two questions of pre-training.

It may look both ways because what it must guess has been hidden (`bert_input`); GPT hides the future instead, and only
GPT's way can write. x is (..., T) tokens, h (..., T, C) what the encoder makes of them.
"""

from typing import NamedTuple

import numpy as np

from jinjie.scratch import Array, Booleans, Integers
from jinjie.scratch.foundations.losses import cross_entropy, cross_entropy_gradient
from jinjie.scratch.networks.activations import gelu
from jinjie.scratch.networks.layer import Activation
from jinjie.scratch.networks.normalization import layer_norm
from jinjie.scratch.transformers.layer import Layer, Norm, post_norm_layer


class BERT(NamedTuple):
    """The encoder: tables of tokens (V, C), segments (2, C) and positions (T_max, C), their norm, layers, heads."""

    E_token: Array
    E_segment: Array
    E_position: Array
    norm: Norm
    layers: tuple[Layer, ...]
    H: int


def bert_embedding(
    tokens: Integers, segments: Integers, E_token: Array, E_segment: Array, E_position: Array
) -> Array:
    """Three tables added up: what the token is, whether it is of A or B, and where it stands. (..., T) → (..., T, C).

    Source: Devlin et al. 2019, §3 and figure 2.

    Formula `bert-embedding`: e_t = E_token[x_t] + E_segment[s_t] + E_position[t]

    >>> E_token, E_segment = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 0.0], [0.5, 0.5]])
    >>> bert_embedding(np.array([2, 1]), np.array([0, 1]), E_token, E_segment, E_position=7 * np.eye(2))
    array([[10. ,  4. ],
           [ 1.5,  9.5]])
    """
    T = tokens.shape[-1]
    if E_position.shape[0] < T:
        raise ValueError(f"expected at most {E_position.shape[0]} tokens, one for each position, got {T}")
    return E_token[tokens] + E_segment[segments] + E_position[:T]


def bert_encoder(
    model: BERT,
    tokens: Integers,
    segments: Integers,
    mask: Booleans | None = None,
    f: Activation = gelu,
    eps: float = 1e-12,
) -> Array:
    """Every token in the light of all the others, left and right: (..., T, C). `mask` hides padding, nothing else.

    Source: Devlin et al. 2019, §3; ε = 10⁻¹² as in their program.

    Formula `bert-encoder`: h₀ = LN(e);  h_l = postnorm_l(h_{l−1}) without a causal mask

    >>> from jinjie.scratch.transformers.layer import draw_layer
    >>> rng, norm = np.random.default_rng(0), Norm(np.ones(4), np.zeros(4))
    >>> E_token, E_segment, E_position = (rng.normal(size=(n, 4)) for n in (9, 2, 5))
    >>> model = BERT(E_token, E_segment, E_position, norm, (draw_layer(4, 16, rng),), H=2)
    >>> h = bert_encoder(model, np.array([1, 7, 2, 8, 2]), np.array([0, 0, 0, 1, 1]))
    >>> h.shape
    (5, 4)
    """
    e = bert_embedding(tokens, segments, model.E_token, model.E_segment, model.E_position)
    h = layer_norm(e, *model.norm, eps)
    for layer in model.layers:
        h = post_norm_layer(h, layer, model.H, mask, f, eps)
    return h


def masked_language_model_logits(
    h: Array,
    W: Array,
    b: Array,
    norm: Norm,
    E_token: Array,
    bias: Array,
    f: Activation = gelu,
    eps: float = 1e-12,
) -> Array:
    """What each token was, by BERT's guess: one more bent layer, then the token table turned round. (..., T, V).

    Source: Devlin et al. 2019, §3.1, and their program: the output weights are the embedding's.

    Formula `masked-language-model-head`: z = LN(f(h W + b)) E_tokenᵀ + bias

    >>> h, norm = np.array([[1.0, -1.0]]), Norm(np.ones(2), np.zeros(2))
    >>> E_token = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]])
    >>> masked_language_model_logits(h, np.eye(2), np.zeros(2), norm, E_token, bias=np.zeros(3)).round(3)
    array([[ 1., -1.,  2.]])
    """
    guess = layer_norm(f(h @ W + b), *norm, eps)
    return guess @ E_token.T + bias


def masked_language_model_loss(z: Array, tokens: Integers, chosen: Booleans) -> float:
    """The mean surprise at the tokens that had to be guessed, and at no others: (..., T, V) → nats.

    `tokens` as they were before masking. The rest stand in plain sight: counted in, they would teach to copy.
    Source: Devlin et al. 2019, §3.1 (task 1).

    Formula `masked-language-model-loss`: L = −1/|M| Σ_{t ∈ M} log p(x_t | x̃);  p = softmax(z_t)

    >>> z = np.array([[0.0, 2.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    >>> L = masked_language_model_loss(z, tokens=np.array([1, 2, 2]), chosen=np.array([True, False, True]))
    >>> round(L, 4)  # the mean of 0.2395 and 0.5514
    0.3955
    """
    if not chosen.any():
        raise ValueError("expected one chosen token or more, got none: there is nothing to learn from")
    return cross_entropy(z[chosen], tokens[chosen])


def masked_language_model_loss_gradient(z: Array, tokens: Integers, chosen: Booleans) -> Array:
    """∂L/∂z: what was guessed less what was there, in the chosen places; elsewhere nothing.

    Formula `masked-language-model-loss-gradient`: ∂L/∂z_tv = (p_tv − 1[v = x_t]) / |M| for t ∈ M, else 0

    >>> z = np.array([[0.0, 2.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    >>> masked_language_model_loss_gradient(z, np.array([1, 2, 2]), chosen=np.array([True, False, True])).round(3)
    array([[ 0.053, -0.107,  0.053],
           [ 0.   ,  0.   ,  0.   ],
           [ 0.106,  0.106, -0.212]])
    """
    dz = np.zeros(z.shape)
    dz[chosen] = cross_entropy_gradient(z[chosen], tokens[chosen])
    return dz


def next_sentence_logits(h: Array, W_pool: Array, b_pool: Array, W_next: Array, b_next: Array) -> Array:
    """Does B follow A? Asked of the first token, [CLS], which stands for the whole pair: (..., T, C) → (..., 2).

    The same head, with another W_next, is what fine-tuning for classification puts there.
    Source: Devlin et al. 2019, §3.1 (task 2) and their program (the pooler).

    Formula `next-sentence-head`: s = tanh(h_0 W_pool + b_pool) W_next + b_next

    >>> h, W_next = np.array([[2.0, 0.0], [9.0, 9.0]]), np.array([[1.0, -1.0], [0.0, 1.0]])
    >>> next_sentence_logits(h, np.eye(2), np.zeros(2), W_next, np.zeros(2)).round(3)
    array([ 0.964, -0.964])
    """
    pooled = np.tanh(h[..., 0, :] @ W_pool + b_pool)
    return pooled @ W_next + b_next


def bert_loss(z: Array, tokens: Integers, chosen: Booleans, s: Array, y: Integers) -> float:
    """BERT's pre-training: both questions at once.

    s (B, 2) are the logits of `next_sentence_logits`, y (B,) the labels: 0 where B follows A.
    Source: Devlin et al. 2019, appendix A.2: the sum of the two mean losses.

    Formula `bert-loss`: L = L_MLM + L_NSP
    Formula `next-sentence-loss`: L_NSP = −1/B Σ_b log p(y_b);  p = softmax(s_b)

    >>> z, tokens, chosen = np.zeros((1, 2, 8)), np.array([[3, 4]]), np.array([[False, True]])
    >>> bert_loss(z, tokens, chosen, s=np.zeros((1, 2)), y=np.array([1])) == np.log(8) + np.log(2)  # knowing nothing
    np.True_
    """
    mlm = masked_language_model_loss(z, tokens, chosen)
    nsp = cross_entropy(s, y)
    return mlm + nsp
