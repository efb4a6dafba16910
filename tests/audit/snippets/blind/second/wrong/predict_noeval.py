import torch
from torch import nn
from torchvision import models, transforms
from PIL import Image

net = models.resnet50(weights=None)
net.fc = nn.Sequential(nn.Dropout(0.5), nn.Linear(2048, 5))
net.load_state_dict(torch.load("flowers.pth", weights_only=True))
prep = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor()])


def predict(path):
    x = prep(Image.open(path).convert("RGB")).unsqueeze(0)
    with torch.no_grad():
        p = net(x).softmax(-1)[0]
    return p.argmax().item(), p.max().item()


print(predict("rose.jpg"))
