"""BERT's layout on the Hugging Face hub, with or without its pre-training heads."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, cast

from jinjie.models.activation import NAMES, named
from jinjie.models.bert.config import Config, Head
from jinjie.models.layout import Layout, Obstacle, Part, checked, refuse, unless_usual
from jinjie.models.model import ModelConfig

BODY = ("embeddings.", "encoder.", "pooler.")
PREDICTIONS = "cls.predictions."
NEXT_SENTENCE = "cls.seq_relationship."
CLASSES: dict[Head, str] = {
    "text": "BertForSequenceClassification",
    "tokens": "BertForTokenClassification",
    "span": "BertForQuestionAnswering",
}
HEADS: dict[Head, str] = {"text": "classifier", "tokens": "classifier", "span": "qa_outputs"}
"""What the head's map is called."""

_FIXED = {"position_embedding_type": "absolute", "is_decoder": False, "add_cross_attention": False}
"""Settings with which BERT's code computes something else."""


class BERT(Layout):
    """Which heads a model has is told by its tensors: `architectures` may name any class that was used."""

    name = "bert"
    kind = "bert"
    model_types = ("bert",)
    task = "masked"
    prefix: ClassVar[str] = "bert."
    """What stands before the body's tensors where there is a head."""
    classes: ClassVar[Mapping[Head, str]] = CLASSES

    def config_in(self, settings: Mapping[str, Any], names: Collection[str], folder: Path) -> Config:
        """Attention dropout is dropped (see `attention/attend.py`)."""
        for name, wanted in _FIXED.items():
            if settings.get(name, wanted) != wanted:
                raise refuse(folder, name, settings[name], wanted)
        width = settings.get("hidden_size", 768)
        head = self._head(settings, names, folder)
        masked = any(name.startswith(PREDICTIONS) for name in names)
        if masked and not settings.get("tie_word_embeddings", True):
            raise refuse(folder, "tie_word_embeddings", False, True)
        return checked(
            Config,
            {
                "vocabulary": settings.get("vocab_size", 30522),
                "block": settings.get("max_position_embeddings", 512),
                "layers": settings.get("num_hidden_layers", 12),
                "width": width,
                "heads": settings.get("num_attention_heads", 12),
                "feedforward": unless_usual(settings.get("intermediate_size", 3072), 4 * width),
                "types": settings.get("type_vocab_size", 2),
                "activation": named(settings, "hidden_act", "gelu", folder),
                "dropout": settings.get("hidden_dropout_prob", 0.1),
                "norm_eps": settings.get("layer_norm_eps", 1e-12),
                "masked": masked,
                "next_sentence": any(name.startswith(NEXT_SENTENCE) for name in names),
                "pooler": any(name.startswith("pooler.") for name in names),
                "head": head,
                "outputs": None if head in ("none", "span") else _labels(settings, folder),
            },
            folder,
        )

    def obstacles(self, config: ModelConfig) -> list[Obstacle]:
        """transformers' classes have learned positions, the head alone, and the pooler for whole texts only."""
        config = cast(Config, config)
        if config.positions != "learned":
            return [Obstacle("positions", config.positions, "learned")]
        wanted: dict[str, Any] = {"table": 0} | ({"pooling": "first"} if config.pools else {})
        if config.head != "none":
            wanted |= {"masked": False, "next_sentence": False, "pooler": config.head == "text"}
        return [
            Obstacle(field, getattr(config, field), value)
            for field, value in wanted.items()
            if getattr(config, field) != value
        ]

    def task_of(self, config: ModelConfig) -> str:
        heads: dict[Head, str] = {"text": "classify", "tokens": "tag", "span": "answer"}
        return heads.get(cast(Config, config).head, self.task)

    def config_out(self, config: ModelConfig) -> dict[str, Any]:
        config = cast(Config, config)
        architecture = {
            (True, True): "BertForPreTraining",
            (True, False): "BertForMaskedLM",
            (False, True): "BertForNextSentencePrediction",
            (False, False): "BertModel",
        }[config.masked, config.next_sentence]
        labels = {str(i): f"LABEL_{i}" for i in range(config.scores)}
        return {
            "model_type": "bert",
            "architectures": [CLASSES.get(config.head, architecture)],
            **(
                {"id2label": labels, "label2id": {name: int(i) for i, name in labels.items()}}
                if labels
                else {}
            ),
            "vocab_size": config.known("vocabulary"),
            "max_position_embeddings": config.block,
            "num_hidden_layers": config.layers,
            "hidden_size": config.width,
            "num_attention_heads": config.heads,
            "intermediate_size": config.hidden,
            "type_vocab_size": config.types,
            "hidden_act": NAMES[config.activation],
            "hidden_dropout_prob": config.dropout,
            "attention_probs_dropout_prob": 0.0,
            "layer_norm_eps": config.norm_eps,
            "tie_word_embeddings": True,
            "pad_token_id": None,
            **_FIXED,
        }

    def parts(self, config: ModelConfig) -> Iterator[Part]:
        """The names of a bare BertModel; `known_as` takes the "bert." off that the others put before them."""
        config = cast(Config, config)
        width = config.width
        for theirs, ours in (("word", "embed"), ("position", "positions"), ("token_type", "types")):
            yield Part(f"embeddings.{theirs}_embeddings.weight", f"{ours}.weight")
        yield from _both("embeddings.LayerNorm", "norm")
        for i in range(config.layers):
            theirs, ours = f"encoder.layer.{i}", f"blocks.{i}"
            for leaf in ("weight", "bias"):
                for row, name in enumerate(("query", "key", "value")):
                    yield Part(
                        f"{theirs}.attention.self.{name}.{leaf}",
                        f"{ours}.attention.qkv.{leaf}",
                        row * width,
                        width,
                    )
            yield from _both(f"{theirs}.attention.output.dense", f"{ours}.attention.out")
            yield from _both(f"{theirs}.attention.output.LayerNorm", f"{ours}.norm1")
            yield from _both(f"{theirs}.intermediate.dense", f"{ours}.up")
            yield from _both(f"{theirs}.output.dense", f"{ours}.down")
            yield from _both(f"{theirs}.output.LayerNorm", f"{ours}.norm2")
        if config.pooler:
            yield from _both("pooler.dense", "pooler")
        if config.masked:
            yield from _both(f"{PREDICTIONS}transform.dense", "masked.dense")
            yield from _both(f"{PREDICTIONS}transform.LayerNorm", "masked.norm")
            yield Part(f"{PREDICTIONS}bias", "masked.bias")
        if config.next_sentence:
            yield from _both("cls.seq_relationship", "next_sentence")
        if config.head != "none":
            yield from _both(HEADS[config.head], "head")

    def known_as(self, name: str) -> str | None:
        """Left out: the position numbers of old files. Their LayerNorms call weight and bias gamma and beta."""
        name = name.removeprefix(self.prefix)
        if name.endswith(".position_ids"):
            return None
        name = re.sub(r"LayerNorm\.gamma$", "LayerNorm.weight", name)
        return re.sub(r"LayerNorm\.beta$", "LayerNorm.bias", name)

    def file_name(self, config: ModelConfig, name: str) -> str:
        config = cast(Config, config)
        bare = not (config.masked or config.next_sentence or config.head != "none")
        return name if bare or not name.startswith(BODY) else f"{self.prefix}{name}"

    def _head(self, settings: Mapping[str, Any], names: Collection[str], folder: Path) -> Head:
        """Which head a file's tensors are; texts and tokens share a name, and only those of texts have a pooler."""
        if any(name.startswith("qa_outputs.") for name in names):
            return "span"
        if not any(name.startswith("classifier.") for name in names):
            return "none"
        stated = list(settings.get("architectures") or ())
        known = self.classes.values()
        if stated and not set(stated) & set(known):  # such as one that chooses among texts
            raise refuse(folder, "architectures", ", ".join(map(str, stated)), " / ".join(known))
        if self.classes["tokens"] in stated:
            return "tokens"
        return "text" if any(name.startswith("pooler.") for name in names) else "tokens"

    def repeats(self, config: ModelConfig) -> Mapping[str, str]:
        return {
            f"{PREDICTIONS}decoder.weight": "embeddings.word_embeddings.weight",
            f"{PREDICTIONS}decoder.bias": f"{PREDICTIONS}bias",
        }


def _labels(settings: Mapping[str, Any], folder: Path) -> int:
    """How many classes a head tells apart: transformers says 2 where nothing is said."""
    named = settings.get("id2label")
    if named is None:
        return int(settings.get("num_labels") or 2)
    if not isinstance(named, Mapping):
        raise refuse(folder, "id2label", named, {"0": "LABEL_0", "1": "LABEL_1"})
    return len(named)


def _both(theirs: str, ours: str) -> Iterator[Part]:
    yield Part(f"{theirs}.weight", f"{ours}.weight")
    yield Part(f"{theirs}.bias", f"{ours}.bias")


LAYOUT = BERT()
