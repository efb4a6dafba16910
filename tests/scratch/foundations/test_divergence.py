"""Entropy against SciPy, the divergence against PyTorch, and what is printed wrongly of both."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy as scipys

from jinjie.scratch.foundations.divergence import entropy, kl_divergence


def near(value):
    """To nine digits: double precision, summed in another order."""
    return pytest.approx(value, rel=1e-9, abs=1e-12)


@st.composite
def distributions(draw, of=1):
    """So many distributions over the same outcomes, none of which is impossible."""
    K = draw(st.integers(2, 8))
    weights = st.lists(st.floats(0.01, 1.0), min_size=K, max_size=K)
    made = [np.array(draw(weights)) for _ in range(of)]
    return [w / w.sum() for w in made]


@given(distributions())
def test_entropy_is_scipys(drawn):
    (p,) = drawn
    assert entropy(p) == near(scipys(p))


@given(distributions())
def test_entropy_is_largest_where_nothing_is_known(drawn):
    (p,) = drawn
    even = np.full(p.size, 1 / p.size)
    certain = np.eye(p.size)[0]
    assert entropy(certain) == 0 <= entropy(p) <= entropy(even) + 1e-12
    assert entropy(even) == near(np.log(p.size))


@given(distributions(of=2))
def test_divergence_is_pytorchs(drawn):
    p, q = drawn
    reference = F.kl_div(torch.tensor(q).log(), torch.tensor(p), reduction="sum")
    assert kl_divergence(p, q) == near(reference.item())


@given(distributions(of=2))
def test_divergence_is_the_cross_entropy_less_the_entropy(drawn):
    p, q = drawn
    assert kl_divergence(p, q) == near(-np.sum(p * np.log(q)) - entropy(p))


@given(distributions(of=2))
def test_divergence_is_never_negative_and_no_distance(drawn):
    p, q = drawn
    assert kl_divergence(p, q) >= -1e-12
    assert kl_divergence(p, p) == 0
    upside_down = np.sum(p * np.log(q / p))
    assert upside_down <= 1e-12
    there, back = np.array([0.5, 0.25, 0.25]), np.array([0.1, 0.1, 0.8])
    assert kl_divergence(there, back) != near(kl_divergence(back, there))


def test_what_never_happens_costs_nothing_and_what_is_excluded_everything():
    p, q = np.array([1.0, 0.0]), np.array([0.5, 0.5])
    assert kl_divergence(p, q) == near(np.log(2))
    assert kl_divergence(q, p) == np.inf


@pytest.mark.parametrize(
    "wrong", [np.array([0.5, 0.6]), np.array([1.5, -0.5]), np.array([]), np.array([[0.5, 0.5]])]
)
def test_what_is_no_distribution_is_refused(wrong):
    with pytest.raises(ValueError, match="sum to 1"):
        entropy(wrong)
    with pytest.raises(ValueError, match="sum to 1"):
        kl_divergence(wrong, np.array([0.5, 0.5]))


def test_distributions_over_other_outcomes_are_refused():
    with pytest.raises(ValueError, match="same outcomes"):
        kl_divergence(np.array([0.5, 0.5]), np.array([0.5, 0.25, 0.25]))
