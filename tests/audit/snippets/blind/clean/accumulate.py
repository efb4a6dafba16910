import torch
from torch.nn import functional as F


def train(model, loader, optimizer, scheduler, accumulate=4):
    """One epoch; a step every `accumulate` batches."""
    model.train()
    optimizer.zero_grad(set_to_none=True)
    for i, (x, y) in enumerate(loader, start=1):
        loss = F.cross_entropy(model(x), y) / accumulate
        loss.backward()
        if i % accumulate == 0:
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad(set_to_none=True)
