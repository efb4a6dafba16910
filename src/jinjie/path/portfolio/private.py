"""What a page for others must not hold: where things lie on the author's machine.

Settings, sentences and recipes come from run folders, and those name paths. Only the last part of a path is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from jinjie.base.paths import home, shared

_POSIX = re.compile(r"(?<![\w/:.~])~?(?:/[^\s/'\"<>|]+){2,}/?")
_WINDOWS = re.compile(r"(?<!\w)[A-Za-z]:[\\/][^\s'\"<>|]+")


def name_of(path: str) -> str:
    """The last part of a path, and of a run's model the run's name."""
    pure = PureWindowsPath(path) if re.match(r"[A-Za-z]:[\\/]|\\\\", path) else PurePosixPath(path)
    parts = [part for part in pure.parts if part not in (pure.anchor, "~")]
    if len(parts) > 1 and parts[-1] == "model":
        return parts[-2]
    return parts[-1] if parts else "…"


def is_path(value: str) -> bool:
    """Whether a whole text is a path on a machine."""
    return re.match(r"/|~|[A-Za-z]:[\\/]|\\\\", value) is not None


def without_paths(text: str) -> str:
    """A sentence with each path on a machine cut down to its last part."""
    for folder in {str(home()), str(shared()), str(Path.home())} - {"/"}:
        text = text.replace(folder, "~")
    text = _WINDOWS.sub(lambda found: name_of(found[0]), text)
    return _POSIX.sub(lambda found: name_of(found[0]), text)


def cleaned(value: Any) -> Any:
    """Values of JSON with every path in them cut down to its last part."""
    if isinstance(value, Mapping):
        return {name: cleaned(one) for name, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    if isinstance(value, str):
        return name_of(value) if is_path(value) else without_paths(value)
    return value
