"""Whether a value is the right one, and if not, in which ways it differs, in words that name both sides.

Shape and type are judged strictly, dtype loosely: float32 for float64 is right within the tolerance, an int for a
float where they are equal, a number for an array without axes. True and False are no numbers. NaN is right where the
reference has NaN, and an infinity where it has the same one. A Python list is no array, a tuple no list.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinjie.base.words import Language, Text, say, text

if TYPE_CHECKING:
    import numpy as np

_TORCH = {
    *(f"float{bits}" for bits in (16, 32, 64)),
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *("bfloat16", "bool", "complex64", "complex128"),
}
MOST = 8
"""Differences that are told of one value."""


@dataclass(frozen=True)
class Difference:
    """One way in which a value differs. `kind` tells which; `place` where in the value: "[0]['w']"."""

    kind: str
    place: str
    says: Text
    """What was expected and what came, with both."""
    quietly: Text
    """The same without anything of the values, their places and sizes: what may be said of a hidden case."""


def compare(expected: Any, came: Any, rtol: float = 0.0, atol: float = 0.0) -> list[Difference]:
    """All ways in which `came` differs from `expected`; none when it is right.

    Numbers are equal when |came - expected| ≤ atol + rtol·|expected|; two whole numbers only when they are the same.
    """
    found: list[Difference] = []
    _Comparison(rtol, atol, found).values(expected, came, "")
    return found


def same(expected: Any, came: Any, rtol: float = 0.0, atol: float = 0.0) -> bool:
    """Whether `compare` finds nothing, in a fraction of its time: it ends at the first difference, without words."""
    try:
        _Sameness(rtol, atol, []).values(expected, came, "")
    except _Differs:
        return False
    return True


def holds_floats(value: Any) -> bool:
    """Whether a value holds numbers that are not whole, and so are never right to the bit."""
    if isinstance(value, dict):
        return any(holds_floats(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(holds_floats(part) for part in value)
    return _is_numeric(value) and array_of(value).dtype.kind in "fc"


class _Comparison:
    def __init__(self, rtol: float, atol: float, found: list[Difference]) -> None:
        self.rtol = rtol
        self.atol = atol
        self.found = found

    def values(self, expected: Any, came: Any, place: str) -> None:
        if len(self.found) >= MOST:
            return
        if came is None and expected is not None:
            self._say("none", place, "grading.none", "grading.none")
        elif _is_numeric(expected) and _is_numeric(came):
            if _family(expected) != _family(came) and (_shape(expected) or _shape(came)):
                self._types(expected, came, place)
            else:
                self._arrays(expected, came, place)
        elif _type(expected) != _type(came):
            self._types(expected, came, place)
        elif isinstance(expected, list | tuple):
            self._sequences(expected, came, place)
        elif isinstance(expected, dict):
            self._dicts(expected, came, place)
        elif expected != came:
            self._say(
                "text",
                place,
                "grading.value",
                "grading.value_quiet",
                expected=_short(expected),
                came=_short(came),
            )

    def _types(self, expected: Any, came: Any, place: str) -> None:
        def in_(lang: Language, at: str) -> str:
            wanted, given = type_name(expected, lang), type_name(came, lang)
            return say("grading.type", lang, wanted=wanted, came=given, at=at)

        says = Text(in_("en", _at(place, "en")), in_("zh", _at(place, "zh")))
        self.found.append(Difference("type", place, says, Text(in_("en", ""), in_("zh", ""))))

    def _sequences(self, expected: Any, came: Any, place: str) -> None:
        if len(expected) != len(came):
            numbers = {"expected": len(expected), "came": len(came)}
            self._say("length", place, "grading.length", "grading.length_quiet", "", **numbers)
            return
        for i, (one, other) in enumerate(zip(expected, came, strict=True)):
            self.values(one, other, f"{place}[{i}]")

    def _dicts(self, expected: dict[Any, Any], came: dict[Any, Any], place: str) -> None:
        if missing := [key for key in expected if key not in came]:
            self._say(
                "missing_key", place, "grading.missing_key", "grading.missing_key_quiet", keys=_names(missing)
            )
        if extra := [key for key in came if key not in expected]:
            self._say("extra_key", place, "grading.extra_key", "grading.extra_key_quiet", keys=_names(extra))
        for key, value in expected.items():
            if key in came:
                self.values(value, came[key], f"{place}[{_short(key)}]")

    def _arrays(self, expected: Any, came: Any, place: str) -> None:
        import numpy as np

        if _is_whole(expected) and _is_whole(came):
            # whole numbers of Python have no largest one
            if expected != came:
                both = {"expected": _short(expected), "came": _short(came)}
                self._say("value", place, "grading.value", "grading.value_quiet", **both)
            return
        right, given = array_of(expected), array_of(came)
        if right.shape != given.shape:
            both = {"expected": right.shape, "came": given.shape}
            if right.ndim == 0:
                key = "grading.shape_of_number"
            elif given.ndim == 0:
                key = "grading.number_for_array"
            else:
                key = "grading.shape"
            self._say("shape", place, key, "grading.shape_quiet", **both)
            return
        if right.size == 0:
            return
        if (right.dtype.kind == "b") != (given.dtype.kind == "b") or "U" in (
            right.dtype.kind + given.dtype.kind
        ):
            if right.dtype.kind != given.dtype.kind:
                self._types(expected, came, place)
                return
            wrong = right != given
        else:
            wrong = self._far(right, given)
        if np.any(wrong):
            self._elements(right, given, wrong, place)

    def _far(self, right: np.ndarray[Any, Any], given: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Where two arrays of numbers of one shape differ."""
        import numpy as np

        if right.dtype.kind in "biu" and given.dtype.kind in "biu":
            return np.asarray(right != given)
        right, given = _wide(right), _wide(given)
        with np.errstate(all="ignore"):
            near = np.abs(given - right) <= self.atol + self.rtol * np.abs(right)
        finite = np.isfinite(right) & np.isfinite(given)
        alike = (right == given) | (np.isnan(right) & np.isnan(given))
        return np.asarray(~np.where(finite, near, alike))

    def _elements(self, right: Any, given: Any, wrong: Any, place: str) -> None:
        """Tell of the first element that differs, how many do, and by how much at most."""
        import numpy as np

        count = int(np.count_nonzero(wrong))
        index = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        one, other = right[index], given[index]
        number = right.dtype.kind in "iufc" and given.dtype.kind in "iufc"
        missing = number and bool(np.any(np.isnan(given) & ~np.isnan(right)))
        if missing:
            index = np.unravel_index(int(np.argmax(np.isnan(given) & ~np.isnan(right))), wrong.shape)
            one, other = right[index], given[index]
        where = f"[{', '.join(str(int(i)) for i in index)}]" if right.ndim else ""
        both = {"expected": _digits(one, other), "came": _digits(other, one)}
        kind = "nan" if missing else "value"
        quiet = "grading.nan_quiet" if missing else "grading.value_quiet"
        if right.size == 1:
            self._say(kind, place, "grading.value", quiet, where=where, **both)
            return
        sizes = {"count": count, "size": right.size}
        greatest = _greatest(right, given, wrong) if number else None
        if greatest is None:
            self._say(kind, place, "grading.elements", quiet, where=where, **both, **sizes)
        else:
            self._say(
                kind, place, "grading.elements_by", quiet, where=where, greatest=greatest, **both, **sizes
            )

    def _say(self, kind: str, place: str, key: str, quiet: str, where: str = "", **params: Any) -> None:
        says = Text(
            say(key, "en", at=_at(place + where, "en"), **params),
            say(key, "zh", at=_at(place + where, "zh"), **params),
        )
        self.found.append(Difference(kind, place, says, text(quiet)))


class _Differs(Exception):
    """The first difference, of which nothing need be said."""


class _Sameness(_Comparison):
    """A comparison that ends at the first difference."""

    def _types(self, expected: Any, came: Any, place: str) -> None:
        raise _Differs

    def _elements(self, right: Any, given: Any, wrong: Any, place: str) -> None:
        raise _Differs

    def _say(self, kind: str, place: str, key: str, quiet: str, where: str = "", **params: Any) -> None:
        raise _Differs


def _at(place: str, lang: Language) -> str:
    return say("grading.at", lang, place=place) if place else ""


def array_of(value: Any) -> np.ndarray[Any, Any]:
    """The numbers of an array, a tensor or a number."""
    import numpy as np

    inner = getattr(value, "array", value)  # a tensor, where torch is not imported
    try:
        return np.asarray(inner) if not _is_whole(value) else np.asarray(value, dtype=np.int64)
    except OverflowError:
        try:
            return np.asarray(float(value))
        except OverflowError:
            return np.asarray(math.copysign(math.inf, value))


def _wide(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """As float64 or complex128, so that neither a difference nor a tolerance overflows or is rounded."""
    import numpy as np

    if array.dtype.kind == "c":
        return array.astype(np.complex128)
    return array.astype(np.longdouble if array.dtype.itemsize > 8 else np.float64)


def _is_whole(value: Any) -> bool:
    return type(value) is int


def _is_numeric(value: Any) -> bool:
    import numpy as np

    if isinstance(value, bool | int | float | complex | np.generic | np.ndarray):
        return True
    return _is_tensor(value)


def _is_tensor(value: Any) -> bool:
    return type(value).__name__ == "Tensor" and hasattr(value, "array")


def _family(value: Any) -> str:
    """Arrays and tensors are told apart; numbers belong to both."""
    return "tensor" if _is_tensor(value) else "array"


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(getattr(value, "shape", ()))


def _type(value: Any) -> str:
    if _is_numeric(value):
        return "numbers"
    for kind in (str, list, tuple, dict):
        if isinstance(value, kind):
            return kind.__name__
    return type(value).__name__


def type_name(value: Any, lang: Language) -> str:
    """What a value is, as a learner calls it."""
    import numpy as np

    if value is None:
        return say("grading.types.none", lang)
    if _is_tensor(value) or (isinstance(value, np.ndarray) and value.ndim):
        dtype = getattr(value, "array", value).dtype
        name = "bool" if dtype.kind == "b" else "str" if dtype.kind == "U" else str(dtype)
        if _is_tensor(value):
            # the name comes from the sandbox, where anything may be written
            name = value.dtype if value.dtype in _TORCH else "?"
            return say("grading.types.tensor", lang, dtype=name)
        return say("grading.types.array", lang, dtype=name)
    if _is_numeric(value):
        kind = np.asarray(value).dtype.kind
        if kind == "b":
            return say("grading.types.bool", lang)
        if kind == "U":
            return say("grading.types.str", lang)
        return say("grading.types.int" if kind in "iu" else "grading.types.float", lang)
    if isinstance(value, str):
        return say("grading.types.str", lang)
    if isinstance(value, list):
        return say("grading.types.list", lang)
    if isinstance(value, tuple):
        return say("grading.types.tuple", lang)
    if isinstance(value, dict):
        return say("grading.types.dict", lang)
    return type(value).__name__


def _greatest(right: Any, given: Any, wrong: Any) -> str | None:
    """The greatest difference among finite elements, in few digits; None where there is none."""
    import numpy as np

    with np.errstate(all="ignore"):
        apart = np.abs(_wide(given) - _wide(right))[wrong]
    apart = apart[np.isfinite(apart)]
    return f"{float(apart.max()):.3g}" if apart.size else None


def _digits(value: Any, beside: Any) -> str:
    """A number in as few digits as show that it differs from the one beside it."""
    import numpy as np

    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(beside, np.generic):
        beside = beside.item()
    if not isinstance(value, float):
        return _short(value)
    for digits in (6, 9, 12):
        text = f"{value:.{digits}g}"
        if not isinstance(beside, float) or text != f"{beside:.{digits}g}":
            return text
    return repr(value)


def _names(keys: list[Any]) -> str:
    shown = ", ".join(_short(key) for key in keys[:5])
    return shown + (" …" if len(keys) > 5 else "")


def _short(value: Any) -> str:
    if type(value) is int and value.bit_length() > 200:
        return f"{'-' if value < 0 else ''}2^{value.bit_length() - 1}…"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]} … {text[-15:]}"
