import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
series = pd.read_csv("passengers.csv")["n"].to_numpy(dtype="float32")
cut = int(len(series) * 0.8)
mean, std = series[:cut].mean(), series[:cut].std()
series = (series - mean) / std
back = 12


def windows(a):
    x = np.stack([a[i : i + back] for i in range(len(a) - back)])
    return torch.from_numpy(x)[..., None], torch.from_numpy(a[back:])[:, None]


train = TensorDataset(*windows(series[:cut]))
test = TensorDataset(*windows(series[cut - back :]))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(1, 32, batch_first=True)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1])


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(50):
    net.train()
    for x, y in DataLoader(train, batch_size=16, shuffle=True):
        opt.zero_grad()
        nn.functional.mse_loss(net(x), y).backward()
        opt.step()
net.eval()
with torch.no_grad():
    x, y = test.tensors
    print("RMSE", (nn.functional.mse_loss(net(x), y).sqrt() * std).item())
