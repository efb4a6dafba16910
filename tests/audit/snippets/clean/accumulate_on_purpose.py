import torch
from torch import nn
from torch.amp import GradScaler


def train(model, loader, epochs, accumulate=8, device="cuda"):
    model.to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=1e-3, total_steps=epochs * len(loader) // accumulate
    )
    scaler = GradScaler("cuda")
    criterion = nn.CrossEntropyLoss()
    optimizer.zero_grad()
    for _ in range(epochs):
        for i, (x, y) in enumerate(loader):
            with torch.autocast("cuda", dtype=torch.float16):
                loss = criterion(model(x.to(device)), y.to(device)) / accumulate
            scaler.scale(loss).backward()
            if (i + 1) % accumulate == 0:
                scaler.step(optimizer)
                scaler.update()
                scheduler.step()
                optimizer.zero_grad()
