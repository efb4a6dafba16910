"""The GPT network beyond what every family does: its start, its cache, its block, what it computes logits for."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from harness import built

from jinjie.models import gpt

KINDS: list[dict[str, Any]] = [
    {},
    {"positions": "rotary"},
    {"kv_heads": 2},
    {"window": 5},
    {"positions": "rotary", "kv_heads": 1, "norm": "rmsnorm", "gated": True, "bias": False, "tied": False},
]


NEAR = 5e-5
"""Sums in another order, in fp32, on the logits of size 10 that `loud` weights give (measured: 1.6e-5)."""


def config(**settings: Any) -> gpt.Config:
    return gpt.Config(vocabulary=31, block=16, layers=2, width=32, heads=4).model_copy(update=settings)


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_reading_in_pieces_gives_the_logits_of_reading_at_once(settings: dict[str, Any]) -> None:
    """Other shapes sum in another order: 1e-5 of logits of size 1 in fp32."""
    model = built(config(**settings)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    x = torch.randint(31, (3, 16), generator=torch.Generator().manual_seed(0))
    cache = model.cache(3)
    with torch.no_grad():
        at_once = model(x)
        pieces = [model(piece, cache) for piece in x.split([5, 1, 1, 6, 3], 1)]
        last = model(x, logits_for="last")
    torch.testing.assert_close(torch.cat(pieces, 1), at_once, rtol=0, atol=1e-5)
    assert last.shape == (3, 1, 31)
    torch.testing.assert_close(last[:, 0], at_once[:, -1], rtol=0, atol=1e-5)


def test_more_than_the_block_is_refused() -> None:
    model = built(config()).eval()
    cache = model.cache()
    with torch.no_grad():
        model(torch.zeros(1, 15, dtype=torch.int64), cache)
        with pytest.raises(ValueError, match="17 tokens are more than the block of 16"):
            model(torch.zeros(1, 2, dtype=torch.int64), cache)


def test_it_starts_as_gpt2_does() -> None:
    """A sample deviation of n draws is off by 1/√(2n): 5 of these for the smallest matrix, 4,096 draws, is 6 %."""
    found = gpt.Config(vocabulary=300, block=64, layers=8, width=64, heads=4).build().state_dict()
    for name, tensor in found.items():
        if name.endswith(("out.weight", "down.weight")):
            assert float(tensor.std()) == pytest.approx(0.02 / math.sqrt(16), rel=0.06), name
        elif "norm" in name and name.endswith("weight"):
            assert torch.all(tensor == 1), name
        elif name.endswith("weight"):
            assert float(tensor.std()) == pytest.approx(0.02, rel=0.06), name
        else:
            assert torch.all(tensor == 0), name


def test_its_first_loss_is_that_of_guessing() -> None:
    """Small first weights make all tokens about equally likely: ln 31 = 3.43, within 0.05. (A tied head
    finds the token just read a little likelier from the start, so this one is not.)"""
    x = torch.randint(31, (4, 16), generator=torch.Generator().manual_seed(0))
    loss = torch.nn.functional.cross_entropy(built(config(tied=False))(x).flatten(0, 1), x.flatten())
    assert float(loss.detach()) == pytest.approx(math.log(31), abs=0.05)


def test_a_tied_head_is_one_tensor() -> None:
    tied, untied = built(config()), built(config(tied=False))
    assert [n for n in untied.state_dict() if n not in tied.state_dict()] == ["head.weight"]
    x = torch.zeros(1, 1, dtype=torch.int64)
    before = tied(x)
    with torch.no_grad():
        tied.embed.weight[5] += 1  # token 5 is not read here, so only its own logit can change
    assert (before != tied(x)).nonzero()[:, 2].tolist() == [5]


@pytest.mark.parametrize("settings", KINDS, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_packed_documents_give_what_each_gives_alone(settings: dict[str, Any], dtype: torch.dtype) -> None:
    """Lengths 5, 1, 7, 3 in one row. Sums in another order: NEAR in fp32; in bf16, which rounds to 1/256, 0.1 of
    logits of size 4. A mask that leaks moves them by more than 1."""
    model = loud(settings).to(dtype)
    x = torch.randint(31, (2, 16), generator=torch.Generator().manual_seed(0))
    lengths = [5, 1, 7, 3]
    documents = torch.repeat_interleave(torch.arange(4), torch.tensor(lengths)).expand(2, -1)
    with torch.no_grad():
        packed = model(x, documents=documents)
        alone = torch.cat([model(part) for part in x.split(lengths, 1)], 1)
        leaking = model(x)
    torch.testing.assert_close(packed, alone, rtol=0, atol=NEAR if dtype == torch.float32 else 0.1)
    assert (leaking[:, 6:] - alone[:, 6:]).abs().max() > 1


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_padding_on_either_side_changes_nothing(settings: dict[str, Any]) -> None:
    model = loud(settings)
    x = torch.randint(31, (1, 10), generator=torch.Generator().manual_seed(0))
    pad = torch.zeros(1, 6, dtype=torch.int64)
    with torch.no_grad():
        alone = model(x)
        left = model(torch.cat((pad, x), 1), documents=torch.tensor([[0] * 6 + [1] * 10]))[:, 6:]
        right = model(torch.cat((x, pad), 1), documents=torch.tensor([[0] * 10 + [1] * 6]))[:, :10]
    torch.testing.assert_close(left, alone, rtol=0, atol=NEAR)
    torch.testing.assert_close(right, alone, rtol=0, atol=NEAR)


@pytest.mark.parametrize("settings", KINDS, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_rows_of_different_lengths_read_as_each_alone(settings: dict[str, Any], dtype: torch.dtype) -> None:
    """Prompts of 3, 16 and 9 tokens, padded on the right, then one more token where there is room: to the last place
    of the block, where the padding of a row reaches beyond it."""
    model = loud(settings).to(dtype)
    x = torch.randint(31, (3, 16), generator=torch.Generator().manual_seed(0))
    near = NEAR if dtype == torch.float32 else 0.1
    counts = torch.tensor([3, 15, 9])
    cache = model.cache(3)
    with torch.no_grad():
        last = model(x[:, :15], cache, counts=counts, logits_for="last")
        for row, count in enumerate(counts.tolist()):
            torch.testing.assert_close(
                last[row, 0], model(x[row : row + 1, :count])[0, -1], rtol=0, atol=near
            )
        # Four tokens each would end at 7, 19 and 13 of 16; of the second row only one is its own.
        more = torch.randint(31, (3, 4), generator=torch.Generator().manual_seed(1))
        counts2 = torch.tensor([4, 1, 2])
        last = model(more, cache, counts=counts2, logits_for="last")
        for row, (a, b) in enumerate(zip(counts.tolist(), counts2.tolist(), strict=True)):
            whole = torch.cat((x[row, :a], more[row, :b]))[None]
            torch.testing.assert_close(last[row, 0], model(whole)[0, -1], rtol=0, atol=near)
        assert cache.lengths.tolist() == [7, 16, 11]
        with pytest.raises(ValueError, match="17 tokens"):
            model(more[:, :1], cache)


def test_weights_are_what_attention_uses() -> None:
    """Rows sum to 1, nothing is seen ahead, and the values so weighted are what the layer gives."""
    model = loud({"kv_heads": 2})
    x = torch.randint(31, (2, 9), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = list(model.weights(x))
        inputs: list[torch.Tensor] = []
        model.blocks[1].attention.register_forward_pre_hook(lambda _, given: inputs.append(given[0]))
        model(x)
        qkv = model.blocks[1].attention.qkv(inputs[0]).unflatten(-1, (8, 8)).transpose(1, 2)
        mixed = found[1] @ qkv[:, 6:].repeat_interleave(2, 1)
        outputs: list[torch.Tensor] = []
        model.blocks[1].attention.register_forward_hook(lambda _m, _i, out: outputs.append(out))
        model(x)
        expected = model.blocks[1].attention.out(mixed.transpose(1, 2).flatten(2))
    assert [w.shape for w in found] == [(2, 4, 9, 9)] * 2
    torch.testing.assert_close(found[0].sum(-1), torch.ones(2, 4, 9), rtol=0, atol=1e-6)
    assert torch.all(found[1].triu(1) == 0)
    torch.testing.assert_close(outputs[0], expected, rtol=0, atol=1e-5)


def test_without_the_causal_mask_every_token_sees_every_other() -> None:
    model = loud({"causal": False})
    x = torch.randint(31, (1, 8), generator=torch.Generator().manual_seed(0))
    other = x.clone()
    other[0, -1] = (x[0, -1] + 1) % 31
    with torch.no_grad():
        assert (model(x) - model(other))[0, 0].abs().max() > 0.1
        with pytest.raises(ValueError, match="causal"):
            model(x, model.cache())


def loud(settings: dict[str, Any]) -> Any:
    """Weights large enough that what a token sees moves its logits by more than 1."""
    model = built(config(**settings)).eval()
    for name, parameter in model.named_parameters():
        torch.nn.init.normal_(parameter, std=0.3)
        if "norm" in name and name.endswith("weight"):
            parameter.data += 1
    return model
