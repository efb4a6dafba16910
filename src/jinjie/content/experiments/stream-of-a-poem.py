"""The residual stream of the packaged poem GPT at one place: what each half adds, and what may be read from it."""

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Bars, Curves, Group, Line, Numbers, Shown, Table, Value
from jinjie.scratch.networks.activations import gelu_tanh, softmax
from jinjie.scratch.networks.normalization import layer_norm
from jinjie.scratch.transformers import poem_gpt
from jinjie.scratch.transformers.attention import causal_mask
from jinjie.scratch.transformers.layer import feed_forward
from jinjie.scratch.transformers.multi_head import multi_head_attention
from jinjie.scratch.transformers.positions import learned_positions

COUPLETS = {
    "bai-ri": "白日依山尽，黄河入海流。",
    "ming-yue": "明月松间照，清泉石上流。",
    "liang-ge": "两个黄鹂鸣翠柳，一行白鹭上青天。",
    "chuang-qian": "床前明月光，疑是地上霜。",
}
TOP = 3
"""Guesses shown after each layer."""


def show(couplet: str = "bai-ri", place: int = 1, strike: str = "nothing", layer: int = 6) -> Shown:
    """Sizes, guesses and the true character's probability, layer by layer. Layers and places count from 1."""
    text = "\n" + COUPLETS[couplet]
    comma = text.index("，")
    stands = min(comma + int(place) - 1, len(text) - 2)
    tokens, model = poem_gpt.tokens_of(text), poem_gpt.poem_gpt()
    names = poem_gpt.characters().replace("\n", "⏎")
    mask = causal_mask(len(tokens))

    h = learned_positions(model.E[tokens], model.P)
    stream, brought, thought = [h], [], []
    for depth, own in enumerate(model.layers, start=1):
        struck = strike if depth == int(layer) else "nothing"
        n = layer_norm(h, *own.norm_1)
        mixed = multi_head_attention(n, n, *own.attention, model.H, mask) * (struck != "attention")
        added = feed_forward(layer_norm(h + mixed, *own.norm_2), *own.feed_forward, gelu_tanh)
        added = added * (struck != "thinking")
        h = h + mixed + added
        stream.append(h)
        brought.append(size(mixed[stands]))
        thought.append(size(added[stands]))

    guesses = [softmax(layer_norm(at[stands], *model.norm) @ model.E.T) for at in stream]
    true = tokens[stands + 1]
    depths = range(len(stream))
    bars = Bars(
        [str(depth) for depth in depths[1:]],
        [
            Group(Text("attention half adds", "注意力加了"), brought),
            Group(Text("feed-forward half adds", "前馈加了"), thought),
        ],
        title=Text(f"what is added at {names[tokens[stands]]}", f"在“{names[tokens[stands]]}”处加进去多少"),
        x_label=Text("layer", "层"),
        y_label=Text("size (root mean square)", "大小（均方根）"),
    )
    last = np.argsort(-guesses[-1])[:2]
    followed = [true, *(i for i in last if i != true)]
    curve = Curves(
        [
            Line(
                Text(f"{names[i]}, which follows", f"“{names[i]}”，原诗的下一个字")
                if i == true
                else names[i],
                depths,
                [p[i] for p in guesses],
            )
            for i in followed
        ],
        title=Text("how probable after each layer", "每层之后有多大把握"),
        x_label=Text("layers done", "已经过几层"),
        y_label=Text("probability", "概率"),
    )
    rows = []
    for depth, p in zip(depths, guesses, strict=True):
        best = np.argsort(-p)[:TOP]
        rows.append([depth, round(size(stream[depth][stands]), 2), *(f"{names[i]} {p[i]:.2f}" for i in best)])
    table = Table(
        [Text("layers done", "已过层数"), Text("size of the stream", "流的大小"), "1", "2", "3"],
        rows,
        title=Text("what the stream would say", "这时读出来是什么"),
    )
    numbers = Numbers(
        [
            Value(Text("size of the stream at the bottom", "最底下流的大小"), size(stream[0][stands])),
            Value(Text("size of the stream at the top", "最顶上流的大小"), size(stream[-1][stands])),
            Value(
                Text(f"probability of {names[true]} at the end", f"最后写“{names[true]}”的概率"),
                guesses[-1][true],
            ),
        ]
    )
    return Shown(bars, curve, table, numbers)


def size(x: np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(x**2)))
