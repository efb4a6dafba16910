"""Attention: both paths against the formula written out, their gradients, caches and positions."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.models.attention import explicit as explicit_path
from jinjie.models.attention import rotary
from jinjie.models.attention.attend import LONGEST, attend, explicit, weigh
from jinjie.models.attention.cache import Cache
from jinjie.models.attention.explicit import attend_explicitly

Three = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def drawn(
    heads: int, groups: int, time: int, keys: int, *, dtype: torch.dtype, size: int = 4, batch: int = 2
) -> Three:
    generator = torch.Generator().manual_seed(time * 100 + keys)
    shapes = [(batch, heads, time, size), (batch, groups, keys, size), (batch, groups, keys, size)]
    q, k, v = (torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for shape in shapes)
    return q.requires_grad_(), k.requires_grad_(), v.requires_grad_()


def formula(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool) -> torch.Tensor:
    """softmax(QKᵀ/√D)V one query at a time, each over the keys that it may see."""
    heads, time, size = q.shape[1:]
    groups, keys = k.shape[1:3]
    rows = []
    for head in range(heads):
        own = head // (heads // groups)
        for t in range(time):
            seen = keys - time + t + 1 if causal else keys
            scores = torch.einsum("bd,bsd->bs", q[:, head, t], k[:, own, :seen]) / size**0.5
            rows.append(torch.einsum("bs,bsd->bd", scores.softmax(-1), v[:, own, :seen]))
    return torch.stack(rows, 1).view(len(q), heads, time, v.shape[-1])


cases = pytest.mark.parametrize(
    ("heads", "groups", "time", "keys"),
    [(3, 3, 5, 5), (4, 2, 5, 5), (4, 1, 1, 6), (4, 2, 3, 7), (2, 2, 1, 1), (2, 1, 9, 9), (2, 2, 7, 11)],
    ids=str,
)


@cases
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("chunk", [256, 2], ids=["whole", "chunks"])
def test_explicit_is_the_formula_and_its_gradient(
    heads: int, groups: int, time: int, keys: int, causal: bool, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In fp64, where only a wrong formula is off by more than 1e-12; every element of every gradient is compared."""
    monkeypatch.setattr(explicit_path, "CHUNK", chunk)
    inputs = drawn(heads, groups, time, keys, dtype=torch.float64)
    expected, got = formula(*inputs, causal), attend_explicitly(*inputs, causal=causal)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)
    weight = torch.arange(got.numel(), dtype=torch.float64).view(got.shape).cos()
    for a, b in zip(
        torch.autograd.grad((got * weight).sum(), inputs),
        torch.autograd.grad((expected * weight).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


@cases
@pytest.mark.parametrize("causal", [True, False])
def test_fused_is_the_formula(heads: int, groups: int, time: int, keys: int, causal: bool) -> None:
    inputs = drawn(heads, groups, time, keys, dtype=torch.float64)
    torch.testing.assert_close(attend(*inputs, causal=causal), formula(*inputs, causal), rtol=0, atol=1e-12)


def test_explicit_gradients_agree_with_differences() -> None:
    """gradcheck moves every input a little and compares: no other derivation is involved."""
    inputs = drawn(4, 2, 5, 5, dtype=torch.float64, batch=1)
    assert torch.autograd.gradcheck(lambda q, k, v: attend_explicitly(q, k, v, causal=True), inputs)


@pytest.mark.parametrize("time", [64, 300])
def test_explicit_in_bf16_is_as_good_as_fused_in_bf16(time: int) -> None:
    """Against fp32: bf16 rounds to 1/256 of a number, outputs and gradients are of size 1. Outputs within 0.03
    (measured: explicit 0.015, fused 0.008), gradients within 2 % of the largest (explicit 0.6 %, fused 0.9 %).
    300 queries go through more than one chunk."""
    q, k, v = drawn(4, 4, time, time, dtype=torch.bfloat16, size=32)
    exact = [x.detach().float().requires_grad_() for x in (q, k, v)]
    reference = torch.nn.functional.scaled_dot_product_attention(*exact, is_causal=True)
    got = attend(q, k, v, causal=True)
    weight = torch.linspace(0, 40, got.numel()).view(got.shape).cos()
    assert (got - reference).abs().max() < 0.03
    gradients = torch.autograd.grad((got.float() * weight).sum(), (q, k, v))
    for a, b in zip(gradients, torch.autograd.grad((reference * weight).sum(), exact), strict=True):
        assert a.dtype == torch.bfloat16
        assert (a - b).abs().max() < 0.02 * max(1, float(b.abs().max()))


def test_a_later_token_changes_nothing_before_it() -> None:
    for dtype in (torch.float32, torch.bfloat16):
        q, k, v = drawn(4, 2, 8, 8, dtype=dtype)
        before = attend(q, k, v, causal=True)
        with torch.no_grad():
            for x in (q, k, v):
                x[:, :, -1] = 9
        after = attend(q, k, v, causal=True)
        assert torch.equal(before[:, :, :-1], after[:, :, :-1])
        assert not torch.equal(before[:, :, -1], after[:, :, -1])


def test_inputs_as_a_fused_projection_gives_them() -> None:
    """Not contiguous: slices of one (B, T, heads, D) tensor, turned."""
    qkv = torch.randn(2, 6, 8, 4, dtype=torch.float64, requires_grad=True)
    q, k, v = qkv.transpose(1, 2).split([4, 2, 2], 1)
    got = torch.autograd.grad(attend_explicitly(q, k, v, causal=True).sin().sum(), qkv)[0]
    expected = torch.autograd.grad(formula(q, k, v, True).sin().sum(), qkv)[0]
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)


def test_the_path_is_picked_by_device_precision_and_length() -> None:
    assert explicit("cpu", torch.bfloat16, 1, LONGEST)
    assert not explicit("cpu", torch.bfloat16, 1, LONGEST + 1)
    assert explicit("cpu", torch.float32, 512, 1024)
    assert not explicit("cpu", torch.float32, 511, 511)
    assert not explicit("cpu", torch.float32, 1, 512)
    assert not explicit("cpu", torch.float32, 1025, 1025)
    assert not explicit("cpu", torch.float64, 512, 512)
    assert not explicit("cuda", torch.bfloat16, 64, 64)
    assert not explicit("cuda", torch.float32, 512, 512)


@pytest.mark.parametrize("causal", [True, False])
def test_both_paths_agree_in_fp32_where_the_explicit_one_is_taken(causal: bool) -> None:
    """520 queries over 600 keys, more than one chunk: to fp32's rounding of numbers of size 1."""
    q, k, v = drawn(4, 2, 520, 600, dtype=torch.float32, size=8)
    exact = [x.detach().double().requires_grad_() for x in (q, k, v)]
    assert explicit("cpu", q.dtype, 520, 600) and not explicit("cpu", torch.float64, 520, 600)
    got, expected = attend(q, k, v, causal=causal), attend(*exact, causal=causal)
    torch.testing.assert_close(got, expected.float(), rtol=0, atol=2e-6)
    weight = torch.linspace(0, 40, got.numel()).view(got.shape).cos()
    for a, b in zip(
        torch.autograd.grad((got * weight).sum(), (q, k, v)),
        torch.autograd.grad((expected * weight).sum(), exact),
        strict=True,
    ):
        torch.testing.assert_close(a, b.float(), rtol=0, atol=1e-5 * float(b.abs().max()))


def test_without_gradients_nothing_is_kept() -> None:
    q, k, v = drawn(2, 2, 4, 4, dtype=torch.bfloat16)
    with torch.no_grad():
        assert attend(q, k, v, causal=True).grad_fn is None
    assert attend(q, k, v, causal=True).grad_fn is not None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 1000))
def test_rotated_scores_depend_on_the_distance_alone(i: int, j: int, shift: int) -> None:
    """q·k after rotation is the same for positions (i, j) and (i + shift, j + shift), which is the point of it.
    fp32 angles of up to 1,050 radians are off by 6e-5, times q·k of size 8."""
    q, k = torch.randn(2, 1, 1, 1, 8, generator=torch.Generator().manual_seed(i)).unbind()

    def score(a: int, b: int) -> torch.Tensor:
        turned = (
            rotary.rotate(x, rotary.angles(torch.tensor([at]), rotary.rates(8, 10000.0, q.device), q.dtype))
            for x, at in ((q, a), (k, b))
        )
        first, second = turned
        return (first * second).sum()

    torch.testing.assert_close(score(i + shift, j + shift), score(i, j), rtol=0, atol=2e-3)


def test_rotation_is_llamas() -> None:
    """Against the formula in complex numbers: (x₀ + i·x₁)·e^(i·position·theta^(−2n/D)), pairs half a head apart."""
    x = torch.randn(1, 2, 5, 8, dtype=torch.float32, generator=torch.Generator().manual_seed(0))
    rates = 500.0 ** (-torch.arange(0, 8, 2, dtype=torch.float64) / 8)
    turn = torch.polar(
        torch.ones(5, 4, dtype=torch.float64), torch.outer(torch.arange(3.0, 8.0).double(), rates)
    )
    expected = torch.complex(x[..., :4].double(), x[..., 4:].double()) * turn
    got = rotary.rotate(x, rotary.angles(torch.arange(3, 8), rotary.rates(8, 500.0, x.device), x.dtype))
    # fp32 arithmetic on numbers of size 1.
    torch.testing.assert_close(got, torch.cat((expected.real, expected.imag), -1).float(), rtol=0, atol=2e-6)


def test_bf16_positions_stay_apart() -> None:
    """bf16 cannot tell 257 from 256; the angles are worked out in fp32, so neighbours still differ."""
    rates = rotary.rates(8, 10000.0, torch.device("cpu"))
    found = rotary.angles(torch.tensor([256, 257]), rates, torch.bfloat16)
    assert found.cos.dtype == torch.bfloat16
    assert not torch.equal(found.cos[0], found.cos[1])


def test_the_cache_gives_back_what_was_written_in_order() -> None:
    cache = Cache(2, 1, 3, 8, 4, dtype=torch.float32, device=torch.device("cpu"))
    assert cache.block == 8
    parts = [torch.randn(1, 3, time, 4) for time in (3, 1, 2)]
    for part in parts:
        for layer in range(2):
            k, v = cache.extend(layer, part + layer, part - layer)
        cache.advance(part.shape[2])
    assert cache.longest == 6 and cache.even
    assert torch.equal(k, torch.cat(parts, 2) + 1)
    assert torch.equal(v, torch.cat(parts, 2) - 1)
    assert torch.equal(cache.keys[0, :, :, :6], torch.cat(parts, 2))
    cache.clear()
    assert cache.extend(0, parts[1], parts[1])[0].shape == (1, 3, 1, 4)


def test_sight_hides_keys_on_both_paths() -> None:
    """Against the formula over the keys that are left, in fp64; gradients as well, and nothing from what is hidden."""
    generator = torch.Generator().manual_seed(5)
    for causal, time, keys in ((True, 6, 6), (False, 4, 7), (True, 3, 8)):
        q, k, v = drawn(4, 2, time, keys, dtype=torch.float64)
        sight = torch.rand(2, time, keys, generator=generator) < 0.5
        sight[:, :, 0] = True
        scores = torch.einsum("bhtd,bhsd->bhts", q, k.repeat_interleave(2, 1)) / 2
        seen = sight[:, None] & (
            torch.ones(time, keys, dtype=torch.bool).tril(keys - time) if causal else torch.tensor(True)
        )
        expected = scores.masked_fill(~seen, float("-inf")).softmax(-1) @ v.repeat_interleave(2, 1)
        for path in (attend, attend_explicitly):
            got = path(q, k, v, causal=causal, sight=sight)
            torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)
            for a, b in zip(
                torch.autograd.grad(got.sin().sum(), (q, k, v)),
                torch.autograd.grad(expected.sin().sum(), (q, k, v), retain_graph=True),
                strict=True,
            ):
                torch.testing.assert_close(a, b, rtol=0, atol=1e-12)
        # fp32 on purpose: looked at, not computed with.
        weights = weigh(q, k, causal=causal, sight=sight)
        torch.testing.assert_close(weights.double() @ v.repeat_interleave(2, 1), expected, rtol=0, atol=1e-5)


def test_sight_is_kept_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explicit_path, "CHUNK", 2)
    q, k, v = drawn(4, 2, 7, 7, dtype=torch.float64)
    sight = torch.ones(2, 7, 7, dtype=torch.bool).tril().triu(-2)
    got = attend_explicitly(q, k, v, causal=True, sight=sight)
    torch.testing.assert_close(got, attend(q, k, v, causal=True, sight=sight), rtol=0, atol=1e-12)


def test_rows_of_a_cache_have_their_own_lengths() -> None:
    """Three rows that have read 2, 0 and 5 positions each write one more: each stands behind its own."""
    cache = Cache(1, 3, 1, 8, 2, dtype=torch.float32, device=torch.device("cpu"))
    first = torch.randn(3, 1, 5, 2)
    cache.extend(0, first, first)
    cache.advance(torch.tensor([2, 0, 5]))
    assert not cache.even
    assert cache.positions(1).tolist() == [[2], [0], [5]]
    new = torch.randn(3, 1, 1, 2)
    keys, _ = cache.extend(0, new, -new)
    sight = cache.sight(1)
    assert sight is not None and sight.shape == (3, 1, 6)
    for row, length in enumerate((2, 0, 5)):
        own = keys[row, 0][sight[row, 0]]
        assert torch.equal(own, torch.cat((first[row, 0, :length], new[row, 0])))
    cache.advance(1)
    cache.copy(2, 1)
    assert cache.lengths.tolist() == [3, 6, 6]
    cache.reorder([1, 0, 0])
    assert cache.lengths.tolist() == [6, 3, 3]
    assert torch.equal(cache.keys[0, 0, 0, :5], first[2, 0])
    assert torch.equal(cache.keys[0, 2, 0, :2], first[0, 0, :2])


def test_a_view_of_rows_writes_into_the_whole() -> None:
    cache = Cache(1, 3, 1, 4, 2, dtype=torch.float32, device=torch.device("cpu"))
    view = cache.rows(1, 2)
    new = torch.randn(1, 1, 3, 2)
    view.extend(0, new, new)
    view.advance(3)
    assert cache.lengths.tolist() == [0, 3, 0]
    assert torch.equal(cache.keys[0, 1, 0, :3], new[0, 0])
