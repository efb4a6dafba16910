"""Every optimiser against its formula, written out here in NumPy fp64 and run for two steps, the second with state."""

from __future__ import annotations

import subprocess
import sys
import typing
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch

from jinjie.models import gpt, linear, mlp
from jinjie.training.optim import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    AnyOptimizer,
    Momentum,
    Muon,
    OptimizerConfig,
    RMSProp,
    take_step,
)

Array = npt.NDArray[np.float64]
Rule = Callable[[Array, list[Array]], Array]
"""(weights, the gradients of every step so far) → weights after one more step."""

CLOSE = 2e-6
"""fp32 weights of size 1 keep 6e-8; a few operations a step, twice."""


def sgd(w: Array, gs: list[Array]) -> Array:
    return w - 0.1 * (gs[-1] + 0.2 * w)


def momentum(w: Array, gs: list[Array]) -> Array:
    return w - 0.1 * (gs[0] if len(gs) == 1 else 0.9 * gs[0] + gs[1])


def nesterov(w: Array, gs: list[Array]) -> Array:
    v = gs[0] if len(gs) == 1 else 0.9 * gs[0] + gs[1]
    return w - 0.1 * (gs[-1] + 0.9 * v)


def adagrad(w: Array, gs: list[Array]) -> Array:
    return w - 0.1 * gs[-1] / (np.sqrt(sum(g**2 for g in gs)) + 1e-10)


def rmsprop(w: Array, gs: list[Array]) -> Array:
    s = np.zeros_like(w)
    for g in gs:
        s = 0.99 * s + 0.01 * g**2
    return w - 0.1 * gs[-1] / (np.sqrt(s) + 1e-8)


def adam_step(gs: list[Array], beta1: float, beta2: float) -> Array:
    m = v = np.zeros_like(gs[0])
    for g in gs:
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
    t = len(gs)
    return m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + 1e-8)


def adam(w: Array, gs: list[Array]) -> Array:
    return w - 0.1 * adam_step(gs, 0.9, 0.999)


def adamw(w: Array, gs: list[Array]) -> Array:
    return w - 0.1 * 0.3 * w - 0.1 * adam_step(gs, 0.9, 0.95)


def adamw_without_decay(w: Array, gs: list[Array]) -> Array:
    return w - 0.1 * adam_step(gs, 0.9, 0.95)


def after_two_steps(
    config: OptimizerConfig, name: str, shape: tuple[int, ...]
) -> tuple[Array, Array, list[Array]]:
    """(weights before, weights after, the two gradients)."""
    rng = np.random.Generator(np.random.PCG64(0))
    before, *gradients = (rng.standard_normal(shape).astype(np.float32).astype(np.float64) for _ in range(3))
    weight = torch.tensor(before, dtype=torch.float32, requires_grad=True)
    (optimizer,) = config.build({name: weight})
    for gradient in gradients:
        weight.grad = torch.tensor(gradient, dtype=torch.float32)
        optimizer.step()
    return before, weight.detach().double().numpy(), gradients


@pytest.mark.parametrize(
    ("config", "shape", "rule"),
    [
        (SGD(lr=0.1, weight_decay=0.2), (3, 2), sgd),
        (Momentum(lr=0.1), (3, 2), momentum),
        (Momentum(lr=0.1, nesterov=True), (3, 2), nesterov),
        (AdaGrad(lr=0.1), (3, 2), adagrad),
        (RMSProp(lr=0.1), (3, 2), rmsprop),
        (Adam(lr=0.1), (3, 2), adam),
        (AdamW(lr=0.1, weight_decay=0.3), (3, 2), adamw),
        (AdamW(lr=0.1, weight_decay=0.3), (3,), adamw_without_decay),
        (Muon(adam_lr=0.1, weight_decay=0.3), (3,), adamw_without_decay),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_two_steps_are_those_of_the_formula(
    config: OptimizerConfig, shape: tuple[int, ...], rule: Rule
) -> None:
    before, after, gradients = after_two_steps(config, "hidden.0.weight", shape)
    expected = before
    for t in (1, 2):
        expected = rule(expected, gradients[:t])
    np.testing.assert_allclose(after, expected, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6)])
def test_muon_steps_along_the_orthogonalised_momentum(shape: tuple[int, int]) -> None:
    """B ← μB + g; g + μB is put through five rounds of X ← aX + (bA + cA²)X with A = XXᵀ; the rate grows by
    √max(1, rows/columns). In fp32 on a CPU: torch's bf16 would be apart by 3e-3."""
    before, after, gradients = after_two_steps(Muon(lr=0.1, weight_decay=0.3), "hidden.0.weight", shape)
    expected, held = before, np.zeros(shape)
    for g in gradients:
        held = 0.95 * held + g
        x = g + 0.95 * held
        x = x.T if shape[0] > shape[1] else x
        x = x / np.linalg.norm(x)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        x = x.T if shape[0] > shape[1] else x
        expected = expected * (1 - 0.1 * 0.3) - 0.1 * max(1, shape[0] / shape[1]) ** 0.5 * x
    np.testing.assert_allclose(after, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", [(12, 8), (8, 12)])
def test_muon_steps_as_torchs_does_to_the_rounding_of_bf16(shape: tuple[int, int]) -> None:
    """Both keep the same state, so that a checkpoint of either is one of the other."""
    mine = torch.randn(shape, generator=torch.Generator().manual_seed(0)).requires_grad_()
    theirs = mine.detach().clone().requires_grad_()
    (ours,) = Muon(lr=0.1, weight_decay=0.3).build({"hidden.0.weight": mine})
    torchs = torch.optim.Muon([theirs], lr=0.1, weight_decay=0.3, momentum=0.95)
    for seed in (1, 2):
        mine.grad = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
        theirs.grad = mine.grad.clone()
        ours.step()
        torchs.step()
    torch.testing.assert_close(mine, theirs, rtol=0, atol=2 * 0.03 * 0.1 * 1.5**0.5)
    ((_, state),), ((_, held),) = ours.state.items(), torchs.state.items()
    assert state.keys() == held.keys()
    torch.testing.assert_close(state["momentum_buffer"], held["momentum_buffer"])


def test_torchs_muon_is_given_the_momentum_of_the_config() -> None:
    (optimizer,) = Muon(momentum=0.8).build({"hidden.0.weight": torch.ones(2, 2, requires_grad=True)})
    assert optimizer.param_groups[0]["momentum"] == 0.8


def test_muon_takes_hidden_matrices_and_nothing_else() -> None:
    names = dict(
        gpt.Config(vocabulary=9, block=4, layers=1, width=8, heads=2, tied=False).build().named_parameters()
    )
    by_id = {id(p): name for name, p in names.items()}
    muon, adam = Muon().build(names)
    assert sorted(by_id[id(p)] for g in muon.param_groups for p in g["params"]) == [
        "blocks.0.attention.out.weight",
        "blocks.0.attention.qkv.weight",
        "blocks.0.feedforward.down.weight",
        "blocks.0.feedforward.up.weight",
    ]
    decayed, free = adam.param_groups
    assert sorted(by_id[id(p)] for p in decayed["params"]) == [
        "embed.weight",
        "head.weight",
        "positions.weight",
    ]
    assert all(p.ndim == 1 for p in free["params"])


def test_muon_on_a_model_without_hidden_matrices_is_adamw() -> None:
    (only,) = Muon().build(dict(linear.Config(inputs=3, outputs=2).build().named_parameters()))
    assert type(only) is torch.optim.AdamW


def all_kinds() -> list[type[OptimizerConfig]]:
    return list(typing.get_args(typing.get_args(AnyOptimizer)[0]))


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.__name__)
def test_every_parameter_once_every_group_with_its_base_rate(kind: type[OptimizerConfig]) -> None:
    config = kind(lr=0.25)
    parameters = dict(mlp.Config(inputs=4, outputs=3, hidden=(5, 5)).build().named_parameters())
    optimizers = config.build(parameters)
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    taken = [id(p) for group in groups for p in group["params"]]
    assert sorted(taken) == sorted(id(p) for p in parameters.values())
    for group in groups:
        assert group["base_lr"] == group["lr"]
        assert group["base_lr"] in {0.25, getattr(config, "adam_lr", 0.25)}


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.__name__)
def test_state_is_tensors_alone_and_put_back_it_goes_on_with_the_same_bits(
    kind: type[OptimizerConfig],
) -> None:
    """What checkpoints rely on: they hold tensors only, and write them straight into a new optimiser's state."""

    def fresh() -> tuple[dict[str, torch.Tensor], list[torch.optim.Optimizer]]:
        torch.manual_seed(0)
        parameters = {"hidden.0.weight": torch.randn(4, 3), "hidden.0.bias": torch.randn(4)}
        for p in parameters.values():
            p.requires_grad_()
        return parameters, kind().build(parameters)

    def step(parameters: dict[str, torch.Tensor], optimizers: list[torch.optim.Optimizer], seed: int) -> None:
        torch.manual_seed(seed)
        for p in parameters.values():
            p.grad = torch.randn_like(p)
        for optimizer in optimizers:
            optimizer.step()

    straight, optimizers = fresh()
    for seed in range(4):
        step(straight, optimizers, seed)
    first, before = fresh()
    for seed in range(2):
        step(first, before, seed)
    resumed, after = fresh()
    for old, new in zip(before, after, strict=True):
        for a, b in zip(first.values(), resumed.values(), strict=True):
            for key, value in old.state.get(a, {}).items():
                assert value is None or isinstance(value, torch.Tensor), key
                if value is not None:
                    new.state[b][key] = value.clone()
    with torch.no_grad():
        for a, b in zip(first.values(), resumed.values(), strict=True):
            b.copy_(a)
    for seed in range(2, 4):
        step(resumed, after, seed)
    for a, b in zip(straight.values(), resumed.values(), strict=True):
        assert torch.equal(a, b)


def test_momentum_of_zero_may_be_asked_to_look_ahead() -> None:
    weight = torch.ones(2, requires_grad=True)
    weight.grad = torch.ones(2)
    Momentum(lr=0.5, momentum=0, nesterov=True).build({"w": weight})[0].step()
    assert weight.tolist() == [0.5, 0.5]


def test_importing_optimisers_imports_no_torch() -> None:
    code = "import sys, jinjie.training.optim; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.__name__)
def test_a_step_taken_bare_is_torchs_own(kind: type[OptimizerConfig]) -> None:
    ends = []
    for bare in (False, True):
        torch.manual_seed(0)
        parameters = {
            "hidden.0.weight": torch.randn(4, 3, requires_grad=True),
            "hidden.0.bias": torch.randn(4, requires_grad=True),
        }
        for optimizer in kind().build(parameters):
            for _ in range(3):
                for p in parameters.values():
                    p.grad = torch.randn_like(p)
                take_step(optimizer) if bare else optimizer.step()
        ends.append(parameters)
    for a, b in zip(*(end.values() for end in ends), strict=True):
        assert torch.equal(a, b) and b.requires_grad


BARE = """
import sys, torch
from jinjie.training import optim
optim.without_compiler()
parameters = {"hidden.0.weight": torch.randn(4, 3, requires_grad=True), "b": torch.randn(4, requires_grad=True)}
for kind in (optim.SGD, optim.Momentum, optim.AdaGrad, optim.RMSProp, optim.Adam, optim.AdamW, optim.Muon):
    for one in kind().build(parameters):
        for p in parameters.values():
            p.grad = torch.randn_like(p)
        optim.take_step(one)
        one.zero_grad(set_to_none=True)
        one.load_state_dict(one.state_dict())
sys.exit("torch._dynamo" in sys.modules)
"""


def test_optimisers_are_made_and_take_steps_without_torchs_compiler() -> None:
    """A regression test: its import kept every run's first step waiting for a second."""
    assert subprocess.run([sys.executable, "-c", BARE], check=False).returncode == 0
