"""Values cross unchanged, and nothing that could harm comes with them."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from jinjie.course.sandbox.inside import wire

ARRAYS = st.one_of(
    *(
        npst.arrays(dtype, npst.array_shapes(min_dims=0, min_side=0, max_side=4))
        for dtype in ("f8", "f4", "f2", "i8", "i4", "u1", "?", "c16", "<U3", ">f8")
    )
)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    st.text(),
    st.complex_numbers(),
    ARRAYS,
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(), st.booleans()), inner, max_size=3),
    ),
    max_leaves=8,
)


def same(a: Any, b: Any) -> bool:
    """Equal in type, order and every bit; NaN equals NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b) or a != a and b != b
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    return bool(a == b) or isinstance(a, complex)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_what_comes_back_is_what_was_sent(value: Any) -> None:
    packed = wire.pack(value)
    data = wire.frame({"tree": packed.tree}, packed.blobs, b"token")
    message, blobs = wire.read_frame(io.BytesIO(data).read, 2**20, b"token") or ({}, [])
    back = wire.unpack(wire.Packed(message["tree"], blobs))
    assert same(back, value)
    assert wire.pack(back).digest() == packed.digest(), "the controller would take it for a change in place"


def test_any_change_in_place_changes_the_digest() -> None:
    array = np.arange(6.0).reshape(2, 3)
    kept = wire.pack([array, {"a": 1}]).digest()
    for other in (
        [array + 1, {"a": 1}],
        [array.T.copy(), {"a": 1}],
        [array, {"a": True}],
        [array.astype("f4"), {"a": 1}],
    ):
        assert wire.pack(other).digest() != kept


def test_a_transposed_array_comes_back_equal_and_is_not_taken_for_changed() -> None:
    array = np.arange(6.0).reshape(2, 3).T
    packed = wire.pack(array)
    back = wire.unpack(packed)
    assert same(back, array) and back.flags.writeable and wire.pack(back).digest() == packed.digest()


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (object(), "object"),
        ({1, 2}, "set"),
        (b"x", "bytes"),
        ((i for i in ()), "generator"),
        (np.array([object()]), "object"),
        (np.zeros(1, "i4,f4"), "array"),
        (np.datetime64("2026-01-01"), "datetime64"),
        ({(1, 2): 3}, "tuple"),
        (1 << 9999, "large"),
        ([0] * (wire.NODES + 1), "many"),
    ],
)
def test_other_kinds_are_refused_by_name(value: Any, what: str) -> None:
    with pytest.raises(wire.CannotCross, match=what):
        wire.pack(value)


def test_what_contains_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(wire.CannotCross, match="nested"):
        wire.pack(value)


def test_too_many_bytes_are_refused_before_they_are_copied() -> None:
    with pytest.raises(wire.CannotCross, match=r"large at \[1\]"):
        wire.pack([1, np.zeros(100)], most=799)


class Evil:
    def __reduce__(self) -> Any:
        raise AssertionError("this was unpickled")


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


GOOD = npy(np.zeros(3))


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\x80\x04cos\nsystem\n.",
        GOOD[:-1],
        GOOD + b"x",
        GOOD.replace(b"(3,)", b"(2,)"),
        GOOD.replace(b"(3,), ", b"(99999999999999,), ")[: len(GOOD)],
        GOOD.replace(b"(3,)", b"(-3)"),
        GOOD.replace(b"'<f8'", b"'|O' "),
        GOOD.replace(b"\x93NUMPY\x01", b"\x93NUMPY\x03"),
        npy(np.array([1, "a", None], dtype=object)),
        npy(np.zeros(2, "i4,f4")),
    ],
)
def test_bytes_that_are_no_plain_array_are_refused(blob: bytes) -> None:
    with pytest.raises(wire.Broken):
        wire.read_array(blob)


@pytest.mark.parametrize(
    "tree",
    [
        {"a": 0},
        {"a": -1},
        {"a": True},
        {"l": 3},
        {"x": 0},
        {},
        [],
        {"d": [[[], 1]]},
        {"d": [1]},
        {"?": 1},
        {"c": ["a", 1]},
    ],
)
def test_trees_that_are_no_value_are_refused(tree: Any) -> None:
    with pytest.raises(wire.Broken):
        wire.unpack(wire.Packed(tree, []))


@pytest.mark.parametrize(
    "data",
    [
        b"other" + (2).to_bytes(8, "little") + b"{}",
        b"token" + (2**60).to_bytes(8, "little"),
        b"token" + (9).to_bytes(8, "little") + b"{}",
        b"token" + (2).to_bytes(8, "little") + b"[]",
        b"token" + (200_000).to_bytes(8, "little") + b"[" * 200_000,
        b"token" + (14).to_bytes(8, "little") + b'{"blobs":[-1]}',
        b"token" + (14).to_bytes(8, "little") + b'{"blobs":[99]}',
        b"tok",
    ],
)
def test_frames_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(wire.Broken):
        wire.read_frame(io.BytesIO(data).read, 2**20, b"token")


def test_deep_trees_are_refused_and_do_not_overflow() -> None:
    tree: Any = 1
    for _ in range(900):
        tree = {"l": [tree]}
    with pytest.raises(wire.Broken):
        wire.unpack(wire.Packed(tree, []))


def test_tensors_cross_without_pytorch_here_and_become_pytorchs_there() -> None:
    torch = pytest.importorskip("torch")
    for dtype in ("float32", "bfloat16", "int64", "bool", "float16"):
        tensor = torch.tensor([[1.0, 0.0, 2.0]]).to(getattr(torch, dtype))
        plain = wire.unpack(wire.pack({"t": tensor}))["t"]
        assert isinstance(plain, wire.Tensor) and (plain.dtype, plain.shape, plain.grad) == (
            dtype,
            (1, 3),
            False,
        )
        back = wire.unpack(wire.pack(plain), torch=True)
        assert back.dtype == tensor.dtype and torch.equal(back, tensor)
    asks = wire.unpack(wire.pack(torch.ones(2, requires_grad=True)), torch=True)
    assert asks.requires_grad and asks.is_leaf
