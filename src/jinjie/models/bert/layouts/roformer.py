"""RoFormer's layout on the Hugging Face hub (Su et al. 2021): a BERT with rotary positions, without a pooler."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from jinjie.models.bert.config import Config, Head
from jinjie.models.bert.layouts.bert import BERT
from jinjie.models.layout import Obstacle, Part, refuse
from jinjie.models.model import ModelConfig

CLASSES: dict[Head, str] = {
    "tokens": "RoFormerForTokenClassification",
    "span": "RoFormerForQuestionAnswering",
}


class RoFormer(BERT):
    """Its heads for texts and for choices compute something else than one linear map, and are not held."""

    name = "roformer"
    model_types = ("roformer",)
    prefix = "roformer."
    classes = CLASSES

    def config_in(self, settings: Mapping[str, Any], names: Collection[str], folder: Path) -> Config:
        width = settings.get("hidden_size", 768)
        for name, wanted in (("rotary_value", False), ("embedding_size", width)):
            if settings.get(name) not in (wanted, None):
                raise refuse(folder, name, settings[name], wanted)
        if any(name.startswith("classifier.out_proj.") for name in names):
            raise refuse(
                folder, "architectures", "RoFormerForSequenceClassification", " / ".join(CLASSES.values())
            )
        usual = {"vocab_size": 50000, "max_position_embeddings": 1536}
        config = super().config_in({**usual, **settings}, names, folder)
        return config.model_copy(update={"positions": "rotary"})

    def obstacles(self, config: ModelConfig) -> list[Obstacle]:
        config = cast(Config, config)
        wanted = {"positions": "rotary", "next_sentence": False, "pooler": False}
        if config.head == "text":
            wanted["head"] = "tokens / span"
        elif config.head != "none":
            wanted["masked"] = False
        return [
            Obstacle(field, getattr(config, field), value)
            for field, value in wanted.items()
            if getattr(config, field) != value
        ]

    def config_out(self, config: ModelConfig) -> dict[str, Any]:
        config = cast(Config, config)
        told = super().config_out(config)
        told.pop("position_embedding_type")
        bare = "RoFormerForMaskedLM" if config.masked else "RoFormerModel"
        return told | {
            "model_type": "roformer",
            "architectures": [CLASSES.get(config.head, bare)],
            "embedding_size": config.width,
            "rotary_value": False,
        }

    def parts(self, config: ModelConfig) -> Iterator[Part]:
        """BERT's, but for the positions' table; the rows of queries and keys stand pair by pair."""
        size = cast(Config, config).head_size
        for part in super().parts(config):
            if part.ours == "positions.weight":
                continue
            turned = ".self.query." in part.theirs or ".self.key." in part.theirs
            yield part._replace(paired=size) if turned else part

    def known_as(self, name: str) -> str | None:
        """Left out: the table of sines, which is worked out."""
        name = name.removeprefix(self.prefix)
        return None if name.endswith("embed_positions.weight") else super().known_as(name)


LAYOUT = RoFormer()
