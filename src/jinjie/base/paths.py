"""Where things live on this machine. `JINJIE_HOME` moves all of it, `JINJIE_DATA` the data and downloads alone."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder that holds all that Jinjie keeps; `JINJIE_HOME`, else `~/.jinjie`."""
    return Path(os.environ.get("JINJIE_HOME") or Path.home() / ".jinjie").expanduser().absolute()


def runs_home() -> Path:
    """One folder a run."""
    return home() / "runs"


def shared() -> Path:
    """What several homes may share, since it never differs: `JINJIE_DATA`, else `home()`."""
    return Path(os.environ.get("JINJIE_DATA") or home()).expanduser().absolute()


def data_home() -> Path:
    """Converted data sets, one folder each."""
    return shared() / "data"


def downloads_home() -> Path:
    """Packages as they arrived, checked against their sha256."""
    return shared() / "downloads"


def machine_file() -> Path:
    """What was measured about this machine."""
    return home() / "machine.json"


def pictures_home() -> Path:
    """Pictures that were asked for, such as comparisons of runs."""
    return home() / "pictures"


def studio_home() -> Path:
    """The studio's token, address and log."""
    return home() / "studio"


def serve_home() -> Path:
    """The token that servers of models ask for."""
    return home() / "serve"
