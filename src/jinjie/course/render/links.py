"""Where the links of a text lead: in the studio, and as a command in a terminal."""

from __future__ import annotations

from dataclasses import dataclass

from jinjie.base.words import Language, say
from jinjie.course.content.library import Library
from jinjie.course.render.tree import Link

COSTS = {"free": "lesson.cost.free", "paid": "lesson.cost.paid", "freemium": "lesson.cost.freemium"}
"""What the costs of the catalog are called."""


@dataclass(frozen=True)
class Destination:
    """An address, None where there is nothing to go to yet; the command that shows the same; and its name."""

    href: str | None
    command: str | None
    name: str


def destination(link: Link, library: Library, lang: Language) -> Destination:
    """What a link leads to. One that leads nowhere is text, which is what `content check` finds."""
    target = link.target
    match link.kind:
        case "here":
            return Destination(f"#{target}", None, "")
        case "web":
            return Destination(target, None, target)
        case "lesson":
            return _lesson(target, library, lang)
        case "concept":
            concept = library.concepts.get(target)
            if concept is None:
                return Destination(None, None, "")
            entry = concept.entry
            there = _lesson(entry.lesson or "", library, lang)
            if there.href is None and entry.planned:
                return Destination(None, None, say("lesson.page.planned", lang, name=entry.name.in_(lang)))
            return there
        case "formula":
            from jinjie.course.formula.headings import headings

            known = headings().get(target)
            if known is None:
                return Destination(None, None, "")
            return Destination(f"/formulas/{target}", f"jinjie formula {target}", known.name.in_(lang))
        case "recipe":
            return Destination(f"/?recipe={target}", f"jinjie show {target}", target)
        case "resource":
            resource = library.resources.get(target)
            if resource is None:
                return Destination(None, None, "")
            work = resource.entry
            parts = (work.title, ", ".join(work.authors[:2]), str(work.year or ""))
            return Destination(work.url, None, " · ".join(filter(None, parts)))
    return Destination(None, None, "")


def _lesson(slug: str, library: Library, lang: Language) -> Destination:
    lesson = library.lessons.get(slug)
    if lesson is None:
        return Destination(None, None, "")
    return Destination(f"/learn/{slug}", f"jinjie lesson {slug}", lesson.entry.title.in_(lang))
