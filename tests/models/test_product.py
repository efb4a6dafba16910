"""Products by oneDNN: torch's numbers and gradients, and taken only where it is quicker."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from jinjie.base.machine import has_onednn
from jinjie.models import product
from jinjie.models.product import Linear, by_onednn, scores


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def test_equals_torchs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of 16 products of size 1 in another order: 1e-5. Positions may lie turned in memory."""
    monkeypatch.setattr(product, "WORTH", 0)
    weight = drawn(300, 16)
    for hidden in (drawn(20, 16), drawn(16, 20).t(), drawn(40, 16)[3:7]):
        assert by_onednn(hidden, weight)
        torch.testing.assert_close(scores(hidden, weight), hidden @ weight.t(), rtol=0, atol=1e-5)


def test_where_it_is_not_quicker_torch_multiplies(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden, weight = drawn(20, 16), drawn(300, 16)
    assert not by_onednn(hidden, weight)
    monkeypatch.setattr(product, "WORTH", 2 * 20 * 16 * 300)
    assert by_onednn(hidden, weight)
    assert not by_onednn(hidden, weight[:255])
    assert not by_onednn(hidden.bfloat16(), weight.bfloat16())
    assert torch.equal(scores(hidden, weight[:255]), torch.nn.functional.linear(hidden, weight[:255]))


bf16 = pytest.mark.skipif(
    not has_onednn() or not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="no bf16 by oneDNN here"
)


@bf16
@pytest.mark.parametrize("shape", [(5, 24), (2, 3, 24), (24,)], ids=str)
@pytest.mark.parametrize("turned", [False, True])
def test_a_layer_in_bf16_is_torchs_with_its_gradients(shape: tuple[int, ...], turned: bool) -> None:
    """Both round a sum to bf16 once or twice, each step 1/256 of its size: 2 % and 0.05 of sums of size 5."""
    layer = Linear(24, 7).bfloat16()
    x = drawn(*shape).bfloat16()
    if turned:
        x = x.movedim(0, -1).contiguous().movedim(-1, 0)
    ways = []
    for product_of in (layer, lambda x: F.linear(x, layer.weight, layer.bias)):
        x = x.detach().requires_grad_()
        out = product_of(x)
        grads = torch.autograd.grad((out.float() * drawn(*out.shape)).sum(), [x, layer.weight, layer.bias])
        ways.append([out, *grads])
    assert "_Product" in type(layer(x).grad_fn).__name__, "the way that is to be tested was not taken"
    for a, b in zip(*ways, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        torch.testing.assert_close(a, b, rtol=0.02, atol=0.05)


@bf16
def test_a_layer_learns_only_what_is_asked_of_it() -> None:
    layer, x = Linear(8, 4).bfloat16(), drawn(3, 8).bfloat16()
    layer.weight.requires_grad_(False)
    layer(x).sum().backward()
    assert layer.weight.grad is None and layer.bias.grad is not None
    torch.testing.assert_close(layer.bias.grad.float(), torch.full((4,), 3.0), rtol=0, atol=0)


def test_a_layer_in_fp32_is_torchs_to_the_bit() -> None:
    layer, x = Linear(8, 4), drawn(3, 8)
    assert torch.equal(layer(x), F.linear(x, layer.weight, layer.bias))


@bf16
def test_torchs_counter_counts_the_products() -> None:
    layer, x = Linear(8, 4).bfloat16(), drawn(3, 5, 8).bfloat16().requires_grad_()
    with FlopCounterMode(display=False) as counter:
        layer(x).sum().backward()
    assert counter.get_total_flops() == 3 * 2 * 15 * 8 * 4
