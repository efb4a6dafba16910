import torch
from torch import nn


class Fitter:
    def __init__(self, model, loader, epochs=10):
        self.model, self.loader, self.epochs = model, loader, epochs
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        self.scheduler = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, max_lr=1e-2, total_steps=epochs * len(loader)
        )
        self.loss = nn.CrossEntropyLoss()

    def fit(self):
        self.model.train()
        for _ in range(self.epochs):
            for x, y in self.loader:
                self.optimizer.zero_grad()
                self.loss(self.model(x), y).backward()
                self.optimizer.step()
