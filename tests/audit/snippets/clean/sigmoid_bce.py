import torch
from torch import nn


class Matcher(nn.Module):
    """Do two vectors belong together?"""

    def __init__(self, dim):
        super().__init__()
        self.score = nn.Bilinear(dim, dim, 1)

    def forward(self, a, b):
        return torch.sigmoid(self.score(a, b)).squeeze(-1)


def fit(pairs, dim, epochs):
    torch.manual_seed(0)
    matcher = Matcher(dim)
    optimizer = torch.optim.Adam(matcher.parameters())
    criterion = nn.BCELoss()
    for _ in range(epochs):
        for a, b, same in pairs:
            optimizer.zero_grad()
            loss = criterion(matcher(a, b), same.float())
            loss.backward()
            optimizer.step()
    return matcher
