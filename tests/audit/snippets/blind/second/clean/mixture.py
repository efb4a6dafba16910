import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self, d, n):
        super().__init__()
        self.w = nn.Linear(d, n)

    def forward(self, x):
        return self.w(x).softmax(-1)


class MoE(nn.Module):
    def __init__(self, d, n, classes):
        super().__init__()
        self.gate = Gate(d, n)
        self.experts = nn.ModuleList(nn.Linear(d, classes) for _ in range(n))

    def forward(self, x):
        g = self.gate(x)
        return sum(g[:, i : i + 1] * e(x) for i, e in enumerate(self.experts))


moe = MoE(8, 4, 10)
ce = nn.CrossEntropyLoss()
