"""The convolutional network (LeCun et al. 1998), with batch normalisation (Ioffe & Szegedy 2015)."""

from jinjie.models.cnn.config import Config

__all__ = ["Config"]
