import torch
from torch import nn


class MixtureOfExperts(nn.Module):
    def __init__(self, dim, experts=4):
        super().__init__()
        self.gate = nn.Linear(dim, experts)
        self.experts = [] 
        for i in range(experts):
            expert = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
            self.experts.append(expert)

    def forward(self, x):
        share = torch.softmax(self.gate(x), dim=-1)
        outs = torch.stack([e(x) for e in self.experts], dim=-1)
        return (outs * share.unsqueeze(-2)).sum(-1)
