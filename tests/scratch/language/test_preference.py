import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.language.preference import dpo_loss, dpo_loss_gradient, grpo_advantage, reward_margin
from scratch.gradients import check_gradient

RNG = np.random.default_rng(5)
CHOSEN, REJECTED, REFERENCE_CHOSEN, REFERENCE_REJECTED = -10 + 4 * RNG.normal(size=(4, 7))
REFERENCES = REFERENCE_CHOSEN, REFERENCE_REJECTED


@pytest.mark.parametrize("beta", [0.1, 0.5, 2.0])
def test_dpo_is_pytorchs_logsigmoid(beta):
    c, r, rc, rr = map(torch.tensor, (CHOSEN, REJECTED, *REFERENCES))
    theirs = -torch.nn.functional.logsigmoid(beta * ((c - r) - (rc - rr))).mean()
    assert dpo_loss(CHOSEN, REJECTED, *REFERENCES, beta) == pytest.approx(float(theirs), abs=1e-9)


@pytest.mark.parametrize("beta", [0.1, 2.0])
def test_gradient_of_dpo(beta):
    up, down = dpo_loss_gradient(CHOSEN, REJECTED, *REFERENCES, beta)
    check_gradient(lambda x: dpo_loss(x, REJECTED, *REFERENCES, beta), CHOSEN, up)
    check_gradient(lambda x: dpo_loss(CHOSEN, x, *REFERENCES, beta), REJECTED, down)
    assert (up < 0).all() and (down > 0).all()


def test_the_margin_by_hand_and_the_default_beta():
    one = np.ones(1)
    assert reward_margin(-2 * one, -7 * one, -3 * one, -5 * one, 0.5) == pytest.approx([1.5])
    assert dpo_loss(CHOSEN, REJECTED, *REFERENCES) == dpo_loss(CHOSEN, REJECTED, *REFERENCES, 0.1)
    for ours, same in zip(
        dpo_loss_gradient(CHOSEN, REJECTED, *REFERENCES),
        dpo_loss_gradient(CHOSEN, REJECTED, *REFERENCES, 0.1),
        strict=True,
    ):
        assert ours.tolist() == same.tolist()


def test_at_the_start_the_loss_is_log_two():
    """A model that is still its reference: log 2, whatever the answers. Without the reference 4.4, as one is longer."""
    chosen, rejected = np.array([-80.0, -60.0]), np.array([-30.0, -22.0])
    assert dpo_loss(chosen, rejected, chosen, rejected) == pytest.approx(math.log(2), abs=1e-15)
    printed = dpo_loss(chosen, rejected, np.zeros(2), np.zeros(2))
    assert printed == pytest.approx(4.4, abs=0.05)


def test_pairs_in_the_wrong_order_pull_the_most():
    margins = np.array([-500.0, -5.0, 0.0, 5.0, 500.0])
    zero = np.zeros(5)
    up, _ = dpo_loss_gradient(margins, zero, zero, zero, 1.0)
    assert up[0] == pytest.approx(-1 / 5)
    assert up[2] == pytest.approx(-0.1)
    assert (np.diff(up) > 0).all()
    assert dpo_loss(margins[[0]], zero[:1], zero[:1], zero[:1], 1.0) == pytest.approx(500.0)


def test_four_arrays_of_one_shape():
    with pytest.raises(ValueError, match=r"four arrays of one shape \(N\), came \[\(6,\), \(7,\)\]"):
        dpo_loss(CHOSEN, REJECTED[:6], *REFERENCES)
    with pytest.raises(ValueError, match="four arrays of one shape"):
        dpo_loss_gradient(CHOSEN, REJECTED, REFERENCE_CHOSEN, REFERENCE_REJECTED[:1])


def test_advantages_are_the_groups_z_scores():
    rewards = RNG.normal(size=(2, 3, 8))
    r = torch.tensor(rewards)
    theirs = (r - r.mean(-1, keepdim=True)) / r.std(-1, keepdim=True, correction=0)
    # ε = 1e-8 beside deviations of about 1.
    assert grpo_advantage(rewards) == pytest.approx(theirs.numpy(), rel=1e-7)
    exact = (r - r.mean(-1, keepdim=True)) / (r.std(-1, keepdim=True, correction=0) + 0.5)
    assert grpo_advantage(rewards, 0.5) == pytest.approx(exact.numpy(), abs=1e-12)
    assert grpo_advantage(rewards).sum(-1) == pytest.approx(np.zeros((2, 3)), abs=1e-12)


def test_the_default_epsilon_and_groups_without_a_difference():
    assert grpo_advantage(np.array([0.5, 0.5, 0.5])).tolist() == [0.0, 0.0, 0.0]
    tiny = np.array([-1e-8, 1e-8])
    assert grpo_advantage(tiny) == pytest.approx([-0.5, 0.5])


@settings(max_examples=50, deadline=None)
@given(st.floats(-10, 10), st.floats(0.1, 10))
def test_a_constant_in_all_rewards_changes_nothing(constant, scale):
    rewards = np.array([0.0, 1.0, 0.0, 3.0])
    moved = grpo_advantage(scale * rewards + constant)
    assert moved == pytest.approx(grpo_advantage(rewards), abs=1e-6)


def test_without_a_baseline_the_worst_answer_is_praised():
    rewards = np.array([5.0, 6.0, 5.5])
    assert grpo_advantage(rewards).argmin() == 0 and grpo_advantage(rewards)[0] < -1
    assert (rewards / rewards.std()).min() > 10


def test_a_group_has_two_answers_at_least():
    with pytest.raises(ValueError, match="at least 2 answers, came 1"):
        grpo_advantage(np.ones((3, 1)))
    assert grpo_advantage(np.array([1.0, 3.0])) == pytest.approx([-1.0, 1.0])
