"""Which tiers this machine has, found out by running each."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.words import Text, text


class Tier(IntEnum):
    """How strictly code is held, the best first."""

    NAMESPACES = 1
    """bubblewrap: namespaces, seccomp, limits, and Landlock on top where the kernel has it."""
    LANDLOCK = 2
    """Landlock, seccomp and limits: no installation, no root."""
    LIMITS = 3
    """A process with limits of time, memory and output alone: for one's own code on one's own machine."""


@dataclass(frozen=True)
class Probed:
    """What trying one tier came to; `reason` says why it is not there, in the system's words."""

    tier: Tier
    there: bool
    reason: str = ""
    seconds: float = 0.0
    """From nothing to the answer."""
    detail: str = ""
    """The program that is used, and the number of Landlock's interface."""


@cache
def probe() -> tuple[Probed, ...]:
    """Try every tier once by really running a function in it; kept for the life of the process."""
    return tuple(_try(tier) for tier in Tier)


def best() -> Tier:
    """The tier that is used where none is asked for: `JINJIE_SANDBOX`, else the best that is there.

    Raises InvalidInput where that variable holds anything but a tier. A tier that is forced and not there is not
    replaced by a weaker one: its jobs end as `sandbox`.
    """
    forced = os.environ.get("JINJIE_SANDBOX", "").strip()
    if not forced:
        return _best()
    if forced not in ("1", "2", "3"):
        raise InvalidInput([Problem("JINJIE_SANDBOX", "sandbox.no_such_tier", tier=forced)])
    return Tier(int(forced))


def warning(tier: int) -> Text | None:
    """What a learner is to be told before code runs in a tier; None where nothing is."""
    return text("sandbox.only_limits") if tier == Tier.LIMITS else None


@cache
def _best() -> Tier:
    """Tries from the best down and stops at the first that is there."""
    return next((tier for tier in (Tier.NAMESPACES, Tier.LANDLOCK) if _try(tier).there), Tier.LIMITS)


@cache
def _try(tier: Tier) -> Probed:
    from jinjie.course.sandbox.control import run
    from jinjie.course.sandbox.job import Call, Ended, Job, Limits

    if tier is not Tier.LIMITS and not sys.platform.startswith("linux"):
        return Probed(tier, False, f"only on Linux, this is {sys.platform}")
    if tier is Tier.NAMESPACES:
        from jinjie.course.sandbox import bubblewrap

        if bubblewrap.program() is None:
            tried = bubblewrap.candidates()
            why = "; ".join(f"{path}: {bubblewrap.why_not(path)}" for path in tried)
            return Probed(tier, False, why or "no program bwrap")
    source = "def answer(x):\n    return x * 7\n"
    begun = time.monotonic()
    outcome = run(
        Job({"probe.py": source}, "probe", [Call("answer", (6,))], Limits(seconds=20), tier=int(tier))
    )
    if outcome.ended is Ended.DONE and outcome.results[0].value == 42:
        detail = bubblewrap.program() or "" if tier is Tier.NAMESPACES else ""
        if outcome.held.get("landlock"):
            detail = f"{detail} Landlock {outcome.held['landlock']}".strip()
        return Probed(tier, True, seconds=time.monotonic() - begun, detail=detail)
    return Probed(tier, False, outcome.reason or str(outcome.ended))
