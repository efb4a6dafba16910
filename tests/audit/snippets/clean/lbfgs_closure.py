import torch

torch.manual_seed(0)
A = torch.randn(20, 5)
truth = torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0])
target = A @ truth
x = torch.zeros(5, requires_grad=True)
optimizer = torch.optim.LBFGS([x], max_iter=50, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    loss = ((A @ x - target) ** 2).sum()
    loss.backward()
    return loss


final = optimizer.step(closure)
print(final.item(), x.detach().numpy().round(3))
