"""Where things live on this machine. `JINJIE_HOME` moves all of it."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder that holds all that Jinjie keeps; `JINJIE_HOME`, else `~/.jinjie`."""
    return Path(os.environ.get("JINJIE_HOME") or Path.home() / ".jinjie").expanduser().absolute()


def runs_home() -> Path:
    """One folder a run."""
    return home() / "runs"


def data_home() -> Path:
    """Converted data sets, one folder each."""
    return home() / "data"


def downloads_home() -> Path:
    """Packages as they arrived, checked against their sha256."""
    return home() / "downloads"


def machine_file() -> Path:
    """What was measured about this machine."""
    return home() / "machine.json"


def studio_home() -> Path:
    """The studio's token, address and log."""
    return home() / "studio"
