"""1,797 handwritten digits of 8 × 8 pixels, by 13 people. Real data.

They lie in scikit-learn's package as plain text, so nothing is downloaded. Source: Alpaydin and Kaynak 1998, Optical
Recognition of Handwritten Digits, UCI Machine Learning Repository (its test part).
"""

import importlib.util
from pathlib import Path

import numpy as np

from jinjie.scratch import Array, Integers


def small_digits() -> tuple[Array, Integers]:
    """The pictures row by row, (1797, 64), from 0 for paper to 1 for ink, and what each shows, (1797,).

    >>> x, y = small_digits()
    >>> x.shape, x.min(), x.max(), y[:5]
    ((1797, 64), np.float64(0.0), np.float64(1.0), array([0, 1, 2, 3, 4]))
    """
    found = importlib.util.find_spec("sklearn")  # its folder is wanted, not the second it takes to import
    if found is None or found.origin is None:
        raise FileNotFoundError("expected scikit-learn, which holds the digits: pip install scikit-learn")
    table = np.loadtxt(Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz", delimiter=",")
    return table[:, :-1] / 16, table[:, -1].astype(np.int64)
