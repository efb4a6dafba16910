import torch
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(1)


class SpamDetector(nn.Module):
    def __init__(self, vocabulary, width=32):
        super().__init__()
        self.embed = nn.EmbeddingBag(vocabulary, width)
        self.head = nn.Linear(width, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, words, offsets):
        mean = self.embed(words, offsets)
        score = self.head(mean)
        return self.sigmoid(score).squeeze(1)


def train(loader: DataLoader, vocabulary: int, epochs: int = 5) -> SpamDetector:
    detector = SpamDetector(vocabulary)
    optimizer = torch.optim.AdamW(detector.parameters(), lr=1e-3)
    criterion = nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        for words, offsets, is_spam in loader:
            optimizer.zero_grad(set_to_none=True)
            prediction = detector(words, offsets)
            loss = criterion(prediction, is_spam.float())
            loss.backward()
            optimizer.step()
    return detector
