"""How values cross the wall: JSON, and beside it every array as a `.npy` file, in one frame of a pipe.

What comes out of a sandbox was written by somebody's code, so that reading it must be safe whatever the bytes are:
no pickles, no object arrays, every size checked before memory is taken for it, no deep nesting.
"""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

DEPTH = 32
"""Containers in containers that may cross."""
NODES = 200_000
"""Values that may cross at once, an array counting as one."""
DIGITS = 2_000
"""Bits of the largest int."""
KINDS = "biufcU"
"""Kinds of NumPy's dtypes that may cross: bool, int, unsigned, float, complex, text."""

Read = Callable[[int], bytes]
"""Reads exactly so many bytes, or fewer at the end."""


class CannotCross(Exception):
    """A value that is not of the kinds that cross; `what` names it, `where` is its place in the value."""

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(f"{what} at {where}" if where else what)
        self.what = what
        self.where = where


class Broken(Exception):
    """Bytes that are no frame, or a frame that no value can be read from."""


@dataclass(eq=False)
class Tensor:
    """A tensor of PyTorch, where PyTorch itself is not imported.

    `array` holds its numbers (float32 where NumPy has no such type, as for bfloat16), `dtype` PyTorch's name of
    its type ("float32"), and `grad` whether it asks for a gradient.
    """

    array: np.ndarray[Any, Any]
    dtype: str
    grad: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape)


@dataclass
class Packed:
    """A value ready to cross: what is JSON of it, and its arrays as the bytes of `.npy` files."""

    tree: Any
    blobs: list[bytes]

    def digest(self) -> str:
        """The same for two values exactly when they are the same to the bit, type, shape and order in memory."""
        whole = sha256(json.dumps(self.tree).encode())
        for blob in self.blobs:
            whole.update(len(blob).to_bytes(8, "little"))
            whole.update(blob)
        return whole.hexdigest()


def pack(value: Any, most: int | None = None) -> Packed:
    """Take a value apart.

    Kinds: None, bool, int, float, complex, str, NumPy arrays and scalars, tensors, and lists, tuples and dicts of
    them. Raises CannotCross for any other, and for more than `most` bytes of arrays.
    """
    packer = _Packer(most)
    return Packed(packer.take(value, "", 0), packer.blobs)


class _Packer:
    def __init__(self, most: int | None) -> None:
        self.blobs: list[bytes] = []
        self.left = math.inf if most is None else most
        self.nodes = 0

    def take(self, value: Any, where: str, depth: int) -> Any:
        self.nodes += 1
        if depth > DEPTH:
            raise CannotCross("nested", where)
        if self.nodes > NODES:
            raise CannotCross("many", where)
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is str:
            self._spend(len(value), where)
            return value
        if kind is int:
            if value.bit_length() > DIGITS:
                raise CannotCross("large", where)
            return value
        if kind is complex:
            return {"c": [value.real, value.imag]}
        if kind is list or isinstance(value, list):
            return {"l": [self.take(one, f"{where}[{i}]", depth + 1) for i, one in enumerate(value)]}
        if kind is tuple or isinstance(value, tuple):
            return {"t": [self.take(one, f"{where}[{i}]", depth + 1) for i, one in enumerate(value)]}
        if kind is dict or isinstance(value, dict):
            return {
                "d": [
                    [self._key(k, where), self.take(v, f"{where}[{k!r}]", depth + 1)]
                    for k, v in value.items()
                ]
            }
        return self._array(value, where)

    def _key(self, key: Any, where: str) -> Any:
        if type(key) not in (str, int, float, bool, type(None)):
            raise CannotCross(f"a key of type {type(key).__name__}", where)
        return self.take(key, where, 0)

    def _array(self, value: Any, where: str) -> Any:
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            if isinstance(value, numpy.ndarray):
                return {"a": self._blob(value, where)}
            if isinstance(value, numpy.generic):
                return {"s": self._blob(numpy.asarray(value), where)}
        if isinstance(value, Tensor):
            return {"x": self._blob(value.array, where), "dtype": value.dtype, "grad": value.grad}
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.Tensor):
            name = str(value.dtype).removeprefix("torch.")
            if value.layout is not torch.strided or value.is_quantized:
                raise CannotCross(f"a tensor of layout {value.layout}", where)
            plain = value.detach().to("cpu").resolve_conj().resolve_neg()
            if name == "bfloat16" or name.startswith("float8"):
                plain = plain.float()
            return {"x": self._blob(plain.numpy(), where), "dtype": name, "grad": bool(value.requires_grad)}
        plain_kinds: tuple[Callable[[Any], Any], ...] = (int, float, complex, str)
        for plain_kind in plain_kinds:
            if isinstance(value, plain_kind):  # type: ignore[arg-type]
                return self.take(plain_kind(value), where, 0)
        raise CannotCross(type(value).__name__, where)

    def _blob(self, array: Any, where: str) -> int:
        import numpy as np

        array = np.asarray(array)
        if array.dtype.kind not in KINDS or array.dtype.fields is not None:
            raise CannotCross(f"an array of {array.dtype}", where)
        self._spend(array.nbytes, where)
        file = io.BytesIO()
        np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
        self.blobs.append(file.getvalue())
        return len(self.blobs) - 1

    def _spend(self, count: int, where: str) -> None:
        self.left -= count
        if self.left < 0:
            raise CannotCross("large", where)


def unpack(packed: Packed, torch: bool = False) -> Any:
    """Put a value together again. Tensors become PyTorch's when `torch`, else `Tensor`. Raises Broken."""
    return _Unpacker(packed.blobs, torch).give(packed.tree, 0)


class _Unpacker:
    def __init__(self, blobs: list[bytes], torch: bool) -> None:
        self.blobs = blobs
        self.torch = torch
        self.nodes = 0

    def give(self, tree: Any, depth: int) -> Any:
        self.nodes += 1
        if depth > DEPTH or self.nodes > NODES:
            raise Broken("too deep or too many values")
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        match tree:
            case {"l": list(items)}:
                return [self.give(one, depth + 1) for one in items]
            case {"t": list(items)}:
                return tuple(self.give(one, depth + 1) for one in items)
            case {"d": list(items)}:
                return self._dict(items, depth)
            case {"c": [(int() | float()) as real, (int() | float()) as imaginary]}:
                return complex(real, imaginary)
            case {"a": int(place)}:
                return self._read(place)
            case {"s": int(place)}:
                array = self._read(place)
                if array.shape:
                    raise Broken("a scalar with axes")
                return array[()]
            case {"x": int(place), "dtype": str(name), "grad": bool(grad)}:
                return self._tensor(self._read(place), name, grad)
        raise Broken("a value of no known kind")

    def _dict(self, items: list[Any], depth: int) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for item in items:
            match item:
                case [(None | bool() | int() | float() | str()) as key, value]:
                    made[key] = self.give(value, depth + 1)
                case _:
                    raise Broken("a dict that is none")
        return made

    def _read(self, place: int) -> Any:
        if isinstance(place, bool) or not 0 <= place < len(self.blobs):
            raise Broken("an array that did not come")
        return read_array(self.blobs[place])

    def _tensor(self, array: Any, name: str, grad: bool) -> Any:
        if not self.torch:
            return Tensor(array, name, grad)
        import torch

        dtype = getattr(torch, name, None)
        if not isinstance(dtype, torch.dtype):
            raise Broken(f"a tensor of type {name}")
        made = torch.from_numpy(array).to(dtype)
        return made.requires_grad_() if grad else made


def read_array(blob: bytes) -> Any:
    """The array in the bytes of a `.npy` file, writable. Raises Broken for anything but a plain array.

    The header is believed only where it agrees with the number of bytes that came, before memory is taken.
    """
    import numpy as np

    file = io.BytesIO(blob)
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise Broken("a version of .npy that is not ours")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    except Broken:
        raise
    except Exception as error:
        raise Broken(f"no .npy file: {error}") from None
    if dtype.kind not in KINDS or dtype.hasobject or dtype.fields is not None or dtype.subdtype is not None:
        raise Broken(f"an array of {dtype}")
    body = blob[file.tell() :]
    if any(isinstance(n, bool) or not 0 <= n < 2**40 for n in shape) or len(shape) > 32:
        raise Broken("a shape that is none")
    count = math.prod(shape)
    if count * dtype.itemsize != len(body):
        raise Broken("a header that does not fit its array")
    flat = np.frombuffer(body, dtype=dtype, count=count) if len(body) else np.empty(count, dtype)
    return flat.reshape(shape, order="F" if fortran else "C").copy(order="K")


def frame(message: dict[str, Any], blobs: list[bytes] | tuple[bytes, ...] = (), token: bytes = b"") -> bytes:
    """A message and arrays as one run of bytes; `token` in front shows who wrote it."""
    head = json.dumps({**message, "blobs": [len(blob) for blob in blobs]}).encode()
    return b"".join((token, len(head).to_bytes(8, "little"), head, *blobs))


def read_frame(read: Read, most: int, token: bytes = b"") -> tuple[dict[str, Any], list[bytes]] | None:
    """The next frame, or None at the end. Raises Broken, also for more than `most` bytes."""
    front = read(len(token) + 8)
    if not front:
        return None
    if len(front) != len(token) + 8 or not front.startswith(token):
        raise Broken("this was not written by the guest")
    length = int.from_bytes(front[len(token) :], "little")
    if length > most:
        raise Broken("too large")
    head = read(length)
    try:
        message = json.loads(head)
    except (ValueError, RecursionError):
        raise Broken("no JSON") from None
    if len(head) != length or not isinstance(message, dict):
        raise Broken("cut off")
    sizes = message.pop("blobs", None)
    if not isinstance(sizes, list) or any(type(size) is not int or size < 0 for size in sizes):
        raise Broken("no sizes of arrays")
    if length + sum(sizes) > most:
        raise Broken("too large")
    blobs = [read(size) for size in sizes]
    if [len(blob) for blob in blobs] != sizes:
        raise Broken("cut off")
    return message, blobs
