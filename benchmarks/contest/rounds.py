"""Contenders take turns, A B C A B C: what disturbs the machine for a while then disturbs all of them.

A contender is a program. It gets its settings as one JSON argument, prepares and warms up, and prints one line of
JSON that says what it is. Then it waits: for each line that it reads it runs one round and prints one line of JSON
with its `seconds`, and with whatever else it wants to report. It leaves when there are no more lines. In Python
`contest/contender.py` does that; other languages need a dozen lines.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONTENDERS = Path(__file__).parents[1] / "contenders"
SOURCES = os.pathsep.join(str(CONTENDERS.parents[n] / name) for n, name in ((0, ""), (1, "src")))
"""Ours are those of this checkout, wherever the environment's own may be."""
MISLEADING = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)
"""Taken from every contender's environment: each starts as it comes, but for what its `environment` says."""


@dataclass
class Contender:
    """A program in `contenders/`, the Python that runs it, its settings, and what it said."""

    name: str
    program: str
    python: str | Path
    settings: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when it is warm."""
        kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
        self.process = subprocess.Popen(
            [str(self.python), str(CONTENDERS / self.program), json.dumps(self.settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**kept, "PYTHONPATH": SOURCES, **self.environment},
        )
        self.about = self._answer()

    def round(self) -> None:
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.rounds.append(self._answer())

    def end(self) -> None:
        if self.process is not None:
            self.process.communicate()

    def _answer(self) -> dict[str, Any]:
        """The next line that is JSON: libraries like to chat."""
        assert self.process is not None and self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                with suppress(json.JSONDecodeError):  # a library may print what only looks like it
                    answer: dict[str, Any] = json.loads(line)
                    return answer
        raise RuntimeError(f"{self.name} ended with code {self.process.wait()}")

    def median(self, what: str = "seconds") -> float:
        return statistics.median(float(one[what]) for one in self.rounds)

    def spread(self, what: str = "seconds") -> tuple[float, float]:
        values = [float(one[what]) for one in self.rounds]
        return min(values), max(values)


def compete(contenders: list[Contender], rounds: int) -> None:
    """Start and warm all, then let them take turns `rounds` times."""
    try:
        for contender in contenders:
            contender.start()
            print(f"warm: {contender.name}", flush=True)
        for i in range(rounds):
            for contender in contenders:
                contender.round()
            last = ", ".join(f"{c.name} {c.rounds[-1]['seconds']:.2f} s" for c in contenders)
            print(f"round {i + 1} of {rounds}: {last}", flush=True)
    finally:
        for contender in contenders:
            contender.end()
