import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(0)
sequence = torch.rand(500, 10, 3)
targets = torch.randint(0, 4, (500,))


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 32, batch_first=True)
        self.out = nn.Linear(32, 4)

    def forward(self, x):
        h, _ = self.rnn(x)
        return self.out(h[:, -1])


model = Forecaster()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(30):
    for i in range(0, len(sequence), 50):
        optimizer.zero_grad()
        loss = criterion(model(sequence[i : i + 50]), targets[i : i + 50])
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1}: {loss.item():.4f}")
