"""What every model family must do, and a small real batch for each to do it on.

`CASES` has one entry or more a kind; `test_families.py` fails for a kind that has none, so a new family is held to
all of it from its first day.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import nn
from torch.nn import functional as F

from jinjie.base.config import OfKind
from jinjie.models import bert, cnn, gpt, linear, mlp, resnet
from jinjie.models.model import ModelConfig

POEM = "床前明月光疑是地上霜举头望明月低头思故乡白日依山尽黄河入海流欲穷千里目更上一层楼"


@dataclass(frozen=True)
class Batch:
    """A real batch, what a model of it must give, and how wrong that is."""

    x: torch.Tensor
    y: torch.Tensor
    shape: tuple[int, ...]
    """Of the output that `seen` picks."""
    loss: Callable[[Any, torch.Tensor], torch.Tensor]
    seen: Callable[[Any], torch.Tensor] = lambda out: out
    """The output to look at, of a model that gives several."""


@dataclass(frozen=True)
class Case:
    name: str
    config: ModelConfig
    batch: Callable[[], Batch]
    lr: float
    """A rate at which one plain gradient step is small enough to descend."""


def digits() -> Batch:
    """32 scanned digits, 8×8, and which they are."""
    from sklearn.datasets import load_digits

    found = load_digits()
    x = torch.tensor(found.images[:32] / 16, dtype=torch.float32)
    return Batch(x, torch.tensor(found.target[:32]), (32, 10), F.cross_entropy)


def diabetes() -> Batch:
    """64 patients, ten measurements, and how the illness went on after a year."""
    from sklearn.datasets import load_diabetes

    found = load_diabetes()
    x = torch.tensor(found.data[:64] * 20, dtype=torch.float32)
    y = torch.tensor(found.target[:64, None] / 100, dtype=torch.float32)
    return Batch(x, y, (64, 1), F.mse_loss)


def poem() -> Batch:
    """Four pieces of eight characters, and each next character."""
    names = sorted(set(POEM))
    ids = torch.tensor([names.index(c) for c in POEM])
    x, y = ids[:32].view(4, 8), ids[1:33].view(4, 8)
    return Batch(
        x, y, (4, 8, len(names)), lambda logits, y: F.cross_entropy(logits.flatten(0, 1), y.flatten())
    )


def gaps() -> Batch:
    """The same four pieces with two characters hidden in each, to be found, and whether a line begins there."""
    names = ["[MASK]", *sorted(set(POEM))]
    ids = torch.tensor([names.index(c) for c in POEM[:32]]).view(4, 8)
    hidden = torch.zeros(4, 8, dtype=torch.bool)
    hidden[:, [2, 5]] = True
    begins = torch.arange(4) % 2

    def loss(read: Any, y: torch.Tensor) -> torch.Tensor:
        found = F.cross_entropy(read.masked[hidden], y[hidden])
        return found if read.next_sentence is None else found + F.cross_entropy(read.next_sentence, begins)

    return Batch(ids.masked_fill(hidden, 0), ids, (4, 8, len(names)), loss, lambda read: read.masked)


def pooled() -> Batch:
    """The same pieces, and whether a line begins there, by the vector of the first character alone."""
    batch = gaps()
    begins = torch.arange(4) % 2
    return Batch(
        batch.x, begins, (4, 32), lambda read, y: F.cross_entropy(read.pooled, y), lambda read: read.pooled
    )


def lines() -> Batch:
    """The same pieces, and whether a line begins there."""
    batch = gaps()
    begins = torch.arange(4) % 2
    return Batch(
        batch.x, begins, (4, 2), lambda read, y: F.cross_entropy(read.scores, y), lambda read: read.scores
    )


def kinds_of_characters() -> Batch:
    """The same pieces, and of each character whether it names a thing, says what is done, or neither."""
    batch = poem()
    names = sorted(set(POEM))
    kind = torch.tensor(
        [1 if name in "床月光霜头日山河海目" else 2 if name in "疑举望低思依尽入流" else 0 for name in names]
    )
    return Batch(
        batch.x,
        kind[batch.x],
        (4, 8, 3),
        lambda read, y: F.cross_entropy(read.scores.flatten(0, 1), y.flatten()),
        lambda read: read.scores,
    )


_SMALL = gpt.Config(vocabulary=len(set(POEM)), block=8, layers=2, width=32, heads=4)
_LLAMA = _SMALL.model_copy(
    update={
        "positions": "rotary",
        "norm": "rmsnorm",
        "activation": "silu",
        "gated": True,
        "bias": False,
        "tied": False,
        "kv_heads": 2,
        "feedforward": 48,
    }
)

_BERT = bert.Config(vocabulary=len(set(POEM)) + 1, block=8, layers=2, width=32, heads=4, types=1, masked=True)

_PICTURE = {"channels": 1, "height": 8, "width": 8, "outputs": 10}

CASES = [
    Case("linear, regression", linear.Config(inputs=10, outputs=1), diabetes, 0.01),
    Case("linear, logistic", linear.Config(inputs=64, outputs=10), digits, 0.1),
    Case("mlp", mlp.Config(inputs=64, outputs=10), digits, 0.1),
    Case(
        "mlp, deep",
        mlp.Config(inputs=64, outputs=10, hidden=(32, 16), activation="gelu", dropout=0),
        digits,
        0.1,
    ),
    Case("cnn", cnn.Config(**_PICTURE, filters=(8, 16)), digits, 0.05),
    Case("cnn, no norm", cnn.Config(**_PICTURE, filters=(8,), kernel=5, norm=False, dropout=0), digits, 0.05),
    Case(
        "resnet, pooled",
        resnet.Config(**_PICTURE, stages=(8, 16), units=1, pool=True, whole=True),
        digits,
        0.05,
    ),
    Case("resnet", resnet.Config(**_PICTURE, stages=(8, 16), units=1), digits, 0.05),
    Case(
        "resnet, halved by pooling", resnet.Config(**_PICTURE, stages=(8, 12), halving="pool"), digits, 0.05
    ),
    Case(
        "resnet, projecting",
        resnet.Config(**_PICTURE, stages=(8, 12, 16), units=2, shortcut="project", dropout=0.1),
        digits,
        0.02,
    ),
    Case("gpt, as GPT-2", _SMALL, poem, 0.1),
    Case("gpt, as Llama", _LLAMA, poem, 0.1),
    Case("gpt, as Qwen3", _LLAMA.model_copy(update={"qk_norm": True, "head_width": 10}), poem, 0.1),
    Case("gpt, as Qwen2", _LLAMA.model_copy(update={"biased": "qkv"}), poem, 0.1),
    Case("gpt, as Mistral", _LLAMA.model_copy(update={"window": 3}), poem, 0.1),
    Case("bert, masked", _BERT, gaps, 0.1),
    Case("bert, rotary", _BERT.model_copy(update={"positions": "rotary"}), gaps, 0.1),
    Case("bert, both heads", _BERT.model_copy(update={"pooler": True, "next_sentence": True}), gaps, 0.1),
    Case(
        "bert, pooled", _BERT.model_copy(update={"masked": False, "pooler": True, "dropout": 0}), pooled, 0.1
    ),
    Case(
        "bert, a head on texts",
        _BERT.model_copy(
            update={"masked": False, "pooler": True, "head": "text", "outputs": 2, "dropout": 0}
        ),
        lines,
        0.1,
    ),
    Case(
        "bert, a head on the mean of tokens",
        _BERT.model_copy(
            update={"masked": False, "pooling": "mean", "head": "text", "outputs": 2, "dropout": 0}
        ),
        lines,
        0.1,
    ),
    Case(
        "bert, a head on tokens",
        _BERT.model_copy(update={"masked": False, "head": "tokens", "outputs": 3}),
        kinds_of_characters,
        0.1,
    ),
    Case("gpt, dropout, relu²", _SMALL.model_copy(update={"dropout": 0.1, "activation": "relu2"}), poem, 0.1),
]


def built(config: ModelConfig, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return config.build()


def gives_shape_and_dtype(case: Case) -> None:
    batch = case.batch()
    out = batch.seen(built(case.config)(batch.x))
    assert out.shape == batch.shape
    assert out.dtype == torch.float32


def counts_its_parameters(case: Case) -> None:
    assert case.config.parameters() == sum(p.numel() for p in built(case.config).parameters())


def is_the_same_under_a_seed(case: Case) -> None:
    one, same, other = built(case.config, 1), built(case.config, 1), built(case.config, 2)
    for (name, a), b in zip(one.state_dict().items(), same.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert any(not torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    batch = case.batch()
    outputs = []
    for model in (one, same):
        torch.manual_seed(3)  # what dropout draws from
        outputs.append(batch.seen(model.train()(batch.x)))
    assert torch.equal(*outputs)


def reaches_every_parameter(case: Case) -> None:
    batch = case.batch()
    model = built(case.config)
    batch.loss(model(batch.x), batch.y).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, f"{name} is not part of the loss"
        assert parameter.grad.any(), f"the gradient of {name} is zero everywhere"


def learns_from_one_step(case: Case) -> None:
    """Without dropout a small enough step against the gradient lowers the loss of the same batch."""
    batch = case.batch()
    model = built(case.config).eval()
    before = batch.loss(model(batch.x), batch.y)
    before.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter -= case.lr * cast(torch.Tensor, parameter.grad)
        assert batch.loss(model(batch.x), batch.y) < before


def computes_in_bf16(case: Case) -> None:
    """bf16 keeps 8 bits, so each rounding is off by up to 1/256; a few in a row stay within 2 % of the outputs'
    spread (measured: at most 0.5 %), while a wrong formula is off by the whole of it."""
    batch = case.batch()
    x = batch.x
    model = built(case.config).eval()
    with torch.no_grad():
        exact = batch.seen(model(x))
        for parameter in model.parameters():
            parameter.data = parameter.data.bfloat16()
        rounded = batch.seen(model(x.bfloat16() if x.is_floating_point() else x))
    assert rounded.dtype == torch.bfloat16
    assert torch.isfinite(rounded).all()
    assert (rounded - exact).abs().max() < 0.02 * exact.abs().max()


def survives_json(case: Case) -> None:
    read = OfKind("models").resolve(json.loads(case.config.model_dump_json()))
    assert read == case.config
    assert type(read) is type(case.config)


def estimates_its_activations(case: Case) -> None:
    """`activations` is about what autograd keeps: within a factor of 1.3 on these small shapes, where norms'
    statistics and masks, which the estimate leaves out, weigh most."""
    batch = case.batch()
    model = built(case.config)
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        place = tensor.untyped_storage().data_ptr()
        if place not in weights:
            kept[place] = max(kept.get(place, 0), tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = batch.loss(model(batch.x), batch.y)
    measured = sum(kept.values())
    loss.backward()
    assert measured / 1.3 < case.config.activations(len(batch.x)) < measured * 1.3
