import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.language.beam import Hypothesis, beam_search, best_first, length_penalty

V, END = 4, 3


def model(seed, forbid=()):
    """A model whose every context has a distribution of its own, some tokens impossible."""

    def next_log_probabilities(tokens):
        logits = np.random.default_rng([seed, *tokens]).normal(size=V) * 2
        logits[list(forbid)] = -np.inf
        return logits - np.logaddexp.reduce(logits)

    return next_log_probabilities


def every_text(next_log_probabilities, start, longest, alpha):
    """Each complete text with its score, by going through all of them."""
    found = []
    for length in range(1, longest + 1):
        for new in itertools.product(range(V), repeat=length):
            if END in new[:-1] or (new[-1] != END and length < longest):
                continue
            log_p = sum(
                float(next_log_probabilities((*start, *new[:t]))[token]) for t, token in enumerate(new)
            )
            found.append((log_p / ((5 + length) / 6) ** alpha, (*start, *new)))
    return sorted(found, key=lambda text: (-text[0], text[1]))


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10_000), st.integers(1, 4), st.sampled_from([0.0, 0.6, 1.0]), st.sampled_from([(), (2, 0)])
)
def test_a_beam_that_holds_everything_is_exact(seed, longest, alpha, start):
    exact = every_text(model(seed), start, longest, alpha)
    found = beam_search(model(seed), start, END, width=V**longest, longest=longest, alpha=alpha)
    assert [h.tokens for h in found] == [tokens for _, tokens in exact]
    assert [h.score for h in found] == pytest.approx([score for score, _ in exact], abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_a_beam_of_one_is_greedy(seed, longest):
    tokens, log_p = (1,), 0.0
    while len(tokens) < longest + 1 and tokens[-1] != END:
        following = model(seed)(tokens)
        log_p += float(following.max())
        tokens = (*tokens, int(following.argmax()))
    (found,) = beam_search(model(seed), (1,), END, width=1, longest=longest, alpha=0.0)
    assert found.tokens == tokens
    assert found.score == pytest.approx(log_p, abs=1e-12)


def test_a_wider_beam_finds_likelier_texts():
    """Of 40 models, how often each width finds the likeliest of all texts of up to five tokens."""
    exact = [every_text(model(seed), (), 5, 0.0)[0][1] for seed in range(40)]
    found = {
        width: sum(
            beam_search(model(seed), (), END, width, 5, alpha=0.0)[0].tokens == best
            for seed, best in enumerate(exact)
        )
        for width in (1, 2, 4)
    }
    assert found == {1: 25, 2: 34, 4: 40}


def test_only_as_many_beginnings_are_followed_as_the_beam_is_wide():
    asked = []

    def next_log_probabilities(tokens):
        asked.append(tokens)
        return np.log([0.4, 0.35, 0.2, 0.05])

    found = beam_search(next_log_probabilities, (), END, width=2, longest=3)
    assert asked == [(), (0,), (1,), (0, 0), (0, 1)]
    assert [h.tokens for h in found] == [(0, 0, 0), (0, 0, 1)]
    assert found[0].score == pytest.approx(3 * math.log(0.4) / (8 / 6) ** 0.6)


def test_a_text_that_ends_leaves_the_beam_and_is_not_gone_on_with():
    asked = []

    def next_log_probabilities(tokens):
        asked.append(tokens)
        return np.log([0.3, 0.1, 0.1, 0.5])

    found = beam_search(next_log_probabilities, (3,), END, width=2, longest=4, alpha=0.0)
    assert all(END not in tokens[1:] for tokens in asked)
    assert found[0].tokens == (3, 3)
    assert [round(math.exp(h.score), 4) for h in found] == [0.5, 0.15]


def test_without_a_length_penalty_short_texts_win():
    """A text of one token with p = 0.3 against five tokens each of p = 0.75, together 0.237."""

    def next_log_probabilities(tokens):
        first = [0.7, 0.0, 0.0, 0.3]
        then = [0.75, 0.25, 0.0, 0.0]
        with np.errstate(divide="ignore"):
            return np.log(np.array(then if tokens else first))

    def best(alpha):
        return beam_search(next_log_probabilities, (), END, width=3, longest=5, alpha=alpha)[0].tokens

    assert best(0.0) == (3,)
    assert best(0.6) == (0, 0, 0, 0, 0)


def test_what_is_impossible_is_never_written():
    found = beam_search(model(1, forbid=(0, 2)), (), END, width=50, longest=3)
    assert {token for h in found for token in h.tokens} == {1, 3}
    assert len(found) == 4
    assert all(h.score > -math.inf for h in found)


def test_length_penalty_by_hand():
    assert length_penalty(1, 0.6) == length_penalty(1, 3.0) == 1.0
    assert length_penalty(7, 1.0) == 2.0
    assert length_penalty(7, 2.0) == 4.0
    assert length_penalty(7, 0.0) == 1.0
    assert length_penalty(7) == pytest.approx(2**0.6, abs=1e-15)


def test_the_penalty_is_that_of_the_default():
    given = beam_search(model(3), (), END, 5, 4, 0.6)
    assert beam_search(model(3), (), END, 5, 4) == given
    assert beam_search(model(3), (), END, 5, 4, alpha=0.7) != given


def test_equals_keep_the_order_of_their_tokens():
    alike = beam_search(lambda tokens: np.log(np.full(V, 0.25)), (), END, width=3, longest=2, alpha=0.0)
    assert [h.tokens for h in alike] == [(0, 0), (0, 1), (0, 2)]
    assert best_first([Hypothesis(1.0, (2,)), Hypothesis(1.0, (1, 5)), Hypothesis(2.0, (9,))]) == [
        (2.0, (9,)),
        (1.0, (1, 5)),
        (1.0, (2,)),
    ]


def test_width_and_length_of_at_least_one():
    for width, longest in [(0, 3), (3, 0), (-1, -1)]:
        with pytest.raises(ValueError, match=f"at least 1, came {width} and {longest}"):
            beam_search(model(0), (), END, width, longest)
    assert len(beam_search(model(0), (), END, 1, 1)) == 1
