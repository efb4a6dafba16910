"""A Python environment for each peer, made on first use: peers never share ours, nor one another's."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parents[1] / "peers"


def cache() -> Path:
    return Path(os.environ.get("JINJIE_BENCH_CACHE") or Path.home() / ".cache" / "jinjie-bench").absolute()


def python_of(peer: str) -> Path:
    """The Python of an environment that holds exactly what `peers/PEER.txt` pins.

    It lies in the cache under the hash of that file, so that other pins are another environment.
    """
    pins = PEERS / f"{peer}.txt"
    key = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache() / f"{peer}-{key}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").exists():
        print(f"Making the environment of {peer} in {folder}: once, a minute or two.", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(pins)]
        subprocess.run(install, check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
        (folder / "complete").touch()  # last: an environment that was interrupted is made anew
    return python
