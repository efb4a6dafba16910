"""Training mode and evaluation mode, and gradients where none are needed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.program import line_of
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import method, path_of
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

EVAL = Rule(
    "eval-mode-missing",
    Text("Evaluated in training mode", "评估时模型还在训练模式"),
    Text(
        "The network has {layer}, and `{name}.eval()` is called nowhere: while it is measured, dropout still drops units and batch normalisation uses "
        "(and changes) the statistics of the test batch. The printed score is too low or changes from run to run.",
        "网络里有 {layer}，却从未调用 `{name}.eval()`：评估时 dropout 仍在随机丢弃，批归一化也还在用（并更新）测试批次的统计量。打印的成绩偏低，而且每次都不一样。",
    ),
    Text(
        "`{name}.eval()` before measuring, `{name}.train()` before training goes on.",
        "评估前 `{name}.eval()`，继续训练前再 `{name}.train()`。",
    ),
    "high",
    ("overfitting", "measure-quality"),
)
RESTORED = Rule(
    "train-mode-never-restored",
    Text("Trained in evaluation mode from the second epoch on", "从第二轮起一直在评估模式下训练"),
    Text(
        "`eval()` is called inside the epoch loop, and nothing in the loop calls `train()` again: from the second epoch on dropout is off and batch "
        "normalisation is frozen while the network trains.",
        "`eval()` 写在轮次循环里面，而循环中没有再调用 `train()`：从第二轮开始，dropout 失效、批归一化冻结，训练却还在继续。",
    ),
    Text("`model.train()` as the first line of every epoch.", "把 `model.train()` 放在每一轮的开头。"),
    "high",
    ("overfitting",),
)
NO_GRAD = Rule(
    "no-grad-missing",
    Text("Gradients are recorded while evaluating", "评估时仍在记录梯度"),
    Text(
        "The network is put into evaluation mode and run over data without `torch.no_grad()`: the figures are right, but every step is recorded for a "
        "backward pass that never comes, which costs time and memory.",
        "模型已切到评估模式，却没有用 `torch.no_grad()`：结果没错，但每一步都在为永远不会发生的反向传播做记录，白白耗费时间和显存。",
    ),
    Text("`with torch.no_grad():` around the evaluation.", "用 `with torch.no_grad():` 把评估部分包起来。"),
    "low",
    ("backpropagation",),
)
_LAYER = re.compile(r"^torch\.nn\.(Dropout\d?d?|AlphaDropout|BatchNorm\dd|SyncBatchNorm|InstanceNorm\dd)$")
_OFF = ("no_grad", "inference_mode", "set_grad_enabled", "enable_grad")


def find(m: Meaning) -> Iterator[Finding]:
    program = m.program
    if m.imported & {"lightning", "pytorch_lightning"}:
        return
    backwards = [c for c in program.calls if method(c) == "backward"]
    yield from _never_eval(m, backwards)
    yield from _never_train_again(m)
    yield from _recorded(m)


def _never_eval(m: Meaning, backwards: list[ast.Call]) -> Iterator[Finding]:
    program = m.program
    layers = [c for c in program.calls if _LAYER.match(m.dotted(c.func) or "")]
    fitted = backwards or any(method(c) == "load_state_dict" for c in program.calls)
    if not layers or not fitted or any(method(c) == "eval" for c in program.calls):
        return
    if any(method(c) == "train" and c.args for c in program.calls):
        return
    for node in program.nodes:
        without = _without_gradients(m, node)
        if without is None:
            continue
        for call in ast.walk(without):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name | ast.Attribute)
                and _is_network(m, call)
            ):
                if any(method(b) == "backward" for b in ast.walk(without) if isinstance(b, ast.Call)):
                    continue
                if _draws(call):
                    continue
                layer = (m.dotted(layers[0].func) or "").rsplit(".", 1)[1]
                name = path_of(call.func) or "model"
                yield EVAL.at(program, call, names=(name,), name=name, layer=f"`{layer}`")
                return


def _draws(call: ast.Call) -> bool:
    """Whether a generator draws from noise, which is done as it was trained: nothing is scored."""
    network = (path_of(call.func) or "").split(".")[-1].lower()
    given = [(path_of(arg) or "").lower() for arg in call.args]
    return network in ("netg", "gen", "generator", "g") or any("noise" in name for name in given)


def _without_gradients(m: Meaning, node: ast.AST) -> ast.AST | None:
    """A piece that runs without gradients: the body of `with torch.no_grad()`, a function with it as decorator."""
    if isinstance(node, ast.With) and any(_turns_off(m, i.context_expr) for i in node.items):
        return node
    if isinstance(node, ast.FunctionDef) and any(_turns_off(m, d) for d in node.decorator_list):
        return node
    return None


def _turns_off(m: Meaning, node: ast.AST) -> bool:
    full = m.dotted(node.func if isinstance(node, ast.Call) else node) or ""
    return full in ("torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad")


def _is_network(m: Meaning, call: ast.Call) -> bool:
    made = m.made(call.func)
    if (
        made is not None
        and isinstance(made.cls, str)
        and not made.cls.endswith(("Sequential", "from_pretrained"))
        and not made.cls.startswith("torchvision.models.")
    ):
        return False
    if m.is_model(made):
        return made is not None and not made.name.endswith("from_pretrained")
    return isinstance(call.func, ast.Name) and call.func.id in ("model", "net", "network") and made is None


def _never_train_again(m: Meaning) -> Iterator[Finding]:
    """`eval()` within an epoch loop that trains, and no `train()` in it."""
    program = m.program
    for loop in program.nodes:
        if not isinstance(loop, ast.For | ast.While) or program.loops(loop):
            continue
        parts = [loop, *m.called(loop)]
        calls = [c for part in parts for c in ast.walk(part) if isinstance(c, ast.Call)]
        trains = [c for c in calls if method(c) == "backward"]
        evals = [c for c in calls if method(c) == "eval" and not c.args and isinstance(c.func, ast.Attribute)]
        if not trains or not evals or any(method(c) in ("train", "fit") for c in calls):
            continue
        if any(
            isinstance(c.func, ast.Name) and c.func.id not in program.functions and "train" in c.func.id
            for c in calls
        ):
            continue
        trained = {_network_name(c) for c in calls if method(c) in ("parameters", "zero_grad")}
        for call in evals:
            inside = loop in list(program.up(call))
            if _network_name(call) in ("teacher", "target_net", "ema", "reward_model", "ref_model"):
                continue
            first_train = min((line_of(t) for t in trains if loop in list(program.up(t))), default=0)
            if inside and line_of(call) < first_train and program.loops(call)[0] is not loop:
                continue
            if trained is not None and (not inside or program.loops(call)):
                yield RESTORED.at(program, call)
                return


def _network_name(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Attribute)
    return (path_of(call.func.value) or "").split(".")[-1]


def _recorded(m: Meaning) -> Iterator[Finding]:
    """A scope that calls `eval()` and a network in a loop, with no `no_grad` anywhere in the program."""
    program = m.program
    off = any(
        (m.dotted(n) or "").rsplit(".", 1)[-1] in _OFF
        for n in program.nodes
        if isinstance(n, ast.Attribute | ast.Name)
    )
    if off or "torch" not in m.imported:
        return
    for call in program.calls:
        if method(call) != "eval" or call.args or not isinstance(call.func, ast.Attribute):
            continue
        scope, name = program.scope_node(call), path_of(call.func.value)
        later = [
            n
            for n in ast.walk(scope)
            if line_of(n) > line_of(call) and isinstance(n, ast.Call | ast.Attribute)
        ]
        if any(
            isinstance(n, ast.Attribute)
            and n.attr in ("backward", "grad", "requires_grad", "requires_grad_", "generate")
            for n in later
        ):
            continue
        runs = [
            n
            for n in later
            if isinstance(n, ast.Call)
            and path_of(n.func) == name
            and program.loops(n)
            and (n.args or n.keywords)
        ]
        if (
            runs
            and name
            and (m.is_model(m.made(call.func.value)) or name in ("model", "net", "network", "self.model"))
        ):
            yield NO_GRAD.at(program, runs[0], names=(name,))
            return
