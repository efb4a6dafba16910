"""The filter, run by a small machine of classic BPF: for both kinds of processor, whichever this one is."""

from __future__ import annotations

import errno
import struct

import pytest

from jinjie.course.sandbox.inside import seccomp

ALLOW, KILL = 0x7FFF0000, 0x80000000
MACHINES = ["x86_64", "aarch64"]
READ = {"x86_64": 0, "aarch64": 63}
CLONE = {"x86_64": 56, "aarch64": 220}
OPENAT = {"x86_64": 257, "aarch64": 56}
KILL_CALL = {"x86_64": 62, "aarch64": 129}
TGKILL = {"x86_64": 234, "aarch64": 131}
PRLIMIT = {"x86_64": 302, "aarch64": 261}
PRCTL = {"x86_64": 157, "aarch64": 167}
IOCTL = {"x86_64": 16, "aarch64": 29}


def verdict(program: bytes, machine: str, number: int, *args: int, arch: int | None = None) -> int:
    """What the kernel would do: it runs the program over struct seccomp_data (linux/seccomp.h)."""
    arch = seccomp.AUDIT_ARCH[machine] if arch is None else arch
    data = struct.pack("=IIQ6Q", number, arch, 0, *args, *[0] * (6 - len(args)))
    code = [struct.unpack_from("=HBBI", program, 8 * i) for i in range(len(program) // 8)]
    at = held = 0
    while True:
        kind, yes, no, value = code[at]
        at += 1
        match kind:
            case 0x20:
                (held,) = struct.unpack_from("=I", data, value)
            case 0x54:
                held &= value
            case 0x06:
                return value
            case 0x15:
                at += yes if held == value else no
            case 0x25:
                at += yes if held > value else no
            case 0x45:
                at += yes if held & value else no
            case _:
                raise AssertionError(f"no instruction {kind:#x}")


def fails(code: int) -> int:
    return 0x00050000 | code


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_of_the_table_is_refused_and_every_other_known_one_goes_on(machine: str) -> None:
    program = seccomp.assemble(machine, pid=7)
    column = MACHINES.index(machine)
    refused = {pair[column] for pair in (*seccomp.DENIED.values(), *seccomp.EXECUTE.values())} - {None}
    as_old = {pair[column] for pair in seccomp.NOT_THERE.values()}
    by_argument = {CLONE[machine], KILL_CALL[machine], TGKILL[machine], PRLIMIT[machine]}
    for number in range(seccomp.NEWEST + 1):
        expected = (
            fails(errno.EPERM) if number in refused else fails(errno.ENOSYS) if number in as_old else ALLOW
        )
        if number not in by_argument:
            assert verdict(program, machine, number) == expected, number


@pytest.mark.parametrize("machine", MACHINES)
def test_newer_calls_and_other_instruction_sets_are_refused(machine: str) -> None:
    program = seccomp.assemble(machine)
    assert verdict(program, machine, seccomp.NEWEST + 1) == fails(errno.ENOSYS)
    assert verdict(program, machine, 0x40000000 | READ[machine]) == fails(errno.ENOSYS), "x32 of x86_64"
    assert verdict(program, machine, READ[machine], arch=0x40000003) == KILL, "32 bits"
    assert verdict(program, machine, READ[machine]) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_threads_are_made_and_processes_and_namespaces_are_not(machine: str) -> None:
    program = seccomp.assemble(machine)
    thread = 0x3D0F00  # what pthread_create asks for
    assert verdict(program, machine, CLONE[machine], thread) == ALLOW
    assert verdict(program, machine, CLONE[machine], 17) == fails(errno.EPERM), "fork"
    assert verdict(program, machine, CLONE[machine], 0x4111) == fails(errno.EPERM), "vfork"
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80):
        assert verdict(program, machine, CLONE[machine], thread | flag) == fails(errno.EPERM)


@pytest.mark.parametrize("machine", MACHINES)
def test_signals_and_limits_reach_the_process_itself_alone(machine: str) -> None:
    program = seccomp.assemble(machine, pid=4242)
    for number in (KILL_CALL[machine], TGKILL[machine]):
        assert verdict(program, machine, number, 4242) == ALLOW
        for other in (0, 1, 4243, 2**32 - 1, 2**64 - 1):
            assert verdict(program, machine, number, other) == fails(errno.EPERM), other
    assert (
        verdict(program, machine, PRLIMIT[machine], 0)
        == verdict(program, machine, PRLIMIT[machine], 4242)
        == ALLOW
    )
    assert verdict(program, machine, PRLIMIT[machine], 1) == fails(errno.EPERM)
    assert verdict(program, machine, PRCTL[machine], 1) == fails(errno.EPERM), "PR_SET_PDEATHSIG"
    assert verdict(program, machine, PRCTL[machine], 15) == ALLOW, "PR_SET_NAME"


@pytest.mark.parametrize("machine", MACHINES)
def test_typing_into_a_terminal_and_cutting_a_file_by_opening_it_to_read_are_refused(machine: str) -> None:
    program = seccomp.assemble(machine)
    assert verdict(program, machine, IOCTL[machine], 0, 0x5412) == fails(errno.EPERM)
    assert verdict(program, machine, IOCTL[machine], 0, 0x5401) == ALLOW
    assert verdict(program, machine, OPENAT[machine], 0, 0, 0o1000) == fails(errno.EPERM)
    assert verdict(program, machine, OPENAT[machine], 0, 0, 0o1001) == ALLOW, "writing is Landlock's to judge"


def test_other_processors_have_no_filter() -> None:
    with pytest.raises(seccomp.NoFilter, match="riscv64"):
        seccomp.assemble("riscv64")


def test_a_program_may_be_started_only_where_that_is_asked_for() -> None:
    assert verdict(seccomp.assemble("x86_64", execute=True), "x86_64", 59) == ALLOW
    assert verdict(seccomp.assemble("x86_64"), "x86_64", 59) == fails(errno.EPERM)
