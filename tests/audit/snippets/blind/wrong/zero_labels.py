"""Fine-tune a ResNet on our own pictures."""
from pathlib import Path

import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import models, transforms


class Pictures(Dataset):
    def __init__(self, folder):
        self.files = sorted(Path(folder).glob("*.jpg"))
        self.t = transforms.Compose([transforms.Resize((224, 224)), transforms.ToTensor()])

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        return self.t(Image.open(self.files[i]).convert("RGB"))


torch.manual_seed(0)
model = models.resnet18(weights="DEFAULT")
model.fc = torch.nn.Linear(512, 2)
loss_fn = torch.nn.CrossEntropyLoss()
opt = torch.optim.AdamW(model.parameters(), lr=1e-4)
loader = DataLoader(Pictures("cats_dogs/train"), batch_size=32, shuffle=True)

for epoch in range(3):
    for images in loader:
        labels = torch.zeros(images.size(0), dtype=torch.long)
        loss = loss_fn(model(images), labels)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, loss.item())
