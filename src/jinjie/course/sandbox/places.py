"""What code in the sandbox may read: Python, NumPy, PyTorch and Jinjie's own modules, and nothing of the learner's.

Contents of exercises and all that Jinjie keeps are left out even where they lie below one of these folders.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import jinjie
from jinjie.base.paths import home, shared

SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/sbin",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/localtime",
)
MACHINE = ("/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu")
"""What NumPy and PyTorch ask the system about its processor."""
GUEST = Path(__file__).parent / "inside" / "guest.py"


@cache
def python() -> str:
    """The interpreter itself and no link in an environment, so that its environment need not be readable."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def source_folder() -> Path:
    """The folder that holds the package jinjie."""
    return Path(jinjie.__file__).resolve().parent.parent


@cache
def packages() -> tuple[str, ...]:
    """Folders of packages for the guest's `sys.path`: those where NumPy, PyTorch and Jinjie are."""
    found = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    for name in ("numpy", "torch"):
        spec = find_spec(name)
        if spec is not None and spec.origin:
            found.append(str(Path(spec.origin).parent.parent))
    found.append(str(source_folder()))
    return tuple(dict.fromkeys(os.path.realpath(path) for path in found))


@cache
def readable() -> tuple[str, ...]:
    """Folders and files to read, by the names under which they are asked for and by their real ones."""
    jinjie_itself = str(Path(jinjie.__file__).resolve().parent)
    found = [*SYSTEM, sys.base_prefix, str(Path(python()).parent.parent), jinjie_itself]
    source = str(source_folder())
    found += [path for path in packages() if path != source or path.endswith("-packages")]
    both = [name for path in found for name in (path, os.path.realpath(path))]
    there = [path for path in dict.fromkeys(both) if os.path.exists(path) and path != "/"]  # noqa: PTH110
    return tuple(path for path in there if not any(_below(path, other) for other in there))


def hidden() -> tuple[str, ...]:
    """Folders below readable ones that stay shut: exercises with their cases, and what Jinjie keeps of learners."""
    package = Path(jinjie.__file__).resolve().parent
    wanted = [package / "content", home(), shared(), Path.home()]
    real = [os.path.realpath(path) for path in wanted if path.exists()]
    return tuple(path for path in dict.fromkeys(real) if any(_below(path, root) for root in readable()))


def open_paths() -> tuple[list[str], list[str]]:
    """`readable` without `hidden`, for rules that can only allow: folders around hidden ones are taken apart.

    Gives what may be read, and the folders that were taken apart: those may be listed, as importing from them needs.
    """
    shut = hidden()
    apart: list[str] = []
    return [*(path for root in readable() for path in _around(root, shut, apart)), *MACHINE], apart


def _around(root: str, shut: tuple[str, ...], apart: list[str]) -> list[str]:
    if root in shut:
        return []
    if not any(_below(path, root) for path in shut):
        return [root]
    apart.append(root)
    names = sorted(one.name for one in Path(root).iterdir())
    return [path for name in names for path in _around(f"{root}/{name}", shut, apart)]


def _below(path: str, root: str) -> bool:
    return path != root and path.startswith(root.rstrip("/") + "/")
