"""Models to play with: which there are, and the two that were used last, kept open.

A name leads to a packaged model or to a run's, and nowhere else: an address must not make the studio open any folder of
the machine, nor fetch anything.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from jinjie import recipes
from jinjie.base.errors import JinjieError
from jinjie.base.words import Text
from jinjie.studio import views
from jinjie.training import finished
from jinjie.training.finished import Finished
from jinjie.training.runs import Run, all_runs

MOST = 2
"""Models kept in memory."""

Deed = Literal["write", "classify", "draw"]
DEEDS: tuple[Deed, ...] = ("write", "classify", "draw")
_WRITES = ("language", "chat", "prefer")
"""Tasks whose models write text."""
SCORES = ("accuracy", "perplexity", "loss")
"""The score that a model is listed with: the first of these that it has."""


@dataclass(frozen=True)
class Player:
    """A model in the list, known by its files alone: nothing is opened."""

    name: str
    deed: Deed
    title: Text | None
    """Of its recipe."""
    packaged: bool
    running: bool
    """Whether it is still in training: what is played with is the best of it so far."""
    score: tuple[str, float] | None
    chats: bool
    """Whether it was taught to answer in turn."""


@dataclass(frozen=True)
class Kept:
    """An open model. Who uses it holds `lock`: torch shares its cores, and a look inside listens to the modules."""

    model: Finished
    lock: threading.Lock = field(default_factory=threading.Lock)


class Playing:
    """The open models, the one used last at the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Path, int], Kept] = OrderedDict()

    def open(self, name: str) -> Kept:
        """The model of that name, opened unless it is already; a run that has a better one by now gives that.

        Raises NotFound with the nearest name, JinjieError when a run has no model yet or the model cannot be opened.
        """
        folder = folder_of(name)
        with self._lock:
            try:
                key = (folder, _age(folder))
            except OSError as error:  # its run is writing a better one at this moment
                raise JinjieError("model.none_yet", run=name) from error
            if key not in self._kept:
                for old in [known for known in self._kept if known[0] == folder]:
                    del self._kept[old]
                while len(self._kept) >= MOST:  # before the new one is there: never three at a time
                    self._kept.popitem(last=False)
                self._kept[key] = Kept(finished.open_finished(folder))
            self._kept.move_to_end(key)
            return self._kept[key]

    def __len__(self) -> int:
        return len(self._kept)


def folder_of(name: str) -> Path:
    """The model's folder. Raises as `Playing.open`."""
    if name in finished.packaged():
        return finished.packaged()[name]
    folder = views.run_named(name).path / "model"
    if not (folder / "config.json").is_file():
        raise JinjieError("model.none_yet", run=name)
    return folder


def players() -> list[Player]:
    """Every model that can be played with: the packaged ones, then the runs', newest first."""
    found = [_player(name, folder, packaged=True) for name, folder in finished.packaged().items()]
    found.sort(key=lambda one: one is None or one.name != finished.PACKAGED)
    found += [player_of(run) for run in all_runs()]
    return [one for one in found if one is not None]


def player_of(run: Run) -> Player | None:
    """A run's model; None where there is none yet, or nothing to play."""
    folder = run.path / "model"
    if not (folder / "config.json").is_file():
        return None
    return _player(run.name, folder, running=run.pid is not None)


def _player(name: str, folder: Path, packaged: bool = False, running: bool = False) -> Player | None:
    """A model by its files; None where there is nothing to play, or they cannot be read."""
    try:
        card: dict[str, Any] = json.loads((folder / "jinjie.json").read_bytes())
        task = card["task"]["kind"]
        deed = deed_of(task, folder)
        scores = card.get("test") or card.get("validation") or {}
        score = next(((key, float(scores[key])) for key in SCORES if key in scores), None)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if deed is None:
        return None
    recipe = recipes.all_recipes().get(str(card.get("recipe")))
    title = recipe.title if recipe else None
    return Player(name, deed, title, packaged, running, score, chats=task == "chat")


def deed_of(task: str, folder: Path) -> Deed | None:
    """What a model of a task can be asked for, by the processor's file that lies beside it."""
    if task in _WRITES:
        return "write"
    if task == "classify" and (folder / "labels.json").is_file():
        return "classify"
    if task == "classify" and (folder / "pictures.json").is_file():
        return "draw"
    return None


def _age(folder: Path) -> int:
    """Changes when the model does: its folder is written anew, whole."""
    return (folder / "config.json").stat().st_mtime_ns
