import torch
import torch.nn as nn


@torch.no_grad()
def validate(model, val_loader, criterion, device):
    model.eval()
    correct, loss_sum = 0, 0.0
    for x, y in val_loader:
        x, y = x.to(device), y.to(device)
        logits = model(x)
        loss = criterion(logits, y)
        loss_sum += loss.item()
        correct += (logits.argmax(dim=1) == y).sum().item()
    accuracy = correct / len(val_loader)
    return accuracy, loss_sum


def build():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)
    )
