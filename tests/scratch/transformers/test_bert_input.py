import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.transformers.bert_input import (
    choose_positions,
    mask_tokens,
    next_sentence_pairs,
    pair_input,
    word_numbers,
)


def near(share, p, n):
    """Within four standard deviations of a binomial share: a right program fails this once in 16,000 seeds."""
    return abs(share - p) < 4 * np.sqrt(p * (1 - p) / n)


# Two pieces in one row -------------------------------------------------------------------------------------


def test_a_pair_is_cls_a_sep_b_sep_as_transformers_builds_it():
    """Its BERT post-processing of the same ids, from `tokenizers`, gives the same row and the same segments."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import BertProcessing

    tokenizer = Tokenizer(WordLevel({"[CLS]": 0, "[SEP]": 1, "a": 2, "b": 3, "c": 4}))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = BertProcessing(("[SEP]", 1), ("[CLS]", 0))
    theirs = tokenizer.encode("a b c", "c a")
    tokens, segments, special = pair_input(np.array([2, 3, 4]), cls_id=0, sep_id=1, b=np.array([4, 2]))
    assert tokens.tolist() == theirs.ids and segments.tolist() == theirs.type_ids
    assert special.astype(int).tolist() == [1, 0, 0, 0, 1, 0, 0, 1] and special.dtype == bool
    theirs = tokenizer.encode("a b c")
    tokens, segments, special = pair_input(np.array([2, 3, 4]), cls_id=0, sep_id=1)
    assert tokens.tolist() == theirs.ids and segments.tolist() == theirs.type_ids
    assert special.astype(int).tolist() == [1, 0, 0, 0, 1]


# What is hidden --------------------------------------------------------------------------------------------


def test_words_are_numbered_and_special_tokens_are_none():
    special = np.array([[True, False, False, False, True], [True, False, True, False, True]])
    assert word_numbers(special).tolist() == [[-1, 1, 2, 3, -1], [-1, 1, -1, 3, -1]]
    continues = np.array([[False, False, True, True, False], [False, False, False, False, False]])
    assert word_numbers(special, continues).tolist() == [[-1, 1, 1, 1, -1], [-1, 1, -1, 3, -1]]


def test_fifteen_in_a_hundred_are_chosen_and_special_tokens_never():
    """200,000 draws: 15 % to four standard deviations, 0.32 of a point; the rate is another's where it is given."""
    special = np.zeros((400, 502), bool)
    special[:, [0, -1]] = True
    words = word_numbers(special)
    chosen = choose_positions(words, np.random.default_rng(0))
    assert chosen.shape == words.shape and chosen.dtype == bool and not chosen[special].any()
    assert near(chosen[:, 1:-1].mean(), 0.15, 200_000)
    # Neither rows nor neighbours know of each other.
    assert near((chosen[:, 1:-2] & chosen[:, 2:-1]).mean(), 0.15**2, 400 * 499)
    assert len({row.tobytes() for row in chosen}) == 400
    assert near(choose_positions(words, np.random.default_rng(0), 0.4)[:, 1:-1].mean(), 0.4, 200_000)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rate=st.floats(0, 1))
def test_whole_words_are_hidden_or_shown(seed, rate):
    rng = np.random.default_rng(seed)
    continues = rng.random((3, 30)) < 0.4
    special = np.zeros((3, 30), bool)
    special[:, -1] = True
    words = word_numbers(special, continues & ~special)
    chosen = choose_positions(words, rng, rate)
    for row, hidden in zip(words, chosen, strict=True):
        for word in set(row.tolist()) - {-1}:
            assert hidden[row == word].all() or not hidden[row == word].any()
    assert not chosen[special].any()


def test_of_words_too_fifteen_in_a_hundred_are_chosen():
    """Words of one, two and three tokens: 60,000 words, 15 % of them to four standard deviations."""
    continues = np.tile([False, False, True, False, True, True], (1000, 20))
    words = word_numbers(np.zeros(continues.shape, bool), continues)
    chosen = choose_positions(words, np.random.default_rng(0))
    assert near(chosen[~continues].mean(), 0.15, 60_000)
    assert np.array_equal(chosen[:, 2::6], chosen[:, 1::6]) and np.array_equal(
        chosen[:, 5::6], chosen[:, 3::6]
    )


def test_the_ends_of_the_rate_are_all_and_nothing():
    words = np.array([-1, 0, 1, 2])
    assert choose_positions(words, np.random.default_rng(0), 1.0).tolist() == [False, True, True, True]
    assert not choose_positions(words, np.random.default_rng(0), 0.0).any()
    for rate in (-0.1, 1.1):
        with pytest.raises(ValueError, match=f"expected a rate from 0 to 1, got {rate}"):
            choose_positions(words, np.random.default_rng(0), rate)


def test_of_the_chosen_80_percent_are_masked_10_random_and_10_left():
    """200,000 chosen of 300,000: [MASK] 80 %; another token 10 %, less the one time in V that it is the token itself;
    each to four standard deviations. Random tokens are uniform over the vocabulary, special ones included, as in
    the paper's program."""
    rng, V, mask_id = np.random.default_rng(0), 50, 3
    tokens = rng.integers(10, V, size=(600, 500))
    chosen = np.zeros(tokens.shape, bool)
    chosen[:400] = True
    before = tokens.copy()
    shown = mask_tokens(tokens, chosen, mask_id, V, rng)
    assert np.array_equal(tokens, before) and np.array_equal(shown[400:], tokens[400:])
    n, was, now = 200_000, tokens[:400], shown[:400]
    # A random token is the mask's number once in V, too.
    assert near((now == mask_id).mean(), 0.8 + 0.1 / V, n)
    assert near((now == was).mean(), 0.1 + 0.1 / V, n)
    others = now[(now != was) & (now != mask_id)]
    assert near(others.size / n, 0.1 * (1 - 2 / V), n)
    shares = np.bincount(others, minlength=V) / others.size
    assert shares[mask_id] == 0 and np.all(shares[np.arange(V) != mask_id] > 0) and shares.size == V
    assert all(near(share, 1 / (V - 2), others.size) for share in shares[:3])


def test_the_two_borders_of_the_draw_are_exact():
    """A generator that says 0.8 and 0.9 themselves: from 0.8 on a token stays, from 0.9 on it is another."""

    class Fixed:
        def random(self, shape):
            return np.array([0.0, 0.7999, 0.8, 0.8999, 0.9, 0.95])

        def integers(self, low, high, size):
            assert (low, high, size) == (0, 100, (6,))
            return np.full(size, 77)

    tokens = np.arange(10, 16)
    shown = mask_tokens(tokens, np.ones(6, bool), 3, 100, Fixed())
    assert shown.tolist() == [3, 3, 12, 13, 77, 77]
    assert mask_tokens(tokens, np.zeros(6, bool), 3, 100, Fixed()).tolist() == tokens.tolist()


# Does B follow A? ------------------------------------------------------------------------------------------


def test_half_the_pairs_are_true_and_the_false_ones_come_from_another_document():
    """40 documents of 101 sentences, 4,000 pairs: half to four standard deviations; false B's from everywhere alike."""
    documents = [[np.array([d, s]) for s in range(101)] for d in range(40)]
    pairs = next_sentence_pairs(documents, np.random.default_rng(0))
    assert len(pairs) == 4000 and [(a[0], a[1]) for a, _, _ in pairs] == [
        (d, s) for d in range(40) for s in range(100)
    ]
    labels = np.array([y for _, _, y in pairs])
    assert set(labels) == {0, 1} and near(labels.mean(), 0.5, 4000)
    for a, b, y in pairs:
        if y == 0:
            assert b[0] == a[0] and b[1] == a[1] + 1
        else:
            assert b[0] != a[0]
    jumps = {(b[0] - a[0]) % 40 for a, b, y in pairs if y == 1}
    assert jumps == set(range(1, 40))
    assert {b[1] for _, b, y in pairs if y == 1} == set(range(101))


def test_the_border_between_true_and_false_is_one_half():
    class Fixed:
        def __init__(self, draw):
            self.draw = draw

        def random(self):
            return self.draw

        def integers(self, low, high=None):
            return low if high is not None else low - 1

    documents = [[np.array([1]), np.array([2])], [np.array([8]), np.array([9])]]
    assert [y for _, _, y in next_sentence_pairs(documents, Fixed(0.4999))] == [0, 0]
    assert [(b.item(), y) for _, b, y in next_sentence_pairs(documents, Fixed(0.5))] == [(9, 1), (2, 1)]


def test_one_document_or_an_empty_one_is_refused():
    one = [np.array([1]), np.array([2])]
    for documents in ([one], [], [one, []]):
        with pytest.raises(ValueError, match="two documents or more, none of them empty"):
            next_sentence_pairs(documents, np.random.default_rng(0))
    # A document of one sentence has no pair of its own, but may give false B's.
    pairs = next_sentence_pairs([one, [np.array([9])]], np.random.default_rng(1))
    assert len(pairs) == 1 and pairs[0][0] == 1
