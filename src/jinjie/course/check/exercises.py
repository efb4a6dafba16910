"""C020 to C024: an exercise's starter fails, its solution passes, its wrong solutions fail with their own hints.

Everything is run in the sandbox: one process draws the cases of K seeds and calls every solution on them, a second one
is handed the solution as a learner would hand it in, a third the starter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import median
from typing import Any

from jinjie.base.errors import Problem, did_you_mean
from jinjie.base.seeds import derive
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, Written
from jinjie.course.content.schema import Exercise
from jinjie.course.grading import parts
from jinjie.course.grading.behaviour import differing, explained, is_right
from jinjie.course.grading.comparison import holds_floats
from jinjie.course.grading.faults import faults, judged
from jinjie.course.grading.handed_in import read as read_source
from jinjie.course.grading.marking import calls_of, run_submission
from jinjie.course.grading.parts import ExerciseBroken, Parts
from jinjie.course.grading.reference import Batch, batches, of_submission

K = 20
"""Seeds of hidden cases on which a solution has to pass and a wrong one to fail."""


def exercises(library: Library) -> Iterator[Finding]:
    """The findings of every exercise."""
    for written in library.exercises.values():
        yield from exercise(written)


def exercise(written: Written[Exercise], seeds: int = K) -> Iterator[Finding]:
    """The findings of one exercise."""
    try:
        its = parts.read(written)
    except ExerciseBroken as error:
        yield from (_broken(written, problem, "C001") for problem in error.problems)
        return
    yield from _hint_names(its)
    draws = [(its.visible_seed, its.entry.visible)]
    draws += [(derive(its.visible_seed, "check", i), its.entry.hidden) for i in range(seeds)]
    try:
        drawn = batches(its, draws)
    except ExerciseBroken as error:
        for problem in error.problems:
            slow = problem.key == "grading.solution_ended" and problem.params["ended"] == "timeout"
            yield _broken(written, problem, "C024" if slow else "C021")
        return
    yield from _cases(its, drawn)
    yield from _tolerance(its, drawn)
    yield from _speed(its, drawn)
    yield from _solution(its, drawn)
    yield from _starter(its, drawn)
    off = [differing(batch.right, batch.wrong, its.rtol, its.atol) for batch in drawn]
    for name in its.wrong:
        yield from _wrong(its, drawn, off, name)


def _broken(written: Written[Exercise], problem: Problem, code: str) -> Finding:
    """A problem of a file of the exercise, `cases.py:12` or a whole path, as a finding there."""
    name, _, line = problem.where.rpartition(":")
    if not line.isdigit():
        name, line = problem.where, "1"
    file = written.folder / name if name else written.file
    return Finding.at(code, file, int(line), problem.key, **problem.params)


def _hint_names(its: Parts) -> Iterator[Finding]:
    """Hints that are named after nothing, wrong solutions without a hint, and too few of them."""
    known = [*its.wrong, "exception", "always"]
    for i, hint in enumerate(its.entry.hints):
        if hint.when not in known:
            suggestion = did_you_mean(hint.when, known)
            yield its.written.finding(
                "C022", ("hints", i, "when"), "check.exercise.no_wrong", name=hint.when, suggestion=suggestion
            )
    for name in its.wrong:
        if name not in {hint.when for hint in its.entry.hints}:
            yield its.written.finding("C022", ("hints",), "check.exercise.no_hint", name=name)
    if len(its.wrong) < 2:
        yield its.written.finding("C022", (), "check.exercise.few_wrong", count=len(its.wrong))


def _cases(its: Parts, drawn: list[Batch]) -> Iterator[Finding]:
    """Entries that no case calls, names in one language, cases that are not the same for the same seed."""
    file = its.written.folder / "cases.py"
    called = {case.entry for batch in drawn[:2] for case in batch.cases}
    for i, entry in enumerate(its.entry.entries):
        if entry not in called:
            yield its.written.finding("C021", ("entries", i), "check.exercise.not_called", entry=entry)
    names = {case.name.en: None for batch in drawn for case in batch.cases if not case.both}
    for name in names:
        if re.search(r"[^\W\d_]{2}", name):
            yield Finding.at("C003", file, _line_of(its.cases, name), "check.exercise.case_name", name=name)
    (again,) = batches(its, [(drawn[0].seed, its.entry.visible)], wrong=())
    for first, second in zip(drawn[0].cases, again.cases, strict=True):
        if repr(first.arguments) != repr(second.arguments):
            yield Finding.at("C021", file, _line_of(its.cases, first.name.en), "check.exercise.not_seeded")
            return


def _line_of(source: str, words: str) -> int:
    """The first line of a file that holds these words, or 1."""
    return next((i for i, line in enumerate(source.split("\n"), 1) if words in line), 1)


def _tolerance(its: Parts, drawn: list[Batch]) -> Iterator[Finding]:
    if its.rtol or its.atol:
        return
    for answer, case in zip(drawn[0].right, drawn[0].cases, strict=True):
        if holds_floats(answer.value):
            yield its.written.finding("C023", ("rtol",), "check.exercise.floats", entry=case.entry)
            return


def _speed(its: Parts, drawn: list[Batch]) -> Iterator[Finding]:
    """One grading calls the visible cases and those of one seed; of the seeds the middle one counts."""
    took = drawn[0].seconds + median(batch.seconds for batch in drawn[1:])
    limit = its.entry.limits.seconds
    if took > limit / 2:
        numbers = {"seconds": f"{took:.2f}", "limit": f"{limit:g}"}
        yield its.written.finding("C024", ("limits", "seconds"), "check.exercise.slow", **numbers)


def _solution(its: Parts, drawn: list[Batch]) -> Iterator[Finding]:
    """The solution handed in: it gives the same values in another process, and leaves its arguments alone."""
    file = its.written.folder / "solution.py"
    for batch in drawn:
        for answer, case in zip(batch.right, batch.cases, strict=True):
            if answer.mutated:
                line = _line_of(its.solution, f"def {case.entry}")
                yield Finding.at(
                    "C021", file, line, "check.exercise.mutates", entry=case.entry, case=case.name
                )
                return
    yield from _handed_in(its, drawn, file, its.solution, len(drawn))


def _handed_in(its: Parts, drawn: list[Batch], file: Any, source: str, times: int) -> Iterator[Finding]:
    given = read_source(source)
    if given.unfit is not None:
        yield Finding.at("C021", file, given.unfit.line or 1, "check.exercise.unfit", why=given.unfit.says)
        return
    cases = [case for batch in drawn for case in batch.cases]
    rows = [
        (case, True, right) for batch in drawn for case, right in zip(batch.cases, batch.right, strict=True)
    ]
    outcome = run_submission(its, given.text, calls_of(cases), times=times)
    came = [of_submission(result, outcome) for result in outcome.results]
    found = faults(its, given, judged(its, rows, came, outcome.results))
    if not found:
        return
    first = found[0]
    seed = next(batch.seed for batch in drawn for _ in batch.cases)
    count = 0
    for batch in drawn:
        if first.cases and count <= first.cases[0] < count + len(batch.cases):
            seed = batch.seed
        count += len(batch.cases)
    case = cases[first.cases[0]].name if first.cases else ""
    line = first.line or _line_of(source, f"def {first.entry}")
    yield Finding.at("C021", file, line, "check.exercise.fails", why=first.says, case=case, seed=seed)


def _starter(its: Parts, drawn: list[Batch]) -> Iterator[Finding]:
    """Whether the starter passes the cases of one seed."""
    given = read_source(its.starter)
    file = its.written.folder / "starter.py"
    if given.unfit is not None:
        # a learner begins with a file that Python can read
        yield Finding.at("C020", file, given.unfit.line or 1, "check.exercise.unfit", why=given.unfit.says)
        return
    cases = [case for batch in drawn[:2] for case in batch.cases]
    right = [answer for batch in drawn[:2] for answer in batch.right]
    outcome = run_submission(its, given.text, calls_of(cases))
    came = [of_submission(result, outcome) for result in outcome.results]
    if all(is_right(one, other, its.rtol, its.atol) for one, other in zip(came, right, strict=True)):
        yield Finding.at("C020", file, 1, "check.exercise.starter_passes")
    missing = [entry for entry in its.entry.entries if entry not in given.signatures]
    if missing:
        yield Finding.at("C020", file, 1, "check.exercise.starter_lacks", entries=", ".join(missing))


def _wrong(its: Parts, drawn: list[Batch], off: list[dict[str, set[int]]], name: str) -> Iterator[Finding]:
    """Whether a wrong solution fails for every seed, not by a slip, and is told by its own hint and no other's.

    `off` is where each wrong solution differs from the right one, batch by batch.
    """
    file = its.written.folder / "wrong" / f"{name}.py"
    first = len(drawn[0].cases)
    for batch, later in zip(drawn[1:], off[1:], strict=True):
        both = (drawn[0], batch)
        came = [answer for one in both for answer in one.wrong[name]]
        count = next((i for i, answer in enumerate(came) if answer is None), len(came))
        answers = [answer for answer in came[:count] if answer is not None]
        right = [answer for one in both for answer in one.right][:count]
        cases = [case for one in both for case in one.cases]
        wrong = {other: [a for one in both for a in one.wrong[other]][:count] for other in its.wrong}
        if any(answer.raised == "NameError" for answer in answers):
            yield Finding.at("C022", file, 1, "check.exercise.wrong_breaks", name=name, raised="NameError")
            return
        passes = (is_right(one, other, its.rtol, its.atol) for one, other in zip(answers, right, strict=True))
        if count == len(came) and all(passes):  # one whose time was up fails as a submission would
            yield Finding.at("C022", file, 1, "check.exercise.wrong_passes", name=name, seed=batch.seed)
            return
        differs = {
            other: {i for i in (*off[0][other], *(i + first for i in later[other])) if i < count}
            for other in its.wrong
        }
        like = explained(answers, right, wrong, its.rtol, its.atol, differs)
        others = {i: other for i, other in like.items() if other != name}
        if others:
            at = min(others)
            told = {"name": name, "other": others[at], "case": cases[at].name, "seed": batch.seed}
            yield Finding.at("C022", file, 1, "check.exercise.other_hint", **told)
            return
