"""Missing values predicted from the other columns: ridge regression for numbers, logistic regression for categories.

Linear, because their coefficients are plain numbers that travel as JSON and run as polars expressions on any number
of rows. A missing predictor counts as its mean and is flagged, a category is one input each.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from jinjie.base.config import Config
from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.data.cleaning import types

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
else:
    np = lazy("numpy")
    pl = lazy("polars")

FEWEST = 20
"""Known values below which nothing is predicted."""
CATEGORIES = 20
"""The commonest categories of a column, which are inputs; a column of more categories than this is not predicted."""

WIDEST = 500
"""Columns above which none is predicted: every model has a weight for each of the others."""


class Feature(Config):
    """One input of a model, made from one column."""

    column: str
    what: Literal["number", "missing", "is"]
    mean: float = 0.0
    deviation: float = 1.0
    value: bool | str | None = None

    def expression(self) -> pl.Expr:
        x = pl.col(self.column)
        if self.what == "missing":
            return x.is_null().cast(pl.Float64)
        if self.what == "is":
            return (x == self.value).fill_null(False).cast(pl.Float64)
        return ((x.cast(pl.Float64) - self.mean) / self.deviation).fill_null(0.0)


class Model(Config):
    """A linear model: one row of weights for a number, one a class for categories."""

    features: tuple[Feature, ...]
    weights: tuple[tuple[float, ...], ...]
    """(outputs, features)"""
    bias: tuple[float, ...]
    classes: tuple[bool | str, ...] = ()
    score: float
    """On a fifth of the rows that it did not learn from: R² for a number, accuracy for categories."""
    baseline: float
    """The same of the mean, or of the commonest category."""
    rows: int
    """Rows that it learnt from."""

    def predict(self, whole: bool) -> pl.Expr:
        """The value for every row; rounded for a column of whole numbers."""
        inputs = [feature.expression() for feature in self.features]
        scores = []
        for weights, bias in zip(self.weights, self.bias, strict=True):
            terms = [weight * x for weight, x in zip(weights, inputs, strict=True) if weight]
            scores.append(sum(terms, pl.lit(bias)))
        if not self.classes:
            return scores[0].round().cast(pl.Int64) if whole else scores[0]
        best = pl.concat_list(scores).list.arg_max()
        return best.replace_strict(list(range(len(self.classes))), list(self.classes))


def learn(sample: pl.DataFrame, name: str, kinds: dict[str, str], without: str | None) -> Model | None:
    """A model of column `name` from the others (and never from `without`, the target); None when it beats no baseline.

    `sample` holds values (N rows). Four fifths teach, one fifth judges; the model that is kept has learnt from all.
    """
    known = sample.filter(pl.col(name).is_not_null())
    features = _features(known, name, kinds, without)
    numeric = types.is_numeric(kinds[name])
    if len(known) < FEWEST or not features or not (numeric or types.family(kinds[name]) in ("text", "truth")):
        return None
    x = known.select([f.expression().alias(str(i)) for i, f in enumerate(features)]).to_numpy()
    y = known[name].cast(pl.Float64).to_numpy() if numeric else known[name].to_numpy()
    if not numeric and not 2 <= len(set(y.tolist())) <= CATEGORIES:
        return None
    order = numpy_generator(0, "predict", name).permutation(len(y))
    judged, taught = order[: len(y) // 5], order[len(y) // 5 :]
    if not numeric and len(set(y[taught].tolist())) < 2:
        return None
    score = float(_estimator(numeric).fit(x[taught], y[taught]).score(x[judged], y[judged]))
    baseline = 0.0 if numeric else float(np.mean(y[judged] == _commonest(y[taught])))
    if not math.isfinite(score) or score <= baseline:
        return None
    fitted = _estimator(numeric).fit(x, y)
    weights, bias = np.atleast_2d(fitted.coef_), np.atleast_1d(fitted.intercept_)
    classes = [] if numeric else fitted.classes_.tolist()
    if len(classes) == 2:  # scikit-learn keeps one row for two classes
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return Model(
        features=tuple(features),
        weights=tuple(tuple(row) for row in weights.tolist()),
        bias=tuple(bias.tolist()),
        classes=tuple(classes),
        score=score,
        baseline=baseline,
        rows=len(y),
    )


def _estimator(numeric: bool) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    return Ridge(alpha=1.0) if numeric else LogisticRegression(C=1.0, max_iter=500)


def _commonest(y: np.ndarray[Any, Any]) -> Any:
    values, counts = np.unique(y, return_counts=True)
    return values[np.argmax(counts)]


def _features(known: pl.DataFrame, name: str, kinds: dict[str, str], without: str | None) -> list[Feature]:
    found = []
    for column, kind in kinds.items():
        if column in (name, without):
            continue
        x = known[column]
        if types.is_numeric(kind):
            mean, deviation = x.cast(pl.Float64).mean(), x.cast(pl.Float64).std(ddof=0)
            if isinstance(deviation, float) and deviation > 0:
                found.append(Feature(column=column, what="number", mean=mean, deviation=deviation))
        elif types.family(kind) in ("text", "truth"):
            counts = x.drop_nulls().value_counts(sort=True)
            common = counts.filter(pl.col("count") >= 2).sort(["count", column], descending=[True, False])
            values = common[column].head(CATEGORIES).to_list()
            found += [Feature(column=column, what="is", value=value) for value in values]
        if 0 < x.null_count() < len(x):
            found.append(Feature(column=column, what="missing"))
    return found
