"""The loss in pieces against torch's on the whole scores: value and gradients."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from jinjie.tasks import cross_entropy as pieces
from jinjie.tasks.cross_entropy import IGNORED, cross_entropy


def drawn(dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(3, 7, 8, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()
    weight = torch.randn(11, 8, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()
    targets = torch.randint(11, (3, 7), generator=generator)
    targets[0, :3] = IGNORED
    targets[2, 6] = IGNORED
    return hidden, weight, targets


@pytest.fixture(autouse=True)
def _in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "FEW", 0)


@pytest.mark.parametrize("most", [2**23, 30, 1], ids=["one piece", "pieces", "one position each"])
@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_equals_the_whole(most: int, scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """fp32 sums in another order: 1e-6. The loss may be scaled before it is descended, as accumulation does."""
    monkeypatch.setattr(pieces, "SCORES", most)
    hidden, weight, targets = drawn(torch.float32)
    got = cross_entropy(hidden, weight, targets)
    expected = F.cross_entropy((hidden @ weight.t()).flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-6)
    for a, b in zip(
        torch.autograd.grad(got * scale, (hidden, weight)),
        torch.autograd.grad(expected * scale, (hidden, weight)),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-6)


def test_an_evaluation_makes_no_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A regression test: weights ask for a gradient in an evaluation too, and got one that nobody wanted; the loss has
    the same bits with and without."""
    inputs = drawn(torch.float32)
    trained = cross_entropy(*inputs)
    monkeypatch.setattr(pieces, "_add", None)  # the weights' gradient: to ask for it would be an error
    with torch.no_grad():
        assert torch.equal(cross_entropy(*inputs), trained.detach())


def test_few_scores_are_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same loss either way, to fp32's rounding."""
    inputs = drawn(torch.float32)
    ours = cross_entropy(*inputs)
    monkeypatch.setattr(pieces, "FEW", 2**20)
    theirs = cross_entropy(*inputs)
    assert float(theirs.detach()) == pytest.approx(float(ours.detach()), abs=1e-6)


def test_in_bf16_it_is_as_near_as_the_whole_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against fp64: gradients of size 0.1, bf16 rounds to 1/256 of a number; in pieces the sums are kept in fp32."""
    monkeypatch.setattr(pieces, "SCORES", 22)
    exact, w64, targets = drawn(torch.float64)
    reference = F.cross_entropy((exact @ w64.t()).flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
    hidden, weight, _ = drawn(torch.bfloat16)
    got = cross_entropy(hidden, weight, targets)
    assert got.dtype == torch.float32
    assert float(got.detach()) == pytest.approx(float(reference.detach()), abs=0.02)
    for a, b in zip(
        torch.autograd.grad(got, (hidden, weight)), torch.autograd.grad(reference, (exact, w64)), strict=True
    ):
        assert a.dtype == torch.bfloat16
        assert (a - b).abs().max() < 0.01


def test_nothing_to_predict_is_no_loss() -> None:
    hidden, weight, targets = drawn(torch.float32)
    loss = cross_entropy(hidden, weight, torch.full_like(targets, IGNORED))
    loss.backward()
    assert float(loss.detach()) == 0
    assert hidden.grad is not None and torch.all(hidden.grad == 0)


def test_without_gradients_only_the_loss() -> None:
    hidden, weight, targets = drawn(torch.float32)
    with torch.no_grad():
        quiet = cross_entropy(hidden, weight, targets)
    assert not quiet.requires_grad
    assert float(quiet) == pytest.approx(float(cross_entropy(hidden, weight, targets).detach()), abs=1e-6)


def test_a_head_that_is_frozen_and_a_body_that_is_frozen() -> None:
    for frozen in (0, 1):
        inputs = list(drawn(torch.float32))
        inputs[frozen] = inputs[frozen].detach()
        loss = cross_entropy(*inputs)
        loss.backward()
        assert inputs[1 - frozen].grad is not None


def test_the_whole_scores_never_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    """2,048 positions of 8,192 tokens are 67 MB of scores; here no tensor of them may be larger than a piece."""
    monkeypatch.setattr(pieces, "SCORES", 2**18)
    largest = 0
    linear = F.linear

    def watching(x: torch.Tensor, w: torch.Tensor, bias: None = None) -> torch.Tensor:
        nonlocal largest
        found = linear(x, w)
        largest = max(largest, found.numel())
        return found

    monkeypatch.setattr(pieces.F, "linear", watching)
    hidden, weight = torch.randn(2048, 4, requires_grad=True), torch.randn(8192, 4, requires_grad=True)
    cross_entropy(hidden, weight, torch.randint(8192, (2048,))).backward()
    assert 0 < largest <= 2**18


def test_pieces_are_alike_in_size() -> None:
    assert [(p.start, p.stop) for p in pieces._pieces(31, 10, 100)] == [(0, 8), (8, 16), (16, 24), (24, 31)]
    assert [(p.start, p.stop) for p in pieces._pieces(10, 10, 100)] == [(0, 10)]
    assert [(p.start, p.stop) for p in pieces._pieces(3, 1000, 100)] == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize("most", [7, 22, 100, 10_000])
def test_an_evaluation_in_small_pieces_has_the_same_loss(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Without gradients the pieces are of another size; in fp32 sums differ by less than 1e-5."""
    monkeypatch.setattr(pieces, "LOOKED_AT", most)
    hidden, weight = torch.randn(31, 8), torch.randn(22, 8)
    targets = torch.randint(0, 22, (31,))
    targets[::5] = IGNORED
    whole = F.cross_entropy(hidden @ weight.t(), targets, ignore_index=IGNORED)
    with torch.no_grad():
        assert abs(float(pieces.cross_entropy(hidden, weight, targets) - whole)) < 1e-5


def test_a_head_that_stays_as_it_is_gets_no_gradient_and_what_is_below_it_the_same() -> None:
    hidden, weight, targets = drawn(torch.float32)
    cross_entropy(hidden, weight, targets).backward()
    below, expected = hidden.grad, weight.grad
    hidden.grad = None
    still = weight.detach()
    cross_entropy(hidden, still, targets).backward()
    assert expected is not None and below is not None and hidden.grad is not None
    assert still.grad is None
    assert torch.equal(hidden.grad, below)
