"""llama.cpp against our own network: the same scores, the same greedy text, many texts at once, and the server."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from drawn import randomised

from jinjie.base.errors import JinjieError
from jinjie.decoding.engine import Ask, Engine
from jinjie.decoding.llama import Llama
from jinjie.decoding.sampling import Sampling
from jinjie.decoding.text import write_many
from jinjie.models import gpt
from jinjie.models.gpt.config import Linear, Llama3
from jinjie.training import gguf
from jinjie.training.finished import Finished, model_folder, open_finished, text_processor

pytest.importorskip(
    "llama_cpp", reason="llama-cpp-python is compiled where it is installed: pip install 'jinjie[llama]'"
)

LLAMA: dict[str, Any] = {
    "vocabulary": 97,
    "block": 64,
    "layers": 2,
    "width": 64,
    "heads": 4,
    "positions": "rotary",
    "norm": "rmsnorm",
    "activation": "silu",
    "gated": True,
    "bias": False,
    "feedforward": 96,
    "tied": False,
}
EXACT = 2e-5
"""Both work in fp32 and add up some hundred terms in another order."""
GELU = 5e-3
"""llama.cpp takes GELU from a table in fp16."""
SHAPES: list[tuple[dict[str, Any], float]] = [
    ({}, EXACT),
    ({"tied": True, "kv_heads": 2}, EXACT),
    ({"biased": "qkv"}, EXACT),
    ({"bias": True}, EXACT),
    ({"biased": "feedforward", "head_width": 32}, EXACT),
    ({"biased": "qkv", "head_width": 32}, EXACT),
    ({"qk_norm": True}, EXACT),
    ({"rope_scaling": Linear(factor=2.0)}, EXACT),
    ({"rope_scaling": Llama3(factor=4.0, low=1.0, high=4.0, original=32)}, EXACT),
    ({"rope_theta": 500_000.0, "norm_eps": 1e-6}, EXACT),
]


def made(config: gpt.Config) -> Finished:
    return Finished(Path("m"), config, randomised(config.build()).eval(), None, None, {})  # type: ignore[arg-type]


@pytest.mark.parametrize(("changes", "close"), SHAPES, ids=lambda x: str(x)[:40])
def test_scores_are_ours(changes: dict[str, Any], close: float) -> None:
    _agree(gpt.Config(**LLAMA | changes), close)


@pytest.mark.parametrize("changes", [{}, {"bias": False}, {"tied": False, "feedforward": 40}])
def test_scores_of_a_gpt2_are_ours_up_to_gelu(changes: dict[str, Any]) -> None:
    _agree(
        gpt.Config(**{"vocabulary": 97, "block": 64, "layers": 2, "width": 64, "heads": 4} | changes), GELU
    )


def _agree(config: gpt.Config, close: float) -> None:
    model = made(config)
    x = torch.randint(0, 97, (1, 40), generator=torch.Generator().manual_seed(0))
    with gguf.in_llama(model, 1, 1) as opened, torch.no_grad():
        cache = opened.cache(1)
        first = opened(x[:, :30], cache)[0, 0]
        assert float((first - model.network(x[:, :30])[0, -1]).abs().max()) < close
        for place in range(30, 40):  # token by token, from the cache
            found = opened(x[:, place : place + 1], cache)[0, 0]
        assert float((found - model.network(x)[0, -1]).abs().max()) < close


@pytest.mark.parametrize(
    ("name", "prompt"), [("poems", "月"), ("poems", ""), ("mix", "ROMEO."), ("mix", "月")]
)
def test_greedy_text_of_the_packaged_models_is_ours_token_for_token(name: str, prompt: str) -> None:
    model = open_finished(model_folder(name))
    ids = text_processor(model).prompt(prompt)
    block = model.config.known("block")
    with gguf.in_llama(model, 1, 1) as opened:
        ours, theirs = (
            _tokens(Engine(network, 1), [Ask(ids, Sampling(temperature=0, max_tokens=block + 40))])[0]
            for network in (model.network, opened)
        )
    assert theirs == ours and len(ours) > block, "also where the text outgrows the block"


def _tokens(engine: Engine, asks: Sequence[Ask]) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    waiting = list(asks)
    order = []
    while waiting or engine.busy:
        while waiting and engine.free:
            order.append(engine.admit(waiting.pop(0)))
        for one in engine.step():
            if one.token is not None:
                found.setdefault(one.ticket, []).append(one.token)
    return [found.get(ticket, []) for ticket in order]


def test_many_texts_at_once_are_each_what_they_are_alone() -> None:
    """Prompts of different lengths, more of them than rows, rows that are freed and taken again: as our network's."""
    model = made(gpt.Config(**LLAMA))
    draw = torch.Generator().manual_seed(1)
    asks = [
        Ask(
            torch.randint(0, 97, (3 + 7 * i % 50,), generator=draw).tolist(),
            Sampling(temperature=0.9, max_tokens=5 + 13 * i % 40, seed=i),
        )
        for i in range(12)
    ]
    with gguf.in_llama(model, 4, 1) as opened:
        theirs = _tokens(Engine(opened, 4), asks)
        assert theirs == _tokens(Engine(model.network, 4), asks)
        again = Engine(opened, 2)  # a new engine begins with empty rows
        assert _tokens(again, asks[:3]) == theirs[:3]
    with pytest.raises(ValueError, match="more than the 4"):
        opened.cache(5)


def test_a_long_prompt_is_read_in_pieces() -> None:
    model = made(gpt.Config(**LLAMA | {"block": 1500}))
    ids = torch.randint(0, 97, (1300,), generator=torch.Generator().manual_seed(2)).tolist()
    asks = [Ask(ids, Sampling(temperature=0, max_tokens=5))]
    with gguf.in_llama(model, 2, 1) as opened:
        assert _tokens(Engine(opened, 2), asks) == _tokens(Engine(model.network, 1), asks)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF nonsense")
    with pytest.raises(JinjieError, match="cannot open"):
        Llama(tmp_path / "m.gguf", 10, 10)


def test_texts_of_the_command_are_those_of_our_own_engine() -> None:
    asked = ["generate", "月", "--greedy", "-n", "30", "--seed", "0", "--json"]
    ours, theirs = (
        json.loads(
            subprocess.run(
                [sys.executable, "-m", "jinjie", *asked, "--engine", engine],
                capture_output=True,
                text=True,
                timeout=300,
                check=True,
            ).stdout
        )
        for engine in ("jinjie", "llama.cpp")
    )
    assert theirs == ours
    wrong = subprocess.run(
        [sys.executable, "-m", "jinjie", "generate", "月", "--engine", "llama.cpp", "--beams", "3"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert wrong.returncode == 2 and "--beams" in wrong.stderr


def test_the_server_writes_with_it() -> None:
    from openai import OpenAI

    command = ["serve", "poems", "--port", "0", "--rows", "3", "--engine", "llama.cpp", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "jinjie", *command], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        client = OpenAI(base_url=told["base_url"], api_key=told["token"])
        came = client.completions.create(
            model="poems", prompt=["月", "山"], max_tokens=30, temperature=0, logprobs=1, n=1
        )
        model = open_finished(model_folder("poems"))
        words = text_processor(model)
        for choice, prompt in zip(came.choices, ("月", "山"), strict=True):
            ids = words.prompt(prompt)
            sampling = Sampling(temperature=0, max_tokens=30)
            wanted = "".join(p.text for p in write_many(model.network, words, ids, [sampling], before=prompt))
            assert choice.text == wanted and re.search("。", wanted)
    finally:
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=30) is not None
        process.stdout.close()
