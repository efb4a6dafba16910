"""What `jinjie recipes`, `jinjie show` and `jinjie data` tell, kept, so that nobody waits for it a second time.

To work it out takes the configs of every model and data set, and for a recipe's layers torch. It is kept in the home
by all that it depends on: the code, the data that is here, the runs whose pace an estimate goes by, and the machine.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jinjie
from jinjie.base import system
from jinjie.base.amounts import count, size
from jinjie.base.files import write_whole
from jinjie.base.paths import data_home, home, machine_file, runs_home
from jinjie.base.stamps import stamp, stamps
from jinjie.base.words import say

FLOORS = ("base", "data", "models", "decoding", "tasks", "training", "recipes", "analyse")
"""The parts of Jinjie that say what a recipe is."""
_NAME = re.compile(r"[a-z][a-z0-9-]{,60}")


def recipes() -> list[dict[str, Any]]:
    """Every recipe in one row."""

    def work() -> Any:
        from jinjie.analyse import describe
        from jinjie.recipes import all_recipes

        return [describe.summary(recipe) for recipe in all_recipes().values()]

    found: list[dict[str, Any]] = _kept("recipes", work)
    return found


def recipe(name: str) -> dict[str, Any]:
    """Everything about a recipe as it comes. Raises NotFound with the nearest name."""

    def work() -> Any:
        from jinjie.analyse import describe
        from jinjie.recipes import find

        made = find(name)
        # no run changes a recipe's layers, which take torch
        layers = _kept(f"layers-{name}", lambda: describe.layers_of(made), runs=False)
        return describe.whole(made, layers)

    # what is no recipe's name may be no file's either
    found: dict[str, Any] = _kept(f"recipe-{name}", work) if _NAME.fullmatch(name) else work()
    return found


def data() -> list[dict[str, Any]]:
    """Every data set that needs nothing from its user."""

    def work() -> Any:
        from jinjie.analyse.examples import plain
        from jinjie.data.catalogue import catalogue

        return [plain(entry) for entry in catalogue()]

    found: list[dict[str, Any]] = _kept("data", work, runs=False)
    return found


def kind_of(real: bool) -> str:
    """Whether data is real, in words."""
    return say("cli.data.real") if real else say("cli.data.synthetic")


def where(cached: bool, download_bytes: int) -> str:
    """Whether data is on this machine, in words."""
    return say("cli.data.cached") if cached else say("cli.data.to_fetch", size=size(download_bytes))


def counted(counts: Mapping[str, int]) -> str:
    """How many examples or tokens the splits have, in words."""
    if not counts:
        return say("cli.data.unknown_counts")
    train, validation, test = (count(counts.get(split, 0)) for split in ("train", "validation", "test"))
    return say("cli.data.counts", train=train, validation=validation, test=test)


def _kept(name: str, work: Callable[[], Any], *, runs: bool = True) -> Any:
    """What was worked out before, where nothing has changed since; else worked out now, and kept."""
    file, key = home() / "told" / f"{name}.json", _key(runs)
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        found = json.loads(file.read_bytes())
        if found["key"] == key:
            return found["told"]
    told = work()
    with suppress(OSError):  # a home that cannot be written is no fault
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps({"key": key, "told": told}, ensure_ascii=False))
    return told


def _key(runs: bool) -> str:
    """Of all that may change what is told; `runs` says whether runs may."""
    torch = find_spec("torch")
    places = [machine_file(), *(torch.submodule_search_locations or () if torch else ())]
    parts: list[Any] = [jinjie.__version__, system.cpu(), system.cores(), str(data_home())]
    parts += map(stamp, map(str, places))
    for floor in FLOORS:
        parts += stamps(Path(jinjie.__file__).parent / floor)
    watched = [
        (data_home(), ("about.json",)),
        *([(runs_home(), ("recipe.json", "events.jsonl"))] if runs else []),
    ]
    for folder, files in watched:
        with suppress(OSError):
            parts += [
                (one.name, *(stamp(f"{one.path}/{file}") for file in files)) for one in os.scandir(folder)
            ]
    return sha256(repr(parts).encode()).hexdigest()
