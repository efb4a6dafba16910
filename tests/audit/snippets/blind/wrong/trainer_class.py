import torch
import torch.nn.functional as F


class Trainer:
    """Trains a model for some epochs and keeps the loss."""

    def __init__(self, model, lr=3e-4, device="cpu"):
        self.device = device
        self.model = model.to(device)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=lr)
        self.history = []

    def train_epoch(self, loader):
        self.model.train()
        for xb, yb in loader:
            xb, yb = xb.to(self.device), yb.to(self.device)
            loss = F.cross_entropy(self.model(xb), yb)
            loss.backward()
            self.opt.step()
            self.history.append(loss.item())

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            self.train_epoch(loader)
            print(epoch, self.history[-1])
