"""A GPT as a tutorial trains it: plain PyTorch in fp32, one loop."""

import torch
from contest import plain_gpt
from contest.contender import settings
from contest.windows import Windows, train

given = settings()
windows = Windows(given)
torch.manual_seed(given["seed"])
model = plain_gpt.GPT(given["shape"])
optimizer = plain_gpt.adamw(model, given["lr"], betas=(0.9, 0.95))


def step(i: int) -> float:
    return plain_gpt.step(model, optimizer, torch.from_numpy(windows.x[i]), torch.from_numpy(windows.y[i]))


@torch.no_grad()
def held_loss() -> float:
    return float(model(torch.from_numpy(windows.held_x), torch.from_numpy(windows.held_y)))


train(windows, step, held_loss, {"versions": f"torch {torch.__version__}", "precision": "fp32"})
