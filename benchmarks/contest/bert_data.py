"""Film reviews of mixed lengths for BERTs that learn to tell praise from blame.

The sentences are those of the recipe `sentiment-en`. For training, one to four of them that judge alike become one
text: about 40 tokens on average, cut at 128. What is asked afterwards are sentences that nobody trained on.
The file holds, for `train` and `held`: `*_x` the token ids end to end, `*_lengths` and `*_y` of each text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from jinjie.base.seeds import numpy_generator
from jinjie.data import sentiment

SEED = 0
BLOCK = 128
SENTENCES = (1, 2, 3, 4)
SHARES = (0.70, 0.17, 0.08, 0.05)
"""How many of the texts hold so many sentences."""


def write_texts(file: Path, count: int | None = None, held: int | None = None) -> tuple[int, int]:
    """Write the texts, of those for training the first `count`, of the others `held`; how many there are of both."""
    data = sentiment.Config().load()
    parts: dict[str, tuple[list[str], list[int]]] = {
        "train": joined(data.splits["train"].texts, data.splits["train"].each["y"]),
        "held": ([], []),
    }
    for split in ("validation", "test"):
        parts["held"][0].extend(data.splits[split].texts)
        parts["held"][1].extend(data.splits[split].each["y"].tolist())
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for name, (texts, y) in parts.items():
        most = count if name == "train" else held
        texts, y = texts[:most], y[:most]
        rows = [row.ids for row in data.processor.framed_all(texts)]
        arrays[f"{name}_x"] = np.concatenate(rows).astype(np.int32)
        arrays[f"{name}_lengths"] = np.array([len(row) for row in rows])
        arrays[f"{name}_y"] = np.array(y)
    np.savez(file, **arrays)
    return len(arrays["train_y"]), len(arrays["held_y"])


def joined(sentences: Any, y: np.ndarray[Any, Any]) -> tuple[list[str], list[int]]:
    """Texts of one to four sentences of one class each, every sentence once; in an order of chance."""
    generator = numpy_generator(SEED, "joined")
    found: list[tuple[str, int]] = []
    for kind in np.unique(y):
        left = generator.permutation(np.flatnonzero(y == kind)).tolist()
        while left:
            taken = [left.pop() for _ in range(min(len(left), generator.choice(SENTENCES, p=SHARES)))]
            found.append((" ".join(sentences[i] for i in taken), int(kind)))
    order = generator.permutation(len(found))
    return [found[i][0] for i in order], [found[i][1] for i in order]
