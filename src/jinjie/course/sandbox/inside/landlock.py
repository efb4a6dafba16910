"""Landlock: a process gives up, for itself and for good, every file but those it names (landlock(7), Linux 5.13).

No installation and no root are needed. The kernel's Application Binary Interface has a number; each added rights to
give up: 2 moving between folders, 3 cutting files short, 4 TCP, 5 commands to devices, 6 abstract sockets and signals.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE = 1 << 4, 1 << 5
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in range(6, 13))
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

READ = EXECUTE | READ_FILE | READ_DIR
WRITE = READ_FILE | READ_DIR | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE
"""Rights in the work folder: no links out of it, no devices, sockets or pipes."""
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
"""Rights that a rule about a single file may name."""

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1


class NoLandlock(Exception):
    """This kernel has no Landlock, has it switched off, or refuses the rules."""


def version() -> int:
    """The number of the kernel's interface; 0 where there is no Landlock."""
    found = _libc().syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    return max(int(found), 0)


def handled(abi: int) -> int:
    """Every right to files that an interface of this number can take away."""
    bits = 13 if abi < 2 else 14 if abi < 3 else 15 if abi < 5 else 16
    return (1 << bits) - 1


def restrict(
    read: Iterable[str], write: Iterable[str], devices: Iterable[str] = (), listed: Iterable[str] = ()
) -> int:
    """Keep this process to reading below `read`, writing below `write` and using `devices`; no TCP, no signals out.

    Of `listed` folders and those below them it sees the names and no more.

    Paths that are not there are passed over. Gives the number of the interface. The process must have one thread,
    since threads that run already stay as they are; raises NoLandlock otherwise, and where the kernel refuses.
    """
    abi = version()
    if abi < 1:
        raise NoLandlock("the kernel has no Landlock")

    class Ruleset(ctypes.Structure):
        _fields_ = [("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]

    everything = handled(abi)
    rules = Ruleset(everything, 0b11 if abi >= 4 else 0, 0b11 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    libc = _libc()
    ruleset = libc.syscall(_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < 0:
        raise NoLandlock(f"Landlock: {os.strerror(ctypes.get_errno())}")
    try:
        for path in read:
            _allow(libc, ruleset, path, READ & everything)
        for path in write:
            _allow(libc, ruleset, path, WRITE & everything)
        for path in listed:
            _allow(libc, ruleset, path, READ_DIR)
        for path in devices:
            _allow(libc, ruleset, path, (READ_FILE | WRITE_FILE) & everything)
        no_new_rights = 38
        if libc.prctl(no_new_rights, 1, 0, 0, 0):
            raise NoLandlock(f"no_new_privs: {os.strerror(ctypes.get_errno())}")
        if libc.syscall(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0)):
            raise NoLandlock(f"Landlock: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(ruleset)
    return abi


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    class Beneath(ctypes.Structure):
        _pack_ = 1
        _fields_ = [("rights", ctypes.c_uint64), ("folder", ctypes.c_int32)]

    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= OF_FILES
        beneath = Beneath(rights, place)
        if libc.syscall(
            _ADD, ctypes.c_int(ruleset), ctypes.c_int(1), ctypes.byref(beneath), ctypes.c_uint32(0)
        ):
            raise NoLandlock(f"Landlock, {path}: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(place)


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
