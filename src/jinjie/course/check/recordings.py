"""Recorded trainings: each file is of an experiment that trains, at knobs that it has, with its recipe (C071)."""

from __future__ import annotations

from collections.abc import Iterator

from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.course.content.finding import Finding
from jinjie.course.content.library import Library, Written
from jinjie.course.content.schema import Experiment
from jinjie.course.experiments import knobs, recorded


def recordings(library: Library) -> Iterator[Finding]:
    """All that is wrong with the `<slug>.recorded.json` of the experiments."""
    expected = {recorded.file(written) for written in library.experiments.values()}
    for root in library.roots:
        for file in sorted((root / "experiments").glob("*.recorded.json")):
            if file not in expected:
                yield Finding.at("C071", file, 1, "experiment.recorded.orphan", file=file.name)
    for written in library.experiments.values():
        if recorded.file(written).exists():
            yield from _recordings(written)


def _recordings(written: Written[Experiment]) -> Iterator[Finding]:
    file = recorded.file(written)
    if written.entry.recipe is None:
        yield Finding.at("C071", file, 1, "experiment.is_a_function", slug=written.slug)
        return
    try:
        found = recorded.read(written)
    except JinjieError as error:
        yield Finding.at("C071", file, 1, error.key, **error.params)
        return
    names = {knob.name for knob in written.entry.knobs}
    rows = file.read_text(encoding="utf-8").splitlines()
    starts = [i for i, row in enumerate(rows, 1) if '"knobs":' in row]
    for i, one in enumerate(found):
        line = starts[i] if i < len(starts) else 1
        if one.recipe != written.entry.recipe:
            params = {"came": one.recipe, "expected": written.entry.recipe}
            yield Finding.at("C071", file, line, "experiment.recorded.other_recipe", **params)
        if set(one.knobs) != names:
            came, expected = ", ".join(one.knobs) or "–", ", ".join(sorted(names)) or "–"
            yield Finding.at(
                "C071", file, line, "experiment.recorded.other_knobs", came=came, expected=expected
            )
            continue
        try:
            knobs.values(written.entry, one.knobs)
        except InvalidInput as error:
            for problem in error.problems:
                yield Finding("C071", file, line, problem)
