"""The packaged model, opened once, and a real server in a process of its own, reached by the real `openai` client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
import torch
from running import Running, serving

from jinjie.decoding.engine import Ask, Engine
from jinjie.decoding.sampling import Sampling
from jinjie.serve.served import Served
from jinjie.training import finished


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("server"), "--rows", "8", "--queue", "64") as running:
        yield running


@pytest.fixture
def client(server: Running) -> Iterator[openai.OpenAI]:
    with server.client() as made:
        yield made


@pytest.fixture(scope="session")
def served() -> Served:
    """The model that travels in the package, opened here."""
    return Served(finished.open_finished(finished.packaged()["poems"]), "poems")


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., Any]:
    """A server of a test's own."""
    return lambda *words, **kinds: serving(tmp_path, *words, **kinds)


@pytest.fixture
def alone(served: Served) -> Callable[..., str]:
    """What the model writes after a prompt on an engine of one row, without any server."""

    def write(prompt: str, **sampling: Any) -> str:
        engine = Engine(served.network, 1)
        ids = served.processor.prompt(prompt)
        engine.admit(Ask(ids, Sampling(**sampling), frozenset(served.processor.ends)))
        tokens: list[int] = []
        while engine.free == 0:
            tokens += [written.token for written in engine.step() if written.token is not None]
        return served.processor.text(tokens).partition(served.processor.end or "\n\n")[0]

    return write


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The server is at work on the other core."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
