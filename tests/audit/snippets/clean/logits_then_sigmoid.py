import torch
import torch.nn as nn


def train_and_test(net, train_loader, test_loader, device):
    net = net.to(device)
    criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(4.0, device=device))
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-4)
    for epoch in range(4):
        net.train()
        for x, y in train_loader:
            x, y = x.to(device), y.to(device)
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(net(x).squeeze(1), y.float())
            loss.backward()
            optimizer.step()
    net.eval()
    scores, truth = [], []
    with torch.no_grad():
        for x, y in test_loader:
            logits = net(x.to(device)).squeeze(1)
            scores.append(torch.sigmoid(logits).cpu())
            truth.append(y)
    return torch.cat(scores), torch.cat(truth)
