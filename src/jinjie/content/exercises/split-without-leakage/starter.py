import numpy as np


def split(
    X: np.ndarray, y: np.ndarray, order: np.ndarray, held: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Cut a table into training rows and held-out rows, and scale both, so that nothing leaks.

    X     (N, F)  the table, a person a row
    y     (N,)    the results
    order (N,)    the row numbers in a random order: the first `held` are held out, the others are to train on
    held          how many rows are held out

    A row to train on that is equal to a held-out row in all F numbers is left out.
    The remaining training rows give the mean and the deviation of each column, and both sides are scaled by these.
    A column that is the same for all of them is divided by 1.

    Returns X_train, y_train, X_held, y_held, the rows of each side in the order of `order`, as new arrays.
    """
    raise NotImplementedError
