"""What to do with a table: `Cleaning`, a rule for all columns and others for columns by name.

The steps run in this order, whichever are asked for: types, duplicates, outliers, missing, scale, encode. Each learns
from what the steps before it left: bounds from distinct rows, fills from values whose outliers were treated, means
from filled columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator

from jinjie.base.config import Config, Wrong, build, option, parse_changes
from jinjie.base.errors import InvalidInput, Problem

if TYPE_CHECKING:
    import polars as pl

    from jinjie.data.cleaning.fitted import Fitted

Kind = Literal["auto", "number", "whole", "truth", "date", "text"]
Duplicates = Literal["keep", "drop"]
Outliers = Literal["keep", "clip", "drop", "blank"]
Scale = Literal["keep", "standard", "minmax"]
Encode = Literal["keep", "onehot", "ordinal"]
Encoding = Literal["auto", "utf-8", "utf-16", "gb18030", "big5", "shift-jis", "latin-1"]
Delimiter = Literal["auto", ",", ";", "\t", "|"]

MISSING_WORDS = (
    *("", "NA", "N/A", "n/a", "#N/A", "<NA>", "null", "NULL", "Null", "nan", "NaN", "NAN", "None", "none"),
    *("?", "-", "--", "缺失", "无", "空", "未知"),
)
"""What stands for nothing in a cell, unless a plan says otherwise. Compared exactly, without spaces around."""

_FILLS = ("keep", "drop", "mean", "median", "mode", "predict")
_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "\\t": "\t"}


def _missing(rule: str | None) -> str | None:
    if rule is not None and rule not in _FILLS and not rule.startswith("constant:"):
        raise Wrong("clean.unknown_missing", came=rule)
    return rule


def _words(value: Any) -> Any:
    """`a,b` from a command line as well as a list."""
    return value.split(",") if isinstance(value, str) else value


Missing = Annotated[str, AfterValidator(_missing)]
"""keep, drop (the row), mean, median, mode, predict (from the other columns), or constant:VALUE."""
Names = Annotated[tuple[str, ...], BeforeValidator(_words)]


class Column(Config):
    """What one column has of its own; None is what the plan says for all."""

    missing: Annotated[str | None, AfterValidator(_missing)] = option(
        None, "what to do where this column is empty", "这一列为空时怎么办"
    )
    outliers: Outliers | None = option(None, "what to do with this column's outliers", "这一列的离群值怎么办")
    types: Kind | None = option(None, "what this column holds", "这一列是什么类型")
    scale: Scale | None = option(None, "how to scale this column", "这一列怎样缩放")
    encode: Encode | None = option(
        None, "how to write this column's categories as numbers", "这一列的类别怎样变成数字"
    )


class Cleaning(Config):
    """How a table is cleaned. Making one reads nothing from the disk.

    `target` names what is to be predicted: it is never filled, clipped, scaled or encoded unless its own column says
    so; where other columns are filled, rows without it are dropped, and no other column is predicted from it.
    """

    missing: Missing = option(
        "keep",
        "missing values: keep, drop, mean, median, mode, predict, constant:VALUE",
        "缺失值：keep（保留）、drop（删行）、mean、median、mode、predict（用其他列预测）、constant:值",
    )
    duplicates: Duplicates = option(
        "drop",
        "rows that repeat an earlier one: drop, keep",
        "与前面相同的行：drop（删除）、keep（保留）",
    )
    same: Names = option(
        (),
        "the columns by which rows are compared; all when empty",
        "按哪些列判断两行相同；留空为全部列",
    )
    outliers: Outliers = option(
        "keep",
        "numbers far from the rest: keep, clip (to the bound), drop (the row), blank (then filled)",
        "离群的数：keep（保留）、clip（截到界限）、drop（删行）、blank（置空后再填）",
    )
    outliers_by: Literal["quartiles", "zscore"] = option(
        "quartiles",
        "what is far: beyond `iqr` quartile ranges, or `z` standard deviations",
        "怎样算离群：超出 iqr 倍四分位距，或 z 倍标准差",
    )
    iqr: float = option(
        1.5, "quartile ranges below the first and above the third", "低于下四分位、高于上四分位的倍数", gt=0
    )
    z: float = option(3.0, "standard deviations from the mean", "偏离均值的标准差倍数", gt=0)
    scale: Scale = option(
        "keep",
        "numbers: keep, standard (mean 0, deviation 1), minmax (0 to 1)",
        "数字：keep（不变）、standard（均值 0、标准差 1）、minmax（0 到 1）",
    )
    encode: Encode = option(
        "keep",
        "categories: keep, onehot (a column each), ordinal (0, 1, 2 … in sorted order)",
        "类别：keep（不变）、onehot（每类一列）、ordinal（排序后编号 0、1、2……）",
    )
    categories: int = option(
        50, "more categories than this are no categories", "类别多于此数就不算类别", ge=2, le=10_000
    )
    types: Kind = option(
        "auto",
        "what columns hold: auto (recognised), number, whole, truth, date, text",
        "各列的类型：auto（自动识别）、number（数）、whole（整数）、truth（真假）、date（日期）、text（文字）",
    )
    target: str | None = option(
        None, "the column that is to be predicted: left as it is", "要预测的列：保持原样"
    )
    missing_words: Names = option(MISSING_WORDS, "cells that mean nothing is there", "表示“没有”的写法")
    encoding: Encoding = option("auto", "how characters are written in the file", "文件的字符编码")
    delimiter: Annotated[Delimiter, BeforeValidator(lambda d: _DELIMITERS.get(d, d))] = option(
        "auto",
        'what separates cells: auto, ",", ";", tab, "|"',
        "单元格之间的分隔符：auto、逗号、分号、tab、竖线",
    )
    quotes: bool = option(
        True,
        "whether double quotes enclose cells; false takes them as they stand",
        "双引号是否用来括住单元格；false 则当普通字符",
    )
    sample: int = option(
        20_000,
        "rows that `predict` learns from, and that pictures are drawn from",
        "predict 学习和绘图所取的行数",
        ge=100,
        le=1_000_000,
    )
    columns: dict[str, Column] = option(
        {}, "columns with rules of their own, by name", "单独规定的列，按列名"
    )

    def rule(self, name: str, what: str) -> Any:
        """What column `name` does about `what` (missing, outliers, types, scale, encode)."""
        own = self.columns.get(name)
        chosen = getattr(own, what) if own is not None else None
        if chosen is not None:
            return chosen
        general = getattr(self, what)
        if name != self.target or what == "types":
            return general
        return "keep" if what != "missing" or general == "keep" else "drop"

    def fit(self, frame: pl.DataFrame | pl.LazyFrame) -> Fitted:
        """Everything that this plan learns from a table (N rows): types, bounds, fills, means, categories.

        Text columns are recognised as a CSV's would be; typed ones are taken as they are. Raises InvalidInput naming
        every column that the plan names and the table lacks, or that a rule does not suit.
        """
        from jinjie.data.cleaning.fit import fit

        return fit(self, frame)


PER_COLUMN: tuple[str, ...] = tuple(Column.model_fields)


def parse(words: Iterable[str]) -> Cleaning:
    """A plan from `missing=median missing.age=mean types.zip=text target=…`; all problems at once.

    What stands behind the first dot is a column's name, which may hold dots itself.
    """
    plain: list[str] = []
    columns: dict[str, dict[str, Any]] = {}
    for word in words:
        path, equals, value = word.partition("=")
        what, dot, name = path.partition(".")
        if equals and dot and what in PER_COLUMN and name:
            columns.setdefault(name, {})[what] = value
        else:
            plain.append(word)
    changes: dict[str, Any] = {}
    problems: list[Problem] = []
    for word in plain:
        try:
            changes |= _plain(word)
        except InvalidInput as error:
            problems += error.problems
    given = changes.get("columns")
    if isinstance(given, dict):
        for name, rules in given.items():
            columns[name] = {**rules, **columns.get(name, {})} if isinstance(rules, dict) else rules
    if columns:
        changes["columns"] = columns
    try:
        made = build(Cleaning, changes)
    except InvalidInput as error:
        raise InvalidInput([*problems, *error.problems]) from None
    if problems:
        raise InvalidInput(problems)
    return made


def _plain(word: str) -> dict[str, Any]:
    """One `KEY=VALUE`. A value is JSON only where the field is no text, so that `target=1` names a column."""
    name, _, value = word.partition("=")
    field = Cleaning.model_fields.get(name)
    if name == "missing_words" and not value.startswith("["):
        return {
            name: ["", *value.split(",")]
        }  # an empty cell cannot be written down here, and is always missing
    if field is not None and (field.annotation is str or str in get_args(field.annotation)):
        return {name: value}
    return parse_changes([word])


def unknown_columns(cleaning: Cleaning, names: Iterable[str]) -> list[Problem]:
    """A problem for every column that the plan names and a table with columns `names` lacks."""
    from jinjie.base.errors import did_you_mean

    known = list(names)
    asked = [(name, f"columns.{name}") for name in cleaning.columns]
    asked += [(name, "same") for name in cleaning.same]
    asked += [(cleaning.target, "target")] if cleaning.target is not None else []
    return [
        Problem(where, "clean.no_such_column", came=name, suggestion=did_you_mean(name, known))
        for name, where in asked
        if name not in known
    ]


def check_columns(cleaning: Cleaning, names: Iterable[str]) -> None:
    """Raise InvalidInput with everything that `unknown_columns` finds, and for names that polars takes for patterns."""
    names = list(names)
    odd = [name for name in names if name == "*" or (name.startswith("^") and name.endswith("$"))]
    found = [Problem(name, "clean.odd_name", name=name) for name in odd]
    if found := found + unknown_columns(cleaning, names):
        raise InvalidInput(found)


def dump(cleaning: Cleaning) -> str:
    """The plan as one line of JSON, defaults left out."""
    return json.dumps(cleaning.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
