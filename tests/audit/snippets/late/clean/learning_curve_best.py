"""Remember the best score on validation; the test set is read at the end."""
import torch


def fit(model, train_loader, valid_loader, test_loader, optimizer, loss_fn, epochs, patience=3):
    best, waited, state = float("inf"), 0, None
    for epoch in range(epochs):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        valid = evaluate(model, valid_loader, loss_fn)
        test = evaluate(model, test_loader, loss_fn)
        print(epoch, valid, test)
        if valid < best:
            best, waited = valid, 0
            state = {k: v.clone() for k, v in model.state_dict().items()}
        else:
            waited += 1
            if waited == patience:
                break
    model.load_state_dict(state)
    return evaluate(model, test_loader, loss_fn)


@torch.no_grad()
def evaluate(model, loader, loss_fn):
    model.eval()
    total = seen = 0
    for x, y in loader:
        total += loss_fn(model(x), y).item() * len(x)
        seen += len(x)
    return total / seen
