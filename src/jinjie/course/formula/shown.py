"""A value of a trace as people read it."""

from __future__ import annotations

from typing import Any

import numpy as np


def text(value: Any) -> str:
    """A value in few digits: what matters is how it came about."""
    if isinstance(value, np.ndarray):
        return np.array2string(
            value, precision=4, suppress_small=True, threshold=60, edgeitems=3, max_line_width=100
        )
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.6g}"
    if isinstance(value, (tuple, list)) and any(
        isinstance(part, (np.ndarray, float, tuple, list)) for part in value
    ):
        parts = [text(part) for part in value]
        if all("\n" not in part for part in parts) and sum(map(len, parts)) < 100:
            opened, closed = ("(", ")") if isinstance(value, tuple) else ("[", "]")
            return opened + ", ".join(parts) + closed
        return "\n".join(parts)
    return repr(value) if not isinstance(value, np.generic) else str(value)
