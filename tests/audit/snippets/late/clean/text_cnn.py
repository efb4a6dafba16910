import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader


class TextCNN(nn.Module):
    def __init__(self, vocabulary, classes, widths=(2, 3, 4)):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, 64, padding_idx=0)
        self.convs = nn.ModuleList(nn.Conv1d(64, 32, w) for w in widths)
        self.out = nn.Linear(32 * len(widths), classes)

    def forward(self, ids):
        x = self.embed(ids).transpose(1, 2)
        pooled = [F.relu(conv(x)).max(dim=2).values for conv in self.convs]
        return self.out(F.dropout(torch.cat(pooled, dim=1), 0.5, self.training))


def predict(model: TextCNN, loader: DataLoader, device: torch.device):
    model.to(device).eval()
    names, sure = [], []
    with torch.no_grad():
        for ids, _ in loader:
            probabilities = model(ids.to(device)).softmax(dim=1)
            best = probabilities.max(dim=1)
            names += best.indices.tolist()
            sure += best.values.tolist()
    return names, sure
