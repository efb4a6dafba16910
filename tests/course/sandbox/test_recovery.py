"""After whatever somebody's code did, the next job runs as if nothing had been, and nothing is left behind."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jinjie.course.sandbox import Call, Ended, Job, Limits, run, start

CATCHES_EVERYTHING = """
import signal
for n in range(1, 65):
    try: signal.signal(n, signal.SIG_IGN)
    except Exception: pass
while True:
    try:
        while True: pass
    except BaseException: pass
"""
FILLS_THE_DISK = """
import os, time
for i in range(40):
    f = os.open(f"f{i}", os.O_CREAT | os.O_WRONLY)
    os.posix_fallocate(f, 0, 15 * 2**20)
    os.close(f)
time.sleep(1)
"""
SHUT_FOLDERS = """
import os
for i in range(200):
    os.mkdir("d"); os.chdir("d")
os.mkdir("shut", 0o000)
"""
PATCHES_PYTHON = """
import builtins, json, os
for n in ("len", "isinstance", "type", "open", "print"): setattr(builtins, n, None)
json.dumps = os.write = None
"""
F = "\ndef f(x): return x"
HOSTILE = {
    "loops": ("while True: pass", Ended.TIMEOUT),
    "loops after it caught everything": (CATCHES_EVERYTHING, Ended.TIMEOUT),
    "takes memory": ("x = bytearray(3 * 2**30)", Ended.MEMORY),
    "takes memory bit by bit": ("x = []\nwhile True: x.append(bytes(2**20))", Ended.MEMORY),
    "fills the disk": (FILLS_THE_DISK, None),
    "makes folders in folders that nobody may enter": (SHUT_FOLDERS, None),
    "closes every file": ("import os\nos.closerange(0, 64)\nimport time; time.sleep(20)", Ended.NO_RESULT),
    "leaves": ("import os; os._exit(0)", Ended.NO_RESULT),
    "crashes": ("import ctypes; ctypes.string_at(0)", Ended.KILLED),
    "recurses in C": ("import sys; sys.setrecursionlimit(10**9)\ndef f(): f()\nf()", None),
    "patches NumPy": ("import numpy as np\nnp.add = np.asarray = np.ndarray = None" + F, Ended.DONE),
    "patches Python": (PATCHES_PYTHON, None),
    "leaves a thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()" + F,
        Ended.DONE,
    ),
    "waits at its end": ("import atexit, time\natexit.register(time.sleep, 99)" + F, Ended.DONE),
}


@pytest.mark.parametrize("tier", [1, 2, 3])
@pytest.mark.parametrize("what", HOSTILE)
def test_the_next_job_runs_as_usual(
    what: str, tier: int, needs: Callable[[int], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs(tier)
    source, ended = HOSTILE[what]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other tests at the same time have folders too
    begun = time.monotonic()
    limits = Limits(seconds=1.5, memory_mb=256)
    outcome = run(Job({"s.py": source}, "s", [Call("f", (1,))], limits, tier=tier))
    took = time.monotonic() - begun
    assert outcome.ended is not Ended.SANDBOX, outcome.reason
    assert ended is None or outcome.ended is ended, outcome
    assert took < 6, "1.5 s that it gets, and what a busy machine takes to start and to end it"
    after = run(Job({"s.py": "def f(x): return x + 1"}, "s", [Call("f", (1,))], tier=tier))
    assert [one.value for one in after.results] == [2], after
    assert not list(tmp_path.glob("jinjie-*"))
    assert not start._folders


@pytest.mark.parametrize("tier", [1, 2, 3])
def test_results_before_the_end_are_kept(tier: int, needs: Callable[[int], None]) -> None:
    needs(tier)
    source = "import time\ndef f(n):\n    print(n)\n    while n > 1: pass\n    return n"
    outcome = run(
        Job({"s.py": source}, "s", [Call("f", (n,)) for n in range(4)], Limits(seconds=0.5), tier=tier)
    )
    assert outcome.ended is Ended.TIMEOUT
    assert [(one.value, one.missing) for one in outcome.results] == [
        (0, False),
        (1, False),
        (None, True),
        (None, True),
    ]
    assert outcome.printed == "0\n1\n2\n"


def test_printed_text_is_cut_and_the_answer_kept() -> None:
    source = "def f():\n    print('é' * 50_000)\n    return 1"
    outcome = run(Job({"s.py": source}, "s", [Call("f")]))
    assert outcome.ended is Ended.DONE and outcome.results[0].value == 1
    assert (
        outcome.cut and len(outcome.printed.encode()) <= 64 * 1024 + 2
    )  # one letter may be cut in half and replaced
