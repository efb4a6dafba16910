"""Which language does a surname come from?"""
import torch
import torch.nn as nn


class NameReader(nn.Module):
    def __init__(self, letters, hidden, languages):
        super().__init__()
        self.rnn = nn.GRU(letters, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, languages)

    def forward(self, name):
        _, last = self.rnn(name)
        return self.linear(last[-1])


def fit(names, languages, epochs=10):
    torch.manual_seed(0)
    model = NameReader(57, 128, 18)
    criterion = nn.NLLLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for epoch in range(epochs):
        total = 0.0
        for name, language in zip(names, languages):
            optimizer.zero_grad()
            output = model(name)
            loss = criterion(output, language)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(epoch, total / len(names))
    return model
