"""The process in the sandbox: it gives up its rights, imports the learner's module and calls its functions.

Started as `python -I -S guest.py`. Standard input brings frames: first how to set up, then a call each. Results go
out by what was standard output; what the learner's code prints goes to standard error. Every frame that goes out
begins with a token which came in the first frame, before the learner's code was there.

Nothing here is believed outside: the learner's code lives in the same process and may do to it what it likes. What
leaves is a value that is judged elsewhere, or it is nothing.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from typing import Any, BinaryIO

if __name__ == "__main__":
    sys.path.append(sys.argv[1])  # the folder that holds jinjie

from jinjie.course.sandbox.inside import confine, wire

MOST_FRAME = 2**31
TEXT = 2_000
"""Characters of a message or a line that go out."""
FRAMES = 8
"""Lines of a traceback that go out."""


def main() -> None:
    """Serve standard input to its end."""
    source, result = _take_streams()
    serve(source, result)
    _leave()


def serve(source: BinaryIO, result: BinaryIO) -> None:
    """Set up as the first frame says, then answer every call."""
    first = wire.read_frame(source.read, MOST_FRAME)
    if first is None:
        return
    setup, blobs = first
    Guest(setup, blobs, result).run(source)


class Guest:
    """One learner's module, set up and called."""

    def __init__(self, setup: dict[str, Any], blobs: list[bytes], result: BinaryIO) -> None:
        self.setup = setup
        self.result = result
        self.token = bytes.fromhex(setup.pop("token"))
        self.work = setup["work"]
        self.torch = setup["library"] == "torch"
        self.namespace: dict[str, Any] = {}
        self.fault: dict[str, Any] | None = None
        for name, blob in zip(setup["files"], blobs, strict=True):
            path = os.path.join(self.work, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(blob)

    def run(self, source: BinaryIO) -> None:
        try:
            held = self.confine()
        except Exception as error:
            self.send({"kind": "failed", "why": f"{type(error).__name__}: {error}"})
            return
        self.send({"kind": "ready", "held": held})
        self.load()
        self.send({"kind": "loaded", "fault": self.fault, "functions": self.functions()})
        while (call := wire.read_frame(source.read, MOST_FRAME)) is not None:
            self.answer(*call)

    def confine(self) -> dict[str, Any]:
        """Import the library while everything can still be read, then give up rights."""
        sys.path[:0] = [self.work]
        sys.path.extend(path for path in self.setup["paths"] if path not in sys.path)
        sys.dont_write_bytecode = True
        os.chdir(self.work)
        os.environ["HOME"] = os.environ["TMPDIR"] = self.work
        preload(self.setup["library"])
        confine.limit(self.setup["limits"])
        if sys.platform.startswith("linux"):
            confine.die_with_parent()
            confine.drop_capabilities()
        if self.setup["tier"] == 3:
            return {"landlock": 0, "seccomp": False}
        return confine.shut(
            self.setup["read"], self.setup["listed"], self.work, need_landlock=self.setup["tier"] == 2
        )

    def load(self) -> None:
        """Import the learner's module; what goes wrong is kept and answers every call."""
        import importlib

        gc.collect()
        gc.freeze()
        sys.modules.pop(
            self.setup["module"], None
        )  # a learner's file may be called as a module that is here already
        try:
            self.namespace = vars(importlib.import_module(self.setup["module"]))
        except BaseException as error:
            self.fault = self.described(error, "import")
        _flush()

    def functions(self) -> list[str]:
        return [
            name for name, value in list(self.namespace.items()) if isinstance(name, str) and callable(value)
        ][:200]

    def answer(self, call: dict[str, Any], blobs: list[bytes]) -> None:
        """Call one function, and send what it gave back and the digests of its arguments as they are now."""
        reply: dict[str, Any] = {
            "kind": "result",
            "number": call["number"],
            "fault": self.fault,
            "seconds": 0.0,
        }
        packed = wire.Packed(None, [])
        if self.fault is None:
            try:
                args, kwargs = wire.unpack(wire.Packed(call["arguments"], blobs), torch=self.torch)
            except Exception as error:
                reply["fault"] = {**_plain(error), "during": "arguments"}
            else:
                packed = self.call(call["function"], args, kwargs, reply)
                reply["after"] = [_digest(one) for one in (*args, *kwargs.values())]
        _flush()
        self.send({**reply, "value": packed.tree}, packed.blobs)

    def call(
        self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any], reply: dict[str, Any]
    ) -> wire.Packed:
        begun = time.perf_counter()
        nothing = wire.Packed(None, [])
        try:
            if function not in self.namespace:
                reply["fault"] = {"type": "NotDefined", "message": function, "during": "call"}
                return nothing
            value = self.namespace[function](*args, **kwargs)
        except BaseException as error:
            reply["seconds"] = time.perf_counter() - begun
            reply["fault"] = self.described(error, "call")
            return nothing
        reply["seconds"] = time.perf_counter() - begun
        try:
            return wire.pack(value, self.setup["limits"]["result_mb"] * 2**20)
        except wire.CannotCross as error:
            reply["fault"] = {
                "type": "CannotCross",
                "message": error.what,
                "where": error.where,
                "during": "return",
            }
        except BaseException as error:
            reply["fault"] = {**_plain(error), "during": "return"}
        return nothing

    def described(self, error: BaseException, during: str) -> dict[str, Any]:
        """What was raised, and the lines of the learner's own files that led there, outermost first."""
        told = {**_plain(error), "during": during}
        lines: list[dict[str, Any]] = []
        step = error.__traceback__
        while step is not None:
            name = step.tb_frame.f_code.co_filename
            if name.startswith(self.work):
                lines.append(self.line(name, step.tb_lineno, step.tb_frame.f_code.co_name))
            step = step.tb_next
        if isinstance(error, SyntaxError) and error.filename and str(error.filename).startswith(self.work):
            lines.append(self.line(error.filename, error.lineno or 0, ""))
        told["lines"] = lines[:2] + lines[2:][-FRAMES:]
        return told

    def line(self, name: str, number: int, function: str) -> dict[str, Any]:
        import linecache

        text = linecache.getline(name, number).strip()[:TEXT]
        return {"file": os.path.relpath(name, self.work), "line": number, "function": function, "text": text}

    def send(self, message: dict[str, Any], blobs: list[bytes] | tuple[bytes, ...] = ()) -> None:
        self.result.write(wire.frame(message, blobs, self.token))
        self.result.flush()


def preload(library: str) -> None:
    """Import what the exercise stands on: NumPy, and PyTorch with one thread."""
    import linecache  # noqa: F401  what describes an exception, while files can still be read

    import numpy  # noqa: F401, ICN001
    import numpy.random  # noqa: F401, ICN001

    if library == "torch":
        import torch

        torch.set_num_threads(1)


def _plain(error: BaseException) -> dict[str, Any]:
    try:
        message = str(error)[:TEXT]
    except BaseException:
        message = ""
    return {"type": type(error).__name__[:200], "message": message, "lines": []}


def _digest(value: Any) -> str:
    try:
        return wire.pack(value).digest()
    except BaseException:
        return ""


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep standard input and output for the frames; the learner's code reads nothing and prints to standard error."""
    source, result = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(source, os.O_BINARY)
        msvcrt.setmode(result, os.O_BINARY)
    # streams of a new make: those of a copied process were made for other files
    sys.stdout = open(1, "w", 1, "utf-8", "backslashreplace", closefd=False)
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)
    return os.fdopen(source, "rb"), os.fdopen(result, "wb")


def _leave() -> None:
    """End at once: no hooks of the learner's code, no waiting for its threads."""
    _flush()
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[2:3] == ["--forks"]:
        from jinjie.course.sandbox.inside import forks

        sys.path.extend(path for path in sys.argv[5:] if path not in sys.path)
        forks.main(int(sys.argv[3]), sys.argv[4])
    else:
        main()
