"""Many texts at once: each is what it would be alone, whoever comes and goes beside it."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_generate import BLOCK, KINDS, model, without_cache

from jinjie.base.errors import InvalidInput
from jinjie.decoding import engine as engines
from jinjie.decoding.engine import Ask, Engine
from jinjie.decoding.generate import generate
from jinjie.decoding.sampling import Sampling
from sampled import sampled


def asks(count: int, seed: int = 0) -> list[Ask]:
    """Prompts from one token to more than the block, greedy and drawn, short and long, some with penalties."""
    draw = random.Random(seed)
    made = []
    for i in range(count):
        sampling = Sampling(
            temperature=draw.choice([0, 0.7, 1.0, 1.5]),
            top_k=draw.choice([None, 5]),
            top_p=draw.choice([None, 0.8]),
            repetition_penalty=draw.choice([1.0, 1.3]),
            max_tokens=draw.choice([1, 2, 7, 30]),
            seed=i,
        )
        made.append(Ask([draw.randrange(41) for _ in range(draw.choice([1, 2, 5, 12, 13, 30]))], sampling))
    return made


def alone(network: Any, ask: Ask) -> list[int]:
    return list(generate(network, ask.prompt, ask.sampling, stop=ask.stop))


@pytest.mark.parametrize("settings", KINDS, ids=str)
@pytest.mark.parametrize("rows", sampled([3, 1, 8], 3))
def test_a_text_is_the_same_alone_and_among_others(settings: dict[str, Any], rows: int) -> None:
    """24 asks through few rows: as one ends another takes its place. In fp32, where sums in another order move scores
    by 1e-6: no draw of these seeds is as near to a border."""
    network = model(**settings)
    waiting, at_work, texts = asks(24), {}, {}
    engine = Engine(network, rows)
    while waiting or engine.busy:
        while waiting and engine.free:
            ask = waiting.pop(0)
            ticket = engine.admit(ask)
            at_work[ticket], texts[ticket] = ask, []
        for written in engine.step():
            if written.token is not None:
                texts[written.ticket].append(written.token)
            assert (written.ended is None) == (
                len(texts[written.ticket]) < at_work[written.ticket].sampling.max_tokens
            )
    assert len(texts) == 24
    for ticket, ask in at_work.items():
        assert texts[ticket] == alone(network, ask), ask
    assert engine.free == rows


def test_without_any_cache_the_same_again() -> None:
    """Against the model reading its whole view anew for every token: the engine's own path is not its own judge."""
    network = model()
    engine = Engine(network, 5)
    five = [ask for ask in asks(40) if ask.sampling.repetition_penalty == 1][:5]
    tickets = {engine.admit(ask): ask for ask in five}
    texts: dict[int, list[int]] = {ticket: [] for ticket in tickets}
    while engine.busy:
        for written in engine.step():
            texts[written.ticket] += [written.token] if written.token is not None else []
    for ticket, ask in tickets.items():
        assert texts[ticket] == list(without_cache(network, ask.prompt, ask.sampling))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_who_leaves_disturbs_nobody(seed: int) -> None:
    """Texts are dropped at random moments, while their prompt is read as well; those that stay are as alone."""
    draw = random.Random(seed)
    network = model(kv_heads=2)
    engine = Engine(network, 6)
    kept, texts, waiting = {}, {}, asks(14, seed)
    at_work: list[int] = []
    while waiting or engine.busy:
        while waiting and engine.free:
            ask = waiting.pop()
            ticket = engine.admit(ask)
            kept[ticket], texts[ticket] = ask, []
            at_work.append(ticket)
        if at_work and draw.random() < 0.3:
            leaver = at_work.pop(draw.randrange(len(at_work)))
            before = engine.free
            engine.drop(leaver)
            assert engine.free == before + 1
            del kept[leaver]
            continue
        for written in engine.step():
            assert written.ticket in at_work
            if written.token is not None:
                texts[written.ticket].append(written.token)
            if written.ended:
                at_work.remove(written.ticket)
    for ticket, ask in kept.items():
        assert texts[ticket] == alone(network, ask)


def test_long_prompts_are_read_in_pieces_and_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 4 tokens of prompts a step, one of 12 takes three steps, in each of which the other text gets its token."""
    monkeypatch.setattr(engines, "PIECE", 4)
    network = model()
    engine = Engine(network, 2)
    first = engine.admit(Ask([3], Sampling(temperature=0, max_tokens=9)))
    engine.step()
    second = engine.admit(Ask(list(range(12)), Sampling(temperature=0, max_tokens=3)))
    seen = [[w.ticket for w in engine.step()] for _ in range(3)]
    assert [first in step for step in seen] == [True, True, True]
    assert second in seen[2] and second not in seen[0] + seen[1]


def test_a_stop_token_ends_a_text_and_is_not_given() -> None:
    network = model()
    long = alone(network, Ask([4], Sampling(max_tokens=30)))
    engine = Engine(network, 1)
    engine.admit(Ask([4], Sampling(max_tokens=30), frozenset({long[10]})))
    written = []
    while engine.busy:
        written += engine.step()
    assert [w.token for w in written] == [*long[: long.index(long[10])], None]
    assert [w.ended for w in written][-1] == "stop"


def test_probabilities_are_the_models_own() -> None:
    """Whatever the temperature and the filters: those of the scores themselves, to fp32's rounding."""
    network = model()
    engine = Engine(network, 2)
    engine.admit(Ask([4, 9], Sampling(temperature=0.1, top_k=3, max_tokens=6), logprobs=4))
    engine.admit(Ask([4, 9], Sampling(temperature=0.1, top_k=3, max_tokens=6)))
    text = [4, 9]
    while engine.busy:
        for written in engine.step():
            if written.ticket == 2:
                assert written.logprob is None and written.top == []
                continue
            with torch.no_grad():
                own = network(torch.tensor([text]))[0, -1].log_softmax(-1)
            assert written.token is not None
            assert written.logprob == pytest.approx(float(own[written.token]), abs=1e-5)
            values, tokens = own.topk(4)
            assert [t for t, _ in written.top] == tokens.tolist()
            assert [p for _, p in written.top] == pytest.approx(values.tolist(), abs=1e-5)
            text.append(written.token)


def test_what_cannot_be_asked() -> None:
    engine = Engine(model(), 1)
    with pytest.raises(InvalidInput, match="at least one token"):
        engine.admit(Ask([], Sampling()))
    with pytest.raises(InvalidInput, match="0 to 40"):
        engine.admit(Ask([41], Sampling()))
    assert engine.step() == []
    ticket = engine.admit(Ask([1], Sampling()))
    with pytest.raises(ValueError, match="taken"):
        engine.admit(Ask([1], Sampling()))
    engine.drop(ticket)
    engine.drop(ticket)
    assert engine.free == 1
    with pytest.raises(ValueError, match="training mode"):
        Engine(model().train(), 1)


def test_in_bf16_rows_stay_apart_too() -> None:
    """bf16 rounds batches and single texts differently, so texts may part at a near tie. The first token of each of
    these prompts has a clear lead, and a row that looked at another's keys would not keep it."""
    network = model().bfloat16()
    prompts = [list(range(i, i + 1 + i % 7)) for i in range(8)]
    engine = Engine(network, 8)
    tickets = {engine.admit(Ask(p, Sampling(temperature=0, max_tokens=1))): p for p in prompts}
    first: dict[int, int | None] = {}
    while engine.busy:
        first |= {w.ticket: w.token for w in engine.step()}
    for ticket, prompt in tickets.items():
        with torch.no_grad():
            scores = network(torch.tensor([prompt]))[0, -1].float()
        token = first[ticket]
        assert token is not None and scores[token] > scores.max() - 0.1


def test_a_text_that_sees_all_is_written_without_a_cache() -> None:
    """Without its causal mask a model's every state changes with each new token: nothing can be kept."""
    network = model(causal=False)
    sampling = Sampling(temperature=0, max_tokens=BLOCK + 4)
    text = [5]
    for token in generate(network, [5], sampling):
        with torch.no_grad():
            assert token == int(network(torch.tensor([text[-BLOCK:]]))[0, -1].argmax())
        text.append(token)
    assert len(text) == BLOCK + 5
