"""A real server in a process of its own, reached by the real `openai` client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai

TOKEN = "a-token-of-forty-three-characters-or-so-0123"


@dataclass
class Running:
    """A server's process and how it is reached."""

    process: subprocess.Popen[str]
    base_url: str
    log: Path

    def client(self, **settings: Any) -> openai.OpenAI:
        return openai.OpenAI(
            **{"base_url": self.base_url, "api_key": TOKEN, "max_retries": 0, "timeout": 60} | settings
        )

    def async_client(self, **settings: Any) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(
            **{"base_url": self.base_url, "api_key": TOKEN, "max_retries": 0, "timeout": 120} | settings
        )

    def http(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.base_url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=60, trust_env=False
        )

    def status(self) -> dict[str, Any]:
        with self.http() as client:
            return client.get("/jinjie/status").json()

    def idle(self, seconds: float = 10) -> dict[str, Any]:
        """The status once nothing is at work or waiting; fails when that takes longer."""
        end = time.monotonic() + seconds
        while (status := self.status())["active"] or status["waiting"]:
            assert time.monotonic() < end, status
            time.sleep(0.05)
        return status


@contextmanager
def serving(folder: Path, *words: str, model: str = "poems", data: Path | None = None) -> Iterator[Running]:
    """`jinjie serve` on a free port of this machine; `data` is where downloads are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {
        "JINJIE_HOME": str(folder / "home"),
        "JINJIE_LANG": "en",
        "JINJIE_TOKEN": TOKEN,
        "OMP_NUM_THREADS": "1",
    }
    if data is not None:
        environment["JINJIE_DATA"] = str(data)
    log = folder / "log"
    command = [
        sys.executable,
        "-m",
        "jinjie",
        "serve",
        model,
        "--port",
        "0",
        "--json",
        "--threads",
        "1",
        *words,
    ]
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, log.read_text()
        running = Running(process, json.loads(line)["base_url"], log)
        end = time.monotonic() + 60
        while True:  # the port answers as soon as it is taken, the server a moment later
            try:
                running.status()
                break
            except httpx.HTTPError:
                assert time.monotonic() < end and process.poll() is None, log.read_text()
        yield running
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
