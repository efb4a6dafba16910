"""Clients that go, that do not read, and a server that ends."""

import asyncio
import json
import signal
import socket
import time

import httpx
import openai
import pytest
from running import TOKEN


def request(server, body):
    """A request as bytes on a socket, so that the test decides what is read and when it goes."""
    content = json.dumps(body).encode()
    url = httpx.URL(server.base_url)
    connection = socket.create_connection((url.host, url.port), timeout=30)
    connection.sendall(
        f"POST /v1/completions HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()
        + content
    )
    return connection


LONG = {
    "model": "poems",
    "prompt": "月",
    "max_tokens": 120,
    "n": 8,
    "logit_bias": {"1": -100},
    "temperature": 2,
}


@pytest.mark.parametrize("stream", [True, False])
def test_whoever_hangs_up_is_served_no_longer(server, stream):
    before = server.idle()["left"]
    connection = request(server, LONG | {"stream": stream})
    if stream:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    end = time.monotonic() + 10
    while server.status()["active"] < 8:
        assert time.monotonic() < end
    connection.close()
    status = server.idle(5)
    assert status["left"] == before + 8 or status["texts"] > 0
    assert status["left"] > before


def test_whoever_hangs_up_while_waiting_leaves_the_queue(server):
    before = server.idle()["left"]
    connections = [request(server, LONG | {"n": 20, "stream": stream}) for stream in (True, False, True)]
    end = time.monotonic() + 10
    while server.status()["waiting"] < 40:
        assert time.monotonic() < end, server.status()
    for connection in connections:
        connection.close()
    status = server.idle(10)
    assert status["left"] >= before + 40


def test_a_slow_reader_holds_nobody_up(server):
    """One reads nothing of a long answer: another is served at its usual pace, and the rows are free in the end."""
    slow = request(server, LONG | {"stream": True, "logprobs": 5})
    with server.client() as client:
        answer = client.completions.create(model="poems", prompt="山", max_tokens=20, seed=1)
        assert answer.choices[0].text
    server.idle(30)
    read = b""
    slow.settimeout(30)
    while not read.endswith(b"0\r\n\r\n"):
        part = slow.recv(2**16)
        assert part
        read += part
    assert b"data: [DONE]" in read
    slow.close()


@pytest.fixture
def ending(serve):
    with serve("--rows", "2", "--queue", "8") as server:
        yield server


def test_the_server_ends_in_seconds_and_says_so_to_those_who_are_not_done(ending):
    async def main():
        async with ending.async_client() as client:
            stream = await client.completions.create(
                model="poems",
                prompt="月",
                max_tokens=120,
                n=2,
                stream=True,
                logit_bias={"1": -100},
                temperature=2,
            )
            await anext(stream)
            waiting = asyncio.ensure_future(
                client.completions.create(model="poems", prompt="月", max_tokens=120, n=2)
            )
            while ending.status()["waiting"] < 2:
                await asyncio.sleep(0.01)
            begin = time.monotonic()
            ending.process.send_signal(signal.SIGTERM)
            # Those at work come to their end; those who wait are turned away.
            finishes = [chunk.choices[0].finish_reason async for chunk in stream]
            assert [finish for finish in finishes if finish] in (
                ["stop"] * 2,
                ["length"] * 2,
                ["length", "stop"],
                ["stop", "length"],
            )
            with pytest.raises(openai.InternalServerError) as caught:
                await waiting
            assert caught.value.status_code == 503 and caught.value.code == "server_closing"
            ending.process.wait(timeout=20)
            assert time.monotonic() - begin < 15
            with pytest.raises(openai.APIConnectionError):
                await client.models.list()

    asyncio.run(main())
    assert "Traceback" not in ending.log.read_text()
