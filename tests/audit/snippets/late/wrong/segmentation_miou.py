import torch
import torch.nn.functional as F
from torch import nn


class Seg(nn.Module):
    def __init__(self, classes):
        super(Seg, self).__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU())
        self.head = nn.Conv2d(32, classes, 1)

    def forward(self, x):
        return self.head(self.body(x))


torch.manual_seed(0)
images, masks = torch.load("pets.pt")
model = Seg(3)
optimizer = torch.optim.Adam(model.parameters(), 1e-3)
for epoch in range(20):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images[:80]), masks[:80])
    loss.backward()
    optimizer.step()

with torch.inference_mode():
    predicted = model(images[80:]).argmax(1)
    print("pixel accuracy", (predicted == masks[80:]).float().mean().item())
