"""Whether addresses of the catalog still hold: asked when somebody wants to know, and what they answered kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from jinjie.base.words import say
from jinjie.course.content.library import Library
from jinjie.path import checked
from jinjie.path.addresses import TIMEOUT, Answer, ask_all
from jinjie.path.checked import Checked
from jinjie.path.graph import Graph
from jinjie.path.looking import sought

Report = Callable[[str, int, int], None]
"""Hears of every answer: the resource, how many have answered, how many there are."""


@dataclass
class Round:
    """One round of questions: the resource of each address, what those that were asked answered, what is known now."""

    ids: Mapping[str, str]
    answers: dict[str, Answer] = field(default_factory=dict)
    known: dict[str, Checked] = field(default_factory=dict)

    @property
    def there(self) -> int:
        return sum(answer.there for answer in self.answers.values())

    @property
    def not_asked(self) -> list[str]:
        """Resources that were not asked: their host had had too much, or the round was ended."""
        return sorted(slug for address, slug in self.ids.items() if address not in self.answers)

    def odd(self) -> list[tuple[str, str, Answer]]:
        """Resource, address and answer of each that did not simply answer, by what it answered."""
        found = [(self.ids[url], url, one) for url, one in self.answers.items() if one.status != "found"]
        return sorted(found, key=lambda row: (row[2].status, row[0]))


def ids_of(library: Library, topic: str = "") -> dict[str, str]:
    """The resource of each address, on a topic or all. Raises NotFound."""
    resources = library.resources
    if topic:
        resources = sought(library, Graph.of(library), {}, [], topic).resources
    return {written.entry.url: slug for slug, written in resources.items()}


def check(
    ids: Mapping[str, str],
    timeout: float = TIMEOUT,
    report: Report | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Round:
    """Ask them, until `stopped`; a break keeps what was answered until then. Raises NoLine and Spoiled."""
    made = Round(ids, known=checked.read())
    try:
        for address, answer in ask_all(ids, timeout):
            made.answers[address] = answer
            if report is not None:
                report(ids[address], len(made.answers), len(ids))
            if stopped():
                break
    finally:
        if made.answers:
            made.known = checked.keep(made.known, made.answers)
    return made


def answered(answer: Answer | Checked) -> str:
    """What an address answered, in words, where it did not simply answer."""
    match answer.status:
        case "moved":
            return say("cli.resources.moved", to=answer.to)
        case "gone":
            return say("cli.resources.gone", code=answer.code)
        case "refused":
            return say("cli.resources.refused", code=answer.code)
        case "failing":
            return say("cli.resources.failing", code=answer.code)
        case "silent":
            return say("cli.resources.silent")
        case _:
            return say("cli.resources.unreachable")
