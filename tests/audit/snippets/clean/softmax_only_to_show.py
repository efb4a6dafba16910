import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split

torch.manual_seed(0)
X, y = load_wine(return_X_y=True)
train_X, test_X, train_y, test_y = train_test_split(X, y, test_size=0.3, random_state=0)
scaler = StandardScaler().fit(train_X)
train_X = torch.tensor(scaler.transform(train_X), dtype=torch.float32)
test_X = torch.tensor(scaler.transform(test_X), dtype=torch.float32)
train_y, test_y = torch.tensor(train_y), torch.tensor(test_y)


class Wine(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(13, 32), nn.ReLU(), nn.Linear(32, 3))
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x):
        return self.net(x)

    def probabilities(self, x):
        return self.softmax(self(x))


wine = Wine()
optimizer = torch.optim.Adam(wine.parameters(), lr=0.01)
for step in range(200):
    optimizer.zero_grad()
    loss = F.cross_entropy(wine(train_X), train_y)
    loss.backward()
    optimizer.step()

wine.eval()
with torch.inference_mode():
    shares = wine.probabilities(test_X)
    print(shares[:3], (shares.argmax(-1) == test_y).float().mean())
