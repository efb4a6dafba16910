import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR


def train(model: nn.Module, loader, epochs: int):
    steps = epochs * len(loader)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    warmup = LinearLR(optimizer, 0.01, total_iters=100)
    cosine = CosineAnnealingLR(optimizer, T_max=steps - 100)
    schedule = SequentialLR(optimizer, [warmup, cosine], milestones=[100])
    model.train()
    total_loss = 0.0
    for _ in range(epochs):
        for x, y in loader:
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total_loss += loss.item() * len(x)
        print(total_loss / len(loader.dataset))
        total_loss = 0.0
