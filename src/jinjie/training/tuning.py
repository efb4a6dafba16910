"""How much of a model moves when it goes on from weights that are there: all of it, its heads, thin matrices beside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from jinjie.base.config import Config, option
from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.models.model import ModelConfig
from jinjie.training.optim import OptimizerConfig

if TYPE_CHECKING:
    import torch
    from torch import nn

    from jinjie.models import adapters
else:
    adapters = lazy("jinjie.models.adapters")

_BLOCK = re.compile(r"blocks\.(\d+)\.")


class Tuning(Config):
    """What moves, and how fast in which layer."""

    body: Literal["full", "frozen", "lora"] = option(
        "full",
        "what moves below the heads: everything (full), nothing (frozen), thin matrices beside each map (lora)",
        "输出头以下哪些部分参与训练：全部（full）、都不动（frozen），或只训练每个线性层旁的两个低秩矩阵（lora）",
    )
    layer_decay: float = option(
        1.0,
        "each layer's rate as a share of the one above it; 1 is the same rate everywhere",
        "每一层的学习率是上一层的多少；1 表示处处相同",
        gt=0,
        le=1,
    )
    table_rate: float = option(
        1.0,
        "a table's rate as a multiple of the heads': each of its rows is seldom asked",
        "表的学习率是输出头的多少倍：表的每一行很少用到",
        gt=0,
    )
    rank: int = option(8, "rank of lora's matrices", "LoRA 矩阵的秩", ge=1)
    alpha: float = option(
        16.0, "lora's product is scaled by alpha / rank", "LoRA 的乘积按 alpha / rank 缩放", gt=0
    )

    def prepare(self, network: nn.Module, config: ModelConfig) -> None:
        """Freeze what does not move, and stand adapters beside what is adapted; before the masters are made.

        Raises InvalidInput where the model has no part that the setting speaks of.
        """
        if self.body == "full":
            return
        named = dict(network.named_parameters())
        heads = [name for name in named if _is_head(name, config)]
        if self.body == "frozen" and not heads:
            raise InvalidInput([Problem("tuning.body", "tuning.no_heads", kind=config.kind)])
        for name, parameter in named.items():
            parameter.requires_grad_(name in heads)
        if self.body == "lora" and not adapters.adapt(network, self.rank, self.alpha):
            raise InvalidInput([Problem("tuning.body", "tuning.no_blocks", kind=config.kind)])

    def optimizers(
        self, settings: OptimizerConfig, weights: Mapping[str, torch.Tensor], config: ModelConfig
    ) -> list[torch.optim.Optimizer]:
        """Optimisers over those `weights` that move; a set of its own for each rate.

        The heads have the rate of the settings, the topmost block `layer_decay` times that, and so on down to the
        embeddings (Howard & Ruder 2018, section 3.2); a table has `table_rate` times that of the heads.
        """
        moving = {name: tensor for name, tensor in weights.items() if tensor.requires_grad}
        layers = 1 + max((int(m[1]) for name in weights if (m := _BLOCK.match(name))), default=-1)
        if self.layer_decay != 1 and not layers:
            raise InvalidInput([Problem("tuning.layer_decay", "tuning.no_blocks", kind=config.kind)])
        shares: dict[float, dict[str, torch.Tensor]] = {}
        for name, tensor in moving.items():
            share = self.layer_decay ** _below(name, layers, config)
            share *= self.table_rate if name.startswith("table.") else 1.0
            shares.setdefault(share, {})[name] = tensor
        found = []
        for share, group in sorted(shares.items(), reverse=True):
            for optimizer in settings.build(group):
                for one in optimizer.param_groups:
                    one["base_lr"] *= share
                found.append(optimizer)
        return found


def _is_head(name: str, config: ModelConfig) -> bool:
    return name.partition(".")[0] in config.heads_of


def _below(name: str, layers: int, config: ModelConfig) -> int:
    """How many layers a weight lies below the heads."""
    if name.partition(".")[0] in config.above:
        return 0
    block = _BLOCK.match(name)
    return layers - int(block[1]) if block else layers + 1
