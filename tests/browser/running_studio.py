"""A studio in a process of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Server:
    """A studio in a process of its own, which can be killed and started again."""

    port: int
    address: str = ""
    process: subprocess.Popen[str] | None = None
    command: tuple[str, ...] = (sys.executable, "-c", "from jinjie.cli.main import main; main()", "studio")
    folder: Path | None = None
    """Where the command is typed."""
    environ: dict[str, str] | None = None

    def start(self) -> None:
        """Start it and wait for its address, which stands behind what a set-up may say: it listens by then."""
        self.process = subprocess.Popen(
            [*self.command, "--port", str(self.port), "--json"],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=self.folder,
            env=self.environ,
        )
        assert self.process.stdout is not None
        said: list[str] = []
        while not (line := self.process.stdout.readline()).startswith("{"):
            said.append(line)
            assert line, "".join(said[-40:])
        made = json.loads(line)
        assert made["port"] == self.port, "a restarted studio gets its port back"
        self.address = made["address"]

    def kill(self) -> None:
        """As a crash would: no goodbye."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def ended(made: Server) -> Iterator[Server]:
    """A studio that is ended with all that it started."""
    yield made
    if made.process is not None:
        made.kill()
    from jinjie.training.runs import all_runs

    for run in all_runs():
        run.stop()
