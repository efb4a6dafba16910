"""The manifest of a portfolio: the sha256 of each of its files, and of the files of the runs it was made from.

It shows whether anything changed since the page was made. It does not show who trained the models: for that a reader
trains one again, by the command on its card, or asks for the run and compares it byte by byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from jinjie import __version__
from jinjie.base.errors import JinjieError
from jinjie.path.portfolio.card import Card
from jinjie.training.runs import Run

NAME = "manifest.json"
KIND = "jinjie-portfolio"
SCHEMA = 1
LITTER = ("Thumbs.db", "desktop.ini")
"""What systems leave in folders; names that begin with a dot are passed over too."""

What = Literal["changed", "missing", "added", "outside"]


@dataclass(frozen=True)
class Difference:
    """A file that is not as the manifest says. `run` is None for the portfolio's own files."""

    what: What
    file: str
    run: str | None = None


@dataclass(frozen=True)
class Checked:
    """What a check found. `compared` are the runs whose own files were looked at."""

    files: int
    runs: tuple[str, ...]
    compared: tuple[str, ...]
    differences: tuple[Difference, ...]
    made: str


def of_run(run: Run) -> dict[str, dict[str, Any]]:
    """Size and sha256 of a run's recipe, diary and model, by their names within the run's folder."""
    names = [name for name in ("recipe.json", "events.jsonl") if (run.path / name).is_file()]
    return {name: _hashed(run.path / name) for name in [*names, *_inside(run.path, "model")]}


def fingerprint(files: Mapping[str, Mapping[str, Any]]) -> str:
    """One hash of all files of a run, short enough to be compared by eye: 16 hexadecimal digits."""
    lines = "".join(f"{name}\0{files[name]['sha256']}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode(errors="surrogatepass")).hexdigest()[:16]


def manifest(
    folder: Path, cards: Sequence[Card], runs: Sequence[Mapping[str, Any]], language: str
) -> dict[str, Any]:
    """The manifest of what stands in a folder; `runs` are `of_run` of each card's run."""
    return {
        "kind": KIND,
        "schema": SCHEMA,
        "jinjie": __version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "language": language,
        "files": {name: _hashed(folder / name) for name in files_of(folder)},
        "runs": [
            {"run": card.run, "recipe": card.recipe, "fingerprint": fingerprint(files), "files": dict(files)}
            for card, files in zip(cards, runs, strict=True)
        ],
    }


def files_of(folder: Path) -> list[str]:
    """The files of a portfolio by their names within it, the manifest and what systems leave there left out."""
    return [name for name in _inside(folder, ".") if name != NAME]


def read(folder: Path) -> dict[str, Any]:
    """The manifest of a folder. Raises JinjieError when there is none, or it is damaged or from a newer Jinjie."""
    try:
        content = (folder / NAME).read_bytes()
    except OSError as error:
        raise JinjieError("path.portfolio.no_manifest", folder=folder, name=NAME) from error
    try:
        made: dict[str, Any] = json.loads(content)
        if made["kind"] != KIND or not isinstance(made["schema"], int):
            raise ValueError("kind, schema")
        if made["schema"] > SCHEMA:
            raise JinjieError("path.portfolio.newer", folder=folder)
        hashes = [made["files"], *(run["files"] for run in made["runs"])]
        if not all(isinstance(one["sha256"], str) for files in hashes for one in files.values()):
            raise ValueError("sha256")
        if not all(isinstance(run["run"], str) for run in made["runs"]) or not isinstance(made["made"], str):
            raise ValueError("runs")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JinjieError(
            "path.portfolio.bad_manifest", folder=folder, name=NAME, reason=str(error)
        ) from error
    return made


def is_portfolio(folder: Path) -> bool:
    """Whether a folder was written by `jinjie portfolio`, of whatever version."""
    try:
        return bool(json.loads((folder / NAME).read_bytes())["kind"] == KIND)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def check(folder: Path, runs: Path | None = None) -> Checked:
    """Compare a portfolio with its manifest, and the runs in the folder `runs` with what it says of them.

    Raises as `read` does.
    """
    made = read(folder)
    found = list(_compared(folder, made["files"], None))
    found += [Difference("added", name) for name in files_of(folder) if name not in made["files"]]
    compared = []
    if runs is not None:
        for run in made["runs"]:
            name = run["run"]
            if not _safe(name) or "/" in name or not (runs / name).is_dir():
                found.append(Difference("missing", "", name))
                continue
            compared.append(name)
            found += _compared(runs / name, run["files"], name)
            there = of_run(Run(runs / name))
            found += [Difference("added", file, name) for file in there if file not in run["files"]]
    names = tuple(run["run"] for run in made["runs"])
    return Checked(len(made["files"]), names, tuple(compared), tuple(found), made["made"])


def _compared(folder: Path, told: Mapping[str, Mapping[str, Any]], run: str | None) -> Iterator[Difference]:
    for name, one in told.items():
        if not _safe(name):  # a manifest may come from anyone: it does not make us read what lies elsewhere
            yield Difference("outside", name, run)
        elif not (folder / name).is_file():
            yield Difference("missing", name, run)
        elif _hashed(folder / name)["sha256"] != one["sha256"]:
            yield Difference("changed", name, run)


def _safe(name: str) -> bool:
    """Whether a name stays within its folder, on any system."""
    pure = PurePosixPath(name)
    return bool(name) and not pure.is_absolute() and ".." not in pure.parts and not set(name) & set("\\:\0")


def _inside(folder: Path, part: str) -> list[str]:
    """Names of the files below `folder/part`, in order; what a link leads to is not there."""
    found = []
    for file in (folder / part).rglob("*"):
        inner = file.relative_to(folder)
        hidden = any(piece.startswith(".") for piece in inner.parts) or file.name in LITTER
        if file.is_file() and not file.is_symlink() and not hidden:
            found.append(inner.as_posix())
    return sorted(found)


def _hashed(file: Path) -> dict[str, Any]:
    with file.open("rb") as content:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(content, "sha256").hexdigest()}
