"""`jinjie serve` as it is typed: what it says, what it refuses, in both languages."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

import httpx
import pytest

from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.serve import server
from jinjie.serve.served import Served
from jinjie.training import finished


def jinjie(*words, lang="en", **environment):
    return subprocess.run(
        [sys.executable, "-m", "jinjie", "--lang", lang, *words],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environment,
    )


class Started:
    """A server with what it prints, line by line."""

    def __init__(self, *words, lang="en", **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jinjie", "--lang", lang, "serve", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        )

    def lines(self, last):
        """What it prints, up to the line that begins with `last`."""
        watch = threading.Timer(120, self.process.kill)
        watch.start()
        read = []
        while not read or not read[-1].startswith(last):
            line = self.process.stdout.readline()
            assert line, read
            read.append(line)
        watch.cancel()
        return "".join(read)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def models(base_url, token):
    """What the server says it serves, once it answers."""
    end = time.monotonic() + 60
    while True:
        try:
            return httpx.get(
                f"{base_url}/models", headers={"authorization": f"Bearer {token}"}, trust_env=False
            )
        except httpx.HTTPError:
            assert time.monotonic() < end


@pytest.mark.parametrize(("lang", "end"), [("en", "Ctrl-C"), ("zh", "按 Ctrl-C")])
def test_it_says_what_it_serves_and_how_to_ask(home, lang, end):
    with Started("poems", "--port", "0", "--rows", "4", lang=lang) as started:
        said = started.lines(end)
        token = (home / "serve" / "token").read_text().strip()
        assert stat.S_IMODE((home / "serve" / "token").stat().st_mode) == 0o600 or os.name == "nt"
        assert token in said and "3.5M" in said and "4.72 MB" in said and "128" in said
        base_url = re.search(r"http://127\.0\.0\.1:\d+/v1", said)[0]
        assert models(base_url, token).json()["data"][0]["id"] == "poems"
        # The examples work as they stand.
        curl = said[said.index("curl") : said.index("}]}'") + 4]
        answer = subprocess.run(curl, shell=True, capture_output=True, text=True, timeout=60)
        assert json.loads(answer.stdout)["choices"][0]["message"]["content"]
        code = "\n".join(
            line.strip() for line in said.splitlines() if line.strip().startswith(("from", "client", "print"))
        )
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert answer.returncode == 0 and answer.stdout.strip(), answer.stderr
        started.process.send_signal(signal.SIGINT)
        started.process.wait(timeout=20)
        assert "Traceback" not in started.process.stdout.read()


def test_json_for_scripts_and_a_token_from_the_environment():
    with Started("poems", "--port", "0", "--json", "--name", "tang", JINJIE_TOKEN="from-outside") as started:
        facts = json.loads(started.lines("{"))
        assert facts["token"] == "from-outside" and facts["model"] == "tang"
        assert facts["context"] == facts["max_tokens"] == 128
        assert models(facts["base_url"], "from-outside").json()["data"][0]["id"] == "tang"
        assert models(facts["base_url"], "other").status_code == 401


@pytest.mark.parametrize("weights", ["int8", "auto"])
def test_weights_in_a_format_are_told_and_smaller(weights):
    with Started("poems", "--port", "0", "--json", "--weights", weights) as started:
        facts = json.loads(started.lines("{"))
    assert facts["parameters"] == 3_495_168
    if weights == "auto":
        assert facts["weights"] == "fp32" and facts["weights_bytes"] == 4 * facts["parameters"]
    else:
        assert facts["weights"] == "int8" and facts["weights_bytes"] < 2.5 * facts["parameters"]


def test_the_cache_is_as_large_as_it_says():
    from jinjie.decoding.engine import Engine

    served = Served(finished.open_finished(finished.packaged()["poems"]), "poems")
    cache = Engine(served.network, 3).cache
    assert served.cache_bytes(3) == cache.keys.nbytes + cache.values.nbytes


def test_what_cannot_be_served():
    answer = jinjie("serve", "poem")
    assert answer.returncode == 2 and "poems" in answer.stderr
    assert jinjie("serve", "poems", "--rows", "0").returncode == 2
    answer = jinjie("serve", "poems", "--weights", "int7")
    assert answer.returncode == 2 and "--weights" in answer.stderr and "int8" in answer.stderr


@pytest.mark.parametrize(
    ("token", "host", "said"),
    [
        ("", "127.0.0.1", "--token"),
        ("with blank", "127.0.0.1", "--token"),
        ("短", "127.0.0.1", "--token"),
        ("a\nb", "127.0.0.1", "--token"),
        ("short", "0.0.0.0", "16"),
    ],
)
def test_a_token_that_is_none(token, host, said):
    with pytest.raises(InvalidInput) as caught:
        server.take(server.Options(host=host, port=0, token=token))
    assert said in "\n".join(map(str, caught.value.problems))


def test_a_short_token_will_do_where_nobody_else_can_guess(monkeypatch):
    door = server.take(server.Options(port=0, token="short"))
    door.listener.close()
    monkeypatch.setenv("JINJIE_TOKEN", "")
    with pytest.raises(InvalidInput, match="JINJIE_TOKEN"):
        server.take(server.Options(port=0))


def test_a_taken_port_is_said_before_the_model_is_opened(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = jinjie("serve", "poems", "--port", str(taken.getsockname()[1]), lang="zh")
    assert answer.returncode == 1 and "端口" in answer.stderr and "--port 0" in answer.stderr


def test_more_rows_than_memory_are_refused_before_they_are_taken(monkeypatch):
    from types import SimpleNamespace

    import psutil

    served = Served(finished.open_finished(finished.packaged()["poems"]), "poems")
    door = server.take(server.Options(port=0))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=served.cache_bytes(5)))
    with pytest.raises(JinjieError, match="--rows 5"):
        server.prepare(door, served, server.Options(rows=6))
    assert server.prepare(door, served, server.Options(rows=5)).max_tokens == 128
    assert server.prepare(door, served, server.Options(rows=5, max_tokens=9)).max_tokens == 9
    door.listener.close()


def test_another_host_is_warned_of_and_any_name_is_answered_with_the_token():
    token = "a-token-that-is-long-enough"
    with Started("poems", "--host", "0.0.0.0", "--port", "0", "--token", token) as started:
        said = started.lines("Ctrl-C")
        assert "Attention" in said and "0.0.0.0" in said
        port = said.rpartition("/v1")[0].rpartition(":")[2].split("/")[0]
        headers = {"host": "my-machine.example", "authorization": f"Bearer {token}"}
        address = f"http://127.0.0.1:{port}/v1/models"
        models(f"http://127.0.0.1:{port}/v1", token)
        assert httpx.get(address, headers=headers, trust_env=False).status_code == 200
        headers["authorization"] = "Bearer x"
        assert httpx.get(address, headers=headers, trust_env=False).status_code == 401
