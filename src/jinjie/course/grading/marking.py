"""A submission and an exercise to a grade: all faults at once, what fits them, and nothing that could be forged.

A pass is nothing but right values for every case. The cases' right answers are computed elsewhere and never enter the
learner's sandbox, so that whatever its code does there, prints or exits with can only make it fail.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import JinjieError
from jinjie.base.seeds import derive
from jinjie.base.words import Text, text
from jinjie.course.content.library import Written
from jinjie.course.content.schema import Exercise
from jinjie.course.grading import handed_in as reading
from jinjie.course.grading import hints, parts, showing
from jinjie.course.grading.behaviour import explained
from jinjie.course.grading.faults import Fault, Judged, at_import, faults, judged, printable, unfit
from jinjie.course.grading.handed_in import HandedIn
from jinjie.course.grading.parts import Parts
from jinjie.course.grading.reference import Batch, Case, batches, of_submission

if TYPE_CHECKING:
    from jinjie.course.sandbox import Call, Outcome
    from jinjie.course.sandbox.job import Library

FAULTS = 12
"""Faults that are told; more are no help."""
FILE = "submission.py"
DRAWN = 24
"""Cases among which the smallest failing one is looked for."""
PRINTED = 4_000
"""Characters of what the code printed that are shown."""
ENDINGS = ("timeout", "memory", "output", "disk", "threads", "killed", "no_result")
"""Why a process ended before it answered."""


class NoSandbox(JinjieError):
    """This machine can start no sandbox."""


@dataclass(frozen=True)
class Example:
    """A case that everyone may see, as Python: the call, the right answer, what came."""

    name: Text
    call: str
    expected: str
    came: Text

    def for_json(self) -> dict[str, Any]:
        return {
            "name": self.name.both(),
            "call": self.call,
            "expected": self.expected,
            "came": self.came.both(),
        }


@dataclass(frozen=True)
class Marked:
    """One case and its mark. `passed` is None where nothing came to be called."""

    name: Text
    entry: str
    visible: bool
    passed: bool | None

    def for_json(self) -> dict[str, Any]:
        return {
            "name": self.name.both(),
            "entry": self.entry,
            "visible": self.visible,
            "passed": self.passed,
        }


@dataclass(frozen=True)
class Grade:
    """What came of a submission. `seed` repeats its hidden cases."""

    passed: bool
    cases: tuple[Marked, ...]
    faults: tuple[Fault, ...]
    hints: tuple[Text, ...]
    shown: Example | None
    printed: str
    """What the code printed in the visible cases, where it failed."""
    note: Text | None
    seconds: float
    """On the clock, all of it."""
    ran: float
    """That the submission itself took, of its limit."""
    tier: int | None
    """Of the sandbox; None where nothing had to run."""
    seed: int
    tries: int
    """Failed tries, this one counted; 0 where it passed at once."""
    behaves_like: dict[str, int] = field(default_factory=dict)
    """Wrong solutions and how many cases each explains."""

    @property
    def score(self) -> float:
        """The share of cases that are right."""
        return sum(bool(one.passed) for one in self.cases) / len(self.cases) if self.cases else 0.0

    def for_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "score": self.score,
            "cases": [one.for_json() for one in self.cases],
            "faults": [one.for_json() for one in self.faults],
            "hints": [one.both() for one in self.hints],
            "shown": self.shown.for_json() if self.shown else None,
            "printed": self.printed,
            "note": self.note.both() if self.note else None,
            "seconds": round(self.seconds, 3),
            "ran": round(self.ran, 4),
            "tier": self.tier,
            "seed": self.seed,
            "tries": self.tries,
        }


def grade(
    exercise: Written[Exercise] | Parts,
    source: str | bytes,
    *,
    failed_before: int = 0,
    seed: int | None = None,
    tier: int | None = None,
) -> Grade:
    """Grade a submission. Never raises for what was handed in.

    `failed_before` are the failed tries before this one, which decide how much is shown. `seed` draws the hidden cases;
    None draws a fresh one. Raises ExerciseBroken where the exercise itself fails, NoSandbox where none can be started.
    """
    begun = time.perf_counter()
    its = exercise if isinstance(exercise, Parts) else parts.read(exercise)
    hidden_seed = secrets.randbits(62) if seed is None else seed
    given = reading.read(source)
    if given.unfit is not None:
        return _unrun(its, given, [unfit(given)], hidden_seed, failed_before, begun)
    return _Grading(its, given, hidden_seed, failed_before, tier, begun).grade()


def _unrun(
    its: Parts, given: HandedIn, found: list[Fault], seed: int, failed_before: int, begun: float
) -> Grade:
    """The grade of a text that could not be run at all."""
    return Grade(
        passed=False,
        cases=(),
        faults=tuple(found),
        hints=tuple(hints.shown(its.entry.hints, found, failed_before + 1)),
        shown=None,
        printed="",
        note=given.note,
        seconds=time.perf_counter() - begun,
        ran=0.0,
        tier=None,
        seed=seed,
        tries=failed_before + 1,
    )


def get_ready(library: Library) -> None:
    """Start the sandbox's process that is copied for every job, in the background: the first grade waits less.

    The rest of a command, such as opening the learner's log, takes as long as NumPy does in there.
    """

    def start() -> None:
        from jinjie.course.sandbox import Job, run

        with contextlib.suppress(Exception):  # the grade itself says what is wrong
            run(Job({"ready.py": ""}, "ready", library=library))

    threading.Thread(target=start, daemon=True).start()


def calls_of(cases: Sequence[Case]) -> list[Call]:
    """The calls of these cases."""
    from jinjie.course.sandbox import Call

    return [
        Call(case.entry, (), case.arguments)
        if isinstance(case.arguments, dict)
        else Call(case.entry, case.arguments)
        for case in cases
    ]


def run_submission(
    its: Parts, source: str, calls: Sequence[Call], *, times: int = 1, tier: int | None = None
) -> Outcome:
    """A submission's answers to these calls, in a sandbox of its own and `times` the limit of one grading.

    Raises NoSandbox.
    """
    from jinjie.course.sandbox import Ended, Job, Limits, run

    limits = its.entry.limits
    job = Job(
        files={FILE: source},
        module=FILE.removesuffix(".py"),
        calls=calls,
        limits=Limits(seconds=limits.seconds * times, memory_mb=limits.memory_mb),
        library=its.entry.library,
        tier=tier,
    )
    outcome = run(job)
    if outcome.ended is Ended.SANDBOX:
        raise NoSandbox("grading.no_sandbox", reason=outcome.reason)
    return outcome


class _Grading:
    """One submission being graded."""

    def __init__(
        self, its: Parts, given: HandedIn, seed: int, failed_before: int, tier: int | None, begun: float
    ) -> None:
        self.its = its
        self.given = given
        self.seed = seed
        self.failed_before = failed_before
        self.tier = tier
        self.begun = begun

    def grade(self) -> Grade:
        entry = self.its.entry
        visible, hidden = batches(
            self.its, [(self.its.visible_seed, entry.visible), (self.seed, entry.hidden)], tier=self.tier
        )
        rows = [(case, True, right) for case, right in zip(visible.cases, visible.right, strict=True)]
        rows += [(case, False, right) for case, right in zip(hidden.cases, hidden.right, strict=True)]
        outcome = self.run([case for case, _, _ in rows])
        came = [of_submission(result, outcome) for result in outcome.results]
        if outcome.fault is not None:
            found = [at_import(self.its, self.given, outcome.fault)]
            return self.made(outcome, [(case, seen, None) for case, seen, _ in rows], found)
        all_cases = judged(self.its, rows, came, outcome.results)
        # what was not called after the process ended is neither right nor wrong
        called = next((i + 1 for i, one in enumerate(outcome.results) if one.missing), len(rows))
        wrong = {name: [*visible.wrong[name], *hidden.wrong[name]] for name in visible.wrong}
        like = explained(
            came[:called],
            [right for _, _, right in rows[:called]],
            {name: answers[:called] for name, answers in wrong.items()},
            self.its.rtol,
            self.its.atol,
        )
        all_cases = [replace(one, like=like.get(i)) for i, one in enumerate(all_cases)]
        found = faults(self.its, self.given, all_cases[:called])[:FAULTS]
        marks = [
            (case, seen, one.passed if i < called else None)
            for i, ((case, seen, _), one) in enumerate(zip(rows, all_cases, strict=True))
        ]
        behaves_like = {name: list(like.values()).count(name) for name in dict.fromkeys(like.values())}
        if not found:
            return self.made(outcome, marks, [])
        shown = self.example(visible, all_cases[:called]) if self.failed_before else None
        printed = self.printed(visible.cases) if outcome.printed and called == len(rows) else ""
        return self.made(outcome, marks, found, shown, printed, behaves_like)

    def made(
        self,
        outcome: Outcome,
        marks: Sequence[tuple[Case, bool, bool | None]],
        found: list[Fault],
        shown: Example | None = None,
        printed: str = "",
        behaves_like: dict[str, int] | None = None,
    ) -> Grade:
        """The grade. It is passed only where every case was called and is right."""
        passed = not found and all(mark is True for _, _, mark in marks) and bool(marks)
        tries = self.failed_before + (not passed)
        return Grade(
            passed=passed,
            cases=tuple(Marked(case.name, case.entry, seen, mark) for case, seen, mark in marks),
            faults=tuple(found),
            hints=tuple(hints.shown(self.its.entry.hints, found, tries)),
            shown=shown,
            printed=printed,
            note=self.given.note,
            seconds=time.perf_counter() - self.begun,
            ran=outcome.seconds,
            tier=outcome.tier,
            seed=self.seed,
            tries=tries,
            behaves_like=behaves_like or {},
        )

    def run(self, cases: Sequence[Case]) -> Outcome:
        """The submission on these cases, in its sandbox. Raises NoSandbox."""
        return run_submission(self.its, self.given.text, calls_of(cases), tier=self.tier)

    def example(self, visible: Batch, all_cases: Sequence[Judged]) -> Example | None:
        """The smallest failing case among those that anyone may see, and more of their kinds; never a hidden one."""
        failing = [one for one in all_cases if one.visible and not one.passed]
        if all(one.came.raised not in ENDINGS for one in all_cases):
            failing += self.more(visible)
        if not failing:
            return None
        one = min(failing, key=lambda one: showing.size(one.case.arguments))
        return Example(one.case.name, showing.call(one.case), showing.value(one.right.value), self.came(one))

    def more(self, visible: Batch) -> list[Judged]:
        """Failing cases of the visible kinds, drawn from seeds that depend on the exercise alone."""
        seed = derive(self.its.visible_seed, "smallest")
        (batch,) = batches(self.its, [(seed, DRAWN)], wrong=(), tier=self.tier)
        kinds = {(case.name, case.entry) for case in visible.cases}
        rows = [
            (case, True, right)
            for case, right in zip(batch.cases, batch.right, strict=True)
            if (case.name, case.entry) in kinds
        ]
        outcome = self.run([case for case, _, _ in rows])
        came = [of_submission(result, outcome) for result in outcome.results]
        return [
            one
            for one, result in zip(
                judged(self.its, rows, came, outcome.results), outcome.results, strict=True
            )
            if not one.passed and not result.missing
        ]

    def came(self, one: Judged) -> Text:
        """What a submission gave back, or raised."""
        if one.came.raised in ENDINGS:
            return text("grading.came_nothing")
        if one.came.raised:
            message = f": {one.came.message}" if one.came.message else ""
            plain = printable(f"{one.came.raised}{message}"[:300])
            return Text(plain, plain)
        plain = showing.value(one.came.value)
        if one.came.mutated and not one.right.mutated:
            return text("grading.came_and_changed", value=plain)
        return Text(plain, plain)

    def printed(self, cases: Sequence[Case]) -> str:
        """What the code prints when it is called for the visible cases alone."""
        printed = self.run(cases).printed[:PRINTED]
        # where the file lay in the sandbox is nothing to a learner
        return printable(re.sub(rf"[^\s\"']*/{re.escape(FILE)}", FILE, printed))
