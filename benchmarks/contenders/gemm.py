"""What this machine multiplies: products of 1,024 x 1,024 matrices through torch, in fp32 and bf16, GFLOP/s."""

import time

import torch
from contest.contender import Stopwatch, serve, settings

SIZE = settings()["size"]


def rate(dtype: torch.dtype, seconds: float = 0.5) -> float:
    """The best of what fits into `seconds`: a neighbour can only make a product slower."""
    a, b, out = (torch.ones(SIZE, SIZE, dtype=dtype) for _ in range(3))
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        torch.mm(a, b, out=out)
        best = min(best, time.perf_counter() - began)
    return 2 * SIZE**3 / best / 1e9


def run() -> dict[str, float]:
    watch = Stopwatch()
    found = {"fp32": rate(torch.float32), "bf16": rate(torch.bfloat16)}
    return {**watch.stop(), **found}


serve({"versions": f"torch {torch.__version__}"}, run)
