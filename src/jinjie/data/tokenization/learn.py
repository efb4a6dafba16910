"""From a user's texts to a tokenizer's folder, which appears whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinjie.base.config import build
from jinjie.base.errors import InvalidInput, Problem, did_you_mean
from jinjie.base.files import whole_folder, write_json
from jinjie.base.words import say
from jinjie.data.dataset import Report
from jinjie.data.fetch import tell
from jinjie.data.tokenization.processor import DOCUMENTS
from jinjie.data.tokenization.texts import Texts
from jinjie.data.tokenization.train import KINDS, train

SAMPLE = 20
"""Megabytes of text that are learned from unless another number is asked for. More change few tokens. Where nearly
every word is another, as between the stops of Chinese, each megabyte costs BPE 90 MB of memory and 3 seconds (measured
on 13 MB of characters drawn at random, the worst there is); English costs a twentieth of that."""

RECORD = "training.json"
_OWN = {"tokenizer.json", "tokenizer_config.json", DOCUMENTS, RECORD}


@dataclass(frozen=True)
class Learned:
    """What came of it: `size` tokens of the `asked` ones, from `bytes` of text, in `seconds`."""

    folder: Path
    config: dict[str, Any]
    size: int
    asked: int | None
    bytes: int
    seconds: float

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "folder": str(self.folder),
            **self.config,
            "asked": self.asked,
            "size": self.size,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 2),
        }


def learn(
    out: Path,
    places: Sequence[str],
    kind: str,
    settings: Mapping[str, Any],
    sample: int | None = None,
    report: Report | None = None,
) -> Learned:
    """Train a tokenizer of a kind on files, folders and named texts, and write it to `out`.

    `settings` are the config's own fields, `sample` is how many megabytes of text are learned from, spread evenly over
    all of it. A tokenizer that stands at `out` is replaced; anything else there is left alone.

    Raises InvalidInput naming all that is wrong with settings, places and `out`.
    """
    began = time.monotonic()
    problems: list[Problem] = []
    config = texts = None
    if kind not in KINDS:
        suggestion = did_you_mean(kind, KINDS)
        problems.append(Problem("kind", "problem.unknown_kind", came=kind, suggestion=suggestion))
    else:
        try:
            config = build(KINDS[kind], settings)
        except InvalidInput as error:
            problems += error.problems
    try:
        texts = Texts(places, report, (SAMPLE if sample is None else sample) * 1_000_000)
    except InvalidInput as error:
        problems += error.problems
    out = out.expanduser().absolute()
    if out.exists() and not _replaceable(out):
        problems.append(Problem(str(out), "tokenizer.in_the_way"))
    if problems or config is None or texts is None:
        raise InvalidInput(problems)
    made = train(config, texts)
    tell(report, say("tokenizer.writing"), 0, None)
    out.parent.mkdir(parents=True, exist_ok=True)
    said = config.model_dump(mode="json")
    with whole_folder(out) as folder:
        made.save(folder)
        write_json(folder / RECORD, {**said, "texts": [str(place) for place in places], "bytes": texts.read})
    return Learned(out, said, made.vocabulary, config.size, texts.read, time.monotonic() - began)


def _replaceable(out: Path) -> bool:
    """Whether nothing stands at `out` but a tokenizer that was trained here, or nothing at all."""
    if not out.is_dir() or out.is_symlink():
        return False
    names = {file.name for file in out.iterdir()}
    return not names or names <= _OWN and RECORD in names
