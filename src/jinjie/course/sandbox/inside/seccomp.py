"""A seccomp filter, assembled here instruction by instruction: the system calls that code in the sandbox is refused.

The filter is a program of classic BPF that the kernel runs before every system call (seccomp(2), bpf(2)). It refuses
what the table below names, every call that is newer than the ones known here, and every other instruction set.
Everything else goes on, since what files may be touched is decided elsewhere (bubblewrap, Landlock).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Sequence

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""What the kernel calls the two instruction sets that this file knows (linux/audit.h)."""
NEWEST = 462
"""The last system call that was looked at, mseal of Linux 6.10: from 424 on the numbers are the same everywhere."""

# name: (number on x86_64, number on aarch64); None where that machine has no such call.
DENIED: dict[str, tuple[int | None, int | None]] = {
    # new processes and programs (clone has a rule of its own)
    "fork": (57, None),
    "vfork": (58, None),
    # the network, and sockets of any kind
    "socket": (41, 198),
    "socketpair": (53, 199),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "connect": (42, 203),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "recvmmsg": (299, 243),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    # doors into the kernel
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "create_module": (174, None),
    "personality": (135, 92),
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    "lookup_dcookie": (212, 18),
    "fanotify_init": (300, 262),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "uselib": (134, None),
    "_sysctl": (156, None),
    "nfsservctl": (180, 42),
    # namespaces and mounts
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "statmount": (457, 457),
    "listmount": (458, 458),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "mknod": (133, None),
    "mknodat": (259, 33),
    # the machine
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    # memory that no limit counts
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # what Landlock does not see: owners, modes, times, attributes, and the length of a file by its path
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "truncate": (76, 45),
}
EXECUTE: dict[str, tuple[int | None, int | None]] = {"execve": (59, 221), "execveat": (322, 281)}
NOT_THERE: dict[str, tuple[int | None, int | None]] = {"clone3": (435, 435), "openat2": (437, 437)}
"""Answered as an old kernel would (ENOSYS), so that the C library falls back to a call whose flags can be read."""

CLONE_THREAD = 0x00010000
CLONE_NEW = 0x7E020080
"""Every flag of clone that makes a namespace."""
O_TRUNC = 0o1000
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
"""Requests to a terminal that type into it."""
PARENT_DEATH_SIGNAL = 1
"""What prctl sets so that a process dies with its parent: set already, and to stay."""

_LOAD, _EQUAL, _SET, _ABOVE, _AND, _RETURN = 0x20, 0x15, 0x45, 0x25, 0x54, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16

Instruction = tuple[int, int, int, int]


class NoFilter(Exception):
    """There is no filter for this machine, or the kernel does not take it."""


def assemble(machine: str | None = None, pid: int | None = None, execute: bool = False) -> bytes:
    """The filter for a machine ("x86_64" or "aarch64"; None: this one) as the kernel takes it.

    With `pid`, signals and limits reach that process alone; without, signals are free, which is only right in a
    namespace of processes. `execute` leaves execve open, for whoever starts the program after the filter is set.
    Raises NoFilter for other machines.
    """
    machine = machine or platform.machine()
    if machine not in AUDIT_ARCH or sys.byteorder != "little":
        raise NoFilter(f"no system call numbers for {machine}")
    column = 0 if machine == "x86_64" else 1
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        # x86_64 has a second set of numbers (x32) with bit 30 set: above the newest as well
        (_ABOVE, 0, 1, NEWEST),
        _fail(errno.ENOSYS),
    ]
    for number in _numbers(NOT_THERE, column):
        program += [(_EQUAL, 0, 1, number), _fail(errno.ENOSYS)]
    refused = DENIED if execute else {**DENIED, **EXECUTE}
    for number in _numbers(refused, column):
        program += [(_EQUAL, 0, 1, number), _fail(errno.EPERM)]
    clone, ioctl, prlimit, prctl = ((56, 16, 302, 157), (220, 29, 261, 167))[column]
    kill, tgkill = ((62, 234), (129, 131))[column]
    program += _when(clone, _unless_set(0, CLONE_THREAD) + _if_set(0, CLONE_NEW))
    program += _when(prctl, _if_one_of(0, (PARENT_DEATH_SIGNAL,)))
    program += _when(ioctl, _if_one_of(1, (TIOCSTI, TIOCLINUX)))
    if column == 0:
        program += _when(2, _if_truncates(1))
    program += _when((257, 56)[column], _if_truncates(2))
    if pid is not None:
        program += _when(prlimit, _unless_one_of(0, (0, pid)))
        program += _when(kill, _unless_one_of(0, (pid,)))
        program += _when(tgkill, _unless_one_of(0, (pid,)))
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *one) for one in program)


def install(program: bytes) -> None:
    """Set the filter for this process from now on, for good. Raises NoFilter with the kernel's reason.

    The process gives up gaining rights first (PR_SET_NO_NEW_PRIVS), which an ordinary user must for a filter.
    """

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    code = ctypes.create_string_buffer(program, len(program))
    given = Program(len(program) // 8, ctypes.cast(code, ctypes.c_void_p))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]
    no_new_rights, set_seccomp, filter_mode = 38, 22, 2
    if prctl(no_new_rights, 1, None, 0, 0) or prctl(set_seccomp, filter_mode, ctypes.addressof(given), 0, 0):
        raise NoFilter(f"seccomp: {os.strerror(ctypes.get_errno())}")


def _numbers(table: dict[str, tuple[int | None, int | None]], column: int) -> list[int]:
    return [number for pair in table.values() if (number := pair[column]) is not None]


def _fail(code: int) -> Instruction:
    return (_RETURN, 0, 0, _ERRNO | code)


def _when(number: int, rule: list[Instruction]) -> list[Instruction]:
    """The rule for one system call; after it the number is loaded again, as it was before."""
    body = [*rule, (_LOAD, 0, 0, _NUMBER)]
    return [(_EQUAL, 0, len(body), number), *body]


def _argument(place: int) -> Instruction:
    """Load the low half of an argument: flags and numbers of processes are never longer."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * place)


def _if_set(place: int, flags: int) -> list[Instruction]:
    return [_argument(place), (_SET, 0, 1, flags), _fail(errno.EPERM)]


def _unless_set(place: int, flags: int) -> list[Instruction]:
    return [_argument(place), (_SET, 1, 0, flags), _fail(errno.EPERM)]


def _if_one_of(place: int, values: Sequence[int]) -> list[Instruction]:
    return [_argument(place)] + [
        one for value in values for one in ((_EQUAL, 0, 1, value), _fail(errno.EPERM))
    ]


def _unless_one_of(place: int, values: Sequence[int]) -> list[Instruction]:
    last = len(values) - 1
    return (
        [_argument(place)]
        + [(_EQUAL, last - i + 1, 0, value) for i, value in enumerate(values)]
        + [_fail(errno.EPERM)]
    )


def _if_truncates(place: int) -> list[Instruction]:
    """O_TRUNC with reading alone: older Landlocks see no writing in it."""
    return [_argument(place), (_AND, 0, 0, O_TRUNC | 0o3), (_EQUAL, 0, 1, O_TRUNC), _fail(errno.EPERM)]
