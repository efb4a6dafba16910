"""Labels from which nothing can be learned: all zero, or drawn at random."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from jinjie.audit.code.meaning import Definition, Meaning
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.rules.activations import LOSSES
from jinjie.audit.code.syntax import argument, keyword, method, names_in
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

ZERO = Rule(
    "labels-all-zero",
    Text("The labels are all zero", "标签全是 0"),
    Text(
        "{why} Every label in `{name}` is 0. As class numbers they teach the model to say 0 whatever it sees, with a falling loss; as one-hot rows they name no class, and cross-entropy is 0 from the first step. Nothing is learned of the data.",
        "{why}`{name}` 里的标签全是 0。当作类别编号，模型只会学到“不管看到什么都答 0”，损失照样下降；当作 one-hot，则没有一行指明类别，交叉熵从第一步起就是 0。两种情形都什么也没学到。",
    ),
    Text(
        "Real labels; or, for an example, labels worked out from the inputs: `y = (x.sum(axis=1) > 0).astype(int)`.",
        "用真实标签；若只是演示，也应由输入算出标签：`y = (x.sum(axis=1) > 0).astype(int)`。",
    ),
    "high",
    ("first-network", "measure-quality"),
)
TRUNCATED = Text(
    "`rand` draws numbers from 0 up to but not including 1, and turning them into integers cuts all of them to 0. ",
    "`rand` 取的是 [0, 1) 之间的小数，转成整数时全部被截成 0。",
)
PLAIN = Text("They are made as zeros and never set. ", "它们生成时就是 0，之后也没有改过。")
RANDOM = Rule(
    "labels-random",
    Text("The labels are random and have nothing to do with the inputs", "标签是随机的，与输入毫无关系"),
    Text(
        "`{name}` is drawn at random, independently of the inputs. There is nothing to learn: whatever the model reaches on these "
        "examples is learnt by heart, and on new ones it can only guess.",
        "`{name}` 是独立于输入随机抽出来的，其中没有任何规律可学：训练集上的成绩全靠死记，换一批数据就只能瞎猜。",
    ),
    Text(
        "Real data (scikit-learn and Keras carry small sets), or labels that follow from the inputs by a rule.",
        "用真实数据（scikit-learn 和 Keras 都自带小数据集），或让标签按某种规则由输入得出。",
    ),
    "medium",
    ("first-network", "overfitting"),
)
LABEL = re.compile(r"(^|_)(y|labels?|targets?)($|_|\d)", re.IGNORECASE)
_ZEROS = re.compile(r"^(numpy|torch|tensorflow)\.(zeros|zeros_like)$")
_UNIT = re.compile(r"^(numpy\.random\.(rand|random|random_sample)|torch\.rand|random\.random)$")
_DRAWN = re.compile(
    r"^(numpy\.random\.(randint|choice|rand|randn|random|random_integers|uniform|normal)|torch\.(randint|rand|randn)"
    r"|tensorflow\.random\.(uniform|normal)|random\.choices)$"
)
_TO_INT = ("astype", "int", "long", "type", "to")
_INT = re.compile(r"(^|\.)(u?int\d*|long|LongTensor|IntTensor)$")


def find(m: Meaning) -> Iterator[Finding]:
    for scope in m.definitions.values():
        for name, bindings in scope.items():
            if len(bindings) == 1 and bindings[0].how == "assign" and bindings[0].value is not None:
                yield from _judged(m, name, bindings[0], bindings[0].value)


def _judged(m: Meaning, name: str, one: Definition, value: ast.expr) -> Iterator[Finding]:
    kind = _kind(m, value)
    if kind is None or _changed(m, name, one):
        return
    label = LABEL.search(name) is not None
    if kind == "cut":
        if label or _trained_on(m, name):
            yield ZERO.at(m.program, one.node, names=(name,), name=name, says=_why(TRUNCATED))
    elif kind == "zeros":
        others = re.search(r"\b(ones|ones_like|full|full_like)\(", m.program.text)
        if _trained_on(m, name) and not others:
            yield ZERO.at(m.program, one.node, names=(name,), name=name, says=_why(PLAIN))
    elif kind == "drawn" and _trained_on(m, name) and not _feeds_inputs(m, name) and not _only_timed(m):
        yield RANDOM.at(m.program, one.node, names=(name,), name=name)


def _only_timed(m: Meaning) -> bool:
    """Whether a program measures how fast a step is, and nothing of how good: then random labels do."""
    timed = {"time.perf_counter", "time.time", "time.perf_counter_ns", "torch.cuda.Event", "timeit.timeit",
             "torch.utils.benchmark.Timer", "torch.profiler.profile", "time.monotonic"}  # fmt: skip
    return any(m.dotted(c.func) in timed for c in m.program.calls) and not re.search(
        r"accura|\bacc\b|score|loss\.item|evaluate\(|准确", m.program.text, re.IGNORECASE
    )


def _why(why: Text) -> Text:
    return Text(ZERO.says.en.replace("{why}", why.en.strip()), ZERO.says.zh.replace("{why}", why.zh))


def _kind(m: Meaning, value: ast.expr) -> str | None:
    """cut (fractions below one made integers), zeros, drawn, or None."""
    to_int, scaled = False, False
    node: ast.AST = value
    while True:
        if isinstance(node, ast.Call):
            full = m.dotted(node.func)
            if full in ("torch.tensor", "torch.as_tensor", "torch.from_numpy", "numpy.array", "numpy.asarray", "torch.LongTensor",
                        "tensorflow.constant", "tensorflow.cast", "tensorflow.convert_to_tensor", "keras.utils.to_categorical") and node.args:  # fmt: skip
                to_int = (
                    to_int
                    or full == "torch.LongTensor"
                    or any(_integer(m, a) for a in [*node.args[1:], *(k.value for k in node.keywords)])
                )
                node = node.args[0]
                continue
            if full is not None:
                if _ZEROS.match(full):
                    return "zeros"
                if _UNIT.match(full):
                    return "cut" if to_int and not scaled else "drawn" if not to_int or scaled else None
                return "drawn" if _DRAWN.match(full) else None
            name = method(node)
            if name is None:
                return None
            assert isinstance(node.func, ast.Attribute)
            if name in ("integers", "choice", "standard_normal", "random", "normal", "uniform"):
                made = m.made(node.func.value)
                if made is None or not made.name.startswith("numpy.random."):
                    return None
                return "cut" if name == "random" and to_int and not scaled else "drawn"
            if name in ("int", "long") or (name in _TO_INT and any(_integer(m, a) for a in node.args)):
                to_int = True
            elif name not in (
                "reshape",
                "view",
                "unsqueeze",
                "squeeze",
                "flatten",
                "ravel",
                "float",
                "astype",
                "to",
                "type",
                "cuda",
            ):
                return None
            node = node.func.value
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            scaled = True
            node = node.left if isinstance(node.left, ast.Call) else node.right
        else:
            return None


def _integer(m: Meaning, node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and "int" in node.value
    if isinstance(node, ast.Name) and node.id == "int":
        return True
    full = m.dotted(node)
    return full is not None and _INT.search(full) is not None


def _changed(m: Meaning, name: str, one: Definition) -> bool:
    """Whether the labels are set later: by index, in place, or by a function that they are handed to."""
    for node in m.program.nodes:
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Subscript | ast.Attribute) and name in names_in(target.value):
                    return True
        if (
            (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
            )
            and node.func.value.id == name
            and (node.func.attr.endswith("_") or node.func.attr in ("fill", "put", "itemset"))
        ):
            return True
        if (
            isinstance(node, ast.Call)
            and keyword(node, "out") is not None
            and name in names_in(keyword(node, "out") or node)
        ):
            return True
    return False


def _trained_on(m: Meaning, name: str) -> bool:
    """Whether a name is what a training is to reach: of `fit`, or of a loss that is descended."""
    descended = any(method(c) in ("backward", "minimize", "gradient") for c in m.program.calls)
    for call in m.program.calls:
        if method(call) in ("fit", "train_on_batch", "partial_fit"):
            given = argument(call, 1, "y")
            if given is not None and _is(given, name):
                return True
        if not descended:
            continue
        full = m.dotted(call.func)
        made = m.made(call.func) if full is None else None
        known = full if full in LOSSES else made.name if made is not None else None
        if known is not None and (
            known in LOSSES or (known.startswith("torch.nn.") and known.endswith(("Loss", "_loss")))
        ):
            tf = known.startswith("tensorflow")
            given = argument(call, 0 if tf else 1, "labels" if tf else "target", "onehot_labels")
            if given is not None and _is(given, name):
                return True
        if full in ("torch.utils.data.TensorDataset",) and len(call.args) > 1 and _is(call.args[-1], name):
            return True
        if (
            (
                full == "tensorflow.data.Dataset.from_tensor_slices"
                and call.args
                and isinstance(call.args[0], ast.Tuple)
            )
            and len(call.args[0].elts) == 2
            and _is(call.args[0].elts[1], name)
        ):
            return True
    return False


def _is(node: ast.AST, name: str) -> bool:
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id == name


def _feeds_inputs(m: Meaning, name: str) -> bool:
    """Whether other data is made from the labels: `x = centres[y] + noise`, `x[y == 1] += 2`."""
    for node in m.program.nodes:
        if isinstance(node, ast.AugAssign) and name in names_in(node):
            return True
        if isinstance(node, ast.Assign) and name in names_in(node.value):
            called = isinstance(node.value, ast.Call)
            split = isinstance(node.targets[0], ast.Tuple)
            if not called and not split:
                return True
            if called and not split and isinstance(node.value, ast.Call):
                full = m.dotted(node.value.func)
                if (
                    (
                        full is None
                        or not full.startswith(("torch.", "tensorflow.", "keras.", "numpy."))
                        or "normal" in full
                    )
                    and m.made(node.value.func) is None
                    and method(node.value) not in ("fit", "predict")
                ):
                    return True
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Store)
            and name in names_in(node.slice)
        ):
            return True
    return False
