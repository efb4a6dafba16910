"""What the system says and what is picked from it, on machines laid out as folders; measuring, on this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.base import machine, system
from jinjie.base.machine import Accelerator, Profile, Rates, pick_precision, pick_threads
from jinjie.base.paths import machine_file
from jinjie.base.words import say


def a_profile(**changes: object) -> Profile:
    rates = Rates(fp32=100, bf16=200, int8=400)
    values = {
        "cpu": system.cpu()[0],
        "cores": 2,
        "torch": machine.torch_version(),
        "time": 0.0,
        "one": rates,
        "all": rates,
        "read_gbytes": 30.0,
        "op_us": 2.0,
        "step_us": 250.0,
    }
    return Profile.model_validate({**values, **changes})


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    return root


def processors(count: int, threads_a_core: int) -> dict[str, str]:
    folder = "sys/devices/system/cpu/cpu{}/topology"
    return {
        f"{folder.format(i)}/{name}": str(value)
        for i in range(count)
        for name, value in (("core_id", i // threads_a_core), ("physical_package_id", 0))
    }


linux = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc and /sys")


@linux
def test_this_machine_is_described() -> None:
    found = machine.here()
    assert 1 <= found.cores <= found.threads <= (os.cpu_count() or 1)
    assert 0 < found.free <= found.memory
    assert found.cpu
    assert machine.cores() == found.cores
    assert system.memory() == found.memory


@linux
def test_two_threads_of_a_core_are_one_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path, processors(8, threads_a_core=2))
    monkeypatch.setattr(system, "_allowed", lambda: set(range(8)))
    assert (machine.here(root).cores, machine.here(root).threads) == (4, 8)
    monkeypatch.setattr(system, "_allowed", lambda: {0, 1, 2})  # as taskset or a scheduler would have it
    assert (machine.here(root).cores, machine.here(root).threads) == (2, 3)


@linux
@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "200000 100000"}, 2),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "50000 100000"}, 1),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000"}, 8),
        ({"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/cpu.max": "300000 100000"}, 3),
        (
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/docker/x",
                "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us": "400000",
                "sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us": "100000",
            },
            4,
        ),
    ],
)
def test_a_container_grants_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], cores: int
) -> None:
    monkeypatch.setattr(system, "_allowed", lambda: set(range(8)))
    assert machine.here(write(tmp_path, {**processors(8, 1), **files})).cores == cores


@linux
@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"proc/self/cgroup": "0::/a", "sys/fs/cgroup/a/memory.max": "100000000"}, 100_000_000),
        (
            {
                "proc/self/cgroup": "0::/a/b",
                "sys/fs/cgroup/a/memory.max": "90000000",
                "sys/fs/cgroup/a/b/memory.max": "max",
            },
            90_000_000,
        ),
        (
            {"proc/self/cgroup": "4:memory:/x", "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "80000000"},
            80_000_000,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/x",
                "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "9223372036854771712",
            },
            None,
        ),
    ],
)
def test_a_container_grants_memory(tmp_path: Path, files: dict[str, str], limit: int | None) -> None:
    import psutil

    found = machine.here(write(tmp_path, files))
    assert found.memory == (limit or psutil.virtual_memory().total)
    assert found.free <= found.memory


@linux
def test_processors_are_read_from_cpuinfo(tmp_path: Path) -> None:
    intel = write(
        tmp_path / "x86", {"proc/cpuinfo": "model name\t: Some CPU\nflags\t\t: fpu avx2 amx_bf16 sse"}
    )
    assert system.cpu(intel) == ("Some CPU", ("avx2", "amx_bf16"))
    arm = write(tmp_path / "arm", {"proc/cpuinfo": "Features\t: fp asimd bf16 i8mm"})
    assert system.cpu(arm)[1] == ("neon", "bf16", "i8mm")


@pytest.mark.parametrize(
    ("profile", "device", "flags", "picked"),
    [
        (a_profile(one=Rates(fp32=100, bf16=130)), "cpu", (), ("bf16", "machine.bf16_measured")),
        (
            a_profile(one=Rates(fp32=100, bf16=129)),
            "cpu",
            ("avx512_bf16",),
            ("fp32", "machine.fp32_measured"),
        ),
        (a_profile(one=Rates(fp32=100)), "cpu", ("amx_bf16",), ("fp32", "machine.fp32_measured")),
        (None, "cpu", ("avx2", "avx512_bf16"), ("bf16", "machine.bf16_flags")),
        (None, "cpu", ("avx2",), ("fp32", "machine.fp32_flags")),
        (None, "cuda", ("avx512_bf16",), ("fp32", "machine.fp32_safe")),
        (
            a_profile(accelerators=(Accelerator(device="cuda", name="A", bf16=True),)),
            "cuda",
            (),
            ("bf16", "machine.bf16_native"),
        ),
        (
            a_profile(accelerators=(Accelerator(device="cuda", name="V", bf16=False),)),
            "cuda",
            (),
            ("fp32", "machine.fp32_safe"),
        ),
    ],
)
def test_precision_is_picked_with_a_reason(
    profile: Profile | None, device: str, flags: tuple[str, ...], picked: tuple[str, str]
) -> None:
    assert pick_precision(profile, device, flags) == picked
    assert say(picked[1])


@given(st.floats(0, 1e15), st.integers(1, 256))
def test_small_steps_take_one_thread_and_large_ones_every_core(flops: float, cores: int) -> None:
    assert pick_threads(flops, cores) == (1 if flops < 50e6 else cores)
    assert (machine.threads_reason(flops) == "machine.one_thread") == (flops < 50e6)


def test_a_profile_holds_for_its_own_machine_and_torch() -> None:
    assert machine.profile() is None
    file = machine_file()
    for changes, kept in (({}, True), ({"cpu": "another"}, False), ({"torch": "1.0"}, False)):
        file.write_text(a_profile(**changes).model_dump_json())
        assert (machine.profile() is not None) == kept
    file.write_text('{"cpu": "torn')
    assert machine.profile() is None


def test_measuring_finds_believable_figures_and_keeps_them(tmp_path: Path) -> None:
    """In a process of its own: measuring sets torch's threads. Bounds are what any machine of 20 years meets."""
    program = (
        "import torch; torch.manual_seed(3); before = torch.random.get_rng_state()\n"
        "from jinjie.base import machine\n"
        "found = machine.measure(seconds=0.2)\n"
        "assert found == machine.profile()\n"
        "assert torch.equal(before, torch.random.get_rng_state()), 'measuring drew from a run\\'s generator'\n"
        "print(found.model_dump_json())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = Profile.model_validate(json.loads(done.stdout))
    assert 0.5 < found.one.fp32 < 10_000
    assert found.all.fp32 >= found.one.fp32
    assert 0.5 < found.read_gbytes < 5_000
    assert found.one_row is not None
    assert 0.01 < found.one_row.bf16 < 10_000 and 0.01 < found.one_row.fp16 < 10_000
    assert 0.05 < found.op_us < found.step_us < 1e6
