import gzip
import json
import sys
import unicodedata
from importlib import resources
from pathlib import Path

import pytest
import regex
import tokenizers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jinjie.scratch.language.bpe import (
    BYTES,
    byte_ids,
    commonest_pair,
    decode,
    encode,
    merge,
    pair_counts,
    split_words,
    tokens,
    train,
    train_incrementally,
)

PLAYS = gzip.decompress(
    (resources.files("jinjie.data") / "packaged/shakespeare.txt.gz").read_bytes()
).decode()
CHINESE = (Path(__file__).parents[3] / "README.zh.md").read_text(encoding="utf-8")
GPT2 = regex.compile(
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", regex.VERSION0
)

# Python's tables and those of `tokenizers` come from different editions of Unicode: compared with it are the
# characters whose category has not changed since Unicode 3.2.
STABLE = [
    c
    for c in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(c) == unicodedata.ucd_3_2_0.category(c) not in ("Cs", "Cn")
]
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
STABLE_TEXT = st.text(st.sampled_from(STABLE))


def reference(text, vocabulary):
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=vocabulary, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def merges_of(tokenizer):
    model = json.loads(tokenizer.to_str())["model"]
    id_of = model["vocab"]
    return [(id_of[left], id_of[right]) for left, right in model["merges"]]


@pytest.fixture(scope="module")
def english():
    return train_incrementally(PLAYS[:200_000], 600)


def test_words_are_those_of_the_published_pattern_for_every_character():
    assigned = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) not in ("Cs", "Cn")]
    assert len(assigned) > 280_000
    for text in (
        "".join(assigned),
        "".join(f"a{c}" for c in assigned),
        "".join(f"1 {c}" for c in assigned),
        "".join(f"!{c} {c}" for c in assigned),
    ):
        assert split_words(text) == GPT2.findall(text)


SPLIT_ALPHABET = st.text("'stremvlld  \n\t\u3000\x1c\x85a1²Ⅷ_世-😀\u0301", max_size=60)


@settings(max_examples=200, deadline=None)
@given(SPLIT_ALPHABET | STABLE_TEXT)
@example("we'll they've I'm he'd you're it's don't 'S")
def test_words_are_those_of_the_published_pattern_for_any_text(text):
    assert split_words(text) == GPT2.findall(text)
    assert "".join(split_words(text)) == text


def test_words_of_real_text_are_those_of_the_published_pattern():
    for text in (PLAYS[:100_000], CHINESE):
        assert split_words(text) == GPT2.findall(text)


def test_bytes_are_numbered_as_gpt2_numbers_them():
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    tokenizer = reference("", 256)
    assert len(alphabet) == 256 and sorted(BYTES) == list(range(256))
    for text in ('!"~ \n\x00\x7f', "¡¬®ÿ", "世界😀"):
        assert list(byte_ids(text)) == [i for word in split_words(text) for i in byte_ids(word)]
        assert encode(text, []) == tokenizer.encode(text).ids


@pytest.mark.parametrize(
    ("text", "vocabulary", "learned"),
    [
        (PLAYS[:30_000], 300, 44),
        (CHINESE, 300, 44),
        ("low low low lower lower newest", 300, 11),
        ("aaaa aaa aa", 270, 4),
    ],
    ids=["english", "chinese", "toy", "overlaps"],
)
def test_training_learns_the_merges_of_tokenizers(text, vocabulary, learned):
    merges = train(text, vocabulary)
    assert len(merges) == learned
    assert merges == train_incrementally(text, vocabulary) == merges_of(reference(text, vocabulary))


@pytest.mark.parametrize(("text", "vocabulary"), [(PLAYS[:100_000], 1256), (CHINESE, 1500)])
def test_incremental_training_learns_the_merges_of_tokenizers(text, vocabulary):
    theirs = reference(text, vocabulary)
    merges = train_incrementally(text, vocabulary)
    assert len(merges) >= 1000
    assert merges == merges_of(theirs)
    assert encode(text[:20_000], merges) == theirs.encode(text[:20_000]).ids


@settings(max_examples=50, deadline=None)
@given(st.text("abc ", max_size=80), st.integers(256, 290))
def test_incremental_training_equals_the_clear_one_and_tokenizers(text, vocabulary):
    merges = train(text, vocabulary)
    assert train_incrementally(text, vocabulary) == merges
    theirs = reference(text, vocabulary)
    assert merges == merges_of(theirs)
    assert encode(text, merges) == theirs.encode(text).ids
    assert encode(text[::-1], merges) == theirs.encode(text[::-1]).ids


@settings(max_examples=50, deadline=None)
@given(st.text("aab ", max_size=60))
def test_each_merge_spells_a_token_not_yet_there(text):
    spelled = tokens(train(text, 400))
    assert len(set(spelled)) == len(spelled)


def test_of_equally_common_pairs_the_smallest_ids_win():
    counts = {(2, 9): 3, (2, 8): 3, (3, 1): 3, (1, 1): 2}
    assert commonest_pair(counts) == (2, 8)
    assert pair_counts({(1, 2, 3): 2, (2, 3): 5}) == {(1, 2): 2, (2, 3): 7}


def test_merge_goes_from_the_left_and_keeps_the_rest():
    assert merge((5, 1, 2, 1, 2, 1), (1, 2), 7) == (5, 7, 7, 1)
    assert merge((1, 1, 1, 1, 1), (1, 1), 7) == (7, 7, 1)
    assert merge((), (1, 1), 7) == ()


@pytest.mark.parametrize("learn", [train, train_incrementally])
def test_a_vocabulary_holds_at_least_the_bytes(learn):
    assert learn("to be or not to be", 256) == []
    assert len(learn("to be or not to be", 257)) == 1
    with pytest.raises(ValueError, match="at least the 256 bytes, came 255"):
        learn("to be or not to be", 255)


def test_training_ends_when_no_word_has_two_tokens():
    assert [tokens(train("hihi", 1000))[i] for i in (256, 257)] == [b"hi", b"hihi"]
    assert len(train("hihi", 1000)) == 2
    assert train("", 1000) == []
    assert tokens([]) == [bytes([byte]) for byte in BYTES]


@pytest.fixture(scope="module")
def references():
    return reference(PLAYS[:200_000], 600)


@settings(max_examples=100, deadline=None)
@given(text=ANY_TEXT)
@example(text="👩‍👩‍👧 🇨🇳 \x00 naïve ﷽ \r\n")
@example(text="")
def test_any_text_comes_back(english, text):
    assert decode(encode(text, english), english) == text


@settings(max_examples=200, deadline=None)
@given(text=STABLE_TEXT)
@example(text="👩 \x00 naïve ﷽ \r\n")
def test_any_text_is_encoded_as_tokenizers_encodes_it(english, references, text):
    assert encode(text, english) == references.encode(text).ids


@settings(max_examples=100, deadline=None)
@given(ids=st.lists(st.integers(0, 599), max_size=30))
def test_any_ids_decode_as_tokenizers_decodes_them(english, references, ids):
    assert decode(ids, english) == references.decode(ids)


def test_encoding_follows_the_order_learned_not_the_counts():
    # "abc" with ab learned first is ab c; with bc learned first, a bc.
    a, b, c = byte_ids("abc")
    assert encode("abcabc", [(a, b), (b, c)]) == [256, c, 256, c]
    assert encode("abcabc", [(b, c), (a, b)]) == [a, 256, a, 256]
    assert encode("abc", [(b, c), (a, b), (a, 256)]) == [258]


@pytest.mark.parametrize("bad", [256, -1, 1000])
def test_an_id_outside_the_vocabulary_is_refused(bad):
    with pytest.raises(ValueError, match=f"ids from 0 to 255, came {bad}"):
        decode([0, bad], [])
    assert decode((i for i in (0, 255)), []) == "!�"


@pytest.mark.parametrize("half", ["\ud800", "\udfff"])
def test_half_a_surrogate_pair_is_refused(half):
    for refuses in (split_words, lambda text: encode(text, []), lambda text: train(text, 300)):
        with pytest.raises(
            ValueError, match=r"half of a surrogate pair, '\\ud...', at position 2: it has no bytes"
        ):
            refuses(f"ab{half}c")


def test_what_merges_save_on_text_not_trained_on(english):
    held_out = PLAYS[200_000:210_000]
    assert len(encode(held_out, [])) == 10_000
    assert len(encode(held_out, english)) == 4_995
    # On Chinese, merges learned from English save nothing: each character stays three bytes, three tokens.
    poem = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
    assert len(encode(poem, english)) == 3 * len(poem) == 72


def longest_match(text, merges):
    spelled = tokens(merges)
    id_of = {token: i for i, token in enumerate(spelled)}
    ids = []
    for word in split_words(text):
        rest = word.encode()
        while rest:
            longest = next(rest[:end] for end in range(len(rest), 0, -1) if rest[:end] in id_of)
            ids.append(id_of[longest])
            rest = rest[len(longest) :]
    return ids


def test_the_longest_match_is_not_what_was_trained(english, references):
    a, b, c = byte_ids("abc")
    assert longest_match("abc", [(b, c), (a, b)]) == [257, c]
    assert encode("abc", [(b, c), (a, b)]) == [a, 256]
    words = [f" {word}" for word in sorted(set(PLAYS[:20_000].split()))]
    assert all(encode(word, english) == references.encode(word).ids for word in words)
    differ = sum(longest_match(word, english) != encode(word, english) for word in words)
    assert (differ, len(words)) == (327, 1515)
