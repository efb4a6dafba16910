"""A process that has torch imported already and forks workers on request: a start takes 0.1 s and not 4.

What it forks is a worker like any other: its own process, `worker.main` on a run's folder, killed for real.
It is asked by JSON lines on its input and answers each with one on its output:

    {"start": RUN, "environment": {…}, "plan": {…}}  →  {"pid": …}      {"wait": PID}  →  {"code": …}
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import killing

NEEDED = (
    "matplotlib.figure",
    "jinjie.base.pictures",
    "jinjie.data.digits",
    "jinjie.data.poems",
    "jinjie.data.text",
    "jinjie.decoding.generate",
    "jinjie.models.gpt.network",
    "jinjie.models.mlp.network",
    "jinjie.models.linear.network",
    "jinjie.training.hardware",
    "jinjie.training.loop",
)


def warm_up() -> None:
    """Import what a worker will need. Nothing is computed here: threads do not survive a fork."""
    for name in NEEDED:
        importlib.import_module(name)
    import torch

    torch.set_num_threads(1)


def child(request: dict[str, Any]) -> int:
    """Be a worker: the exit code."""
    os.setsid()
    run = Path(request["start"])
    os.environ.update(request["environment"])
    console = os.open(run / "console.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (console, 1), (console, 2)):
        os.dup2(source, target)
    sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]
    killing.install(request["plan"])
    from jinjie.training import worker

    return worker.main(run)


def main() -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed here by chance is no answer
    warm_up()
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            answer = {"code": os.waitstatus_to_exitcode(status)}
        else:
            pid = os.fork()
            if pid == 0:
                code = 70
                try:
                    code = child(request)
                finally:
                    os._exit(code)
            answer = {"pid": pid}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
