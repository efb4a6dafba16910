"""The mathematics of the course from first principles, in NumPy alone: one small file a subject.

Each function stands for a formula; the file of the same name beside it (`optimizers.toml` beside
`optimizers.py`) holds that formula's LaTeX, its symbols and its known wrong variants, and
`tests/scratch` holds the proof. Nothing in the engine imports this package.

Shapes: B batch, T time (tokens), C channels, H heads, D head size, V vocabulary, N examples. `(..., C)`
means any number of axes before the last. Arrays are float64 unless a function says otherwise; none is changed
in place. A function that goes backwards takes `upstream`, the gradient of the loss with respect to its output,
first. Randomness comes from a generator that the caller hands in.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Booleans = NDArray[np.bool_]

__all__ = ["Array", "Booleans", "Integers"]


def __getattr__(name: str) -> Any:
    """The three kinds of array, made when one is asked for: a formula of plain numbers does not wait for NumPy."""
    if name not in __all__:
        raise AttributeError(name)
    import numpy as np
    from numpy.typing import NDArray

    of: Any = NDArray
    return of[{"Array": np.float64, "Integers": np.int64, "Booleans": np.bool_}[name]]
