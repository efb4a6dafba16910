"""Scores by oneDNN: torch's numbers, and taken only where it is quicker."""

from __future__ import annotations

import pytest
import torch

from jinjie.models import product
from jinjie.models.product import by_onednn, scores


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
