import torch
from torchvision.models import ResNet50_Weights, resnet50

model = resnet50(weights=ResNet50_Weights.DEFAULT)
model.eval()


def saliency(images, labels):
    maps = []
    for image, label in zip(images, labels):
        x = image.unsqueeze(0).requires_grad_()
        score = model(x)[0, label]
        score.backward()
        maps.append(x.grad.abs().max(dim=1).values)
    return torch.cat(maps)


def fgsm(image, label, eps=0.03):
    image = image.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(model(image), label)
    loss.backward()
    return (image + eps * image.grad.sign()).clamp(0, 1).detach()
