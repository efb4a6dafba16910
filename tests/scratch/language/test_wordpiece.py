import gzip
import math
import sys
import unicodedata
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transformers.models.bert.tokenization_bert_legacy import BasicTokenizer

from jinjie.scratch.language.wordpiece import (
    basic_tokens,
    is_chinese,
    tokenize,
    wordpiece_score,
    wordpieces,
)

PLAYS = gzip.decompress(
    (resources.files("jinjie.data") / "packaged/shakespeare.txt.gz").read_bytes()
).decode()
CHINESE = (Path(__file__).parents[3] / "README.zh.md").read_text(encoding="utf-8")
NORMALIZER = tokenizers.normalizers.BertNormalizer()
PRE_TOKENIZER = tokenizers.pre_tokenizers.BertPreTokenizer()

# Python's tables and those of `tokenizers` come from different editions of Unicode: compared with it are the
# characters whose category has not changed since Unicode 3.2, all others with transformers' own Python.
STABLE = [
    c
    for c in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(c) == unicodedata.ucd_3_2_0.category(c) not in ("Cs", "Cn")
]
STABLE_SET = set(STABLE)
ASSIGNED = st.text(st.sampled_from(STABLE))


def reference_words(text):
    return [word for word, _ in PRE_TOKENIZER.pre_tokenize_str(NORMALIZER.normalize_str(text))]


@pytest.fixture(scope="module")
def bert():
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = NORMALIZER, PRE_TOKENIZER
    trainer = tokenizers.trainers.WordPieceTrainer(
        vocab_size=900, special_tokens=["[UNK]"], show_progress=False
    )
    tokenizer.train_from_iterator([PLAYS[:200_000], CHINESE], trainer)
    return tokenizer


def test_each_character_is_treated_as_tokenizers_treats_it():
    for start in range(0, len(STABLE), 1000):
        text = "".join(f"a{c}b" for c in STABLE[start : start + 1000])
        assert basic_tokens(text) == reference_words(text)
    assert len(STABLE) > 220_000


def test_each_character_is_treated_as_transformers_treats_it():
    """Where the two differ, transformers' Python is BERT's: tokenizers misses 256 characters from U+2B820 on."""
    reference = BasicTokenizer()
    for c in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.category(c) not in ("Cs", "Cn", "Co"):
            assert is_chinese(c) == reference._is_chinese_char(ord(c))
            if c not in STABLE_SET:
                assert basic_tokens(f"a{c}b") == reference.tokenize(f"a{c}b"), hex(ord(c))
    assert reference_words("a\U0002b820b") == ["a\U0002b820b"]
    assert basic_tokens("a\U0002b820b") == ["a", "\U0002b820", "b"]


@settings(max_examples=300, deadline=None)
@given(ASSIGNED | st.text("Éaß ΣİⅧ世か한!$€\u0301\u200b\ufffd\n\t\x85\x00", max_size=20))
@example("ΑΣ ΑΣΑ")
def test_any_text_has_the_words_of_tokenizers(text):
    assert basic_tokens(text) == reference_words(text)


def test_real_text_is_cut_as_tokenizers_cuts_it(bert):
    vocabulary = bert.get_vocab()
    for text in (PLAYS[200_000:220_000], CHINESE, "Ünaffable 龘 zzz"):
        pieces = tokenize(text, vocabulary)
        assert pieces == bert.encode(text).tokens
        assert [vocabulary[piece] for piece in pieces] == bert.encode(text).ids


@settings(max_examples=50, deadline=None)
@given(ASSIGNED)
def test_any_text_is_cut_as_tokenizers_cuts_it(bert, text):
    assert tokenize(text, bert.get_vocab()) == bert.encode(text).tokens


def test_edges_of_the_chinese_blocks():
    for first, last in [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF)]:
        assert [is_chinese(chr(c)) for c in (first - 1, first, last, last + 1)] == [False, True, True, False]
    # Two blocks that touch, and the next but one: from 0x2A700 to 0x2CEAF without a gap.
    for c, chinese in [(0x2A6FF, 0), (0x2A700, 1), (0x2B73F, 1), (0x2B740, 1), (0x2B81F, 1), (0x2B820, 1)]:
        assert is_chinese(chr(c)) == bool(chinese)
    for c, chinese in [(0x2CEAF, 1), (0x2CEB0, 0), (0x2F7FF, 0), (0x2F800, 1), (0x2FA1F, 1), (0x2FA20, 0)]:
        assert is_chinese(chr(c)) == bool(chinese)


def test_pieces_are_greedy_and_never_look_back():
    vocabulary = {"ab", "abc", "##cd", "##d", "##de"}
    assert wordpieces("abcd", vocabulary) == ["abc", "##d"]
    assert wordpieces("abcde", vocabulary) == ["abc", "##de"]
    assert wordpieces("abcdx", vocabulary) == ["[UNK]"]
    # ab ##cd ##e would do if only ##e were reached: greedy takes abc first and fails.
    assert wordpieces("abcdf", vocabulary | {"##f"}) == ["abc", "##d", "##f"]
    assert wordpieces("abcce", vocabulary | {"##cce"}) == ["[UNK]"]
    # A piece that goes on does not begin a word, nor the other way round.
    assert wordpieces("cd", vocabulary) == ["[UNK]"]
    assert wordpieces("abab", vocabulary) == ["[UNK]"]
    assert wordpieces("", vocabulary) == []


def test_a_word_longer_than_a_hundred_is_unknown(bert):
    vocabulary = {"a", "##a"}
    assert wordpieces("a" * 100, vocabulary) == ["a"] + ["##a"] * 99
    assert wordpieces("a" * 101, vocabulary) == ["[UNK]"]
    assert wordpieces("aaa", vocabulary, longest=3) == ["a", "##a", "##a"]
    assert wordpieces("aaa", vocabulary, longest=2) == ["[UNK]"]


def counts_of_plays():
    words = Counter(basic_tokens(PLAYS[:50_000]))
    pieces, pairs = Counter(), Counter()
    for word, times in words.items():
        for piece in word:
            pieces[piece] += times
        for pair in zip(word, word[1:], strict=False):
            pairs[pair] += times
    return pieces, pairs


def test_the_score_ranks_as_the_gain_in_likelihood_does():
    """For each time that it occurs, a merge gains log p(ab) − log p(a) − log p(b): n(ab)/(n(a)n(b)) up to N."""
    pieces, pairs = counts_of_plays()
    total = sum(pieces.values())
    pair = np.array([float(n) for n in pairs.values()])
    left, right = (np.array([float(pieces[p[side]]) for p in pairs]) for side in (0, 1))
    score = wordpiece_score(pair, left, right)
    gain = [
        math.log(n / total) - math.log(pieces[a] / total) - math.log(pieces[b] / total)
        for (a, b), n in pairs.items()
    ]
    assert np.log(score * total) == pytest.approx(np.array(gain), abs=1e-9)
    best = list(pairs)[int(score.argmax())]
    assert best != pairs.most_common(1)[0][0]


def test_the_count_alone_merges_another_pair():
    """In plays, th is the commonest pair of letters; q and u belong together: q is hardly ever without u."""
    pieces, pairs = counts_of_plays()
    together = {p: n / (pieces[p[0]] * pieces[p[1]]) for p, n in pairs.items()}
    names = [("t", "h"), ("q", "u")]
    pair = np.array([float(pairs[p]) for p in names])
    left, right = (np.array([float(pieces[p[side]]) for p in names]) for side in (0, 1))
    score = wordpiece_score(pair, left, right)
    assert score == pytest.approx([together[p] for p in names], rel=1e-12)
    assert pairs.most_common(1)[0][0] == ("t", "h") and pair[0] == 1074 and pair[1] == 36
    assert score[1] > 2 * score[0]


def test_a_pair_rarer_than_its_pieces_is_required():
    one = np.array([1.0])
    assert wordpiece_score(one, one, one) == pytest.approx([1.0])
    assert wordpiece_score(one, 2 * one, 4 * one) == pytest.approx([0.125])
    for left, right in [(one, 3 * one), (3 * one, one)]:
        with pytest.raises(ValueError, match="no pair to occur oftener than its pieces"):
            wordpiece_score(2 * one, left, right)
