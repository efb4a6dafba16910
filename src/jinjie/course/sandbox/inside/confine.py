"""A process gives up its rights, in the order in which each step is still allowed, before it loads anyone's code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from typing import Any

from jinjie.course.sandbox.inside import landlock, seccomp

DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


class NotConfined(Exception):
    """A right that was to be given up is still there; the sentence says which and why."""


def limit(limits: Mapping[str, Any]) -> None:
    """Set the system's limits, soft and hard alike; `limits` are the fields of `job.Limits`.

    Memory is what may be taken from here on, on top of what the process has mapped: libraries come for free. Nothing
    happens on Windows, where the controller alone watches.
    """
    try:
        import resource
    except ImportError:
        return
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    wanted = {
        "RLIMIT_CPU": int(used + limits["cpu_seconds"]) + 1,
        "RLIMIT_FSIZE": limits["file_mb"] * 2**20,
        "RLIMIT_NOFILE": limits["open_files"],
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    if (mapped := _mapped()) is not None:
        wanted["RLIMIT_AS"] = mapped + limits["memory_mb"] * 2**20
    for name, most in wanted.items():
        number = getattr(resource, name, None)
        if number is None:
            continue
        hard = resource.getrlimit(number)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        with contextlib.suppress(OSError, ValueError):  # macOS refuses some
            resource.setrlimit(number, (most, most))


def drop_capabilities() -> None:
    """Give up everything that root may do beyond others; nothing for an ordinary user. Raises NotConfined."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    bounding, ambient, clear_all = 24, 47, 4
    for capability in range(64):  # fails where it is not held, and past the last one
        libc.prctl(bounding, capability, 0, 0, 0)
    libc.prctl(ambient, clear_all, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()):
        raise NotConfined(f"capabilities: {os.strerror(ctypes.get_errno())}")


def die_with_parent() -> None:
    """Be killed when the thread that started this process ends, however that comes; on Linux."""
    import ctypes

    parent_death_signal, sigkill = 1, 9
    ctypes.CDLL(None).prctl(parent_death_signal, sigkill, 0, 0, 0)


def shut(read: list[str], listed: list[str], work: str, need_landlock: bool) -> dict[str, Any]:
    """Landlock and seccomp, for good; gives what now holds. Raises NotConfined where something needed is missing.

    Within a mount namespace Landlock comes on top where the kernel has it, and is not needed.
    """
    threads = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1
    if threads != 1:
        raise NotConfined(f"{threads} threads run already")
    held: dict[str, Any] = {"landlock": 0, "seccomp": False}
    try:
        held["landlock"] = landlock.restrict(read, [work], DEVICES, listed)
    except landlock.NoLandlock as reason:
        if need_landlock:
            raise NotConfined(str(reason)) from None
    try:
        seccomp.install(seccomp.assemble(pid=os.getpid()))
    except seccomp.NoFilter as reason:
        raise NotConfined(str(reason)) from None
    held["seccomp"] = True
    return held


def _mapped() -> int | None:
    """Bytes of address space that this process has, or None where the system does not say."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None
