import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau


class Trainer:
    def __init__(self, model: nn.Module, device: torch.device):
        self.model = model.to(device)
        self.device = device
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.scheduler = ReduceLROnPlateau(self.optimizer, factor=0.5, patience=2)
        self.loss = nn.SmoothL1Loss()

    def epoch(self, loader) -> float:
        self.model.train()
        total = 0.0
        for x, y in loader:
            x, y = x.to(self.device), y.to(self.device)
            self.optimizer.zero_grad()
            loss = self.loss(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(x)
        return total / len(loader.dataset)

    @torch.no_grad()
    def validate(self, loader) -> float:
        self.model.eval()
        total = 0.0
        for x, y in loader:
            total += self.loss(self.model(x.to(self.device)), y.to(self.device)).item() * len(x)
        return total / len(loader.dataset)

    def fit(self, train_loader, val_loader, epochs: int):
        for _ in range(epochs):
            self.epoch(train_loader)
            self.scheduler.step(self.validate(val_loader))
