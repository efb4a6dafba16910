"""Data that a model writes: its answers are drawn once, judged by a rule, and kept with the other data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from jinjie.base.errors import JinjieError
from jinjie.base.seeds import derive
from jinjie.base.words import say
from jinjie.data.cache import converted
from jinjie.data.dataset import SPLITS, Dataset, Report, Split
from jinjie.data.fetch import sha256, tell
from jinjie.data.pairs_of_answers import Asked
from jinjie.data.pairs_of_answers import Config as Pairs
from jinjie.data.poem_form import keeps, opening, poems
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.training.finished import model_folder
from jinjie.training.recipe import Recipe

VERSION = 1
PROMPTS = 64
"""Most prompts that are answered before it is seen how many pairs are still wanted."""
MOST = 12
"""Prompts for each pair that is wanted, after which a rule that is never (or always) kept is given up."""


def load(recipe: Recipe, report: Report | None = None) -> Dataset:
    """A recipe's data; what a model has to write for it is written first.

    Raises as the data's own `load`, and JinjieError when the writer keeps the rule always or never.
    """
    data = recipe.data
    asked = data.asks() if isinstance(data, Pairs) else None
    if asked is None or not isinstance(data, Pairs):
        return data.load(report)
    return data.load(report, written(asked, report))


def written(asked: Asked, report: Report | None = None) -> Path:
    """The folder of the pairs that a model has written: SPLIT.json, and its tokenizer's files beside them."""
    folder = model_folder(asked.writer, report)
    weights = [sha256(file) for file in sorted(folder.glob("*.safetensors"))]
    said = json.dumps([weights, asked._replace(writer="")])
    key = hashlib.sha256(said.encode()).hexdigest()[:16]
    return converted(f"answers-{key}", VERSION, lambda place: _write(asked, folder, place, report), report)


def _write(asked: Asked, model: Path, folder: Path, report: Report | None) -> Mapping[str, Any]:
    from jinjie.training.finished import open_finished, text_processor

    found = open_finished(model, report=report)
    processor = cast(TokenProcessor, text_processor(found))
    processor.save(folder)
    real = poems(report)
    told: dict[str, Any] = {"writer": asked.writer, "rule": asked.rule}
    before, total = 0, sum(asked.wanted.values())
    for split in SPLITS:
        prompts = list(dict.fromkeys(map(opening, real[split])))

        def progress(done: int, before: int = before) -> None:
            tell(report, say("preferred.writing", name=asked.writer), before + done, total)

        rows, kept, drawn = _pairs(asked, found.network, processor, split, prompts, progress)
        (folder / f"{split}.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        told[split] = {"pairs": len(rows), "answers": drawn, "kept": kept}
        before += len(rows)
    return told


def _pairs(
    asked: Asked, network: Any, processor: TokenProcessor, split: Split, prompts: list[str], progress: Any
) -> tuple[list[dict[str, Any]], int, int]:
    """Pairs until there are as many as are wanted, one of a prompt, both answers the first of their sort; how many of
    the answers kept the rule, and how many were drawn."""
    from jinjie.decoding.sampling import Sampling
    from jinjie.decoding.together import answers

    wanted = asked.wanted[split]
    rows: list[dict[str, Any]] = []
    kept = drawn = 0
    first, last = 0, min(len(prompts), MOST * wanted)
    while first < last:
        asking = prompts[first : min(last, first + min(PROMPTS, max(8, 2 * (wanted - len(rows)))))]
        texts = [prompt for prompt in asking for _ in range(asked.answers)]
        ids = {prompt: processor.prompt(prompt) for prompt in asking}
        room = asked.longest - max(map(len, ids.values()))
        samplings = [
            Sampling(
                temperature=asked.temperature,
                max_tokens=room,
                seed=derive(asked.seed, "answer", split, first * asked.answers + i),
            )
            for i in range(len(texts))
        ]
        made = answers(network, processor, [ids[text] for text in texts], samplings, before=texts)
        right = [
            one.ended and keeps(asked.rule, text + one.text) for text, one in zip(texts, made, strict=True)
        ]
        kept, drawn = kept + sum(right), drawn + len(right)
        for n, prompt in enumerate(asking):
            places = range(n * asked.answers, (n + 1) * asked.answers)
            good, bad = (next((i for i in places if right[i] is sort), None) for sort in (True, False))
            if good is not None and bad is not None and len(rows) < wanted:
                chosen, rejected = made[good], made[bad]
                rows.append(
                    {
                        "prompt": ids[prompt],
                        "chosen": chosen.tokens,
                        "rejected": rejected.tokens,
                        "texts": [prompt + chosen.text, prompt + rejected.text],
                    }
                )
        first += len(asking)
        progress(len(rows))
        if len(rows) == wanted:
            return rows, kept, drawn
    raise JinjieError(
        "preferred.one_sided",
        name=asked.writer,
        rule=asked.rule,
        kept=kept,
        drawn=drawn,
        pairs=len(rows),
        wanted=wanted,
    )
