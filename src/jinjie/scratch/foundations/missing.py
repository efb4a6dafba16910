"""Tables with holes: missing numbers (NaN) dropped or filled, rows that repeat found.

What fills a hole is learnt on the training rows and applied to all others. X holds N rows of F columns (N, F).
"""

import numpy as np

from jinjie.scratch import Array, Booleans
from jinjie.scratch.foundations.linear_regression import least_squares, predict


def complete_rows(X: Array) -> Booleans:
    """Which rows miss nothing: X[complete_rows(X)] drops the others. Right where few are lost, and those by chance.

    >>> complete_rows(np.array([[1.0, 2.0], [np.nan, 3.0], [4.0, np.nan]]))
    array([ True, False, False])
    """
    check_table(X)
    return np.logical_not(np.isnan(X).any(axis=1))


def means(X: Array) -> Array:
    """The mean of each column's known numbers: (F,). It keeps the column's mean and shrinks its variance.

    Formula `mean-imputation`: fill_f = Σ_{n known} X_nf / #{n known}

    >>> means(np.array([[1.0, 2.0], [np.nan, 4.0], [5.0, np.nan]]))
    array([3., 3.])
    """
    check_table(X)
    known = ~np.isnan(X)
    mean: Array = np.where(known, X, 0).sum(axis=0) / known.sum(axis=0)
    return mean


def medians(X: Array) -> Array:
    """The middle of each column's known numbers: (F,). One absurd value does not move it.

    Formula `median-imputation`: fill_f = median{X_nf : n known}

    >>> medians(np.array([[1.0, 2.0], [np.nan, 4.0], [900.0, np.nan], [3.0, 8.0]]))
    array([3., 4.])
    """
    check_table(X)
    return np.array([np.median(column[~np.isnan(column)]) for column in X.T])


def modes(X: Array) -> Array:
    """The most frequent of each column's known numbers, of equally frequent ones the smallest: (F,). For codes.

    Formula `mode-imputation`: fill_f = argmax_v #{n : X_nf = v}

    >>> modes(np.array([[1.0, 2.0], [np.nan, 4.0], [1.0, np.nan], [3.0, 4.0]]))
    array([1., 4.])
    """
    check_table(X)
    frequent = []
    for column in X.T:
        values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
        frequent.append(values[np.argmax(counts)])
    return np.array(frequent)


def fill(X: Array, values: Array) -> Array:
    """X with each hole filled by its column's value: `means`, `medians`, `modes` of the training rows, or constants.

    Formula `imputation`: X̂_nf = X_nf where known, else fill_f

    >>> fill(np.array([[1.0, np.nan], [np.nan, 3.0]]), values=np.array([8.0, 9.0]))
    array([[1., 9.],
           [8., 3.]])
    """
    if X.shape[1:] != values.shape:
        raise ValueError(f"expected one value a column, got X of shape {X.shape} and values {values.shape}")
    return np.where(np.isnan(X), values, X)


def learn_column(X: Array, column: int) -> tuple[Array, float]:
    """The (w, b) that predict a column from the others, by least squares over the rows where all is known.

    Source: Little & Rubin, Statistical Analysis with Missing Data (2nd ed. 2002), §4.2.

    >>> w, b = learn_column(np.array([[1.0, 3.0], [2.0, 5.0], [4.0, 9.0], [5.0, np.nan]]), column=1)
    >>> w.round(4), round(b, 4)
    (array([2.]), 1.0)
    """
    complete = X[complete_rows(X)]
    if len(complete) == 0:
        raise ValueError("expected at least one row where all is known to learn from, got none")
    return least_squares(np.delete(complete, column, axis=1), complete[:, column])


def fill_by_regression(X: Array, column: int, w: Array, b: float) -> Array:
    """X with the holes of one column predicted from the row's other numbers, where those are known.

    Predictions lie on the line: the column's scatter shrinks, and it looks more certain than it is.

    Formula `regression-imputation`: X̂_nc = Σ_{f≠c} X_nf w_f + b where X_nc is missing

    >>> X = np.array([[1.0, 3.0], [5.0, np.nan], [np.nan, np.nan]])
    >>> fill_by_regression(X, column=1, w=np.array([2.0]), b=1.0)
    array([[ 1.,  3.],
           [ 5., 11.],
           [nan, nan]])
    """
    predicted = predict(np.delete(X, column, axis=1), w, b)
    filled = X.copy()
    filled[:, column] = np.where(np.isnan(X[:, column]), predicted, X[:, column])
    return filled


def repeats(X: Array) -> Booleans:
    """Which rows repeat an earlier row, holes in the same places counting as equal: X[~repeats(X)] drops them.

    >>> repeats(np.array([[1.0, np.nan], [2.0, 3.0], [1.0, np.nan], [2.0, 4.0]]))
    array([False, False,  True, False])
    """
    hole = np.isnan(X)
    # NaN is not equal to itself, so a hole is told by a column of its own.
    comparable = np.hstack([np.nan_to_num(X), hole])
    _, first = np.unique(comparable, axis=0, return_index=True)
    repeated = np.ones(len(X), dtype=np.bool_)
    repeated[first] = False
    return repeated


def check_table(X: Array) -> None:
    """Raise ValueError unless X is (N, F) and every column has a known number."""
    if X.ndim != 2:
        raise ValueError(f"expected a table (N, F), got shape {X.shape}")
    empty = np.flatnonzero(np.isnan(X).all(axis=0))
    if empty.size:
        raise ValueError(f"expected a known number in every column, got none in column {empty[0]}")
