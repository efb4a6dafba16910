"""A run's networks with what moves them: weights in the arithmetic's precision, fp32 masters, optimisers.

In fp32 the optimiser moves the network's own weights. In bf16 the network computes with bf16 weights while the
optimiser moves fp32 masters, which are rounded back after each step: an update smaller than bf16's resolution
(1/256 of a weight) would otherwise be lost (Micikevicius et al. 2018, section 3.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

import torch
from torch import nn

from jinjie.base.errors import JinjieError
from jinjie.base.seeds import seed_torch
from jinjie.models import adapters
from jinjie.models.model import ModelConfig
from jinjie.tasks.task import Update
from jinjie.training.average import Average
from jinjie.training.optim import take_step, without_compiler
from jinjie.training.recipe import Recipe

Precision = Literal["fp32", "bf16"]


class Networks:
    """Every model of a recipe, and an optimiser for each that trains."""

    def __init__(
        self,
        recipe: Recipe,
        facts: Mapping[str, int],
        precision: Precision,
        device: str,
        *,
        begin: bool = True,
    ) -> None:
        """`begin` reads the weights that the recipe starts from; a run that goes on from a checkpoint needs none."""
        self.precision = precision
        self.device = device
        self.configs: dict[str, ModelConfig] = {"model": recipe.model.fitted(facts)}
        self.configs |= {name: other.model.fitted(facts) for name, other in recipe.others.items()}
        self.models: dict[str, nn.Module] = {}
        for name, config in self.configs.items():
            seed_torch("cpu", recipe.seed, "weights", name)
            self.models[name] = config.build().to(device)
        self.trained = ["model", *(name for name, other in recipe.others.items() if other.trainable)]
        if recipe.start is not None and begin:
            self._begin("model", recipe.start, whole=False)
        seed_torch("cpu", recipe.seed, "weights", "adapters")
        recipe.tuning.prepare(self.models["model"], self.configs["model"])
        self.models["model"].to(device)
        self._begin_others(recipe)
        self.masters: dict[str, dict[str, torch.Tensor]] = {}
        self.optimizers: dict[str, list[torch.optim.Optimizer]] = {}
        without_compiler()
        for name in self.trained:
            self.masters[name] = self._masters(self.models[name])
            config_of = recipe.optimizer if name == "model" else recipe.optimizers.get(name, recipe.optimizer)
            if name == "model":
                config = self.configs[name]
                self.optimizers[name] = recipe.tuning.optimizers(config_of, self.masters[name], config)
            else:
                self.optimizers[name] = config_of.build(self.masters[name])
        self.average = Average(self._averaged(), recipe.average) if recipe.average else None
        if precision == "bf16":
            for network in self.models.values():
                for parameter in network.parameters():
                    parameter.data = parameter.data.bfloat16()
        self.train(True)

    @property
    def dtype(self) -> torch.dtype:
        return torch.bfloat16 if self.precision == "bf16" else torch.float32

    def backward(self, update: Update, share: float) -> None:
        """Add `share` of the gradient of one loss to the weights that the update's optimiser owns."""
        name = update.optimizer
        loss = update.loss if share == 1 else update.loss * share
        if len(self.models) == 1:
            torch.autograd.backward(loss)
        else:
            torch.autograd.backward(
                loss, inputs=[p for p in self.models[name].parameters() if p.requires_grad]
            )
        if self.precision == "bf16":
            self._gather(name)

    def gradients(self, name: str) -> dict[str, torch.Tensor]:
        """The gradients that an optimiser is about to use, in fp32, by the weight's name."""
        return {n: weight.grad for n, weight in self.masters[name].items() if weight.grad is not None}

    def step(self, name: str, factor: float) -> None:
        """Move one model's weights at `factor` times the base rate, and clear its gradients."""
        for optimizer in self.optimizers[name]:
            for group in optimizer.param_groups:
                group["lr"] = group["base_lr"] * factor
            take_step(optimizer)
            optimizer.zero_grad(set_to_none=True)
        if self.precision == "bf16":
            self._round_back(name)

    def count(self, steps: int) -> None:
        """Take the main model's weights, as they are after `steps` steps, into their average where one is kept."""
        if self.average is not None:
            self.average.add(self._averaged(), steps)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """While it lasts, the main model has the average of its weights in their place, where one is kept."""
        if self.average is None:
            yield
            return
        self._exchange(self.average)
        try:
            yield
        finally:
            self._exchange(self.average)

    def train(self, mode: bool) -> None:
        """Training or evaluation mode; frozen models are always in evaluation mode."""
        for name, network in self.models.items():
            network.train(mode and name in self.trained)

    def weights(self, name: str) -> dict[str, torch.Tensor]:
        """A model's whole state in full precision: masters, and buffers such as running means."""
        network = self.models[name]
        buffers = {
            n: t
            for n, t in network.state_dict().items()
            if n not in dict(network.named_parameters(remove_duplicate=False))
        }
        return {**{n: t.detach() for n, t in self._full(name).items()}, **buffers}

    def finished(self, name: str) -> dict[str, torch.Tensor]:
        """A model's whole state as others open it: what was learned beside its maps is part of them."""
        return adapters.merged(self.models[name], self.weights(name))

    def load_weights(self, name: str, weights: Mapping[str, torch.Tensor]) -> None:
        """Take over a model's whole state, as `weights` gave it."""
        network = self.models[name]
        parameters = dict(network.named_parameters())
        buffers = dict(network.named_buffers())
        with torch.no_grad():
            for n, tensor in weights.items():
                if n in parameters:
                    parameters[n].copy_(tensor)
                    if name in self.masters:
                        self.masters[name][n].copy_(tensor)
                else:
                    buffers[n].copy_(tensor)

    def _averaged(self) -> dict[str, torch.Tensor]:
        """What an average is made of: the main model's weights that move, in full precision, and running means."""
        moving = {n: t for n, t in self.masters["model"].items() if t.requires_grad}
        return moving | {n: t for n, t in self.models["model"].named_buffers() if t.is_floating_point()}

    def _exchange(self, average: Average) -> None:
        average.exchange(self._averaged())
        if self.precision == "bf16":
            self._round_back("model")

    def _full(self, name: str) -> dict[str, torch.Tensor]:
        if name in self.masters:
            return self.masters[name]
        return {n: p.detach().float() for n, p in self.models[name].named_parameters()}

    def _masters(self, network: nn.Module) -> dict[str, torch.Tensor]:
        if self.precision == "fp32":
            return dict(network.named_parameters())
        return {n: p.detach().clone().requires_grad_(p.requires_grad) for n, p in network.named_parameters()}

    def _gather(self, name: str) -> None:
        """Move bf16 gradients into the fp32 masters, adding to what earlier pieces of the batch left there."""
        masters = self.masters[name]
        for n, parameter in self.models[name].named_parameters():
            if parameter.grad is None:
                continue
            master = masters[n]
            if master.grad is None:
                master.grad = parameter.grad.float()
            else:
                master.grad += parameter.grad
            parameter.grad = None

    def _round_back(self, name: str) -> None:
        with torch.no_grad():
            rounded: list[torch.Tensor] = list(self.models[name].parameters())
            torch._foreach_copy_(rounded, list(self.masters[name].values()))

    def _begin_others(self, recipe: Recipe) -> None:
        """Give further models their first weights: a copy of the main model's, or a finished model's folder."""
        for name, other in recipe.others.items():
            network = self.models[name]
            network.requires_grad_(other.trainable)
            if other.start == "model":
                network.load_state_dict(
                    adapters.merged(self.models["model"], self.models["model"].state_dict())
                )
            elif other.start is not None:
                self._begin(name, other.start, whole=True)

    def _begin(self, name: str, start: str, *, whole: bool) -> None:
        """Give a model the weights of a finished one; unless `whole`, heads that only one of them has do not matter."""
        from jinjie.models.folder import open_model
        from jinjie.training.finished import model_folder

        network, heads = self.models[name], self.configs[name].heads_of
        found = open_model(model_folder(start))[1].state_dict()
        if not whole:
            own = network.state_dict()
            found = {n: t for n, t in found.items() if n in own or n.partition(".")[0] not in heads}
            found |= {n: t for n, t in own.items() if n not in found and n.partition(".")[0] in heads}
        try:
            network.load_state_dict(found)
        except RuntimeError as error:
            raise JinjieError("run.start_does_not_fit", name=name, start=start, reason=str(error)) from error
