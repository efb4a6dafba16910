"""What a Transformer costs before it is trained: parameters, floating-point operations, bytes, days.

A GPT as GPT-2 builds it: L layers of width C, a feed-forward half of 4 C, V tokens, T positions, the embedding of
tokens used again for the output.
"""


def transformer_parameters(layers: int, channels: int, vocabulary: int, context: int) -> int:
    """How many numbers a GPT-2 holds. Heads do not matter: they divide C and add nothing.

    A layer: 4 C² + 4 C in attention, 8 C² + 5 C in the feed-forward half, 4 C in two layer norms; then V C + T C
    in embeddings and 2 C in the last layer norm (Radford et al. 2019).

    Formula `transformer-parameters`: N = (V + T) C + L (12 C² + 13 C) + 2 C

    >>> transformer_parameters(layers=12, channels=768, vocabulary=50257, context=1024)  # GPT-2, the small one
    124439808
    """
    embeddings = (vocabulary + context) * channels
    layer = 12 * channels**2 + 13 * channels
    return embeddings + layers * layer + 2 * channels


def training_flops(
    parameters: float, tokens: float, layers: int = 0, channels: int = 0, context: int = 0
) -> float:
    """Floating-point operations of a training: 6 for each parameter and token, and attention over the context.

    A weight is multiplied and added once forward (2) and twice backward (4); scores and their use cost 12 L C T
    a token more, which the last three arguments add (Kaplan et al. 2020, §2.1; Chowdhery et al. 2022, appendix B).

    Formula `training-flops`: F = (6 N + 12 L C T) D

    >>> print(f"{training_flops(parameters=175e9, tokens=300e9, layers=96, channels=12288, context=2048):.3g}")
    3.24e+23
    """
    per_token = 6 * parameters + 12 * layers * channels * context
    return per_token * tokens


def training_memory(
    parameters: float, weight: float = 4.0, gradient: float = 4.0, master: float = 0, moments: float = 8.0
) -> float:
    """Bytes that a training with Adam keeps whatever the batch: weights, gradients, and two moments for each.

    By default all in 32 bits. In mixed precision: weight 2, gradient 2, a 32-bit master copy 4, moments 8; by
    another road 16 bytes a parameter again (Rajbhandari et al. 2020, §3.1). Activations come on top.

    Formula `training-memory`: M = (w + g + c + s) N

    >>> training_memory(parameters=7.0e9) / 1e9  # a 7B model: 112 GB before the first activation
    112.0
    """
    return (weight + gradient + master + moments) * parameters


def activation_memory(layers: int, batch: int, context: int, channels: int, heads: int) -> int:
    """Bytes of activations kept for the backward pass in 16 bits, with nothing recomputed and nothing fused.

    The part with T² is the matrix of attention weights (Korthikanti et al. 2022, §4.1).

    Formula `activation-memory`: M = L B T C (34 + 5 H T / C)

    >>> activation_memory(layers=96, batch=1, context=2048, channels=12288, heads=96) / 1e9  # GPT-3, one sequence
    275.414777856
    """
    return layers * batch * context * (34 * channels + 5 * heads * context)


def training_days(flops: float, devices: int, peak: float, utilisation: float = 0.4) -> float:
    """How long a training takes on `devices` that reach `utilisation` of `peak` operations a second each.

    Formula `training-time`: days = F / (n R u) / 86400

    >>> round(training_days(flops=3.15e23, devices=1024, peak=312e12, utilisation=0.45), 1)  # GPT-3 on A100s
    25.4
    """
    return flops / (devices * peak * utilisation) / 86400
