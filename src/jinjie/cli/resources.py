"""`jinjie resources`: where else to learn it, the best for this learner first; and whether the addresses still hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from jinjie.course.content.library import Library
    from jinjie.course.content.schema import Resource
    from jinjie.path.checked import Checked
    from jinjie.path.looking import Sought
    from jinjie.path.recommend import Recommended

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

        _wrong(language, level, cost, kind)
        library = load([own(), *content])
        words = words or []
        checking = words[:1] == [CHECK]
        topic = " ".join(words[1:] if checking else words)
        kept = {
            slug: written
            for slug, written in library.resources.items()
            if _fits(written.entry, language, level, cost, kind)
        }
        library = replace(library, resources=kept)
        if checking:
            _check(library, topic, timeout, as_json)
        else:
            _list(library, topic, language, cost, most, as_json)


def _wrong(*came: str | None) -> None:
    """Raises InvalidInput for an option that is none of its choices."""
    from jinjie.base.errors import InvalidInput, Problem, did_you_mean, nearest
    from jinjie.base.words import LANGUAGES
    from jinjie.course.content.schema import Resource
    from jinjie.path.recommend import COSTS, LEVELS

    kinds = get_args(Resource.model_fields["kind"].annotation)
    options = ("--language", "--level", "--cost", "--kind")
    problems = [
        Problem(
            option,
            "problem.not_a_choice",
            allowed=" | ".join(allowed),
            came=word,
            suggestion=did_you_mean(word, allowed) if nearest(word, allowed) else "",
        )
        for option, allowed, word in zip(options, (LANGUAGES, LEVELS, COSTS, kinds), came, strict=True)
        if word is not None and word not in allowed
    ]
    if problems:
        raise InvalidInput(problems)


def _fits(
    entry: Resource, language: str | None, level: str | None, cost: str | None, kind: str | None
) -> bool:
    from jinjie.path.recommend import COSTS

    return (
        (language is None or language in entry.language)
        and (level is None or entry.level == level)
        and (cost is None or COSTS.index(entry.cost) <= COSTS.index(cast("Any", cost)))
        and (kind is None or entry.kind == kind)
    )


def _list(
    library: Library, topic: str, language: str | None, cost: str | None, most: int, as_json: bool
) -> None:
    from jinjie.path.looking import sought
    from jinjie.path.recommend import in_languages

    log, graph, beliefs = _learner(library)
    looked = sought(library, graph, beliefs, log, topic)
    if not topic:
        language, free_only = _of_goal(library, log, language)
        if free_only and cost is None:
            free = {slug: w for slug, w in looked.resources.items() if w.entry.cost == "free"}
            looked = replace(looked, resources=free)
    checks = _checks()
    gone = {slug for slug, w in looked.resources.items() if _gone(checks.get(w.entry.url))}
    kept = {slug: w for slug, w in looked.resources.items() if slug not in gone}
    there = replace(library, resources=kept)
    found = in_languages(there, graph, beliefs, looked.concepts, cast("Any", language), most)
    if as_json:
        print_json(
            {
                "topic": topic or None,
                "goal": looked.goal,
                "concepts": list(looked.concepts),
                "gone": sorted(gone),
                "resources": [_plain(one, checks.get(one.resource.url)) for one in found],
            }
        )
        return
    _show(library, looked, found, checks, len(gone))


def _learner(library: Library) -> tuple[list[Any], Any, Any]:
    """The log, the graph and what is believed of each concept."""
    from datetime import datetime

    from jinjie.learner.attempts import iterate
    from jinjie.learner.store import open_store
    from jinjie.path.graph import Graph
    from jinjie.path.mastery import belief

    graph = Graph.of(library)
    with open_store() as store:
        log = list(iterate(store))
    return log, graph, belief(library, graph, log, datetime.now().astimezone())


def _of_goal(library: Library, log: list[Any], language: str | None) -> tuple[str | None, bool]:
    """The language and whether only what is free, as the goal in the log asks; an option goes before it."""
    from jinjie.base.words import LANGUAGES
    from jinjie.path.goals import chosen

    event = chosen(library, log)[1]
    detail = event.detail if event is not None else {}
    asked = detail.get("language")
    return language or (asked if asked in LANGUAGES else None), detail.get("free_only") is True


def _checks() -> dict[str, Checked]:
    """What is known of the addresses; a file that is spoiled is told of, and keeps nobody from the list."""
    from jinjie.path import checked

    try:
        return checked.read()
    except checked.Spoiled as error:
        note(str(error))
        return {}


def _gone(checked: Checked | None) -> bool:
    return checked is not None and checked.status == "gone"


def _plain(one: Recommended, checked: Checked | None) -> dict[str, Any]:
    about = one.resource.model_dump(mode="json") | {
        "above": one.above,
        "reason": one.reason.both(),
        "teaches": list(one.concepts),
    }
    about["checked"] = (
        {"status": checked.status, "asked": checked.asked.isoformat(), "to": checked.to} if checked else None
    )
    return about


def _show(
    library: Library, looked: Sought, found: list[Recommended], checks: dict[str, Checked], gone: int
) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from jinjie.base.words import language
    from jinjie.path.recommend import listed

    out = console()
    if looked.goal and looked.concepts:
        called = listed([str(library.concepts[slug].entry.name) for slug in looked.concepts], language())
        out.print(say("cli.resources.for_goal", goal=looked.title, concepts=called), markup=False)
        out.print()
    if not found:
        out.print(say("cli.resources.none"), markup=False)
    for one in found:
        entry = one.resource
        out.print(Text(entry.title, style="bold"))
        out.print(Padding(Text(_facts(entry, checks.get(entry.url)), style="dim"), (0, 0, 0, 2)))
        out.print(Padding(Text(str(one.reason), style="yellow" if one.above else ""), (0, 0, 0, 2)))
        out.print(Text(f"  {entry.url}", style="cyan"), soft_wrap=True)
    if gone:
        out.print()
        out.print(say("cli.resources.left_out", count=gone), style="dim", markup=False)


def _facts(entry: Resource, checked: Checked | None) -> str:
    from jinjie.path.recommend import cost_name, kind_name, level_name

    facts = [
        kind_name(entry.kind),
        ", ".join(entry.authors[:2]) + (" …" if len(entry.authors) > 2 else ""),
        str(entry.year or ""),
        " + ".join(
            say("cli.resources.en") if one == "en" else say("cli.resources.zh") for one in entry.language
        ),
        level_name(entry.level),
        cost_name(entry.cost),
        say("cli.resources.hours", hours=f"{entry.hours:g}") if entry.hours else "",
        say("cli.resources.was_found", date=checked.found.date()) if checked and checked.found else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def _check(library: Library, topic: str, timeout: float, as_json: bool) -> None:
    """Ask the addresses, and keep what they answered; Ctrl-C keeps what was answered until then."""
    from jinjie.cli.output import progress
    from jinjie.path import checked
    from jinjie.path.addresses import ask_all
    from jinjie.path.graph import Graph
    from jinjie.path.looking import sought

    known = checked.read()
    resources = library.resources
    if topic:
        resources = sought(library, Graph.of(library), {}, [], topic).resources
    ids = {written.entry.url: slug for slug, written in resources.items()}
    answers = {}
    try:
        with progress(quiet=as_json) as report:
            for address, answer in ask_all(ids, timeout):
                answers[address] = answer
                if report is not None:
                    report(ids[address], len(answers), len(ids))
    finally:
        if answers:
            known = checked.keep(known, answers)
    rows = [(ids[address], address, answer) for address, answer in answers.items()]
    if as_json:
        print_json(
            {
                "file": str(checked.file()),
                "asked": len(rows),
                "not_asked": sorted(ids[address] for address in ids if address not in answers),
                "resources": [
                    {"id": slug, "url": url, "status": a.status, "code": a.code, "to": a.to}
                    for slug, url, a in rows
                ],
            }
        )
        return
    _tell(rows, known, len(ids))


def _tell(rows: list[tuple[str, str, Any]], known: dict[str, Checked], count: int) -> None:
    from rich.table import Table

    from jinjie.path import checked

    out = console()
    odd = [row for row in rows if row[2].status != "found"]
    if odd:
        table = Table(box=None, pad_edge=False)
        table.add_column(say("cli.resources.resource"), style="cyan", overflow="fold")
        table.add_column(say("cli.resources.answer"), overflow="fold")
        table.add_column(say("cli.resources.last_found"), overflow="fold")
        for slug, url, answer in sorted(odd, key=lambda row: (row[2].status, row[0])):
            before = known[url].found
            table.add_row(slug, _answered(answer), str(before.date()) if before else "")
        out.print(table)
        out.print()
    there = sum(row[2].there for row in rows)
    out.print(say("cli.resources.asked", count=len(rows), found=there, file=checked.file()), soft_wrap=True)
    if len(rows) < count:
        out.print(say("cli.resources.not_asked", count=count - len(rows)), style="dim")


def _answered(answer: Any) -> str:
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
