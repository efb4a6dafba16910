"""What the test data should not have told the training: leakage."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from jinjie.audit.code.meaning import Meaning
from jinjie.audit.code.program import line_of
from jinjie.audit.code.rule import Rule
from jinjie.audit.code.rules.choosing import is_test
from jinjie.audit.code.syntax import argument, constant, is_false, is_true, keyword, method, names_in
from jinjie.audit.finding import Finding
from jinjie.base.words import Text

BEFORE = Rule(
    "fitted-before-split",
    Text("Fitted on all data, split afterwards", "先在全部数据上拟合，再划分"),
    Text(
        "`{what}` learns from all rows, and only then are they split: the test rows have had their say in {says_en}. The score on them is too good, "
        "and with selection or oversampling it can be good where there is nothing to learn.",
        "`{what}` 是在全部样本上拟合的，之后才划分训练集和测试集：测试样本已经影响了{says_zh}。测试成绩会偏高；若是特征选择或过采样，连毫无规律的数据都可能得到高分。",
    ),
    Text(
        "Split first, fit on the training part, only `transform` the test part; or put it into a `Pipeline`.",
        "先划分，只在训练集上 `fit`，测试集只做 `transform`；或者放进 `Pipeline`。",
    ),
    "high",
    ("measure-quality", "overfitting"),
)
ON_TEST = Rule(
    "fitted-on-test-data",
    Text("Fitted anew on the test data", "在测试集上重新拟合"),
    Text(
        "`{call}` learns from `{data}` itself, so training and test data are transformed by different numbers: the same value means two things, and "
        "what stands at the output cannot be compared.",
        "`{call}` 又在 `{data}` 上重新拟合了一次，训练集和测试集用了两套不同的参数做变换：同一个数值含义不同，结果没有可比性。",
    ),
    Text(
        "`transform` with what was fitted on the training data.", "用训练集上拟合好的对象直接 `transform`。"
    ),
    "high",
    ("measure-quality",),
)
TARGET = Rule(
    "target-in-features",
    Text("The target stands among the features", "特征里混进了目标本身"),
    Text(
        "`{target}` is what is to be predicted, and `{features}` still holds it: the model reads the answer off its input. The score is near perfect and means nothing.",
        "要预测的是 `{target}`，而 `{features}` 里仍然包含它：模型直接从输入里抄答案，分数接近满分却毫无意义。",
    ),
    Text(
        'Leave it out: `{features} = data.drop(columns=["{target}"])`.',
        '把它去掉：`{features} = data.drop(columns=["{target}"])`。',
    ),
    "high",
    ("measure-quality",),
)
SHUFFLED = Rule(
    "shuffled-time-series",
    Text("A time series is split at random", "时间序列被随机划分"),
    Text(
        "The rows are moments in time (their features look back), and the split shuffles them: the model trains on days after those it is tested on, and "
        "neighbours of every test row are in the training set. The error is far too small.",
        "这些行是有先后顺序的（特征取自过去），而划分时被打乱了：模型用“将来”训练、拿“过去”测试，每个测试样本的前后邻居都在训练集里，误差被大大低估。",
    ),
    Text(
        "Split in time: `train_test_split(…, shuffle=False)` or `TimeSeriesSplit`.",
        "按时间先后划分：`train_test_split(…, shuffle=False)` 或 `TimeSeriesSplit`。",
    ),
    "high",
    ("measure-quality",),
)
LEARNS = {
    "StandardScaler": ("the mean and spread", "均值和方差"), "MinMaxScaler": ("the least and greatest value", "最大最小值"),
    "RobustScaler": ("the quantiles", "分位数"), "MaxAbsScaler": ("the greatest value", "最大值"),
    "PowerTransformer": ("the transformation", "变换参数"), "QuantileTransformer": ("the quantiles", "分位数"),
    "SimpleImputer": ("the values that are filled in", "填补值"), "KNNImputer": ("the values that are filled in", "填补值"),
    "IterativeImputer": ("the values that are filled in", "填补值"),
    "TfidfVectorizer": ("the vocabulary and its weights", "词表和权重"), "TfidfTransformer": ("the weights", "权重"),
    "CountVectorizer": ("the vocabulary", "词表"),
    "PCA": ("the axes", "主成分方向"), "TruncatedSVD": ("the axes", "主成分方向"),
    "SelectKBest": ("which features are kept", "保留哪些特征"), "SelectPercentile": ("which features are kept", "保留哪些特征"),
    "SelectFromModel": ("which features are kept", "保留哪些特征"), "RFE": ("which features are kept", "保留哪些特征"),
    "RFECV": ("which features are kept", "保留哪些特征"), "VarianceThreshold": ("which features are kept", "保留哪些特征"),
    "TargetEncoder": ("the codes", "编码"), "KBinsDiscretizer": ("the bins", "分箱边界"), "LinearDiscriminantAnalysis": ("the axes", "投影方向"),
    "SMOTE": ("the rows that are made up", "合成出来的样本"), "ADASYN": ("the rows that are made up", "合成出来的样本"),
    "BorderlineSMOTE": ("the rows that are made up", "合成出来的样本"), "SMOTENC": ("the rows that are made up", "合成出来的样本"),
    "RandomOverSampler": ("the rows that are repeated (copies of one row stand on both sides)", "被复制的样本（同一行会同时出现在两边）"),
    "SMOTETomek": ("the rows that are made up", "合成出来的样本"), "SMOTEENN": ("the rows that are made up", "合成出来的样本"),
}  # fmt: skip
"""What learns from rows, and what it learns."""
_FITS = ("fit_transform", "fit_resample", "fit_sample", "fit")
_SINKS = re.compile(
    r"^sklearn\.(model_selection|cross_validation)\.(train_test_split|cross_val_score|cross_validate|cross_val_predict)$"
)


def find(m: Meaning) -> Iterator[Finding]:
    yield from _before_split(m)
    yield from _cut(m)
    yield from _on_test(m)
    yield from _target(m)
    yield from _shuffled(m)


def _learner(m: Meaning, call: ast.Call) -> str | None:
    """The name of what learns, when a call fits one of `LEARNS`."""
    if method(call) not in _FITS or not isinstance(call.func, ast.Attribute):
        return None
    made = m.made(call.func.value)
    if made is None or not made.name.startswith(("sklearn.", "imblearn.")):
        return None
    name = made.name.rsplit(".", 1)[1]
    return name if name in LEARNS else None


def _before_split(m: Meaning) -> Iterator[Finding]:
    program = m.program
    sinks = [c for c in program.calls if _SINKS.match(m.dotted(c.func) or "")]
    for scope in {program.scope_node(c) for c in sinks}:
        here = [c for c in sinks if program.scope_node(c) is scope]
        splits = [c for c in here if (m.dotted(c.func) or "").endswith("train_test_split")]
        if splits:  # cross-validation on a training part is another matter
            here = [c for c in here if line_of(c) <= line_of(splits[0])]
        for sink in here:
            stained = _stained(m, scope, sink)
            fits: dict[ast.AST, str] = {}
            given = sink.args if sink in splits else [a for a in (argument(sink, 1, "X"),) if a is not None]
            for name in {n for a in given for n in names_in(a)}:
                fits |= stained.get(name, {})
            for arg in given:
                fits |= {
                    c: n
                    for c in ast.walk(arg)
                    if isinstance(c, ast.Call) and (n := _learner(m, c)) is not None
                }
            for fit, what in sorted(fits.items(), key=lambda one: line_of(one[0])):
                learns = LEARNS[what]
                low = what in ("CountVectorizer", "VarianceThreshold") or (
                    sink not in splits and "Scaler" in what
                )
                yield BEFORE.at(
                    program,
                    fit,
                    severity="low" if low else None,
                    names=(what,),
                    what=what,
                    says_en=learns[0],
                    says_zh=learns[1],
                )


def _cut(m: Meaning) -> Iterator[Finding]:
    """`train, test = a[:n], a[n:]` of an array that was fitted whole before."""
    program = m.program
    for node in program.nodes:
        match node:
            case ast.Assign(
                targets=[ast.Tuple(elts=[ast.Name(id=one), ast.Name(id=two)])],
                value=ast.Tuple(
                    elts=[
                        ast.Subscript(value=ast.Name(id=array)) as first,
                        ast.Subscript(value=ast.Name(id=same)) as second,
                    ]
                ),
            ) if array == same and "train" in one.lower() and is_test(ast.Name(id=two)) is not None:
                head, tail = _first_axis(first.slice), _first_axis(second.slice)
                if head is None or tail is None or head.lower is not None or tail.lower is None:
                    continue
                for fit, what in _stained(m, program.scope_node(node), node).get(array, {}).items():
                    learns = LEARNS[what]
                    yield BEFORE.at(
                        program, fit, names=(what,), what=what, says_en=learns[0], says_zh=learns[1]
                    )


def _first_axis(index: ast.expr) -> ast.Slice | None:
    if isinstance(index, ast.Tuple) and index.elts:
        index = index.elts[0]
    return index if isinstance(index, ast.Slice) else None


def _stained(m: Meaning, scope: ast.AST, until: ast.AST) -> dict[str, dict[ast.AST, str]]:
    """Names before a split whose values a fit on all rows has had part in."""
    program = m.program
    stained: dict[str, dict[ast.AST, str]] = {}
    fitted: dict[str, dict[ast.AST, str]] = {}
    for node in program.nodes:
        if line_of(node) >= line_of(until) or program.scope_node(node) is not scope:
            continue
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and (what := _learner(m, node.value)) is not None
        ):
            assert isinstance(node.value.func, ast.Attribute)
            for name in names_in(node.value.func.value):
                fitted[name] = {node.value: what}
        if not isinstance(node, ast.Assign):
            continue
        fits: dict[ast.AST, str] = {}
        for call in (c for c in ast.walk(node.value) if isinstance(c, ast.Call)):
            if (what := _learner(m, call)) is not None:
                fits[call] = what
            if method(call) == "transform" and isinstance(call.func, ast.Attribute):
                for name in names_in(call.func.value):
                    fits |= fitted.get(name, {})
        targets = [t for target in node.targets for t in _names(target)]
        if (
            fits and isinstance(node.value, ast.Call) and method(node.value) == "fit"
        ):  # scaler = StandardScaler().fit(X)
            for name in targets:
                fitted[name] = dict(fits)
            continue
        for name in names_in(node.value):
            fits |= stained.get(name, {})
        if _only_reads(node.value):
            fits = {}
        whole = all(isinstance(t, ast.Name | ast.Tuple) for t in node.targets)
        for name in targets:
            stained[name] = dict(fits) if whole else {**stained.get(name, {}), **fits}
    return stained


def _names(target: ast.AST) -> list[str]:
    if isinstance(target, ast.Subscript | ast.Attribute):
        return _names(target.value)
    if isinstance(target, ast.Tuple | ast.List):
        return [name for one in target.elts for name in _names(one)]
    return [target.id] if isinstance(target, ast.Name) else []


def _only_reads(value: ast.AST) -> bool:
    """`len(x)`, `x.shape[0]`: nothing of the values goes on."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in ("len", "print", "range", "type")
    return any(isinstance(n, ast.Attribute) and n.attr == "shape" for n in ast.walk(value)) and isinstance(
        value, ast.Subscript | ast.Attribute
    )


def _on_test(m: Meaning) -> Iterator[Finding]:
    """`fit_transform(X_test)` where the training data are fitted as well."""
    calls = [(c, what) for c in m.program.calls if (what := _learner(m, c)) is not None and c.args]
    trained = [c for c, _ in calls if "train" in ast.unparse(c.args[0]).lower()]
    for call, _ in calls:
        data = is_test(call.args[0])
        if data is not None and "train" not in ast.unparse(call.args[0]).lower() and trained:
            shown = f"{ast.unparse(call.func)}(…)"
            yield ON_TEST.at(m.program, call, names=(data,), data=data, call=shown)


def _target(m: Meaning) -> Iterator[Finding]:
    """Features and target of one table, where the list of features has the target in it, or a drop leaves it in."""
    program = m.program
    pairs: list[tuple[ast.expr, ast.expr]] = []
    for call in program.calls:
        if (
            (m.dotted(call.func) or "").endswith("model_selection.train_test_split")
            and len(call.args) >= 2
            or method(call) == "fit"
            and len(call.args) >= 2
        ):
            pairs.append((call.args[0], call.args[1]))
    seen: set[str] = set()
    for x, y in pairs:
        features, column = _value(m, x), _value(m, y)
        if (
            features is None
            or not isinstance(column, ast.Subscript)
            or not isinstance(column.value, ast.Name)
        ):
            continue
        target = constant(column.slice)
        if isinstance(column.slice, ast.Name):
            named = m.definition(column.slice)
            target = constant(named.value) if named is not None else ...
        shown = ast.unparse(x)
        if not isinstance(target, str) or shown in seen:
            continue
        if _holds(m, features, column.value.id, target):
            seen.add(shown)
            node = m.program.statement(features) if isinstance(x, ast.Name) else x
            yield TARGET.at(
                program,
                node,
                names=(target,),
                target=target,
                features=shown if isinstance(x, ast.Name) else "X",
            )


def _value(m: Meaning, node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Name):
        found = m.definition(node)
        node_or_none = found.value if found is not None and found.how == "assign" else None
        if node_or_none is None or found is None or _altered(m, node.id, found.node):
            return None
        node = node_or_none
    while isinstance(node, ast.Attribute) and node.attr == "values":
        node = node.value
    if (
        isinstance(node, ast.Call)
        and method(node) in ("to_numpy", "copy", "astype")
        and isinstance(node.func, ast.Attribute)
    ):
        node = node.func.value
    return node


def _altered(m: Meaning, name: str, made: ast.AST) -> bool:
    """Whether a table loses columns in place after it is made."""
    for node in m.program.nodes:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ) and (
            node.func.value.id == name and node.func.attr in ("pop", "drop") and line_of(node) > line_of(made)
        ):
            return True
        if isinstance(node, ast.Delete) and name in names_in(node):
            return True
    return False


def _holds(m: Meaning, features: ast.expr, table: str, target: str) -> bool:
    if (
        isinstance(features, ast.Subscript)
        and isinstance(features.value, ast.Name)
        and features.value.id == table
    ):
        columns: ast.expr | None = features.slice
        if isinstance(columns, ast.Name):
            named = m.definition(columns)
            columns = named.value if named is not None and named.how == "assign" else None
        return isinstance(columns, ast.List) and any(constant(e) == target for e in columns.elts)
    if (
        isinstance(features, ast.Call)
        and method(features) == "drop"
        and isinstance(features.func, ast.Attribute)
    ):
        if not isinstance(features.func.value, ast.Name) or features.func.value.id != table:
            return False
        dropped = keyword(features, "columns")
        if dropped is None and (constant(argument(features, 1, "axis")) in (1, "columns")):
            dropped = argument(features, 0, "labels")
        if isinstance(dropped, ast.Constant):
            return isinstance(dropped.value, str) and dropped.value != target
        if isinstance(dropped, ast.List) and dropped.elts:
            names = [constant(e) for e in dropped.elts]
            return all(isinstance(n, str) for n in names) and target not in names
    return False


def _shuffled(m: Meaning) -> Iterator[Finding]:
    """`train_test_split` of rows with features that look back in time, without `shuffle=False`."""
    program = m.program
    if not re.search(r"\.(shift|rolling|diff)\(", program.text) and not any(
        _window(n) for n in program.nodes
    ):
        return
    timed = re.search(
        r"parse_dates|to_datetime|DatetimeIndex|date_range|\.resample\(|sort_index\(", program.text
    )
    if not timed:
        return
    for call in program.calls:
        full = m.dotted(call.func) or ""
        split = full.endswith("model_selection.train_test_split") and not is_false(keyword(call, "shuffle"))
        fold = full.endswith(("model_selection.KFold", "model_selection.ShuffleSplit")) and (
            is_true(keyword(call, "shuffle")) or full.endswith("ShuffleSplit")
        )
        if fold or (split and keyword(call, "shuffle") is None and _looks_back(m, call)):
            yield SHUFFLED.at(program, call)


def _window(node: ast.AST) -> bool:
    """`a[i : i + n]` or `a[i - n : i]`: the values beside one another of which a row of a series is made."""
    match node:
        case ast.Subscript(slice=ast.Slice(lower=ast.Name(id=one), upper=ast.BinOp(left=ast.Name(id=other)))):
            return one == other
        case ast.Subscript(slice=ast.Slice(lower=ast.BinOp(left=ast.Name(id=one)), upper=ast.Name(id=other))):
            return one == other
    return False


def _looks_back(m: Meaning, split: ast.Call) -> bool:
    """Whether the rows of a split come from a table that has a shifted or rolling column."""
    program = m.program
    backed = {name for name, f in program.functions.items() if any(_window(n) for n in ast.walk(f))}
    for node in program.nodes:
        if isinstance(node, ast.Assign) and line_of(node) < line_of(split):
            back = any(
                (isinstance(c, ast.Call) and method(c) in ("shift", "rolling", "diff")) or _window(c)
                for c in ast.walk(node.value)
            )
            if back or names_in(node.value) & backed:
                backed |= {name for target in node.targets for name in _names(target)}
    return any(names_in(a) & backed for a in split.args)
