"""Tables and scores: results that are thrown away, copies that are written to, answers where probabilities are wanted."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.syntax import argument, is_true, keyword, method
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

THROWN_AWAY = Rule(
    "result-thrown-away",
    Text("The result is thrown away", "结果被丢掉了"),
    Text(
        "`{name}.{method}(…)` gives a new table and leaves `{name}` as it is; here nobody keeps the new one, so the line does nothing.",
        "`{name}.{method}(…)` 返回一张新表，`{name}` 本身不变；这里没有接住返回值，这一行等于没写。",
    ),
    Text("`{name} = {name}.{method}(…)`.", "写成 `{name} = {name}.{method}(…)`。"),
    "high",
)
CHAINED = Rule(
    "chained-assignment",
    Text("Written to a copy", "写到了副本上"),
    Text(
        "Two pairs of brackets in a row: the first makes a new object, and the value is written into that. From pandas 3 on the table never changes; before, it did only now and then.",
        "连用两次方括号：第一次取出的是新对象，值写进了它里面。pandas 3 起原表绝不会改变，之前的版本也只是偶尔会改。",
    ),
    Text("One step: `{table}.loc[rows, column] = value`.", "一步到位：`{table}.loc[行, 列] = 值`。"),
    "high",
)
NAN = Rule(
    "nan-compared",
    Text("NaN is compared with `==`", "用 `==` 判断 NaN"),
    Text(
        "NaN is not equal to anything, itself not either: `== {nan}` is always false and `!=` always true, so no missing value is ever found.",
        "NaN 不等于任何值，包括它自己：`== {nan}` 永远为假，`!=` 永远为真，一个缺失值也找不出来。",
    ),
    Text("`isna()` of pandas, `np.isnan(…)`.", "用 pandas 的 `isna()` 或 `np.isnan(…)`。"),
    "high",
)
HARD = Rule(
    "hard-labels-into-ranking-metric",
    Text("A metric of probabilities gets hard answers", "需要概率的指标得到的却是类别"),
    Text(
        "`{metric}` ranks or weighs probabilities, and is given what `predict` answers, 0 or 1: one threshold instead of all. The figure is too low and not what its name says.",
        "`{metric}` 衡量的是概率（或排序），这里传入的却是 `predict` 给出的 0/1：只用了一个阈值而不是全部。结果偏低，也不再是它名字所指的指标。",
    ),
    Text(
        "`predict_proba(X)[:, 1]` or `decision_function(X)`.",
        "用 `predict_proba(X)[:, 1]` 或 `decision_function(X)`。",
    ),
    "high",
    ("measure-quality",),
)
_NEW = frozenset(
    {
        "dropna", "fillna", "drop", "drop_duplicates", "reset_index", "set_index", "rename", "sort_values", "sort_index", "replace",
        "astype", "reindex", "assign", "merge", "join",
    }
)  # fmt: skip
_CLASSIFIERS = ("Classifier", "LogisticRegression", "SVC", "NB", "LinearDiscriminantAnalysis")


def find(m: Meaning) -> Iterator[Finding]:
    program = m.program
    for node in program.nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and method(node.value) in _NEW:
            yield from _thrown_away(m, node.value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            target = node.targets[0].value
            if isinstance(target, ast.Subscript) and _is_table(m, target.value):
                yield CHAINED.at(program, node, table=ast.unparse(target.value))
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            for side in (node.left, *node.comparators):
                if m.dotted(side) in ("numpy.nan", "numpy.NaN", "math.nan"):
                    yield NAN.at(program, node, nan=ast.unparse(side))
    for call in program.calls:
        yield from _hard(m, call)


def _is_table(m: Meaning, node: ast.AST) -> bool:
    made = m.made(node)
    return made is not None and made.name in (
        "pandas.DataFrame",
        "pandas.read_csv",
        "pandas.read_excel",
        "pandas.read_parquet",
    )


def _thrown_away(m: Meaning, call: ast.Call) -> Iterator[Finding]:
    assert isinstance(call.func, ast.Attribute)
    last = m.program.blocks[-1].tree.body[-1] if m.program.blocks else None
    shown = any(
        block.tree.body and block.tree.body[-1] is m.program.statement(call) for block in m.program.blocks
    )
    if (
        keyword(call, "inplace") is not None
        or (shown and last is not None)
        or not _is_table(m, call.func.value)
    ):
        return  # the last line of a cell is looked at, not kept
    if is_true(keyword(call, "copy")):
        return
    yield THROWN_AWAY.at(m.program, call, name=ast.unparse(call.func.value), method=call.func.attr)


def _hard(m: Meaning, call: ast.Call) -> Iterator[Finding]:
    full = m.dotted(call.func) or ""
    if full not in (
        "sklearn.metrics.roc_auc_score",
        "sklearn.metrics.average_precision_score",
        "sklearn.metrics.log_loss",
        "sklearn.metrics.roc_curve",
    ):
        return
    given = argument(call, 1, "y_score", "y_pred", "y_proba")
    if isinstance(given, ast.Name):
        found = m.definition(given)
        given = found.value if found is not None and found.how == "assign" else None
    if isinstance(given, ast.Call) and method(given) == "predict" and isinstance(given.func, ast.Attribute):
        made = m.made(given.func.value)
        if (
            made is not None
            and made.name.startswith(("sklearn.", "xgboost.", "lightgbm."))
            and made.name.endswith(_CLASSIFIERS)
        ):
            yield HARD.at(m.program, call, metric=full.rsplit(".", 1)[1])
