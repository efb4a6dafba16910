import torch
import torch.nn.functional as F


def train_epoch(model, loader, optimizer):
    model.train()
    epoch_loss = 0
    history = []
    for tokens, targets in loader:
        optimizer.zero_grad()
        logits = model(tokens)
        loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        epoch_loss += loss * tokens.size(0)
        history.append(loss)
    return epoch_loss / len(loader.dataset), history
