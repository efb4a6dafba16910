"""Data parallelism: K workers are one worker on the whole batch; what goes wrong without the mean, with figures."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes

from jinjie.scratch.networks.optimizers import adam
from jinjie.scratch.scale.data_parallel import (
    average_gradient,
    data_parallel_step,
    sharded_adam_step,
    zero_bytes,
)

PARTS = np.array([200, 41, 1, 200])


def regression():
    """Real data: 442 patients; the gradient of the mean squared error by PyTorch, whole and for uneven parts."""
    x, y = load_diabetes(return_X_y=True)
    return x * 20, (y - y.mean()) / y.std()


def torch_gradient(theta, x, y):
    weight = torch.tensor(theta, requires_grad=True)
    torch.mean((torch.tensor(x) @ weight - torch.tensor(y)) ** 2).backward()
    return weight.grad.numpy()


def of_parts(thetas, x, y, parts=PARTS):
    ends = np.cumsum(parts)[:-1]
    pieces = zip(thetas, np.split(x, ends), np.split(y, ends), strict=True)
    return np.array([torch_gradient(theta, px, py) for theta, px, py in pieces])


def test_the_weighted_mean_is_the_whole_batchs_gradient():
    x, y = regression()
    theta = np.linspace(-1, 1, 10)
    grads = of_parts([theta] * 4, x, y)
    np.testing.assert_allclose(average_gradient(grads, PARTS), torch_gradient(theta, x, y), rtol=1e-12)
    matrices = np.arange(24.0).reshape(2, 3, 4)  # parameters of any shape
    np.testing.assert_allclose(average_gradient(matrices, np.array([3, 1])), matrices[0] + 3, rtol=1e-12)


def test_the_plain_mean_favours_the_short_part():
    """The part with one example counts a quarter instead of 1/442: the gradient is off by more than its length."""
    x, y = regression()
    theta = np.linspace(-1, 1, 10)
    whole, grads = torch_gradient(theta, x, y), of_parts([theta] * 4, x, y)
    off = np.linalg.norm(grads.mean(axis=0) - whole) / np.linalg.norm(whole)
    assert off > 0.3
    assert np.linalg.norm(average_gradient(grads, PARTS) - whole) / np.linalg.norm(whole) < 1e-14


def test_a_step_of_all_workers_is_one_step_on_the_whole_batch():
    """Ten steps on four workers with uneven parts, and on one: equal to 1e-12, replicas equal bit for bit."""
    x, y = regression()
    one = np.zeros(10)
    thetas = np.zeros((4, 10))
    for _ in range(10):
        before = thetas.copy()
        stepped = data_parallel_step(thetas, of_parts(thetas, x, y), PARTS, lr=0.1)
        np.testing.assert_array_equal(thetas, before)
        thetas = stepped
        one = one - 0.1 * torch_gradient(one, x, y)
        np.testing.assert_array_equal(thetas, np.tile(thetas[0], (4, 1)))
        np.testing.assert_allclose(thetas[0], one, rtol=1e-12, atol=1e-14)
    assert np.abs(one).max() > 0.05


def test_the_learning_rate_is_a_hundredth_unless_another_is_given():
    stepped = data_parallel_step(np.ones((2, 1)), np.array([[1.0], [3.0]]), np.array([1, 1]))
    np.testing.assert_allclose(stepped, [[0.98], [0.98]], rtol=1e-15)


def test_without_the_mean_replicas_drift_apart():
    """The printed 'distributed' rule, θ ← θ − η g on each worker: after 100 steps there are four models.

    They are up to 0.70 apart, where the right one has gone 0.57 from its start, and each is worse than ours on the
    whole data. Ours are one model, at distance 0.
    """
    x, y = regression()
    ours, printed = np.zeros((4, 10)), np.zeros((4, 10))
    for _ in range(100):
        ours = data_parallel_step(ours, of_parts(ours, x, y), PARTS, lr=0.1)
        printed = printed - 0.1 * of_parts(printed, x, y)
    assert np.abs(ours - ours[0]).max() == 0
    apart = np.linalg.norm(printed - printed[0], axis=1).max()
    assert apart == pytest.approx(0.7047, abs=0.001)
    assert np.linalg.norm(ours[0]) == pytest.approx(0.5678, abs=0.001)
    losses = [np.mean((x @ theta - y) ** 2) for theta in (ours[0], *printed)]
    assert losses == pytest.approx([0.4850, 0.4961, 0.6159, 0.9907, 0.4942], abs=0.001)


def test_the_sum_is_a_learning_rate_k_times_as_large():
    """At η = 0.2 on four equal parts: the mean brings the loss to 0.49, the sum makes it grow beyond a thousand."""
    x, y = regression()
    x, y, parts = x[:440], y[:440], np.full(4, 110)
    ours, summed, fourfold = np.zeros((4, 10)), np.zeros((4, 10)), np.zeros((4, 10))
    for _ in range(30):
        ours = data_parallel_step(ours, of_parts(ours, x, y, parts), parts, lr=0.2)
        summed = summed - 0.2 * of_parts(summed, x, y, parts).sum(axis=0)
        fourfold = data_parallel_step(fourfold, of_parts(fourfold, x, y, parts), parts, lr=0.8)
    np.testing.assert_allclose(summed, fourfold, rtol=1e-9)
    loss = [np.mean((x @ thetas[0] - y) ** 2) for thetas in (ours, summed)]
    assert loss[0] == pytest.approx(0.4855, abs=0.005) and loss[1] > 1000


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_sharded_adam_is_adam(workers):
    """Five steps, 7 parameters: the shards of m and v are those of one worker's, and so is θ."""
    rng = np.random.default_rng(1)
    theta = one = rng.standard_normal(7)
    m = v = [np.zeros(len(shard)) for shard in np.array_split(theta, workers)]
    whole_m = whole_v = np.zeros(7)
    for t in range(1, 6):
        grads = rng.standard_normal((workers, 7))
        theta, m, v = sharded_adam_step(theta, list(grads), m, v, t, lr=0.05)
        one, whole_m, whole_v = adam(one, grads.mean(axis=0), whole_m, whole_v, t, lr=0.05)
        np.testing.assert_allclose(theta, one, rtol=1e-12)
        np.testing.assert_allclose(np.concatenate(m), whole_m, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(np.concatenate(v), whole_v, rtol=1e-12)
        assert [len(shard) for shard in m] == [len(shard) for shard in np.array_split(theta, workers)]
    default, _, _ = sharded_adam_step(np.zeros(1), [np.ones(1)], [np.zeros(1)], [np.zeros(1)], t=1)
    assert default[0] == pytest.approx(-1e-3, rel=1e-6)


def test_the_bytes_of_zero_are_the_papers():
    """Figure 1 of Rajbhandari et al.: 7.5 billion parameters on 64 workers need 120, 31.4, 16.6, 1.9 GB."""
    gigabytes = [7.5 * zero_bytes(workers=64, stage=stage) for stage in range(4)]
    assert gigabytes == pytest.approx([120.0, 31.4, 16.6, 1.9], abs=0.05)
    assert [zero_bytes(10, stage, 1.0, 100.0, 10_000.0) for stage in range(4)] == [
        10_101,
        1_101,
        1_011,
        1_010.1,
    ]
    with pytest.raises(ValueError, match="from 0 to 3, got 4"):
        zero_bytes(2, 4)
    with pytest.raises(ValueError, match="from 0 to 3, got -1"):
        zero_bytes(2, -1)


@pytest.mark.parametrize("counts", [[1], [1, 1, 1]])
def test_counts_that_fit_no_worker_are_refused(counts):
    grads = np.ones((2, 3))
    for call in (
        lambda: average_gradient(grads, np.array(counts)),
        lambda: data_parallel_step(grads, grads, np.array(counts)),
    ):
        with pytest.raises(ValueError, match=f"each of 2 gradients, got {len(counts)}"):
            call()
