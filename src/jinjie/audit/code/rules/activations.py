"""An activation that the loss applies again, and a loss that misses one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from jinjie.audit.code.meaning import Made, Meaning
from jinjie.audit.code.outputs import Last, Outputs
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import argument, constant, is_true, keyword, method
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

SOFTMAX = Rule(
    "softmax-before-cross-entropy",
    Text("Softmax applied twice", "softmax 用了两次"),
    Text(
        "`{loss}` takes logits and applies softmax itself; here what it is given has been through {activation} already. The loss "
        "can then never come near zero (with ten classes it stays above 1.46), its gradients are small, and training is slow or stalls.",
        "`{loss}` 接收的是 logits，内部会自己做 softmax；而这里传进去的已经做过一次 {activation}。这样损失永远降不到 0"
        "（十类时不会低于 1.46），梯度也被压得很小，训练变慢甚至停滞。",
    ),
    Text(
        "Give the loss the raw scores of the last linear layer; apply softmax only where probabilities are shown.",
        "把最后一个线性层的原始输出直接交给损失，只在需要展示概率时才做 softmax。",
    ),
    "high",
    ("first-network", "measure-quality"),
)
TWICE_LOG = Text(
    "`{loss}` applies log-softmax itself. To apply it before changes nothing (the log-softmax of a log-softmax is itself), but it "
    "is work for nothing and hides what the loss expects.",
    "`{loss}` 内部会自己做 log_softmax。事先再做一次结果不变（对 log_softmax 再做 log_softmax 等于它本身），只是白算一遍，也让人看不清损失要的是什么。",
)
SIGMOID = Rule(
    "sigmoid-before-logits-loss",
    Text("Sigmoid applied twice", "sigmoid 用了两次"),
    Text(
        "`{loss}` takes logits and applies the sigmoid itself; here what it is given has been through {activation} already. Its "
        "probabilities then lie between 0.5 and 0.73 only: no example can be called negative, and gradients vanish.",
        "`{loss}` 接收的是 logits，内部会自己做 sigmoid；而这里传进去的已经做过一次 {activation}。于是它眼中的概率只能落在 0.5 到 0.73 之间："
        "没有样本会被判为负类，梯度也接近消失。",
    ),
    Text(
        "Give it the raw score, or keep the sigmoid and use a loss of probabilities (`nn.BCELoss`, `from_logits=False`).",
        "传原始得分；或者保留 sigmoid，改用接收概率的损失（`nn.BCELoss`、`from_logits=False`）。",
    ),
    "high",
    ("first-network",),
)
MISSING = Rule(
    "logits-into-probability-loss",
    Text("The loss expects probabilities and gets raw scores", "损失要的是概率，得到的却是原始得分"),
    Text(
        "`{loss}` expects {expects}, but what it is given comes out of {activation}. Values below 0 or above 1 make its logarithm "
        "meaningless (or raise an error), so the printed loss is no cross-entropy and training goes astray.",
        "`{loss}` 要求输入是{expects}，而这里给它的是{activation}的输出。小于 0 或大于 1 的值会让对数失去意义（或直接报错），"
        "打印出来的损失根本不是交叉熵，训练也会跑偏。",
    ),
    Text("{instead}", "{instead}"),
    "high",
    ("first-network",),
)


@dataclass(frozen=True)
class Loss:
    """What a loss applies itself (`applies`), or what it expects to have been applied (`expects`)."""

    applies: str | None = None
    expects: str | None = None
    at: int = 0
    """The place of the prediction among the arguments."""
    keys: tuple[str, ...] = ("input",)


_CE, _BCE = Loss("softmax"), Loss("sigmoid")
_LOSS_CLASS = re.compile(r"torch\.nn\.\w+Loss$")
LOSSES = {
    "torch.nn.CrossEntropyLoss": _CE, "torch.nn.functional.cross_entropy": _CE,
    "torch.nn.BCEWithLogitsLoss": _BCE, "torch.nn.functional.binary_cross_entropy_with_logits": _BCE,
    "torch.nn.MultiLabelSoftMarginLoss": _BCE,
    "torch.nn.NLLLoss": Loss(expects="log_softmax"), "torch.nn.functional.nll_loss": Loss(expects="log_softmax"),
    "torch.nn.BCELoss": Loss(expects="sigmoid"), "torch.nn.functional.binary_cross_entropy": Loss(expects="sigmoid"),
}  # fmt: skip
_TF = {
    "softmax_cross_entropy_with_logits": "softmax", "softmax_cross_entropy_with_logits_v2": "softmax",
    "sparse_softmax_cross_entropy_with_logits": "softmax", "sigmoid_cross_entropy_with_logits": "sigmoid",
}  # fmt: skip
for _root in ("tensorflow.nn", "tensorflow.compat.v1.nn"):
    for _name, _kind in _TF.items():
        LOSSES[f"{_root}.{_name}"] = Loss(_kind, None, 1, ("logits",))
for _root in ("tensorflow.losses", "tensorflow.compat.v1.losses"):
    LOSSES[f"{_root}.softmax_cross_entropy"] = Loss("softmax", None, 1, ("logits",))
    LOSSES[f"{_root}.sparse_softmax_cross_entropy"] = Loss("softmax", None, 1, ("logits",))
    LOSSES[f"{_root}.sigmoid_cross_entropy"] = Loss("sigmoid", None, 1, ("logits",))
KERAS = {
    "CategoricalCrossentropy": "softmax", "SparseCategoricalCrossentropy": "softmax", "BinaryCrossentropy": "sigmoid",
    "categorical_crossentropy": "softmax", "sparse_categorical_crossentropy": "softmax", "binary_crossentropy": "sigmoid",
}  # fmt: skip
_SHOWN = {
    "linear": ("a plain linear layer", "线性层"),
    "relu": ("a ReLU", "ReLU"),
    "tanh": ("a tanh", "tanh"),
    "softmax": ("a softmax", "softmax"),
}
_EXPECTED = {
    "log_softmax": ("log-probabilities", "对数概率"),
    "sigmoid": ("probabilities between 0 and 1", " 0 到 1 之间的概率"),
    "softmax": ("probabilities that sum to 1", "总和为 1 的概率"),
}


def find(m: Meaning) -> Iterator[Finding]:
    outputs = Outputs(m)
    for call in m.program.calls:
        full, loss = _loss_of(m, call)
        if loss is not None and full is not None:
            given = argument(call, loss.at, *loss.keys, "y_pred", "output")
            last = outputs.of(given)
            if last is not None:
                yield from _held_against(m, call, full, loss, last)
        if method(call) == "compile":
            yield from _compiled(m, outputs, call)
    yield from _beside(m, outputs)


def _beside(m: Meaning, outputs: Outputs) -> Iterator[Finding]:
    """The only model and the only loss of a fragment that makes both and never brings them together."""
    losses: list[tuple[ast.Call, str]] = []
    models: list[Made] = []
    for call in m.program.calls:
        full = m.dotted(call.func)
        made = m.made(call.func) if full is None else None
        if full is not None and _LOSS_CLASS.match(full):
            losses.append((call, full))
        elif (full in LOSSES and full is not None) or (made is not None and _LOSS_CLASS.match(made.name)):
            return  # a loss is worked out: `find` has looked at what it is given
        parent = m.program.parents.get(call)
        if isinstance(parent, ast.Assign) and m.program.scope_node(call) is m.program.tree:
            its = m.made(call)
            if its is not None and m.is_model(its) and (call, full) not in losses:
                models.append(its)
    if len(losses) == 1 and len(models) == 1 and losses[0][1] in LOSSES:
        last = outputs.model(models[0], 8)
        if last is not None and last.kind in ("softmax", "sigmoid"):
            loss = LOSSES[losses[0][1]]
            yield from _held_against(m, losses[0][0], losses[0][1], loss, last)


def _loss_of(m: Meaning, call: ast.Call) -> tuple[str | None, Loss | None]:
    """The loss that a call works out, with its name."""
    full = m.dotted(call.func)
    if full in LOSSES and full is not None:
        return (full, LOSSES[full]) if full.rsplit(".", 1)[1][0].islower() else (None, None)
    if full is not None and full.startswith(("keras.losses.", "keras.metrics.")):
        return full, _keras(call, full) if full.rsplit(".", 1)[1][0].islower() else None
    made = m.made(call.func) if full is None else None
    if made is None:
        return None, None
    if made.name in LOSSES:
        return made.name, LOSSES[made.name]
    if made.name.startswith("keras.losses."):
        return made.name, _keras(made.call, made.name)
    return None, None


def _keras(made: ast.Call, full: str) -> Loss | None:
    kind = KERAS.get(full.rsplit(".", 1)[1])
    if kind is None:
        return None
    given = keyword(made, "from_logits")
    if given is not None and not isinstance(given, ast.Constant):
        return None
    return Loss(kind, None, 1, ("y_pred",)) if is_true(given) else Loss(None, kind, 1, ("y_pred",))


def _short(full: str) -> str:
    return full.removeprefix("torch.").replace("nn.functional.", "F.").replace("tensorflow.", "tf.")


def _held_against(m: Meaning, call: ast.AST, full: str, loss: Loss, last: Last) -> Iterator[Finding]:
    shown = _short(full)
    if loss.applies == "softmax" and last.kind in ("softmax", "sigmoid"):
        yield SOFTMAX.at(m.program, last.node, loss=shown, activation=last.kind)
    elif loss.applies == "softmax" and last.kind == "log_softmax":
        yield SOFTMAX.at(m.program, last.node, severity="low", says=TWICE_LOG, loss=shown)
    elif loss.applies == "sigmoid" and last.kind in ("softmax", "sigmoid"):
        yield SIGMOID.at(m.program, last.node, loss=shown, activation=last.kind)
    elif loss.expects is not None and last.kind in ("linear", "relu", "tanh", "softmax"):
        if last.kind == "softmax" and loss.expects != "log_softmax":
            return
        if last.kind == "relu" and loss.expects == "softmax":
            return
        yield _missing(m, call, shown, loss.expects, last)


def _missing(m: Meaning, node: ast.AST, shown: str, expects: str, last: Last) -> Finding:
    activation, wanted = _SHOWN[last.kind], _EXPECTED[expects]
    instead = {
        "log_softmax": Text("`nn.CrossEntropyLoss()` on the logits, or `F.log_softmax(…, dim=1)` before `NLLLoss`.", "对 logits 用 `nn.CrossEntropyLoss()`，或在 `NLLLoss` 之前加 `F.log_softmax(…, dim=1)`。"),
        "sigmoid": Text("A loss that takes logits (`nn.BCEWithLogitsLoss()`, `BinaryCrossentropy(from_logits=True)`), or a sigmoid at the end of the network.", "换成接收 logits 的损失（`nn.BCEWithLogitsLoss()`、`BinaryCrossentropy(from_logits=True)`），或在网络末尾加 sigmoid。"),
        "softmax": Text("`from_logits=True` in the loss, or `activation=\"softmax\"` in the last layer.", "给损失加上 `from_logits=True`，或把最后一层写成 `activation=\"softmax\"`。"),
    }[expects]  # fmt: skip
    says = MISSING.says
    said = Text(
        says.en.replace("{expects}", wanted[0]).replace("{activation}", activation[0]),
        says.zh.replace("{expects}", wanted[1]).replace("{activation}", activation[1]),
    )
    return MISSING.at(m.program, node, says=said, instead=instead, loss=shown)


def _compiled(m: Meaning, outputs: Outputs, call: ast.Call) -> Iterator[Finding]:
    """A Keras model and the loss that it is compiled with."""
    assert isinstance(call.func, ast.Attribute)
    given = argument(call, 1, "loss")
    made = m.made(call.func.value)
    if given is None or made is None:
        return
    name, loss = constant(given), None
    if isinstance(name, str) and name in KERAS:
        loss = Loss(None, KERAS[name])
    else:
        its = m.made(given)
        name = its.name if its else m.dotted(given)
        if its is not None and its.name.startswith("keras.losses."):
            loss = _keras(its.call, its.name)
        elif isinstance(name, str) and name.startswith("keras.losses.") and name.rsplit(".", 1)[1] in KERAS:
            loss = Loss(None, KERAS[name.rsplit(".", 1)[1]])
    last = outputs.model(made, 8) if loss is not None else None
    if loss is None or last is None:
        return
    if loss.expects == "softmax" and last.kind == "sigmoid":
        return
    yield from _held_against(m, given, str(name), loss, last)
