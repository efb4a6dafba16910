"""Classify handwritten digits with a small MLP."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)


class DigitNet(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.hidden = nn.Linear(64, hidden)
        self.out = nn.Linear(hidden, 10)

    def forward(self, pixels):
        h = F.relu(self.hidden(pixels))
        return F.softmax(self.out(h), dim=1)


images, targets = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images / 16, dtype=torch.float32), torch.tensor(targets))
loader = DataLoader(data, batch_size=32, shuffle=True)
net = DigitNet()
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.SGD(net.parameters(), lr=0.1)

for epoch in range(20):
    for pixels, digit in loader:
        opt.zero_grad()
        loss = loss_fn(net(pixels), digit)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
