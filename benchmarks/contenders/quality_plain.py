"""nanoGPT's CPU setting, from its README, in plain PyTorch: a small GPT-2 and AdamW, whole trainings."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from contest import plain_gpt
from contest.contender import settings
from contest.whole import train

given = settings()
shape, steps, batch = given["shape"], given["steps"], given["batch"]
data = np.load(Path(given["data"]))
text, held = (torch.from_numpy(data[split].astype(np.int64)) for split in ("train", "validation"))
span = torch.arange(shape["block"])


def rate(i: int) -> float:
    """Warm-up over 100 steps, then a cosine from 1e-3 to 1e-4."""
    highest, lowest, warmup = 1e-3, 1e-4, 100
    if i < warmup:
        return highest * (i + 1) / (warmup + 1)
    done = (i - warmup) / (steps - warmup)
    return lowest + 0.5 * (1 + math.cos(math.pi * done)) * (highest - lowest)


def windows(starts: torch.Tensor, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    places = starts[:, None] + span
    return ids[places], ids[places + 1]


def begin(seed: int) -> tuple[Callable[[int], float], Callable[[], float]]:
    torch.manual_seed(seed)
    model = plain_gpt.GPT(shape)
    optimizer = plain_gpt.adamw(model, 1e-3, betas=(0.9, 0.99))

    def step(i: int) -> float:
        for group in optimizer.param_groups:
            group["lr"] = rate(i)
        x, y = windows(torch.randint(len(text) - shape["block"], (batch,)), text)
        return plain_gpt.step(model, optimizer, x, y)

    @torch.no_grad()
    def measure() -> float:
        """The mean over all windows, which follow one another; a last one that is shorter is left out."""
        starts = torch.arange(0, len(held) - shape["block"], shape["block"])
        parts = [(float(model(*windows(some, held))), len(some)) for some in starts.split(64)]
        return sum(loss * count for loss, count in parts) / len(starts)

    return step, measure


train(20, steps, begin, {"versions": f"torch {torch.__version__}", "precision": "fp32"})
