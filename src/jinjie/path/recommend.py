"""Resources for this learner: what teaches what they lack, at their level, each with its reason.

A level is seen in what a concept stands on. The ground of some concepts is all that they require and, where any of that
is one of the foundations (stages 1 and 2, as far as they are written) or where they require nothing, all of those;
whoever can explain half of the ground is intermediate there, four fifths advanced. So one is a beginner in training on
many machines and advanced in pictures at the same time.

Nothing above the learner's level is recommended without saying so, and little of it where there is something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from jinjie.base.words import LANGUAGES, Language, Text, say
from jinjie.base.words import language as language_now
from jinjie.course.content.library import Library
from jinjie.course.content.schema import Resource
from jinjie.path.graph import Graph
from jinjie.path.mastery import EXPLAINED, MASTERED

Level = Literal["beginner", "intermediate", "advanced"]
Cost = Literal["free", "freemium", "paid"]

LEVELS: tuple[Level, ...] = ("beginner", "intermediate", "advanced")
COSTS: tuple[Cost, ...] = ("free", "freemium", "paid")
"""From what costs nothing to what costs something in any case."""

FOUNDATIONS = 2
"""The last stage that whatever is learned later stands on."""

_TEACHES: dict[str, tuple[float, float, float]] = {
    "book": (1.0, 1.0, 1.0),
    "course": (1.0, 1.0, 1.0),
    "lecture": (1.0, 1.0, 1.0),
    "tutorial": (1.0, 1.0, 1.0),
    "document": (0.6, 0.8, 1.0),
    "tool": (0.45, 0.5, 0.5),
    "paper": (0.35, 0.7, 1.0),
    "dataset": (0.1, 0.15, 0.2),
    "community": (0.1, 0.15, 0.2),
}
"""How well each kind teaches a beginner, who is intermediate, who is advanced: judged, not measured."""

_STEPS = {-2: 0.6, -1: 0.85, 0: 1.0, 1: 0.4, 2: 0.15}
"""How well a resource suits by the steps that it stands above the learner."""

_HELD = 0.1
"""What a concept weighs at least, though it be mastered: one may still go deeper."""

_AGAIN = 0.4
"""What is left of a concept's weight once a resource before this one teaches it."""


class Believed(Protocol):
    """What is asked of a belief here."""

    @property
    def p(self) -> float: ...


@dataclass(frozen=True)
class Recommended:
    """A resource, and why this learner should take it."""

    resource: Resource
    reason: Text
    above: bool
    """It is harder than the learner's level; the reason says so."""
    concepts: tuple[str, ...]
    """What it teaches of what was asked for, what is missing first."""


@dataclass(frozen=True)
class Ground:
    """What some concepts stand on, as this learner has it."""

    concepts: tuple[str, ...]
    known: frozenset[str]
    level: Level


def recommend(
    library: Library,
    graph: Graph,
    beliefs: Mapping[str, Believed],
    concepts: Iterable[str],
    level: Level | None = None,
    language: Language | None = None,
    cost: Cost | None = None,
    most: int = 5,
) -> list[Recommended]:
    """At most `most` resources that teach any of `concepts`, the best first; each next one for what those before leave.

    `level` is what the learner says theirs is; None goes by the beliefs, concept by concept. `language` keeps what is
    in it; `cost` what is no dearer. What the course does not have is passed over; a concept that nothing is believed
    about counts as not known.
    """
    wanted = [slug for slug in dict.fromkeys(concepts) if slug in graph.concepts]
    lacks = {slug: max(1 - _p(beliefs, slug), _HELD) for slug in wanted}
    grounds: dict[frozenset[str], Ground] = {}
    found: list[tuple[float, Resource, tuple[str, ...], Ground]] = []
    for written in library.resources.values():
        entry = written.entry
        about = frozenset(entry.concepts).intersection(lacks)
        if (
            not about
            or (language is not None and language not in entry.language)
            or (cost is not None and COSTS.index(entry.cost) > COSTS.index(cost))
        ):
            continue
        if about not in grounds:
            grounds[about] = ground(graph, beliefs, about)
        order = tuple(sorted(about, key=lambda slug: (_p(beliefs, slug) >= MASTERED, graph.place[slug])))
        mine = level or grounds[about].level
        suits = _TEACHES[entry.kind][LEVELS.index(mine)] * _STEPS[_steps(entry, mine)]
        # A whole course says less about one thing than what is about it alone, though not in proportion.
        found.append((suits / len(set(entry.concepts)) ** 0.25, entry, order, grounds[about]))
    chosen: list[Recommended] = []
    while found and len(chosen) < most:
        best = min(
            found, key=lambda one: (-one[0] * sum(lacks[slug] for slug in one[2]), one[1].title, one[1].id)
        )
        found.remove(best)
        chosen.append(_recommended(graph, beliefs, best[1], best[2], best[3], level))
        for slug in best[2]:
            lacks[slug] *= _AGAIN
    return chosen


def in_languages(
    library: Library,
    graph: Graph,
    beliefs: Mapping[str, Believed],
    concepts: Sequence[str],
    language: Language | None = None,
    most: int = 5,
) -> list[Recommended]:
    """As `recommend`; where no language is asked for, what is in the learner's own comes first.

    Who reads Chinese here is given what there is in English after it; who reads English is given Chinese where there
    is nothing else.
    """
    mine = language or language_now()
    found = recommend(library, graph, beliefs, concepts, language=mine, most=most)
    if language is None and (mine == "zh" or not found) and len(found) < most:
        there = {one.resource.id for one in found}
        more = recommend(library, graph, beliefs, concepts, most=most + len(found))
        found += [one for one in more if one.resource.id not in there][: most - len(found)]
    return found


def ground(graph: Graph, beliefs: Mapping[str, Believed], concepts: Iterable[str]) -> Ground:
    """What `concepts` stand on, and the level that the learner has there."""
    asked = [slug for slug in concepts if slug in graph.place]
    beneath = {slug for one in asked for slug in graph.needs[one] if not graph.concepts[slug].prior}
    foundations = {slug for slug in graph.lessons if graph.stages[slug] <= FOUNDATIONS}
    if not beneath or beneath & foundations:  # a law stands on no gradients
        beneath |= foundations
    beneath -= set(asked)
    under = tuple(slug for slug in graph.concepts if slug in beneath)
    known = frozenset(slug for slug in under if _p(beliefs, slug) >= EXPLAINED)
    share = len(known) / len(under) if under else 0.0
    return Ground(under, known, LEVELS[(share >= 0.5) + (share >= 0.8)])


def _p(beliefs: Mapping[str, Believed], slug: str) -> float:
    return beliefs[slug].p if slug in beliefs else 0.0


def _steps(entry: Resource, mine: Level) -> int:
    return LEVELS.index(entry.level) - LEVELS.index(mine)


def _recommended(
    graph: Graph,
    beliefs: Mapping[str, Believed],
    entry: Resource,
    about: tuple[str, ...],
    under: Ground,
    said: Level | None,
) -> Recommended:
    missing = [slug for slug in about if _p(beliefs, slug) < MASTERED]
    from_ = _goes_on_from(graph, under, missing)
    steps = _steps(entry, said or under.level)
    at_once = {one for slug in about for one in graph.requires[slug]}
    beneath = {one for slug in about for one in graph.needs[slug]}
    first = [
        slug
        for slug in under.concepts
        if slug not in under.known and slug in (at_once.intersection(under.concepts) - under.known or beneath)
    ]
    sentences: dict[str, str] = {}
    for lang in LANGUAGES:
        if missing:
            said_here = [say("path.resources.missing", lang, names=_names(graph, missing, lang))]
        elif steps < 0:
            said_here = [say("path.resources.again", lang, names=_names(graph, about, lang))]
        else:
            said_here = [say("path.resources.deeper", lang, names=_names(graph, about, lang))]
        if from_:
            said_here.append(say("path.resources.goes_on", lang, names=_names(graph, from_, lang)))
        said_here.append(_level(entry, under, steps, said, lang))
        if steps > 0 and first:
            said_here.append(say("path.resources.first", lang, names=_names(graph, first[:2], lang)))
        sentences[lang] = (" " if lang == "en" else "").join(said_here)
    return Recommended(entry, Text(sentences["en"], sentences["zh"]), steps > 0, about)


def _goes_on_from(graph: Graph, under: Ground, missing: Sequence[str]) -> list[str]:
    """The known concepts nearest to what is missing: what it requires at once, else what it stands on."""
    at_once = {one for slug in missing for one in graph.requires[slug]} & under.known
    beneath = {one for slug in missing for one in graph.needs[slug]} & under.known
    return sorted(at_once or beneath, key=lambda slug: -graph.place[slug])[:2][::-1]


def _level(entry: Resource, under: Ground, steps: int, said: Level | None, lang: Language) -> str:
    level = level_name(entry.level, lang)
    if steps > 0 and said is not None:
        return say("path.resources.above_said", lang, level=level, yours=level_name(said, lang))
    if steps > 0:
        return say(
            "path.resources.above", lang, level=level, known=len(under.known), count=len(under.concepts)
        )
    if steps < 0:
        return say("path.resources.below", lang, level=level)
    if said is not None or entry.level == "beginner":
        return say("path.resources.yours", lang, level=level)
    return say("path.resources.known", lang, level=level, known=len(under.known), count=len(under.concepts))


def level_name(level: Level, lang: Language | None = None) -> str:
    """What a level is called."""
    match level:
        case "beginner":
            return say("path.resources.beginner", lang)
        case "intermediate":
            return say("path.resources.intermediate", lang)
        case "advanced":
            return say("path.resources.advanced", lang)


def _names(graph: Graph, slugs: Sequence[str], lang: Language) -> str:
    """At most three names, and how many more there are."""
    names = [graph.concepts[slug].name.in_(lang) for slug in slugs[:3]]
    if len(slugs) > 3:
        return say(
            "path.resources.and_more", lang, names=listed(names, lang, closed=False), count=len(slugs) - 3
        )
    return listed(names, lang)


def listed(names: list[str], lang: Language, closed: bool = True) -> str:
    """Names as a language lists them; not `closed` where more is to follow."""
    if lang == "zh":
        return "".join(f"“{name}”" for name in names)
    if closed and len(names) > 1:
        return say("path.resources.and", lang, first=", ".join(names[:-1]), last=names[-1])
    return ", ".join(names)


def kind_name(kind: str) -> str:
    """What a kind of resource is called."""
    match kind:
        case "book":
            return say("cli.resources.book")
        case "course":
            return say("cli.resources.course")
        case "lecture":
            return say("cli.resources.lecture")
        case "tutorial":
            return say("cli.resources.tutorial")
        case "paper":
            return say("cli.resources.paper")
        case "document":
            return say("cli.resources.document")
        case "tool":
            return say("cli.resources.tool")
        case "dataset":
            return say("cli.resources.dataset")
        case _:
            return say("cli.resources.community")


def cost_name(cost: str) -> str:
    """What it costs, in a word."""
    match cost:
        case "free":
            return say("cli.resources.free")
        case "freemium":
            return say("cli.resources.freemium")
        case _:
            return say("cli.resources.paid")
