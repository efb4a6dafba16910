"""Where the store is, as far as that can be said without a library of databases."""

from __future__ import annotations

import os
import re
from pathlib import Path

from jinjie.base import paths

WAIT = 30.0
"""Seconds that a process waits for another's lock."""
PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=FULL",
    "PRAGMA fullfsync=ON",  # macOS: through the disk's own cache; nothing elsewhere
)
"""How SQLite's file is opened: what is acknowledged is on the disk."""


def named(setting: str | None = None) -> str | None:
    """What was asked for: `setting`, else JINJIE_DATABASE; None for the file in the home."""
    return setting or os.environ.get("JINJIE_DATABASE") or None


def file(setting: str | None = None) -> Path | None:
    """SQLite's file in the home, or the one that a path names; None for an address, which may be any database's."""
    asked = named(setting)
    if asked is None:
        return paths.learner_home() / "learner.sqlite"
    return None if re.match(r"[a-z0-9+]{2,}:", asked) else paths.place(asked).absolute()
