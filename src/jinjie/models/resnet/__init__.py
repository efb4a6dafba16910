"""The residual network for small pictures (He et al. 2016, section 4.2)."""

from jinjie.models.resnet.config import Config

__all__ = ["Config"]
