"""Every known way out of the sandbox, tried in every tier, after it was seen to work without one."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

import pytest

from jinjie.course.sandbox import attempts, probes
from jinjie.course.sandbox.probes import PROBES, Probe, Verdict

FORBIDDEN_BY_SOME_SYSTEMS = {
    "nested_namespace",
    "mount",
    "read_memory_of_other",
    "open_doors_into_the_kernel",
    "trace",
}
"""Controls that an ordinary user may fail, since the system itself says no."""

OPEN_IN_TIER_3 = {
    "read_password_file",
    "read_home",
    "read_other_submission",
    "read_database",
    "read_hidden_cases",
    "write_outside",
    "write_anywhere_else",
    "symlink_out",
    "hard_link_out",
    "chmod_outside",
    "truncate_outside",
    "connect_tcp",
    "send_udp",
    "connect_abstract_socket",
    "signal_parent",
    "signal_all",
    "kill_other",
    "vfork_and_run",
    "orphan",
}
"""What a process with limits alone lets through for every user; the rest it may hold or not."""

controlled = cache(probes.control)


def named(probe: Probe) -> str:
    return probe.name


@pytest.mark.parametrize("probe", PROBES, ids=named)
def test_the_attempt_succeeds_without_a_sandbox(probe: Probe) -> None:
    if not controlled(probe):
        may_fail = probe.name in FORBIDDEN_BY_SOME_SYSTEMS and os.geteuid() != 0
        assert may_fail, f"{probe.name} does not succeed without a sandbox: it proves nothing"
        pytest.skip(f"{probe.name}: this system forbids it by itself")


@pytest.mark.parametrize("tier", [1, 2])
@pytest.mark.parametrize("probe", PROBES, ids=named)
def test_the_attempt_is_held(probe: Probe, tier: int, needs: Callable[[int], None]) -> None:
    needs(tier)
    found = probes.attempt(probe, tier)
    assert found.expected
    assert found.verdict is Verdict.HELD, found.said


@pytest.mark.parametrize("probe", PROBES, ids=named)
def test_limits_alone_hold_time_memory_output_and_the_grade_and_are_honest_about_the_rest(
    probe: Probe,
) -> None:
    found = probes.attempt(probe, 3)
    assert found.right, found.said
    assert found.expected is (3 in probe.tiers)
    if probe.name in OPEN_IN_TIER_3:
        assert found.verdict is Verdict.ESCAPED, f"{probe.name} is held now: say so in OPEN_IN_TIER_3"


def test_every_attempt_has_a_probe_and_every_probe_an_attempt() -> None:
    written = {name for name, value in vars(attempts).items() if callable(value) and name[0].islower()}
    imported = {"contextlib", "ctypes"}
    own = {name for name in written if getattr(vars(attempts)[name], "__module__", "") == attempts.__name__}
    assert own - imported == {probe.name for probe in PROBES}


def test_the_suite_says_what_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite that cannot fail is none: tier 3, taken for one that has to hold everything, fails it."""
    some = [Probe("read_password_file", (3,)), Probe("find_the_test", (3,))]
    monkeypatch.setattr(probes, "PROBES", tuple(some))
    read, searched = probes.escape_suite(3)
    assert (read.verdict, read.right, searched.right) == (Verdict.ESCAPED, False, True)
