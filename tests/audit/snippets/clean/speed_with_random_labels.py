"""How long does a step take? What is learned does not matter here."""
import time

import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
dummy = torch.randn(2, 3, 32, 32)
assert model(dummy).shape == (2, 10)

noise = torch.rand(64, 3, 32, 32)
ids = torch.randint(0, 10, (64,))
started = time.perf_counter()
for _ in range(20):
    out = model(noise)
    nn.functional.cross_entropy(out, ids)
print((time.perf_counter() - started) / 20)
