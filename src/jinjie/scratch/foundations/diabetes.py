"""442 people with diabetes: ten measurements of each, and how far the illness had gone a year later. Real data.

They lie in scikit-learn's package as plain text, so nothing is downloaded. Source: Efron, Hastie, Johnstone and
Tibshirani 2004, Least Angle Regression, Annals of Statistics 32.
"""

import importlib.util
from pathlib import Path

import numpy as np

from jinjie.scratch import Array

COLUMNS = ("age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu")
"""Body mass index and blood pressure; total cholesterol, its low and high density parts, their ratio; log of the
triglycerides; blood sugar."""


def patients(*columns: str) -> tuple[Array, Array]:
    """The measurements asked for, (442, F), and the progression, (442,), each with mean 0 and deviation 1.

    So scaled, no bias is needed, and predicting the mean for everybody has a mean squared error of exactly 1.

    >>> X, y = patients("bmi", "bp")
    >>> X.shape, y.shape, X.std(axis=0).round(6)
    ((442, 2), (442,), array([1., 1.]))
    """
    unknown = [column for column in columns if column not in COLUMNS]
    if not columns or unknown:
        raise ValueError(f"expected some of {', '.join(COLUMNS)}, got {', '.join(unknown) or 'none'}")
    table, progression = read_patients()
    X = table[:, [COLUMNS.index(column) for column in columns]]
    return (X - X.mean(axis=0)) / X.std(axis=0), (progression - progression.mean()) / progression.std()


def read_patients() -> tuple[Array, Array]:
    """The table as it was measured, (442, 10), and the progression from 25 to 346, (442,).

    >>> table, progression = read_patients()
    >>> table[0, [COLUMNS.index("age"), COLUMNS.index("bmi")]], progression[0]
    (array([59. , 32.1]), np.float64(151.0))
    """
    found = importlib.util.find_spec("sklearn")  # its folder is wanted, not the second it takes to import
    if found is None or found.origin is None:
        raise FileNotFoundError("expected scikit-learn, which holds the table: pip install scikit-learn")
    folder = Path(found.origin).parent / "datasets" / "data"
    return np.loadtxt(folder / "diabetes_data_raw.csv.gz"), np.loadtxt(folder / "diabetes_target.csv.gz")
