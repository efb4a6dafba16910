"""Pieces of text as tokens come: together the whole, no half characters, no stop words."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
import tokenizers
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from jinjie.data.tokenization.characters import character_tokenizer, vocabulary_of
from jinjie.data.tokenization.opening import as_bert
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.decoding.text import TextStream

CORPUS = [
    "The quick brown fox jumps over the lazy dog. It's 42 degrees; don't stop!",
    "春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。",
    "Ünïcödé naïve café, emoji 😀👩‍👩‍👧 and\ttabs\n\nnew lines   three blanks",
]
KINDS = ["byte-level", "byte-fallback", "metaspace", "wordpiece", "suffix", "characters"]


@cache
def processor(kind: str) -> TokenProcessor:
    """Real tokenizers of every construction in use, trained on a few lines."""
    special = ["<unk>", "<s>", "</s>"]
    match kind:
        case "byte-level":  # GPT-2, Llama 3, Qwen
            made = tokenizers.Tokenizer(models.BPE())
            made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
            made.decoder = decoders.ByteLevel()
            alphabet = pre_tokenizers.ByteLevel.alphabet()
            trainer: Any = trainers.BpeTrainer(
                vocab_size=330, special_tokens=["<|end|>"], initial_alphabet=alphabet
            )
            made.train_from_iterator(CORPUS, trainer)
            return TokenProcessor(made, end="<|end|>", special={"eos": "<|end|>"})
        case "byte-fallback":  # Llama 2, Mistral
            made = tokenizers.Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
            made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
            # Which of equally frequent letters the trainer keeps changes from run to run: these are said.
            trainer = trainers.BpeTrainer(
                vocab_size=80,
                special_tokens=special,
                limit_alphabet=18,
                initial_alphabet=list("▁thedogqukbr.,春眠不觉"),
            )
            made.train_from_iterator(CORPUS, trainer)
            content = json.loads(made.to_str())
            for byte in range(256):
                content["model"]["vocab"][f"<0x{byte:02X}>"] = len(content["model"]["vocab"])
            made = tokenizers.Tokenizer.from_str(json.dumps(content))
            made.decoder = decoders.Sequence(
                [
                    decoders.Replace("▁", " "),
                    decoders.ByteFallback(),
                    decoders.Fuse(),
                    decoders.Strip(" ", 1, 0),
                ]
            )
            return TokenProcessor(made, special={"bos": "<s>", "eos": "</s>", "unk": "<unk>"})
        case "metaspace":  # T5, Gemma
            made = tokenizers.Tokenizer(models.Unigram())
            made.pre_tokenizer = pre_tokenizers.Metaspace()
            made.decoder = decoders.Metaspace()
            trainer = trainers.UnigramTrainer(vocab_size=150, special_tokens=special, unk_token="<unk>")
            made.train_from_iterator(CORPUS, trainer)
            return TokenProcessor(made, special={"eos": "</s>", "unk": "<unk>"})
        case "wordpiece":  # BERT
            made = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
            made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
            roles = {"unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]"}
            trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=list(roles.values()))
            made.train_from_iterator(CORPUS, trainer)
            as_bert(made, lower=True, accents=None)
            return TokenProcessor(made, special=roles)
        case "suffix":  # GPT, CLIP
            made = tokenizers.Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
            made.pre_tokenizer = pre_tokenizers.Whitespace()
            made.decoder = decoders.BPEDecoder("</w>")
            trainer = trainers.BpeTrainer(vocab_size=200, special_tokens=special, end_of_word_suffix="</w>")
            made.train_from_iterator(CORPUS, trainer)
            return TokenProcessor(made, special={"unk": "<unk>"})
        case _:
            return TokenProcessor(character_tokenizer(vocabulary_of("".join(CORPUS))))


def streamed(stream: TextStream, ids: Sequence[int]) -> list[str]:
    return [*(stream.add(i) for i in ids), stream.finish()]


texts = st.one_of(
    st.text(alphabet=st.sampled_from("The quick brown fox.,'!  \n\t春眠不觉晓😀👩‍👧éa\ufffd"), max_size=40),
    st.sampled_from(CORPUS),
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(text=texts, cut=st.integers(0, 60))
def test_pieces_are_together_the_whole(kind: str, text: str, cut: int) -> None:
    """For every construction, wherever the prompt ends and the writing begins: in the middle of a character too."""
    # U+FFFD written byte by byte looks like a broken character, and fallback takes back the whole run of its bytes.
    assume(kind != "byte-fallback" or "\ufffd" not in text)
    made = processor(kind)
    ids = made.tokenizer.encode(text, add_special_tokens=False).ids
    cut = min(cut, len(ids))
    whole, prompt = made.text(ids), made.text(ids[:cut])
    pieces = streamed(TextStream(made, ids[:cut], special=True), ids[cut:])
    if whole.startswith(prompt):
        assert prompt + "".join(pieces) == whole
    if kind in ("byte-level", "byte-fallback") and text and "\ufffd" not in text:
        assert "\ufffd" not in "".join(pieces) or not whole.startswith(prompt)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "byte-fallback"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_ids_at_all(kind: str, data: st.DataObject) -> None:
    """What an untrained model writes: bytes that make no characters, endless runs of them, beginnings of words."""
    made = processor(kind)
    ids = data.draw(st.lists(st.integers(0, made.vocabulary - 1), max_size=200))
    assert "".join(streamed(TextStream(made, special=True), ids)) == made.text(ids)


def test_bytes_that_make_no_text_end_with_what_follows() -> None:
    """Byte fallback: a stray byte after a whole character does not take back what was shown."""
    made = processor("byte-fallback")
    byte = made.tokenizer.token_to_id
    stray = [*(byte(f"<0x{b:02X}>") for b in "好".encode()), byte("<0xFF>"), byte("o")]
    pieces = streamed(TextStream(made, special=True), stray)
    assert pieces == ["", "", "好", "", "\ufffdo", ""]


def test_a_prompt_of_bytes_is_cut_between_characters() -> None:
    """Byte fallback makes nothing of a run that begins within a character, as one of three bytes each and a T does."""
    made = processor("byte-fallback")
    byte = made.tokenizer.token_to_id
    ids = [byte(f"<0x{b:02X}>") for b in "好好好TT".encode()]
    assert streamed(TextStream(made, ids[:-1], special=True), ids[-1:]) == ["T", ""]
    many = [byte(f"<0x{b:02X}>") for b in "好T😀".encode()] * 50
    assert "".join(streamed(TextStream(made, special=True), many)) == "好T😀" * 50


def test_a_character_comes_when_its_last_byte_does() -> None:
    made = processor("byte-level")
    ids = [made.tokenizer.token_to_id(letter) for letter in "ðŁĺĢ"]  # 😀, byte by byte
    assert streamed(TextStream(made), ids) == ["", "", "", "😀", ""]
    assert streamed(TextStream(made), ids[:3]) == ["", "", "", "\ufffd"], (
        "what never became whole is not lost"
    )


@pytest.mark.parametrize("kind", ["byte-level", "byte-fallback", "metaspace", "wordpiece", "characters"])
def test_a_blank_before_the_first_word_is_kept(kind: str) -> None:
    """Decoded without the prompt, "▁dog" would lose its blank."""
    made = processor(kind)
    letters = [made.tokenizer.token_to_id(letter) for letter in "the▁dog"]  # whose merges go across blanks
    ids = letters if kind == "byte-fallback" else made.ids("the dog")
    cut = next(n for n in range(len(ids)) if made.text(ids[:n]) == "the")
    assert "".join(streamed(TextStream(made, ids[:cut]), ids[cut:])) == " dog"


def test_time_does_not_grow_with_the_text() -> None:
    """The last tenth of a long text takes as long as the first: decoding it all each time would take 19 times as long.
    Half that is a false alarm only on a machine that slows down tenfold within a second."""
    made = processor("byte-level")
    for ids in (made.ids(CORPUS[2] * 60), [made.tokenizer.token_to_id("ÿ")] * 4000):
        stream, taken = TextStream(made), []
        tenth = len(ids) // 10
        for part in range(10):
            begun = time.perf_counter()
            for i in ids[part * tenth : (part + 1) * tenth]:
                stream.add(i)
            taken.append(time.perf_counter() - begun)
        assert taken[-1] < 9 * min(taken[:3])


words = st.lists(st.text(alphabet="ab\n", min_size=1, max_size=5), min_size=1, max_size=3)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab\n", max_size=30), words)
def test_nothing_of_a_stop_word_is_shown_and_all_before_it(text: str, stop: list[str]) -> None:
    """Held against the definition: the first place at which a stop word is complete."""
    made = TokenProcessor(character_tokenizer(vocabulary_of("ab\n")))
    stream = TextStream(made, stop=stop)
    shown = "".join(streamed(stream, made.ids(text)))
    complete = [
        (end, end - len(word), word)
        for word in stop
        for end in range(len(text) + 1)
        if text[:end].endswith(word)
    ]
    if complete:
        _, begin, word = min(complete)
        assert (shown, stream.ended, stream.stop_word) == (text[:begin], True, word)
    else:
        assert (shown, stream.ended, stream.stop_word) == (text, False, None)


@given(st.text(alphabet="ab", max_size=12), st.text(alphabet="ab", min_size=1, max_size=4))
@settings(deadline=None)
def test_what_cannot_be_a_stop_word_comes_at_once(text: str, word: str) -> None:
    """Only what may still become the word is kept back."""
    made = TokenProcessor(character_tokenizer(vocabulary_of("ab")))
    stream, shown = TextStream(made, stop=[word]), ""
    for place, i in enumerate(made.ids(text), 1):
        shown += stream.add(i)
        if stream.ended:
            return
        kept = text[len(shown) : place]
        assert word.startswith(kept) and kept != word


def test_a_stop_word_across_tokens_and_characters() -> None:
    made = processor("byte-level")
    ids = made.ids("花落知多少。The end")
    stream = TextStream(made, stop=["。T", "少年"])
    assert "".join(streamed(stream, ids)) == "花落知多少"
    assert stream.stop_word == "。T"
    assert stream.add(ids[0]) == "" and stream.finish() == "", "what comes after is not shown"


def test_a_document_ends_where_its_end_began_in_the_prompt() -> None:
    made = TokenProcessor(character_tokenizer(vocabulary_of("ab\n")), start="\n", end="\n\n")
    for before, text, shown in [
        ("a", "b\n\na", "b"),
        ("a\n", "\nb", ""),
        ("a\n", "b\n\n", "b"),
        ("a\n\n", "b\n\nb", "b"),  # one that had ended: another begins
        ("", "\nb", "\nb"),  # the line break before a document is not its end
        ("a", "b\n", "b\n"),
    ]:
        stream = TextStream(made, made.prompt(before), before=before)
        assert "".join(streamed(stream, made.ids(text))) == shown, before
        assert stream.ended == (shown != text)
        assert stream.stop_word is None


def test_a_stop_word_does_not_begin_in_the_prompt() -> None:
    made = TokenProcessor(character_tokenizer(vocabulary_of("ab\n")), end="\n\n")
    stream = TextStream(made, made.ids("a\n"), before="a\n", stop=["\na"])
    assert "".join(streamed(stream, made.ids("ab\nab"))) == "ab"
    assert stream.stop_word == "\na"


def test_special_tokens_have_no_text_and_unknown_characters_do() -> None:
    made = processor("byte-level")
    end, a = made.tokenizer.token_to_id("<|end|>"), made.tokenizer.token_to_id("a")
    assert "".join(streamed(TextStream(made), [a, end, a])) == "aa"
    assert "".join(streamed(TextStream(made, special=True), [a, end, a])) == "a<|end|>a"
    plain = processor("characters")
    assert "".join(streamed(TextStream(plain), [0, plain.ids("T")[0]])) == "\ufffdT"


def test_an_end_that_is_one_token_is_not_looked_for_in_the_text() -> None:
    """Only the token ends a text; one that spells its name goes on, as in transformers."""
    made = processor("byte-level")
    stream = TextStream(made)
    letters = [made.tokenizer.token_to_id(letter) for letter in "<|end|>"]
    assert "".join(streamed(stream, letters)) == "<|end|>"
    assert not stream.ended
