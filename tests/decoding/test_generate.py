"""Text token by token: the cache changes nothing but the time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from jinjie.base.errors import InvalidInput
from jinjie.decoding.generate import generate
from jinjie.decoding.sampling import Sampling, choose
from jinjie.models import gpt

BLOCK = 12
KINDS: list[dict[str, Any]] = [
    {},
    {"positions": "rotary"},
    {"kv_heads": 2},
    {
        "positions": "rotary",
        "kv_heads": 1,
        "norm": "rmsnorm",
        "gated": True,
        "activation": "silu",
        "bias": False,
    },
    {"block": 1},
]


def model(**settings: Any) -> nn.Module:
    """Random, with weights large enough that its scores differ and its text does not repeat at once."""
    torch.manual_seed(0)
    config = gpt.Config(
        **({"vocabulary": 41, "block": BLOCK, "layers": 2, "width": 32, "heads": 4} | settings)
    )
    network = config.build().eval()
    for parameter in network.parameters():
        if parameter.ndim == 2:
            nn.init.normal_(parameter, std=0.3)
    return network


def without_cache(network: Any, prompt: list[int], sampling: Sampling) -> Iterator[int]:
    """What `generate` must equal: at every token the whole view is read anew."""
    from jinjie.base.seeds import torch_generator

    block = network.config.block
    generator = torch_generator(sampling.seed, "generate")
    view = prompt[-block:]
    for _ in range(sampling.max_tokens):
        with torch.no_grad():
            token = int(choose(network(torch.tensor([view]))[:, -1], sampling, generator))
        yield token
        view = [*view, token]
        if len(view) > block:
            view = view[-max(1, block // 2) :]


@pytest.mark.parametrize("settings", KINDS, ids=str)
@pytest.mark.parametrize(
    "sampling", [Sampling(temperature=0, max_tokens=40), Sampling(max_tokens=40, seed=3)], ids=str
)
@pytest.mark.parametrize("prompt", [[7], [1, 2, 3], list(range(BLOCK)), list(range(30))], ids=len)
def test_with_the_cache_as_without(settings: dict[str, Any], sampling: Sampling, prompt: list[int]) -> None:
    """40 tokens with a block of 12: it is outgrown several times. In fp32, sums in another order move scores by 1e-6,
    which no draw of these seeds is near enough to notice."""
    network = model(**settings)
    text = list(generate(network, prompt, sampling))
    assert text == list(without_cache(network, prompt, sampling))
    assert len(set(text)) > 1 or settings == {"block": 1}


def test_greedy_is_the_likeliest_token_each_time() -> None:
    network = model()
    text = [4]
    for token in generate(network, [4], Sampling(temperature=0, max_tokens=BLOCK - 1)):
        with torch.no_grad():
            assert token == int(network(torch.tensor([text]))[0, -1].argmax())
        text.append(token)
    assert len(text) == BLOCK


def test_one_seed_one_text() -> None:
    network = model()

    def text(seed: int) -> list[int]:
        return list(generate(network, [4], Sampling(seed=seed, max_tokens=30)))

    torch.manual_seed(1)
    first = text(0)
    torch.manual_seed(2)  # torch's own generator has no say
    assert text(0) == first
    assert text(1) != first


def test_a_longer_text_begins_with_the_shorter() -> None:
    network = model()
    long = list(generate(network, [4], Sampling(max_tokens=30)))
    assert list(generate(network, [4], Sampling(max_tokens=9))) == long[:9]


def test_stops_before_a_stop_token() -> None:
    network = model()
    text = list(generate(network, [4], Sampling(max_tokens=30)))
    wanted = text[10]
    assert list(generate(network, [4], Sampling(max_tokens=30), stop={wanted})) == text[: text.index(wanted)]


def test_streams_and_can_be_left() -> None:
    """Tokens come as they are chosen: after three, the model has read the prompt and two tokens, and no more."""
    network = model()
    read: list[int] = []
    network.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0].shape[1]))
    tokens = generate(network, [1, 2, 3, 4], Sampling(max_tokens=1000))
    assert read == []
    for _ in range(3):
        next(tokens)
    assert read == [4, 1, 1]
    assert torch.is_grad_enabled(), "gradients are off only while the model runs"


def test_no_logits_but_the_last() -> None:
    network = model()
    asked: list[tuple[int, ...]] = []
    network.register_forward_hook(lambda module, inputs, output: asked.append(tuple(output.shape)))
    list(generate(network, [1, 2, 3], Sampling(max_tokens=2)))
    assert asked == [(1, 1, 41), (1, 1, 41)]


@pytest.mark.parametrize(
    ("prompt", "says"), [([], "at least one token"), ([3, 41], "0 to 40"), ([-1], "token -1")]
)
def test_a_prompt_that_cannot_be_read_is_refused_at_once(prompt: list[int], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        generate(model(), prompt, Sampling())


def test_training_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="training mode"):
        generate(model().train(), [1], Sampling())


def test_bf16_writes_too() -> None:
    network = model().bfloat16()
    text = list(generate(network, [1, 2], Sampling(max_tokens=30)))
    assert len(text) == 30
    assert all(0 <= token < 41 for token in text)
