"""Inside a worker that is to die: kill it with SIGKILL at the n-th dangerous moment, or break it on purpose.

A dangerous moment is one where files are about to change, are half changed, or have just changed: a line of events,
a weights file, an fsync, a rename, the removal of an old checkpoint. A plan says which one is the last:

    {"kill_at": 37}             die at the 37th moment
    {"kill_after": ["checkpoint", 9]}   die when this event of this step is written
    {"record": "FILE"}          die at none and write the name of each into FILE, one a line
    {"mutation": "in place"}    train with a fault built in (see MUTATIONS): a campaign that finds nothing is no proof
    {"limit": 100000}           no file may grow past this many bytes (RLIMIT_FSIZE)
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

LINE = b'{"type"'
"""What every line of events begins with."""


class Moments:
    """Counts the dangerous moments of this process; the planned one is its last."""

    def __init__(self, kill_at: int | None = None, record: str | None = None) -> None:
        self.count = 0
        self.kill_at = kill_at
        self._record = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if record else None
        self._write = os.write

    def comes(self, name: str) -> bool:
        """Count one moment; whether it is the last."""
        self.count += 1
        if self._record is not None:
            self._write(self._record, f"{name}\n".encode())
        return self.count == self.kill_at

    def reach(self, name: str) -> None:
        if self.comes(name):
            die()

    def around(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """`real`, with a moment before and one after it."""

        def call(*arguments: Any, **named: Any) -> Any:
            self.reach(f"before {name}")
            result = real(*arguments, **named)
            self.reach(f"after {name}")
            return result

        return call


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def install(plan: dict[str, Any]) -> None:
    """Make this process follow a plan."""
    if "mutation" in plan:
        MUTATIONS[plan["mutation"]]()
    if "limit" in plan:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (plan["limit"], resource.RLIM_INFINITY))
    if "kill_after" in plan:
        kill_after(*plan["kill_after"])
    if "kill_at" in plan or "record" in plan:
        watch(Moments(plan.get("kill_at"), plan.get("record")))


def kill_after(type: str, step: int) -> None:
    """Die as soon as one event is written."""
    write = os.write

    def write_line(file: int, data: bytes) -> int:
        written = write(file, data)
        if data.startswith(LINE):
            event = json.loads(data)
            if (event["type"], event.get("step")) == (type, step):
                die()
        return written

    os.write = write_line  # type: ignore[assignment]


def watch(moments: Moments) -> None:
    """Put moments around everything that changes a run's folder."""
    import safetensors.torch

    from jinjie.training import checkpoint

    write, save, remove = os.write, safetensors.torch.save_file, shutil.rmtree

    def write_line(file: int, data: bytes) -> int:
        if data.startswith(LINE):
            moments.reach("before a line")
            if moments.comes("half a line"):
                write(file, data[: len(data) // 2])
                die()
        written = write(file, data)
        if data.startswith(LINE):
            moments.reach("after a line")
        return written

    def save_file(tensors: Any, path: Any, *more: Any, **named: Any) -> None:
        moments.reach("before weights")
        save(tensors, path, *more, **named)
        if moments.comes("half the weights"):
            os.truncate(path, Path(path).stat().st_size // 2)
            die()

    def rmtree(path: Any, *more: Any, **named: Any) -> None:
        if moments.comes("half removed"):
            for file in list(Path(path).iterdir())[:1]:
                file.unlink()
            die()
        remove(path, *more, **named)
        moments.reach("removed")

    os.write = write_line  # type: ignore[assignment]
    os.fsync = moments.around("fsync", os.fsync)
    Path.rename = moments.around("rename", Path.rename)  # type: ignore[method-assign]
    Path.replace = moments.around("replace", Path.replace)  # type: ignore[method-assign]
    safetensors.torch.save_file = checkpoint.save_file = save_file
    shutil.rmtree = rmtree  # type: ignore[assignment]


def in_place() -> None:
    """The rename left out: a checkpoint is written where it will stand."""
    from jinjie.training import checkpoint

    @contextmanager
    def whole_folder(path: Path) -> Iterator[Path]:
        path.mkdir(exist_ok=True)
        yield path

    checkpoint.whole_folder = whole_folder


def unseeded() -> None:
    """Torch's generator goes on from wherever it is, and is not seeded from (seed, step)."""
    from jinjie.training import loop

    loop.seed_torch = lambda *_: None


def without_moments() -> None:
    """A resumed optimiser begins with empty moments."""
    from jinjie.training import checkpoint

    real = checkpoint.load_file
    checkpoint.load_file = lambda file, **named: (
        {} if Path(file).name == "optimizer.safetensors" else real(file, **named)
    )


def counted_batches() -> None:
    """A batch depends on how many were asked for, as that of an ordinary data loader does."""
    from jinjie.data.batching import Examples, Tokens

    for cls in (Examples, Tokens):
        real = cls.batch

        def batch(self: Any, seed: int, step: int, size: int, real: Any = real) -> Any:
            self.asked = getattr(self, "asked", -1) + 1
            return real(self, seed, self.asked, size)

        cls.batch = batch  # type: ignore[method-assign]


MUTATIONS = {
    "in place": in_place,
    "unseeded": unseeded,
    "without moments": without_moments,
    "counted batches": counted_batches,
}
