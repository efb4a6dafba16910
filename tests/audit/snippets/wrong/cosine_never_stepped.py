import torch
from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR


def train(model: nn.Module, batches, epochs: int = 30):
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    scheduler = CosineAnnealingLR(optimizer, T_max=epochs)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    model.train()
    for epoch in range(epochs):
        running = 0.0
        for images, labels in batches:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            running += loss.item()
        rate = scheduler.get_last_lr()[0]
        print(f"epoch {epoch}: loss {running:.3f}, rate {rate:.4f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    toy = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    batches = [(torch.rand(8, 1, 28, 28), torch.arange(8)) for _ in range(4)]
    train(toy, batches)
