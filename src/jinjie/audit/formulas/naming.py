"""What the words around a formula call it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinjie.audit.article import Article
from jinjie.audit.article import Formula as Printed
from jinjie.course.formula.headings import headings

ALIASES: Mapping[str, str] = {
    "sgd": r"gradient descent|gradient step|梯度下降|\bSGD\b|\bBGD\b|最速下降",
    "batch-gradient-descent": r"batch gradient descent|批量梯度下降|\bBGD\b|full[- ]batch",
    "stochastic-gradient-descent": r"stochastic gradient descent|随机梯度下降|\bSGD\b",
    "minibatch-gradient-descent": r"mini-?batch (gradient|SGD)|小批量(随机)?梯度下降",
    "momentum": r"\bmomentum\b|动量(法|梯度|优化|SGD|的)|动量$",
    "adagrad": r"\bada-?grad\b",
    "rmsprop": r"\brms-?prop\b",
    "adam": r"\badam\b(?!w)",
    "adamw": r"\badam-?w\b",
    "linear-decay": r"linear(ly)? (learning[- ]rate )?decay|线性衰减|linear schedule",
    "exponential-decay": r"exponential(ly)? (learning[- ]rate )?decay|指数衰减",
    "step-decay": r"step(wise)? decay|阶梯(式)?衰减|StepLR|分段(常数)?衰减",
    "warmup-cosine": r"cosine|余弦(退火|衰减)",
    "relu": r"(?<!leaky )(?<!leaky-)\brelu\b|线性整流|修正线性",
    "leaky-relu": r"leaky[- ]?relu|带泄漏",
    "sigmoid": r"\bsigmoid\b|logistic function|S 型函数|逻辑函数",
    "tanh": r"\btanh\b|双曲正切|hyperbolic tangent",
    "softmax": r"\bsoftmax\b|归一化指数函数",
    "gelu": r"\bgelu\b",
    "silu": r"\bsilu\b|\bswish\b",
    "sigmoid-derivative": r"(derivative|gradient) of (the )?sigmoid|sigmoid.{0,12}(导数|derivative)|sigmoid'",
    "tanh-derivative": r"(derivative|gradient) of (the )?tanh|tanh.{0,12}(导数|derivative)",
    "relu-derivative": r"(derivative|gradient) of (the )?relu|relu.{0,12}(导数|derivative)",
    "mean-squared-error": r"mean[- ]squared[- ]error|\bMSE\b|均方误差|squared[- ]error|平方损失|平方误差",
    "binary-cross-entropy": r"binary cross[- ]?entropy|\bBCE\b|二元交叉熵|二分类交叉熵|log(istic)? loss|"
    r"对数损失|cross[- ]?entropy|交叉熵",
    "soft-cross-entropy": r"(?<!binary )cross[- ]?entropy|(?<!二元)(?<!二分类)交叉熵",
    "cross-entropy": r"(?<!binary )cross[- ]?entropy|(?<!二元)(?<!二分类)交叉熵|negative log[- ]likelihood|"
    r"负对数似然",
    "linear-model": r"linear (regression|model)|线性回归|线性模型",
    "linear-regression-loss": r"linear regression.{0,40}(loss|cost)|线性回归.{0,20}损失",
    "logistic-regression": r"logistic regression|逻辑回归|逻辑斯谛回归|对数几率回归",
    "neuron": r"\bneuron\b|\bperceptron\b|神经元|感知机",
    "layer": r"(fully[- ]connected|dense|hidden) layer|neural network|全连接层|神经网络|隐藏层|activation",
    "linear-layer": r"linear layer|线性层|affine|仿射|全连接层|fully[- ]connected",
    "cross-correlation": r"cross-?correlation|互相关|convolution|卷积",
    "convolution": r"convolution|卷积",
    "convolution-output-size": r"output (size|width|height|dimension)|输出(特征图)?(的)?(尺寸|大小|宽度|高度)",
    "max-pooling": r"max[- ]?pool|最大(值)?池化|pooling|池化",
    "average-pooling": r"(average|mean)[- ]?pool|平均池化",
    "chain-rule": r"chain rule|链式法则|链式求导|back-?prop|反向传播",
    "scaled-dot-product-attention": r"scaled dot[- ]product|attention|注意力",
    "multi-head-attention": r"multi-?head|多头",
    "post-norm-layer": r"transformer|encoder|编码器|解码器|decoder",
    "feed-forward": r"feed-?forward|\bFFN\b|前馈",
    "residual": r"residual|skip connection|残差",
    "layer-norm": r"layer ?norm|层归一化|层标准化",
    "batch-norm": r"batch ?norm|批(量)?归一化|批(量)?标准化|\bBN\b",
    "rms-norm": r"rms ?norm|均方根归一化",
    "dropout": r"\bdropout\b|随机失活|丢弃法",
    "l1-penalty": r"\bL1\b|lasso|ℓ1",
    "l2-penalty": r"\bL2\b|ridge|weight decay|权重衰减|岭回归|ℓ2|正则化",
    "xavier": r"xavier|glorot",
    "he": r"\bhe(?:[- ](?:init|normal)|'s)|kaiming|\bHe (?:初始化|initiali)|何恺明|he initiali",
    "accuracy": r"\baccuracy\b|准确率",
    "precision": r"\bprecision\b|精确率|查准率|精度",
    "recall": r"\brecall\b|召回率|查全率|sensitivity",
    "f1": r"\bF1\b|F1|\bF_1\b|\bF-?score\b|F 值",
    "perplexity": r"perplexity|困惑度|\bPPL\b",
    "rnn-cell": r"recurrent|\bRNN\b|循环神经网络",
    "lstm-cell": r"\bLSTM\b|long short|长短期记忆",
    "lstm-gates": r"\bLSTM\b|long short|长短期记忆|gate|门",
    "gru-cell": r"\bGRU\b|门控循环",
    "gru-gates": r"\bGRU\b|门控循环",
    "sinusoidal-positions": r"position(al)? (encoding|embedding)|位置编码|sinusoidal",
    "standardisation": r"standardi[sz]|z-?score|标准化",
    "min-max": r"min-?max|最小-?最大|最大-?最小|归一化",
    "class-weights": r"class weight|类别权重",
    "focal-loss": r"focal",
    "label-smoothing": r"label smoothing|标签平滑",
    "gradient-clipping": r"clip|裁剪",
    "cosine-similarity": r"cosine similarity|余弦相似度",
    "lora": r"\blora\b|low-?rank|低秩",
    "distillation-loss": r"distill|蒸馏",
    "temperature": r"temperature|温度",
    "softened-softmax": r"temperature|温度|distill|蒸馏",
    "r-squared": r"\bR²|\bR\^2|R-?squared|决定系数|coefficient of determination",
    "bleu": r"\bBLEU\b",
    "autoregressive-factorisation": r"autoregressive|自回归|language model|语言模型",
    "next-token-loss": r"next[- ]token|autoregressive|自回归|language model|语言模型|下一个词",
    "masked-language-model-loss": r"masked language|\bMLM\b|掩码语言",
    "data-parallel-step": r"data[- ]parallel|数据并行|distributed|分布式",
    "intersection-over-union": r"\bIoU\b|intersection over union|交并比",
    "info-nce": r"info-?nce|contrastive|对比(学习|损失)",
    "ridge-regression": r"ridge|岭回归",
    "kl-divergence": r"\bKL\b|kullback|relative entropy|相对熵|KL ?散度",
    "entropy": r"\bentropy\b|信息熵|香农|(?<!交叉)(?<!相对)熵",
}
"""What books call a formula besides its name in the registry."""
LEFT: Mapping[str, str] = {
    "softmax": "softmax|Softmax", "relu": "ReLU|relu", "sigmoid": r"\\sigma|sigmoid|Sigmoid",
        "tanh": r"\\tanh|tanh", "gelu": "GELU|GeLU",
    "silu": "SiLU|Swish|swish", "mean-squared-error": "MSE", "binary-cross-entropy": "BCE",
        "accuracy": "[Aa]ccuracy|Acc|准确率",
    "precision": "[Pp]recision|精确率", "recall": "[Rr]ecall|召回率", "f1": r"F_?\{?1|F1",
        "perplexity": "PPL|[Pp]erplexity",
    "scaled-dot-product-attention": "Attention", "multi-head-attention": "MultiHead|head", "feed-forward": "FFN",
    "layer-norm": "LayerNorm|LN", "batch-norm": r"\bBN|BatchNorm", "sinusoidal-positions": "PE",
        "intersection-over-union": "IoU",
    "sigmoid-derivative": r"(\\sigma|[Ss]igmoid\}?)\s*(\^?\{?\s*(\\prime|'))",
        "tanh-derivative": r"[Tt]anh\}?\s*(\^?\{?\s*(\\prime|'))",
    "leaky-relu": "LReLU|LeakyReLU", "post-norm-layer": "Transformer|[Ll]ayer|[Bb]lock|Encoder",
    "kl-divergence": "KL",
}  # fmt: skip
"""The left side that names its formula."""


ALWAYS = (
    "sgd", "stochastic-gradient-descent", "batch-gradient-descent", "momentum", "adagrad", "rmsprop",
        "adam", "softmax", "sigmoid", "relu",
    "tanh", "mean-squared-error", "binary-cross-entropy", "soft-cross-entropy", "cross-entropy",
        "scaled-dot-product-attention",
    "multi-head-attention", "layer", "linear-model", "logistic-regression", "chain-rule",
        "convolution", "cross-correlation", "max-pooling",
    "precision", "recall", "f1", "accuracy", "perplexity", "layer-norm", "post-norm-layer", "lstm-cell", "rnn-cell",
)  # fmt: skip
"""Formulas that are looked for in every article, also where no word names them."""


def candidates(article: Article) -> tuple[str, ...]:
    """The formulas that an article is held against: those that its words or left sides name, and the common ones."""
    texts = (
        [s.text for s in article.sentences]
        + [text for _, text in article.sections]
        + [f.before for f in article.formulas]
    )
    text = "\n".join(texts)
    lefts = "\n".join(f.latex for f in article.formulas)
    named = [i for i, p in patterns().items() if p.search(text) or (i in LEFT and re.search(LEFT[i], lefts))]
    return tuple(dict.fromkeys((*ALWAYS, *named)))


@dataclass(frozen=True)
class Said:
    """How strongly each formula is named: 4 by its left side, 3 in the sentence before, 2 by the heading, 1
    elsewhere nearby."""

    weights: Mapping[str, float]
    last: str = ""
    """The one that is named last before the formula."""


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """What to look for, by id."""
    found: dict[str, re.Pattern[str]] = {}
    for id_, formula in headings().items():
        own = [re.escape(n) for n in (formula.name.en, formula.name.zh) if len(n) > 2]
        own += [
            re.escape(re.sub(r"\s*[（(].*?[)）]|优化器|激活函数|初始化| 函数|函数$", "", formula.name.zh))
        ]
        own = [o for o in own if len(o) > 1]
        alias = ALIASES.get(id_)
        found[id_] = re.compile(alias if alias else "|".join(own), re.IGNORECASE | re.ASCII)
    return found


def said(printed: Printed, left: str, ids: Sequence[str]) -> Said:
    """What the words around a formula call it, of those that `ids` names."""
    weights: dict[str, float] = {}
    before = re.sub(r"\$[^$]*\$", " ", printed.before)
    sentences = [s for s in re.split(r"(?<=[。！？；.!?;])\s*", before) if s.strip()]
    nearest = sentences[-1] if sentences else ""
    after = re.sub(r"\$[^$]*\$", " ", printed.after)[:160]
    last, at = "", (-1, 0)
    for id_ in ids:
        pattern = patterns()[id_]
        weight = 0.0
        if (own := LEFT.get(id_)) and re.search(own, left.replace(" ", "")):
            weight = 4
        if found := _last(pattern, nearest):
            weight = max(weight, 3)
            if (found.end(), len(found[0])) >= at:
                last, at = id_, (found.end(), len(found[0]))
        if pattern.search(printed.section):
            weight = max(weight, 2.5)
        if pattern.search(before):
            weight = max(weight, 2)
        if pattern.search(after):
            weight = max(weight, 1)
        if weight:
            weights[id_] = weight
    return Said(weights, last)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007
        pass
    return found


_PARTS = (
    {"\\eta", "\\alpha", "lr", "\\gamma", "\\epsilon", "\\lambda", "\\mu", "\\rho"},
    {"\\theta", "w", "W", "x", "\\omega", "\\Theta", "b", "\\vartheta", "p"},
    {"m", "v", "u", "s", "r", "G", "E()", "S", "V", "M", "h", "E"},
    {"J", "L", "E", "C", "l", "\\ell", "loss", "Loss", "H"},
    {"\\hat y", "p", "a", "q", "h()", "f()", "\\haty", "\\hatp", "P()", "p()", "y", "t", "\\tildey"},
    {"z", "x", "a", "s", "o", "u", "y", "v", "l", "h", "X"},
    {"\\beta", "\\rho", "\\gamma", "\\mu", "\\alpha", "\\lambda"},
    {"Q", "q"}, {"K", "k"}, {"V", "v"}, {"W", "w", "k", "K", "h", "g"},
    {"\\mu", "\\hat\\mu", "\\bar\\mu", "m", "\\barx", "E()"}, {"\\sigma", "s", "\\hat\\sigma"},
    {"d", "D", "d_k", "n", "d_model"}, {"T", "\\tau", "t"}, {"b", "\\beta"},
)  # fmt: skip


def alike(one: str, other: str) -> float:
    """How alike two symbols are as letters: 1 the same, 0.7 of the same part by custom, 0 neither."""
    one, other = _plain(one), _plain(other)
    if one == other:
        return 1.0
    derived = [
        n.startswith(("∇", "∂")) or n in ("g", "dW", "dw", "d\\theta", "\\nabla") for n in (one, other)
    ]
    if all(derived):
        return 0.9
    if any({one, other} <= part for part in _PARTS):
        return 0.7
    if any(
        len(a) > 2 and a.isalpha() and a[0].casefold() == b.casefold()
        for a, b in ((one, other), (other, one))
    ):
        return 0.7  # Precision and P
    base = [re.split(r"[_']", n)[0] for n in (one, other)]
    return 0.6 if base[0] == base[1] else 0.5 if any(set(base) <= part for part in _PARTS) else 0.0


def _plain(name: str) -> str:
    name = (
        name.replace('"', "")
        .replace("\\mathbf", "")
        .replace(" ", "")
        .replace("{", "")
        .replace("}", "")
        .replace("\\text", "")
    )
    return name.replace("varepsilon", "epsilon").replace("\\mathcal", "")


def another(left: str, id_: str) -> bool:
    """Whether a left side is a word that is not this formula's: `Specificity` for precision."""
    words = [
        w
        for w in re.findall(r"[^\W\d_]{3,}", re.sub(r"\\\\[A-Za-z]+", " ", left))
        if w.casefold() not in _ANYTHING
    ]
    own = LEFT.get(id_)
    return (
        bool(words)
        and not patterns()[id_].search(left)
        and not (own and re.search(own, left.replace(" ", "")))
    )


_ANYTHING = frozenset({"loss", "output", "cost", "out", "损失", "输出", "new", "train", "total", "layer"})


def likeness(letters: Mapping[str, str]) -> float:
    """The mean over an assignment of symbols."""
    return sum(alike(a, b) for a, b in letters.items()) / len(letters) if letters else 0.5
