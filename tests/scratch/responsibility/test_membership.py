"""Membership inference: scikit-learn's AUC, and that training on few examples gives them away."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from jinjie.scratch.responsibility.membership import membership_advantage, membership_attack

LOSSES = st.lists(st.integers(0, 6).map(lambda k: k / 2), min_size=1, max_size=12).map(np.array)


@settings(max_examples=50, deadline=None)
@given(LOSSES, LOSSES)
def test_the_attack_is_scikit_learns_auc(members, others):
    """With many ties. A low loss is the sign of a member."""
    truth = np.concatenate([np.ones(len(members)), np.zeros(len(others))])
    expected = roc_auc_score(truth, -np.concatenate([members, others]))
    assert membership_attack(members, others) == pytest.approx(expected, abs=1e-12)
    assert membership_attack(members, others) + membership_attack(others, members) == pytest.approx(1)


@settings(max_examples=50, deadline=None)
@given(LOSSES, LOSSES)
def test_the_advantage_is_kolmogorov_and_smirnovs(members, others):
    """The greatest distance by which the members' distribution of losses is above the others'; 0 if it never is."""
    expected = ks_2samp(members, others, alternative="greater", method="asymp").statistic
    assert membership_advantage(members, others) == pytest.approx(max(expected, 0), abs=1e-12)


def test_equal_losses_tell_nothing():
    """A model that gives everyone the same loss: ours says ½, without the ties' half it would be 0."""
    same = np.full(5, 0.3)
    assert membership_attack(same, same[:3]) == 0.5
    assert np.mean(same[:, None] < same[:3]) == 0.0
    assert membership_attack(np.zeros(4), np.ones(2)) == 1.0 == membership_advantage(np.zeros(4), np.ones(2))
    assert membership_attack(np.ones(4), np.zeros(2)) == 0.0 == membership_advantage(np.ones(4), np.zeros(2))


def test_an_overfitted_model_gives_its_members_away():
    """Logistic regression on 40 patients, 500 noise columns added: without a penalty AUC 1, with a strong one 0.6."""
    x, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(0)
    x = np.hstack([(x - x.mean(axis=0)) / x.std(axis=0), rng.standard_normal((len(x), 500))])
    attack = {}
    for penalty in (1e4, 1e-3):
        model = LogisticRegression(C=penalty, max_iter=200).fit(x[:40], y[:40])
        margin = (2 * y - 1) * model.decision_function(x)
        losses = np.logaddexp(0, -margin)
        attack[penalty] = membership_attack(losses[:40], losses[40:])
    assert attack[1e4] > 0.9 and attack[1e-3] < attack[1e4] - 0.05


@pytest.mark.parametrize("call", [membership_attack, membership_advantage])
def test_no_losses_are_refused(call):
    for members, others in ((0, 2), (2, 0)):
        with pytest.raises(ValueError, match=f"of members and of others, got {members} and {others}"):
            call(np.ones(members), np.ones(others))
