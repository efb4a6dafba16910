"""The digits network (784-128-10, dropout 0.2, Adam, five epochs): our NumPy and our engine, Keras, PyTorch, JAX.

    python benchmarks/mnist.py [--rounds 5] [--batch 32 128]

A round is a whole training on the 7,000 training images of the packaged MNIST, shuffled every epoch; the report gives
seconds per 60,000 images, the size of MNIST's own epoch.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from contest.environments import python_of
from contest.rounds import Contender, compete

from jinjie.base import system
from jinjie.data import digits
from jinjie.recipes import find
from jinjie.training import launch

EPOCHS = 5
BATCHES = (32, 128)
STARTED_WITH = (*launch.ALLOCATOR, *launch.KERNELS, "OMP_NUM_THREADS", "MKL_NUM_THREADS")
REPORT = Path(__file__).parent / "reports" / "mnist.md"
EPOCH_OF_MNIST = 60_000
GOALS = [("scratch, fast", 32, 5), ("scratch, fast", 128, 5), ("engine", 32, 3)]
"""How many times faster than Keras's `fit` (on TensorFlow, as it comes) ours are to be, at which batch."""


def contenders(data: Path, batches: list[int]) -> list[Contender]:
    """Those of one batch size beside one another, so that what is compared runs at about the same time.

    The engine gets the threads and the allocator that a run of this recipe starts with.
    """
    keras, keras_torch, torch, jax = map(python_of, ("keras", "keras-torch", "torch", "jax"))
    one = {"OPENBLAS_NUM_THREADS": "1"}
    found = []
    for batch in batches:
        threads = launch.threads_for(find("mnist-mlp").changed({"budget.batch": batch}))
        started = {n: v for n, v in launch.environment(threads).items() if n in STARTED_WITH}
        common = {"data": str(data), "batch": batch, "epochs": EPOCHS, "dropout": 0.2}
        ours = ("mnist_scratch.py", sys.executable)
        peer = ("mnist_keras.py", keras)
        on_tensorflow = {**common, "backend": "tensorflow"}
        tuned = {"steps_per_execution": 32}
        found += [
            Contender(f"scratch, fast, batch {batch}", *ours, {**common, "fast": True}, one),
            Contender(f"scratch, clear, batch {batch}", *ours, {**common, "fast": False}, one),
            Contender(
                f"engine, batch {batch}",
                "mnist_engine.py",
                sys.executable,
                {**common, "threads": threads},
                started,
            ),
            Contender(f"Keras fit, batch {batch}", *peer, on_tensorflow),
            Contender(f"Keras fit, tuned, batch {batch}", *peer, {**on_tensorflow, "compile": tuned}),
            Contender(
                f"Keras fit on PyTorch, batch {batch}",
                "mnist_keras.py",
                keras_torch,
                {**common, "backend": "torch"},
            ),
            Contender(f"PyTorch, DataLoader, batch {batch}", "mnist_torch.py", torch, common),
            Contender(
                f"PyTorch, DataLoader, one thread, batch {batch}",
                "mnist_torch.py",
                torch,
                {**common, "threads": 1},
            ),
            Contender(f"JAX, jit of a step, batch {batch}", "mnist_jax.py", jax, common),
            Contender(f"JAX, scan of an epoch, batch {batch}", "mnist_jax.py", jax, {**common, "scan": True}),
        ]
    return found


def report(found: list[Contender], images: int, load: tuple[float, float]) -> str:
    here = system.here()
    versions = ", ".join(dict.fromkeys(str(one.about["versions"]) for one in found))
    told = (
        f"{len(found[0].rounds)} rounds, in turns; a round is {EPOCHS} epochs of {images:,} images, trained anew. "
        "Medians (least–most). All compute in fp32. `scratch` is NumPy on one thread; the engine is what a run of "
        "`mnist-mlp` does at each step, its checks included, with the threads and the allocator that a run starts "
        "with; *tuned* is `steps_per_execution=32`; where nothing is said of threads a library uses as many as it "
        "likes. CPU is the processor time of all threads. Load of the machine before and after: "
        f"{load[0]:.1f} and {load[1]:.1f}; what is above 1 or 2 is other people's work, and slows all of them."
    )
    lines = [
        "# The digits network: NumPy by hand, our engine, Keras, PyTorch, JAX",
        "",
        f"{dt.date.today()} · {here.cpu}, {here.cores} cores · Python {sys.version.split()[0]}, {versions}",
        "",
        told,
        "",
        "| contender | s per 60,000 images | CPU s | images/s | × Keras fit | accuracy on 2,000 unseen images |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    per_image = 1 / (EPOCHS * images)
    for one in found:
        batch = one.settings["batch"]
        peer = next(c for c in found if c.name == f"Keras fit, batch {batch}")
        low, high = (value * per_image * EPOCH_OF_MNIST for value in one.spread())
        median = one.median() * per_image
        cpu = one.median("cpu") * per_image * EPOCH_OF_MNIST
        accuracy = sum(float(r["accuracy"]) for r in one.rounds) / len(one.rounds)
        lines.append(
            f"| {one.name} | {median * EPOCH_OF_MNIST:.2f} ({low:.2f}–{high:.2f}) | {cpu:.2f} | {1 / median:,.0f} "
            f"| {peer.median() / one.median():.1f} | {accuracy:.4f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, nargs="+", default=list(BATCHES))
    given = parser.parse_args()
    splits = digits.Config().load().splits
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "mnist.npz"
        train, held = splits["train"], splits["test"]
        np.savez(data, x=train["x"], y=train["y"], held_x=held["x"], held_y=held["y"])
        found = contenders(data, given.batch)
        before = os.getloadavg()[0]
        compete(found, given.rounds)
        text = report(found, len(train["y"]), (before, os.getloadavg()[0]))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    missed = []
    for name, batch, goal in GOALS:
        if batch not in given.batch:
            continue
        ours, peer = (next(c for c in found if c.name == f"{n}, batch {batch}") for n in (name, "Keras fit"))
        times = peer.median() / ours.median()
        if times < goal:
            missed.append(f"{ours.name}: {times:.1f} times, {goal} wanted")
    print("\n".join(missed))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
