"""`jinjie place`: at most twelve questions, and what they say about where to begin."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli import questions
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from jinjie.course.content.library import Library
    from jinjie.learner.store import Store
    from jinjie.path.placement import Concluded, Placement


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("place", help=say("cli.place.help"), epilog=say("cli.place.example"))
    def place(
        show: bool = typer.Option(False, "--show", help=say("cli.place.show")),
        again: bool = typer.Option(False, "--again", help=say("cli.place.again")),
        known: str = typer.Option(None, "--known", metavar="CONCEPT", help=say("cli.place.known")),
        unknown: str = typer.Option(None, "--unknown", metavar="CONCEPT", help=say("cli.place.unknown")),
        content: list[Path] = typer.Option([], "--content", metavar="DIR", help=say("cli.place.content")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.content.library import load, own
        from jinjie.learner.store import open_store

        library = load([own(), *content])
        with open_store() as store:
            if known is not None or unknown is not None:
                _correct(library, store, [(known, "known"), (unknown, "unknown")])
                show = True
            round_ = _round(library, store, again)
            code = 0 if show or as_json else _ask(store, round_)
            _tell(library, _round(library, store), as_json)
        raise typer.Exit(code)


def _round(library: Library, store: Store, again: bool = False) -> Placement:
    from jinjie.learner.attempts import iterate
    from jinjie.path.goals import chosen
    from jinjie.path.graph import Graph
    from jinjie.path.placement import Placement

    events = list(iterate(store))
    graph = Graph.of(library)
    goal, _ = chosen(library, events)
    return Placement.of(library, graph, graph.closure(goal.wants), events, again)


def _correct(library: Library, store: Store, words: list[tuple[str | None, str]]) -> None:
    """Write down what the learner says of a concept. Raises NotFound, which suggests the nearest name."""
    from jinjie.learner.attempt import Attempt
    from jinjie.learner.attempts import write
    from jinjie.path.goals import goal

    said = [(goal(library, f"concept:{name}").id, word) for name, word in words if name is not None]
    write(store, *(Attempt("placement", slug, detail={"said": word}) for slug, word in said))
    for slug, word in said:
        name = str(library.concepts[slug].entry.name)
        note(say("cli.place.noted_known" if word == "known" else "cli.place.noted_unknown", concept=name))


def _ask(store: Store, round_: Placement) -> int:
    """One question after another, each answer in the log before the next; Ctrl-C ends early and loses nothing."""
    from jinjie.course.quizzes.attempts import attempt
    from jinjie.learner.attempts import write
    from jinjie.path.placement import QUESTIONS

    out = console()
    variant = round_.question()
    if variant is None:
        note(say("cli.place.over"))
        return 0
    out.print(say("cli.place.begin", count=QUESTIONS), style="dim", soft_wrap=True)
    try:
        while variant is not None:
            number = len(round_.answers) + 1
            questions.show(variant, say("cli.place.about", number=number, count=QUESTIONS), out)
            begun = time.monotonic()
            answer, judged = questions.answer(variant, may_pass=True)
            event = attempt(variant, judged, answer, round(time.monotonic() - begun, 1))
            event = round_.attempt(variant, event)
            write(store, event)
            questions.explain(judged, out)
            round_ = round_.with_(event)
            variant = round_.question()
    except KeyboardInterrupt:
        return 130
    except EOFError:
        pass
    return 0


def _tell(library: Library, round_: Placement, as_json: bool) -> None:
    concluded = round_.concluded(datetime.now().astimezone())
    if as_json:
        question = round_.question()
        print_json(
            {
                "round": round_.number,
                "answers": len(round_.answers),
                "question": question.asked() if question is not None else None,
                "concluded": [_plain(one) for one in concluded],
            }
        )
        return
    _table(library, round_, concluded)


def _plain(one: Concluded) -> dict[str, Any]:
    why = [{"quiz": found.slug, "item": found.item, "passed": found.passed} for found in one.why]
    return {
        "concept": one.concept,
        "before": round(one.before, 3),
        "after": round(one.after, 3),
        "why": why,
    }


def _table(library: Library, round_: Placement, concluded: list[Concluded]) -> None:
    """The concepts by stage: likely known, open, likely new; and the answers behind what moved."""
    from rich.table import Table
    from rich.text import Text

    out = console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in (
        say("cli.place.stage"),
        say("cli.place.likely"),
        say("cli.place.open"),
        say("cli.place.new"),
    ):
        table.add_column(head, overflow="fold")
    stages: dict[int, list[Concluded]] = {}
    for one in concluded:
        stages.setdefault(round_.graph.stages[one.concept], []).append(one)
    names = {area.entry.stage: str(area.entry.name) for area in library.areas.values()}
    for stage, ones in sorted(stages.items()):
        parts: tuple[list[str], list[str], list[str]] = ([], [], [])
        for one in ones:
            parts[("known", "open", "new").index(one.verdict)].append(
                str(library.concepts[one.concept].entry.name)
            )
        comma = say("cli.place.comma")
        table.add_row(f"{stage} {names.get(stage, '')}", *(Text(comma.join(part)) for part in parts))
    out.print(table)
    for one in [one for one in concluded if one.why][:5]:
        answers = say("cli.place.comma").join(
            say(
                "cli.place.right" if found.passed else "cli.place.wrong",
                concept=str(library.concepts[found.concept].entry.name),
            )
            for found in one.why
        )
        name = str(library.concepts[one.concept].entry.name)
        reason = say("cli.place.because", concept=name, p=round(100 * one.after), answers=answers)
        out.print(reason, style="dim", soft_wrap=True, markup=False)
    out.print(say("cli.place.correct"), style="dim", soft_wrap=True, markup=False)
    if round_.question() is None or not round_.answers:
        out.print(say("cli.place.then"), soft_wrap=True, markup=False)
    else:
        out.print(say("cli.place.go_on"), soft_wrap=True, markup=False)
