"""What every model family gives: a config that knows its own size, and a network to be saved and opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

from jinjie.base.config import Config
from jinjie.base.errors import InvalidInput, JinjieError, Problem

if TYPE_CHECKING:
    from torch import nn


class ModelConfig(Config):
    """The base of every model config.

    Fields that the data decides (`inputs`, `outputs`, `vocabulary`) may be None; `fitted` fills them in.
    """

    kind: str
    heads_of: ClassVar[tuple[str, ...]] = ("head",)
    """Modules of the network that a task of its own needs: they move when the rest is frozen."""
    above: ClassVar[tuple[str, ...]] = ("head",)
    """Modules that stand above the blocks."""

    def begun(self, start: ModelConfig) -> Self:
        """This config with the body of `start`, whose weights it begins from; heads and dropout are its own.

        Raises InvalidInput when they are of different kinds.
        """
        if not isinstance(start, type(self)):
            problem = Problem("start", "model.start_of_another_kind", came=start.kind, expected=self.kind)
            raise InvalidInput([problem])
        kept = {name: getattr(self, name) for name in self.own_fields() if name in type(self).model_fields}
        return type(self)(**{**start.model_dump(), **kept})

    @classmethod
    def own_fields(cls) -> tuple[str, ...]:
        """Fields that a model which begins from another's weights keeps for itself."""
        return ("dropout", "outputs")

    def fitted(self, facts: Mapping[str, int]) -> Self:
        """This config with its open sizes taken from the data's facts.

        A size that is set and differs from the data's is left alone: the model is then larger or smaller than
        the data asks, and the task says so when it cannot work.
        """
        open_fields = {
            n: facts[n] for n in type(self).model_fields if getattr(self, n) is None and n in facts
        }
        return self.model_copy(update=open_fields)

    def known(self, name: str) -> int:
        """The size `name`, which the data or the user has settled by now; else JinjieError says so."""
        size = getattr(self, name)
        if size is None:
            raise JinjieError("model.open_size", kind=self.kind, name=name)
        return int(size)

    def parameters(self) -> int:
        """How many numbers the network learns."""
        raise TypeError(f"{type(self).__module__} lacks parameters()")

    def flops(self, batch: int) -> float:
        """Floating-point operations of one forward pass over `batch` examples (multiply and add are two)."""
        raise TypeError(f"{type(self).__module__} lacks flops()")

    def activations(self, batch: int) -> int:
        """About how many numbers the forward pass keeps for the backward pass."""
        raise TypeError(f"{type(self).__module__} lacks activations()")

    def scored(self, batch: int) -> int:
        """How many of them are scores of a vocabulary, which the task's loss may work out in pieces, or in part."""
        return 0

    def build(self) -> nn.Module:
        """The network with freshly initialised weights, drawn from torch's generator as it stands."""
        raise TypeError(f"{type(self).__module__} lacks build()")
