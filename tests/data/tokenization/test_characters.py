"""Character tokenizers: nothing is lost on the way to ids and back, here and in transformers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.base.errors import InvalidInput
from jinjie.data.tokenization.characters import (
    UNKNOWN,
    character_tokenizer,
    encode_characters,
    vocabulary_of,
)
from jinjie.data.tokenization.processor import TokenProcessor

SAMPLE = "To be,\n\tor not  to be? 床前明月光，疑是地上霜。\r🙂é\u3000'<unk>\x00\ufffd##"
VOCABULARY = vocabulary_of(SAMPLE)
PROCESSOR = TokenProcessor(character_tokenizer(VOCABULARY), start="\n", end="\n\n")
KNOWN = st.text(st.sampled_from(sorted(set(SAMPLE) - {UNKNOWN})), max_size=60)


@given(KNOWN)
def test_known_characters_come_back(text: str) -> None:
    assert PROCESSOR.text(PROCESSOR.ids(text)) == text
    assert len(PROCESSOR.ids(text)) == len(text)


@given(st.text(max_size=60))
def test_the_quick_way_gives_the_tokenizers_ids(text: str) -> None:
    expected = PROCESSOR.tokenizer.encode(text, add_special_tokens=False).ids
    assert encode_characters(text, VOCABULARY).tolist() == expected


@given(st.text(max_size=60))
def test_unknown_characters_are_named(text: str) -> None:
    unknown = [c for c in text if c not in SAMPLE or c == UNKNOWN]
    if not unknown:
        assert PROCESSOR.text(PROCESSOR.ids(text)) == text
        return
    with pytest.raises(InvalidInput) as failure:
        PROCESSOR.ids(text)
    named = failure.value.problems[0].params["characters"]
    assert all(c in named or repr(c) in named for c in unknown)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model")
    PROCESSOR.save(place)
    return place


def test_it_travels(folder: Path) -> None:
    opened = TokenProcessor.load(folder)
    assert (opened.start, opened.end, opened.vocabulary) == ("\n", "\n\n", len(VOCABULARY))
    assert opened.ids("or not") == PROCESSOR.ids("or not")
    assert opened.encode("be")["x"].tolist() == [PROCESSOR.ids("\nbe")]


def test_transformers_opens_it_and_agrees(folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    theirs = PreTrainedTokenizerFast.from_pretrained(str(folder))

    @given(KNOWN)
    def agrees(text: str) -> None:
        ids = PROCESSOR.ids(text)
        assert theirs(text).input_ids == ids
        assert theirs.decode(ids) == text

    agrees()
    assert theirs("ψ").input_ids == [theirs.unk_token_id] == [0]
    assert len(theirs) == len(VOCABULARY)


def test_a_tokenizer_from_elsewhere_is_opened_too(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    made.save(str(tmp_path / "tokenizer.json"))
    opened = TokenProcessor.load(tmp_path)
    assert (opened.start, opened.end) == ("", None)
    assert opened.text(opened.ids("月 is the moon")) == "月 is the moon"


def test_ids_follow_the_order_of_code_points(folder: Path) -> None:
    vocabulary = json.loads((folder / "tokenizer.json").read_bytes())["model"]["vocab"]
    assert vocabulary[UNKNOWN] == 0
    known = sorted(vocabulary, key=vocabulary.get)[1:]
    assert known == sorted(known)
    assert encode_characters("ψ", VOCABULARY).dtype == np.uint16
