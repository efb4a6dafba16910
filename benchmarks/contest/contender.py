"""The contender's side of the protocol, in the standard library alone, so that any environment can import it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def settings() -> dict[str, Any]:
    """What the benchmark asks for."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    return given


def serve(about: dict[str, Any], run: Callable[[], dict[str, Any]]) -> None:
    """Warm up with one round, say what this is, then run a round for each line. `run` returns its `seconds`."""
    run()
    print(json.dumps(about), flush=True)
    for _ in sys.stdin:
        print(json.dumps(run()), flush=True)


class Stopwatch:
    """Seconds on the clock, and of processor time in all threads, between two presses."""

    def __init__(self) -> None:
        self.began = time.perf_counter(), time.process_time()

    def stop(self) -> dict[str, float]:
        seconds, cpu = time.perf_counter() - self.began[0], time.process_time() - self.began[1]
        return {"seconds": seconds, "cpu": cpu}


class Turns:
    """The same for a library that keeps its loop to itself, and calls us from within it at the end of each round."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        self.warm = False
        self.watch = Stopwatch()

    def over(self, more: Callable[[], dict[str, Any]] = dict) -> bool:
        """A round is over: tell of it, with what `more` finds out, and wait. False when there is to be no other."""
        taken = self.watch.stop()
        found = more()
        print(json.dumps({**taken, **found} if self.warm else self.about), flush=True)
        self.warm = True
        going = bool(sys.stdin.readline())
        self.watch = Stopwatch()
        return going
