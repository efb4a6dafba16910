"""What a process is made ready for before it trains."""

from __future__ import annotations

import subprocess
import sys

SMALLER = """
import torch
from jinjie.training.hardware import settle
if not torch.set_flush_denormal(True):
    raise SystemExit("none here")
torch.set_flush_denormal(False)
settle(2)
tiny = torch.full((1 << 20,), 1e-30)  # so many that both threads have a part
print(torch.get_num_threads(), int((tiny * 1e-12).count_nonzero()))
"""


def test_numbers_too_small_to_be_normal_are_nothing_on_every_thread() -> None:
    """Fault: flushed on one thread alone, a result would depend on which of them computed it."""
    came = subprocess.run([sys.executable, "-c", SMALLER], capture_output=True, text=True)
    assert came.stdout.split() == ["2", "0"] or "none here" in came.stderr, came.stderr
