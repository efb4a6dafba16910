"""Tang poems, from the real package: all regular, in simplified characters, no poem in two splits."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.data import cache, poems
from jinjie.data.batching import Tokens
from jinjie.data.dataset import SPLITS
from jinjie.data.poetry import RARE, VERSION, clean_title

DOCUMENT = re.compile(
    r"\n(?:[一-鿿]{1,10}\n)?(?:(?:[一-鿿]{5}，[一-鿿]{5}。\n){2}|(?:[一-鿿]{5}，[一-鿿]{5}。\n){4}"
    r"|(?:[一-鿿]{7}，[一-鿿]{7}。\n){2}|(?:[一-鿿]{7}，[一-鿿]{7}。\n){4})"
)


@pytest.fixture(scope="module")
def loaded(data_home: Path) -> dict[str, Tokens]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return {form: poems.Config(form=form).load() for form in poems.COUNTS}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def documents(loaded: dict[str, Tokens]) -> dict[str, list[str]]:
    """Each split's stream, cut where a blank line stands."""
    data = loaded["all"]
    texts = {split: data.processor.text(data.streams[split].tolist()) for split in SPLITS}
    return {split: ["\n" + part + "\n" for part in text[1:-1].split("\n\n")] for split, text in texts.items()}


def verses(document: str) -> tuple[str, ...]:
    return tuple(re.findall("[一-鿿]+(?=[，。])", document))


def test_every_document_is_a_regular_poem(documents: dict[str, list[str]]) -> None:
    for texts in documents.values():
        assert [text for text in texts if not DOCUMENT.fullmatch(text)] == []


def test_a_poem_everyone_knows_is_there_as_it_should_be(documents: dict[str, list[str]]) -> None:
    everything = "".join("".join(texts) for texts in documents.values())
    assert "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。\n" in everything
    assert "春眠不觉晓，" in everything


def test_no_poem_stands_in_two_splits(documents: dict[str, list[str]]) -> None:
    """Nor in two versions: no two poems of different splits share half of the lines of either."""
    where: dict[str, list[tuple[str, int]]] = {}
    for split, texts in documents.items():
        for number, text in enumerate(texts):
            for verse in set(verses(text)):
                where.setdefault(verse, []).append((split, number))
    shared = Counter((a, b) for places in where.values() for a in places for b in places if a[0] < b[0])
    sizes = {
        (split, i): len(verses(text)) for split, texts in documents.items() for i, text in enumerate(texts)
    }
    assert [pair for pair, count in shared.items() if 2 * count >= min(sizes[pair[0]], sizes[pair[1]])] == []


def test_the_vocabulary_holds_common_characters_and_every_poem_is_made_of_them(
    loaded: dict[str, Tokens], documents: dict[str, list[str]]
) -> None:
    counts = Counter("".join(documents["train"]))
    assert min(counts.values()) >= RARE
    assert len(counts) + 1 == loaded["all"].facts["vocabulary"]
    for split in SPLITS:
        assert loaded["all"].streams[split].min() > 0  # no unknown token anywhere


def test_characters_are_simplified(documents: dict[str, list[str]]) -> None:
    from opencc import OpenCC

    characters = "".join(sorted(set("".join(documents["train"]))))
    changed = [(a, b) for a, b in zip(characters, OpenCC("t2s").convert(characters), strict=True) if a != b]
    # 乾 (as in 乾坤) and a few like it are kept by phrase and changed when they stand alone
    assert len(changed) <= 10, changed


def test_about_is_true_before_loading(loaded: dict[str, Tokens], documents: dict[str, list[str]]) -> None:
    for form, data in loaded.items():
        about = poems.Config(form=form).about()  # type: ignore[arg-type]
        assert about.counts == {split: data.count(split) for split in SPLITS}, form
        assert about.facts == dict(data.facts), form
        assert about.real and "public domain" in about.licence
    said = cache.about(cache.folder_of("poems", VERSION))
    assert said["poems"] == {split: len(texts) for split, texts in documents.items()}
    assert said["dropped"].keys() == {"irregular", "double", "rare"}
    titled = sum("，" not in text.split("\n")[1] for texts in documents.values() for text in texts)
    assert titled == said["titled"]
    assert 0.55 < titled / sum(map(len, documents.values())) < 0.65


def test_forms_part_the_poems(loaded: dict[str, Tokens], documents: dict[str, list[str]]) -> None:
    for split in SPLITS:
        kept = []
        for form, length in (("five", 5), ("seven", 7)):
            data = loaded[form]
            text = data.processor.text(data.streams[split].tolist())
            mine = ["\n" + part + "\n" for part in text[1:-1].split("\n\n")]
            assert all(len(verses(document)[0]) == length for document in mine)
            kept += mine
        assert sorted(kept) == sorted(documents[split])


@pytest.mark.parametrize("form", ["all", "five", "seven"])
def test_windows_begin_with_a_poem(loaded: dict[str, Tokens], form: str) -> None:
    data = loaded[form]
    for step in range(20):
        for row in data.batch(0, step, 8)["x"]:
            text = data.processor.text(row.tolist())
            assert len(text) == 128 and DOCUMENT.match(text)


def test_a_prompt_stands_where_a_poem_begins(loaded: dict[str, Tokens]) -> None:
    processor = loaded["all"].processor
    assert (processor.start, processor.end) == ("\n", "\n\n")  # type: ignore[attr-defined]
    assert processor.encode("")["x"].shape == (1, 1)
    assert processor.encode("月")["x"].tolist() == [processor.ids("\n月")]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("帝京篇十首 一", "帝京篇十首"),
        ("咏橘（庄宗小酌，进新橘）", "咏橘"),
        ("赠《离骚》客", "赠"),
        ("□□寺", ""),
        ("", ""),
        ("一二三四五六七八九十", "一二三四五六七八九十"),
        ("陪韩退之窦贻周同寻刘尊师不遇", ""),
    ],
)
def test_titles_are_cleaned(raw: str, clean: str) -> None:
    assert clean_title(raw) == clean


@given(st.text(max_size=20))
def test_a_title_is_a_beginning_of_plain_characters(raw: str) -> None:
    title = clean_title(raw)
    assert raw.startswith(title) and len(title) <= 10 and re.fullmatch("[一-鿿]*", title)


def test_the_split_does_not_change_with_the_machine(loaded: dict[str, Tokens]) -> None:
    assert loaded["all"].fingerprint() == loaded["all"].fingerprint()
    assert np.array_equal(loaded["all"].batch(3, 4, 5)["x"], loaded["all"].batch(3, 4, 5)["x"])
