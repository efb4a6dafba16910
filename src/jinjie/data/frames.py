"""Tables that a package holds as pickled pandas frames, read without pandas.

A pickle is a program. This one is read only from a package whose sha256 is right, and what it names is never looked
up: eleven names have stand-ins here that put arrays together, and every other name is an error.
"""

from __future__ import annotations

import io
import lzma
import pickle
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
else:
    np = lazy("numpy")
    pl = lazy("polars")


def read_frame(content: bytes) -> pl.DataFrame:
    """A frame that pandas wrote with `to_pickle(compression="xz")`: numbers as they are, objects as text.

    NaN and None become null. Raises pickle.UnpicklingError when the content names anything but a frame's own parts.
    """
    frame = _Reader(io.BytesIO(lzma.decompress(content))).load()
    if not isinstance(frame, _Frame):
        raise pickle.UnpicklingError(f"expected a DataFrame, got {type(frame).__name__}")
    names, columns = frame.columns()
    series = []
    for name in names:
        values = columns[name]
        if values.dtype == object:
            words = [word if isinstance(word, str) else None for word in values]
            series.append(pl.Series(name, words, pl.String))
        else:
            series.append(pl.Series(name, values, nan_to_null=True))
    return pl.DataFrame(series)


class _Frame:
    """Stands in for pandas.DataFrame."""

    _mgr: _Manager

    def columns(self) -> tuple[list[str], dict[str, np.ndarray[Any, Any]]]:
        names = [str(name) for name in self._mgr.axes[0]]
        found = {}
        for values, place in self._mgr.blocks:
            where = range(len(names))[place] if isinstance(place, slice) else place
            for row, column in enumerate(where):
                found[names[column]] = np.ascontiguousarray(values[row])
        return names, found


class _Manager:
    """Stands in for pandas' BlockManager: blocks (columns, N) and where their columns belong."""

    def __init__(self, blocks: Any, axes: Any) -> None:
        self.blocks, self.axes = blocks, axes


def _block(values: Any, place: Any, ndim: int) -> tuple[Any, Any]:
    return values, place


def _from_buffer(buffer: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray[Any, Any]:
    array: np.ndarray[Any, Any] = np.frombuffer(buffer, dtype).reshape(shape, order=order)
    return array


def _index(kind: Any, parts: Mapping[str, Any]) -> Any:
    return parts["data"] if "data" in parts else range(parts["start"], parts["stop"], parts["step"])


def _empty_array(kind: Any, shape: Any, code: Any) -> np.ndarray[Any, Any]:
    return np.ndarray((0,), np.int8)


def _dtype(*parts: Any) -> np.dtype[Any]:
    made: np.dtype[Any] = np.dtype(*parts)
    return made


_KNOWN = {
    ("pandas.core.frame", "DataFrame"): _Frame,
    ("pandas.core.internals.managers", "BlockManager"): _Manager,
    ("pandas._libs.internals", "_unpickle_block"): _block,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): _dtype,
    ("builtins", "slice"): slice,
    ("pandas.core.indexes.base", "_new_Index"): _index,
    ("pandas.core.indexes.base", "Index"): "Index",
    ("pandas.core.indexes.range", "RangeIndex"): "RangeIndex",
}


class _Reader(pickle.Unpickler):
    """Looks nothing up but what `_KNOWN` stands in for."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a plain frame")
        return _KNOWN[module, name]
