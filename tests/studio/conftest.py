"""Run folders written by hand in the documented schema, and the application as a browser sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from jinjie import recipes
from jinjie.base.paths import runs_home
from jinjie.studio.app import make_app
from jinjie.training.events import Writer

TOKEN = "a-token-of-forty-three-characters-or-so-0123"
HOME = "http://127.0.0.1:8642"


class Diary:
    """A run folder and a pen for its events."""

    def __init__(self, name: str, recipe: str = "line-1") -> None:
        self.path = runs_home() / name
        self.path.mkdir(parents=True)
        content = {
            "schema": 1,
            "recipe": recipes.find(recipe).model_dump(mode="json"),
            "launch": {"threads": 1, "created": 1.7e9},
        }
        (self.path / "recipe.json").write_text(json.dumps(content), encoding="utf-8")
        self.writer = Writer(self.path / "events.jsonl")

    def write(self, kind: str, **fields: Any) -> None:
        self.writer.write(kind, **fields)

    def start(self, total: int = 100) -> None:
        source = {"source": "here", "licence": "none", "real": False}
        self.write(
            "started",
            step=0,
            total=total,
            parameters=2,
            precision="fp32",
            device="cpu",
            threads=1,
            source=source,
        )

    def steps(self, first: int, last: int, loss: Callable[[int], float] = lambda step: 1 / step) -> None:
        for step in range(first, last + 1):
            self.write("step", step=step, loss=loss(step), lr=0.1, norm=1.0, metrics={}, rate=100.0, left=5.0)


@pytest.fixture
def diary(home: Path) -> Callable[..., Diary]:
    return Diary


@pytest.fixture
def client(home: Path) -> TestClient:
    """Someone who has opened the address with its token."""
    made = TestClient(make_app(TOKEN), base_url=HOME, headers={"origin": HOME}, follow_redirects=False)
    made.cookies.set("jinjie", TOKEN)
    return made
