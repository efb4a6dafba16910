"""The processor of classifiers: texts are cut on the right and framed, what is unknown is read, all is read back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.base.words import Text, speaking
from jinjie.data.tokenization.characters import character_tokenizer, vocabulary_of
from jinjie.data.tokenization.labels import LabelledProcessor
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.published import published

LABELS = ["negative", "positive"]
NAMES = {"positive": Text(en="good", zh="好评")}


@pytest.fixture(scope="module")
def bert(data_home: Path) -> TokenProcessor:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return published("bert")


@pytest.fixture
def processor(bert: TokenProcessor) -> LabelledProcessor:
    return LabelledProcessor.of(bert, LABELS, 12, "en", NAMES)


def test_a_text_is_framed_and_cut(processor: LabelledProcessor, bert: TokenProcessor) -> None:
    assert processor.frame == ([101], [102])
    short = processor.encode("A fine film.")
    assert {name: (a.shape, a.dtype.name) for name, a in short.items()} == dict.fromkeys(
        ("x", "types", "documents"), ((1, 6), "int64")
    )
    assert short["x"][0].tolist() == bert.ids("A fine film.", special=True)
    assert not short["types"].any() and not short["documents"].any()
    long = "one two three four five six seven eight nine ten eleven twelve thirteen"
    cut = processor.framed(long)
    assert cut.ids.tolist() == [101, *bert.ids(long)[:10], 102] and cut.lost == 3
    assert long[slice(*cut.places[10])] == "ten" and cut.places[[0, 11]].tolist() == [[0, 0]] * 2
    exact = processor.framed("one two three four five six seven eight nine ten")
    assert len(exact.ids) == 12 and exact.lost == 0


def test_transformers_cuts_the_same(processor: LabelledProcessor, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    processor.save(tmp_path)
    other = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for text in ("Fine.", "It's a most unpretentiously endearing piece of cinematography, isn't it? 好"):
        theirs = other(text, truncation=True, max_length=12)
        assert processor.encode(text)["x"][0].tolist() == theirs["input_ids"]


def test_many_are_as_each(processor: LabelledProcessor) -> None:
    texts = ["a film", "so " * 30, "电影很好", "é\u0301"]
    for one, many in zip(map(processor.framed, texts), processor.framed_all(texts), strict=True):
        assert np.array_equal(one.ids, many.ids) and np.array_equal(one.places, many.places)
        assert one.lost == many.lost


def test_more_than_go_at_once_keep_their_order(
    processor: LabelledProcessor, bert: TokenProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["one", "two words", "three of them", "four more of them", "five"]
    whole, plain = processor.framed_all(texts), bert.batch(texts)
    monkeypatch.setattr("jinjie.data.tokenization.processor.AT_ONCE", 2)
    assert [f.ids.tolist() for f in processor.framed_all(texts)] == [f.ids.tolist() for f in whole]
    assert [ids.tolist() for ids in bert.batch(texts)] == [ids.tolist() for ids in plain]


def test_what_is_no_text_is_refused(processor: LabelledProcessor) -> None:
    for text in ("", " \n", "\u3000"):
        with pytest.raises(InvalidInput, match="expected"):
            processor.encode(text)
    with pytest.raises(InvalidInput, match="U\\+D800"):
        processor.encode("half \ud800")


def test_unknown_characters_are_read_as_such() -> None:
    """A tokenizer of characters refuses them where a model writes; a classifier reads what it can of the rest."""
    base = TokenProcessor(character_tokenizer(vocabulary_of("ab")))
    with pytest.raises(InvalidInput):
        base.ids("abc")
    processor = LabelledProcessor.of(base, LABELS, 12)
    assert processor.frame == ([], []) and processor.pad == 0
    assert processor.encode("abcab")["x"].tolist() == [[1, 2, 0, 1, 2]]
    assert processor.framed("a" * 20).lost == 8
    assert processor.ids("abc") == [1, 2, 0] and [ids.tolist() for ids in processor.batch(["cb"])] == [[0, 2]]


def test_there_is_room_for_a_text(bert: TokenProcessor) -> None:
    with pytest.raises(InvalidInput) as failure:
        LabelledProcessor.of(bert, LABELS, 9)
    assert failure.value.problems[0].params == {"came": 9, "least": 10}
    LabelledProcessor.of(bert, LABELS, 10)


def test_an_input_is_described(processor: LabelledProcessor) -> None:
    x = processor.encode("A 好 film ☃")["x"][0]
    assert processor.describe(np.concatenate([x, [0, 0]])) == "a [UNK] film [UNK]"


def test_chinese_is_described_without_blanks(bert: TokenProcessor) -> None:
    processor = LabelledProcessor.of(bert, LABELS, 40)
    x = processor.encode("一 二 abc def 三")["x"][0]
    assert processor.describe(x) == "一二abc def三"


def test_names_are_said_in_either_language(processor: LabelledProcessor) -> None:
    with speaking("zh"):
        assert processor.name("positive") == "好评"
    with speaking("en"):
        assert processor.name("positive") == "good"
    assert processor.name("negative") == "negative"


def test_it_is_written_and_read_back(processor: LabelledProcessor, tmp_path: Path) -> None:
    processor.save(tmp_path)
    back = LabelledProcessor.load(tmp_path)
    assert (back.labels, back.names, back.block, back.language) == (LABELS, NAMES, 12, "en")
    assert back.special == processor.special and back.pad == 0
    for text in ("A fine film.", "so " * 30, "☃"):
        assert np.array_equal(back.encode(text)["x"], processor.encode(text)["x"])


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        '{"labels": [], "names": {}, "block": 12, "language": "en"}',
        '{"labels": [1, 2], "names": {}, "block": 12, "language": "en"}',
        '{"labels": ["a"], "names": {}, "block": "12", "language": "en"}',
        '{"labels": ["a"], "names": {}, "block": 12, "language": "fr"}',
        '{"labels": ["a"], "names": {"a": {"en": "x"}}, "block": 12, "language": "en"}',
    ],
)
def test_a_damaged_file_is_named(processor: LabelledProcessor, tmp_path: Path, damage: str) -> None:
    processor.save(tmp_path)
    assert json.loads((tmp_path / "labels.json").read_bytes())["labels"] == LABELS
    (tmp_path / "labels.json").write_text(damage)
    with pytest.raises(JinjieError, match=r"labels\.json"):
        LabelledProcessor.load(tmp_path)
