import gzip
import itertools
import math
import random
from importlib import resources

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU

from jinjie.scratch.language.metrics import (
    bits_per_byte,
    bleu_of_counts,
    brevity_penalty,
    clipped_matches,
    common_subsequence,
    corpus_bleu,
    ngrams,
    perplexity,
    rouge_l,
    sentence_bleu,
)

PLAYS = gzip.decompress(
    (resources.files("jinjie.data") / "packaged/shakespeare.txt.gz").read_bytes()
).decode()
LINES = [line.split() for line in PLAYS[5_000:40_000].splitlines() if len(line.split()) > 4]
WORDS = st.lists(st.sampled_from("abcd"), max_size=9)
SOME_WORDS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=9)


def words(text):
    return text.split()


def garbled(line, rng):
    """A line with words left out, doubled and exchanged."""
    changed = [word for word in line for _ in range(rng.choice([0, 1, 1, 1, 1, 2]))]
    if len(changed) > 3 and rng.random() < 0.5:
        at = rng.randrange(len(changed) - 1)
        changed[at : at + 2] = changed[at : at + 2][::-1]
    return changed


def sacrebleu_corpus(candidates, references):
    """Each text may have another number of references: the missing ones are None."""
    most = max(len(r) for r in references)
    streams = [[" ".join(r[i]) if i < len(r) else None for r in references] for i in range(most)]
    bleu = BLEU(tokenize="none", force=True)
    return bleu.corpus_score([" ".join(c) for c in candidates], streams).score


def sacrebleu_sentence(candidate, references):
    bleu = BLEU(tokenize="none", force=True, effective_order=True)
    return bleu.sentence_score(" ".join(candidate), [" ".join(r) for r in references]).score


def test_perplexity_of_a_uniform_model_is_its_vocabulary():
    for V in (2, 27, 50257):
        log_probabilities = np.full(11, -math.log(V))
        assert perplexity(log_probabilities) == pytest.approx(V, rel=1e-12)
        printed = 2 ** float(-log_probabilities.mean())
        assert printed == pytest.approx(V ** math.log(2), rel=1e-12) and printed < 0.85 * V


def test_perplexity_is_the_exponential_of_pytorchs_cross_entropy():
    logits = torch.randn(6, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([0, 3, 8, 1, 1, 5])
    p = logits.log_softmax(-1)[torch.arange(6), targets].numpy()
    cross_entropy = torch.nn.functional.cross_entropy(logits, targets)
    assert perplexity(p) == pytest.approx(float(cross_entropy.exp()), abs=1e-9)
    assert bits_per_byte(p, 6) == pytest.approx(float(cross_entropy) / math.log(2), abs=1e-9)


def test_the_mean_of_perplexities_is_larger():
    """Nine tokens that were sure and one at a millionth: 3.98 of the whole; the mean says 100,000."""
    log_probabilities = np.log(np.array([1.0] * 9 + [1e-6]))
    assert perplexity(log_probabilities) == pytest.approx(10 ** (6 / 10))
    assert np.exp(-log_probabilities).mean() == pytest.approx(100_000.9)


def test_bits_per_byte_do_not_depend_on_the_tokens():
    """One text of 8 bytes with a probability of 2⁻¹²: as 8 bytes or as 3 tokens it is 1.5 bits a byte."""
    as_bytes, as_tokens = np.full(8, -1.5 * math.log(2)), np.full(3, -4 * math.log(2))
    assert bits_per_byte(as_bytes, 8) == bits_per_byte(as_tokens, 8) == pytest.approx(1.5, abs=1e-15)
    assert perplexity(as_bytes) != pytest.approx(perplexity(as_tokens), rel=0.5)
    in_nats = -as_tokens.sum() / 8
    assert in_nats == pytest.approx(1.5 * 0.6931, abs=1e-4)


def test_log_probabilities_are_at_most_zero():
    for measure in (perplexity, lambda p: bits_per_byte(p, 3)):
        with pytest.raises(ValueError, match="at least 1 token, came none"):
            measure(np.array([]))
        with pytest.raises(ValueError, match="at most 0, came 0.5"):
            measure(np.array([-1.0, 0.5]))
    assert perplexity(np.zeros(3)) == 1.0
    assert bits_per_byte(np.array([-math.log(2)]), 1) == 1.0
    with pytest.raises(ValueError, match="at least 1 byte, came 0"):
        bits_per_byte(np.zeros(3), 0)


def test_ngrams_are_all_runs():
    assert ngrams(words("a b a b"), 2) == {("a", "b"): 2, ("b", "a"): 1}
    assert ngrams(["a"], 1) == {("a",): 1}
    assert ngrams(["a"], 2) == {}


def test_matches_are_clipped():
    """The example of the paper: 7 of 7 words stand in the reference, but "the" only twice."""
    candidate, references = (
        ["the"] * 7,
        [words("the cat is on the mat"), words("there is a cat on the mat")],
    )
    assert clipped_matches(candidate, references, 1) == 2
    assert sum(word in references[0] for word in candidate) == 7
    assert clipped_matches(words("a b a b"), [["a", "b"], words("b a b c")], 2) == 2
    assert clipped_matches([], references, 1) == 0


def test_brevity_is_punished_and_length_is_not():
    assert brevity_penalty(5, 10) == pytest.approx(math.exp(-1), abs=1e-15)
    assert brevity_penalty(10, 10) == brevity_penalty(20, 10) == 1.0
    assert brevity_penalty(0, 3) == 0.0
    assert brevity_penalty(46.6, 42.2) == 1.0


def test_corpus_bleu_is_sacrebleus():
    rng = random.Random(0)
    lines = LINES[:200]
    candidates = [garbled(line, rng) for line in lines]
    references = [[line, *(garbled(line, rng) for _ in range(rng.choice([0, 1, 2])))] for line in lines]
    score = corpus_bleu(candidates, references)
    assert 30 < score < 70
    assert score == pytest.approx(sacrebleu_corpus(candidates, references), abs=1e-9)
    single = [[line] for line in lines]
    assert corpus_bleu(candidates, single) == pytest.approx(sacrebleu_corpus(candidates, single), abs=1e-9)
    assert corpus_bleu(lines, single) == pytest.approx(100.0, abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(WORDS, st.lists(SOME_WORDS, min_size=1, max_size=3)), min_size=1, max_size=3))
def test_corpus_bleu_of_any_texts_is_sacrebleus(pairs):
    candidates, references = [c for c, _ in pairs], [r for _, r in pairs]
    assert corpus_bleu(candidates, references) == pytest.approx(
        sacrebleu_corpus(candidates, references), abs=1e-9
    )


@settings(max_examples=200, deadline=None)
@given(WORDS, st.lists(SOME_WORDS, min_size=1, max_size=3))
def test_sentence_bleu_is_sacrebleus(candidate, references):
    assert sentence_bleu(candidate, references) == pytest.approx(
        sacrebleu_sentence(candidate, references), abs=1e-9
    )


def test_smoothing_halves_again_and_again():
    """Two words right of five, none beside another: 2/5, then 1/2 of 4, 1/4 of 3, 1/8 of 2."""
    candidate, references = words("a x b y z"), [words("b q a r s")]
    expected = 100 * (2 / 5 * (1 / 2) / 4 * (1 / 4) / 3 * (1 / 8) / 2) ** 0.25
    assert sentence_bleu(candidate, references) == pytest.approx(expected, abs=1e-9)
    assert bleu_of_counts(np.array([2.0, 0, 0, 0]), np.array([5.0, 4, 3, 2]), 5, 5) == pytest.approx(expected)
    # What comes after a gap counts in full.
    gap = bleu_of_counts(np.array([2.0, 0, 1, 0]), np.array([5.0, 4, 3, 2]), 5, 5)
    assert gap == pytest.approx(100 * (2 / 5 * (1 / 2) / 4 * 1 / 3 * (1 / 4) / 2) ** 0.25)


def test_no_match_or_no_ngrams_is_zero():
    assert corpus_bleu([["x"] * 6], [[["a"] * 6]]) == 0.0
    assert corpus_bleu([words("a b c")], [[words("a b c")]]) == 0.0
    assert sentence_bleu(words("a b c"), [words("a b c")]) == pytest.approx(100.0)
    assert sentence_bleu([], [["a"]]) == 0.0


def test_shuffled_words_score_nothing():
    """All words right and none in order: smoothed BLEU 12.7, the arithmetic mean 25."""
    candidate, reference = (
        words("mat the on sat cat the"),
        words("the cat sat on the mat"),
    )
    matches = np.array([float(clipped_matches(candidate, [reference], n)) for n in (1, 2, 3, 4)])
    assert matches.tolist() == [6, 0, 0, 0]
    assert sentence_bleu(candidate, [reference]) == pytest.approx(12.70, abs=0.005)
    assert 100 * (matches / np.array([6, 5, 4, 3])).mean() == 25.0


def test_the_mean_of_sentences_is_another_number():
    rng = random.Random(1)
    lines = LINES[:100]
    candidates, references = [garbled(line, rng) for line in lines], [[line] for line in lines]
    corpus = corpus_bleu(candidates, references)
    mean = np.mean([sentence_bleu(c, r) for c, r in zip(candidates, references, strict=True)])
    assert (round(corpus, 1), round(float(mean), 1)) == (46.6, 42.2)


def test_every_text_has_a_reference():
    with pytest.raises(ValueError, match="references for 2 texts, came 1"):
        corpus_bleu([["a"], ["b"]], [[["a"]]])
    for call in (lambda: sentence_bleu(["a"], []), lambda: corpus_bleu([["a"]], [[]])):
        with pytest.raises(ValueError, match="at least 1 reference for each text, came none"):
            call()


def test_of_equally_near_references_the_shorter_counts():
    assert sentence_bleu(list("abc"), [list("abcd"), list("ab")]) == pytest.approx(100.0)
    short = sentence_bleu(list("abc"), [list("abcd"), list("abcde")])
    assert short == pytest.approx(100 * math.exp(1 - 4 / 3))


def by_brute_force(a, b):
    return max(
        len(some)
        for n in range(len(a) + 1)
        for some in itertools.combinations(a, n)
        if any(some == other for other in itertools.combinations(b, n))
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_the_longest_common_subsequence_by_brute_force(a, b):
    assert common_subsequence(a, b) == by_brute_force(a, b) == common_subsequence(b, a)


class Words:
    def tokenize(self, text):
        return text.split()


def test_rouge_l_is_that_of_rouge_score():
    scorer = RougeScorer(["rougeL"], tokenizer=Words())
    rng = random.Random(2)
    for line in LINES[:150]:
        candidate = garbled(line, rng)
        theirs = scorer.score(" ".join(line), " ".join(candidate))["rougeL"].fmeasure
        assert rouge_l(candidate, line) == pytest.approx(theirs, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(WORDS, WORDS)
def test_rouge_l_of_any_texts_is_that_of_rouge_score(candidate, reference):
    theirs = RougeScorer(["rougeL"], tokenizer=Words()).score(" ".join(reference), " ".join(candidate))
    assert rouge_l(candidate, reference) == pytest.approx(theirs["rougeL"].fmeasure, abs=1e-12)
    assert rouge_l(candidate, reference) == pytest.approx(rouge_l(reference, candidate), abs=1e-12)


def test_recall_alone_rewards_length():
    reference = words("the king is dead")
    copied = words("long ago men said that the king is dead and wept and went home to their wives")
    assert common_subsequence(copied, reference) / len(reference) == 1.0
    assert rouge_l(copied, reference) == pytest.approx(2 * 4 / (17 + 4))
    assert rouge_l(words("king is dead"), reference) == pytest.approx(6 / 7)
