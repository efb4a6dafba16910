import torch
import torch.nn as nn

torch.manual_seed(0)
G = nn.Sequential(nn.Linear(16, 128), nn.ReLU(), nn.Linear(128, 784), nn.Tanh())
D = nn.Sequential(nn.Linear(784, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))
opt_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()


def train(loader, epochs):
    for _ in range(epochs):
        for real, _ in loader:
            real = real.flatten(1)
            n = real.size(0)
            real_labels = torch.ones(n, 1)
            fake_labels = torch.zeros(n, 1)
            fake = G(torch.randn(n, 16))

            d_loss = bce(D(real), real_labels) + bce(D(fake.detach()), fake_labels)
            opt_d.zero_grad()
            d_loss.backward()
            opt_d.step()

            g_loss = bce(D(fake), real_labels)
            opt_g.zero_grad()
            g_loss.backward()
            opt_g.step()
