"""Text as it was shown, kept in a file with a key of all that made it: it stands again while the key is the same."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from jinjie.base.files import write_whole


def kept(file: Path, key: str) -> str | None:
    """What was kept there under this key; None where that is another, or nothing whole."""
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        found = json.loads(file.read_bytes())
        if found["key"] == key:
            return str(found["shown"])
    return None


def keep(file: Path, key: str, shown: str) -> None:
    """Keep it in place of what was there; a home that cannot be written is no fault."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps({"key": key, "shown": shown}, ensure_ascii=False))
