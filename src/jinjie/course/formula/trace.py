"""A formula at work: its function's own example, run and watched line by line.

The example is the one in the function's docstring, so that what `jinjie formula` shows, what the file says and what the
tests run are the same thing.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import doctest
import inspect
import io
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any

from jinjie.base.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

MOST_STEPS = 200
"""Statements that are remembered; a loop may go round longer, and the trace then says how many are left out."""


@dataclass(frozen=True)
class Step:
    """One statement that was carried out, and the names whose value it changed."""

    line: int
    """Line within the function's source, from 0."""
    source: str
    changed: Mapping[str, Any]
    """For a `return` statement: the value, under the empty name."""


@dataclass
class Trace:
    """One call of the function."""

    example: str
    """The example as the docstring has it, without prompts."""
    printed: str
    """What Python says to the example's last line."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    left_out: int = 0
    result: Any = None


def run(function: Callable[..., Any]) -> Trace:
    """Run the example of `function`'s docstring and watch the last call of it.

    Raises ValueError when the docstring has no example or the example never calls the function.
    """
    plain = inspect.unwrap(function)
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(plain) or "")
    if not examples:
        raise ValueError(f"{plain.__qualname__} has no example in its docstring")
    watched = _Watched(plain.__code__, _statements(plain))
    namespace = {**vars(sys.modules[plain.__module__]), "np": np}
    # The trace function sees every new frame; only the frame of `function` itself is followed line by line.
    before = sys.gettrace()
    sys.settrace(watched.enter)
    try:
        for example in examples:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(example.source, "<example>", "single"), namespace)
    finally:
        sys.settrace(before)
    if watched.trace is None:
        raise ValueError(f"the example of {plain.__qualname__} never calls it")
    watched.trace.example = "".join(example.source for example in examples).rstrip()
    watched.trace.printed = printed.getvalue().rstrip()
    return watched.trace


@dataclass(frozen=True)
class _Statement:
    first: int
    last: int
    source: str
    is_return: bool


def _statements(function: Callable[..., Any]) -> dict[int, _Statement]:
    """Every line of the function's file with a statement, and that statement; a loop or a condition is its head."""
    lines, start = inspect.getsourcelines(function)
    text = textwrap.dedent("".join(lines))
    split = text.splitlines()
    found: dict[int, _Statement] = {}
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.stmt) or isinstance(node, ast.FunctionDef):
            continue
        body = getattr(node, "body", None)
        last = body[0].lineno - 1 if body else (node.end_lineno or node.lineno)
        last = max(last, node.lineno)
        source = textwrap.dedent("\n".join(split[node.lineno - 1 : last]))
        statement = _Statement(node.lineno - 1, last - 1, source.strip(), isinstance(node, ast.Return))
        for line in range(node.lineno, last + 1):
            found[start + line - 1] = statement
    return found


class _Watched:
    """Follows the outermost call of one function; a later call begins a new trace."""

    def __init__(self, code: Any, statements: Mapping[int, _Statement]) -> None:
        self.code = code
        self.statements = statements
        self.trace: Trace | None = None
        self._frame: FrameType | None = None
        self._now: _Statement | None = None
        self._seen: dict[str, Any] = {}

    def enter(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code is not self.code or self._frame is not None:
            return None
        self._frame, self._now = frame, None
        self._seen = _snapshot(frame.f_locals)
        self.trace = Trace("", "", arguments=self._seen)
        return self._follow

    def _follow(self, frame: FrameType, event: str, value: Any) -> Any:
        assert self.trace is not None
        if event == "line":
            statement = self.statements.get(frame.f_lineno)
            if statement is not self._now:
                self._finish(frame)
                self._now = statement
        elif event == "return":
            if self._now is not None and self._now.is_return:
                self._remember(self._now, {"": _copy(value)})
            else:
                self._finish(frame)
            self.trace.result = value
            self._frame = None
        return self._follow

    def _finish(self, frame: FrameType) -> None:
        """The statement that was going on has ended: what did it change?"""
        after = _snapshot(frame.f_locals)
        changed = {
            name: value
            for name, value in after.items()
            if name not in self._seen or not _same(self._seen[name], value)
        }
        if self._now is not None and changed:
            self._remember(self._now, changed)
        self._seen = after

    def _remember(self, statement: _Statement, changed: Mapping[str, Any]) -> None:
        assert self.trace is not None
        if len(self.trace.steps) < MOST_STEPS:
            self.trace.steps.append(Step(statement.first, statement.source, changed))
        else:
            self.trace.left_out += 1


def _snapshot(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _copy(value) for name, value in values.items()}


def _copy(value: Any) -> Any:
    """A copy that later changes in place leave alone; an object of another kind is taken as it is."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, dict, set, tuple)):
        with contextlib.suppress(Exception):
            return copy.deepcopy(value)
    return value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.shape(one) == np.shape(other) and bool(np.all(np.asarray(one) == np.asarray(other)))
    try:
        return bool(one is other or one == other)
    except ValueError:  # containers that hold arrays have no plain truth
        return repr(one) == repr(other)
