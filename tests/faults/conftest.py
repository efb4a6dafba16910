"""Workers that start at once, and each story told once without a kill."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from stories import Nursery, begin, console

from jinjie.training.runs import Run


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    if not hasattr(os, "fork"):
        pytest.skip("workers are forked, which this system does not do")
    made = Nursery()
    yield made
    made.close()


@dataclass(frozen=True)
class Reference:
    """A story told without a kill: its run, the dangerous moments on the way, and the seconds it took."""

    run: Run
    moments: list[str]
    seconds: float


class References:
    """Each story without a kill, told when it is first asked for."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self.nursery = nursery
        self.folder = folder
        self.known: dict[str, Reference] = {}

    def of(self, name: str, monkeypatch: pytest.MonkeyPatch, **plan: Any) -> Reference:
        key = f"{name} {plan}"
        if key not in self.known:
            place = self.folder / str(len(self.known))
            run = begin(name, place, monkeypatch)
            before = time.perf_counter()
            code = self.nursery.work(run, record=str(place / "moments"), **plan)
            seconds = time.perf_counter() - before
            assert code == 0, console(run)
            self.known[key] = Reference(run, (place / "moments").read_text().splitlines(), seconds)
        return self.known[key]


@pytest.fixture(scope="session")
def references(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> References:
    return References(nursery, tmp_path_factory.mktemp("references"))
