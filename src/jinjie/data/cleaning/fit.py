"""Learning what a plan needs from a table, a batch at a time: bounds, then fills, then scales and categories.

Means and deviations hold three numbers a column. Medians and quartiles keep one column of numbers (8 bytes a row) each,
on disk where they are many; modes and categories hold the distinct values, `predict` a sample of rows. Batches come in
order and are added up in order, so the same file gives the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.data.cleaning import predict, types
from jinjie.data.cleaning.fitted import Fitted, Learnt, indicator
from jinjie.data.cleaning.plan import Cleaning, check_columns
from jinjie.data.cleaning.spill import Numbers

if TYPE_CHECKING:
    import polars as pl
else:
    pl = lazy("polars")

Batches = Callable[[], Iterable["pl.DataFrame"]]
"""Gives the rows of a table from the beginning, as values, in order, repeated ones left out."""


def fit(cleaning: Cleaning, frame: pl.DataFrame | pl.LazyFrame) -> Fitted:
    """Everything that `cleaning` learns from a table in memory; see `Cleaning.fit`."""
    whole = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    check_columns(cleaning, whole.columns)
    text = [name for name in whole.columns if whole.schema[name] == pl.String]
    words = list(cleaning.missing_words)
    tidy = whole.with_columns(
        [
            pl.when(pl.col(n).str.strip_chars().is_in(words))
            .then(None)
            .otherwise(pl.col(n).str.strip_chars())
            .alias(n)
            for n in text
        ]
    )
    recognised = types.recognise(tidy, {n: "empty" for n in text if cleaning.rule(n, "types") == "auto"})
    kinds = {}
    for name, dtype in whole.schema.items():
        if dtype != pl.String:
            kinds[name] = types.of_dtype(dtype)
        else:
            kinds[name] = recognised.get(name) or types.stated(cleaning.rule(name, "types"))
    bare = Fitted(cleaning=cleaning, columns=_columns(kinds), rows=0)
    values = bare.typed(whole.lazy())
    if cleaning.duplicates == "drop":
        values = values.unique(subset=list(cleaning.same) or None, keep="first", maintain_order=True)
    table = values.collect()
    return learn(cleaning, kinds, lambda: [table], len(table))


def learn(
    cleaning: Cleaning,
    kinds: Mapping[str, str],
    batches: Batches,
    rows: int,
    folder: Path | None = None,
) -> Fitted:
    """Everything that `cleaning` learns from batches of values whose types are `kinds`.

    Goes through them once for bounds, once for fills and once for scales and categories, where the plan asks for any.
    What memory should not hold goes to a nameless file in `folder` (the system's own where None).
    Raises InvalidInput naming every rule that does not suit its column.
    """
    check_rules(cleaning, kinds)
    learnt: dict[str, dict[str, Any]] = {name: {"name": name, "kind": kind} for name, kind in kinds.items()}

    def so_far() -> Fitted:
        return Fitted(cleaning=cleaning, columns=tuple(Learnt(**c) for c in learnt.values()), rows=rows)

    bounded = [n for n, k in kinds.items() if types.is_numeric(k) and cleaning.rule(n, "outliers") != "keep"]
    if bounded:
        for name, (low, high) in _bounds(cleaning, bounded, batches, folder).items():
            learnt[name] |= {"low": low, "high": high}
    rules = {name: fill_rule(cleaning, name, kind) for name, kind in kinds.items()}
    filled = {name: rule for name, rule in rules.items() if rule not in ("keep", "drop")}
    if filled:
        for name, found in _fills(cleaning, filled, dict(kinds), so_far(), batches, folder).items():
            learnt[name] |= found
    scaled = [n for n, k in kinds.items() if types.is_numeric(k) and cleaning.rule(n, "scale") != "keep"]
    encoded = [name for name, kind in kinds.items() if is_encoded(cleaning, name, kind)]
    both = set(encoded)
    scaled = [name for name in scaled if name not in both]
    if scaled or encoded:
        for name, found in _scales(cleaning, scaled, encoded, so_far(), batches).items():
            learnt[name] |= found
    return so_far()


def fill_rule(cleaning: Cleaning, name: str, kind: str) -> str:
    """What fills a column: where there is no mean or median to speak of, the commonest value."""
    rule: str = cleaning.rule(name, "missing")
    return "mode" if rule in ("mean", "median") and not types.is_numeric(kind) else rule


def is_encoded(cleaning: Cleaning, name: str, kind: str) -> bool:
    """Whether a column becomes categories: text and truth values by a rule for all, any by a rule of its own."""
    if cleaning.rule(name, "encode") == "keep":
        return False
    own = cleaning.columns.get(name)
    return types.family(kind) in ("text", "truth") or (own is not None and own.encode is not None)


def check_rules(cleaning: Cleaning, kinds: Mapping[str, str]) -> None:
    """Raise InvalidInput naming every column of the plan that is missing, and every rule that does not suit its own."""
    check_columns(cleaning, kinds)
    found = []
    for name, kind in kinds.items():
        own = cleaning.columns.get(name)
        numeric = types.is_numeric(kind)
        asked = {} if own is None else {"missing": own.missing, "outliers": own.outliers, "scale": own.scale}
        for what, rule in asked.items():
            needs = rule in ("mean", "median") if what == "missing" else rule not in (None, "keep")
            if needs and not numeric and kind != "empty":
                found.append(
                    Problem(f"{what}.{name}", "clean.needs_numbers", rule=rule, kind=types.family(kind))
                )
        rule = cleaning.rule(name, "missing")
        if rule.startswith("constant:") and types.from_text(rule.partition(":")[2], kind) is None:
            value = rule.partition(":")[2]
            found.append(
                Problem(f"missing.{name}", "clean.constant_unfit", value=value, kind=types.family(kind))
            )
        if is_encoded(cleaning, name, kind) and kind.startswith("number"):
            found.append(Problem(f"encode.{name}", "clean.no_category"))
    if len(kinds) > predict.WIDEST and any(cleaning.rule(n, "missing") == "predict" for n in kinds):
        found.append(Problem("missing", "clean.too_wide_to_predict", columns=len(kinds), most=predict.WIDEST))
    if found:
        raise InvalidInput(found)


@dataclass
class Moments:
    """Count, mean and sum of squared deviations of numbers that come in batches (Chan, Golub and LeVeque 1983)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    def merge(self, count: int, mean: float, squares: float) -> None:
        """The same of `count` numbers whose mean and sum of squared deviations are known."""
        if not count:
            return
        together = self.count + count
        apart = mean - self.mean
        self.squares += squares + apart * apart * self.count * count / together
        self.mean += apart * count / together
        self.count = together

    def deviation(self, freedom: int = 0) -> float:
        """The standard deviation, divided by N - `freedom`."""
        return math.sqrt(self.squares / (self.count - freedom)) if self.count > freedom else 0.0


def add_all(moments: Mapping[str, Moments], batch: pl.DataFrame) -> None:
    """The next numbers of every column of `moments`; missing ones are passed over."""
    if not moments:
        return
    numbers = batch.select([pl.col(name).cast(pl.Float64) for name in moments])
    x = pl.all()
    asked = (x.count(), x.mean(), ((x - x.mean()) ** 2).sum(), x.min(), x.max())
    found = [numbers.select(one).row(0) for one in asked]
    for m, count, mean, squares, low, high in zip(moments.values(), *found, strict=True):
        if count:
            m.merge(count, mean, squares)
            m.low, m.high = min(m.low, low), max(m.high, high)


def _columns(kinds: Mapping[str, str]) -> tuple[Learnt, ...]:
    return tuple(Learnt(name=name, kind=kind) for name, kind in kinds.items())


def _bounds(
    cleaning: Cleaning, names: list[str], batches: Batches, folder: Path | None
) -> dict[str, tuple[float, float]]:
    numbers = [pl.col(name).cast(pl.Float64) for name in names]
    if cleaning.outliers_by == "zscore":
        moments = {name: Moments() for name in names}
        for batch in batches():
            add_all(moments, batch)
        far = {name: cleaning.z * m.deviation() for name, m in moments.items()}
        return {n: (m.mean - far[n], m.mean + far[n]) for n, m in moments.items() if m.count}
    kept = Numbers(folder)
    for batch in batches():
        kept.add(batch.select(numbers))
    return quartile_bounds(kept, cleaning.iqr)


def quartile_bounds(numbers: Numbers, reach: float) -> dict[str, tuple[float, float]]:
    """(Q1 - reach · IQR, Q3 + reach · IQR) of every column that has numbers (Tukey 1977).

    Quartiles are interpolated linearly.
    """
    return {
        name: (low - reach * (high - low), high + reach * (high - low))
        for name, (low, high) in numbers.quantiles(0.25, 0.75).items()
        if low is not None and high is not None
    }


def _fills(
    cleaning: Cleaning,
    rules: Mapping[str, str],
    kinds: dict[str, str],
    fitted: Fitted,
    batches: Batches,
    folder: Path | None,
) -> dict[str, dict[str, Any]]:
    moments = {name: Moments() for name, rule in rules.items() if rule == "mean"}
    middles: list[pl.Expr] = []
    numbers = Numbers(folder)
    counts: dict[str, list[pl.DataFrame]] = {}
    for name, rule in rules.items():
        if rule == "median" or (rule == "predict" and types.is_numeric(kinds[name])):
            middles.append(pl.col(name).cast(pl.Float64))
        elif rule in ("mode", "predict"):
            counts[name] = []
    sampled: list[pl.DataFrame] = []
    predicts = "predict" in rules.values()
    stride = max(1, -(-fitted.rows // cleaning.sample))
    offset = 0
    asked = moments or middles or counts or predicts
    for batch in _after_drops(fitted, batches) if asked else ():
        add_all(moments, batch)
        if middles:
            numbers.add(batch.select(middles))
        for column in batch.select(list(counts)).get_columns():
            tallies = counts[column.name]
            tallies.append(column.alias("value").value_counts(name="count"))
            if len(tallies) > 8:
                tallies[:] = [_merged(tallies)]
        if predicts and len(batch):
            sampled.append(batch.gather_every(stride, offset))
            offset = (offset - len(batch)) % stride
    found: dict[str, dict[str, Any]] = {}
    medians = {name: middle for name, (middle,) in numbers.quantiles(0.5).items()}
    for name, rule in rules.items():
        fill: Any = None
        if name in moments:
            fill = moments[name].mean if moments[name].count else None
        elif name in medians:
            fill = medians[name]
        elif name in counts:
            fill = _mode(counts[name])
        else:
            fill = types.from_text(rule.partition(":")[2], kinds[name])
        if isinstance(fill, float) and fill == int(fill) and types.family(kinds[name]) == "whole":
            fill = int(fill)
        found[name] = {"fill": types.as_json(fill)}
        if rule == "predict" and fill is not None:
            found[name]["model"] = predict.learn(pl.concat(sampled), name, kinds, cleaning.target)
    return found


def _scales(
    cleaning: Cleaning, scaled: list[str], encoded: list[str], fitted: Fitted, batches: Batches
) -> dict[str, dict[str, Any]]:
    moments = {name: Moments() for name in scaled}
    values: dict[str, set[Any]] = {name: set() for name in encoded}
    for batch in _after_drops(fitted, batches):
        whole = batch.with_columns(fitted.fills())
        add_all(moments, whole)
        for column in whole.select(encoded).get_columns():
            if len(values[column.name]) <= cleaning.categories:
                values[column.name] |= set(column.unique().to_list()) - {None}
    many = [
        Problem(f"encode.{name}", "clean.too_many_categories", most=cleaning.categories, column=name)
        for name, seen in values.items()
        if len(seen) > cleaning.categories
    ]
    names = {column.name for column in fitted.columns}
    taken = [
        Problem(f"encode.{name}", "clean.name_taken", name=indicator(name, value))
        for name, seen in values.items()
        for value in seen
        if indicator(name, value) in names
    ]
    if many or taken:
        raise InvalidInput(many + taken)
    found: dict[str, dict[str, Any]] = {
        name: {"categories": tuple(types.as_json(value) for value in sorted(seen))}
        for name, seen in values.items()
    }
    for name, m in moments.items():
        if not m.count:
            continue
        standard = cleaning.rule(name, "scale") == "standard"
        shift, factor = (m.mean, m.deviation()) if standard else (m.low, m.high - m.low)
        # Equality of the numbers themselves: rounding leaves a constant's mean beside it, and its deviation above zero.
        found[name] = (
            {"shift": shift, "factor": factor} if m.low < m.high else {"shift": m.low, "factor": 1.0}
        )
    return found


def _after_drops(fitted: Fitted, batches: Batches) -> Iterator[pl.DataFrame]:
    """The rows that outliers and missing values leave, outliers treated."""
    conditions = [condition for _, _, condition in fitted.drops()]
    for batch in batches():
        frame = fitted.treated(batch.lazy())
        yield (frame.filter(~pl.any_horizontal(conditions)) if conditions else frame).collect()


def _merged(tallies: list[pl.DataFrame]) -> pl.DataFrame:
    if len(tallies) == 1:
        return tallies[0]
    return pl.concat(tallies).group_by("value").agg(pl.col("count").sum())


def _mode(tallies: list[pl.DataFrame]) -> Any:
    """The commonest value; of equally common ones the smallest."""
    if not tallies:
        return None
    merged = _merged(tallies)
    known = merged.filter(merged["value"].is_not_null()) if merged["value"].null_count() else merged
    values, counts = known.get_columns()
    return values.filter(counts == counts.max()).min() if len(values) else None
