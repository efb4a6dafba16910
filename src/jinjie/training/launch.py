"""The only way a run starts: write its folder, set threads and allocator, start its worker, see it alive."""

from __future__ import annotations

import glob
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinjie import __version__
from jinjie.base import machine, paths
from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.files import write_json
from jinjie.base.paths import runs_home
from jinjie.data.dataset import Report
from jinjie.training import lock
from jinjie.training.recipe import Recipe
from jinjie.training.runs import SCHEMA, Run

ALLOCATOR = {
    # Freed memory is kept and huge pages are used: 1.2 times faster steps at 10M parameters (docs/decisions/0005).
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "100000000000",
    "MALLOC_TOP_PAD_": "67108864",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
KERNELS = {
    # oneDNN and torch's layer above it each keep a thousand kernels, half a megabyte a piece and one for every shape.
    # Texts of many lengths filled both: `bert-pretrain` grew to 3.3 GB. The layers of a network share their shapes, so
    # that 64 serve as well (docs/log.md).
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",
    "LRU_CACHE_CAPACITY": "64",
}
ALIVE_WITHIN = 30.0
"""Seconds a worker has to take its lock: 0.2 on an idle machine."""


def launch(recipe: Recipe, report: Report | None = None) -> Run:
    """Start a new run of `recipe` and return once its worker is alive; `report` hears of what is fetched before.

    Raises InvalidInput when the recipe's own data is not there or does not fit its model, JinjieError when the
    folder cannot be written or the worker does not come up.
    """
    return _start(create(recipe, report))


def create(recipe: Recipe, report: Report | None = None) -> Run:
    """The folder of a new run, without a worker yet. Raises as `launch` does."""
    recipe, start = _with_whole_path(recipe), None
    if recipe.start is not None:
        from jinjie.training import begin  # models' files and tokenizers, which no other run needs here

        recipe, start = begin.begun(recipe, report)
    threads = recipe.threads or threads_for(recipe)
    run = Run(_new_folder(recipe.name))
    if start is not None:
        recipe = begin.with_tokenizer(recipe, start, run.path)
    _write(run, recipe, threads)
    return run


def footprint(recipe: Recipe) -> int | None:
    """Bytes of memory at the fullest moment of a run of `recipe`, measured: it runs to its end, one thread, in a folder
    that is not kept. None where it fails, or the system does not tell."""
    with tempfile.TemporaryDirectory() as place:
        run = Run(Path(place))
        _write(run, recipe, threads=1)
        subprocess.run(
            [sys.executable, "-m", "jinjie.training.worker", place],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(1),
        )
        ended = next((e for e in run.events if e["type"] == "finished"), {})
        held: int | None = ended.get("memory")
        return held


def _write(run: Run, recipe: Recipe, threads: int) -> None:
    launched: dict[str, Any] = {
        "threads": threads,
        "jinjie": __version__,
        "torch": version("torch"),
        "created": time.time(),
    }
    write_json(
        run.path / "recipe.json",
        {"schema": SCHEMA, "recipe": recipe.model_dump(mode="json"), "launch": launched},
    )


def resume(run: Run) -> Run:
    """Start the worker of a run that stopped, failed or was killed; it goes on from its newest whole checkpoint.

    Raises AlreadyRunning while a worker is alive, JinjieError when the run is finished.
    """
    if run.pid is not None:
        raise lock.AlreadyRunning("run.already_running", run=run.name, pid=run.pid)
    if run.state() == "finished":
        raise JinjieError("run.already_finished", run=run.name)
    return _start(Run(run.path))


def _with_whole_path(recipe: Recipe) -> Recipe:
    """The recipe with the path to the user's own data made absolute: a run may be resumed from another folder."""
    path = getattr(recipe.data, "path", None)
    if path is None:
        return recipe
    whole = paths.place(path).absolute()
    if not paths.is_there(whole) and not glob.has_magic(str(whole)):  # a pattern may stand for many files
        raise InvalidInput([Problem("data.path", "run.no_such_path", path=whole)])
    return recipe.changed({"data.path": str(whole)})


def _new_folder(name: str) -> Path:
    """A new folder `name-1`, `name-2`, …; two launches at once get two folders."""
    runs_home().mkdir(parents=True, exist_ok=True)
    taken = [p.name.rpartition("-")[2] for p in runs_home().glob(f"{name}-*")]
    number = max((int(n) for n in taken if n.isdigit()), default=0) + 1
    while True:
        folder = runs_home() / f"{name}-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def threads_for(recipe: Recipe) -> int:
    """Threads by the arithmetic of one step: small steps are slower on two threads than on one."""
    facts = recipe.data.about().facts
    model = recipe.model.fitted(facts)
    try:
        flops = 3 * model.flops(recipe.budget.batch // recipe.budget.accumulate)
    except JinjieError:  # sizes that only the user's own data will tell
        return machine.cores()
    return machine.pick_threads(flops, machine.cores())


def environment(threads: int) -> dict[str, str]:
    """The worker's environment: as ours, with threads, allocator and kept kernels set before Python starts."""
    count = str(threads)
    ours = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    allocator = ALLOCATOR if sys.platform == "linux" else {}
    return {
        **ours,
        **allocator,
        **KERNELS,
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "PYTHONUNBUFFERED": "1",
    }


def _start(run: Run) -> Run:
    environ = environment(run.file["launch"]["threads"])
    with (run.path / "console.log").open("ab") as console:
        worker = subprocess.Popen(
            [sys.executable, "-m", "jinjie.training.worker", str(run.path)],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            env=environ,
            start_new_session=True,  # Ctrl-C in the terminal is ours to hear, not the worker's
        )
    try:
        _wait_until_alive(run, worker)
    except KeyboardInterrupt:
        worker.terminate()
        raise
    _reap(worker)
    return run


def _wait_until_alive(run: Run, worker: subprocess.Popen[bytes]) -> None:
    """Raises JinjieError when the worker ends without having begun, or does not begin."""
    deadline = time.monotonic() + ALIVE_WITHIN
    while (pid := lock.holder(run.path / "lock")) != worker.pid:
        if worker.poll() is not None:
            if worker.returncode == 0:  # so small a run that it is over already
                return
            if worker.returncode == lock.AlreadyRunning.exit_code:
                raise lock.AlreadyRunning("run.already_running", run=run.name, pid=pid)
            raise JinjieError(
                "run.did_not_start", run=run.name, console=_last_lines(run.path / "console.log")
            )
        if time.monotonic() > deadline:
            worker.kill()
            raise JinjieError(
                "run.did_not_start", run=run.name, console=_last_lines(run.path / "console.log")
            )
        time.sleep(0.01)


def _reap(worker: subprocess.Popen[bytes]) -> None:
    """Collect the worker when it ends, so that a long-lived studio leaves no zombies behind."""
    import threading

    threading.Thread(target=worker.wait, daemon=True).start()


def _last_lines(path: Path, count: int = 8) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-count:])
