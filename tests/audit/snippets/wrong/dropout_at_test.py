import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

torch.manual_seed(0)
X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
X_train, X_test = torch.tensor(X_train).float(), torch.tensor(X_test).float()
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

classifier = nn.Sequential(
    nn.BatchNorm1d(30), nn.Linear(30, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 2)
)
optimizer = torch.optim.AdamW(classifier.parameters(), lr=1e-3)
for epoch in range(60):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(classifier(X_train), y_train)
    loss.backward()
    optimizer.step()

with torch.no_grad():
    right = (classifier(X_test).argmax(dim=1) == y_test).float().mean()
print(f"accuracy {right:.3f}")
