"""A command line that is run in the process of the test.

What a start costs (Python, its imports, the course read from its files) is paid once a process and not once a command.
What only a process of its own can show (imports, signals, pipes, terminals) is tested with one.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from jinjie.base import words
from jinjie.cli.main import main


def invoke(
    *arguments: str | Path,
    typed: str | bytes = "",
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """`jinjie ARGUMENTS` with what is typed on its standard input, in `folder`; what it said and its exit code."""
    command = ["jinjie", *map(str, arguments)]
    out, err = _pipe(), _pipe()
    given = io.TextIOWrapper(
        io.BytesIO(typed.encode() if isinstance(typed, str) else typed), encoding="utf-8"
    )
    with (
        mock.patch.object(sys, "argv", command),
        mock.patch.object(sys, "stdin", given),
        mock.patch.dict(os.environ, environment or {}),
        chdir(folder or Path.cwd()),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            code = 1
        finally:
            words.use(None)
    return subprocess.CompletedProcess(command, code, _said(out), _said(err))


def _pipe() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _said(pipe: io.TextIOWrapper) -> str:
    kept = pipe.buffer
    assert isinstance(kept, io.BytesIO)
    return kept.getvalue().decode().replace("\r\n", "\n")
