import torch
import torch.nn.functional as F
from torch import nn


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.Sigmoid())

    def forward_once(self, x):
        return self.net(x)

    def forward(self, a, b):
        return F.pairwise_distance(self.forward_once(a), self.forward_once(b))


def contrastive(distance, same, margin=1.0):
    return (same * distance.pow(2) + (1 - same) * F.relu(margin - distance).pow(2)).mean()


def train(pairs, epochs=5):
    torch.manual_seed(0)
    net = Siamese()
    optimizer = torch.optim.Adam(net.parameters())
    for _ in range(epochs):
        epoch_loss = 0
        for a, b, same in pairs:
            loss = contrastive(net(a, b), same.float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            epoch_loss += loss.detach()
        print(epoch_loss.item())
