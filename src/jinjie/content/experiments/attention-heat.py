"""A head of the packaged poem GPT on a couplet: what each place looks at, and what comes of it."""

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Bars, Group, Heat, Numbers, Shown, Value
from jinjie.scratch.networks.activations import softmax
from jinjie.scratch.transformers import poem_gpt
from jinjie.scratch.transformers.attention import causal_mask, masked_softmax

COUPLETS = {
    "bai-ri": "白日依山尽，黄河入海流。",
    "ming-yue": "明月松间照，清泉石上流。",
    "ye-kuang": "野旷天低树，江清月近人。",
    "liang-ge": "两个黄鹂鸣翠柳，一行白鹭上青天。",
    "chuang-qian": "床前明月光，疑是地上霜。",
}
TOP = 8
"""Characters shown of those that the model thinks of."""


def show(
    couplet: str = "bai-ri",
    layer: int = 6,
    head: int = 1,
    mask: bool = True,
    divisor: str = "root",
    place: int = 1,
) -> Shown:
    """The head's attention, what the place before the asked-for character takes from where, and the next characters
    with the head and without it. Layers, heads and places count from 1."""
    layer, head = int(layer), int(head)
    text = "\n" + COUPLETS[couplet]
    length = text.index("，")  # places of the first line, the line break before it among them
    tokens, model = poem_gpt.tokens_of(text), poem_gpt.poem_gpt()
    Q, K, _ = poem_gpt.queries_keys_values(model, tokens, layer - 1)
    D = Q.shape[-1]
    scores = Q[head - 1] @ K[head - 1].T / {"root": np.sqrt(D), "one": 1.0, "width": D}[divisor]
    seen = causal_mask(len(tokens)) if mask else np.ones(scores.shape, dtype=bool)
    A = masked_softmax(scores, seen)

    stands = length + min(int(place), length - 1) - 1
    whole = softmax(poem_gpt.poem_logits(model, tokens)[stands])
    broken = softmax(poem_gpt.poem_logits(poem_gpt.without_head(model, layer - 1, head - 1), tokens)[stands])
    likely = np.argsort(-np.maximum(whole, broken))[:TOP]
    names = [character.replace("\n", "⏎") for character in text]
    above = stands - length + 1
    heat = Heat(
        A.round(3),
        rows=names,
        columns=names,
        title=Text(f"layer {layer}, head {head}", f"第 {layer} 层第 {head} 个头"),
        x_label=Text("looked at (key)", "被看的字（键）"),
        y_label=Text("looks (query)", "在看的字（查询）"),
        limit=1.0,
    )
    bars = Bars(
        [poem_gpt.characters()[i].replace("\n", "⏎") for i in likely],
        [
            Group(Text("with this head", "有这个头"), whole[likely]),
            Group(Text("without it", "没有这个头"), broken[likely]),
        ],
        title=Text(f"what may follow {names[stands]}", f"“{names[stands]}”后面可能写什么"),
        y_label=Text("probability", "概率"),
    )
    true = tokens[stands + 1]
    numbers = Numbers(
        [
            Value(
                Text(
                    f"attention of {names[stands]} to {names[above]}",
                    f"“{names[stands]}”对“{names[above]}”的注意力",
                ),
                A[stands, above],
            ),
            Value(Text(f"probability of {names[stands + 1]}", f"写“{names[stands + 1]}”的概率"), whole[true]),
            Value(
                Text(
                    f"probability of {names[stands + 1]} without the head",
                    f"去掉这个头，写“{names[stands + 1]}”的概率",
                ),
                broken[true],
            ),
        ]
    )
    return Shown(heat, bars, numbers)
