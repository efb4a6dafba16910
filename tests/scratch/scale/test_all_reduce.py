"""Ring all-reduce: the sum on every worker, and the traffic that was promised."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.scratch.scale.all_reduce import (
    all_gather,
    reduce_scatter,
    ring_all_reduce,
    ring_bytes,
    ring_seconds,
    server_all_reduce,
)


def drawn(workers, shape, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for _ in range(workers)]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 9), st.lists(st.integers(0, 5), min_size=0, max_size=3), st.integers(0, 2**32 - 1))
def test_the_ring_gives_every_worker_the_sum(workers, shape, seed):
    """Any number of workers and any shape: fewer numbers than workers and none at all among them."""
    arrays = drawn(workers, tuple(shape), seed)
    before = [array.copy() for array in arrays]
    totals, sent = ring_all_reduce(arrays)
    assert len(totals) == len(sent) == workers and sent.dtype == np.int64
    for total in totals:
        assert total.shape == tuple(shape)
        np.testing.assert_allclose(total, sum(arrays), rtol=0, atol=1e-12)  # another order of adding
        np.testing.assert_array_equal(total, totals[0])  # replicas are equal to the last bit
    for array, old in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, old)


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_each_half_leaves_each_worker_its_part(workers):
    arrays = drawn(workers, (3, 5))
    chunks, sent = reduce_scatter(arrays)
    expected = np.array_split(sum(arrays).ravel(), workers)
    for chunk, part in zip(chunks, expected, strict=True):
        np.testing.assert_allclose(chunk, part, rtol=0, atol=1e-12)
    # Worker k passes on every chunk but the one that it keeps.
    assert sent.tolist() == [15 * 8 - chunk.nbytes for chunk in chunks]
    wholes, sent = all_gather(expected)
    for whole in wholes:
        np.testing.assert_array_equal(whole, sum(arrays).ravel())
    # Worker k passes on every chunk but the one that its neighbour brought.
    assert sent.tolist() == [15 * 8 - expected[(k + 1) % workers].nbytes for k in range(workers)]


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 6, 12])
def test_the_ring_sends_what_the_formula_says(workers):
    """12 numbers of 8 bytes: at most 2 · 96 bytes each, where everybody to everybody would be 11 · 96."""
    arrays = drawn(workers, 12)
    _, sent = ring_all_reduce(arrays)
    assert sent.tolist() == [ring_bytes(96.0, workers)] * workers
    assert sent[0] == 2 * (workers - 1) * 96 // workers < 2 * 96
    printed = (workers - 1) * 96
    assert (printed > sent[0]) == (workers > 2)
    if workers == 12:
        assert sent[0] == 176 and printed == 1056


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_a_server_gives_the_same_sum_and_sends_the_most(workers):
    arrays = drawn(workers, (4, 5))
    totals, sent = server_all_reduce(arrays)
    for total in totals:
        np.testing.assert_allclose(total, ring_all_reduce(arrays)[0][0], rtol=0, atol=1e-12)
    assert len({id(total) for total in totals}) == workers  # everybody has a copy
    assert sent.tolist() == [(workers - 1) * 160] + [160] * (workers - 1)
    assert sent.sum() == workers * ring_bytes(160, workers)  # the traffic in all is that of the ring


def test_the_time_is_latency_and_wire():
    assert ring_seconds(1.2e9, workers=1, bandwidth=1e9, latency=1.0) == 0
    assert ring_seconds(1.2e9, workers=4, bandwidth=1e9, latency=0.0) == pytest.approx(
        ring_bytes(1.2e9, 4) / 1e9, rel=1e-12
    )
    assert ring_seconds(0.0, workers=4, bandwidth=1e9, latency=0.5) == 3.0
    assert ring_seconds(1.2e9, workers=4, bandwidth=1e9, latency=0.5) == pytest.approx(4.8, rel=1e-12)


@pytest.mark.parametrize("reduce", [ring_all_reduce, reduce_scatter, server_all_reduce])
def test_arrays_of_other_shapes_and_no_arrays_are_refused(reduce):
    with pytest.raises(ValueError, match=r"all of one shape, got the shapes \[\(2,\), \(3,\)\]"):
        reduce([np.ones(2), np.ones(3)])
    with pytest.raises(ValueError, match=r"one array per worker, .* got the shapes \[\]"):
        reduce([])
