"""What the system says of this machine: its processor, cores and memory, as far as this process may use them.

A container's limits count: a process that is granted two cores of sixty-four has two.
"""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NOTABLE = (
    "avx2",
    "avx512f",
    "avx512_bf16",
    "avx512_vnni",
    "avx_vnni",
    "amx_bf16",
    "amx_int8",
    "neon",
    "bf16",
    "i8mm",
)
"""CPU features that decide how fast a network trains; `neon`, `bf16` and `i8mm` are ARM's."""


@dataclass(frozen=True)
class Machine:
    """What the system says of itself. Memory is in bytes; it and the cores are what this process may use."""

    cpu: str
    system: str
    cores: int
    """Physical cores this process may use: never less than 1."""
    threads: int
    """Logical processors this process may use."""
    memory: int
    free: int
    flags: tuple[str, ...]


def here(root: Path = Path("/")) -> Machine:
    """This machine as the system describes it, without torch. `root` is where /proc and /sys are found."""
    import psutil

    memory = psutil.virtual_memory()
    quota, limit, used = _cgroup(root)
    physical, logical = _cores(root, quota)
    total = min(memory.total, limit or memory.total)
    free = min(memory.available, limit - (used or 0)) if limit and limit < memory.total else memory.available
    name, flags = cpu(root)
    return Machine(
        cpu=name,
        system=f"{platform.system()} {platform.release()}",
        cores=physical,
        threads=logical,
        memory=total,
        free=max(0, free),
        flags=flags,
    )


def memory() -> int:
    """Bytes of memory that this process may use, without psutil where the system says how many pages it has."""
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    else:
        import psutil

        whole = psutil.virtual_memory().total
    return min(whole, _cgroup(Path("/"))[1] or whole)


def cores() -> int:
    """Physical cores this process may use, at least 1."""
    return _cores(Path("/"), _cgroup(Path("/"))[0])[0]


@cache
def cpu(root: Path = Path("/")) -> tuple[str, tuple[str, ...]]:
    """The CPU's name and its notable features."""
    if platform.system() == "Darwin":
        return _darwin()
    fields: dict[str, str] = {}
    for line in (_word(root / "proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    words = set(f"{fields.get('flags', '')} {fields.get('Features', '')}".split())
    if "asimd" in words:
        words.add("neon")
    name = fields.get("model name") or platform.processor() or platform.machine()
    return name, tuple(flag for flag in NOTABLE if flag in words)


def _allowed() -> set[int] | None:
    """The logical processors this process may run on, or None where the system does not say."""
    return set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def _cores(root: Path, quota: float | None) -> tuple[int, int]:
    """(physical cores, logical processors) this process may use, at least 1; `quota` is a container's."""
    allowed = _allowed()
    logical = len(allowed) if allowed is not None else os.cpu_count() or 1
    physical = _physical(root, allowed)
    if physical is None:
        import psutil

        physical = min(psutil.cpu_count(logical=False) or logical, logical)
    if quota is not None:
        physical, logical = min(physical, int(quota)), min(logical, round(quota))
    return max(1, physical), max(1, logical)


def _physical(root: Path, allowed: set[int] | None) -> int | None:
    """Physical cores among the allowed processors (two hyper-threads share one), or None when unknown."""
    if allowed is None:
        return None
    found = set()
    for number in allowed:
        topology = root / f"sys/devices/system/cpu/cpu{number}/topology"
        core, package = _word(topology / "core_id"), _word(topology / "physical_package_id")
        if core is None:
            return None
        found.add((package, core))
    return len(found)


def _cgroup(root: Path) -> tuple[float | None, int | None, int | None]:
    """(cores, bytes, bytes used) that a container grants this process; None where it sets no limit.

    A limit on any group above this one holds too, so all of them are looked at and the tightest counts.
    """
    quotas: list[float] = []
    limits: list[tuple[int, int]] = []
    for line in (_word(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        base = root / "sys/fs/cgroup"
        limit_name, used_name = "memory.max", "memory.current"
        if controllers:  # version 1: one tree a controller
            base, limit_name, used_name = base / controllers, "memory.limit_in_bytes", "memory.usage_in_bytes"
        group = base / path.lstrip("/")
        for place in (group, *group.parents):
            if not place.is_relative_to(base):
                break
            if (quota := _quota(place)) is not None:
                quotas.append(quota)
            limit = _number(place / limit_name)
            if limit and limit < 1 << 60:  # version 1 writes "no limit" as a huge number
                limits.append((limit, _number(place / used_name) or 0))
    tightest = min(limits, default=(None, None))
    return min(quotas, default=None), *tightest


def _quota(place: Path) -> float | None:
    """Cores' worth of time that one group grants: version 2's `cpu.max`, else version 1's pair of files."""
    quota, _, period = (_word(place / "cpu.max") or "").partition(" ")
    if not period:
        quota, period = _word(place / "cpu.cfs_quota_us") or "", _word(place / "cpu.cfs_period_us") or ""
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _number(path: Path) -> int | None:
    """The whole number in a small system file, or None where there is none."""
    content = _word(path) or ""
    return int(content) if content.isdigit() else None


def _darwin() -> tuple[str, tuple[str, ...]]:
    def ask(name: str) -> str:
        try:
            done = subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, timeout=5)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip()

    features = {
        "hw.optional.avx2_0": "avx2",
        "hw.optional.neon": "neon",
        "hw.optional.arm.FEAT_BF16": "bf16",
        "hw.optional.arm.FEAT_I8MM": "i8mm",
    }
    return ask("machdep.cpu.brand_string") or platform.machine(), tuple(
        f for k, f in features.items() if ask(k) == "1"
    )


def _word(path: Path) -> str | None:
    """A small system file's content, or None where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def peak_memory() -> int | None:
    """Most bytes of memory that this process has held at once; None where the system does not tell.

    Linux's VmHWM and not `ru_maxrss`, which begins at what the process that started this one held.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    held = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")), None)
    return None if held is None else int(held) * 1024
