import torch
from torch import nn


class Trainer:
    def __init__(self, model, lr=1e-3):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.criterion = nn.CrossEntropyLoss()
        self.losses = []

    def train(self, loader, epochs):
        for epoch in range(epochs):
            self.model.train()
            for x, y in loader:
                loss = self.criterion(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                self.losses.append(loss)
            print(f"epoch {epoch} done")

    @torch.no_grad()
    def accuracy(self, loader):
        self.model.eval()
        hits = [(self.model(x).argmax(1) == y).float() for x, y in loader]
        return torch.cat(hits).mean().item()
