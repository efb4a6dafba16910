"""Muon on a CPU, in fp32.

torch's Muon orthogonalises in bf16, which a CPU without instructions for it computes eighteen times as slowly as fp32:
of a step of `bert-pretrain` 72 % went there. On other devices this is torch's own.
"""

from __future__ import annotations

import math
from typing import Any

import torch


class Muon(torch.optim.Muon):
    """torch's Muon (Jordan et al. 2024), with its state and settings; gradients on a CPU stay in fp32."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One step, as torch's: momentum by Nesterov, orthogonalised, and the decay apart from it."""
        if any(weight.device.type != "cpu" for group in self.param_groups for weight in group["params"]):
            return super().step(closure)  # type: ignore[no-untyped-call]
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(weight.grad)
                mean = state["momentum_buffer"].lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(mean, group["momentum"]) if group["nesterov"] else mean
                turned = orthogonal(ahead, group["ns_coefficients"], group["ns_steps"], group["eps"])
                tall = math.sqrt(max(1.0, weight.shape[0] / weight.shape[1]))
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(turned, alpha=-group["lr"] * tall)
        return loss


def orthogonal(
    matrix: torch.Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> torch.Tensor:
    """UVᵀ of a matrix USVᵀ (m, n), nearly: singular values that are not near 0 end between 0.7 and 1.2
    (Newton-Schulz, degree 5: Jordan et al. 2024)."""
    a, b, c = coefficients
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = wide / wide.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    found: torch.Tensor = x.T if matrix.shape[0] > matrix.shape[1] else x
    return found
