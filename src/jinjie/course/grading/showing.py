"""Values as a learner reads them: as Python that makes them, short where they are long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinjie.course.grading.reference import Case

WIDTH = 88
_WHOLE = 120
"""Numbers of an array that are written out; of a larger one its edges are."""


def call(case: Case) -> str:
    """The call of a case, to be tried as it stands."""
    if isinstance(case.arguments, dict):
        parts = [f"{name}={value(one)}" for name, one in case.arguments.items()]
    else:
        parts = [value(one) for one in case.arguments]
    if len(case.entry) + sum(map(len, parts)) < WIDTH and not any("\n" in part for part in parts):
        return f"{case.entry}({', '.join(parts)})"
    inner = ",\n".join(parts)
    return f"{case.entry}(\n" + "".join(f"    {line}\n" for line in inner.split("\n")) + ")"


def value(one: Any) -> str:
    """A value as Python writes it, numbers to six digits."""
    import numpy as np

    if isinstance(one, np.ndarray):
        return _array(one, "np.array")
    if hasattr(one, "array"):
        return _array(one.array, "torch.tensor")
    if isinstance(one, np.generic):
        return value(one.item())
    if isinstance(one, float):
        return _number(one)
    if isinstance(one, list):
        return _short(f"[{', '.join(value(part) for part in one)}]")
    if isinstance(one, tuple):
        return _short(f"({', '.join(value(part) for part in one)}{',' if len(one) == 1 else ''})")
    if isinstance(one, dict):
        return _short(f"{{{', '.join(f'{key!r}: {value(part)}' for key, part in one.items())}}}")
    return _short(repr(one))


def size(one: Any) -> tuple[int, int]:
    """How much there is to look at: the numbers in a value, and the length of their text."""
    import numpy as np

    if isinstance(one, dict):
        one = tuple(one.values())
    if isinstance(one, list | tuple):
        parts = [size(part) for part in one]
        return sum(part[0] for part in parts), sum(part[1] for part in parts) + len(one)
    if isinstance(one, np.ndarray) or hasattr(one, "array"):
        array = getattr(one, "array", one)
        return int(array.size), len(value(one))
    return 1, len(repr(one))


def _array(array: Any, name: str) -> str:
    import numpy as np

    if array.size == 0:
        return f"{name.partition('.')[0]}.zeros({tuple(array.shape)})"
    body = np.array2string(
        array,
        separator=", ",
        threshold=_WHOLE,
        edgeitems=3,
        max_line_width=WIDTH,
        prefix=f"{name}(",
        formatter={"float_kind": lambda number: _number(float(number))},
    )
    dtype = array.dtype
    plain = dtype.kind in "bU" or str(dtype) in ("float64", "int64")
    if name == "torch.tensor":
        plain = dtype.kind == "b" or str(dtype) in ("float32", "int64")
    module = name.partition(".")[0]
    return f"{name}({body})" if plain else f"{name}({body}, dtype={module}.{dtype})"


def _number(one: float) -> str:
    if not math.isfinite(one):
        return "np.nan" if math.isnan(one) else "np.inf" if one > 0 else "-np.inf"
    return repr(one) if len(repr(one)) < 10 else f"{one:.6g}"


def _short(text: str) -> str:
    return text if len(text) <= 400 else f"{text[:300]} … {text[-60:]}"
