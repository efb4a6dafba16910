"""A process that tokenises units: `python -m jinjie.data.corpus.worker FOLDER END`, spoken to through its pipes.

A unit comes as a line of JSON and the bytes of its text; its record goes back as a line of JSON. The process ends with
its input, so it does not outlive whoever started it by more than one unit. It is started anew, not forked, and so is as
safe under threads, in a notebook and on Windows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.data.corpus.units import Unit, tokenise

FULL = ("ENOSPC", "EDQUOT", "EFBIG")


class Worker:
    """One such process, as its parent sees it."""

    def __init__(self, folder: Path, tokenizer: Path, end: int) -> None:
        package = Path(__file__).parents[3]  # where this very code came from, wherever that is
        paths = os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "PYTHONPATH": paths, "TOKENIZERS_PARALLELISM": "false"}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jinjie.data.corpus.worker", str(folder), str(tokenizer), str(end)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is the parent's to hear
        )

    def work(self, unit: Unit) -> dict[str, Any]:
        """The record of a unit. Raises what went wrong in the process, as if it had happened here."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        head = {"number": unit.number, "marks": unit.marks, "bytes": len(unit.content)}
        with suppress(OSError):  # where it is gone, the answer that does not come says so
            process.stdin.write(json.dumps(head).encode() + b"\n")
            process.stdin.write(unit.content)
            process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise JinjieError("corpus.worker_died", code=process.wait())
        return _answer(json.loads(answer))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def disk_full(error: OSError) -> bool:
    import errno

    return errno.errorcode.get(error.errno or 0) in FULL


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    if "problems" in answer:
        raise InvalidInput([Problem(p["where"], p["key"], **p["params"]) for p in answer["problems"]])
    if "system" in answer:
        raise OSError(*answer["system"])
    if "fault" in answer:
        raise RuntimeError(answer["fault"])
    return answer


def main(folder: Path, tokenizer: Path, end: int) -> None:
    from jinjie.data.tokenization.processor import TokenProcessor

    processor = TokenProcessor.load(tokenizer)
    processor.tokenizer.encode_special_tokens = True
    while line := sys.stdin.buffer.readline():
        head = json.loads(line)
        content = sys.stdin.buffer.read(head["bytes"])
        if len(content) < head["bytes"]:
            return
        unit = Unit(head["number"], [tuple(mark) for mark in head["marks"]], content)
        try:
            answer = tokenise(unit, processor, end, folder)
        except InvalidInput as error:
            problems = [{"where": p.where, "key": p.key, "params": p.params} for p in error.problems]
            answer = {"problems": problems}
        except OSError as error:
            answer = {"system": [error.errno, error.strerror, str(error.filename or folder)]}
        except Exception:
            answer = {"fault": traceback.format_exc()}
        try:
            sys.stdout.buffer.write(json.dumps(answer, default=str).encode() + b"\n")
            sys.stdout.buffer.flush()
        except OSError:  # whoever asked is gone
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
