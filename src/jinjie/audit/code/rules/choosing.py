"""The test set used to choose: when to stop, which checkpoint, which settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.program import line_of
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import argument, is_true, keyword, method, names_in, path_of
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

RULE = Rule(
    "chosen-on-test-data",
    Text("The test data are used to choose", "用测试集来做选择"),
    Text(
        "{what} is chosen by the score on `{data}`. What is then reported on the same data is the best of several tries, not what new data will see: "
        "it is too good, and the more is tried the more so.",
        "{what_zh}是按 `{data}` 上的成绩选出来的。之后在同一份数据上报告的，是多次尝试里最好的一次，而不是新数据上的真实水平：结果偏高，试得越多偏得越多。",
    ),
    Text(
        "Choose on a validation part of the training data; look at the test data once, at the end.",
        "从训练数据中再分出验证集来做选择，测试集只在最后看一次。",
    ),
    "high",
    ("overfitting", "measure-quality"),
)
TEST = re.compile(
    r"(^|_)(x|y|X)?_?test($|_|\d)|(^|_)test(set|data|loader|iter)|^(test)[A-Z]|(X|Y|x|y)test$|(T|t)est(Loader|Data|Set)"
)
_STOPPERS = {
    "EarlyStopping": ("When to stop", "何时停止训练"),
    "ModelCheckpoint": ("The checkpoint that is kept", "保留哪个检查点"),
}


def find(m: Meaning) -> Iterator[Finding]:
    for call in m.program.calls:
        name = method(call)
        if name == "fit":
            yield from _fitted(m, call)
        full = m.dotted(call.func) or ""
        if full in ("transformers.Trainer", "transformers.Seq2SeqTrainer"):
            yield from _trainer(m, call)
    yield from _best_of(m)
    yield from _best_in(m)


def is_test(node: ast.AST | None) -> str | None:
    """What an expression is called, when it names test data: `X_test`, `data["test"]`."""
    if node is None:
        return None
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and TEST.search(part.id) and "train_test" not in part.id:
            return part.id
        if isinstance(part, ast.Attribute) and TEST.search(part.attr):
            return part.attr
        if (
            isinstance(part, ast.Subscript)
            and isinstance(part.slice, ast.Constant)
            and part.slice.value == "test"
        ):
            return ast.unparse(part)
    return None


def _fitted(m: Meaning, call: ast.Call) -> Iterator[Finding]:
    assert isinstance(call.func, ast.Attribute)
    made = m.made(call.func.value)
    if (
        made is not None
        and made.name.rsplit(".", 1)[-1]
        in (
            "GridSearchCV",
            "RandomizedSearchCV",
            "HalvingGridSearchCV",
        )
        and (data := is_test(argument(call, 0, "X"))) is not None
        and "train" not in data
    ):
        yield _at(m, call, data, ("The setting", "超参数"))
    given = keyword(call, "validation_data")
    data = is_test(given)
    callbacks = keyword(call, "callbacks")
    if data is not None and callbacks is not None:
        for name in _callbacks(m, callbacks):
            yield _at(m, call, data, _STOPPERS[name])
            return
    stops = keyword(call, "early_stopping_rounds") is not None or (
        made is not None and keyword(made.call, "early_stopping_rounds") is not None
    )
    stops = stops or (callbacks is not None and "early_stopping" in ast.dump(callbacks))
    evals = keyword(call, "eval_set")
    if stops and evals is not None and (data := is_test(evals)) is not None:
        yield _at(m, call, data, _STOPPERS["EarlyStopping"])


def _at(m: Meaning, node: ast.AST, data: str, what: tuple[str, str]) -> Finding:
    return RULE.at(m.program, node, names=(data,), data=data, what=what[0], what_zh=what[1])


def _callbacks(m: Meaning, given: ast.expr) -> Iterator[str]:
    if isinstance(given, ast.Name):
        found = m.definition(given)
        given = found.value if found is not None and found.value is not None else given
    for part in given.elts if isinstance(given, ast.List | ast.Tuple) else [given]:
        made = m.made(part)
        if made is None:
            continue
        name = made.name.rsplit(".", 1)[-1]
        if name == "EarlyStopping" or (
            name == "ModelCheckpoint" and is_true(keyword(made.call, "save_best_only"))
        ):
            monitor = keyword(made.call, "monitor")
            if isinstance(monitor, ast.Constant) and not str(monitor.value).startswith("val"):
                continue
            yield name


def _trainer(m: Meaning, call: ast.Call) -> Iterator[Finding]:
    given = m.made(argument(call, 1, "args"))
    on, data = keyword(call, "eval_dataset"), is_test(keyword(call, "eval_dataset"))
    if given is not None and is_true(keyword(given.call, "load_best_model_at_end")) and data is not None:
        yield _at(m, on or call, data, _STOPPERS["ModelCheckpoint"])


def _best_of(m: Meaning) -> Iterator[Finding]:
    """In a loop: a score of test data, compared with the best so far, which is then set."""
    program = m.program
    for node in program.nodes:
        if not isinstance(node, ast.If) or not program.loops(node) or not isinstance(node.test, ast.Compare):
            continue
        left, right = node.test.left, node.test.comparators[0]
        if not isinstance(node.test.ops[0], ast.Gt | ast.Lt | ast.GtE | ast.LtE):
            continue
        for score, best in ((left, right), (right, left)):
            if not isinstance(score, ast.Name) or path_of(best) is None:
                continue
            sets = [s for part in node.body for s in ast.walk(part) if isinstance(s, ast.Assign)]
            bound = [
                t
                for s in sets
                for target in s.targets
                for t in ast.walk(target)
                if path_of(t) == path_of(best)
            ]
            if not bound or not any(score.id in names_in(s.value) for s in sets):
                continue
            found = m.definition(score)
            if (
                found is None
                or found.value is None
                or program.loops(node)[0] not in list(program.up(found.node))
            ):
                continue
            if not isinstance(_whole(found.value), ast.Call | ast.BinOp):
                continue
            data = _test_of(m, found.value)
            if data is not None:
                yield _at(m, found.node, data, ("The best model", "“最好”的模型"))
                return


def _best_in(m: Meaning) -> Iterator[Finding]:
    """Scores of test data are collected in a loop, and the best of them is looked up: `max(scores, key=scores.get)`."""
    program = m.program
    kept: dict[str, tuple[ast.AST, str]] = {}
    for node in program.nodes:
        name: str | None = None
        value: ast.expr | None = None
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            name, value = path_of(node.targets[0].value), node.value
        elif (
            isinstance(node, ast.Call)
            and method(node) == "append"
            and isinstance(node.func, ast.Attribute)
            and node.args
        ):
            name, value = path_of(node.func.value), node.args[-1]
        value = _whole(value)
        if name and value is not None and program.loops(node) and (isinstance(value, ast.Call | ast.Name)):
            if isinstance(value, ast.Name):
                found = m.definition(value)
                value = found.value if found is not None and found.how == "assign" else None
            scores = isinstance(value, ast.Call) and (
                method(value) in ("score", "evaluate")
                or re.search(r"_score$|_error$|accuracy|evaluate", ast.unparse(value.func))
            )
            data = _test_of(m, value) if scores and value is not None else None
            if data is not None:
                kept.setdefault(name, (node, data))
    for call in program.calls:
        best = isinstance(call.func, ast.Name) and call.func.id in ("max", "min")
        best = best and (keyword(call, "key") is not None or method_above(m, call) == "index")
        best = best or m.dotted(call.func) in ("numpy.argmax", "numpy.argmin", "numpy.nanargmax")
        if best and call.args and (name := path_of(call.args[0])) in kept and not program.loops(call):
            node, data = kept[name or ""]
            yield _at(m, node, data, ("The best setting", "“最好”的超参数"))
            return


def _whole(value: ast.expr | None) -> ast.expr | None:
    """What a number is taken out of: `model.evaluate(x, y)` of `model.evaluate(x, y)[1]`."""
    while isinstance(value, ast.Subscript) and isinstance(value.value, ast.Call | ast.Subscript):
        value = value.value
    return value


def method_above(m: Meaning, call: ast.Call) -> str | None:
    """The method that a call is handed to: `index` of `scores.index(max(scores))`."""
    above = m.program.parents.get(call)
    return method(above) if isinstance(above, ast.Call) else None


def _test_of(m: Meaning, value: ast.expr) -> str | None:
    """The test data that a score is of; None where others are in it as well."""
    if any(
        re.search(r"val|dev", n, re.IGNORECASE) and not TEST.search(n)
        for n in names_in(value)
        if n not in m.aliases
    ):
        return None
    data = is_test(value)
    if data is None:
        for name in (n for n in ast.walk(value) if isinstance(n, ast.Name)):
            found = m.definition(name)
            if (
                found is not None
                and isinstance(found.value, ast.Call)
                and line_of(found.node)
                and (data := is_test(found.value))
            ):
                return data
    return data
