import numpy as np


def predict(X: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    """What the model says for each row of X.

    X (N, F)  N people, F measurements of each
    w (F,)    a weight for each measurement
    b         the bias

    Returns N predictions, (N,).
    """
    raise NotImplementedError


def mean_squared_error(y_hat: np.ndarray, y: np.ndarray) -> float:
    """The mean of the squared errors.

    y_hat     the predictions: (N,), or a column, (N, 1)
    y (N,)    what really came

    Returns one number.
    """
    raise NotImplementedError
