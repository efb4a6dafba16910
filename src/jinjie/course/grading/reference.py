"""The cases of an exercise and what its solution and each wrong solution answer to them.

They are computed in a sandbox of their own, never in the learner's: content is code as well, and may not hang us. One
process draws the cases and calls everything on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import Problem
from jinjie.base.words import Text
from jinjie.course.grading.comparison import same
from jinjie.course.grading.parts import ExerciseBroken, Parts

if TYPE_CHECKING:
    from jinjie.course.sandbox import Outcome, Result

SECONDS = 5.0
"""That drawing cases may take, on top of each solution's own limit."""


@dataclass(frozen=True)
class Case:
    """Arguments for an entry, and what this case is."""

    name: Text
    entry: str
    arguments: tuple[Any, ...] | dict[str, Any]
    both: bool = True
    """Whether its name was given in both languages."""


@dataclass(frozen=True)
class Answer:
    """What came of a call: a value, or the type of what was raised; "timeout" where the time was up."""

    value: Any = None
    raised: str | None = None
    message: str = ""
    mutated: bool = False

    def agrees(self, other: Answer, rtol: float, atol: float) -> bool:
        """Whether two answers show the same behaviour."""
        if self.raised or other.raised:
            return self.raised == other.raised
        return self.mutated == other.mutated and same(other.value, self.value, rtol, atol)


@dataclass(frozen=True)
class Batch:
    """Cases of one seed with the right answers, and those of the wrong solutions by name."""

    seed: int
    cases: list[Case]
    right: list[Answer]
    seconds: float
    """That the solution's calls took together."""
    wrong: dict[str, list[Answer | None]] = field(default_factory=dict)
    """None where a wrong solution was not called, since its time was up before."""


def batches(
    parts: Parts,
    draws: list[tuple[int, int]],
    *,
    wrong: tuple[str, ...] | None = None,
    tier: int | None = None,
) -> list[Batch]:
    """For each (seed, count) the cases and the answers of the solution and of the wrong ones (None: all).

    A wrong solution whose time is up is called no further. Raises ExerciseBroken where cases or solution fail.
    """
    names = list(parts.wrong) if wrong is None else list(wrong)
    made, stuck = _run(parts, draws, names, tier)
    while stuck is not None:
        # the process ended within this one: what came after it is asked for again
        rest = names[names.index(stuck) + 1 :]
        if not rest:
            break
        more, next_stuck = _run(parts, draws, rest, tier)
        for batch, other in zip(made, more, strict=True):
            batch.wrong.update(other.wrong)
        stuck = next_stuck
    return made


@lru_cache(maxsize=64)
def _driver() -> str:
    return resources.files(__package__).joinpath("inside.py").read_text(encoding="utf-8")


def _run(
    parts: Parts, draws: list[tuple[int, int]], names: list[str], tier: int | None
) -> tuple[list[Batch], str | None]:
    """The batches, and the wrong solution in which the process ended."""
    from jinjie.course.sandbox import Call, Ended, Job, Limits, run

    limits = parts.entry.limits
    modules = ["solution", *(f"wrong.{name}" for name in names)]
    entries = list(parts.entry.entries)
    asked = [Call("cases", (seed, count, entries)) for seed, count in draws]
    asked += [
        Call("answer", (module, seed, count, number, limits.seconds * len(draws)))
        for module in modules
        for seed, count in draws
        for number in range(count)
    ]
    job = Job(
        files={
            "inside.py": _driver(),
            "cases.py": parts.cases,
            "solution.py": parts.solution,
            **{f"wrong/{name}.py": parts.wrong[name] for name in names},
        },
        module="inside",
        calls=asked,
        limits=Limits(
            seconds=SECONDS + (1 + len(modules)) * limits.seconds * len(draws), memory_mb=2 * limits.memory_mb
        ),
        library=parts.entry.library,
        tier=tier,
    )
    outcome = run(job)
    if outcome.ended is Ended.SANDBOX:
        raise ExerciseBroken(parts.slug, [Problem("", "grading.no_sandbox", reason=outcome.reason)])
    results = iter(outcome.results)
    drawn = [next(results) for _ in draws]
    if problems := _wrong_cases(drawn, outcome):
        raise ExerciseBroken(parts.slug, problems)
    cases = [[_case(*one) for one in result.value] for result in drawn]
    answers = {module: [[next(results) for _ in range(count)] for _, count in draws] for module in modules}
    if problems := _wrong_solution(answers["solution"], cases, outcome):
        raise ExerciseBroken(parts.slug, problems)
    made = []
    for i, (seed, _) in enumerate(draws):
        right = [_answer(result, outcome) for result in answers["solution"][i]]
        seconds = sum(result.seconds for result in answers["solution"][i])
        made.append(Batch(seed, cases[i], [one for one in right if one is not None], seconds))
    stuck = None
    for name in names:
        if stuck is not None:
            break
        runs = answers[f"wrong.{name}"]
        told = False
        for batch, results_of_batch in zip(made, runs, strict=True):
            found: list[Answer | None] = []
            for result in results_of_batch:
                skipped = result.fault is not None and result.fault.type == "Skipped"
                found.append(None if told or skipped else _answer(result, outcome))
                told = told or result.missing
            batch.wrong[name] = found
        if told:
            stuck = name
    return made, stuck


def _case(name: str | dict[str, str], entry: str, arguments: Any) -> Case:
    words = Text(name, name) if isinstance(name, str) else Text(**name)
    return Case(words, entry, arguments, isinstance(name, dict))


def _answer(result: Result, outcome: Outcome) -> Answer:
    if result.missing:
        return Answer(raised=outcome.ended.value)
    if result.fault is not None:
        raised = {"Overdue": "timeout"}.get(result.fault.type, result.fault.type)
        return Answer(raised=raised, message=result.fault.message)
    value, mutated = result.value
    return Answer(value, mutated=mutated)


def of_submission(result: Result, outcome: Outcome) -> Answer:
    """The answer of a learner's code to a case."""
    if result.missing:
        return Answer(raised=outcome.ended.value)
    if result.fault is not None:
        return Answer(raised=result.fault.type, message=result.fault.message)
    return Answer(result.value, mutated=bool(result.mutated))


def _wrong_cases(drawn: list[Result], outcome: Outcome) -> list[Problem]:
    for result in drawn:
        if result.missing:
            return [Problem("cases.py", "grading.cases_ended", ended=outcome.ended.value)]
        if result.fault is not None:
            return [_problem("cases.py", result)]
    return []


def _wrong_solution(runs: list[list[Result]], cases: list[list[Case]], outcome: Outcome) -> list[Problem]:
    for results, batch in zip(runs, cases, strict=True):
        for result, case in zip(results, batch, strict=True):
            if result.missing or (result.fault is not None and result.fault.type == "Overdue"):
                ended = outcome.ended.value if result.missing else "timeout"
                return [Problem("solution.py", "grading.solution_ended", case=case.name, ended=ended)]
            if result.fault is not None:
                return [_problem("solution.py", result)]
    return []


def _problem(file: str, result: Result) -> Problem:
    fault = result.fault
    assert fault is not None
    own = [line for line in fault.lines if line.file == file]
    where = f"{file}:{own[-1].line}" if own else file
    return Problem(where, "grading.raises", type=fault.type, message=fault.message[:300])
