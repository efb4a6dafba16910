"""Talking with one guest process, and ending it."""

from __future__ import annotations

import contextlib
import queue
import secrets
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, Any

from jinjie.course.sandbox import places, watch
from jinjie.course.sandbox.inside import wire
from jinjie.course.sandbox.job import Call, Ended, Fault, Library, Limits, Line, Result
from jinjie.course.sandbox.start import Started, start

PATIENCE = 60.0
"""Seconds for the sandbox to start and to import its library, on a machine with much else to do."""
TICK = 0.05
"""Seconds between two looks at what the process takes."""
HARD = 16
"""Times the text that is kept, printed before a process is stopped."""


class Stopped(Exception):
    """The process has ended, or was ended, before it answered."""

    def __init__(self, ended: Ended, reason: str = "") -> None:
        super().__init__(str(ended))
        self.ended = ended
        self.reason = reason


class Session:
    """One guest from its start to its end."""

    def __init__(
        self,
        files: Mapping[str, str | bytes],
        module: str,
        library: Library,
        limits: Limits,
        tier: int,
        fresh: bool = False,
    ) -> None:
        self.fresh = fresh
        self.files = {
            name: text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
            for name, text in files.items()
        }
        self.module = module
        self.library = library
        self.limits = limits
        self.tier = tier
        self.token = secrets.token_bytes(16)
        self.held: dict[str, Any] = {}
        self.functions: tuple[str, ...] = ()
        self.started: Started | None = None
        self.output = bytearray()
        self.total = 0
        self.begun: float | None = None
        self.seconds = 0.0
        self._number = 0
        self._asked: queue.SimpleQueue[Result | tuple[int, list[tuple[str, str]]]] = queue.SimpleQueue()
        self._frames: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._to_write: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._watch: watch.Watch | None = None

    @property
    def cut(self) -> bool:
        return self.total > self.limits.output_bytes

    def printed(self) -> str:
        return bytes(self.output[: self.limits.output_bytes]).decode("utf-8", "replace")

    def open(self) -> None:
        """Start the guest and wait until it has given up its rights. Raises Stopped with `sandbox` when it cannot."""
        try:
            self.started = start(self.tier, self.limits, self.library, self.fresh)
        except OSError as error:
            raise Stopped(Ended.SANDBOX, str(error)) from None
        for work, pipe in (
            (self._write, self.started.stdin),
            (self._read_frames, self.started.stdout),
            (self._read_output, self.started.stderr),
        ):
            thread = threading.Thread(target=work, args=(pipe,), daemon=True)
            thread.start()
            self._threads.append(thread)
        limits = asdict(self.limits)
        limits["cpu_seconds"] = self.limits.cpu_seconds or self.limits.seconds
        read, listed = ([], []) if self.tier == 3 else places.open_paths()
        setup = {
            "token": self.token.hex(),
            "files": list(self.files),
            "module": self.module,
            "library": self.library,
            "limits": limits,
            "tier": self.tier,
            "work": self.started.work,
            "paths": list(places.packages()),
            "read": read,
            "listed": listed,
        }
        self._to_write.put(wire.frame(setup, list(self.files.values())))
        try:
            message = self._next(time.monotonic() + PATIENCE)[0]
        except Stopped as stopped:
            raise Stopped(
                Ended.SANDBOX, stopped.reason or self.printed().strip()[-500:] or str(stopped.ended)
            ) from None
        if message.get("kind") != "ready":
            raise Stopped(Ended.SANDBOX, str(message.get("why", "")))
        self.held = message.get("held", {})
        self.begun = time.monotonic()
        self._watch = watch.Watch(self.started, self.limits)

    def load(self, deadline: float) -> Fault | None:
        """Wait until the learner's module is imported; what its import raised. Raises Stopped."""
        message, _ = self._next(deadline)
        if message.get("kind") != "loaded":
            raise Stopped(Ended.NO_RESULT)
        names = message.get("functions")
        self.functions = tuple(str(name) for name in names) if isinstance(names, list) else ()
        return _fault(message.get("fault"))

    def ask(self, call: Call) -> None:
        """Send a call; the answers come in the order of the questions."""
        names = [*map(str, range(len(call.args))), *call.kwargs]
        try:
            packed = wire.pack((tuple(call.args), dict(call.kwargs)))
            before = [wire.pack(one).digest() for one in (*call.args, *call.kwargs.values())]
        except wire.CannotCross as error:
            self._asked.put(Result(fault=Fault("CannotCross", str(error), "arguments")))
            return
        self._asked.put((self._number, list(zip(names, before, strict=True))))
        message = {"number": self._number, "function": call.function, "arguments": packed.tree}
        self._to_write.put(wire.frame(message, packed.blobs))
        self._number += 1

    def forget_output(self) -> None:
        """Count what is printed anew."""
        self.total = 0
        self.output.clear()

    def no_more(self) -> None:
        """There will be no further calls: the guest ends when it has answered."""
        self._to_write.put(None)

    def answer(self, deadline: float) -> Result:
        """The answer to the oldest call that has none. Raises Stopped."""
        asked = self._asked.get()
        if isinstance(asked, Result):
            return asked
        number, arguments = asked
        message, blobs = self._next(deadline)
        if message.get("kind") != "result" or message.get("number") != number:
            raise Stopped(Ended.NO_RESULT)
        after = message.get("after")
        mutated: tuple[str, ...] = ()
        if isinstance(after, list) and len(after) == len(arguments):
            mutated = tuple(name for (name, old), new in zip(arguments, after, strict=True) if old != new)
        seconds = message.get("seconds")
        fault = _fault(message.get("fault"))
        value = None
        if fault is None:
            try:
                value = wire.unpack(wire.Packed(message.get("value"), blobs))
            except (wire.Broken, MemoryError) as error:
                fault = Fault("Broken", str(error), "return")
        return Result(
            value, fault, mutated=mutated, seconds=float(seconds) if isinstance(seconds, int | float) else 0.0
        )

    def settle(self, deadline: float) -> None:
        """Wait for the guest to end by itself, so that all it printed is here; it is ended soon in any case."""
        with contextlib.suppress(Stopped):
            self._next(min(deadline, time.monotonic() + 1.0))

    def close(self) -> None:
        """End everything and take the files away."""
        if self.begun is not None and not self.seconds:
            self.seconds = time.monotonic() - self.begun
        if self.started is None:
            return
        self._to_write.put(None)
        self.started.kill()
        for thread in self._threads:
            thread.join(2.0)
        self.started.remove()

    def _next(self, deadline: float) -> tuple[dict[str, Any], list[bytes]]:
        """The next frame. Raises Stopped at the deadline, past a limit, and at the end of the process."""
        while True:
            left = deadline - time.monotonic()
            try:
                found = self._frames.get(timeout=max(min(left, TICK), 0.001))
            except queue.Empty:
                if left <= 0:
                    raise Stopped(Ended.TIMEOUT) from None
                if self.total > HARD * self.limits.output_bytes:
                    raise Stopped(Ended.OUTPUT) from None
                if self._watch is not None and (ended := self._watch.look()) is not None:
                    raise Stopped(ended) from None
                continue
            if isinstance(found, tuple):
                return found
            raise self._why(found)

    def _why(self, broken: str) -> Stopped:
        """Why there will be no more frames."""
        if broken or self.started is None:
            return Stopped(Ended.NO_RESULT, broken)
        code = self.started.wait(1.0)
        if code is None:  # it has shut its side and goes on
            return Stopped(Ended.NO_RESULT, "the result was closed")
        try:
            name = signal.Signals(-code).name
        except ValueError:
            return Stopped(Ended.NO_RESULT, f"exit {code}")
        if name == "SIGXCPU":
            return Stopped(Ended.TIMEOUT, name)
        if self._watch is not None and self._watch.full:
            return Stopped(Ended.MEMORY, name)
        return Stopped(Ended.KILLED, name)

    def _write(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (data := self._to_write.get()) is not None:
                pipe.write(data)
                pipe.flush()
        with contextlib.suppress(OSError):
            pipe.close()

    def _read_frames(self, pipe: IO[bytes]) -> None:
        most = self.limits.result_mb * 2**20 + 2**20
        broken = ""
        try:
            while (found := wire.read_frame(pipe.read, most, self.token)) is not None:
                self._frames.put(found)
        except wire.Broken as error:
            broken = str(error)
        except (OSError, ValueError):
            pass
        self._frames.put(broken)
        with contextlib.suppress(OSError):
            pipe.close()

    def _read_output(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := pipe.read1(65536):  # type: ignore[attr-defined]
                self.total += len(data)
                room = self.limits.output_bytes - len(self.output)
                self.output += data[: max(room, 0)]
        with contextlib.suppress(OSError):
            pipe.close()


def _fault(told: Any) -> Fault | None:
    """What the guest said of an exception, believed for its form only."""
    if not isinstance(told, dict):
        return None
    during = told.get("during")
    lines = told.get("lines")
    return Fault(
        type=str(told.get("type", ""))[:200],
        message=str(told.get("message", ""))[:4000],
        during=during if during in ("import", "arguments", "call", "return") else "call",
        lines=tuple(_line(one) for one in lines[:16] if isinstance(one, dict))
        if isinstance(lines, list)
        else (),
    )


def _line(told: dict[str, Any]) -> Line:
    number = told.get("line")
    return Line(
        file=str(told.get("file", ""))[:200],
        line=number if isinstance(number, int) else 0,
        function=str(told.get("function", ""))[:200],
        text=str(told.get("text", ""))[:2000],
    )
