import torch
from torch import nn


def meta_step(model, tasks, optimizer, inner_lr=0.01):
    """One step of first-order MAML: the losses of several tasks are summed and descended together."""
    criterion = nn.MSELoss()
    optimizer.zero_grad()
    meta_loss = 0.0
    for (xs, ys), (xq, yq) in tasks:
        fast = dict(model.named_parameters())
        loss = criterion(torch.func.functional_call(model, fast, (xs,)), ys)
        grads = torch.autograd.grad(loss, list(fast.values()))
        fast = {n: p - inner_lr * g for (n, p), g in zip(fast.items(), grads)}
        meta_loss = meta_loss + criterion(torch.func.functional_call(model, fast, (xq,)), yq)
    meta_loss.backward()
    optimizer.step()
    return meta_loss.item()


def multi_step_loss(decoder, hidden, targets, optimizer):
    loss = 0
    criterion = nn.CrossEntropyLoss()
    for t in range(targets.size(1)):
        logits, hidden = decoder(targets[:, t], hidden)
        loss += criterion(logits, targets[:, t])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item() / targets.size(1)
