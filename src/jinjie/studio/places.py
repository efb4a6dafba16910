"""The four places of the studio and the pages within each: what the head of every page leads to."""

from __future__ import annotations

from dataclasses import dataclass

from jinjie.base.words import say

ELSEWHERE = {"/formulas": "/learn", "/start": "/runs"}
"""Addresses of pages that lie below one with another address."""


@dataclass(frozen=True)
class Link:
    """A page that the head leads to."""

    href: str
    name: str
    current: str = ""
    """The value of `aria-current`: "page" on the page itself, "true" on one below it, else empty."""


@dataclass(frozen=True)
class Place:
    """A place: its first page, and all its pages with that one first."""

    link: Link
    pages: list[Link]


def places(here: str) -> list[Place]:
    """All of them in the viewer's language, for the page at the path `here`."""
    learn = [
        ("/", say("studio.home.title")),
        ("/learn", say("studio.home.course")),
        ("/map", say("studio.map.title")),
        ("/ask", say("studio.ask.title")),
        ("/audit", say("studio.audit.title")),
    ]
    runs = [
        ("/runs", say("studio.runs")),
        ("/data", say("studio.datasets.title")),
        ("/clean", say("studio.clean.title")),
        ("/machine", say("studio.doctor.title")),
    ]
    play = [("/play", say("studio.play.models")), ("/play/tokens", say("studio.tokens.title"))]
    path = [
        ("/path", say("studio.home.overview")),
        ("/path/mastery", say("studio.mastery.title")),
        ("/path/place", say("studio.path.place")),
        ("/path/review", say("studio.path.review")),
        ("/path/plan", say("studio.plan.title")),
        ("/path/resources", say("studio.resources.title")),
        ("/path/portfolio", say("studio.portfolio.title")),
        ("/path/log", say("studio.log.title")),
    ]
    named = [
        (say("studio.learn.title"), learn),
        (say("studio.runs"), runs),
        (say("studio.play.title"), play),
        (say("studio.path.title"), path),
    ]
    return [_place(name, pages, here) for name, pages in named]


def _place(name: str, pages: list[tuple[str, str]], here: str) -> Place:
    nearest = max((href for href, _ in pages if _within(here, href)), key=len, default="")
    links = [Link(href, word, _current(here, href) if href == nearest else "") for href, word in pages]
    first = links[0]
    return Place(Link(first.href, name, "" if not nearest else first.current or "true"), links)


def _within(here: str, page: str) -> bool:
    """Whether a path is a page or lies below it."""
    for other, known in ELSEWHERE.items():
        if here == other or here.startswith(f"{other}/"):
            here = f"{known}/"
    return here == page or (page != "/" and here.startswith(f"{page}/"))


def _current(here: str, page: str) -> str:
    return "page" if here == page else "true"
