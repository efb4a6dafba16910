"""Figures that are summed up or kept wrongly, and runs that nobody can repeat."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.program import line_of
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.scopes import undefined
from jinjie.audit.code.syntax import constant, keyword, method, names_in, path_of
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

KEPT = Rule(
    "loss-graph-kept",
    Text("The loss is kept with its whole graph", "保存的损失连着整张计算图"),
    Text(
        "`{kept}` takes in the tensor `{name}` itself, and with it all that is needed to go backward through it: memory grows with every batch.",
        "`{kept}` 里存进的是张量 `{name}` 本身，连同它反向传播所需的一切，内存随批次不断增长。",
    ),
    Text("`{name}.item()` (or `{name}.detach()`).", "用 `{name}.item()`（或 `{name}.detach()`）。"),
    "medium",
    ("backpropagation",),
)
COUNT = Rule(
    "accuracy-summed-wrongly",
    Text("Right answers divided by the number of batches", "用批次数去除答对的样本数"),
    Text(
        '`{name}` counts examples, and is divided by `len({loader})`, which counts batches: the "accuracy" is about the size of a batch, not between 0 and 1.',
        "`{name}` 数的是样本，却除以 `len({loader})`（批次数）：得到的“准确率”大约是批大小那么大，而不是 0 到 1 之间。",
    ),
    Text(
        "Divide by the number of examples: `len({loader}.dataset)`, or a count of your own.",
        "除以样本数：`len({loader}.dataset)`，或自己累计的样本数。",
    ),
    "high",
    ("measure-quality",),
)
SCALE = Rule(
    "loss-summed-wrongly",
    Text("Means of batches divided by the number of examples", "把各批均值之和除以样本数"),
    Text(
        "`{name}` adds up one mean for each batch, and is divided by the number of examples: what is printed is too small by the size of a batch.",
        "`{name}` 累加的是每批的均值，却除以样本总数：打印出来的数小了一个批大小的倍数。",
    ),
    Text(
        "Divide by `len({loader})`, or add up `loss.item() * len(batch)`.",
        "除以 `len({loader})`，或累加 `loss.item() * len(batch)`。",
    ),
    "medium",
    ("measure-quality",),
)
UNEQUAL = Rule(
    "batch-mean-averaged",
    Text("A mean of means over batches of unequal size", "对大小不等的批次取均值的均值"),
    Text(
        "`{name}` adds up one mean for each batch and is divided by the number of batches. The last batch is smaller and counts as much as the others: the figure is a little off.",
        "`{name}` 累加每批的均值再除以批次数。最后一批通常较小，却与其他批次权重相同，结果会有一点偏差。",
    ),
    Text(
        "Count examples: `total += loss.item() * len(batch)`, and divide by the number of examples.",
        "按样本累计：`total += loss.item() * len(batch)`，最后除以样本数。",
    ),
    "low",
    ("measure-quality",),
)
ONE_BATCH = Rule(
    "trained-on-one-batch",
    Text("Trained on one batch", "只用一个批次训练"),
    Text(
        "The loop over the batches ends after its first: the network sees the same few examples (or one draw an epoch) and never the rest.",
        "遍历批次的循环在第一批之后就结束了：网络每轮只看到一个批次，其余数据从未用到。",
    ),
    Text("Leave out the `break`.", "去掉 `break`。"),
    "high",
    ("overfitting",),
)
SEED = Rule(
    "seed-missing",
    Text("No seed is set", "没有设置随机种子"),
    Text(
        "Weights, batches or the split are drawn at random and no seed is set: readers get other figures than those printed, and the author too.",
        "权重、批次或数据划分都是随机的，却没有设置种子：读者得到的数字与文中不同，作者自己重跑也不同。",
    ),
    Text("{instead}", "{instead}"),
    "low",
    ("measure-quality",),
)
_SEEDS = (
    "seed",
    "manual_seed",
    "set_seed",
    "set_random_seed",
    "seed_everything",
    "default_rng",
    "RandomState",
    "manual_seed_all",
    "PRNGKey",
    "Generator",
)


def find(m: Meaning) -> Iterator[Finding]:
    yield from _graph_kept(m)
    yield from _sums(m)
    yield from _one_batch(m)
    yield from _seed(m)


def _graph_kept(m: Meaning) -> Iterator[Finding]:
    program = m.program
    for loop in (n for n in program.nodes if isinstance(n, ast.For)):
        calls = [c for c in ast.walk(loop) if isinstance(c, ast.Call)]
        lossy = {
            n.id
            for c in calls
            if method(c) == "backward" and isinstance(c.func, ast.Attribute)
            for n in ast.walk(c.func.value)
            if isinstance(n, ast.Name)
        }
        if not lossy:
            continue
        if any(program.loops(c)[:1] == [loop] for c in calls if method(c) == "backward"):
            yield from _kept_in(m, loop, lossy)


def _kept_in(m: Meaning, loop: ast.For, lossy: set[str]) -> Iterator[Finding]:
    for node in ast.walk(loop):
        name = kept = None
        if (
            isinstance(node, ast.AugAssign)
            and isinstance(node.op, ast.Add)
            and path_of(node.target) is not None
        ):
            kept, name = path_of(node.target), _bare(node.value, lossy)
            if kept in lossy or _bound_in(m, kept or "", loop):
                continue
        elif (
            isinstance(node, ast.Call)
            and method(node) == "append"
            and len(node.args) == 1
            and isinstance(node.func, ast.Attribute)
        ):
            kept, name = path_of(node.func.value), _bare(node.args[0], lossy)
            if _bound_in(m, kept or "", loop):
                continue
        if name is not None and kept is not None and not _descended(m, kept):
            yield KEPT.at(m.program, node, names=(name, kept), name=name, kept=kept)


def _bare(value: ast.expr, lossy: set[str]) -> str | None:
    """The loss that a value is, or is a multiple of, with nothing that lets go of its graph."""
    if isinstance(value, ast.Name):
        return value.id if value.id in lossy else None
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult | ast.Div):
        return _bare(value.left, lossy) or (
            _bare(value.right, lossy) if isinstance(value.op, ast.Mult) else None
        )
    return None


def _bound_in(m: Meaning, name: str, loop: ast.For) -> bool:
    """Whether a sum begins anew within the loop, so that it is let go of."""
    found = m.definitions.get(m.program.scope_node(loop), {}).get(name, [])
    return any(d.how == "assign" and loop in list(m.program.up(d.node)) for d in found)


def _descended(m: Meaning, kept: str) -> bool:
    """Whether the kept values are gone backward through together."""
    for call in m.program.calls:
        if method(call) == "backward" and isinstance(call.func, ast.Attribute):
            names = names_in(call.func.value)
            if kept in names:
                return True
            for name in (n for n in ast.walk(call.func.value) if isinstance(n, ast.Name)):
                found = m.definition(name)
                if found is not None and found.value is not None and kept in names_in(found.value):
                    return True
        if (
            method(call) in ("detach", "item")
            and isinstance(call.func, ast.Attribute)
            and kept in names_in(call.func.value)
        ):
            continue
    return False


def _sums(m: Meaning) -> Iterator[Finding]:
    """What is added up over `for … in loader`, and what it is then divided by."""
    program = m.program
    for loop in (n for n in program.nodes if isinstance(n, ast.For)):
        loader = loop.iter
        if (
            isinstance(loader, ast.Call)
            and isinstance(loader.func, ast.Name)
            and loader.func.id in ("enumerate", "tqdm")
            and loader.args
        ):
            loader = loader.args[0]
        path = path_of(loader)
        if path is None or not _is_loader(m, loader, path):
            continue
        for node in (n for n in loop.body if isinstance(n, ast.AugAssign) and isinstance(n.op, ast.Add)):
            name = path_of(node.target)
            kind = _kind(m, node.value) if name else None
            for divided in _divisions(m, loop, name or "") if kind else ():
                by = _divisor(divided.right)
                if kind == "count" and by == f"len({path})":
                    yield COUNT.at(program, divided, names=(name or "",), name=name or "", loader=path)
                elif kind == "mean" and by in (f"len({path}.dataset)",):
                    yield SCALE.at(program, divided, names=(name or "",), name=name or "", loader=path)
                elif (
                    kind == "mean" and by == f"len({path})" and _evaluates(m, loop) and not _drops(m, loader)
                ):
                    yield UNEQUAL.at(program, divided, names=(name or "",), name=name or "", loader=path)


def _is_loader(m: Meaning, node: ast.expr, path: str) -> bool:
    made = m.made(node)
    if made is not None:
        return made.name.endswith("DataLoader")
    return "loader" in path.lower()


def _drops(m: Meaning, node: ast.expr) -> bool:
    made = m.made(node)
    return made is not None and keyword(made.call, "drop_last") is not None


def _kind(m: Meaning, value: ast.expr) -> str | None:
    """count: right answers of a batch; mean: the mean over a batch; None: neither, or not known."""
    while isinstance(value, ast.Call) and (
        method(value) in ("item", "float", "cpu", "double")
        or (isinstance(value.func, ast.Name) and value.func.id in ("float", "int"))
    ):
        value = (
            value.func.value
            if isinstance(value.func, ast.Attribute)
            else value.args[0]
            if value.args
            else value
        )
    if isinstance(value, ast.Call):
        full = m.dotted(value.func) or ""
        inner: ast.AST | None = value.args[0] if full in ("torch.sum", "torch.mean") and value.args else None
        inner = value.func.value if isinstance(value.func, ast.Attribute) and inner is None else inner
        compares = inner is not None and any(
            isinstance(n, ast.Compare) and isinstance(n.ops[0], ast.Eq) for n in ast.walk(inner)
        )
        compares = compares or (
            method(value) in ("sum", "mean")
            and inner is not None
            and any(isinstance(n, ast.Call) and method(n) == "eq" for n in ast.walk(inner))
        )
        if compares and (method(value) == "sum" or full == "torch.sum"):
            return "count"
        if compares and (method(value) == "mean" or full == "torch.mean"):
            return "mean"
        return None
    if isinstance(value, ast.Name):
        found = m.definition(value)
        if found is not None and isinstance(found.value, ast.Call) and found.how == "assign":
            full = m.dotted(found.value.func) or ""
            made = m.made(found.value.func) if not full else None
            call = made.call if made is not None else found.value
            known = (made.name if made is not None else full).startswith(
                ("torch.nn.functional.", "torch.nn.")
            ) and ("oss" in (made.name if made else full) or "cross_entropy" in full)
            if (
                known
                and constant(keyword(call, "reduction")) in (..., "mean")
                and keyword(call, "size_average") is None
            ):
                return (
                    "mean"
                    if keyword(call, "reduction") is None or constant(keyword(call, "reduction")) == "mean"
                    else None
                )
    return None


def _divisions(m: Meaning, loop: ast.For, name: str) -> Iterator[ast.BinOp]:
    scope = m.program.scope_node(loop)
    for node in m.program.nodes:
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Div)
            and line_of(node) > line_of(loop)
            and (
                m.program.scope_node(node) is scope
                and name in {path_of(n) for n in ast.walk(node.left)}
                and len(names_in(node.left)) <= 1
            )
        ):
            yield node


def _divisor(node: ast.expr) -> str:
    return ast.unparse(node)


def _evaluates(m: Meaning, loop: ast.For) -> bool:
    for around in m.program.up(loop):
        if isinstance(around, ast.With) and any(
            "no_grad" in ast.dump(i.context_expr) or "inference_mode" in ast.dump(i.context_expr)
            for i in around.items
        ):
            return True
        if isinstance(around, ast.FunctionDef):
            return any("no_grad" in ast.dump(d) for d in around.decorator_list)
    return any(
        isinstance(n, ast.With) and any("no_grad" in ast.dump(i.context_expr) for i in n.items)
        for n in loop.body
    )


def _one_batch(m: Meaning) -> Iterator[Finding]:
    """A `break` at the end of a loop over batches that trains."""
    for loop in (n for n in m.program.nodes if isinstance(n, ast.For)):
        if not isinstance(loop.body[-1], ast.Break):
            continue
        calls = [c for part in loop.body for c in ast.walk(part) if isinstance(c, ast.Call)]
        if any(method(c) == "backward" for c in calls) and any(method(c) == "step" for c in calls):
            yield ONE_BATCH.at(m.program, loop.body[-1])


def _seed(m: Meaning) -> Iterator[Finding]:
    """A whole program that draws at random, prints figures, and sets no seed at all."""
    program = m.program
    if any(name in program.text for name in (*_SEEDS, "random_state=", "seed=")):
        return
    if len(list(undefined(program.tree))) > 0 or not any(
        isinstance(c.func, ast.Name) and c.func.id == "print" for c in program.calls
    ):
        return
    torch_trains = any(method(c) == "backward" for c in program.calls) and any(
        m.is_model(m.made(c)) for c in program.calls
    )
    keras_trains = any(method(c) == "fit" and c.args and "keras" in program.text for c in program.calls)
    split = next((c for c in program.calls if (m.dotted(c.func) or "").endswith("train_test_split")), None)
    if split is not None:
        instead = Text("`random_state=0` (and say so).", "加上 `random_state=0`（并说明）。")
        yield SEED.at(program, split, instead=instead)
    elif (torch_trains or keras_trains) and not program.scopes[program.tree].star:
        first = next(c for c in program.calls if method(c) in ("fit", "backward"))
        shown = "`torch.manual_seed(0)`" if torch_trains else "`keras.utils.set_random_seed(0)`"
        yield SEED.at(program, first, instead=Text(f"{shown} at the start.", f"在开头写 {shown}。"))
