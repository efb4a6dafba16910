"""Features brought to one scale, so that no unit of measurement decides what counts.

What is learnt, (mean, deviation) or (low, high), comes from the training rows alone and is applied to all others.
X holds N rows of F columns (N, F).
"""

import numpy as np

from jinjie.scratch import Array


def learn_standard(X: Array) -> tuple[Array, Array]:
    """Each column's mean and standard deviation: (F,), (F,). A constant column gets deviation 1.

    Formula `mean-and-deviation`: μ_f = 1/N Σ_n X_nf;  σ_f = √(1/N Σ_n (X_nf − μ_f)²)

    >>> learn_standard(np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 40.0], [7.0, 40.0]]))
    (array([ 4., 25.]), array([ 2.23606798, 15.        ]))
    """
    check_rows(X)
    mu = X.mean(axis=0)
    sigma = np.sqrt(np.mean((X - mu) ** 2, axis=0))
    return mu, where_spread(sigma, X)


def standardise(X: Array, mu: Array, sigma: Array) -> Array:
    """Each column in deviations from the mean of the training rows, whose mean becomes 0 and variance 1.

    Source: Hastie, Tibshirani & Friedman, The Elements of Statistical Learning (2009), §14.3.3.

    Formula `standardisation`: X̂_nf = (X_nf − μ_f) / σ_f

    >>> standardise(np.array([[1.0, 10.0], [7.0, 70.0]]), mu=np.array([4.0, 25.0]), sigma=np.array([2.0, 15.0]))
    array([[-1.5, -1. ],
           [ 1.5,  3. ]])
    """
    check_columns(X, mu, sigma)
    return (X - mu) / sigma


def learn_min_max(X: Array) -> tuple[Array, Array]:
    """Each column's smallest and largest number: (F,), (F,). A constant column gets an upper end 1 above it.

    >>> learn_min_max(np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 40.0]]))
    (array([ 1., 10.]), array([ 5., 40.]))
    """
    check_rows(X)
    low = X.min(axis=0)
    span = where_spread(X.max(axis=0) - low, X)
    return low, low + span


def min_max(X: Array, low: Array, high: Array) -> Array:
    """Each column from 0 at the training rows' smallest number to 1 at their largest; others may lie outside.

    Formula `min-max`: X̂_nf = (X_nf − min_f) / (max_f − min_f)

    >>> min_max(np.array([[1.0, 25.0], [7.0, 70.0]]), low=np.array([1.0, 10.0]), high=np.array([5.0, 40.0]))
    array([[0. , 0.5],
           [1.5, 2. ]])
    """
    check_columns(X, low, high)
    return (X - low) / (high - low)


def where_spread(spread: Array, X: Array) -> Array:
    """The spread of each column, and 1 where all its numbers are equal: nothing is to be scaled there.

    Equality is asked of the numbers themselves, as rounding leaves a deviation of a constant above zero.

    >>> where_spread(np.array([2.0, 1e-17]), X=np.array([[0.1, 0.3], [4.1, 0.3]]))
    array([2., 1.])
    """
    constant = X.min(axis=0) == X.max(axis=0)
    return np.where(constant, 1.0, spread)


def check_rows(X: Array) -> None:
    """Raise ValueError unless X is (N, F) with at least one row and no holes."""
    if X.ndim != 2 or len(X) == 0:
        raise ValueError(f"expected a table (N, F) of at least one row, got shape {X.shape}")
    if np.isnan(X).any():
        raise ValueError("expected a table without holes, got NaN: drop or fill what is missing first")


def check_columns(X: Array, *learnt: Array) -> None:
    """Raise ValueError unless what was learnt has one number for each column of X."""
    for numbers in learnt:
        if X.shape[1:] != numbers.shape:
            raise ValueError(f"expected one number a column, got X {X.shape} and {numbers.shape}")
