"""A job is run: a guest is started, asked call by call, and ended."""

from __future__ import annotations

import time

from jinjie.course.sandbox import tiers
from jinjie.course.sandbox.job import Ended, Fault, Job, Outcome, Result
from jinjie.course.sandbox.session import Session, Stopped


def run(job: Job) -> Outcome:
    """Run every call of a job in one process of its own. Never raises for what the code in it does.

    Results that came before the end are kept; the calls after it are `missing`. When this returns, every process
    of the job is gone, and its files with it.
    """
    tier = job.tier if job.tier is not None else int(tiers.best())
    results: list[Result] = []
    ended, reason, fault = Ended.DONE, "", None
    session = Session(job.files, job.module, job.library, job.limits, tier, job.fresh)
    try:
        session.open()
        deadline = time.monotonic() + job.limits.seconds
        fault = session.load(deadline)
        for call in job.calls:  # all that can be asked is on its way before the first answer
            session.ask(call)
        session.no_more()
        for _ in job.calls:
            results.append(session.answer(deadline))
        session.settle(deadline)
    except Stopped as stopped:
        ended, reason = stopped.ended, stopped.reason
    finally:
        session.close()
    results += [Result(missing=True)] * (len(job.calls) - len(results))
    if ended is Ended.DONE and any(_wanted_memory(one.fault) for one in (*results, Result(fault=fault))):
        ended = Ended.MEMORY
    return Outcome(
        results=tuple(results),
        ended=ended,
        printed=session.printed(),
        cut=session.cut,
        seconds=session.seconds,
        tier=tier,
        fault=fault,
        held=session.held,
        reason=reason,
    )


def _wanted_memory(fault: Fault | None) -> bool:
    """Whether an exception says that memory was refused: Python's, the system's, or that of PyTorch."""
    if fault is None:
        return False
    refused = ("Cannot allocate memory", "can't allocate memory", "std::bad_alloc")
    return fault.type in ("MemoryError", "_ArrayMemoryError") or any(
        words in fault.message for words in refused
    )
