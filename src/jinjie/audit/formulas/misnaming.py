"""Right formulas under a wrong name or with a symbol explained wrongly, and layers of which a half is missing.

What is said here is said of a formula that was recognised; prose without a formula is another judge's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jinjie.audit.article import Article, Place
from jinjie.audit.finding import Finding, Severity, Shown
from jinjie.audit.formulas.judging import Group, Judged
from jinjie.audit.formulas.showing import lessons
from jinjie.audit.formulas.tree import Op, walk
from jinjie.base.words import Text
from jinjie.course.formula.registry import Formula, Variant, find

SCHEDULES = {"linear-decay", "exponential-decay", "step-decay", "inverse-square-root", "warmup-cosine"}
_ADAPTS = re.compile(
    r"自适应|根据[^。；]{0,14}(情况|表现|损失|进展|效果)[^。；]{0,8}调整|动态学习率|adaptive|\badapts?\b|"
    r"dynamic learning rate|according to (how )?(the )?(training|loss|progress)", re.IGNORECASE
)  # fmt: skip
_NOT = re.compile(
    r"不是|并非|并不|不同于|而非|\bnot\b|\bno\b|rather than|instead of|unlike|别把", re.IGNORECASE
)
_MATRICES = re.compile(
    r"矩阵(的)?(相乘|乘积|乘法|之积)|product of (the |two )?matrices|matrix (product|multiplication)|multipl\w+ "
    r"(two|the) matrices|"
    r"product of the (picture|image|input) (matrix )?and the kernel", re.IGNORECASE
)  # fmt: skip
_TURNED = re.compile(
    r"转化|转换|转为|化为|写成|等价|im2col|toeplitz|unfold|turned into|converted|written as|expressed as|lowered",
    re.IGNORECASE,
)
_PART = re.compile(
    r"一小部分|小部分|小批量|一批|部分(样本|数据)|mini-?batch|\ba (small |random )*(part|portion|subset|batch|"
    r"fraction|sample) of", re.IGNORECASE
)  # fmt: skip
_ONE = re.compile(r"[xy]_\{?[ijtnk]\}?|[xy]\^\{?\(\s*[ijtnk]\s*\)\}?|[JLℓ]_\{?[ijn]\}?|\\ell_\{?[ijn]\}?")
_STOCHASTIC = re.compile(r"随机梯度下降|\bSGD\b|stochastic gradient descent", re.IGNORECASE)
_WHICH = re.compile(
    r"样本|批|小部分|数据点|随机(选|抽|取|挑)|sample|example|batch|subset|data ?point|observation|one at a time",
    re.IGNORECASE,
)
_EPSILON = re.compile(
    r"\$\\(?:var)?epsilon\$[^$。.;；]{0,24}(正则|regulari[sz])|(正则化?(项|系数|参数)|regulari[sz]ation (term|"
    r"parameter|constant))[^$。.;；]{0,8}\$\\(?:var)?epsilon\$"
)
_VELOCITY = re.compile(
    r"\$v(_t|_\{t\})?\$[^$。.;；]{0,20}(速度|velocity)|(?<!学习)速度[^$。.;；率]{0,4}\$v(_t|_\{t\})?\$",
    re.IGNORECASE,
)
_HALF = re.compile(r"FFN|FeedForward|Feed-?Forward|\bMLP\b|前馈|多层感知", re.IGNORECASE)
_LAYER = re.compile(
    r"transformer|layer|block|encoder|decoder|bert|gpt|^\s*(y|out|output)\b|输出|层|块", re.IGNORECASE
)
_GPT = re.compile(r"\bGPT|GPT|自回归|autoregressive|decoder-only|解码器")
_MASK = re.compile(r"因果|causal|掩码(?!语言)|遮盖|遮挡|mask(?!ed language)|-\\infty|下三角", re.IGNORECASE)


@dataclass(frozen=True)
class Words:
    """The words around a formula, with their sentences' places."""

    before: str
    after: str
    section: str

    @property
    def all(self) -> str:
        return f"{self.section}\n{self.before}\n{self.after}"


def misnamed(article: Article, found: Sequence[Group]) -> Iterator[tuple[Judged | None, Finding]]:
    """What is wrong with what is said of formulas; with the equation whose own verdict it takes the place of, if
    any."""
    for group in found:
        told: set[str] = set()
        for member in group.members:
            if member.option is None:
                continue
            for replaces, finding in _of(article, group, member):
                if finding.rule not in told:
                    told.add(finding.rule)
                    yield (member if replaces else None), finding


def _of(article: Article, group: Group, member: Judged) -> Iterator[tuple[bool, Finding]]:
    assert member.option is not None
    words = Words(member.printed.before, member.printed.after, member.printed.section)
    id_ = member.option.id
    if member.verdict == "right":
        if id_ in SCHEDULES and (hit := _claimed(_ADAPTS, f"{words.section}。{words.before}")):
            yield True, _finding(member, "linear-decay", "linear-decay-called-adaptive", _schedule(), hit)
        if (
            id_ in ("convolution", "cross-correlation")
            and (hit := _claimed(_MATRICES, words.before))
            and not _TURNED.search(words.before)
        ):
            yield (
                False,
                _finding(
                    member, "cross-correlation", "cross-correlation-as-matrix-product", _convolution(), hit
                ),
            )
        if (
            id_ in ("sgd", "stochastic-gradient-descent")
            and _ONE.search(member.line.source.latex)
            and "\\sum" not in member.line.source.latex
        ) and (hit := _claimed(_PART, words.before)):
            yield (
                True,
                _finding(member, "stochastic-gradient-descent", "three-methods-one-name", _three(), hit),
            )
        if (
            id_ in ("sgd", "stochastic-gradient-descent", "batch-gradient-descent")
            and not _ONE.search(member.line.source.latex)
            and "\\sum" not in member.line.source.latex
            and (hit := _claimed(_STOCHASTIC, words.before))
            and not _WHICH.search(_section(article, member))
        ):
            told = _finding(
                member,
                "stochastic-gradient-descent",
                "stochastic-without-examples",
                _three(),
                hit,
                None,
                "low",
            )
            yield False, told
    if id_ in ("adagrad", "rmsprop", "adam", "adamw", "layer-norm", "batch-norm", "rms-norm"):
        for place, sentence in _sentences(article, member, _EPSILON):
            yield (
                False,
                _finding(
                    member, "rmsprop", "epsilon-called-regularisation", _epsilon(), sentence, place, "low"
                ),
            )
    if id_ in ("adam", "adamw", "rmsprop"):
        for place, sentence in _sentences(article, member, _VELOCITY):
            yield (
                False,
                _finding(
                    member, "adam", "second-moment-called-velocity", _velocity(), sentence, place, "low"
                ),
            )
    if id_ in ("post-norm-layer", "pre-norm-layer"):
        yield from _layer(article, group, member)


def _claimed(pattern: re.Pattern[str], text: str) -> str | None:
    """The sentence that says so and does not deny it."""
    for sentence in re.split(r"(?<=[。！？；.!?;])\s*", text):
        if pattern.search(sentence) and not _NOT.search(sentence):
            return sentence.strip()
    return None


def _section(article: Article, member: Judged) -> str:
    """All that is said below the formula's heading."""
    here = member.printed
    return "\n".join(
        sentence.text
        for sentence in article.sentences
        if sentence.section == here.section and sentence.place.cell == here.place.cell
    )


def _sentences(article: Article, member: Judged, pattern: re.Pattern[str]) -> Iterator[tuple[Place, str]]:
    """Sentences right behind the formula that match."""
    end = member.printed.place.end
    for sentence in article.sentences:
        near = sentence.place.cell == member.printed.place.cell and end <= sentence.place.line <= end + 4
        if near and pattern.search(sentence.text) and not _NOT.search(sentence.text):
            yield sentence.place, sentence.text
            return


def _layer(article: Article, group: Group, member: Judged) -> Iterator[tuple[bool, Finding]]:
    section = member.printed.section
    near = [f.latex for f in article.formulas if f.section == section] + [
        s.text for s in article.sentences if s.section == section
    ]
    text = "\n".join(near)
    if (
        member.by_whole
        or not _LAYER.search(member.line.source.left)
        or len(group.members) > 1
        and _HALF.search(text)
    ):
        return
    calls = {n.kind for n in walk(member.line.right) if isinstance(n, Op)}
    if not _HALF.search(text) and calls & {"multihead", "attention"} and "ffn" not in calls:
        yield (
            True,
            _finding(
                member,
                "post-norm-layer",
                "transformer-layer-without-feed-forward",
                _half_a_layer(),
                member.line.source.latex,
                severity="high",
            ),
        )
        if _GPT.search(f"{section}\n{member.printed.before}") and not _MASK.search(text):
            yield (
                True,
                _finding(
                    member,
                    "pre-norm-layer",
                    "gpt-layer-without-causal-mask",
                    _mask(),
                    member.line.source.latex,
                    severity="high",
                ),
            )


def variant(formula: Formula, id_: str) -> Variant:
    """A wrong variant by its id."""
    return next(v for v in formula.wrong if v.id == id_)


def _finding(
    member: Judged,
    formula_id: str,
    rule: str,
    shown: Shown,
    quote: str,
    place: Place | None = None,
    severity: Severity = "medium",
) -> Finding:
    formula = find(formula_id)
    wrong = variant(formula, rule)
    own = member.option.id if member.option else formula_id
    instead = {
        "linear-decay-called-adaptive": Text(
            "Call it a schedule: the rate depends on t alone.", "应称为学习率计划：学习率只取决于 t。"
        ),
        "cross-correlation-as-matrix-product": Text(
            "Say that the kernel slides over the picture, and that at each place the products of what lies on "
            "one another are summed.",
            "应说：卷积核在图上滑动，每处把重叠的数相乘再求和。",
        ),
        "three-methods-one-name": Text(
            "Either say “one example a step”, or take the mean of the gradients of a batch in the formula.",
            "要么说“每步一个样本”，要么在公式里对一批样本的梯度取平均。",
        ),
        "stochastic-without-examples": Text(
            "Write the gradient of one drawn example, or the mean over a drawn batch.",
            "写成随机抽取的一个样本的梯度，或一批样本梯度的平均。",
        ),
        "epsilon-called-regularisation": Text(
            "a small number that keeps the division away from zero", "避免除以零的小常数"
        ),
        "second-moment-called-velocity": Text(
            "the second moment: a moving average of the squared gradient", "二阶矩：梯度平方的滑动平均"
        ),
    }.get(rule, Text(f"${formula.latex}$", f"${formula.latex}$"))
    return Finding(
        "formula", rule, "wrong", place or member.place, quote, formula.name, wrong.says, severity,
        instead, shown, own if rule.startswith("epsilon") else formula_id, lessons(formula_id),
    )  # fmt: skip


def _row(*cells: object) -> tuple[str, ...]:
    return tuple(f"{c:.4g}" if isinstance(c, float) else str(c) for c in cells)


def _schedule() -> Shown:
    rows = [_row(t, 0.1 * (1 - t / 100), 0.1 * (1 - t / 100)) for t in (0, 25, 50, 75)]
    return Shown(
        Text("η₀ = 0.1 over T = 100 steps, once with a loss that falls and once with one that grows: the rates "
             "are the same.",
             "η₀ = 0.1、T = 100 步，一次损失在下降，一次损失在上升：学习率完全一样。"),
        (Text("step t", "步数 t"), Text("rate, loss falling", "损失下降时的学习率"), Text("rate, loss growing",
            "损失上升时的学习率")),
        tuple(rows), "jinjie formula linear-decay",
    )  # fmt: skip


def _convolution() -> Shown:
    x, w = ((1, 2), (3, 4)), ((5, 6), (7, 8))
    product = [[sum(x[i][k] * w[k][j] for k in range(2)) for j in range(2)] for i in range(2)]
    correlated = sum(x[i][j] * w[i][j] for i in range(2) for j in range(2))
    flipped = sum(x[i][j] * w[1 - i][1 - j] for i in range(2) for j in range(2))
    return Shown(
        Text("The picture [[1, 2], [3, 4]] and the kernel [[5, 6], [7, 8]], where the kernel covers the "
             "picture: four numbers against one.",
             "图像 [[1, 2], [3, 4]] 与卷积核 [[5, 6], [7, 8]]，卷积核正好盖住图像：一边是四个数，一边是一个数。"),
        (Text("what is computed", "计算什么"), Text("result", "结果")),
        (_row("matrix product / 矩阵乘积", product), _row("convolution, kernel flipped / 卷积（翻转核）", flipped),
         _row("cross-correlation, as frameworks do / 互相关（框架的做法）", correlated)),
        "jinjie formula convolution",
    )  # fmt: skip


def _three() -> Shown:
    gradients = [0.9, -0.4, 0.6, 0.1, -0.2, 0.8, 0.3, 0.5]
    rows = (
        _row("one example / 单个样本", 1, gradients[0], 1.0 - 0.1 * gradients[0]),
        _row("mini-batch / 小批量", 4, sum(gradients[:4]) / 4, 1.0 - 0.1 * sum(gradients[:4]) / 4),
        _row("all / 全部", 8, sum(gradients) / 8, 1.0 - 0.1 * sum(gradients) / 8),
    )
    return Shown(
        Text("Eight examples whose gradients are 0.9, −0.4, 0.6, 0.1, −0.2, 0.8, 0.3, 0.5; θ = 1, η = 0.1: "
             "three methods, three steps.",
             "八个样本，梯度为 0.9、−0.4、0.6、0.1、−0.2、0.8、0.3、0.5；θ = 1，η = 0.1：三种方法，三个不同的一步。"),
        (Text("method", "方法"), Text("examples", "样本数"), Text("gradient", "梯度"), Text("then θ", "更新后的 θ")),
        rows, "jinjie formula minibatch-gradient-descent",
    )  # fmt: skip


def _epsilon() -> Shown:
    plain = 100.0 - 0.001 * (0.5 + 0.01 * 100.0)
    rows = [
        (f"{epsilon:g}", f"{100.0 - 0.001 * 0.5 / (math.sqrt(0.25) + epsilon):.6f}", f"{plain:.6f}")
        for epsilon in (1e-10, 1e-8, 1e-6)
    ]
    return Shown(
        Text("θ = 100, g = 0.5, s = 0.25, η = 0.001. ε ten thousand times as large moves nothing and pulls on "
             "no weight; an L2 term with λ = 0.01 does.",
             "θ = 100，g = 0.5，s = 0.25，η = 0.001。ε 放大一万倍，结果不动，权重也不被拉小；λ = 0.01 的 L2 "
             "正则项则会。"),
        (Text("ε", "ε"), Text("θ after the step", "更新后的 θ"), Text("θ with an L2 term", "带 L2 正则项的 θ")),
        tuple(rows), "jinjie formula rmsprop",
    )  # fmt: skip


def _velocity() -> Shown:
    rows = []
    for g in (0.5, -0.5):
        rows.append(_row(g, 0.1 * g, 0.001 * g * g))
    return Shown(
        Text("One step from 0 with β₁ = 0.9, β₂ = 0.999. Turn the gradient round and m turns round; v stays the "
             "same: it has no direction.",
             "从 0 开始走一步，β₁ = 0.9，β₂ = 0.999。梯度反向，m 也反向；v 不变：它没有方向。"),
        (Text("gradient", "梯度"), Text("m", "m"), Text("v", "v")), tuple(rows), "jinjie formula adam",
    )  # fmt: skip


def _half_a_layer() -> Shown:
    width, inner = 512, 2048
    half = 4 * (width**2 + width) + 2 * width
    whole = 4 * (width**2 + width) + (2 * width * inner + inner + width) + 4 * width
    return Shown(
        Text("Parameters counted with C = 512 and F = 2,048.", "取 C = 512、F = 2,048，数参数。"),
        (Text("layer", "层"), Text("parameters", "参数量")),
        (_row("LayerNorm(x + MultiHead(x))", f"{half:,}"), _row("+ FFN(a)", f"{whole:,}")),
        "jinjie formula layer-parameters",
    )  # fmt: skip


def _mask() -> Shown:
    scores = (0.2, 1.1, 0.7)
    open_ = [math.exp(s) / sum(map(math.exp, scores)) for s in scores]
    return Shown(
        Text("The first of three tokens with the scores 0.2, 1.1, 0.7: without a mask most of its attention is "
             "on the tokens that it is to predict.",
             "三个词元中的第一个，分数为 0.2、1.1、0.7：没有掩码，它的注意力大半落在本该由它预测的词元上。"),
        (Text("attention of token 1 on", "词元 1 对谁的注意力"), Text("without a mask", "无掩码"),
            Text("causal mask", "因果掩码")),
        tuple(_row(i + 1, open_[i], 1.0 if i == 0 else 0.0) for i in range(3)), "jinjie formula causal-mask",
    )  # fmt: skip
