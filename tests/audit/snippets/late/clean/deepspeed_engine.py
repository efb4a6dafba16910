import deepspeed
import torch
from torch import nn


def main(args, dataset):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(128, 256), nn.ReLU(), nn.Linear(256, 10))
    engine, optimizer, loader, schedule = deepspeed.initialize(
        args=args, model=model, model_parameters=model.parameters(), training_data=dataset
    )
    criterion = nn.CrossEntropyLoss()
    for x, y in loader:
        x, y = x.to(engine.device), y.to(engine.device)
        loss = criterion(engine(x), y)
        engine.backward(loss)
        engine.step()
