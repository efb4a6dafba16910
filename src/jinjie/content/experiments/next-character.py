"""The poem GPT's next character after a real line: temperature, top-k and top-p, and what is written with them."""

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Bars, Group, Numbers, Shown, Table, Value
from jinjie.scratch import Array
from jinjie.scratch.language.sampling import draw, temperature, top_k, top_p
from jinjie.scratch.networks.activations import gelu_tanh
from jinjie.scratch.transformers import poem_gpt
from jinjie.scratch.transformers.kv_cache import decode, empty_caches

LINES = {
    "bai-ri": "\n白日依山尽，",
    "hai": "\n白日依山尽，黄河入海",
    "liu": "\n白日依山尽，黄河入海流",
    "liang-ge": "\n两个黄鹂鸣翠柳，",
    "du-lian": "\n独怜幽草涧边生，",
    "empty": "\n",
}
TOP = 12
"""Characters shown of those that the model thinks of."""
TEXTS, LENGTH = 2, 8
"""How many ways on are written, and at most how many characters each: to the end of the line."""


def show(line: str = "bai-ri", T: float = 1.0, k: int = 0, p: float = 1.0, seed: int = 0) -> Shown:
    """The distribution as the model has it beside the one drawn from, what is left of it, and two ways on."""
    model, tokens = poem_gpt.poem_gpt(), poem_gpt.tokens_of(LINES[line])
    names = [character.replace("\n", "⏎") for character in poem_gpt.characters()]
    z, caches = decode(model, tokens, empty_caches(model), gelu_tanh)
    said, drawn_from = temperature(z[-1]), cut(z[-1], T, k, p)

    rng, texts = np.random.default_rng(seed), [""] * TEXTS
    probabilities = np.tile(drawn_from, (TEXTS, 1))
    caches = tuple((np.tile(K, (TEXTS, 1, 1, 1)), np.tile(V, (TEXTS, 1, 1, 1))) for K, V in caches)
    while True:
        chosen = draw(probabilities, rng)
        texts = [text if ended(text) else text + names[i] for text, i in zip(texts, chosen, strict=True)]
        if all(ended(text) for text in texts):
            break
        z, caches = decode(model, chosen[:, None], caches, gelu_tanh)
        probabilities = cut(z[:, -1], T, k, p)

    best = np.argsort(-said, kind="stable")[:TOP]
    bars = Bars(
        [names[i] for i in best],
        [
            Group(Text("as the model says it", "模型原来的概率"), said[best]),
            Group(Text("as it is drawn from", "实际拿来抽的概率"), drawn_from[best]),
        ],
        title=Text("the next character", "下一个字"),
        y_label=Text("probability", "概率"),
    )
    left = drawn_from[drawn_from > 0]
    entropy = abs((left * np.log(left)).sum())
    numbers = Numbers(
        [
            Value(Text("characters that may be drawn", "还抽得到的字数"), len(left)),
            Value(Text("entropy", "熵"), entropy, Text("nats", "奈特")),
            Value(Text("like a choice among", "相当于在几个字里任选"), np.exp(entropy)),
            Value(Text("share of the likeliest", "最可能的字占"), drawn_from.max()),
        ]
    )
    begun = LINES[line].strip()
    ways = Table(
        [Text("two ways on", "接着写，两种写法")], [[Text(begun + text, begun + text)] for text in texts]
    )
    return Shown(bars, numbers, ways)


def ended(text: str) -> bool:
    """Whether the line is full."""
    return text.endswith(("，", "。", "⏎")) or len(text) == LENGTH


def cut(scores: Array, T: float, k: int, p: float) -> Array:
    """What is drawn from: softmax at temperature T, then the k likeliest (0: all), then the nucleus p. (..., V)."""
    q = temperature(scores, T)
    if k:
        q = top_k(q, k)
    return top_p(q, p) if p < 1 else q
