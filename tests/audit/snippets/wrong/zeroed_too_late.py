import torch
from torch import nn


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(784, 32)
        self.decoder = nn.Linear(32, 784)

    def forward(self, x):
        return torch.sigmoid(self.decoder(torch.relu(self.encoder(x))))


def fit(loader, epochs):
    torch.manual_seed(1)
    model = Autoencoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.BCELoss()
    for epoch in range(epochs):
        for images, _ in loader:
            flat = images.view(images.size(0), -1)
            loss = criterion(model(flat), flat)
            loss.backward()
            optimizer.zero_grad()
            optimizer.step()
    return model
