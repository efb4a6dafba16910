"""Many at once: every stream is the text that its request gets alone, whoever else is served and whoever leaves."""

import asyncio
import random
from contextlib import suppress

import openai
import pytest

PROMPTS = ("月", "山水", "春", "", "送友人\n", "床前明月光，", "江", "秋夜")


def asked(i, tokens):
    return {
        "model": "poems",
        "prompt": PROMPTS[i % len(PROMPTS)],
        "seed": i,
        "max_tokens": tokens,
        "temperature": (1.0, 0.7, 0.0)[i % 3],
        "extra_body": {"top_k": 50} if i % 5 == 0 else {},
    }


async def stay(client, i, tokens):
    """One stream to its end."""
    text, finish = "", None
    async for chunk in await client.completions.create(stream=True, **asked(i, tokens)):
        assert finish is None, "a piece after the end"
        text += chunk.choices[0].text
        finish = chunk.choices[0].finish_reason
    assert finish is not None
    return text


async def leave(client, i, tokens, dice):
    """A client that goes: before the first piece, after some, or while it waits for a whole answer."""
    if i % 3 == 0:
        with suppress(TimeoutError, openai.APITimeoutError):
            await asyncio.wait_for(client.completions.create(**asked(i, tokens)), dice.uniform(0.05, 0.5))
        return
    stream = await client.completions.create(stream=True, **asked(i, tokens))
    pieces = dice.randrange(6)
    async for _ in stream:
        if pieces == 0:
            break
        pieces -= 1
    await stream.close()


async def crowd(server, staying, leaving, tokens):
    dice = random.Random(0)
    async with server.async_client() as client:
        work = [stay(client, i, tokens) for i in range(staying)]
        # The leavers come in between, and ask for longer texts.
        for i in range(leaving):
            work.insert(dice.randrange(len(work)), leave(client, 1000 + i, 100, dice))
        texts = await asyncio.gather(*work)
    return [text for text in texts if text is not None]


def check(server, alone, staying, leaving, tokens):
    texts = asyncio.run(crowd(server, staying, leaving, tokens))
    # In the order of the list, leavers left out: that of the numbers.
    assert len(texts) == staying
    # Scores differ between batches by fp32 rounding (1e-6), which turns the choice of about one token in a million.
    expected = []
    for i in range(staying):
        settings = asked(i, tokens)
        settings |= settings.pop("extra_body")
        del settings["model"]
        expected.append(alone(**settings))
    assert texts == expected
    status = server.idle()
    assert status["state"] == "ready" and status["faults"] == 0
    return status


def test_sixty_four_streams_on_eight_rows(server, alone):
    before = server.idle()
    status = check(server, alone, staying=64, leaving=0, tokens=16)
    assert status["texts"] - before["texts"] == 64


def test_those_who_leave_change_nothing_and_free_their_places(server, alone):
    before = server.idle()
    status = check(server, alone, staying=16, leaving=16, tokens=16)
    assert status["left"] > before["left"]

    # All places are free: as many as there are can be taken at once.
    async def fill():
        async with server.async_client() as client:
            answer = await client.completions.create(model="poems", prompt=["月"] * 72, max_tokens=1)
            return len(answer.choices)

    assert asyncio.run(fill()) == 72


@pytest.mark.slow
def test_sixty_four_long_streams_with_many_leavers_again_and_again(serve, alone):
    with serve("--rows", "16", "--queue", "200") as server:
        for _ in range(3):
            check(server, alone, staying=64, leaving=64, tokens=100)


def test_a_full_server_says_so_and_the_client_tries_again(serve):
    async def main(server):
        async with server.async_client() as client:
            long = [await client.completions.create(stream=True, **asked(i, 110)) for i in range(4)]
            with pytest.raises(openai.RateLimitError) as caught:
                await client.completions.create(model="poems", prompt=["月"] * 5, max_tokens=2)
            assert caught.value.code == "rate_limit_exceeded"
            assert 1 <= int(caught.value.response.headers["retry-after"]) <= 60
            for stream in long:
                await stream.close()
            # with retries on, as they are by default, it gets through
            patient = client.with_options(max_retries=4)
            answer = await patient.completions.create(model="poems", prompt=["月"] * 5, max_tokens=2)
            assert len(answer.choices) == 5

    with serve("--rows", "2", "--queue", "3") as server:
        asyncio.run(main(server))
