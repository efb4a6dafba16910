"""What a GPT of the contest reads: the packaged Shakespeare, in characters or in the packaged mix model's tokens."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np

from jinjie.data import text
from jinjie.data.batching import Tokens
from jinjie.data.tokenization.processor import TokenProcessor

SEED = 0


def dataset(block: int, vocabulary: int) -> Tokens:
    """Characters where the vocabulary is theirs. A larger one has byte-level BPE's ids in it, 8,192 of them, and room
    for others that never come: what a step costs does not depend on which of the scores are of use."""
    characters = text.Config(block=block).load()
    if characters.facts["vocabulary"] == vocabulary:
        return characters
    packaged = resources.files("jinjie.models").joinpath("packaged", "mix")
    processor = TokenProcessor.load(Path(str(packaged)))
    parts = text.cut(text.packaged())
    return Tokens(
        streams={
            split: np.array(processor.tokenizer.encode(part, add_special_tokens=False).ids)
            for split, part in parts.items()
        },
        block=block,
        about=characters.about,
        processor=processor,
        facts={"vocabulary": vocabulary, "block": block},
    )


def write_windows(file: Path, block: int, vocabulary: int, batch: int, steps: int) -> None:
    """The windows that our engine's steps read, for everybody."""
    data = dataset(block, vocabulary)
    batches = [data.batch(SEED, i, batch) for i in range(steps)]
    held = next(data.batches("validation", batch))
    arrays = {name: np.stack([one[name] for one in batches]).astype(np.int32) for name in ("x", "y")}
    np.savez(file, **arrays, held_x=held["x"], held_y=held["y"])
