"""The digits network in plain PyTorch, as its tutorial writes it: a DataLoader, zero_grad, backward, step."""

import numpy as np
import torch
from contest.contender import Stopwatch, serve, settings
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

given = settings()
if "threads" in given:
    torch.set_num_threads(given["threads"])
data = np.load(given["data"])
x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
held_x, held_y = torch.from_numpy(data["held_x"]), torch.from_numpy(data["held_y"])
seed = 0


def run() -> dict[str, float]:
    """Train anew, with another seed each round."""
    global seed
    torch.manual_seed(seed)
    seed += 1
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Dropout(given["dropout"]), nn.Linear(128, 10))
    batches = DataLoader(TensorDataset(x, y), batch_size=given["batch"], shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_of = nn.CrossEntropyLoss()
    watch = Stopwatch()
    for _ in range(given["epochs"]):
        for batch_x, batch_y in batches:
            optimizer.zero_grad()
            loss = loss_of(model(batch_x), batch_y)
            loss.backward()
            optimizer.step()
    taken = watch.stop()
    model.eval()
    with torch.no_grad():
        right = model(held_x).argmax(1) == held_y
    return {**taken, "loss": float(loss.detach()), "accuracy": float(right.float().mean())}


serve({"versions": f"PyTorch {torch.__version__}"}, run)
