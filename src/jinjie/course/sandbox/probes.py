"""The escape suite: what somebody's code might try, tried, in every tier that is there.

Each attempt of `attempts` runs once without a sandbox, where it has to succeed, since a probe that cannot succeed
proves nothing; and then in a tier, where it must not. Whether it did is judged outside: by what came back, and by the
traces that it would have left.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from jinjie.base.paths import home
from jinjie.course.sandbox import places
from jinjie.course.sandbox.control import run
from jinjie.course.sandbox.job import Call, Ended, Job, Limits, Outcome

ATTEMPTS = Path(__file__).with_name("attempts.py")
VARIABLE = "JINJIE_PROBE_SECRET"
LONG = 1.6
"""Seconds that an attempt without end takes where nothing ends it, twice what it gets."""
LATER = 0.4
"""Seconds after which an orphan leaves its trace."""

CONTROL = """\
import importlib.util, json, sys
path, name, stage, hidden_case = sys.argv[1:]
spec = importlib.util.spec_from_file_location("attempts", path)
module = importlib.util.module_from_spec(spec)
sys.modules["attempts"] = module
spec.loader.exec_module(module)
value = getattr(module, name)(json.loads(stage))
print("\\nvalue", value is True)
"""
VICTIM = """\
import ctypes, sys, time
ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_ulong(-1), 0, 0, 0)  # whoever may trace at all may trace this one
held = ctypes.create_string_buffer(sys.argv[1].encode())
print(ctypes.addressof(held), flush=True)
time.sleep(120)
"""


class Verdict(StrEnum):
    """What trying one probe in one tier came to."""

    HELD = "held"
    ESCAPED = "escaped"
    UNPROVEN = "unproven"
    """It does not succeed without a sandbox either: this system forbids it by itself."""


@dataclass(frozen=True)
class Probe:
    """One attempt, and in which tiers it must not succeed."""

    name: str
    tiers: tuple[int, ...] = (1, 2)
    ended: tuple[Ended, ...] = ()
    """Why the job ends where the attempt is held; empty where the attempt itself is told no."""
    limits: Limits = field(default_factory=lambda: Limits(seconds=15, memory_mb=512))
    trace: str = ""
    """A file in the stage's folder that only a success leaves."""
    succeeded: Callable[[subprocess.CompletedProcess[str]], bool] | None = None
    """How success shows without a sandbox, where it is not the value True."""


@dataclass(frozen=True)
class Found:
    """What one probe came to in one tier; `said` is the exception or the end that held it, for people."""

    name: str
    tier: int
    verdict: Verdict
    expected: bool
    """Whether this tier has to hold it."""
    said: str
    seconds: float

    @property
    def right(self) -> bool:
        return not self.expected or self.verdict is not Verdict.ESCAPED


_SHORT = Limits(seconds=LONG / 2)
_ALL = (1, 2, 3)


def _exit_0(done: subprocess.CompletedProcess[str]) -> bool:
    return done.returncode == 0


def _printed(what: str) -> Callable[[subprocess.CompletedProcess[str]], bool]:
    return lambda done: what in done.stdout + done.stderr


PROBES: tuple[Probe, ...] = (
    Probe("read_password_file"),
    Probe("read_home"),
    Probe("read_other_submission"),
    Probe("read_database"),
    Probe("read_hidden_cases"),
    Probe("write_outside", trace="written"),
    Probe("write_anywhere_else"),
    Probe("symlink_out"),
    Probe("hard_link_out"),
    Probe("chmod_outside"),
    Probe("truncate_outside"),
    Probe("connect_tcp"),
    Probe("send_udp"),
    Probe("connect_abstract_socket"),
    Probe("read_environment"),
    Probe("signal_parent"),
    Probe("signal_all"),
    Probe("kill_other"),
    Probe("fork_bomb"),
    Probe("vfork_and_run"),
    Probe("become_other_program", succeeded=_exit_0),
    Probe("thread_bomb", _ALL),
    Probe("orphan", trace="orphan"),
    Probe("trace"),
    Probe("read_memory_of_other"),
    Probe("nested_namespace"),
    Probe("mount"),
    Probe("open_doors_into_the_kernel"),
    Probe("raise_limits", _ALL),
    Probe("take_three_gigabytes", _ALL, (Ended.MEMORY, Ended.DONE)),
    Probe("write_huge_file", _ALL),
    Probe("fill_disk", _ALL),
    Probe("write_ten_thousand_files", _ALL, (Ended.DISK,)),
    Probe("print_without_end", _ALL, (Ended.OUTPUT,)),
    Probe("loop_without_end", _ALL, (Ended.TIMEOUT,), _SHORT),
    Probe("sleep_without_end", _ALL, (Ended.TIMEOUT,), _SHORT),
    Probe("leave_at_once", _ALL, (Ended.NO_RESULT,), succeeded=_exit_0),
    Probe("forge_result", _ALL, (Ended.NO_RESULT,), succeeded=_printed('"passed": true')),
    Probe("patch_comparisons", _ALL),
    Probe("return_pickle", _ALL, trace="unpickled"),
    Probe("find_the_test", _ALL),
)


def escape_suite(*tiers: int) -> list[Found]:
    """Try every probe, without a sandbox and then in each of the tiers. Raises OSError for a tier that is not there."""
    found: list[Found] = []
    for probe in PROBES:
        proven = control(probe)
        for tier in tiers:
            one = attempt(probe, tier)
            unproven = not proven and one.verdict is Verdict.HELD
            found.append(replace(one, verdict=Verdict.UNPROVEN) if unproven else one)
    return found


def holds(tier: int) -> bool:
    """Whether every attempt that a tier has to hold is held here: what a server of other people's code asks first."""
    return all(one.right for one in escape_suite(tier))


def attempt(probe: Probe, tier: int) -> Found:
    """Try one probe in one tier."""
    expected = tier in probe.tiers
    begun = time.monotonic()
    with stage(probe) as setting:
        outcome = run(_job(probe, tier, setting.told))
        escaped, said = _judge(probe, outcome)
        if not escaped and setting.traces(probe):
            escaped, said = True, "it left its trace"
    verdict = Verdict.ESCAPED if escaped else Verdict.HELD
    return Found(probe.name, tier, verdict, expected, said, time.monotonic() - begun)


def control(probe: Probe) -> bool:
    """Whether the attempt succeeds without a sandbox, in a plain process of this user."""
    with stage(probe, naive=True) as setting:
        hidden_case = f"hidden-case-{secrets.token_hex(16)}"
        told = json.dumps(setting.told)
        try:
            done = subprocess.run(
                [sys.executable, "-c", CONTROL, str(ATTEMPTS), probe.name, told, hidden_case],
                cwd=setting.told["beside"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                timeout=60,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            return False
        if probe.succeeded is not None:
            return probe.succeeded(done)
        return "value True" in done.stdout and (not probe.trace or setting.traces(probe))


def _job(probe: Probe, tier: int, told: dict[str, Any]) -> Job:
    files = {"attempts.py": ATTEMPTS.read_bytes()}
    return Job(files, "attempts", [Call(probe.name, (told,))], probe.limits, tier=tier)


def _judge(probe: Probe, outcome: Outcome) -> tuple[bool, str]:
    """Whether the attempt succeeded by what came back, and what is to be said of it."""
    if outcome.ended is Ended.SANDBOX:
        raise OSError(f"the sandbox did not start: {outcome.reason}")
    (result,) = outcome.results
    if result.ok and probe.name == "patch_comparisons":
        import numpy as np

        return bool(np.allclose(result.value, [1.0, 2.0])), "compared outside"
    if result.ok and result.value is not False and result.value is not None:
        return True, f"it gave {result.value!r}"
    if probe.ended and outcome.ended not in probe.ended:
        return True, f"it ended as {outcome.ended}, not as {' or '.join(probe.ended)}"
    if result.fault is not None:
        return False, f"{result.fault.type}: {result.fault.message}"[:200]
    return False, str(outcome.ended) if result.missing else "it found nothing"


@dataclass
class Setting:
    """A stage that is set: what the attempt is told, and what its traces would be."""

    told: dict[str, Any]
    folder: Path
    victim: subprocess.Popen[str] | None

    def traces(self, probe: Probe) -> bool:
        """Whether the attempt left something that only a success leaves."""
        if probe.name == "orphan":
            time.sleep(LATER + 0.2)
        if probe.name == "truncate_outside":
            return (self.folder / "long").stat().st_size == 0
        if probe.name == "kill_other":
            assert self.victim is not None
            time.sleep(0.05)
            return self.victim.poll() is not None
        return bool(probe.trace) and (self.folder / probe.trace).exists()


@contextlib.contextmanager
def stage(probe: Probe, naive: bool = False) -> Iterator[Setting]:
    """Secrets where a learner's and the course's would lie, listeners, and a process to be attacked."""
    secret = f"secret-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jinjie-stage-")))
        other = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jinjie-"))) / "submission.py"
        beside = stack.enter_context(tempfile.TemporaryDirectory(prefix="jinjie-"))
        other.write_text(secret)
        (folder / "long").write_text(secret)
        told: dict[str, Any] = {
            "secret": secret,
            "variable": VARIABLE,
            "outside": str(folder),
            "beside": beside,
            "other": str(other),
            "home": _planted(stack, Path.home(), folder, secret),
            "database": _planted(stack, home(), folder, secret),
            "cases": str(
                next((places.source_folder() / "jinjie").glob("content/exercises/*/cases.py"), other)
            ),
            "naive": naive,
            "long": LONG,
            "later": LATER,
        }
        victim = None
        if probe.name in ("kill_other", "read_memory_of_other"):
            victim = stack.enter_context(_victim(secret))
            assert victim.stdout is not None
            told |= {"victim": victim.pid, "address": int(victim.stdout.readline())}
        if probe.name in ("connect_tcp", "send_udp", "connect_abstract_socket"):
            told |= _listen(stack)
        if probe.name == "read_environment":
            stack.enter_context(_variable(secret))
        yield Setting(told, folder, victim)


def _planted(stack: contextlib.ExitStack, folder: Path, instead: Path, secret: str) -> str:
    """A file with the secret in a folder of the user, or elsewhere where that folder cannot be written."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    where = folder if os.access(folder, os.W_OK) else instead
    number, path = tempfile.mkstemp(prefix=".jinjie-probe-", dir=where)
    stack.callback(Path(path).unlink, missing_ok=True)
    with os.fdopen(number, "w") as file:
        file.write(secret)
    return path


@contextlib.contextmanager
def _victim(secret: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", VICTIM, secret], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def _variable(secret: str) -> Iterator[None]:
    """A secret in this process's environment, and in that of a process beside it."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = secret
    beside = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"])
    try:
        yield
    finally:
        beside.kill()
        beside.wait()
        os.environ.pop(VARIABLE) if before is None else os.environ.update({VARIABLE: before})


def _listen(stack: contextlib.ExitStack) -> dict[str, Any]:
    tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    udp.bind(("127.0.0.1", 0))
    told: dict[str, Any] = {"tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1]}
    if sys.platform == "linux":
        name = f"jinjie-{secrets.token_hex(8)}"
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        abstract.bind("\0" + name)
        abstract.listen()
        told["abstract"] = name
    return told
