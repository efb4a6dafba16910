"""The machine: its cores, memory and arithmetic, and what is therefore picked.

What the system says is in `system.py`; what only running can tell (`measure`) is measured once
and kept in `machine.json`, so that every estimate and pick afterwards is a pure function of that profile.
"""

from __future__ import annotations

import platform
import sys
import time
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from jinjie.base.files import write_json
from jinjie.base.paths import machine_file
from jinjie.base.system import cores, cpu, here

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["cores", "here"]

Precision = Literal["fp32", "bf16"]

WORTH = 1.3
"""How many times faster bf16 must multiply than fp32 before its coarser numbers are worth having."""
ROUNDS = 5
"""Rounds of measuring, so that a moment's disturbance does not hit all repetitions of one figure."""
SMALL_STEP = 50e6
"""FLOPs of a training step below which waking a second thread costs more than it gives."""


class Accelerator(BaseModel):
    """A GPU that torch can use; `bf16` says whether it computes in bf16 natively."""

    model_config = ConfigDict(frozen=True)

    device: Literal["cuda", "mps"]
    name: str
    memory: int = 0
    bf16: bool = False


class Rates(BaseModel):
    """GFLOP/s of a 512 x 512 matrix product (multiply and add count as two); None where it does not run."""

    model_config = ConfigDict(frozen=True)

    fp32: float
    bf16: float | None = None
    int8: float | None = None


class RowRates(BaseModel):
    """How fast the product of one row with a large matrix goes, as text is written: 10⁹ weights a second."""

    model_config = ConfigDict(frozen=True)

    bf16: float
    """In oneDNN's order."""
    fp16: float


class Profile(BaseModel):
    """What was measured of this machine."""

    model_config = ConfigDict(frozen=True)

    cpu: str
    cores: int
    torch: str
    time: float
    one: Rates
    """With one thread."""
    all: Rates
    """With a thread on every physical core, or with one where that was quicker."""
    read_gbytes: float
    """Memory read bandwidth, with one thread or all, GB/s (10^9 bytes)."""
    op_us: float
    """Microseconds of one torch operation on one number: what every operation costs, however small."""
    step_us: float
    """Microseconds of a whole training step of a tiny two-layer network: what every step costs at least."""
    one_row: RowRates | None = None
    """With all threads; None where it was not measured, or oneDNN is not there."""
    program: int | None = None
    """Bytes that a worker holds whose data and model are next to nothing; None where that was not measured."""
    accelerators: tuple[Accelerator, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether it tells of all that is measured now, be it that there was nothing: an older version's tells less."""
        return self.model_fields_set >= set(type(self).model_fields)


class Pick(NamedTuple):
    """A precision and the key in `words` of the sentence that says why."""

    value: Precision
    reason: str


def profile() -> Profile | None:
    """What was measured, if it fits this machine and its torch; else None. Imports no torch."""
    try:
        found = Profile.model_validate_json(machine_file().read_bytes())
    except (OSError, ValidationError):
        return None
    name, _ = cpu()
    return found if found.cpu == name and found.torch == torch_version() else None


def pick_precision(
    profile: Profile | None, device: str = "cpu", flags: tuple[str, ...] | None = None
) -> Pick:
    """The number format to train in on `device`, and why.

    On a CPU: bf16 when it was measured to multiply `WORTH` times as fast as fp32; unmeasured, when the CPU
    has instructions for it (`flags`; this machine's when None). On an accelerator: bf16 when a measurement
    found it native.
    """
    if device != "cpu":
        native = any(a.device == device and a.bf16 for a in profile.accelerators) if profile else False
        return Pick("bf16", "machine.bf16_native") if native else Pick("fp32", "machine.fp32_safe")
    if profile is not None:
        # One thread decides: a busy neighbour falsifies it least, and all threads gain alike.
        quick = profile.one.bf16 is not None and profile.one.bf16 >= WORTH * profile.one.fp32
        return Pick("bf16", "machine.bf16_measured") if quick else Pick("fp32", "machine.fp32_measured")
    flags = cpu()[1] if flags is None else flags
    able = not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(flags)
    return Pick("bf16", "machine.bf16_flags") if able else Pick("fp32", "machine.fp32_flags")


def pick_threads(flops_per_step: float, cores: int) -> int:
    """How many threads to train with: one for a step under `SMALL_STEP` FLOPs, else all physical cores."""
    return 1 if flops_per_step < SMALL_STEP else max(1, cores)


def threads_reason(flops_per_step: float) -> str:
    """The key in `words` of the sentence that says why `pick_threads` picked so."""
    return "machine.one_thread" if flops_per_step < SMALL_STEP else "machine.all_threads"


def torch_version() -> str:
    """The installed torch's version, without importing it."""
    from importlib.metadata import version

    return version("torch")


def accelerators() -> tuple[Accelerator, ...]:
    """The GPUs torch can use. Imports torch."""
    import torch

    found = []
    for index in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(index)
        native = about.major >= 8  # Ampere is the first with bf16 arithmetic; before it torch emulates
        found.append(Accelerator(device="cuda", name=about.name, memory=about.total_memory, bf16=native))
    if torch.backends.mps.is_available():
        found.append(Accelerator(device="mps", name=platform.processor() or "Apple"))
    return tuple(found)


def has_onednn() -> bool:
    """Whether this torch was built with oneDNN, and lets it multiply dense matrices. Imports torch."""
    import torch

    return bool(torch._C._has_mkldnn) and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def measure(seconds: float = 3.0, program: int | None = None) -> Profile:
    """Measure this machine in about `seconds` after torch is imported, save it whole, and return it.

    `program` is what a worker of a tiny run was seen to hold, for the profile: nothing down here can start one.

    Every figure is the best of many short repetitions in a few rounds: a busy neighbour can only make one
    slower, never faster. What one thread does is timed by that thread's own clock where there is one, so that
    waiting for a processor does not count.
    """
    import torch

    machine = here()
    before = torch.get_num_threads()
    share = seconds / ROUNDS / 8
    one: list[Rates] = []
    every: list[Rates] = []
    ops, steps, reads = [], [], []
    rows: list[RowRates] = []
    try:
        for _ in range(ROUNDS):
            torch.set_num_threads(1)
            ops.append(_op_us(share / 2))
            steps.append(_step_us(share / 2))
            one.append(_rates(share))
            reads.append(_read_gbytes(share / 2, machine.free))
            torch.set_num_threads(machine.cores)
            every.append(_rates(share) if machine.cores > 1 else one[-1])
            if has_onednn():
                rows.append(_row_rates(share / 2))
            reads.append(_read_gbytes(share / 2, machine.free))
    finally:
        torch.set_num_threads(before)
    found = Profile(
        cpu=machine.cpu,
        cores=machine.cores,
        torch=torch_version(),
        time=time.time(),
        one=_fastest(one),
        all=_fastest([*every, *one]),
        read_gbytes=round(max(reads), 2),
        op_us=round(min(ops), 3),
        step_us=round(min(steps), 2),
        one_row=RowRates(bf16=max(one.bf16 for one in rows), fp16=max(one.fp16 for one in rows))
        if rows
        else None,
        program=program,
        accelerators=accelerators(),
    )
    machine_file().parent.mkdir(parents=True, exist_ok=True)
    write_json(machine_file(), found.model_dump(mode="json"))
    return found


def busy() -> bool:
    """Whether others keep this machine's processors busy just now, so that a measurement would come out low."""
    import psutil

    return bool(psutil.getloadavg()[0] > 0.75 * cores())


def _best(run: Callable[[], Any], seconds: float) -> float:
    """Seconds of the fastest of as many calls as fit into `seconds`, after one to warm up."""
    import torch

    run()
    alone = torch.get_num_threads() == 1 and sys.platform == "linux"  # elsewhere this clock ticks too rarely
    clock = time.thread_time if alone else time.perf_counter
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end or best == float("inf"):
        start = clock()
        run()
        best = min(best, clock() - start)
    return best


def _fastest(rounds: list[Rates]) -> Rates:
    """The best of every rate over the rounds."""
    names = [name for name in Rates.model_fields if getattr(rounds[0], name) is not None]
    return Rates(**{name: max(getattr(one, name) for one in rounds) for name in names})


def _rates(seconds: float, size: int = 512) -> Rates:
    import torch

    work = 2 * size**3 / 1e9
    a, b = torch.ones(size, size), torch.ones(size, size)
    out = torch.empty(size, size)
    found = {"fp32": work / _best(lambda: torch.mm(a, b, out=out), seconds)}
    half, other, half_out = a.bfloat16(), b.bfloat16(), out.bfloat16()
    found["bf16"] = work / _best(lambda: torch.mm(half, other, out=half_out), seconds)
    try:
        small, byte = torch.ones(size, size, dtype=torch.int8), torch.ones(size, size, dtype=torch.int8)
        found["int8"] = work / _best(lambda: torch._int_mm(small, byte), seconds / 2)
    except RuntimeError:  # some builds of torch have no int8 product
        pass
    return Rates(**{name: round(rate, 1) for name, rate in found.items()})


def _read_gbytes(seconds: float, free: int) -> float:
    import torch

    count = 32 << 20 if free > 2 << 30 else 8 << 20  # 128 MB: more than a cache holds
    numbers = torch.ones(count)
    return 4 * count / 1e9 / _best(lambda: numbers.sum(), seconds)


def _row_rates(seconds: float, out: int = 3072, inputs: int = 768, count: int = 14) -> RowRates:
    """Of `count` matrices of a GPT-2's, 66 MB: more than a cache holds, so that they are read from memory."""
    import torch

    work = count * out * inputs / 1e9
    row = torch.ones(1, inputs)
    half, other = row.bfloat16(), row.half()[0]
    order, multiply = torch.ops.mkldnn._reorder_linear_weight, torch.ops.mkldnn._linear_pointwise
    ordered = [order(torch.ones(out, inputs, dtype=torch.bfloat16), 16) for _ in range(count)]
    bf16 = work / _best(lambda: [multiply(half, one, None, "none", [], "") for one in ordered], seconds)
    plain = [torch.ones(out, inputs, dtype=torch.float16) for _ in range(count)]
    fp16 = work / _best(lambda: [torch.mv(one, other) for one in plain], seconds)
    return RowRates(bf16=round(bf16, 2), fp16=round(fp16, 2))


def _op_us(seconds: float, count: int = 500) -> float:
    import torch

    number = torch.zeros(1)

    def add() -> None:
        for _ in range(count):
            number.add_(1)

    return _best(add, seconds) / count * 1e6


def _step_us(seconds: float, count: int = 5) -> float:
    import torch
    from torch import nn

    # Its own seed, and the caller's random state put back: measuring must not change what a run draws.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
    weights = list(model.parameters())
    optimizer = torch.optim.AdamW(weights, foreach=True)
    x, y = torch.ones(4, 8), torch.ones(4, 1)

    def train() -> None:
        for _ in range(count):
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            loss.item()

    return _best(train, seconds) / count * 1e6
