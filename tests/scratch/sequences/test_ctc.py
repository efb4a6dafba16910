import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.sequences.ctc import (
    ctc_backward,
    ctc_batch_loss,
    ctc_forward,
    ctc_logits_gradient,
    ctc_loss,
    ctc_loss_gradient,
    may_skip,
    spread,
)
from scratch.gradients import check_gradient

# Frames, symbols with the blank, target, blank; repeats, one symbol, none, just enough frames.
CASES = [
    (6, 4, [1, 2, 3], 0),
    (7, 4, [2, 2, 1], 0),
    (5, 3, [1, 1, 1], 0),
    (4, 3, [1], 0),
    (3, 3, [], 0),
    (3, 5, [0, 3, 1], 2),
    (8, 4, [3, 0, 3, 3], 1),
    (1, 3, [2], 0),
]
each = pytest.mark.parametrize(("frames", "symbols", "target", "blank"), CASES)


def drawn(frames, symbols, seed=0):
    """Logits and their log-softmax."""
    logits = 2 * np.random.default_rng(seed).normal(size=(frames, symbols))
    return logits, logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def integers(target):
    return np.array(target, dtype=np.int64)


def said(path, blank):
    """What a path says, by the definition."""
    return [symbol for symbol, _ in itertools.groupby(path) if symbol != blank]


def paths(log_probs, target, blank):
    """Every path that says the target, with its probability."""
    frames, symbols = log_probs.shape
    for path in itertools.product(range(symbols), repeat=frames):
        if said(path, blank) == list(target):
            yield path, np.exp(sum(log_probs[t, symbol] for t, symbol in enumerate(path)))


def pytorchs(logits, target, blank):
    leaf = torch.tensor(logits, requires_grad=True)
    log_probs = leaf.log_softmax(-1)[:, None]
    loss = torch.nn.functional.ctc_loss(
        log_probs,
        torch.tensor([target], dtype=torch.long),
        [len(logits)],
        [len(target)],
        blank=blank,
        reduction="sum",
    )
    loss.backward()
    return float(loss.detach()), leaf.grad.numpy()


@each
def test_loss_and_gradient_are_pytorchs(frames, symbols, target, blank):
    logits, log_probs = drawn(frames, symbols)
    loss, grad = pytorchs(logits, target, blank)
    assert ctc_loss(log_probs, integers(target), blank) == pytest.approx(loss, rel=1e-9)
    np.testing.assert_allclose(
        ctc_logits_gradient(logits, integers(target), blank), grad, rtol=1e-9, atol=1e-9
    )


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1, 5).flatmap(
        lambda frames: st.tuples(
            st.just(frames),
            st.lists(st.integers(0, 2), max_size=frames),
            st.integers(0, 2),
            st.integers(0, 999),
        )
    )
)
def test_the_loss_is_brute_force_over_all_alignments(drawn_case):
    frames, target, blank, seed = drawn_case
    target = [symbol for symbol in target if symbol != blank]
    _, log_probs = drawn(frames, 3, seed)
    found = list(paths(log_probs, target, blank))
    total = sum(probability for _, probability in found)
    ours = ctc_loss(log_probs, integers(target), blank)
    if not found:
        assert ours == np.inf
        return
    assert ours == pytest.approx(-np.log(total), abs=1e-9)
    # And the gradient: how much of that sum goes through each symbol at each frame.
    through = np.zeros_like(log_probs)
    for path, probability in found:
        through[np.arange(frames), path] += probability
    grad = ctc_loss_gradient(log_probs, integers(target), blank)
    np.testing.assert_allclose(grad, -through / total, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4), st.integers(0, 2), st.integers(0, 999))
def test_all_texts_together_have_probability_one(frames, blank, seed):
    _, log_probs = drawn(frames, 3, seed)
    others = [symbol for symbol in range(3) if symbol != blank]
    texts = [text for length in range(frames + 1) for text in itertools.product(others, repeat=length)]
    total = sum(np.exp(-ctc_loss(log_probs, integers(text), blank)) for text in texts)
    assert total == pytest.approx(1.0, abs=1e-12)


@each
def test_forward_and_backward_agree_at_every_frame(frames, symbols, target, blank):
    """The sum over places of α β is p(target), whichever frame one cuts at."""
    _, log_probs = drawn(frames, symbols, 1)
    alpha = ctc_forward(log_probs, integers(target), blank)
    beta = ctc_backward(log_probs, integers(target), blank)
    assert alpha.shape == beta.shape == (frames, 2 * len(target) + 1)
    at_frames = np.logaddexp.reduce(alpha + beta, axis=1)
    np.testing.assert_allclose(at_frames, -ctc_loss(log_probs, integers(target), blank), rtol=1e-9)


@each
def test_every_gradient_is_the_central_difference(frames, symbols, target, blank):
    logits, log_probs = drawn(frames, symbols, 2)
    text = integers(target)
    check_gradient(
        lambda value: ctc_loss(value, text, blank), log_probs, ctc_loss_gradient(log_probs, text, blank)
    )
    check_gradient(
        lambda value: ctc_loss(value - np.logaddexp.reduce(value, axis=1, keepdims=True), text, blank),
        logits,
        ctc_logits_gradient(logits, text, blank),
    )


def test_gradients_have_the_sums_that_are_said():
    logits, log_probs = drawn(6, 4, 3)
    text = integers([1, 1])
    np.testing.assert_allclose(ctc_loss_gradient(log_probs, text).sum(axis=1), -1.0)
    np.testing.assert_allclose(ctc_logits_gradient(logits, text).sum(axis=1), 0.0, atol=1e-12)
    shifted = logits + np.arange(6.0)[:, None]  # log-softmax takes it out again
    np.testing.assert_allclose(
        ctc_logits_gradient(shifted, text), ctc_logits_gradient(logits, text), atol=1e-12
    )


@pytest.mark.parametrize(
    ("frames", "target"), [(2, [1, 2, 1]), (2, [1, 1]), (4, [1, 1, 2, 2]), (5, [1, 1, 1, 1])]
)
def test_a_target_that_cannot_be_said_has_loss_infinity_and_gradient_zero(frames, target):
    """As PyTorch's, with `zero_infinity` for the gradient."""
    logits, log_probs = drawn(frames, 3)
    text = integers(target)
    assert ctc_loss(log_probs, text) == np.inf == pytorchs(logits, target, 0)[0]
    assert not ctc_loss_gradient(log_probs, text).any()
    assert not ctc_logits_gradient(logits, text).any()
    repeats = sum(a == b for a, b in itertools.pairwise(target))
    assert frames < len(target) + repeats
    enough = drawn(len(target) + repeats, 3)[1]
    assert np.isfinite(ctc_loss(enough, text))


def test_without_the_rule_for_repeats_a_double_letter_is_read_as_one():
    """Skipping the blank between equal symbols lets 'l' stand for 'll': more than all the probability there is."""
    log_probs = np.log(np.array([[0.1, 0.9], [0.1, 0.9]]))
    assert ctc_loss(log_probs, integers([1, 1])) == np.inf  # two frames have no room for 1-blank-1
    naive = np.exp(
        log_probs[:, 1].sum()
    )  # α if the path may leap: frame 1 at the first 1, frame 2 at the second
    one = np.exp(-ctc_loss(log_probs, integers([1])))
    nothing = np.exp(-ctc_loss(log_probs, integers([])))
    assert one + nothing == pytest.approx(1.0)
    assert one + nothing + naive == pytest.approx(1.81)


def test_a_path_may_end_at_the_last_symbol_or_at_the_blank_after_it():
    """With one of the two ends forgotten all texts together have less than all the probability."""
    _, log_probs = drawn(4, 3)
    texts = [text for length in range(5) for text in itertools.product((1, 2), repeat=length)]
    alphas = [ctc_forward(log_probs, integers(text)) for text in texts]
    both = sum(np.exp(alpha[-1, -2:]).sum() for alpha in alphas)
    in_blank = sum(np.exp(alpha[-1, -1]) for alpha in alphas)
    assert both == pytest.approx(1.0, abs=1e-12)
    assert in_blank == pytest.approx(np.exp(log_probs[-1, 0])) and in_blank < 0.9


def test_counting_a_frame_in_alpha_and_in_beta_is_once_too_often():
    """If β has what frame t says as well, rows no longer add up to −1 (Graves divides it out again)."""
    _, log_probs = drawn(5, 3)
    text = integers([1, 2])
    alpha, beta = ctc_forward(log_probs, text), ctc_backward(log_probs, text)
    twice = np.exp(alpha + beta + log_probs[:, spread(text)] + ctc_loss(log_probs, text))
    assert ctc_loss_gradient(log_probs, text).sum(axis=1) == pytest.approx(-1.0)
    assert twice.sum(axis=1).max() < 0.95


def test_probability_that_underflows_is_no_matter_for_logarithms():
    log_probs = np.log(np.full((2000, 4), 0.25))
    loss = ctc_loss(log_probs, integers([1, 2, 3] * 50))
    assert np.exp(-2000 * np.log(4)) == 0.0
    expected, _ = pytorchs(np.zeros((2000, 4)), [1, 2, 3] * 50, 0)
    assert loss == pytest.approx(expected, rel=1e-9) and loss > 1000


def test_blanks_stand_around_every_symbol():
    assert spread(integers([3, 5])).tolist() == [0, 3, 0, 5, 0]
    assert spread(integers([3, 5]), blank=7).tolist() == [7, 3, 7, 5, 7]
    assert spread(integers([])).tolist() == [0]
    assert spread(integers([3])).dtype == np.int64
    with pytest.raises(ValueError, match=r"must not contain the blank, 0: \[3, 0\]"):
        spread(integers([3, 0]))
    with pytest.raises(ValueError, match=r"must not contain the blank, 5: \[3, 5\]"):
        ctc_loss(drawn(4, 6)[1], integers([3, 5]), blank=5)


def test_a_path_may_skip_a_blank_between_symbols_that_differ():
    skip = may_skip(integers([0, 1, 0, 1, 0, 2, 0]))
    assert np.flatnonzero(skip).tolist() == [5] and skip.dtype == bool
    assert may_skip(integers([0])).tolist() == [False]
    assert may_skip(integers([0, 1, 0])).tolist() == [False] * 3


def test_the_blank_is_symbol_0_unless_told():
    logits, log_probs = drawn(5, 4, 4)
    text = integers([2, 1])
    for function, given_ in (
        (ctc_forward, log_probs),
        (ctc_backward, log_probs),
        (ctc_loss, log_probs),
        (ctc_loss_gradient, log_probs),
        (ctc_logits_gradient, logits),
    ):
        np.testing.assert_array_equal(function(given_, text), function(given_, text, blank=0))
        assert not np.array_equal(function(given_, text), function(given_, text, blank=3))


def test_a_padded_batch_is_pytorchs():
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(7, 3, 5))
    log_probs = logits - np.logaddexp.reduce(logits, axis=2, keepdims=True)
    targets = np.array([[1, 1, 2], [4, 2, 0], [2, 0, 0]])
    frames, lengths = np.array([7, 5, 2]), np.array([3, 2, 1])
    theirs = torch.nn.functional.ctc_loss(
        torch.tensor(log_probs),
        torch.tensor(targets),
        torch.tensor(frames),
        torch.tensor(lengths),
        reduction="none",
    )
    ours = ctc_batch_loss(log_probs, targets, frames, lengths)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    renamed = ctc_batch_loss(
        log_probs[:, :, [4, 1, 2, 3, 0]], np.where(targets == 4, 0, targets), frames, lengths, 4
    )
    np.testing.assert_allclose(renamed, theirs, rtol=1e-9)


def test_lengths_beyond_the_arrays_are_refused():
    log_probs = np.stack([drawn(4, 3)[1]] * 2, axis=1)
    targets = np.array([[1, 2], [2, 1]])
    for frames, length in ((5, 2), (4, 3)):
        with pytest.raises(
            ValueError, match=f"4 frames and 2 symbols at most, but there are {frames} and {length}"
        ):
            ctc_batch_loss(log_probs, targets, np.array([frames, 3]), np.array([1, length]))
    ctc_batch_loss(log_probs, targets, np.array([4, 3]), np.array([1, 2]))


def test_logits_in_place_of_log_probabilities_are_refused():
    logits, log_probs = drawn(4, 3)
    for wrong in (logits, np.exp(log_probs)):
        with pytest.raises(ValueError, match=r"each row of exp\(log_probs\) must add up to 1"):
            ctc_loss(wrong, integers([1]))
    ctc_loss(log_probs + 5e-4, integers([1]))  # what single precision leaves is let through
    with pytest.raises(ValueError, match="must add up to 1"):
        ctc_loss(log_probs + 1.5e-3, integers([1]))
    one_row = log_probs.copy()
    one_row[2] += 1.0
    with pytest.raises(ValueError, match="must add up to 1"):
        ctc_loss(one_row, integers([1]))


@pytest.mark.parametrize("wrong", [[1, 3], [-1, 2]])
def test_symbols_that_do_not_exist_are_refused(wrong):
    with pytest.raises(ValueError, match=rf"from 0 to 2, but the target is \[{wrong[0]}, {wrong[1]}\]"):
        ctc_loss(drawn(4, 3)[1], integers(wrong))
