"""Tables whose rows belong to classes: read, split, cleaned if asked, turned into numbers, balanced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator

from jinjie.base.config import Wrong, option
from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data import table
from jinjie.data.balance import Balance, balanced
from jinjie.data.batching import Examples, split_evenly
from jinjie.data.cleaning import types
from jinjie.data.cleaning.plan import Cleaning, parse
from jinjie.data.cleaning.source import open_source
from jinjie.data.dataset import SPLITS, About, Arrays, DataConfig, Report, Split
from jinjie.data.features import LARGEST, FeaturesProcessor, Known, apply, columns_of, encode, learn
from jinjie.data.fetch import tell
from jinjie.data.reading import OptionalPath, at_most, existing_file

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from jinjie.data.cleaning.fitted import Fitted
else:
    np = lazy("numpy")
    pl = lazy("polars")

FEWEST = 3
"""Rows that a class must have: one for each split."""
CLASSES = 100
"""More different values than this are numbers or names, and no classes."""


def _plan(value: Any) -> Any:
    """A plan for cleaning as it is typed behind `jinjie clean`: `missing=median outliers=clip`."""
    if not isinstance(value, str):
        return value
    try:
        return parse(value.split()) if value.strip() else None
    except InvalidInput as error:
        raise Wrong("labelled.wrong_plan", problems="; ".join(map(str, error.problems))) from error


def _names(value: Any) -> Any:
    """`Age, Home` as it is typed, as well as a list: a name that holds a comma needs one."""
    if not isinstance(value, str):
        return value
    return [name.strip() for name in value.replace("，", ",").split(",") if name.strip()]


class LabelledConfig(DataConfig):
    """The base of every table with classes: x (B, inputs) float32, and the class y (B,) int64."""

    tasks: ClassVar[tuple[str, ...]] = ("classify",)
    path: OptionalPath = option(
        None,
        "a CSV file of your own, with a header line, instead of the built-in table",
        "用自己的 CSV 文件（首行为列名）代替自带的表格",
    )
    target: str | None = option(
        None,
        "the column that holds the class; the last one of your own file when empty",
        "类别所在的列；留空时，自己的文件取最后一列",
    )
    leave_out: Annotated[tuple[str, ...], BeforeValidator(_names)] = option(
        (), "columns that the model must not see, with commas between them", "不给模型看的列，用逗号分隔"
    )
    clean: Annotated[Cleaning | None, BeforeValidator(_plan)] = option(
        None,
        "how to clean first, as behind `jinjie clean`: missing=median outliers=clip; learnt from the training rows",
        "先怎样清洗，写法同 jinjie clean：missing=median outliers=clip；只从训练行学习",
    )
    balance: Balance = option(
        "none",
        "classes of unequal size: weights (weigh the rare ones more), over (draw them more often), "
        "under (draw the common ones less), none",
        "类别多少悬殊时：weights（稀少的加权）、over（稀少的多抽）、under（常见的少抽）、none（不处理）",
    )

    @property
    def as_it_comes(self) -> bool:
        """Whether the built-in table is used with all its columns and rows, so that its sizes are known."""
        return self.path is None and self.target is None and not self.leave_out and self.clean is None

    def about(self) -> About:
        own = self.built_in()
        if self.path is not None:
            own = own.model_copy(
                update={
                    "title": table.about_file(self.path).title,
                    "source": self.path,
                    "licence": "yours",
                    "download_bytes": 0,
                    "cached": True,
                }
            )
        return own if self.as_it_comes else own.model_copy(update={"counts": {}, "facts": {}})

    def held(self, facts: Mapping[str, int], counts: Mapping[str, int]) -> int:
        """Polars, more than the table."""
        return 65_000_000 + 4 * sum(counts.values()) * facts.get("inputs", 0)

    def load(self, report: Report | None = None) -> Examples:
        """Raises InvalidInput naming every problem of the table and of what is asked of it, DownloadFailed."""
        if self.path is None:
            made = self.read(report)
        else:
            made = read_csv(self.path, self.target, self.clean, report)
        return examples(self, made, report)

    def open_processor(self, folder: Path) -> FeaturesProcessor:
        return FeaturesProcessor.load(folder)

    def built_in(self) -> About:
        """What is known of the built-in table."""
        raise TypeError(f"{type(self).__module__} lacks built_in()")

    def read(self, report: Report | None) -> Table:
        """The built-in table."""
        raise TypeError(f"{type(self).__module__} lacks read()")


@dataclass(frozen=True)
class Table:
    """A table in memory (N rows), its columns typed; `kinds` says how each was written."""

    frame: pl.DataFrame
    kinds: dict[str, str]
    target: str

    @classmethod
    def of(cls, frame: pl.DataFrame, target: str) -> Table:
        """A table whose columns are typed already."""
        return cls(frame, {name: types.of_dtype(dtype) for name, dtype in frame.schema.items()}, target)


def read_csv(path: str, target: str | None, plan: Cleaning | None, report: Report | None) -> Table:
    """A user's CSV, its columns recognised as `jinjie clean` does; the target stays text.

    Raises InvalidInput naming file, line and remedy of whatever is malformed, and a target that is no column.
    """
    plan = plan or Cleaning()
    source = open_source(existing_file(path), plan)
    names = list(source.names)
    if len(names) < 2:
        raise InvalidInput([Problem(path, "data.one_column", name=names[0])])
    goal = names[-1] if target is None else target
    if goal not in names:
        raise InvalidInput([_no_such_column("data.target", goal, names)])
    blocks = []
    for block in source.blocks():
        blocks.append(block.frame)
        tell(report, say("labelled.reading", path=path), block.done, source.size)
    text = pl.concat(blocks) if blocks else pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    text = types.without(text, names, plan.missing_words)
    asked = {name: plan.rule(name, "types") for name in names}
    kinds = types.recognise(
        text,
        {name: "empty" for name in names if asked[name] == "auto" and name != goal},
        comma=source.delimiter == ";",
    )
    kinds = {name: kinds.get(name) or types.stated(asked[name]) for name in names}
    kinds[goal] = "text"
    # yes and no stay words: that is how they are typed when the model is asked
    truths = [name for name, kind in kinds.items() if types.family(kind) == "truth" and asked[name] == "auto"]
    kinds |= dict.fromkeys(truths, "text")
    text = text.with_columns([pl.col(name).str.to_lowercase() for name in truths])
    frame = types.typed(text, kinds)
    large = [n for n in names if types.is_numeric(kinds[n]) and _large(frame[n]).any()]
    if large:
        raise _too_large(path, source.blocks(), frame, large)
    empty = [name for name, kind in kinds.items() if kind == "empty"]
    return Table(frame.drop(empty), {n: kind for n, kind in kinds.items() if n not in empty}, goal)


def _large(column: pl.Series) -> pl.Series:
    return (column.abs() > LARGEST).fill_null(False)


def _too_large(path: str, blocks: Any, frame: pl.DataFrame, names: list[str]) -> InvalidInput:
    """Every number that is too large, by its line."""
    found, first = [], 0
    for block in blocks:
        part = frame[first : first + len(block.frame)]
        for name in names:
            rows = _large(part[name]).arg_true().to_numpy()
            for row, line in zip(rows, block.lines(rows), strict=True):
                came = block.frame[name][int(row)]
                found.append(Problem(f"{path}:{line}", "data.not_a_number", name=name, came=came))
        first += len(block.frame)
    return at_most(found, path)


def examples(config: LabelledConfig, made: Table, report: Report | None = None) -> Examples:
    """A table as examples: 70 % of each class to learn from, 10 % to watch, 20 % to test.

    Everything that is learned of the columns (cleaning, medians, means, words) is learned from the training rows.
    Rows without a class are left out. Raises InvalidInput naming every problem of the columns and the classes.
    """
    target = config.target or made.target
    frame = _chosen(config, made, target)
    known = frame.filter(pl.col(target).is_not_null())
    if len(frame) and not len(known):
        raise InvalidInput([Problem("data.target", "labelled.target_empty", target=target, count=len(frame))])
    if len(known) < len(frame):
        tell(report, say("labelled.no_class", count=len(frame) - len(known), target=target), 0, None)
    plan = config.clean
    if plan is not None and plan.duplicates == "drop":
        # over the whole table, so that no row stands in two splits; nothing is learned by it
        known = known.unique(subset=list(plan.same) or None, keep="first", maintain_order=True)
    labels, y = _classes(known[target].cast(pl.String), config.path or config.kind)
    rows = split_evenly(y, table.shares(len(y)), seed=0)
    inputs = known.drop(target)
    fitted = None
    parts = {split: (inputs[rows[split]], y[rows[split]]) for split in SPLITS}
    columns = columns_of(parts["train"][0], made.kinds)
    if plan is not None:
        fitted = _fitted(plan, parts["train"][0], target)
        parts = {split: _cleaned(fitted, *part) for split, part in parts.items()}
        emptied = [split for split, (_, classes) in parts.items() if not len(classes)]
        if emptied:
            raise InvalidInput([Problem("data.clean", "labelled.nothing_left", split=", ".join(emptied))])
    features = learn(parts["train"][0])
    if not features:
        raise InvalidInput([Problem("data.leave_out", "labelled.no_inputs", target=target)])
    splits: dict[Split, Arrays] = {
        split: {"x": encode(features, part), "y": classes} for split, (part, classes) in parts.items()
    }
    facts = {"inputs": splits["train"]["x"].shape[1], "outputs": len(labels)}
    counts = {str(split): len(arrays["y"]) for split, arrays in splits.items()}
    about = config.about().model_copy(update={"cached": True, "facts": facts, "counts": counts})
    processor = FeaturesProcessor(
        Known(labels=tuple(labels), target=target, columns=columns, features=features, fitted=fitted)
    )
    data = balanced(splits, about, processor, facts, config.balance)
    data.about = about.model_copy(update={"facts": dict(data.facts)})
    return data


def _chosen(config: LabelledConfig, made: Table, target: str) -> pl.DataFrame:
    """The table without the columns that are left out. Raises InvalidInput naming every column that is not there."""
    names = made.frame.columns
    problems = [] if target in names else [_no_such_column("data.target", target, names)]
    others = [name for name in names if name != target]
    for name in config.leave_out:
        if name not in others:
            problems.append(_no_such_column("data.leave_out", name, others))
    plan = config.clean
    if plan is not None and (plan.target not in (None, target) or target in plan.columns):
        problems.append(Problem("data.clean", "labelled.target_cleaned", target=target))
    if problems:
        raise InvalidInput(problems)
    return made.frame.drop(config.leave_out)


def _no_such_column(where: str, came: str, names: list[str]) -> Problem:
    return Problem(where, "labelled.no_such_column", came=came, suggestion=did_you_mean(came, names))


def _classes(column: pl.Series, where: str) -> tuple[list[str], np.ndarray[Any, Any]]:
    """The classes by name, and each row's (N,) int64: in order, but of two the rarer last: it is the positive one."""
    counts = Counter(column.to_list())
    labels = sorted(counts, key=label_order)
    if len(labels) == 2:
        labels.sort(key=lambda label: -counts[label])
    problems = []
    if len(column) < table.FEWEST:
        problems.append(Problem(where, "data.too_few_rows", came=len(column), fewest=table.FEWEST))
    elif len(labels) == 1:
        problems.append(Problem(where, "labelled.one_class", target=column.name, label=labels[0]))
    elif len(labels) > min(CLASSES, len(column) // FEWEST):
        problems.append(Problem(where, "labelled.no_classes", target=column.name, count=len(labels)))
    else:
        few = [label for label in labels if counts[label] < FEWEST]
        problems += [
            Problem(where, "labelled.rare_class", label=label, count=counts[label], fewest=FEWEST)
            for label in few
        ]
    if problems:
        raise at_most(problems, where)
    place = {label: number for number, label in enumerate(labels)}
    return labels, np.array([place[label] for label in column.to_list()], np.int64)


def label_order(label: str) -> tuple[bool, float, str]:
    """Numbers by size, before words by letters."""
    try:
        return False, float(label), label
    except ValueError:
        return True, 0.0, label


def _fitted(plan: Cleaning, inputs: pl.DataFrame, target: str) -> Fitted:
    """The plan fitted on training rows, without their class. Repeated rows are gone by now, over all splits."""
    return plan.model_copy(update={"duplicates": "keep", "same": (), "target": None}).fit(inputs)


def _cleaned(
    fitted: Fitted, inputs: pl.DataFrame, y: np.ndarray[Any, Any]
) -> tuple[pl.DataFrame, np.ndarray[Any, Any]]:
    cleaned, kept = apply(fitted, inputs)
    return cleaned, y[kept]
