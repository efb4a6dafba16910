"""A processor knows its special tokens, where a text ends, what stands before a prompt, and the bytes of each token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.data.tokenization.opening import open_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor

END = "<|endoftext|>"


@given(st.text(max_size=100))
@settings(deadline=None)
def test_byte_level_bpe_gives_back_any_text(bpe: TokenProcessor, text: str) -> None:
    ids = bpe.ids(text)
    assert bpe.text(ids) == text
    assert bpe.batch([text, "x", text])[2].tolist() == ids
    if END not in text:
        assert bpe.token_bytes()[ids].sum() == len(text.encode())


def test_special_tokens_have_roles_and_no_bytes(bpe: TokenProcessor, bert: TokenProcessor) -> None:
    assert bpe.special == {"bos": 0, "eos": 0}
    assert bpe.special_ids == {0} and bpe.ends == (0,) and bpe.end == END
    assert bert.special == {"pad": 0, "unk": 100, "cls": 101, "sep": 102, "mask": 103}
    assert bert.ends == () and bert.end is None
    for processor in (bpe, bert):
        counts = processor.token_bytes()
        assert counts.shape == (processor.vocabulary,) and counts.dtype == np.int64
        assert set(np.flatnonzero(counts == 0)) == processor.special_ids


def test_special_tokens_are_left_out_on_request(bpe: TokenProcessor, bert: TokenProcessor) -> None:
    ids = bpe.ids(f"to be{END}or not")
    assert ids.count(0) == 1
    assert bpe.text(ids) == f"to be{END}or not"
    assert bpe.text(ids, skip_special=True) == "to beor not"
    assert bert.text(bert.prompt("to be"), skip_special=True) == "to be"


def test_half_a_character_is_shown_as_missing_until_it_is_whole(gpt2: TokenProcessor) -> None:
    ids = gpt2.ids("a🙂")
    shown = [gpt2.text(ids[: n + 1]) for n in range(len(ids))]
    assert len(ids) == 3
    assert shown[0] == "a" and shown[1].startswith("a\ufffd") and shown[2] == "a🙂"


def test_bytes_of_characters_and_of_tokens_that_are_bytes(characters: TokenProcessor) -> None:
    counts = characters.token_bytes()
    ids = characters.ids("月 moon")
    assert counts[ids].tolist() == [3, 1, 1, 1, 1, 1]
    assert counts[0] == 0 and counts[characters.special["eos"]] == 0


def test_the_marks_of_wordpiece_are_no_bytes(bert: TokenProcessor) -> None:
    ids = bert.ids("strawberries")
    assert [bert.tokenizer.id_to_token(i) for i in ids] == ["straw", "##berries"]
    assert bert.token_bytes()[ids].tolist() == [5, 7]


def test_a_token_of_byte_fallback_is_a_byte() -> None:
    vocabulary = {"<unk>": 0, "▁": 1, "a": 2, "▁a": 3, "é": 4, **{f"<0x{b:02X}>": b + 5 for b in range(256)}}
    made = tokenizers.Tokenizer(
        tokenizers.models.BPE(vocabulary, [("▁", "a")], unk_token="<unk>", byte_fallback=True)
    )
    made.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace(prepend_scheme="never", split=False)
    decoders = tokenizers.decoders
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    processor = TokenProcessor(made, special={"unk": "<unk>"})
    for text in ("a a é", "月a 🙂", ""):
        ids = processor.ids(text)
        assert processor.text(ids) == text
        assert processor.token_bytes()[ids].sum() == len(text.encode())


def test_unknown_characters_are_refused_where_a_model_writes_and_read_where_it_reads(
    characters: TokenProcessor, bert: TokenProcessor, bpe: TokenProcessor
) -> None:
    assert not characters.reads_unknown and not bpe.reads_unknown and bert.reads_unknown
    with pytest.raises(InvalidInput) as failure:
        characters.ids("to ψ be \u200b ψ")
    assert failure.value.problems[0].params["characters"] == "ψ '\\u200b'"
    with pytest.raises(InvalidInput):
        characters.batch(["to be", "ψ"])
    assert bert.special["unk"] in bert.ids("🙂")
    assert bert.batch(["🙂"])[0].tolist() == [100]
    assert bpe.ids("ψ\u200b") != []


def test_the_literal_unknown_token_of_gpt2_is_no_unknown_character(gpt2: TokenProcessor) -> None:
    """Its configuration calls <|endoftext|> its unknown token, though no byte is ever unknown to it."""
    assert gpt2.special["unk"] == gpt2.special["eos"] == 50256
    assert gpt2.ids(f"a{END}b") == [64, 50256, 65]


@pytest.mark.parametrize("broken", ["\ud83d", "a\udce9b", "\ude42\ud83d"])
def test_half_a_surrogate_pair_is_refused(
    bpe: TokenProcessor, characters: TokenProcessor, broken: str
) -> None:
    for processor in (bpe, characters):
        for encode in (processor.ids, processor.prompt, lambda text, p=processor: p.batch(["a", text])):
            with pytest.raises(InvalidInput, match="U\\+D"):
                encode(broken)


def test_a_prompt_begins_as_documents_do(bpe: TokenProcessor, bert: TokenProcessor) -> None:
    assert bpe.prompt("to be") == bpe.ids("to be")
    assert bpe.prompt("") == [0], "an empty prompt begins a document"
    assert bert.prompt("to be") == [101, *bert.ids("to be"), 102]
    assert bert.encode("to be")["x"].tolist() == [bert.prompt("to be")]
    started = TokenProcessor(bpe.tokenizer, start=END, end=END)
    assert started.prompt("to be") == [0, *bpe.ids("to be")]
    assert started.ids("to be") == bpe.ids("to be")


def test_ends_are_known_ids(bpe: TokenProcessor) -> None:
    made = TokenProcessor(bpe.tokenizer, end=END, also_ends=[7, 0, -1, bpe.vocabulary, 7])
    assert made.ends == (0, 7)
    assert TokenProcessor(bpe.tokenizer, end="\n\n").ends == ()


@pytest.mark.parametrize("name", ["bpe", "wordpiece", "characters", "gpt2", "bert"])
def test_it_travels(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    made: TokenProcessor = request.getfixturevalue(name)
    made.save(tmp_path)
    opened = open_tokenizer(tmp_path)
    for part in ("start", "end", "ends", "special", "special_tokens", "special_ids", "vocabulary", "kind"):
        assert getattr(opened, part) == getattr(made, part), part
    assert opened.prompt("To be, or not to be") == made.prompt("To be, or not to be")
    assert (opened.token_bytes() == made.token_bytes()).all()
    assert TokenProcessor.load(tmp_path).ids("to") == made.ids("to")
    again = tmp_path / "again"
    again.mkdir()
    opened.save(again)
    for file in tmp_path.glob("*.json"):
        assert (again / file.name).read_bytes() == file.read_bytes()


@settings(deadline=None, max_examples=50)
@given(texts=st.lists(st.text(max_size=30), max_size=5))
def test_a_batch_is_its_texts(bpe: TokenProcessor, bert: TokenProcessor, texts: list[str]) -> None:
    for processor in (bpe, bert):
        assert [ids.tolist() for ids in processor.batch(texts)] == [processor.ids(text) for text in texts]


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("to be,\n月光<|endx>"), max_size=20), max_size=4), st.booleans())
def test_a_batch_of_characters_is_its_texts(characters: TokenProcessor, texts: list[str], ends: bool) -> None:
    known = {c for c in "to be,\n月光<|endx>" if c in characters.tokenizer.get_vocab()}
    texts = ["".join(c for c in text if c in known) + END * ends for text in texts]
    batch = characters.batch(texts)
    assert [ids.tolist() for ids in batch] == [characters.ids(text) for text in texts]
    assert {ids.dtype for ids in batch} <= {np.dtype(np.uint16)}


def test_large_vocabularies_need_wide_ids() -> None:
    vocabulary: dict[str, int] = {f"w{i}": i for i in range(70_000)}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="w0"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    (ids,) = TokenProcessor(made).batch(["w69999 w1"])
    assert ids.dtype == np.uint32 and ids.tolist() == [69_999, 1]


def test_a_tokenizer_that_lacks_its_own_unknown_token_says_so() -> None:
    content: dict[str, Any] = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "<unk>"}
    made = TokenProcessor(tokenizers.Tokenizer.from_str(json.dumps({"version": "1.0", "model": content})))
    assert made.ids("a") == [0]
    for encode in (made.ids, lambda text: made.batch([text])):
        with pytest.raises(JinjieError, match="cannot encode"):
            encode("b")
