import numpy as np
import pytest
import torch
from torch.nn import functional

from jinjie.data.digits import Config
from jinjie.scratch.autograd.mnist import accuracy, loss_gradient, scores, train_step
from jinjie.scratch.autograd.tensor import Tensor
from jinjie.scratch.networks import mlp
from jinjie.scratch.networks.mlp import Network, Training, new_network, new_training
from jinjie.scratch.networks.optimizers import adam
from scratch.autograd.against import EXACT, draw
from scratch.gradients import check_gradient


@pytest.fixture(scope="module")
def mnist(data_home):
    """The first real digits of the training split, in a drawn order: x (1000, 784) float64, y (1000)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        arrays = Config().load().splits["train"]
    rows = np.random.default_rng(0).permutation(len(arrays["y"]))[:1000]
    return arrays["x"][rows].astype(np.float64), arrays["y"][rows]


def torchs(network):
    return [torch.tensor(parameter, requires_grad=True) for parameter in network]


def torch_scores(x, W1, b1, W2, b2, kept=None, p=0.2):
    h = torch.relu(functional.linear(torch.tensor(x), W1, b1))
    h = h if kept is None else h * torch.tensor(kept) / (1 - p)
    return functional.linear(h, W2, b2)


@pytest.mark.parametrize(("dropped", "steps"), [(False, 100), (True, 20)])
def test_a_hundred_steps_have_pytorchs_losses(mnist, dropped, steps):
    """Equal weights, batches of real digits and masks, fp64: the losses agree to 1e-9, where 1e-6 was asked for."""
    x, y = mnist
    rng = np.random.default_rng(0)
    training = new_training(new_network(rng))
    parameters = torchs(training.network)
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    losses, expected = [], []
    for step in range(steps):
        rows = np.arange(32 * step, 32 * (step + 1)) % len(y)
        kept = rng.random((32, 128)) >= 0.2 if dropped else None
        training, loss = train_step(training, x[rows], y[rows], kept)
        losses.append(loss)
        optimizer.zero_grad()
        theirs = functional.cross_entropy(torch_scores(x[rows], *parameters, kept), torch.tensor(y[rows]))
        theirs.backward()
        optimizer.step()
        expected.append(theirs.item())
    assert np.abs(np.subtract(losses, expected)).max() < 1e-9
    assert training.t == steps
    for ours, theirs in zip(training.network, parameters, strict=True):
        assert ours == pytest.approx(theirs.detach().numpy(), rel=1e-6, abs=1e-9)
    if steps == 100:
        assert losses[0] > 2.2 and np.mean(losses[-10:]) < 0.6
        assert accuracy(x, y, training.network) > 0.88


def small(seed=0):
    W1, b1, W2, b2, x = draw((4, 5), (4,), (3, 4), (3,), (6, 5), seed=seed)
    return Network(W1, b1, W2, b2), x, np.array([0, 2, 1, 1, 0, 2])


@pytest.mark.parametrize("chance", [0.2, 0.5])
@pytest.mark.parametrize("dropped", [False, True])
def test_the_tape_and_the_hand_come_to_the_same_gradient(dropped, chance):
    network, x, y = small()
    kept = np.random.default_rng(1).random((6, 4)) >= chance if dropped else None
    loss, gradient = loss_gradient(x, y, network, kept, chance)
    by_hand, expected = mlp.loss_gradient(x, y, *network, kept, chance)
    assert loss == pytest.approx(by_hand, **EXACT)
    for ours, hand in zip(gradient, expected, strict=True):
        assert ours == pytest.approx(hand, **EXACT)
    for name in Network._fields:
        check_gradient(
            lambda w, name=name: loss_gradient(x, y, network._replace(**{name: w}), kept, chance)[0],
            getattr(network, name),
            getattr(gradient, name),
        )


def test_a_fifth_is_dropped_unless_told_otherwise():
    network, x, y = small()
    kept = np.random.default_rng(1).random((6, 4)) >= 0.3
    expected = torch_scores(x, *torchs(network), kept, 0.2).detach().numpy()
    assert scores(x, *network, kept).data == pytest.approx(expected, **EXACT)
    assert loss_gradient(x, y, network, kept)[0] == loss_gradient(x, y, network, kept, 0.2)[0]
    training = new_training(network)
    assert train_step(training, x, y, kept)[1] == train_step(training, x, y, kept, 0.2)[1]
    assert train_step(training, x, y, kept, 0.5)[1] == loss_gradient(x, y, network, kept, 0.5)[0]


def test_a_step_is_adams_with_its_number():
    network, x, y = small()
    m = Network(*draw(*(p.shape for p in network), seed=3))
    v = Network(*draw(*(p.shape for p in network), seed=4, low=0.1))
    loss, gradient = loss_gradient(x, y, network)
    for given, lr in (({}, 1e-3), ({"lr": 0.1}, 0.1)):
        after, before = train_step(Training(network, m, v, 7), x, y, **given)
        assert before == loss and after.t == 8
        for i in range(4):
            expected = adam(network[i], gradient[i], m[i], v[i], 8, lr)
            for ours, theirs in zip((after.network[i], after.m[i], after.v[i]), expected, strict=True):
                assert np.array_equal(ours, theirs)


def test_the_loss_goes_through_tensors_and_the_scores_of_arrays_write_no_tape():
    network, x, y = small()
    assert not scores(x, *network).requires_grad
    W1 = Tensor(network.W1, requires_grad=True)
    assert scores(x, W1, *network[1:]).requires_grad
    right = scores(x, *network).data.argmax(axis=1)
    assert accuracy(x, right, network) == 1
    assert accuracy(x, np.concatenate([right[:4], (right[4:] + 1) % 3]), network) == pytest.approx(2 / 3)
