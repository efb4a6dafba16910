"""Runs in the sandbox beside an exercise's own files: draws its cases and calls its solutions on them.

Sent as text, so it imports nothing of Jinjie. The cases stay in the process, each solution gets a copy of them.
"""

from __future__ import annotations

import copy
import importlib
import signal
import time
from typing import Any

import numpy as np

RIGHT = "solution"
PATIENCE = 0.5
TIMES = 50
"""Times the right solution's seconds that a wrong one has, and `PATIENCE` seconds on top."""

_drawn: dict[tuple[int, int], list[tuple[Any, str, Any]]] = {}


def cases(seed: int, count: int, entries: list[str]) -> list[tuple[Any, str, Any]]:
    """`count` cases (name, entry, arguments) of `cases.cases(rng)`, which is begun again where it ends sooner.

    Raises ValueError for what is no case.
    """
    module = importlib.import_module("cases")
    rng = np.random.Generator(np.random.PCG64(seed))
    taken: list[tuple[Any, str, Any]] = []
    while len(taken) < count:
        before = len(taken)
        for one in module.cases(rng):
            taken.append(_read(one, entries))
            if len(taken) == count:
                break
        if len(taken) == before:
            raise ValueError("cases(rng) yields nothing")
    _drawn[seed, count] = taken
    return taken


class Overdue(BaseException):
    """A solution's time is up."""


class Skipped(BaseException):
    """Its time was up at an earlier case."""


_spent: dict[str, float] = {}
_overdue: set[str] = set()


def answer(module: str, seed: int, count: int, number: int, seconds: float) -> list[Any]:
    """[what a solution gives back for a case, whether it changed its arguments].

    `seconds` are a solution's for all of its calls. Raises Overdue when they are up, and Skipped from then on.
    A wrong solution has less where the right one was quick: a learner does not wait for a loop without an end.
    """
    if module in _overdue:
        raise Skipped
    if module != RIGHT:
        seconds = min(seconds, PATIENCE + TIMES * _spent.get(RIGHT, 0.0))
    _, entry, given = _drawn[seed, count][number]
    arguments = copy.deepcopy(given)
    function = getattr(importlib.import_module(module), entry)
    begun = time.perf_counter()
    _alarm(max(seconds - _spent.get(module, 0.0), 0.01))
    try:
        value = function(**arguments) if isinstance(arguments, dict) else function(*arguments)
    except Overdue:
        _overdue.add(module)
        raise
    finally:
        _alarm(0.0)
        _spent[module] = _spent.get(module, 0.0) + time.perf_counter() - begun
    return [value, not _same(given, arguments)]


def _alarm(seconds: float) -> None:
    """Raise Overdue in so many seconds, 0 for never. On Windows the sandbox's own limit ends the call."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _ring)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _ring(*_: Any) -> None:
    raise Overdue


def _read(one: Any, entries: list[str]) -> tuple[Any, str, Any]:
    if not isinstance(one, tuple) or len(one) not in (2, 3):
        raise ValueError(f"a case is (name, arguments) or (name, entry, arguments), came {one!r:.200}")
    name, entry, arguments = one if len(one) == 3 else (one[0], entries[0], one[1])
    if len(one) == 2 and len(entries) > 1:
        raise ValueError(f"with several entries a case is (name, entry, arguments), came {one!r:.200}")
    if not isinstance(name, str) and not (isinstance(name, dict) and set(name) == {"en", "zh"}):
        raise ValueError(f"a case's name is a text, or {{'en': …, 'zh': …}}, came {name!r:.200}")
    if entry not in entries:
        raise ValueError(f"a case's entry is one of {', '.join(entries)}, came {entry!r:.200}")
    if not isinstance(arguments, tuple | dict):
        raise ValueError(f"a case's arguments are a tuple or a dict, came {arguments!r:.200}")
    return name, entry, arguments


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, np.ndarray):
        alike = one.dtype == other.dtype and one.shape == other.shape
        return bool(alike and one.tobytes() == other.tobytes())
    if hasattr(one, "detach"):
        return bool(one.shape == other.shape) and _same(one.detach().numpy(), other.detach().numpy())
    same = one == other or (one != one and other != other)
    return bool(same)
