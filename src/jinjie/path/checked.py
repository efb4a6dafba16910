"""When this learner's own checks last found each address, kept in the home: `JINJIE_HOME/resources.json`.

The catalog's content is never changed by a check, and what the file knows of addresses that the catalog no longer has
stays in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from jinjie.base import paths
from jinjie.base.errors import JinjieError
from jinjie.base.files import write_json

if TYPE_CHECKING:
    from jinjie.path.addresses import Answer

Status = Literal["found", "moved", "gone", "refused", "failing", "silent", "unreachable"]
"""What asking an address came to."""
VERSION = 1


class Spoiled(JinjieError):
    """The file holds something else than checks."""

    exit_code = 2


@dataclass(frozen=True)
class Checked:
    """What is known of an address."""

    status: Status
    """Of the last time it was asked."""
    asked: datetime
    found: datetime | None
    """When it was last there, which may be before it was last asked."""
    code: int | None = None
    to: str | None = None


def file() -> Path:
    """Where the checks are kept."""
    return paths.home() / "resources.json"


def read() -> dict[str, Checked]:
    """By address; empty where nothing was ever checked. Raises Spoiled."""
    path = file()
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Spoiled("path.resources.spoiled", file=path, reason=str(error)) from None
    try:
        if content["version"] != VERSION:
            raise Spoiled("path.resources.newer", file=path, version=content["version"])
        return {str(address): _of(entry) for address, entry in content["addresses"].items()}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Spoiled("path.resources.spoiled", file=path, reason=repr(error)) from None


def keep(known: dict[str, Checked], answers: dict[str, Answer]) -> dict[str, Checked]:
    """`known` with `answers`, written whole."""
    now = dict(known)
    for address, answer in answers.items():
        before = known.get(address)
        found = answer.time if answer.there else (before.found if before else None)
        now[address] = Checked(answer.status, answer.time, found, answer.code, answer.to)
    entries = {address: _plain(checked) for address, checked in sorted(now.items())}
    file().parent.mkdir(parents=True, exist_ok=True)
    write_json(file(), {"version": VERSION, "addresses": entries})
    return now


def _plain(checked: Checked) -> dict[str, Any]:
    return {
        "status": checked.status,
        "code": checked.code,
        "to": checked.to,
        "asked": checked.asked.isoformat(timespec="seconds"),
        "found": checked.found.isoformat(timespec="seconds") if checked.found else None,
    }


def _of(entry: dict[str, Any]) -> Checked:
    status = entry["status"]
    if status not in get_args(Status):
        raise ValueError(status)
    found = entry["found"]
    return Checked(
        status,
        datetime.fromisoformat(entry["asked"]),
        datetime.fromisoformat(found) if found else None,
        entry["code"],
        entry["to"],
    )
