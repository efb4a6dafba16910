"""How a server is asked: what its command prints, and what a run's page says before there is one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from jinjie.serve.server import HOST, PORT

ADDRESS = f"http://{HOST}:{PORT}/v1"
"""What clients take as `base_url` where nothing else is said."""


@dataclass(frozen=True)
class Asking:
    """Lines for a terminal and for Python, which ask a server something."""

    curl: str
    python: str


def asking(name: str, address: str, token: str, writes: bool) -> Asking:
    """Of a model called `name`, at an address; one that writes no text is asked for embeddings."""
    if writes:
        route, body = "chat/completions", '"messages": [{"role": "user", "content": "月"}]'
        call = (
            f'print(client.chat.completions.create(model="{name}", '
            'messages=[{"role": "user", "content": "月"}]).choices[0].message.content)'
        )
    else:
        route, body = "embeddings", '"input": "月"'
        call = f'print(client.embeddings.create(model="{name}", input="月").data[0].embedding[:4])'
    curl = (
        f"curl {address}/{route} \\\n"
        f'  -H "Authorization: Bearer {token}" -H "Content-Type: application/json" \\\n'
        f'  -d \'{{"model": "{name}", {body}}}\''
    )
    python = f'from openai import OpenAI\nclient = OpenAI(base_url="{address}", api_key="{token}")\n{call}'
    return Asking(curl, python)


def command(run: str) -> str:
    """What serves a run, as it is typed."""
    return f"jinjie serve {shlex.quote(run)}"
