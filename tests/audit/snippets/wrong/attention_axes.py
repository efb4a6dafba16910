import torch
import torch.nn as nn
import torch.nn.functional as F


class PooledClassifier(nn.Module):
    def __init__(self, dim, classes):
        self.query = nn.Linear(dim, 1)
        self.fc = nn.Linear(dim, classes)

    def forward(self, tokens):
        weights = torch.softmax(self.query(tokens), dim=1)
        return self.fc((weights * tokens).sum(dim=1))


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 5)

    def forward(self, x):
        return self.fc(x.view(x.size(0), -1))


def predict(net: Small, images, labels):
    net.eval()
    with torch.no_grad():
        logits = net.forward(images)
        probabilities = F.softmax(logits, dim=0)
        predicted = logits.argmax(dim=0)
    return probabilities, (predicted == labels).float().mean()
