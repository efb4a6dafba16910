"""Pipelines: schedules that keep every order, their bubble and memory, and gradients that do not show them."""

import numpy as np
import pytest
import torch

from jinjie.scratch.scale.pipeline import (
    bubble_fraction,
    gpipe_schedule,
    one_f_one_b_schedule,
    peak_activations,
    pipeline_gradients,
)

SCHEDULES = [gpipe_schedule, one_f_one_b_schedule]
SIZES = [(1, 1), (1, 4), (3, 1), (2, 3), (4, 2), (4, 4), (3, 8), (5, 12)]


def times(table):
    return {(cell, s): t for s, row in enumerate(table.tolist()) for t, cell in enumerate(row) if cell}


@pytest.mark.parametrize(("stages", "micro"), SIZES)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_keeps_every_order_and_fills_its_time(schedule, stages, micro):
    """Each pass once; forward after the stage before, backward after the stage behind and its own forward."""
    table = schedule(stages, micro)
    assert table.shape == (stages, 2 * (micro + stages - 1))
    at = times(table)
    assert len(at) == np.count_nonzero(table != "") == 2 * stages * micro
    for j in range(micro):
        for s in range(stages):
            assert at[f"F{j}", s] < at[f"B{j}", s]
            if s:
                assert at[f"F{j}", s - 1] < at[f"F{j}", s]
                assert at[f"B{j}", s] < at[f"B{j}", s - 1]
        assert j == 0 or at[f"F{j - 1}", 0] < at[f"F{j}", 0]
    assert at["F0", 0] == 0 and table[0, -1].startswith("B")  # no time is left over at either end


def test_the_schedules_are_those_of_the_papers():
    def drawn(table):
        return ["".join(f"{cell or '.':3}" for cell in row).rstrip() for row in table.tolist()]

    assert drawn(gpipe_schedule(3, 2)) == [
        "F0 F1 .  .  .  .  B1 B0",
        ".  F0 F1 .  .  B1 B0 .",
        ".  .  F0 F1 B1 B0 .  .",
    ]
    assert drawn(one_f_one_b_schedule(3, 4)) == [
        "F0 F1 F2 .  .  B0 F3 B1 .  B2 .  B3",
        ".  F0 F1 .  B0 F2 B1 F3 B2 .  B3 .",
        ".  .  F0 B0 F1 B1 F2 B2 F3 B3 .  .",
    ]


@pytest.mark.parametrize(("stages", "micro"), SIZES)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_bubble_is_the_waiting_in_the_table(schedule, stages, micro):
    waiting = np.mean(schedule(stages, micro) == "", axis=1)
    np.testing.assert_allclose(waiting, bubble_fraction(stages, micro), rtol=1e-12)  # the same on every stage
    printed = (stages - 1) / micro
    assert (printed == bubble_fraction(stages, micro)) == (stages == 1)
    assert bubble_fraction(4, 1) == 0.75 and (4 - 1) / 1 == 3.0


@pytest.mark.parametrize(("stages", "micro"), SIZES)
def test_gpipe_keeps_all_and_1f1b_no_more_than_the_way_ahead(stages, micro):
    assert peak_activations(gpipe_schedule(stages, micro)).tolist() == [micro] * stages
    expected = [min(micro, stages - s) for s in range(stages)]
    assert peak_activations(one_f_one_b_schedule(stages, micro)).tolist() == expected


def network(examples=7, seed=0):
    rng = np.random.default_rng(seed)
    sizes = [4, 5, 3, 2]
    weights = [rng.standard_normal((i, o)) for i, o in zip(sizes, sizes[1:], strict=False)]
    return weights, rng.standard_normal((examples, 4)), rng.standard_normal((examples, 2))


def serial(weights, x, target):
    """PyTorch, one process, the whole batch at once."""
    leaves = [torch.tensor(weight, requires_grad=True) for weight in weights]
    h = torch.tensor(x)
    for leaf in leaves:
        h = torch.tanh(h @ leaf)
    (torch.sum((h - torch.tensor(target)) ** 2) / (2 * len(x))).backward()
    return [leaf.grad.numpy() for leaf in leaves]


@pytest.mark.parametrize("micro", [1, 2, 3, 7])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_schedule_cannot_be_seen_in_the_gradients(schedule, micro):
    """Seven examples in up to seven micro-batches, some shorter: PyTorch's gradient to 1e-12."""
    weights, x, target = network()
    before = [weight.copy() for weight in weights]
    grads = pipeline_gradients(schedule(3, micro), weights, x, target)
    assert len(grads) == 3
    for grad, expected in zip(grads, serial(weights, x, target), strict=True):
        np.testing.assert_allclose(grad, expected, rtol=1e-12, atol=1e-14)
    for weight, old in zip(weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_one_stage_is_a_plain_network():
    weights, x, target = network()
    grads = pipeline_gradients(gpipe_schedule(1, 2), weights[:1], x, np.ones((7, 5)))
    np.testing.assert_allclose(grads[0], serial(weights[:1], x, np.ones((7, 5)))[0], rtol=1e-12, atol=1e-14)


def test_adding_the_micro_batches_own_means_is_m_times_too_large():
    """Six examples in three: each micro-batch's own mean, added up, is three times the batch's gradient."""
    weights, x, target = network(examples=6)
    whole = serial(weights, x, target)
    added = [serial(weights, px, py) for px, py in zip(np.split(x, 3), np.split(target, 3), strict=True)]
    printed = [sum(parts) for parts in zip(*added, strict=True)]
    ours = pipeline_gradients(one_f_one_b_schedule(3, 3), weights, x, target)
    for wrong, right, grad in zip(printed, whole, ours, strict=True):
        np.testing.assert_allclose(wrong / right, 3.0, rtol=1e-9)
        np.testing.assert_allclose(grad / right, 1.0, rtol=1e-9)


def test_a_pass_before_what_it_needs_is_an_error():
    weights, x, target = network()
    early = gpipe_schedule(3, 2)
    early[:, [2, 5]] = early[:, [5, 2]]  # stage 1 goes back before it has gone forward
    with pytest.raises(KeyError):
        pipeline_gradients(early, weights, x, target)


@pytest.mark.parametrize(("stages", "micro"), [(0, 3), (3, 0), (-1, 3)])
@pytest.mark.parametrize("call", [*SCHEDULES, bubble_fraction])
def test_no_stages_and_no_micro_batches_are_refused(call, stages, micro):
    with pytest.raises(ValueError, match=f"one stage and one micro-batch, got {stages} and {micro}"):
        call(stages, micro)
