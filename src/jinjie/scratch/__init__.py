"""The mathematics of the course from first principles, in NumPy alone: one small file a subject.

Each function stands for a formula; the file of the same name beside it (`optimizers.toml` beside
`optimizers.py`) holds that formula's LaTeX, its symbols and its known wrong variants, and
`tests/scratch` holds the proof. Nothing in the engine imports this package.

Shapes: B batch, T time (tokens), C channels, H heads, D head size, V vocabulary, N examples. `(..., C)`
means any number of axes before the last. Arrays are float64 unless a function says otherwise; none is changed
in place. A function that goes backwards takes `upstream`, the gradient of the loss with respect to its output,
first. Randomness comes from a generator that the caller hands in.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

__all__ = ["Array", "Booleans", "Integers"]
