"""Where a learner's code runs, and code of somebody's content: cut off from the machine and held to limits.

    outcome = run(Job(files={"submission.py": source}, module="submission", calls=[Call("step", (1.0, 0.1))]))

`run` never raises for what the code does. What is protected against what, and how it is tried, is in `probes`.
The names come lazily, since what runs inside imports this package too and must start fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinjie.course.sandbox.control import run
    from jinjie.course.sandbox.inside.wire import Tensor
    from jinjie.course.sandbox.job import Call, Ended, Fault, Job, Limits, Line, Outcome, Result
    from jinjie.course.sandbox.tiers import Probed, Tier, probe
    from jinjie.course.sandbox.warm import Warm

__all__ = [
    "Call",
    "Ended",
    "Fault",
    "Job",
    "Limits",
    "Line",
    "Outcome",
    "Probed",
    "Result",
    "Tensor",
    "Tier",
    "Warm",
    "probe",
    "run",
]

_HOMES = {
    "job": ("Call", "Ended", "Fault", "Job", "Limits", "Line", "Outcome", "Result"),
    "control": ("run",),
    "tiers": ("Probed", "Tier", "probe"),
    "warm": ("Warm",),
    "inside.wire": ("Tensor",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
