"""The Transformer layer, whole: places talk to each other (attention), then each thinks for itself (feed-forward).

Both halves are *added* to what was there, and both are normalised. Attention alone, LayerNorm(x + MultiHead(x)), is
half a layer: it mixes places by weighted means, and at one place it can hardly compute anything.

x is (..., T, C); H heads; F is the width of the feed-forward half, 4 C as a rule.
"""

from typing import NamedTuple

import numpy as np

from jinjie.scratch import Array, Booleans
from jinjie.scratch.networks.activations import gelu, relu
from jinjie.scratch.networks.layer import Activation
from jinjie.scratch.networks.normalization import layer_norm
from jinjie.scratch.transformers.multi_head import Attention, multi_head_attention


class Norm(NamedTuple):
    """A layer norm's gain and shift, (C,) each."""

    gamma: Array
    beta: Array


class FeedForward(NamedTuple):
    """W_1 (C, F), b_1 (F,), W_2 (F, C), b_2 (C,)."""

    W_1: Array
    b_1: Array
    W_2: Array
    b_2: Array


class Layer(NamedTuple):
    """The weights of an encoder layer, or of a GPT layer: they differ in the mask and the norms' places."""

    attention: Attention
    norm_1: Norm
    feed_forward: FeedForward
    norm_2: Norm


class DecoderLayer(NamedTuple):
    """The weights of a decoder layer that also looks at an encoder's output."""

    attention: Attention
    norm_1: Norm
    cross_attention: Attention
    norm_2: Norm
    feed_forward: FeedForward
    norm_3: Norm


def feed_forward(x: Array, W_1: Array, b_1: Array, W_2: Array, b_2: Array, f: Activation = relu) -> Array:
    """The second half of a layer: the same two-layer network at every place, two thirds of the layer's weights.

    Source: Vaswani et al. 2017, equation 2 (f = ReLU); BERT and GPT take GELU.

    Formula `feed-forward`: FFN(x) = f(x W₁ + b₁) W₂ + b₂

    >>> W_1, b_1 = np.array([[1.0, -1.0]]), np.array([-2.0, -2.0])
    >>> feed_forward(np.array([[-3.0], [0.0], [5.0]]), W_1, b_1, W_2=np.array([[1.0], [1.0]]), b_2=np.array([0.5]))
    array([[1.5],
           [0.5],
           [3.5]])
    """
    hidden = f(x @ W_1 + b_1)
    return hidden @ W_2 + b_2


def post_norm_layer(
    x: Array, layer: Layer, H: int, mask: Booleans | None = None, f: Activation = relu, eps: float = 1e-5
) -> Array:
    """The encoder layer of 2017 and of BERT: add, then normalise, after each half.

    The stream itself is normalised again and again, so deep stacks need a warm-up. `mask` (..., T, T).
    Source: Vaswani et al. 2017, §3.1.

    Formula `post-norm-layer`: a = LN₁(x + MultiHead(x, x));  y = LN₂(a + FFN(a))

    >>> layer = draw_layer(C=4, F=16, rng=np.random.default_rng(0))
    >>> y = post_norm_layer(np.array([[1.0, 2.0, 3.0, 4.0], [9.0, 0.0, 0.0, 0.0]]), layer, H=2)
    >>> y.mean(axis=-1).round(4) + 0.0, y.var(axis=-1).round(4)  # each place leaves normalised
    (array([0., 0.]), array([1., 1.]))
    """
    attended = multi_head_attention(x, x, *layer.attention, H, mask)
    a = layer_norm(x + attended, *layer.norm_1, eps)
    thought = feed_forward(a, *layer.feed_forward, f)
    return layer_norm(a + thought, *layer.norm_2, eps)


def pre_norm_layer(
    x: Array, layer: Layer, H: int, mask: Booleans | None = None, f: Activation = gelu, eps: float = 1e-5
) -> Array:
    """The layer of GPT-2 and almost all since: normalise what goes into each half, leave the stream alone.

    From the loss to the first layer there is a path of additions only, so deep stacks train without tricks; the
    model norms once more at its end. GPT gives the causal mask: without it this is an encoder.
    Source: Radford et al. 2019, §2.3; Xiong et al. 2020.

    Formula `pre-norm-layer`: a = x + MultiHead(LN₁(x), LN₁(x));  y = a + FFN(LN₂(a))

    >>> layer = draw_layer(C=4, F=16, rng=np.random.default_rng(0))
    >>> x = np.array([[1.0, 2.0, 3.0, 4.0], [9.0, 0.0, 0.0, 0.0]])
    >>> y = pre_norm_layer(x, layer, H=2, mask=np.array([[True, False], [True, True]]))
    >>> float(np.abs(y - x).max().round(3))  # a fresh layer hardly disturbs the stream
    0.003
    """
    n = layer_norm(x, *layer.norm_1, eps)
    a = x + multi_head_attention(n, n, *layer.attention, H, mask)
    thought = feed_forward(layer_norm(a, *layer.norm_2, eps), *layer.feed_forward, f)
    return a + thought


def decoder_layer(
    x: Array,
    memory: Array,
    layer: DecoderLayer,
    H: int,
    mask: Booleans | None = None,
    memory_mask: Booleans | None = None,
    f: Activation = relu,
    eps: float = 1e-5,
) -> Array:
    """The decoder layer of 2017: look at what is written so far, then at the source, then think.

    memory (..., S, C) is the encoder's output; `mask` (..., T, T) is causal, `memory_mask` (..., T, S) hides the
    source's padding. Source: Vaswani et al. 2017, §3.1 and figure 1.

    Formula `decoder-layer`: a = LN₁(x + MultiHead(x, x));  c = LN₂(a + MultiHead(a, m));  y = LN₃(c + FFN(c))

    >>> rng = np.random.default_rng(0)
    >>> one, two = draw_layer(4, 16, rng), draw_layer(4, 16, rng)
    >>> layer = DecoderLayer(one.attention, one.norm_1, two.attention, two.norm_1, two.feed_forward, two.norm_2)
    >>> x, memory = np.array([[1.0, 2.0, 3.0, 4.0]]), rng.normal(size=(3, 4))
    >>> decoder_layer(x, memory, layer, H=2).shape
    (1, 4)
    """
    attended = multi_head_attention(x, x, *layer.attention, H, mask)
    a = layer_norm(x + attended, *layer.norm_1, eps)
    read = multi_head_attention(a, memory, *layer.cross_attention, H, memory_mask)
    c = layer_norm(a + read, *layer.norm_2, eps)
    thought = feed_forward(c, *layer.feed_forward, f)
    return layer_norm(c + thought, *layer.norm_3, eps)


def layer_parameters(C: int, F: int) -> int:
    """How many numbers one encoder or GPT layer learns; 12 C² + 13 C where F = 4 C.

    Four projections of attention, two matrices of the feed-forward half, their biases, two norms.

    Formula `layer-parameters`: P = 4(C² + C) + (2CF + F + C) + 4C

    >>> layer_parameters(C=768, F=3072)  # GPT-2 small and BERT base have twelve of these
    7087872
    """
    attention = 4 * (C**2 + C)
    thinking = 2 * C * F + F + C
    norms = 2 * 2 * C
    return attention + thinking + norms


def decoder_layer_parameters(C: int, F: int) -> int:
    """The same for a decoder layer with cross-attention: a second attention and a third norm.

    Formula `decoder-layer-parameters`: P = 8(C² + C) + (2CF + F + C) + 6C

    >>> decoder_layer_parameters(C=512, F=2048)
    4204032
    """
    attentions = 2 * 4 * (C**2 + C)
    thinking = 2 * C * F + F + C
    norms = 3 * 2 * C
    return attentions + thinking + norms


def draw_layer(C: int, F: int, rng: np.random.Generator, std: float = 0.02) -> Layer:
    """A layer as BERT and GPT-2 start it: small normal weights, zero biases, norms that change nothing."""
    W = [rng.normal(0, std, size=(C, C)) for _ in range(4)]
    b = [np.zeros(C) for _ in range(4)]
    W_1, W_2 = rng.normal(0, std, size=(C, F)), rng.normal(0, std, size=(F, C))
    norm = Norm(np.ones(C), np.zeros(C))
    return Layer(Attention(*W, *b), norm, FeedForward(W_1, np.zeros(F), W_2, np.zeros(C)), norm)
