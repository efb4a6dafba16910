"""Rows of two stretches: every one once an epoch, half of the second parts from elsewhere, the same at every look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jinjie.base.errors import InvalidInput
from jinjie.base.words import speaking
from jinjie.data.dataset import Arrays
from jinjie.data.pairs import Config
from jinjie.data.pairs.dataset import Pairs
from jinjie.data.pairs.masking import NOTHING

NOUNS = ["king", "queen", "ship", "storm", "crown", "sword", "night", "castle", "river", "forest"]
CHINESE = "月光山水风云花鸟春秋日夜天地人心江海松石"


def write(folder: Path, documents: int = 400) -> Path:
    """Every document speaks of its own number, so that a part tells where it comes from."""
    draw = np.random.default_rng(0)
    texts = []
    for number in range(documents):
        if number % 3:
            lines = [
                f"The {draw.choice(NOUNS)} of the {draw.choice(NOUNS)} came in year {number} again."
                for _ in range(6)
            ]
        else:
            lines = ["".join(draw.choice(list(CHINESE), 9)) + f"在{number}年。" for _ in range(6)]
        texts.append(" ".join(lines))
    path = folder / "texts.txt"
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    folder = tmp_path_factory.mktemp("pairs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(folder / "data"))
        config = Config(path=str(write(folder)), documents="lines", vocabulary=400, block=48)
        return config.load()


def epoch(data: Pairs, seed: int, number: int, size: int = 7) -> list[Arrays]:
    steps = data.steps_per_epoch(size)
    return [data.batch(seed, number * steps + i, size) for i in range(steps)]


def uncovered(batch: Arrays) -> np.ndarray[Any, Any]:
    return np.where(batch["y"] == NOTHING, batch["x"], batch["y"])


def test_a_row_is_two_parts_of_one_document_or_of_two(data: Pairs) -> None:
    cls, sep = data.processor.special["cls"], data.processor.special["sep"]
    follows, rows = 0, 0
    for number in range(3):
        for batch in epoch(data, 0, number):
            assert set(batch) == {"x", "y", "types", "documents", "follows"}
            for ids, types, documents, told in zip(
                uncovered(batch), batch["types"], batch["documents"], batch["follows"], strict=True
            ):
                text = ids[documents == 0]
                ends = np.flatnonzero(text == sep)
                assert text[0] == cls and len(ends) == 2 and ends[1] == len(text) - 1 < data.block
                assert (types[: ends[0] + 1] == 0).all() and (types[ends[0] + 1 : len(text)] == 1).all()
                a, b = text[1 : ends[0]], text[ends[0] + 1 : ends[1]]
                assert len(a) and len(b)
                years = [_years(data, part) for part in (a, b)]
                if all(years):
                    assert (years[0] == years[1]) == told
                    assert len(years[0] | years[1]) == 2 - told
                script = [any(c in CHINESE for c in data.processor.text(part.tolist())) for part in (a, b)]
                assert script[0] == script[1]
                follows += told
                rows += 1
    assert follows / rows == pytest.approx(0.5, abs=5 * 0.5 / rows**0.5)


def _years(data: Pairs, ids: np.ndarray[Any, Any]) -> set[str]:
    text = data.processor.text(ids.tolist())
    words = "".join(c if c.isdigit() else " " for c in text).split()
    # a part may begin or end within a number: whole ones stand between words
    return {word for word in words if f"year {word} again" in text or f"在 {word} 年" in text}


def test_an_epoch_holds_every_first_part_once(data: Pairs) -> None:
    """All tokens of the training text are read: no part is lost when others take its place."""
    firsts: dict[int, int] = {}
    for batch in epoch(data, 3, 0):
        for ids, types, documents in zip(uncovered(batch), batch["types"], batch["documents"], strict=True):
            first = tuple(ids[(types == 0) & (documents == 0)].tolist())
            firsts[hash(first)] = firsts.get(hash(first), 0) + 1
    assert sum(firsts.values()) == data.count("train")
    one, two = epoch(data, 3, 0), epoch(data, 3, 1)
    assert not all(np.array_equal(a["x"], b["x"]) for a, b in zip(one, two, strict=True))


def test_second_parts_are_alike_whether_they_follow_or_not(data: Pairs) -> None:
    """The length of neither part tells the answer: the means are within five standard errors."""
    lengths: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
    for number in range(8):
        for batch in epoch(data, 0, number):
            second = batch["types"].sum(1)
            first = (batch["documents"] == 0).sum(1) - second
            for told, *pair in zip(batch["follows"], first, second, strict=True):
                lengths[int(told)].append((int(pair[0]), int(pair[1])))
    for part in (0, 1):
        a, b = (np.array(lengths[told])[:, part] for told in (0, 1))
        assert abs(a.mean() - b.mean()) < 5 * (a.var() / len(a) + b.var() / len(b)) ** 0.5


def test_batches_do_not_depend_on_what_was_asked_before(data: Pairs) -> None:
    wanted = [data.batch(5, step, 7) for step in (40, 3)]
    epoch(data, 1, 0)
    for step, batch in zip((3, 40), wanted[::-1], strict=True):
        again = data.batch(5, step, 7)
        assert all(np.array_equal(batch[name], again[name]) for name in batch)
    other = data.batch(6, 3, 7)
    assert not np.array_equal(other["x"], wanted[1]["x"])


def test_evaluation_hides_the_same_whatever_the_batches(data: Pairs) -> None:
    seen: list[dict[int, list[int]]] = []
    for size in (3, 8):
        rows: dict[int, list[int]] = {}
        for batch in data.batches("validation", size):
            assert "follows" in batch
            for row, ids, y, documents in zip(
                batch["row"], batch["x"], batch["y"], batch["documents"], strict=True
            ):
                inside = documents == 0
                rows[int(row)] = [*ids[inside].tolist(), *y[inside].tolist()]
        assert len(rows) == data.count("validation")
        seen.append(rows)
    assert seen[0] == seen[1]
    some = list(data.batches("validation", 2, 2))
    assert len(some) == 2 and {int(r) for b in some for r in b["row"]} <= set(seen[0])


def test_without_next_sentences_a_row_is_one_stretch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINJIE_DATA", str(tmp_path / "data"))
    config = Config(
        path=str(write(tmp_path)), documents="lines", vocabulary=400, block=48, next_sentence=False
    )
    found = config.load()
    paired = config.model_copy(update={"next_sentence": True}).load()
    assert found.count("train") == paired.count("train") and found.fingerprint() != paired.fingerprint()
    batch = found.batch(0, 0, 16)
    assert "follows" not in batch and not batch["types"].any()
    sep = found.processor.special["sep"]
    assert ((uncovered(batch) == sep).sum(1) == 1).all()


def test_what_the_rows_are_is_told(data: Pairs) -> None:
    told = data.statistics()
    assert told["rows"] == data.count("train")
    assert told["hidden"] == pytest.approx(0.15, abs=0.01) and told["follows"] == pytest.approx(0.5, abs=0.2)


def test_a_tokenizer_without_a_mask_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jinjie.data.tokenization.train import BPE, train_bpe

    monkeypatch.setenv("JINJIE_DATA", str(tmp_path / "data"))
    folder = tmp_path / "bpe"
    folder.mkdir()
    train_bpe(BPE(size=300), ["some text"]).save(folder)
    config = Config(path=str(write(tmp_path)), documents="lines", tokenizer=str(folder))
    with speaking("en"), pytest.raises(InvalidInput, match="cls, sep, mask"):
        config.load()


def test_texts_too_short_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINJIE_DATA", str(tmp_path / "data"))
    path = tmp_path / "short.txt"
    path.write_text("\n".join("ab" + c for c in CHINESE), encoding="utf-8")
    with speaking("en"), pytest.raises(InvalidInput, match="long enough"):
        Config(path=str(path), documents="lines", vocabulary=100).load()
