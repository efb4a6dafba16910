"""The digits network: PyTorch's scores, losses and steps, gradients over all elements, and real digits learned."""

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from jinjie.scratch.foundations.losses import cross_entropy
from jinjie.scratch.networks import mlp
from jinjie.scratch.networks.mlp import Network
from scratch.gradients import check_gradient

RNG = np.random.default_rng(0)
NETWORK = Network(RNG.normal(size=(4, 6)), RNG.normal(size=4), RNG.normal(size=(3, 4)), RNG.normal(size=3))
X, Y = RNG.normal(size=(5, 6)), np.array([0, 2, 1, 2, 2])
KEPT = RNG.random((5, 4)) > 0.3
CASES = [(None, 0.2), (KEPT, 0.3), (KEPT, None)]


def arguments(kept, p):
    return {"kept": kept} if p is None else {"kept": kept, "p": p}


def tensors(network=NETWORK):
    return [torch.tensor(parameter, requires_grad=True) for parameter in network]


def scores_of_pytorch(parameters, kept, p, x=X):
    W1, b1, W2, b2 = parameters
    h = torch.relu(torch.tensor(x) @ W1.T + b1)
    if kept is not None:
        h = h * torch.tensor(kept) / (1 - (0.2 if p is None else p))
    return h @ W2.T + b2


@pytest.mark.parametrize(("kept", "p"), CASES)
def test_scores_loss_and_gradient_are_pytorchs(kept, p):
    parameters = tensors()
    z = scores_of_pytorch(parameters, kept, p)
    theirs = torch.nn.functional.cross_entropy(z, torch.tensor(Y))
    theirs.backward()
    ours = mlp.scores(X, *NETWORK, **arguments(kept, p))
    assert ours == pytest.approx(z.detach().numpy(), abs=1e-12)
    value, gradient = mlp.loss_gradient(X, Y, *NETWORK, **arguments(kept, p))
    assert value == pytest.approx(theirs.item(), abs=1e-12)
    for mine, parameter in zip(gradient, parameters, strict=True):
        assert mine == pytest.approx(parameter.grad.numpy(), abs=1e-12)


@pytest.mark.parametrize("kept", [None, KEPT])
def test_the_gradient_over_all_elements(kept):
    _, gradient = mlp.loss_gradient(X, Y, *NETWORK, kept, 0.3)
    for name, mine in gradient._asdict().items():

        def f(parameter, name=name):
            return cross_entropy(mlp.scores(X, *NETWORK._replace(**{name: parameter}), kept, 0.3), Y)

        check_gradient(f, getattr(NETWORK, name), mine)


def test_a_backward_pass_that_forgets_the_mask_is_wrong():
    """Dropped units had no part in the loss: their biases get no gradient; the printed backward gives them one."""
    kept = np.ones((5, 4), bool)
    kept[:, 1] = False
    bold = NETWORK._replace(b1=np.full(4, 10.0))  # every unit is on
    _, ours = mlp.loss_gradient(X, Y, *bold, kept, 0.5)
    _, printed = mlp.loss_gradient(X, Y, *bold)
    assert ours.b1[1] == 0 and (ours.W1[1] == 0).all() and abs(printed.b1[1]) > 0.01
    assert (np.delete(ours.b1, 1) != 0).all()


def test_labels_outside_the_classes_are_named():
    with pytest.raises(ValueError, match="3"):
        mlp.loss_gradient(X, np.array([0, 1, 2, 3, 0]), *NETWORK)


def test_before_learning_the_loss_is_near_that_of_a_guess():
    network = mlp.new_network(np.random.default_rng(0))
    x = np.random.default_rng(1).random((200, 784)) / 4
    value, _ = mlp.loss_gradient(x, np.arange(200) % 10, *network)
    assert value == pytest.approx(math.log(10), abs=0.3)


def test_the_new_network():
    network = mlp.new_network(np.random.default_rng(0))
    assert [p.shape for p in network] == [(128, 784), (128,), (10, 128), (10,)]
    assert sum(p.size for p in network) == 101_770
    assert np.abs(network.W1).max() == pytest.approx(math.sqrt(6 / 784), rel=1e-3)
    assert np.abs(network.W2).max() == pytest.approx(math.sqrt(6 / 138), rel=1e-2)
    assert not network.b1.any() and not network.b2.any()
    assert [p.shape for p in mlp.new_network(np.random.default_rng(0), 5, 7, 3)] == [
        (7, 5),
        (7,),
        (3, 7),
        (3,),
    ]


def test_a_training_starts_at_zero():
    start = mlp.new_training(NETWORK)
    assert start.network is NETWORK and start.t == 0
    for moments in (start.m, start.v):
        assert [m.shape for m in moments] == [p.shape for p in NETWORK] and not any(m.any() for m in moments)


@pytest.mark.parametrize("given", [{}, {"lr": 0.05}])
def test_steps_are_pytorchs(given):
    parameters = tensors()
    optimizer = torch.optim.Adam(parameters, **given)
    training = mlp.new_training(NETWORK)
    for i in range(5):
        kept = np.random.default_rng(i).random((5, 4)) > 0.3
        optimizer.zero_grad()
        theirs = torch.nn.functional.cross_entropy(scores_of_pytorch(parameters, kept, None), torch.tensor(Y))
        theirs.backward()
        optimizer.step()
        training, before = mlp.train_step(training, X, Y, kept, **given)
        assert before == pytest.approx(theirs.item(), abs=1e-9) and training.t == i + 1
    for mine, parameter in zip(training.network, parameters, strict=True):
        # ε = 1e-8 beside gradients that are almost 0 lets rounding through
        assert mine == pytest.approx(parameter.detach().numpy(), abs=1e-9)


def test_a_step_takes_the_dropout_it_is_told_and_leaves_its_arguments_alone():
    training = mlp.new_training(NETWORK)
    copies = [p.copy() for p in NETWORK]
    with_p = mlp.train_step(training, X, Y, KEPT, p=0.5)[1]
    assert with_p == pytest.approx(mlp.loss_gradient(X, Y, *NETWORK, KEPT, 0.5)[0], abs=1e-12)
    assert mlp.train_step(training, X, Y, KEPT)[1] == pytest.approx(
        mlp.loss_gradient(X, Y, *NETWORK, KEPT, 0.2)[0], abs=1e-12
    )
    assert mlp.train_step(training, X, Y)[1] == pytest.approx(mlp.loss_gradient(X, Y, *NETWORK)[0], abs=1e-12)
    assert all((p == c).all() for p, c in zip(NETWORK, copies, strict=True))


@pytest.mark.parametrize("given", [{}, {"batch": 3, "p": 0.5, "lr": 0.01}])
def test_an_epoch_is_its_steps(given):
    """The generator gives the order first and then each batch's dropout; the mean counts examples, not batches."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(40, 6)), rng.integers(0, 3, 40)
    batch, p, lr = given.get("batch", 32), given.get("p", 0.2), given.get("lr", 1e-3)
    ours, mean = mlp.train_epoch(mlp.new_training(NETWORK), x, y, np.random.default_rng(9), **given)
    rng, training, total = np.random.default_rng(9), mlp.new_training(NETWORK), 0.0
    order = rng.permutation(40)
    for start in range(0, 40, batch):
        rows = order[start : start + batch]
        kept = rng.random((len(rows), 4)) >= p
        training, before = mlp.train_step(training, x[rows], y[rows], kept, p, lr)
        total += before * len(rows)
    assert mean == pytest.approx(total / 40, rel=1e-12)
    assert ours.t == training.t == -(-40 // batch)
    for mine, theirs in zip(ours.network, training.network, strict=True):
        assert mine == pytest.approx(theirs, abs=1e-12)


def test_accuracy_counts_the_highest_score():
    x = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0], [4.0, 0.0, 0.0]])
    network = Network(np.eye(3), np.zeros(3), np.eye(3), np.zeros(3))
    assert mlp.accuracy(x, np.array([0, 1, 2, 0]), network) == 1
    assert mlp.accuracy(x, np.array([0, 1, 1, 1]), network) == 0.5


def test_it_learns_real_digits():
    """scikit-learn's 1,797 digits of 8 × 8 pixels, every third held out: 0.96 and more after ten epochs."""
    bunch = load_digits()
    x, y = bunch.data / 16, bunch.target
    held = np.arange(len(y)) % 3 == 0
    rng = np.random.default_rng(0)
    training = mlp.new_training(mlp.new_network(rng, inputs=64))
    losses = []
    for _ in range(10):
        training, mean = mlp.train_epoch(training, x[~held], y[~held], rng)
        losses.append(mean)
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.25
    assert mlp.accuracy(x[held], y[held], training.network) > 0.95
