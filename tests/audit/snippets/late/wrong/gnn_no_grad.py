"""Node classification with a two-layer graph network."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class GCN(nn.Module):
    def __init__(self, features, hidden, classes):
        super().__init__()
        self.w1 = nn.Linear(features, hidden)
        self.w2 = nn.Linear(hidden, classes)
        self.drop = nn.Dropout(0.5)

    def forward(self, adjacency, x):
        h = self.drop(F.relu(adjacency @ self.w1(x)))
        return F.log_softmax(adjacency @ self.w2(h), dim=1)


def train(graph, train_mask, val_mask, epochs=200):
    torch.manual_seed(0)
    model = GCN(graph.x.size(1), 16, 7)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
    for epoch in range(epochs):
        optimizer.zero_grad()
        out = model(graph.adj, graph.x)
        loss = F.nll_loss(out[train_mask], graph.y[train_mask])
        loss.backward()
        optimizer.step()
        model.eval()
        with torch.no_grad():
            pred = model(graph.adj, graph.x).argmax(dim=1)
            val = (pred[val_mask] == graph.y[val_mask]).float().mean()
        print(epoch, loss.item(), val.item())
