"""One linear layer: linear and, under a cross-entropy, logistic regression."""

from jinjie.models.linear.config import Config

__all__ = ["Config"]
