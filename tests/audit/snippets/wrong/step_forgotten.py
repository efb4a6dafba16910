import torch
import torch.nn as nn

torch.manual_seed(4)
t = torch.linspace(0, 6.28, 200).unsqueeze(1)
wave = torch.sin(t)

mlp = nn.Sequential(nn.Linear(1, 40), nn.Tanh(), nn.Linear(40, 1))
optimizer = torch.optim.Adam(mlp.parameters(), lr=0.01)

for i in range(2000):
    optimizer.zero_grad()
    loss = ((mlp(t) - wave) ** 2).mean()
    loss.backward()
    if i % 500 == 0:
        print(i, float(loss))
