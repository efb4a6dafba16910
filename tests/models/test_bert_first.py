"""A head that reads the first token alone is given what the whole of the last layer would have given it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from jinjie.models import adapters, bert

SMALL: dict[str, Any] = {
    "vocabulary": 30,
    "block": 16,
    "layers": 2,
    "width": 16,
    "heads": 2,
    "dropout": 0.0,
    "outputs": 3,
    "masked": False,
    "head": "text",
}


def built(lora: bool = False, **changes: Any) -> Any:
    torch.manual_seed(0)
    network = bert.Config(**{**SMALL, **changes}).build()
    if lora:
        adapters.adapt(network, rank=2, alpha=4.0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return network


@pytest.mark.parametrize("positions", ["learned", "rotary"])
@pytest.mark.parametrize("pooler", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("padded", [True, False])
def test_scores_are_those_of_the_whole(
    positions: str, pooler: bool, dtype: torch.dtype, padded: bool
) -> None:
    """To 1e-5 in fp32 and 0.1 in bf16, of scores near 1: sums are of the same numbers in other shapes."""
    network = built(positions=positions, pooler=pooler).to(dtype).eval()
    text = torch.randint(30, (4, 9))
    documents = torch.tensor([[0] * n + [1] * (9 - n) for n in (9, 5, 7, 1)]) if padded else None
    with torch.no_grad():
        found, whole = network.scores(text, None, documents), network(text, None, documents).scores
    assert found.shape == (4, 3)
    torch.testing.assert_close(found, whole, atol=1e-5 if dtype == torch.float32 else 0.1, rtol=0)


@pytest.mark.parametrize("lora", [False, True])
def test_gradients_are_those_of_the_whole(lora: bool) -> None:
    """To 1e-4 in fp32 of gradients near 1 and above, also of what LoRA adds."""
    text, documents = torch.randint(30, (4, 9)), torch.tensor([[0] * n + [1] * (9 - n) for n in (9, 5, 7, 2)])
    gradients = []
    for whole in (False, True):
        network = built(lora)
        scores = network(text, None, documents).scores if whole else network.scores(text, None, documents)
        scores.square().sum().backward()
        gradients.append({name: p.grad for name, p in network.named_parameters()})
    for name, gradient in gradients[0].items():
        other = gradients[1][name]
        assert (gradient is None) == (other is None), name  # LoRA holds the rest still
        if gradient is not None:
            torch.testing.assert_close(gradient, other, atol=1e-4, rtol=1e-4, msg=name)


@pytest.mark.parametrize("changes", [{"pooling": "mean", "pooler": False}, {"head": "tokens"}])
def test_who_needs_the_others_still_has_them(changes: dict[str, Any]) -> None:
    network = built(**changes).eval()
    text = torch.randint(30, (2, 9))
    with torch.no_grad():
        torch.testing.assert_close(network.scores(text), network(text).scores, atol=1e-6, rtol=0)
