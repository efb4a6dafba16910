"""Resources as a learner asks for them: a topic, what may be in the list, and what is known of the addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast, get_args

from jinjie.base.errors import InvalidInput, Problem, did_you_mean, nearest
from jinjie.base.words import LANGUAGES, Language, say
from jinjie.course.content.library import Library
from jinjie.course.content.schema import Resource, ResourceKind
from jinjie.learner.attempt import Attempt
from jinjie.path.checked import Checked
from jinjie.path.goals import chosen
from jinjie.path.graph import Graph
from jinjie.path.looking import Sought, sought
from jinjie.path.mastery import Belief
from jinjie.path.recommend import COSTS, LEVELS, Cost, Level, Recommended, in_languages, level_name

RESOURCE_KINDS: tuple[str, ...] = get_args(ResourceKind)
OPTIONS = {"language": "--language", "level": "--level", "cost": "--cost", "kind": "--kind"}
"""What may be asked for, as the command line calls it."""


@dataclass(frozen=True)
class Filter:
    """What a resource must be; None: anything. `cost` is what it may cost at most."""

    language: Language | None = None
    level: Level | None = None
    cost: Cost | None = None
    kind: str | None = None

    def fits(self, entry: Resource) -> bool:
        return (
            (self.language is None or self.language in entry.language)
            and (self.level is None or entry.level == self.level)
            and (self.cost is None or COSTS.index(entry.cost) <= COSTS.index(self.cost))
            and (self.kind is None or entry.kind == self.kind)
        )

    def of(self, library: Library) -> Library:
        """The library with no other resources."""
        kept = {slug: written for slug, written in library.resources.items() if self.fits(written.entry)}
        return replace(library, resources=kept)


@dataclass(frozen=True)
class Offered:
    """Resources for a learner."""

    sought: Sought
    resources: tuple[Recommended, ...]
    """The best first."""
    gone: tuple[str, ...]
    """Those left out since their address was gone when it was last asked."""


def filter_of(asked: Mapping[str, str | None], names: Mapping[str, str] = OPTIONS) -> Filter:
    """What words ask for; `names` is what a mistake is told under. Raises InvalidInput with every mistake."""
    choices = {"language": LANGUAGES, "level": LEVELS, "cost": COSTS, "kind": RESOURCE_KINDS}
    problems = [
        Problem(
            names.get(name, name),
            "problem.not_a_choice",
            allowed=" | ".join(allowed),
            came=word,
            suggestion=did_you_mean(word, allowed) if nearest(word, allowed) else "",
        )
        for name, allowed in choices.items()
        if (word := asked.get(name)) is not None and word not in allowed
    ]
    if problems:
        raise InvalidInput(problems)
    return Filter(**cast("dict[str, Any]", {name: asked.get(name) for name in choices}))


def offered(
    library: Library,
    graph: Graph,
    beliefs: Mapping[str, Belief],
    events: list[Attempt],
    topic: str,
    asked: Filter,
    checks: Mapping[str, Checked],
    most: int,
) -> Offered:
    """At most `most` resources on a topic, or without one on what comes next for the goal in the log, whose language
    and cost then count where nothing else is asked for. Raises NotFound for a topic that there is not.
    """
    library = asked.of(library)
    looked = sought(library, graph, beliefs, events, topic)
    language = asked.language
    if not topic.strip():
        language, free_only = _of_goal(library, events, language)
        if free_only and asked.cost is None:
            free = {slug: w for slug, w in looked.resources.items() if w.entry.cost == "free"}
            looked = replace(looked, resources=free)
    gone = {slug for slug, w in looked.resources.items() if _gone(checks.get(w.entry.url))}
    kept = {slug: w for slug, w in looked.resources.items() if slug not in gone}
    there = replace(library, resources=kept)
    found = in_languages(there, graph, beliefs, looked.concepts, language, most)
    return Offered(looked, tuple(found), tuple(sorted(gone)))


def _of_goal(
    library: Library, events: list[Attempt], language: Language | None
) -> tuple[Language | None, bool]:
    """The language and whether only what is free, as the goal in the log asks; an option goes before it."""
    event = chosen(library, events)[1]
    detail = event.detail if event is not None else {}
    asked = detail.get("language")
    kept = cast("Language", asked) if asked in LANGUAGES else None
    return language or kept, detail.get("free_only") is True


def _gone(checked: Checked | None) -> bool:
    return checked is not None and checked.status == "gone"


def facts(entry: Resource, checked: Checked | None) -> str:
    """What it is, by whom, in which language, how hard, how dear, how long, in one line."""
    said = [
        kind_name(entry.kind),
        ", ".join(entry.authors[:2]) + (" …" if len(entry.authors) > 2 else ""),
        str(entry.year or ""),
        " + ".join(language_name(one) for one in entry.language),
        level_name(entry.level),
        cost_name(entry.cost),
        say("path.resources.hours", hours=f"{entry.hours:g}") if entry.hours else "",
        say("path.resources.was_found", date=checked.found.date()) if checked and checked.found else "",
    ]
    return " · ".join(fact for fact in said if fact)


def language_name(language: Language) -> str:
    """What a resource's language is called."""
    return say("path.resources.en") if language == "en" else say("path.resources.zh")


def kind_name(kind: str) -> str:
    """What a kind of resource is called."""
    match kind:
        case "book":
            return say("path.resources.book")
        case "course":
            return say("path.resources.course")
        case "lecture":
            return say("path.resources.lecture")
        case "tutorial":
            return say("path.resources.tutorial")
        case "paper":
            return say("path.resources.paper")
        case "document":
            return say("path.resources.document")
        case "tool":
            return say("path.resources.tool")
        case "dataset":
            return say("path.resources.dataset")
        case _:
            return say("path.resources.community")


def cost_name(cost: Cost) -> str:
    """What a cost is called."""
    match cost:
        case "free":
            return say("path.resources.free")
        case "freemium":
            return say("path.resources.freemium")
        case _:
            return say("path.resources.paid")
