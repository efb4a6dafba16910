"""A portfolio on disk: `index.html`, the recipes behind it, and `manifest.json`; written whole or not at all."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinjie.base.errors import JinjieError
from jinjie.base.files import whole_folder, write_whole
from jinjie.base.words import language
from jinjie.course.content.library import Library
from jinjie.learner.attempt import Attempt
from jinjie.path.portfolio import manifest
from jinjie.path.portfolio.card import Card, card
from jinjie.path.portfolio.choice import LeftOut, chosen
from jinjie.path.portfolio.page import Shown, page
from jinjie.training.runs import Run

INDEX = "index.html"


@dataclass(frozen=True)
class Portfolio:
    """What was written and where."""

    folder: Path
    shown: Shown
    left_out: tuple[LeftOut, ...]
    kept: tuple[str, ...]
    """What stood in the folder beside the portfolio's own files, and still does."""


def make(
    folder: Path,
    library: Library,
    events: Sequence[Attempt],
    runs: Sequence[str] | None = None,
    name: str | None = None,
    title: str | None = None,
    own_examples: bool = False,
) -> Portfolio:
    """Write the portfolio of these runs (`choice.chosen`) and this log into `folder`, in the current language.

    An earlier portfolio in `folder` gives way, and what else lies beside it stays.

    Raises NotFound for an unknown run, JinjieError when there is nothing to show, when `folder` holds something else or
    a portfolio that was changed by hand, or when it cannot be written.
    """
    folder = folder.resolve()
    kept = _room(folder)
    found, left = chosen(runs)
    cards: list[Card] = []
    hashes: list[dict[str, Any]] = []
    for run in found:
        try:
            cards.append(card(run, own_examples))
        except JinjieError:
            if runs is not None:
                raise
            left.append(LeftOut(run.name, "unreadable"))
            continue
        hashes.append(manifest.of_run(run))
        _still(run)
    files = [_recipe_file(number, one) for number, one in enumerate(cards, 1)]
    marks = [manifest.fingerprint(one) for one in hashes]
    shown = Shown.of(library, events, cards, files, marks, name, title)
    if not cards and not shown.passed and not any(stage.begun for stage in shown.stages):
        raise JinjieError("path.portfolio.nothing")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with whole_folder(folder) as temporary:
            write_whole(temporary / INDEX, page(shown))
            for file, one in zip(files, cards, strict=True):
                (temporary / file).parent.mkdir(exist_ok=True)
                write_whole(temporary / file, _as_json(one.values))
            told = manifest.manifest(temporary, cards, hashes, language())
            write_whole(temporary / manifest.NAME, _as_json(told))
            for other in kept:
                _copied(folder / other, temporary / other)
    except OSError as error:
        raise JinjieError("path.portfolio.unwritable", folder=folder, reason=str(error)) from error
    return Portfolio(folder, shown, tuple(left), kept)


def _room(folder: Path) -> tuple[str, ...]:
    """The names in `folder` that are not a portfolio's own. Raises JinjieError when it is no place for one."""
    if folder.exists() and not folder.is_dir():
        raise JinjieError("path.portfolio.not_one", folder=folder)
    if not folder.exists():
        return ()
    if Path.cwd().is_relative_to(folder):
        raise JinjieError("path.portfolio.inside", folder=folder)
    if not any(folder.iterdir()):
        return ()
    if not manifest.is_portfolio(folder):
        raise JinjieError("path.portfolio.not_one", folder=folder)
    changed = [one.file for one in manifest.check(folder).differences if one.what == "changed"]
    if changed:
        raise JinjieError("path.portfolio.by_hand", folder=folder, files=", ".join(changed))
    told = set(manifest.read(folder)["files"])
    own = {name.partition("/")[0] for name in told} | {manifest.NAME}
    inside = [name for name in manifest.files_of(folder) if name not in told and "/" in name]
    beside = [path.name for path in folder.iterdir() if path.name not in own]
    return tuple(sorted({*beside, *(name for name in inside if name.partition("/")[0] in own)}))


def _as_json(value: Any) -> str:
    """Readable JSON; half a pair of UTF-16, which a damaged name may hold and no file can, by its number."""
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _copied(source: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def _still(run: Run) -> None:
    """Raises JinjieError when someone went on training a run while it was read."""
    if run.pid is not None:
        raise JinjieError("path.portfolio.running", run=run.name)


def _recipe_file(number: int, one: Card) -> str:
    """Where a card's whole recipe stands; a run's name may hold anything."""
    name = re.sub(r"[^\w.-]+", "-", one.run).strip(".-")[:60] or "run"
    return f"recipes/{number:02d}-{name}.json"
