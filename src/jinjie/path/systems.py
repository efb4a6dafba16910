"""Systems that a learner has built: by the runs of their own home, and by what a log brought along from another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from jinjie.base.errors import JinjieError
from jinjie.course.content.library import Library
from jinjie.learner.attempt import Attempt

BUILDING = 120
"""Minutes for a system: to set its recipe, to look at the run, to write down what came of it; it trains by itself."""


def built(
    library: Library, systems: Iterable[str], events: Iterable[Attempt], until: datetime | None = None
) -> frozenset[str]:
    """Those of `systems` of which a recipe was trained to its end, before `until` where that is given."""
    of = {slug: set(library.systems[slug].entry.recipes) for slug in systems if slug in library.systems}
    wanted = set().union(*of.values())
    ran = {event.slug for event in events if event.kind == "run"} & wanted
    ran |= _finished(wanted - ran, until)
    return frozenset(slug for slug, recipes in of.items() if ran & recipes)


def _finished(recipes: set[str], until: datetime | None) -> set[str]:
    """The recipes with a finished run. One that cannot be read has built nothing; `jinjie runs` tells of it."""
    from jinjie.training.runs import all_runs

    found: set[str] = set()
    for run in all_runs() if recipes else ():
        try:
            recipe = str(run.file["recipe"]["name"])
            if recipe not in recipes - found:
                continue
            events = run.events
            if run.state(events) == "finished" and (until is None or _ended(events[-1]["time"]) < until):
                found.add(recipe)
        except (JinjieError, OSError, LookupError, TypeError):
            continue
    return found


def _ended(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)
