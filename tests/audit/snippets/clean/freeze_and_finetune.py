import torch
from torch import nn
from torchvision.models import ResNet18_Weights, resnet18

torch.manual_seed(0)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def make(classes):
    model = resnet18(weights=ResNet18_Weights.DEFAULT)
    for p in model.parameters():
        p.requires_grad = False
    model.fc = nn.Linear(model.fc.in_features, classes)
    return model.to(device)


def train(loaders, epochs=3):
    model = make(5)
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        for phase in ("train", "val"):
            model.train(phase == "train")
            running, right = 0.0, 0
            for inputs, labels in loaders[phase]:
                inputs, labels = inputs.to(device), labels.to(device)
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(inputs)
                    loss = criterion(outputs, labels)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running += loss.item() * inputs.size(0)
                right += torch.sum(outputs.argmax(1) == labels.data)
            if phase == "train":
                scheduler.step()
            print(phase, running / len(loaders[phase].dataset), right.double() / len(loaders[phase].dataset))
    return model
