"""The mean of a model's weights over its steps: steadier than the last of them, which a few batches have moved."""

from __future__ import annotations

from collections.abc import Mapping

import torch


class Average:
    """The weights of every step so far, the one n steps ago counting decayⁿ (Polyak & Juditsky 1992; in this form
    Kingma & Ba 2015, section 7.2).

    ā_t = Σ decay^(t−i) w_i / Σ decay^(t−i) over i = 1 … t: in the first steps the plain mean, later one over about the
    last 1 / (1 − decay) of them.
    """

    def __init__(self, weights: Mapping[str, torch.Tensor], decay: float) -> None:
        """`weights` are those that are averaged, as they are before the first step."""
        self.decay = decay
        self.weights = {name: tensor.detach().clone() for name, tensor in weights.items()}

    def add(self, weights: Mapping[str, torch.Tensor], steps: int) -> None:
        """Count the weights as they are after `steps` steps, from 1."""
        share = (1 - self.decay) / (1 - self.decay**steps)
        now = [weights[name].detach() for name in self.weights]
        torch._foreach_lerp_(list(self.weights.values()), now, share)

    def exchange(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Put the average in the place of the weights and these in its own; once more, and all is as it was."""
        for name, mean in self.weights.items():
            weights[name].data, mean.data = mean.data, weights[name].data
