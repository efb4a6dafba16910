"""How surprising each character of a poem was to a GPT that had read what stands before it."""

import functools

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Bars, Group, Numbers, Shown, Value
from jinjie.scratch.language.metrics import bits_per_byte, perplexity
from jinjie.scratch.networks.activations import gelu_tanh, log_softmax
from jinjie.scratch.transformers import poem_gpt
from jinjie.scratch.transformers.gpt import GPT, draw_gpt, gpt_logits

POEMS = {
    "xi-jian": "\n滁州西涧\n独怜幽草涧边生，上有黄鹂深树鸣。\n春潮带雨晚来急，野渡无人舟自横。\n",
    "huang-li": "\n绝句四首\n两个黄鹂鸣翠柳，一行白鹭上青天。\n窗含西岭千秋雪，门泊东吴万里船。\n",
    "deng-lou": "\n登楼\n白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。\n",
}


def show(poem: str = "xi-jian", order: str = "written", model: str = "trained") -> Shown:
    """The surprise −log p at each character but the first, which is the line break that begins every poem."""
    text = POEMS[poem] if order == "written" else shuffled(POEMS[poem])
    tokens = poem_gpt.tokens_of(text)
    gpt = poem_gpt.poem_gpt() if model == "trained" else fresh()
    log_p = log_softmax(gpt_logits(gpt, tokens, f=gelu_tanh))[np.arange(len(tokens) - 1), tokens[1:]]
    V = len(poem_gpt.characters())
    bars = Bars(
        [character.replace("\n", "⏎") for character in text[1:]],
        [Group(Text("surprise", "意外程度"), -log_p)],
        title=Text("how surprising each character was", "每个字有多意外"),
        y_label=Text("nats", "奈特"),
    )
    numbers = Numbers(
        [
            Value(
                Text("mean: the loss", "平均值，即损失"), -log_p.mean(), Text("nats a character", "奈特/字")
            ),
            Value(Text("perplexity", "困惑度"), perplexity(log_p)),
            Value(Text("bits a byte", "每字节比特数"), bits_per_byte(log_p, len(text[1:].encode()))),
            Value(Text(f"knowing nothing: ln {V}", f"一无所知：ln {V}"), np.log(V), Text("nats", "奈特")),
        ]
    )
    return Shown(bars, numbers)


@functools.cache
def fresh() -> GPT:
    """The poem model before its first step: the same shape, weights as GPT-2 draws them."""
    return draw_gpt(V=4172, C=192, T_max=128, depth=6, H=6, rng=np.random.default_rng(0))


def shuffled(text: str) -> str:
    """The characters of each line in another order, punctuation and line breaks where they were."""
    rng, characters = np.random.default_rng(0), list(text)
    start = 0
    for at, character in enumerate(text):
        if character in "，。\n":
            characters[start:at] = rng.permutation(characters[start:at]).tolist()
            start = at + 1
    return "".join(characters)
