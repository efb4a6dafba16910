"""Heads of a BERT: padding must not count, what has no tag must not count, and an answer must be a span."""

import numpy as np
import pytest
import torch

from jinjie.scratch.transformers.bert_heads import best_span, mean_pooling, token_classification_loss


def test_padding_changes_nothing():
    rng = np.random.default_rng(0)
    h = rng.normal(size=(3, 5, 4))
    real = np.arange(5) < np.array([5, 3, 1])[:, None]
    expected = np.stack([h[0].mean(axis=0), h[1, :3].mean(axis=0), h[2, 0]])
    np.testing.assert_allclose(mean_pooling(h, real), expected, atol=1e-12)
    longer = np.concatenate([h, rng.normal(size=(3, 4, 4))], axis=1)
    wider = np.concatenate([real, np.zeros((3, 4), dtype=bool)], axis=1)
    np.testing.assert_allclose(mean_pooling(longer, wider), expected, atol=1e-12)


def test_with_padding_counted_in_the_neighbours_length_decides():
    h = np.random.default_rng(0).normal(size=(4, 3))
    real = np.arange(4) < 2
    longer, wider = np.concatenate([h, np.ones((3, 3))]), np.arange(7) < 2
    assert np.abs(h.mean(axis=0) - longer.mean(axis=0)).max() > 0.1
    np.testing.assert_allclose(mean_pooling(h, real), mean_pooling(longer, wider), atol=1e-12)


def test_a_text_of_padding_alone_is_refused():
    with pytest.raises(ValueError, match="padding alone"):
        mean_pooling(np.ones((2, 3, 4)), np.array([[True, False, False], [False, False, False]]))


def test_the_loss_is_pytorchs_with_ignore_index():
    rng = np.random.default_rng(1)
    z, y = rng.normal(size=(2, 6, 5)), rng.integers(0, 5, size=(2, 6))
    y[0, [0, 3]] = y[1, 4:] = -100
    theirs = torch.nn.functional.cross_entropy(torch.tensor(z).flatten(0, 1), torch.tensor(y).flatten())
    assert token_classification_loss(z, y) == pytest.approx(theirs.item(), rel=1e-12)


def test_a_loss_without_tags_is_refused():
    with pytest.raises(ValueError, match="nothing to learn"):
        token_classification_loss(np.zeros((2, 3)), np.array([-100, -100]))


def test_no_allowed_span_has_a_higher_sum():
    rng = np.random.default_rng(2)
    for _ in range(50):
        T, longest = int(rng.integers(1, 12)), int(rng.integers(1, 5))
        first, last, inside = rng.normal(size=T), rng.normal(size=T), rng.random(T) < 0.7
        inside[rng.integers(T)] = True
        i, j = best_span(first, last, inside, longest)
        assert inside[i] and inside[j] and i <= j < i + longest
        others = [
            first[a] + last[b]
            for a in range(T)
            for b in range(a, min(T, a + longest))
            if inside[a] and inside[b]
        ]
        assert first[i] + last[j] == max(others)


def test_ends_found_apart_may_be_no_span():
    first, last = np.array([0.0, 1.0, 5.0]), np.array([0.0, 4.0, 2.0])
    assert first.argmax() > last.argmax()
    assert best_span(first, last, np.array([False, True, True])) == (2, 2)


@pytest.mark.parametrize(
    ("inside", "longest", "said"), [([False, False], 3, "nowhere"), ([True, True], 0, "at least 1")]
)
def test_where_there_is_no_span_it_is_said(inside, longest, said):
    with pytest.raises(ValueError, match=said):
        best_span(np.zeros(2), np.zeros(2), np.array(inside), longest)
