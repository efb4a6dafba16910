"""Softmax and argmax over the batch instead of the classes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import argument, constant, method
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

SOFTMAX = Rule(
    "softmax-over-batch",
    Text("Softmax over the batch", "softmax 做在了批次维上"),
    Text(
        "`dim=0` is the batch: each class's scores are shared out among the examples, so that an example's \"probabilities\" depend on its neighbours and do not sum to 1.",
        "`dim=0` 是批次维：每个类别的得分被分摊到各个样本上，一个样本的“概率”会随同批样本变化，加起来也不等于 1。",
    ),
    Text("`dim=-1` (or `dim=1`), the axis of the classes.", "用类别所在的维：`dim=-1`（或 `dim=1`）。"),
    "high",
    ("first-network",),
)
ARGMAX = Rule(
    "argmax-over-batch",
    Text("Argmax over the batch", "argmax 取在了批次维上"),
    Text(
        "Axis 0 is the batch: what comes out is, for each class, the number of the example with the highest score; to compare it with labels means nothing.",
        "第 0 维是批次维：得到的是“每个类别得分最高的是第几个样本”，拿它与标签比较毫无意义。",
    ),
    Text("`argmax(dim=1)`, the axis of the classes.", "用 `argmax(dim=1)`，即类别所在的维。"),
    "high",
    ("measure-quality",),
)


def find(m: Meaning) -> Iterator[Finding]:
    for call in m.program.calls:
        full = m.dotted(call.func) or ""
        if full in (
            "torch.nn.functional.softmax",
            "torch.softmax",
            "torch.nn.functional.log_softmax",
            "tensorflow.nn.softmax",
        ):
            if constant(argument(call, 1, "dim", "axis")) == 0 and call.args and _is_batch(m, call.args[0]):
                yield SOFTMAX.at(m.program, call)
        elif full in ("torch.argmax", "torch.max", "numpy.argmax", "tensorflow.argmax"):
            if constant(argument(call, 1, "dim", "axis")) == 0 and call.args and _is_batch(m, call.args[0]):
                yield ARGMAX.at(m.program, call)
        elif full == "torch.nn.Softmax" and constant(argument(call, 0, "dim")) == 0:
            around = m.program.parents.get(call)
            if isinstance(around, ast.Call) and m.dotted(around.func) == "torch.nn.Sequential":
                yield SOFTMAX.at(m.program, call)
        elif (
            (
                method(call) in ("argmax", "softmax", "max")
                and isinstance(call.func, ast.Attribute)
                and not full
            )
            and constant(argument(call, 0, "dim", "axis")) == 0
            and _is_batch(m, call.func.value)
        ):
            yield (SOFTMAX if method(call) == "softmax" else ARGMAX).at(m.program, call)


_MANY = re.compile(r"^(x|X|xb|x_batch|X_batch)$|s$|batch|[xX]_?(train|test|val)", re.ASCII)
"""What an input of many examples is called."""


def _is_batch(m: Meaning, node: ast.AST) -> bool:
    """Whether an expression is what a classifier gives for a batch: a network called, and nothing taken out of it."""
    call = _network_call(m, node)
    if call is None or not (call.args or call.keywords):
        return False
    given = call.args[0] if call.args else call.keywords[0].value
    if not isinstance(given, ast.Name):
        return isinstance(given, ast.Starred) or bool(call.keywords)
    found = m.definition(given)
    return _MANY.search(given.id) is not None or (
        found is not None and found.how == "loop" and found.index == 0
    )


def _network_call(m: Meaning, node: ast.AST) -> ast.Call | None:
    """The call of a network that an expression is."""
    for _ in range(4):
        if isinstance(node, ast.Name):
            found = m.definition(node)
            if found is None or found.value is None or found.how != "assign":
                return None
            node = found.value
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and method(node) in ("cpu", "detach", "numpy", "float"):
                node = node.func.value
                continue
            if method(node) == "predict" and isinstance(node.func, ast.Attribute):
                made = m.made(node.func.value)
                return node if made is not None and made.name.startswith("keras.") else None
            func = (
                node.func.value
                if isinstance(node.func, ast.Attribute) and node.func.attr == "forward"
                else node.func
            )
            made = m.made(func)
            if m.is_model(made) and made is not None:
                whole = isinstance(made.cls, ast.ClassDef) or made.name.startswith(
                    ("torch.nn.Sequential", "torchvision.")
                )
                return node if whole else None
            named = isinstance(func, ast.Name) and func.id in ("model", "net", "network", "classifier")
            return node if named and made is None else None
        else:
            return None
    return None
