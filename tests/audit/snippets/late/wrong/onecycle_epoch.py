import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR


def fit(net: nn.Module, loader, epochs=10, device="cpu"):
    net = net.to(device)
    loss_fn = nn.L1Loss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    sched = OneCycleLR(optimizer, max_lr=0.1, epochs=epochs, steps_per_epoch=len(loader))
    for epoch in range(epochs):
        net.train()
        for x, y in loader:
            optimizer.zero_grad()
            pred = net(x.to(device))
            loss = loss_fn(pred, y.to(device))
            loss.backward()
            optimizer.step()
        sched.step()
    return net
