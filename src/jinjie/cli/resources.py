"""`jinjie resources`: where else to learn it, the best for this learner first; and whether the addresses still hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from jinjie.course.content.library import Library
    from jinjie.path.checked import Checked
    from jinjie.path.checking import Round
    from jinjie.path.offered import Filter, Offered

CHECK = "check"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("resources", help=say("cli.resources.help"), epilog=say("cli.resources.example"))
    def resources(
        words: list[str] = typer.Argument(None, metavar="[check] [TOPIC]", help=say("cli.resources.topic")),
        language: str = typer.Option(None, "--language", metavar="en|zh", help=say("cli.resources.language")),
        level: str = typer.Option(None, "--level", metavar="LEVEL", help=say("cli.resources.level")),
        cost: str = typer.Option(None, "--cost", metavar="COST", help=say("cli.resources.cost")),
        kind: str = typer.Option(None, "--kind", metavar="KIND", help=say("cli.resources.kind")),
        most: int = typer.Option(8, "-n", min=1, max=1000, help=say("cli.resources.most")),
        timeout: float = typer.Option(
            10.0, "--timeout", min=0.1, max=300.0, help=say("cli.resources.timeout")
        ),
        content: list[Path] = typer.Option([], "--content", metavar="DIR", help=say("cli.resources.content")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.content.library import load, own
        from jinjie.path.offered import filter_of

        asked = filter_of({"language": language, "level": level, "cost": cost, "kind": kind})
        library = load([own(), *content])
        words = words or []
        checking = words[:1] == [CHECK]
        topic = " ".join(words[1:] if checking else words)
        if checking:
            _check(asked.of(library), topic, timeout, as_json)
        else:
            _list(library, topic, asked, most, as_json)


def _list(library: Library, topic: str, asked: Filter, most: int, as_json: bool) -> None:
    from jinjie.path import plain
    from jinjie.path.offered import offered

    log, graph, beliefs = _learner(library)
    checks = _checks()
    found = offered(library, graph, beliefs, log, topic, asked, checks, most)
    if as_json:
        print_json(
            {
                "topic": topic or None,
                "goal": found.sought.goal,
                "concepts": list(found.sought.concepts),
                "gone": list(found.gone),
                "resources": [plain.resource(one, checks.get(one.resource.url)) for one in found.resources],
            }
        )
        return
    _show(library, found, checks)


def _learner(library: Library) -> tuple[list[Any], Any, Any]:
    """The log, the graph and what is believed of each concept."""
    from datetime import datetime

    from jinjie.learner import log
    from jinjie.path.graph import Graph
    from jinjie.path.mastery import belief

    graph = Graph.of(library)
    events = log.read()
    return events, graph, belief(library, graph, events, datetime.now().astimezone())


def _checks() -> dict[str, Checked]:
    """What is known of the addresses; a file that is spoiled is told of, and keeps nobody from the list."""
    from jinjie.path import checked

    try:
        return checked.read()
    except checked.Spoiled as error:
        note(str(error))
        return {}


def _show(library: Library, found: Offered, checks: dict[str, Checked]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from jinjie.base.words import language
    from jinjie.path.offered import facts
    from jinjie.path.recommend import listed

    out, looked = console(), found.sought
    if looked.goal and looked.concepts:
        called = listed([str(library.concepts[slug].entry.name) for slug in looked.concepts], language())
        out.print(say("path.resources.for_goal", goal=looked.title, concepts=called), markup=False)
        out.print()
    if not found.resources:
        out.print(say("path.resources.none"), markup=False)
    for one in found.resources:
        entry = one.resource
        out.print(Text(entry.title, style="bold"))
        out.print(Padding(Text(facts(entry, checks.get(entry.url)), style="dim"), (0, 0, 0, 2)))
        out.print(Padding(Text(str(one.reason), style="yellow" if one.above else ""), (0, 0, 0, 2)))
        out.print(Text(f"  {entry.url}", style="cyan"), soft_wrap=True)
    if found.gone:
        out.print()
        out.print(say("path.resources.left_out", count=len(found.gone)), style="dim", markup=False)


def _check(library: Library, topic: str, timeout: float, as_json: bool) -> None:
    """Ask the addresses, and keep what they answered; Ctrl-C keeps what was answered until then."""
    from jinjie.cli.output import progress
    from jinjie.path import checked
    from jinjie.path.checking import check, ids_of

    ids = ids_of(library, topic)
    with progress(quiet=as_json) as report:
        made = check(ids, timeout, report)
    if as_json:
        print_json(
            {
                "file": str(checked.file()),
                "asked": len(made.answers),
                "not_asked": made.not_asked,
                "resources": [
                    {"id": ids[url], "url": url, "status": a.status, "code": a.code, "to": a.to}
                    for url, a in made.answers.items()
                ],
            }
        )
        return
    _tell(made)


def _tell(made: Round) -> None:
    from rich.table import Table

    from jinjie.path import checked
    from jinjie.path.checking import answered

    out = console()
    if odd := made.odd():
        table = Table(box=None, pad_edge=False)
        table.add_column(say("cli.resources.resource"), style="cyan", overflow="fold")
        table.add_column(say("cli.resources.answer"), overflow="fold")
        table.add_column(say("cli.resources.last_found"), overflow="fold")
        for slug, url, answer in odd:
            before = made.known[url].found
            table.add_row(slug, answered(answer), str(before.date()) if before else "")
        out.print(table)
        out.print()
    count = len(made.answers)
    out.print(say("cli.resources.asked", count=count, found=made.there, file=checked.file()), soft_wrap=True)
    if made.not_asked:
        out.print(say("cli.resources.not_asked", count=len(made.not_asked)), style="dim")
