"""How quick a model of text is on this machine, and how much memory it needs."""

from __future__ import annotations

import statistics
import time
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from jinjie.analyse.texts.values import Speed
from jinjie.base.lazy import lazy
from jinjie.base.system import cpu
from jinjie.decoding.engine import Ask, Engine
from jinjie.decoding.sampling import Sampling
from jinjie.tasks import task
from jinjie.tasks.task import Batch, Task

if TYPE_CHECKING:
    import torch
    from torch import nn

    from jinjie.data.dataset import Arrays
else:
    torch = lazy("torch")

SECONDS = 1.5
"""How long each figure is measured for."""
LEAST = 3
"""Batches that are read at least."""


def speed(network: nn.Module, learnt: Task, batch: Arrays) -> Speed:
    """Measured with a batch x (B, T) of the data: its loss without gradients, and one text written from its front."""
    model = cast(Any, network)
    weight = next(network.parameters())
    ready = {name: task.like(network, values) for name, values in batch.items()}
    writes = hasattr(network, "cache") and getattr(model.config, "causal", True)
    cache = model.cache(1) if writes else None
    return Speed(
        read=_read(network, learnt, ready),
        written=_written(network, batch) if writes else None,
        weights=sum(p.numel() * p.element_size() for p in network.parameters()),
        cache=None if cache is None else (cache.keys.nbytes + cache.values.nbytes) // cache.block,
        precision=str(weight.dtype).removeprefix("torch."),
        threads=torch.get_num_threads(),
        machine=cpu()[0] if weight.device.type == "cpu" else str(weight.device),
        date=date.today().isoformat(),
    )


def _read(network: nn.Module, learnt: Task, batch: Batch) -> float:
    """Tokens a second, from the median batch."""
    from jinjie.tasks.task import Step

    taken: list[float] = []
    begun = time.perf_counter()
    with torch.no_grad():
        while len(taken) < LEAST or time.perf_counter() - begun < SECONDS:
            before = time.perf_counter()
            for update in learnt.updates({"model": network}, batch, Step(0, 0)):
                float(update.loss)
            taken.append(time.perf_counter() - before)
    return float(batch["x"].numel() / statistics.median(taken[1:]))


def _written(network: nn.Module, batch: Arrays) -> float:
    """Tokens a second, from the median token after the first few."""
    block = int(cast(Any, network).config.block)
    prompt = [int(i) for i in batch["x"][0, : max(1, min(16, block // 4))]]
    engine = Engine(network, 1)
    most = max(2, block - len(prompt))
    engine.admit(Ask(prompt, Sampling(temperature=1.0, max_tokens=most)))
    taken: list[float] = []
    begun = time.perf_counter()
    while engine.busy and (len(taken) < LEAST or time.perf_counter() - begun < SECONDS):
        before = time.perf_counter()
        engine.step()
        taken.append(time.perf_counter() - before)
    return 1 / statistics.median(taken[1:] or taken)
