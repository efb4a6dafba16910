"""One tokenizer at every size of its vocabulary: how a text is cut, how long it gets, and what a model pays for it."""

import functools

import numpy as np

from jinjie.base.words import Text
from jinjie.course.experiments.shown import Curves, Line, Mark, Numbers, Shown, Value, Words
from jinjie.scratch import Array
from jinjie.scratch.language import bilingual

NEWS = (
    "The engineers restarted the server after the software update, but the website remained offline until Thursday "
    "afternoon. Customers could neither log in nor download their invoices, and the company apologised by email."
)
XINWEN = (
    "工程师在软件更新之后重新启动了服务器，但是网站直到星期四下午仍然无法访问。"
    "用户既不能登录，也不能下载发票，公司随后发送电子邮件致歉。"
)
PROGRAM = """def mean(values):
    total = 0
    for value in values:
        total += value
    return total / len(values)
"""
NAMES = {
    "hamlet": Text("Hamlet", "《哈姆雷特》"),
    "tang": Text("Tang poems", "唐诗"),
    "news": Text("today's English", "今天的英文"),
    "xinwen": Text("today's Chinese", "今天的中文"),
    "program": Text("a program", "程序"),
}
BODIES = {"small": (4, 96), "gpt2": (12, 768), "large": (32, 4096)}
SIZES = np.unique(np.geomspace(256, 8191, 60).astype(int))


@functools.cache
def texts() -> dict[str, str]:
    """What there is to cut, the two held-out texts among it."""
    return {
        "hamlet": bilingual.hamlet(),
        "tang": bilingual.poems()[:3000],
        "news": NEWS,
        "xinwen": XINWEN,
        "program": PROGRAM,
    }


@functools.cache
def lengths(text: str) -> Array:
    """Tokens of the text with 256, 257, … 8,191 of them in the vocabulary."""
    whole = texts()[text]
    saved = np.concatenate([[0], np.cumsum(bilingual.merges_made(whole))])
    return len(whole.encode()) - saved


def show(vocabulary: int = 1000, text: str = "hamlet", body: str = "small") -> Shown:
    """The cut text, characters a token over the vocabulary, and multiplications a character of a model of that body."""
    vocabulary, whole = int(vocabulary), texts()[text]
    layers, width = BODIES[body]
    size = Text("tokens in the vocabulary", "词表大小")
    held = {
        name: len(texts()[name]) / lengths(name)[SIZES - 256]
        for name in dict.fromkeys(("hamlet", "tang", text))
    }
    here = len(whole) / lengths(text)[vocabulary - 256]
    every = 256 + np.arange(len(lengths(text)))
    inner = 12 * layers * width**2
    cost = (inner + every * width) * lengths(text) / len(whole)
    cheapest = int(every[cost.argmin()])
    relative = cost / cost[0]
    squeeze = Curves(
        [Line(NAMES[name], SIZES, curve, faint=name != text) for name, curve in held.items()],
        title=Text("characters a token", "每个词元平均几个字符"),
        x_label=size,
        y_label=Text("characters", "字符"),
        log_x=True,
        marks=[Mark(vocabulary, here, Text(f"{here:.2f}", f"{here:.2f}"))],
    )
    price = Curves(
        [Line(NAMES[text], SIZES, relative[SIZES - 256])],
        title=Text(
            f"cost of a character, {layers} layers of width {width} (1 with bytes)",
            f"每个字符的计算量，{layers} 层、宽 {width}（用字节时为 1）",
        ),
        x_label=size,
        y_label=Text("relative", "相对值"),
        log_x=True,
        marks=[Mark(cheapest, relative.min(), Text("cheapest", "最省"))],
    )
    share = vocabulary * width / (vocabulary * width + inner)
    tokens = int(lengths(text)[vocabulary - 256])
    numbers = Numbers(
        [
            Value(Text("characters", "字符数"), len(whole)),
            Value(Text("tokens", "词元数"), tokens),
            Value(Text("characters a token", "每个词元的字符数"), here, digits=3),
            Value(Text("pairs that attention compares", "注意力要比较的词元对"), tokens * (tokens + 1) // 2),
            Value(Text("share of the parameters in the table", "嵌入表占参数的比例"), share, digits=3),
            Value(
                Text("cheapest vocabulary for this text and model", "对这段文字和这个模型，最省的词表"),
                cheapest,
            ),
        ]
    )
    return Shown(
        Words(cut(whole, vocabulary), title=Text("how it is cut", "切成这样")), squeeze, price, numbers
    )


def cut(whole: str, vocabulary: int) -> Text:
    """Tokens from the beginning, or from the speech, a bar between each; of no whole characters as their bytes."""
    begin = max(whole.find("To be, or not to be"), 0)
    start = whole[begin : begin + 90] if whole.isascii() else whole[:40].lstrip()
    shown = " | ".join(visible(token) for token in bilingual.bilingual_tokens(start, vocabulary))
    return Text(shown, shown)


def visible(token: bytes) -> str:
    try:
        return token.decode().replace(" ", "␣").replace("\n", "⏎")
    except UnicodeDecodeError:
        return f"‹{token.hex(' ')}›"
