"""The engine's thread: texts wait in a queue, come onto free rows, are written a token at a time, and go.

The server's event loop hands asks in (`submit`) and receives what was written through one queue a text; no request
ever touches the engine, and no reader, however slow, holds it up. First come, first served. What one text can leave
unread is bounded by its `max_tokens`, how many there are by `rows` + `queue`.

A fault of the engine fails the texts that were at work, and the next ones get a new engine. After FAULTS of them
without a token between, the thread gives up, and all who ask are told so: nobody hangs.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from jinjie.base.errors import InvalidInput
from jinjie.base.words import say
from jinjie.serve.problems import ApiError, closing, from_input, server_error

if TYPE_CHECKING:
    from jinjie.decoding.engine import Ask, Written

T = TypeVar("T")

FAULTS = 3
WINDOW = 5.0
"""Seconds over which tokens a second are counted."""

log = logging.getLogger("jinjie.serve")


class Writes(Protocol):
    """What is asked of an engine; `decoding.engine.Engine` is one."""

    @property
    def free(self) -> int: ...

    def admit(self, ask: Ask) -> int: ...

    def step(self) -> list[Written]: ...

    def drop(self, ticket: int) -> None: ...


class NoEngine:
    """For a model that writes nothing: its thread runs errands alone."""

    free = 0

    def admit(self, ask: Ask) -> int:
        raise ValueError("this model does not write")

    def step(self) -> list[Written]:
        return []

    def drop(self, ticket: int) -> None:
        pass


@dataclass(eq=False)
class Job:
    """One text on its way, as the event loop sees it."""

    ask: Ask
    scheduler: Scheduler
    loop: asyncio.AbstractEventLoop
    arrivals: asyncio.Queue[Written | ApiError] = field(default_factory=asyncio.Queue)
    ticket: int | None = None
    """Given by the engine; None while waiting."""
    left: bool = False
    """Nobody wants the rest."""
    over: bool = False
    """Its place is free again."""

    async def written(self) -> AsyncIterator[Written]:
        """What the engine writes, until its end. Raises ApiError when there will be no more."""
        while True:
            came = await self.arrivals.get()
            if isinstance(came, ApiError):
                raise came
            yield came
            if came.ended is not None:
                return

    def leave(self) -> None:
        """Give up the rest: the row or the place in the queue is free before the next token is written."""
        self.scheduler.leave(self)


@dataclass(frozen=True)
class Status:
    """What the scheduler is doing."""

    state: str
    """ready, closing, or failed."""
    rows: int
    queue: int
    active: int
    waiting: int
    tokens_per_second: float
    tokens: int
    texts: int
    left: int
    """Texts given up: their reader had gone, or had met a stop word."""
    faults: int


class Scheduler:
    """Writes for up to `rows` texts at once while up to `queue` more wait."""

    def __init__(self, make_engine: Callable[[], Writes], rows: int, queue: int) -> None:
        self.rows = rows
        self.queue = queue
        self._make_engine = make_engine
        self._engine = make_engine()
        self._changed = threading.Condition()
        # All below is changed only while `_changed` is held.
        self._waiting: deque[Job] = deque()
        self._errands: deque[Callable[[], None]] = deque()
        self._taken = 0
        self._leaving = False
        self._deadline: float | None = None
        self._failed = False
        self._lately: deque[tuple[float, int]] = deque()
        self._tokens = self._texts = self._left = 0
        # What follows belongs to the thread.
        self._working: dict[int, Job] = {}
        self._faults = self._all_faults = 0
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    # For the event loop.

    def submit(self, asks: list[Ask]) -> list[Job]:
        """A job for each ask, or ApiError and none: 400 when they are more than can ever be taken, 429 when the queue
        is full, 503 when the server ends, 500 when the engine has given up."""
        most = self.rows + self.queue
        if len(asks) > most:
            raise ApiError(400, say("serve.wrong.too_many", count=len(asks), most=most), "invalid_value", "n")
        loop = asyncio.get_running_loop()
        with self._changed:
            self._check_open()
            if self._taken + len(asks) > most:
                raise ApiError(
                    429,
                    say("serve.wrong.full", rows=self.rows, queue=self.queue),
                    "rate_limit_exceeded",
                    headers={"retry-after": str(self._patience())},
                )
            jobs = [Job(ask, self, loop) for ask in asks]
            self._waiting.extend(jobs)
            self._taken += len(jobs)
            self._changed.notify()
        return jobs

    async def run(self, errand: Callable[[], T]) -> T:
        """What `errand()` gives, called on the engine's thread between two steps. Raises what it and `submit` raise."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def settle(value: Any, error: BaseException | None) -> None:
            if not answer.done():
                answer.set_result(value) if error is None else answer.set_exception(error)

        def call() -> None:
            value: Any = None
            error: Exception | None = None
            if answer.cancelled():
                return
            if self._failed or self._stopped():
                error = server_error() if self._failed else closing()
            else:
                try:
                    value = errand()
                except Exception as fault:  # belongs to whoever asked
                    error = fault
            _call(loop, settle, value, error)

        with self._changed:
            self._check_open()
            if len(self._errands) >= self.queue + 1:
                raise ApiError(
                    429,
                    say("serve.wrong.full", rows=self.rows, queue=self.queue),
                    "rate_limit_exceeded",
                    headers={"retry-after": "1"},
                )
            self._errands.append(call)
            self._changed.notify()
        return await answer

    def leave(self, job: Job) -> None:
        with self._changed:
            if not job.over and not job.left:
                job.left = True
                self._leaving = True
                self._changed.notify()

    def close(self, grace: float) -> None:
        """Take on nothing more, turn the queue away, and end what is at work after `grace` seconds at the latest."""
        with self._changed:
            if self._deadline is None:
                self._deadline = time.monotonic() + grace
                self._changed.notify()

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end, and say whether it has come."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def status(self) -> Status:
        with self._changed:
            state = "failed" if self._failed else "closing" if self._deadline is not None else "ready"
            return Status(
                state,
                self.rows,
                self.queue,
                len(self._working),
                sum(not job.left for job in self._waiting),
                self._pace(),
                self._tokens,
                self._texts,
                self._left,
                self._all_faults,
            )

    def _check_open(self) -> None:
        if self._failed:
            raise server_error()
        if self._deadline is not None:
            raise closing()

    def _patience(self) -> int:
        """Seconds until a place is likely free: the first text to end, at today's pace, is half written by then."""
        jobs = [*self._waiting, *self._working.values()]
        pace = self._pace()
        if not jobs or not pace:
            return 1
        typical = sum(job.ask.sampling.max_tokens for job in jobs) / len(jobs)
        return max(1, min(30, math.ceil(typical / 2 / pace)))

    def _pace(self) -> float:
        """Tokens a second, of late."""
        now = time.monotonic()
        recent = [(then, count) for then, count in self._lately if now - then <= WINDOW]
        if not recent:
            return 0.0
        return sum(count for _, count in recent) / max(0.5, now - recent[0][0])

    # The thread.

    def _run(self) -> None:
        try:
            while self._turn():
                pass
            self._end_all(closing())
        except BaseException:
            log.exception("the engine's thread has ended")
            with self._changed:
                self._failed = True
            self._end_all(server_error())

    def _turn(self) -> bool:
        """Let texts go, take texts on, run one errand, write one step. False when the server has ended."""
        with self._changed:
            while not (self._waiting or self._working or self._errands or self._leaving or self._stopped()):
                self._changed.wait()
            if self._deadline is not None:
                self._turn_away()
                if self._stopped():
                    return False
            errand = self._errands.popleft() if self._errands else None
            leaving, self._leaving = self._leaving, False
        try:
            if leaving:
                self._let_go()
            self._take_on()
            if errand is not None:
                errand()
            if self._working:
                self._tell(self._engine.step())
        except Exception as fault:
            self._recover(fault)
        return True

    def _stopped(self) -> bool:
        """Whether the server ends, and nothing is at work or its time is over."""
        return self._deadline is not None and (
            not (self._working or self._waiting or self._errands) or time.monotonic() >= self._deadline
        )

    def _turn_away(self) -> None:
        """Tell all who wait that the server ends."""
        for job in self._waiting:
            self._release(job)
            _call(job.loop, job.arrivals.put_nowait, closing())
        self._waiting.clear()

    def _let_go(self) -> None:
        for ticket, job in list(self._working.items()):
            if job.left:
                self._engine.drop(ticket)
                del self._working[ticket]
                self._left += 1
                self._release(job)
        with self._changed:
            stay: deque[Job] = deque()
            for job in self._waiting:
                if job.left:
                    self._left += 1
                    self._release(job)
                else:
                    stay.append(job)
            self._waiting = stay

    def _take_on(self) -> None:
        while self._engine.free > 0:
            with self._changed:
                if not self._waiting:
                    return
                job = self._waiting.popleft()
            if job.left:
                self._left += 1
                self._release(job)
                continue
            try:
                job.ticket = self._engine.admit(job.ask)
            except InvalidInput as error:
                self._release(job)
                _call(job.loop, job.arrivals.put_nowait, from_input(error, "prompt"))
            except BaseException:
                self._working[-1] = job  # so that it is told of the fault with the others
                raise
            else:
                self._working[job.ticket] = job

    def _tell(self, written: list[Written]) -> None:
        """Hand what was written to its readers: one call into the event loop for all of it."""
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Job, Written]]] = {}
        for one in written:
            job = self._working.get(one.ticket)
            if job is None:
                continue
            if one.ended is not None:
                del self._working[one.ticket]
                self._texts += 1
                self._release(job)
            by_loop.setdefault(job.loop, []).append((job, one))
        count = sum(one.token is not None for one in written)
        if count:
            now = time.monotonic()
            with self._changed:
                self._faults = 0
                self._tokens += count
                self._lately.append((now, count))
                while now - self._lately[0][0] > WINDOW:
                    self._lately.popleft()
        for loop, told in by_loop.items():
            _call(loop, _arrive, told)

    def _recover(self, fault: Exception) -> None:
        """After a fault of the engine: fail what was at work, and go on with a new engine.

        Raises the fault when it is one of many.
        """
        self._faults += 1
        self._all_faults += 1
        for job in self._working.values():
            self._release(job)
            _call(job.loop, job.arrivals.put_nowait, server_error())
        self._working.clear()
        if self._faults >= FAULTS:
            raise fault
        log.error("a fault of the engine", exc_info=fault)
        del self._engine  # its cache first: there may be no room for two
        self._engine = self._make_engine()

    def _end_all(self, error: ApiError) -> None:
        with self._changed:
            jobs = [*self._working.values(), *self._waiting]
            errands = list(self._errands)
            self._working.clear()
            self._waiting.clear()
            self._errands.clear()
        for job in jobs:
            self._release(job)
            _call(job.loop, job.arrivals.put_nowait, error)
        for errand in errands:
            errand()

    def _release(self, job: Job) -> None:
        """Free the place of a job whose text has ended, once."""
        with self._changed:
            if not job.over:
                job.over = True
                self._taken -= 1


def _arrive(told: list[tuple[Job, Written]]) -> None:
    for job, one in told:
        job.arrivals.put_nowait(one)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[..., Any], *arguments: Any) -> None:
    """Have a loop call a function; a loop that has ended needs nothing any more."""
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        log.debug("the event loop has ended")
