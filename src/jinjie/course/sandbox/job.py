"""What is asked of the sandbox, and what came of it."""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Literal

from jinjie.base.errors import InvalidInput, Problem

Library = Literal["numpy", "torch"]


@dataclass(frozen=True)
class Limits:
    """What a job may take in all. Raises InvalidInput for what is no limit."""

    seconds: float = 10.0
    """On the clock, from the moment that the library is imported and the learner's module is about to be."""
    cpu_seconds: float | None = None
    """Of the processor, rounded up to a whole second by the system; None: as `seconds`."""
    memory_mb: int = 512
    """Address space on top of what Python, NumPy and PyTorch take (MiB); threads are bounded by it as well."""
    output_bytes: int = 64 * 1024
    """Of printed text kept; who prints sixteen times as much is stopped."""
    file_mb: int = 16
    """Of one file (MiB)."""
    disk_mb: int = 64
    """Of all files together (MiB); where they lie in memory, it counts there."""
    files: int = 1_000
    """Files and folders in the work folder."""
    open_files: int = 64
    threads: int = 64
    result_mb: int = 64
    """Of all that one call gives back (MiB)."""

    def __post_init__(self) -> None:
        problems = [
            Problem(name, "sandbox.no_limit", came=repr(value))
            for name, value in asdict(self).items()
            if value is not None
            and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9)
        ]
        if problems:
            raise InvalidInput(problems)


@dataclass(frozen=True)
class Call:
    """One call of a function of the module. Arguments are of the kinds that `inside.wire` takes."""

    function: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """Files, the module of theirs to import, and the calls. Raises InvalidInput, all problems at once."""

    files: Mapping[str, str | bytes]
    """Name in the work folder (`submission.py`, `data/table.csv`) → content."""
    module: str
    calls: Sequence[Call] = ()
    limits: Limits = field(default_factory=Limits)
    library: Library = "numpy"
    tier: int | None = None
    """1, 2 or 3; None takes the best that this machine has."""
    fresh: bool = False
    """A process and namespaces of its own, instead of a copy of one that is kept with its library imported."""

    def __post_init__(self) -> None:
        problems = [
            Problem(f"files[{name!r}]", "sandbox.no_file_name") for name in self.files if not _is_inside(name)
        ]
        problems += [
            Problem(f"files[{name!r}]", "sandbox.no_content", came=type(content).__name__)
            for name, content in self.files.items()
            if not isinstance(content, str | bytes)
        ]
        parts = self.module.split(".")
        path = "/".join(parts)
        if not all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
            problems.append(Problem("module", "sandbox.no_module_name", name=self.module))
        elif f"{path}.py" not in self.files and f"{path}/__init__.py" not in self.files:
            problems.append(
                Problem(
                    "module",
                    "sandbox.no_module",
                    name=self.module,
                    files=", ".join(sorted(self.files)) or "–",
                )
            )
        if self.library not in ("numpy", "torch"):
            problems.append(Problem("library", "sandbox.no_library", name=self.library))
        if self.tier not in (None, 1, 2, 3):
            problems.append(Problem("tier", "sandbox.no_such_tier", tier=self.tier))
        if problems:
            raise InvalidInput(problems)


class Ended(StrEnum):
    """Why a job ended."""

    DONE = "done"
    """Every call was answered: with a value, or with what the code raised."""
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"
    """Printed far more than is kept."""
    DISK = "disk"
    """Files too large or too many."""
    THREADS = "threads"
    KILLED = "killed"
    """By a signal that nobody here sent: a fault of memory in C code, or the system."""
    NO_RESULT = "no_result"
    """The process ended by itself, or wrote something that is no result."""
    SANDBOX = "sandbox"
    """The sandbox could not be started; no word about the learner's code."""


@dataclass(frozen=True)
class Line:
    """One line of the learner's own files on the way to an exception."""

    file: str
    line: int
    function: str
    text: str


@dataclass(frozen=True)
class Fault:
    """What a call raised, or why what it gave back could not be taken."""

    type: str
    """The exception's class; `NotDefined` for a function that is not there, `CannotCross` for a value of a kind that
    is not taken, `Broken` for a result that is none."""
    message: str
    during: Literal["import", "arguments", "call", "return"]
    lines: tuple[Line, ...] = ()
    """Of the learner's own files, outermost first."""

    @property
    def line(self) -> Line | None:
        """Where it happened: the innermost line that is the learner's own."""
        return self.lines[-1] if self.lines else None


@dataclass(frozen=True)
class Result:
    """What came of one call: a value, a fault, or nothing (`missing`)."""

    value: Any = None
    fault: Fault | None = None
    missing: bool = False
    mutated: tuple[str, ...] = ()
    """Arguments that were changed in place: "0", "1", … and names. A mistake shows here; who hides it can."""
    seconds: float = 0.0
    """As the process in the sandbox measured it."""

    @property
    def ok(self) -> bool:
        return self.fault is None and not self.missing


@dataclass(frozen=True)
class Outcome:
    """What came of a job: one result a call, in their order."""

    results: tuple[Result, ...]
    ended: Ended
    printed: str
    """What was printed, both streams, the first `output_bytes` of it."""
    cut: bool
    """Whether more was printed than is kept."""
    seconds: float
    """On the clock, from the start of the learner's module."""
    tier: int
    fault: Fault | None = None
    """What the import of the module raised."""
    held: Mapping[str, Any] = field(default_factory=dict)
    """What the process had given up before the learner's module came: `landlock` (the number of its interface, 0 for
    none) and `seccomp`."""
    reason: str = ""
    """For `sandbox` and `killed`: what the system said, for a log."""


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        bool(name)
        and not path.is_absolute()
        and not any(part in ("..", "") for part in path.parts)
        and "\\" not in name
        and "\0" not in name
        and ":" not in name
        and len(name) < 200
        and str(path) == name
    )
