"""The multilayer perceptron (Rumelhart, Hinton & Williams 1986)."""

from jinjie.models.mlp.config import Config

__all__ = ["Config"]
