import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

data = torch.load("features.pt", weights_only=True)
full = TensorDataset(data["x"], data["y"])
train, val = random_split(full, [8000, 2000])


def run(act):
    model = nn.Sequential(nn.Linear(64, 128), act, nn.Linear(128, 2))
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(5):
        for x, y in DataLoader(train, batch_size=64, shuffle=True):
            opt.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            opt.step()
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in DataLoader(val, 256)) / len(val)


print("ReLU", run(nn.ReLU()), "GELU", run(nn.GELU()))
