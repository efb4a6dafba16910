"""A model that is measured on what it was trained on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.program import line_of
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import argument, keyword, method, names_in, path_of
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

RULE = Rule(
    "evaluated-on-training-data",
    Text("Measured on the data it was trained on", "在训练数据上评估"),
    Text(
        "The score is worked out on `{data}`, which the model was trained on, and nothing else is ever measured. A model that has learnt its examples by heart "
        "scores best here; how it does on new ones is not known.",
        "成绩是在 `{data}` 上算的，而模型正是用它训练的，此外再没有评估过别的数据。死记硬背的模型在这里分数最高，对新数据表现如何无从得知。",
    ),
    Text(
        "Hold a part out before training (`train_test_split`) and measure on it.",
        "训练前先留出一部分数据（`train_test_split`），在它上面评估。",
    ),
    "high",
    ("overfitting", "measure-quality"),
)
METRICS = frozenset(
    {
        "accuracy_score", "f1_score", "precision_score", "recall_score", "classification_report", "confusion_matrix", "roc_auc_score",
        "balanced_accuracy_score", "mean_squared_error", "mean_absolute_error", "r2_score", "log_loss", "root_mean_squared_error",
        "average_precision_score", "matthews_corrcoef",
    }
)  # fmt: skip
_HELD_OUT = re.compile(r"test|val|valid|dev|held|unseen|new|oos", re.IGNORECASE)
_VALIDATES = (
    "cross_val_score",
    "cross_validate",
    "cross_val_predict",
    "KFold",
    "StratifiedKFold",
    "TimeSeriesSplit",
    "LeaveOneOut",
    "GridSearchCV",
    "RandomizedSearchCV",
)


def find(m: Meaning) -> Iterator[Finding]:
    program = m.program
    if any((m.dotted(c.func) or "").rsplit(".", 1)[-1] in _VALIDATES for c in program.calls):
        return
    yield from _after_fit(m)
    yield from _in_session(m)
    yield from _by_hand(m)


def _after_fit(m: Meaning) -> Iterator[Finding]:
    """`fit(X, y)` and then `score(X, y)`, `evaluate(X, y)`, or a metric of y and `predict(X)`."""
    program = m.program
    fits = [c for c in program.calls if method(c) == "fit" and argument(c, 1, "y") is not None]
    if any(keyword(c, "validation_data") or keyword(c, "validation_split") for c in fits):
        return
    found: list[tuple[ast.Call, str]] = []
    elsewhere = False
    for call in program.calls:
        data, who = _measured(m, call)
        if data is None or who is None or isinstance(program.statement(call), ast.Assert):
            continue
        before = [
            f
            for f in fits
            if _receiver(m, f) == who
            and line_of(f) < line_of(call)
            and program.scope_node(f) is program.scope_node(call)
        ]
        if not before:
            elsewhere = elsewhere or bool(fits)
            continue
        fitted = argument(before[-1], 0, "X", "x")
        if (
            fitted is not None
            and ast.dump(fitted) == ast.dump(data)
            and not _rebound(m, names_in(data), before[-1], call)
        ):
            found.append((call, ast.unparse(data)))
        else:
            elsewhere = True
    if not elsewhere:
        for call, shown in found[:1]:
            yield RULE.at(program, call, names=(shown,), data=shown)


def _receiver(m: Meaning, call: ast.Call) -> str | None:
    assert isinstance(call.func, ast.Attribute)
    path = path_of(call.func.value)
    if path is not None:
        return path
    parent = m.program.parents.get(call)  # bayes = NB().fit(x, y)
    if isinstance(parent, ast.Assign):
        return path_of(parent.targets[0])
    return None


def _measured(m: Meaning, call: ast.Call) -> tuple[ast.expr | None, str | None]:
    """The inputs that a call measures a model on, and the model's name."""
    if method(call) in ("score", "evaluate") and argument(call, 1, "y") is not None:
        assert isinstance(call.func, ast.Attribute)
        return argument(call, 0, "X", "x"), path_of(call.func.value)
    full = m.dotted(call.func) or ""
    if full.startswith("sklearn.metrics.") and full.rsplit(".", 1)[1] in METRICS:
        predicted = argument(call, 1, "y_pred", "y_score", "y_proba")
        if isinstance(predicted, ast.Subscript):
            predicted = predicted.value
        if isinstance(predicted, ast.Name):
            meant = m.definition(predicted)
            predicted = meant.value if meant is not None and meant.how == "assign" else None
        if isinstance(predicted, ast.Subscript):
            predicted = predicted.value
        if isinstance(predicted, ast.Call) and method(predicted) in (
            "predict",
            "predict_proba",
            "decision_function",
        ):
            assert isinstance(predicted.func, ast.Attribute)
            made = m.made(predicted.func.value)
            if made is not None and ".cluster." in made.name:
                return None, None
            return argument(predicted, 0, "X", "x"), path_of(predicted.func.value)
    return None, None


def _rebound(m: Meaning, names: set[str], after: ast.AST, before: ast.AST) -> bool:
    scope = m.definitions.get(m.program.scope_node(before), {})
    return any(
        line_of(after) < line_of(d.node) < line_of(before) for name in names for d in scope.get(name, [])
    )


def _in_session(m: Meaning) -> Iterator[Finding]:
    """TensorFlow 1: outputs that are built on the training array itself, with nothing fed, are all that is looked at."""
    program = m.program
    runs = [c for c in program.calls if method(c) == "run" and "tensorflow" in m.imported and c.args]
    if not runs or any(keyword(c, "feed_dict") is not None or len(c.args) > 1 for c in runs):
        return
    losses = [
        c
        for c in program.calls
        if (m.dotted(c.func) or "").startswith("tensorflow.") and keyword(c, "logits") is not None
    ]
    predicted = {path_of(keyword(c, "logits") or c) for c in losses} - {None}
    for call in runs:
        shown = path_of(call.args[0])
        if shown in predicted and any(method(c) == "minimize" for c in program.calls):
            source = _source(m, call.args[0])
            yield RULE.at(program, call, names=(shown or "",), data=source or "the training data")
            return


def _source(m: Meaning, node: ast.expr) -> str | None:
    """The name of the array that a graph is built on."""
    name: str | None = None
    for _ in range(30):
        if not isinstance(node, ast.Name):
            return name
        found = m.definition(node)
        if found is None or not isinstance(found.value, ast.Call):
            return node.id
        full = m.dotted(found.value.func) or ""
        if not full.startswith("tensorflow."):
            return node.id
        following = keyword(found.value, "inputs") or (found.value.args[0] if found.value.args else None)
        if following is None:
            return name
        name, node = node.id, following
    return name


def _by_hand(m: Meaning) -> Iterator[Finding]:
    """PyTorch on whole arrays: descended on (X, y), and the accuracy that is printed is of (X, y)."""
    program = m.program
    from jinjie.audit.code.rules.activations import LOSSES

    trained: list[tuple[str, str, str]] = []
    for call in program.calls:
        full = m.dotted(call.func)
        made = m.made(call.func) if full is None else None
        if (full in LOSSES or (made is not None and made.name in LOSSES)) and len(call.args) >= 2:
            got = _network_call(m, call.args[0])
            wanted = call.args[1]
            if got is not None and isinstance(wanted, ast.Name) and program.loops(call):
                trained.append((got[0], got[1], wanted.id))
    if not trained or not any(method(c) == "backward" for c in program.calls):
        return
    other = [c for c in program.calls if isinstance(c.func, ast.Name) and c.func.id == trained[0][0]]
    if any(_HELD_OUT.search(n) for c in other for a in c.args for n in names_in(a)):
        return
    for node in program.nodes:
        if (
            isinstance(node, ast.Compare)
            and isinstance(node.ops[0], ast.Eq)
            and isinstance(node.comparators[0], ast.Name)
        ):
            inside = next(
                (
                    n
                    for n in ast.walk(node.left)
                    if isinstance(n, ast.Call | ast.Name) and _network_call(m, n)
                ),
                None,
            )
            got = _network_call(m, inside) if inside is not None else None
            if (
                got is not None
                and (got[0], got[1], node.comparators[0].id) in trained
                and not program.loops(node)
            ):
                scope = program.scope_node(node)
                bound = m.definitions.get(scope, {}).get(got[1], [])
                if scope is program.tree and len(bound) == 1 and bound[0].how in ("assign", "unpack"):
                    yield RULE.at(program, node, names=(got[1],), data=got[1])
                    return


def _network_call(m: Meaning, node: ast.AST) -> tuple[str, str] | None:
    """(network, input) of `net(X)`, followed through names and `argmax`."""
    for _ in range(6):
        if isinstance(node, ast.Name):
            found = m.definition(node)
            if found is None or found.value is None or found.how not in ("assign", "unpack"):
                return None
            node = found.value
        elif isinstance(node, ast.Call):
            if (
                isinstance(node.func, ast.Name)
                and m.is_model(m.made(node.func))
                and node.args
                and isinstance(node.args[0], ast.Name)
            ):
                return node.func.id, node.args[0].id
            if isinstance(node.func, ast.Attribute) and m.dotted(node.func) is None:
                node = node.func.value
            elif m.dotted(node.func) in ("torch.argmax", "torch.max") and node.args:
                node = node.args[0]
            else:
                return None
        else:
            return None
    return None
