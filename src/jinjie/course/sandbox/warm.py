"""A module that stays: imported once in the sandbox, its functions called again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from jinjie.course.sandbox import tiers
from jinjie.course.sandbox.job import Call, Ended, Fault, Job, Library, Limits, Result
from jinjie.course.sandbox.session import Session, Stopped


class Warm:
    """One guest that keeps a module. A call that takes too long, or its death, costs the next call a new start.

        with Warm({"show.py": source}, "show") as worker:
            answer = worker.call("show", rate=0.1)

    Calls from several threads wait for one another. `limits.seconds` is for each call, the limit of processor time
    for the whole life.
    """

    def __init__(
        self,
        files: Mapping[str, str | bytes],
        module: str,
        library: Library = "numpy",
        limits: Limits | None = None,
        tier: int | None = None,
    ) -> None:
        limits = limits or Limits(cpu_seconds=3600)
        self.job = Job(files, module, (), limits, library, tier)
        self.tier = tier if tier is not None else int(tiers.best())
        self.starts = 0
        """How often a guest was started."""
        self.fault: Fault | None = None
        """What the import of the module raised."""
        self._session: Session | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start now, so that the first call need not. Raises Stopped where the sandbox or the module does not come."""
        with self._lock:
            self._ready()

    def call(self, function: str, *args: Any, **kwargs: Any) -> tuple[Result, Ended]:
        """Call a function of the module; the result, and why there is none where it is `missing`.

        A module whose import raised answers every call with that fault.
        """
        with self._lock:
            try:
                session = self._ready()
                session.forget_output()
                session.ask(Call(function, args, kwargs))
                return session.answer(time.monotonic() + self.job.limits.seconds), Ended.DONE
            except Stopped as stopped:
                self._end()
                return Result(missing=True), stopped.ended
            except BaseException:
                self._end()
                raise

    def close(self) -> None:
        """End the guest. A later call starts a new one."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self) -> Session:
        if self._session is None:
            job = self.job
            session = Session(job.files, job.module, job.library, job.limits, self.tier)
            self.starts += 1
            try:
                session.open()
                self.fault = session.load(time.monotonic() + job.limits.seconds)
            except BaseException:
                session.close()
                raise
            self._session = session
        return self._session

    def _end(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
