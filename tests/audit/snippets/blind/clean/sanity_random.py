"""Measure steps per second of a ResNet on random data."""
import time

import torch
from torch import nn
from torchvision.models import resnet50

torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
model = resnet50().to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.randn(32, 3, 224, 224, device=device)
y = torch.randint(0, 1000, (32,), device=device)

model.train()
start = time.perf_counter()
for _ in range(20):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
print("steps per second:", 20 / (time.perf_counter() - start))
