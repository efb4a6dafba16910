"""The vocabularies of GPT-2 and BERT, from packages that carry them, written as they were first published."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinjie.base import paths
from jinjie.base.errors import NotFound, did_you_mean
from jinjie.base.files import write_json
from jinjie.base.words import say
from jinjie.data.cache import converted
from jinjie.data.dataset import Report
from jinjie.data.fetch import fetch, tell
from jinjie.data.sources import BERT_VOCABULARY, GPT2_VOCABULARY, Source
from jinjie.data.tokenization.opening import MERGES, VOCABULARY, WORDS, open_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor

VERSION = 1

_NEVER_USED = 999
"""The ids of BERT's vocabulary below this are special tokens and places kept free."""


def published(name: str, report: Report | None = None) -> TokenProcessor:
    """The tokenizer of that name, fetched on first use: "gpt2" (50,257 tokens) or "bert" (30,522, lower-cased English).

    Raises NotFound with the nearest name, DownloadFailed when the package cannot be fetched.
    """
    if name not in PUBLISHED:
        raise NotFound("tokenizer.not_found", name=name, suggestion=did_you_mean(name, PUBLISHED))
    return open_tokenizer(published_folder(name, report))


def find_tokenizer(name: str | Path, report: Report | None = None) -> TokenProcessor:
    """The tokenizer at a path, else the published one of that name. Raises as `open_tokenizer` and `published` do."""
    place = paths.place(name)
    return (
        open_tokenizer(place) if paths.is_there(place) or "/" in str(name) else published(str(name), report)
    )


def published_folder(name: str, report: Report | None = None) -> Path:
    """The folder of tokenizer files of a published tokenizer, in the layout it was published in."""
    source, write = PUBLISHED[name]

    def make(folder: Path) -> Mapping[str, Any]:
        tell(report, say("data.converting", name=source.name), 0, None)
        with tarfile.open(fetch(source, report)) as package:
            write(package, folder)
        return {"source": source.spec, "licence": source.licence}

    return converted(f"tokenizer-{name}", VERSION, make, report)


def _gpt2(package: tarfile.TarFile, folder: Path) -> None:
    (folder / VOCABULARY).write_bytes(_member(package, "package/encoder.json"))
    (folder / MERGES).write_bytes(_member(package, "package/vocab.bpe"))
    write_json(
        folder / "tokenizer_config.json", {"tokenizer_class": "GPT2Tokenizer", "model_max_length": 1024}
    )


def _bert(package: tarfile.TarFile, folder: Path) -> None:
    """The package marks the beginnings of words where BERT marks what goes on with one, and has lost one free place."""
    marked: list[str] = json.loads(_member(package, "package/assets/vocab.json"))
    tokens = ["[unused0]" if token == "▁" else token for token in marked[:_NEVER_USED]]
    tokens += [token[1:] if token.startswith("▁") else f"##{token}" for token in marked[_NEVER_USED:]]
    (folder / WORDS).write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8", newline="\n")
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512}
    write_json(folder / "tokenizer_config.json", settings)


def _member(package: tarfile.TarFile, name: str) -> bytes:
    file = package.extractfile(name)
    assert file is not None  # the package's sha256 is right
    return file.read()


PUBLISHED: dict[str, tuple[Source, Callable[[tarfile.TarFile, Path], None]]] = {
    "gpt2": (GPT2_VOCABULARY, _gpt2),
    "bert": (BERT_VOCABULARY, _bert),
}
