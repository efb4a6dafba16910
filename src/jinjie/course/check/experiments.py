"""Experiments: the function is there, takes its knobs, answers at both ends of each, and at once (C005, C070)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from jinjie.base.errors import InvalidInput, JinjieError, NotFound
from jinjie.base.words import LANGUAGES
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, Written
from jinjie.course.content.schema import Experiment
from jinjie.course.experiments.knobs import ends
from jinjie.course.experiments.worker import AT_ONCE, Worker

TRIES = 6
"""Times that a slow answer is measured again: the machine may have been busy."""


def experiments(library: Library) -> Iterator[Finding]:
    """All that is wrong with the experiments. Functions run in the sandbox, recipes are read and not run."""
    with Worker(library, most=1) as worker:
        for written in library.experiments.values():
            yield from _names(written)
            if written.entry.recipe is not None:
                yield from _recipe(written)
            else:
                yield from _function(worker, written)


def _names(written: Written[Experiment]) -> Iterator[Finding]:
    seen: set[str] = set()
    for i, knob in enumerate(written.entry.knobs):
        if knob.name in seen:
            yield written.finding("C070", ("knobs", i, "name"), "experiment.check.twice", name=knob.name)
        seen.add(knob.name)


def _places(written: Written[Experiment]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Where a value stands in the file, and the knobs that are to be tried: the defaults, then every end."""
    yield (("knobs",) if written.entry.knobs else ("function",)), {}
    for i, knob in enumerate(written.entry.knobs):
        for end in ends(knob):
            if end != knob.default or type(end) is not type(knob.default):
                yield ("knobs", i), {knob.name: end}


def _recipe(written: Written[Experiment]) -> Iterator[Finding]:
    from jinjie.course.experiments.recipes import recipe

    said: set[str] = set()
    for place, given in _places(written):
        try:
            recipe(written, given)
        except NotFound as error:
            yield written.finding("C005", ("recipe",), error.key, **error.params)
            return
        except InvalidInput as error:
            for problem in error.problems:
                if str(problem) in said:
                    continue
                said.add(str(problem))
                at = place if given else _home(written, problem.where)
                params = {"knobs": _said(given), "path": problem.where, "reason": problem.in_()}
                yield written.finding("C070", at, "experiment.check.recipe", **params)


def _home(written: Written[Experiment], path: str) -> tuple[str | int, ...]:
    """Where a setting stands in the file: among the knobs or the settings."""
    for i, knob in enumerate(written.entry.knobs):
        if knob.name == path:
            return ("knobs", i)
    return ("settings", path)


def _function(worker: Worker, written: Written[Experiment]) -> Iterator[Finding]:
    if not (written.folder / f"{written.slug}.py").is_file():
        file = f"{written.slug}.py"
        yield written.finding("C005", ("function",), "experiment.check.no_file", file=file)
        return
    name = written.entry.function
    try:
        wrong = worker.wrong_arguments(written)
    except JinjieError as error:
        yield written.finding("C070", ("function",), error.key, **error.params)
        return
    if wrong == "missing":
        file = f"{written.slug}.py"
        yield written.finding("C005", ("function",), "experiment.check.no_function", name=name, file=file)
        return
    if wrong:
        place = ("knobs",) if written.entry.knobs else ("function",)
        yield written.finding("C070", place, "experiment.check.arguments", name=name, reason=wrong)
        return
    yield from _answers(worker, written)


def _answers(worker: Worker, written: Written[Experiment]) -> Iterator[Finding]:
    said: set[str] = set()
    for place, given in _places(written):
        try:
            seconds = _seconds(worker, written.slug, given)
        except JinjieError as error:
            if str(error) not in said:
                said.add(str(error))
                params = {"knobs": _said(given), "reason": str(error)}
                yield written.finding("C070", place, "experiment.check.fails", **params)
            continue
        if seconds > AT_ONCE and "slow" not in said:
            said.add("slow")
            params = {"knobs": _said(given), "seconds": f"{seconds:.2f}", "most": str(AT_ONCE)}
            yield written.finding("C070", place, "experiment.check.slow", **params)


def _seconds(worker: Worker, slug: str, given: dict[str, Any]) -> float:
    """How long an answer and its drawing take when all is warm. Raises what asking raises."""
    from jinjie.course.experiments.draw import pictures

    best = float("inf")
    for attempt in range(TRIES + 1):
        begun = time.perf_counter()
        shown = worker.show(slug, given, again=True)
        for lang in LANGUAGES if attempt == 0 else LANGUAGES[:1]:
            pictures(shown, lang)
        if attempt:  # the first one warms
            best = min(best, time.perf_counter() - begun)
        if best <= AT_ONCE:
            break
    return best


def _said(given: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in given.items()) or "–"
