"""Modules of PyTorch and Keras that are put together wrongly."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning, method_of
from jinjie.audit.code.program import line_of
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import argument, constant, is_false, keyword, method, path_of
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

PLAIN_LIST = Rule(
    "layers-in-plain-list",
    Text("Layers in a plain list", "层放在了普通列表里"),
    Text(
        "`self.{name}` is a Python list, in which PyTorch does not see the layers: `parameters()` leaves them out, so they are never trained, never moved to the "
        "device and never saved.",
        "`self.{name}` 是普通的 Python 列表，PyTorch 看不到里面的层：`parameters()` 里没有它们，于是不会被训练、不会搬到 device、也不会被保存。",
    ),
    Text(
        "`self.{name} = nn.ModuleList([…])` (or `nn.Sequential`).",
        "改用 `self.{name} = nn.ModuleList([…])`（或 `nn.Sequential`）。",
    ),
    "high",
    ("first-network",),
)
SUPER = Rule(
    "super-init-missing",
    Text("`super().__init__()` is missing", "缺少 `super().__init__()`"),
    Text(
        '`{cls}` is a module, but its `__init__` gives it layers before the module itself is set up: Python stops here with "cannot assign module before '
        'Module.__init__() call".',
        "`{cls}` 继承自模块类，`__init__` 里却没有先初始化父类就给它添加层：运行到这里会报错 “cannot assign module before Module.__init__() call”。",
    ),
    Text(
        "`super().__init__()` as the first line of `__init__`.",
        "在 `__init__` 的第一行写 `super().__init__()`。",
    ),
    "high",
    ("first-network",),
)
FORWARD = Rule(
    "forward-called-directly",
    Text("`forward` is called by hand", "直接调用了 `forward`"),
    Text(
        "`{name}.forward(…)` goes past the module's `__call__`, which runs its hooks (of pruning, of quantisation, of data parallel training). It works until one of them is there.",
        "`{name}.forward(…)` 绕过了模块的 `__call__`，挂在上面的 hook（剪枝、量化、数据并行等）都不会执行。眼下能跑，一旦有了 hook 就会出错。",
    ),
    Text("`{name}(…)`.", "直接写 `{name}(…)`。"),
    "low",
)
UNPACKED = Rule(
    "model-output-unpacked",
    Text("A model's output is unpacked as a tuple", "把模型输出当元组拆包"),
    Text(
        'Since transformers 4 a model returns a `ModelOutput`, which is a dictionary: to unpack it gives its keys. `{name}` is then the string "{key}", and the first use of it as a '
        "tensor stops.",
        '从 transformers 4 起，模型返回的是 `ModelOutput`（一种字典），拆包得到的是键名：`{name}` 变成了字符串 "{key}"，接下来把它当张量用就会报错。',
    ),
    Text(
        "`outputs = model(…)`, then `outputs.loss` and `outputs.logits`.",
        "写成 `outputs = model(…)`，再取 `outputs.loss`、`outputs.logits`。",
    ),
    "high",
    ("bert-finetuning",),
)
ONE_HOT = Rule(
    "one-hot-into-sparse-loss",
    Text("Labels and loss do not fit", "标签形式与损失函数不匹配"),
    Text(
        "The labels are {have}, but the loss `{loss}` expects {wants}: the shapes do not agree, and `fit` stops (or trains on nonsense).",
        "标签是{have_zh}，而 `{loss}` 要求的是{wants_zh}：形状对不上，`fit` 会报错（或者训练出毫无意义的结果）。",
    ),
    Text("`{fits}` as the loss.", "把损失换成 `{fits}`。"),
    "high",
    ("first-network",),
)


def find(m: Meaning) -> Iterator[Finding]:
    for cls in m.program.classes.values():
        torch_module = m.is_torch_module(cls)
        if torch_module:
            yield from _plain_lists(m, cls)
        if torch_module or m.is_keras_class(cls):
            yield from _no_super(m, cls)
    yield from _forwards(m)
    yield from _unpacked(m)
    yield from _one_hot(m)


def _is_layer(m: Meaning, node: ast.AST) -> bool:
    return isinstance(node, ast.Call | ast.Name) and m.is_model(m.made(node))


def _plain_lists(m: Meaning, cls: ast.ClassDef) -> Iterator[Finding]:
    calls = [c for c in ast.walk(cls) if isinstance(c, ast.Call)]
    if any(
        method(c) in ("add_module", "register_module")
        or (isinstance(c.func, ast.Name) and c.func.id == "setattr")
        for c in calls
    ):
        return
    for name, values in m.attributes(cls).items():
        if len(values) != 1:
            continue
        value = values[0]
        registered = any(
            f"self.{name}" == path_of(a.value if isinstance(a, ast.Starred) else a)
            for c in calls
            for a in c.args
            if (m.dotted(c.func) or "") in ("torch.nn.ModuleList", "torch.nn.Sequential")
        )
        if registered:
            continue
        if (
            (
                isinstance(value, ast.List | ast.Tuple)
                and value.elts
                and all(_is_layer(m, e) for e in value.elts)
            )
            or isinstance(value, ast.ListComp)
            and _is_layer(m, value.elt)
        ):
            yield PLAIN_LIST.at(m.program, value, names=(name,), name=name)
        elif isinstance(value, ast.List) and not value.elts:
            added = [
                c
                for c in calls
                if method(c) == "append"
                and path_of(c.func) == f"self.{name}.append"
                and c.args
                and _is_layer(m, c.args[0])
            ]
            if added:
                yield PLAIN_LIST.at(m.program, added[0], names=(name,), name=name)


def _no_super(m: Meaning, cls: ast.ClassDef) -> Iterator[Finding]:
    init = method_of(cls, "__init__")
    if init is None:
        return
    base_names = {ast.unparse(b) for b in cls.bases}
    for call in (c for c in ast.walk(init) if isinstance(c, ast.Call)):
        if method(call) == "__init__" or (isinstance(call.func, ast.Name) and call.func.id == "super"):
            return
        if method(call) is not None and ast.unparse(call.func).rsplit(".", 1)[0] in base_names:
            return
    for node in ast.walk(init):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Attribute)
            and path_of(node.targets[0])
        ):
            keras_layer = isinstance(node.value, ast.Call) and (m.dotted(node.value.func) or "").startswith(
                "keras.layers."
            )
            if (path_of(node.targets[0]) or "").startswith("self.") and (
                _is_layer(m, node.value) or keras_layer
            ):
                yield SUPER.at(m.program, node, names=(cls.name,), cls=cls.name)
                return


def _forwards(m: Meaning) -> Iterator[Finding]:
    for call in m.program.calls:
        if method(call) != "forward" or not isinstance(call.func, ast.Attribute):
            continue
        name = path_of(call.func.value)
        if name is not None and name != "self" and m.is_model(m.made(call.func.value)):
            yield FORWARD.at(m.program, call, names=(name,), name=name)


def _unpacked(m: Meaning) -> Iterator[Finding]:
    for node in m.program.nodes:
        if (
            not isinstance(node, ast.Assign)
            or not isinstance(node.targets[0], ast.Tuple)
            or not isinstance(node.value, ast.Call)
        ):
            continue
        made = m.made(node.value.func)
        if made is None or not made.name.startswith("transformers.") or not m.is_model(made):
            continue
        if (
            any(is_false(keyword(c, "return_dict")) for c in (node.value, made.call))
            or "return_dict" in m.program.text
        ):
            continue
        first = node.targets[0].elts[0]
        key = (
            "loss"
            if keyword(node.value, "labels") is not None
            else "logits"
            if "For" in made.name
            else "last_hidden_state"
        )
        yield UNPACKED.at(m.program, node, names=(ast.unparse(first),), name=ast.unparse(first), key=key)


def _one_hot(m: Meaning) -> Iterator[Finding]:
    """Keras: `to_categorical` labels with a sparse loss, or the whole numbers of a built-in set with a dense one."""
    program = m.program
    for call in program.calls:
        if method(call) != "fit" or not isinstance(call.func, ast.Attribute):
            continue
        labels, owner = argument(call, 1, "y"), path_of(call.func.value)
        compiled = [
            c
            for c in program.calls
            if method(c) == "compile" and path_of(c.func) == f"{owner}.compile" and line_of(c) < line_of(call)
        ]
        if not isinstance(labels, ast.Name) or not compiled:
            continue
        loss, found = argument(compiled[-1], 1, "loss"), m.definition(labels)
        if loss is None or found is None or found.value is None:
            continue
        name = constant(loss)
        made = m.made(loss) if not isinstance(name, str) else None
        shown = name if isinstance(name, str) else made.name.rsplit(".", 1)[1] if made is not None else ""
        coded = (
            isinstance(found.value, ast.Call)
            and (m.dotted(found.value.func) or "").endswith("to_categorical")
            and found.how == "assign"
        )
        whole = (
            isinstance(found.value, ast.Call)
            and (m.dotted(found.value.func) or "").startswith("keras.datasets.")
            and found.how == "other"
        )
        if shown in ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy") and coded:
            yield ONE_HOT.at(
                program,
                loss,
                loss=shown,
                have="one-hot vectors",
                have_zh=" one-hot 向量",
                wants="whole numbers",
                wants_zh="整数类别",
                fits="categorical_crossentropy",
            )
        if shown in ("categorical_crossentropy", "CategoricalCrossentropy") and whole:
            yield ONE_HOT.at(
                program,
                loss,
                loss=shown,
                have="whole numbers",
                have_zh="整数类别",
                wants="one-hot vectors",
                wants_zh=" one-hot 向量",
                fits="sparse_categorical_crossentropy",
            )
