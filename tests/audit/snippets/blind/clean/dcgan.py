import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

torch.manual_seed(999)
nz, nc = 100, 1
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
loader = DataLoader(datasets.MNIST("data", download=True, transform=transforms.ToTensor()), 128, shuffle=True)

netG = nn.Sequential(nn.Linear(nz, 256), nn.ReLU(), nn.Linear(256, 784), nn.Sigmoid()).to(device)
netD = nn.Sequential(nn.Linear(784, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1), nn.Sigmoid()).to(device)
criterion = nn.BCELoss()
optD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
optG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))

for epoch in range(5):
    for real, _ in loader:
        real = real.view(-1, 784).to(device)
        ones = torch.ones(real.size(0), 1, device=device)
        zeros = torch.zeros(real.size(0), 1, device=device)

        netD.zero_grad()
        fake = netG(torch.randn(real.size(0), nz, device=device))
        lossD = criterion(netD(real), ones) + criterion(netD(fake.detach()), zeros)
        lossD.backward()
        optD.step()

        netG.zero_grad()
        lossG = criterion(netD(fake), ones)
        lossG.backward()
        optG.step()
    print(epoch, lossD.item(), lossG.item())
