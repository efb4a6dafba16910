"""Pairs of answers to the same prompt, one preferred to the other, as batches; and one's own, from JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jinjie.base.errors import Problem
from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.data.batching import digest, spread
from jinjie.data.corpus.windows import IGNORED
from jinjie.data.dataset import About, Arrays, Dataset, Split, TextProcessor
from jinjie.data.poem_form import Rule
from jinjie.data.reading import at_most, read_text

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

ENDINGS = (".jsonl", ".ndjson")
FIELDS = ("prompt", "chosen", "rejected")


class Pair(NamedTuple):
    """Token ids: a prompt, and two answers to it with what ends them."""

    prompt: list[int]
    chosen: list[int]
    rejected: list[int]


@dataclass(frozen=True)
class Rows:
    """N prompts with their answers: x and y (N, …, T) int64, padded on the right; y is what follows each token of x
    where an answer goes on, IGNORED elsewhere. A causal model does not see the padding."""

    x: np.ndarray[Any, Any]
    y: np.ndarray[Any, Any]

    @classmethod
    def of(cls, rows: Sequence[Sequence[tuple[list[int], list[int]]]]) -> Rows:
        """From (prompt, answer) pairs, as many of them in each of the N rows: N × K → (N, K, T)."""
        longest = max(len(prompt) + len(answer) - 1 for row in rows for prompt, answer in row)
        x = np.zeros((len(rows), len(rows[0]), longest), np.int64)
        y = np.full(x.shape, IGNORED)
        for n, row in enumerate(rows):
            for k, (prompt, answer) in enumerate(row):
                whole = [*prompt, *answer]
                x[n, k, : len(whole) - 1] = whole[:-1]
                y[n, k, len(prompt) - 1 : len(whole) - 1] = answer
        return cls(x, y)

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, rows: np.ndarray[Any, Any] | list[int] | slice) -> Arrays:
        """Some rows, cut to the longest of them."""
        x, y = self.x[rows], self.y[rows]
        width = int(np.flatnonzero((y != IGNORED).any(axis=tuple(range(y.ndim - 1))))[-1]) + 1
        return {"x": x[..., :width], "y": y[..., :width]}


class AnswerPairs(Dataset):
    """Batches of x and y (B, 2, T) int64: the chosen answer, then the rejected one, each behind its prompt."""

    processor: TextProcessor

    def __init__(
        self,
        splits: Mapping[Split, Rows],
        plain: Mapping[Split, Rows],
        prompts: Mapping[Split, Sequence[str]],
        rule: Rule | None,
        temperature: float,
        about: About,
        processor: TextProcessor,
        facts: Mapping[str, int],
    ) -> None:
        self.splits = splits
        self.plain = plain
        """Texts (N, 1, T) that tell what the preference costs: people's own."""
        self.prompts = prompts
        """What a model is asked to go on from, to see how often it keeps the rule; none without a rule."""
        self.rule = rule
        self.temperature = temperature
        self.about = about
        self.processor = processor
        self.facts = facts

    def count(self, split: Split) -> int:
        return len(self.splits[split])

    def steps_per_epoch(self, size: int) -> int:
        return -(-self.count("train") // size)

    def batch(self, seed: int, step: int, size: int) -> Arrays:
        epoch, index = divmod(step, self.steps_per_epoch(size))
        order = numpy_generator(seed, "epoch", epoch).permutation(self.count("train"))
        return self.splits["train"].batch(order[index * size : (index + 1) * size])

    def batches(self, split: Split, size: int, limit: int | None = None) -> Iterator[Arrays]:
        for index in spread(-(-self.count(split) // size), limit):
            yield self.splits[split].batch(slice(index * size, (index + 1) * size))

    def fingerprint(self) -> str:
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        return digest(self.splits["train"].x, self.splits["train"].y)


def read_pairs(path: str) -> list[tuple[str, dict[str, str]]]:
    """Every pair with its place, `PATH:LINE`: an object with the texts `prompt`, `chosen` and `rejected`.

    Raises InvalidInput naming every fault by its line: another kind of file, lines that are no JSON object, a text that
    is missing, empty or no text, two answers that are the same.
    """
    if Path(path).suffix.lower() not in ENDINGS:
        problem = Problem("data.path", "texts.other_format", path=path, endings=", ".join(ENDINGS))
        raise at_most([problem])
    problems: list[Problem] = []
    found = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        where, before = f"{path}:{number}", len(problems)
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(Problem(where, "corpus.not_json", reason=str(error)))
            continue
        row = row if isinstance(row, dict) else {}
        for name in FIELDS:
            value = row.get(name)
            if not isinstance(value, str) or not value.strip():
                came = json.dumps(value, ensure_ascii=False)[:40]
                problems.append(Problem(where, "preferred.no_text", name=name, came=came))
            elif any("\ud800" <= character <= "\udfff" for character in value):
                problems.append(Problem(where, "preferred.no_text", name=name, came=line.strip()[:40]))
        if len(problems) == before and row["chosen"].strip() == row["rejected"].strip():
            problems.append(Problem(where, "preferred.same"))
        if len(problems) == before:
            found.append((where, {name: row[name] for name in FIELDS}))
    if problems:
        raise at_most(problems)
    return found
