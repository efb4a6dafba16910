"""Layers for the exercise: decoders and encoders, one place, one head, small and large streams, and at random."""

import numpy as np


def cases(rng):
    yield (
        {"en": "a decoder layer, three places", "zh": "解码器的层，三个位置"},
        drawn(rng, 3, 4, 2, causal=True),
    )
    yield (
        {"en": "an encoder layer, three places", "zh": "编码器的层，三个位置"},
        drawn(rng, 3, 4, 2, causal=False),
    )
    yield (
        {"en": "a decoder layer, six places", "zh": "解码器的层，六个位置"},
        drawn(rng, 6, 8, 2, causal=True),
    )
    yield {"en": "a single place", "zh": "只有一个位置"}, drawn(rng, 1, 6, 3, causal=True)
    yield (
        {"en": "a stream that has grown large", "zh": "已经变得很大的流"},
        drawn(rng, 4, 8, 4, causal=True, size=40.0),
    )
    yield (
        {"en": "a stream near the bottom, small", "zh": "刚进来、还很小的流"},
        drawn(rng, 4, 8, 1, causal=False, size=0.06),
    )
    for _ in range(14):
        T, H, D = int(rng.integers(2, 9)), int(rng.integers(1, 4)), int(rng.integers(2, 5))
        causal = bool(rng.integers(2))
        en, zh = ("decoder", "解码器") if causal else ("encoder", "编码器")
        name = {"en": f"{en}, {T} places, {H} heads of {D}", "zh": f"{zh}，{T} 个位置，{H} 个头，维度 {D}"}
        yield name, drawn(rng, T, H * D, H, causal)


def drawn(rng, T, C, H, causal, size=1.0):
    F = 4 * C
    w = {name: rng.normal(size=(C, C)) / np.sqrt(C) for name in ("W_q", "W_k", "W_v", "W_o")}
    w |= {"W_1": rng.normal(size=(C, F)) / np.sqrt(C), "W_2": rng.normal(size=(F, C)) / np.sqrt(F)}
    w |= {"b_1": 0.3 * rng.normal(size=F), "b_2": 0.3 * rng.normal(size=C)}
    for half in (1, 2):
        w |= {f"gamma_{half}": rng.normal(1, 0.3, size=C), f"beta_{half}": 0.3 * rng.normal(size=C)}
    return size * rng.normal(size=(T, C)), w, H, causal
