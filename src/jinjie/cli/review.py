"""`jinjie review`: what is due, asked again with numbers that were not seen before."""

from __future__ import annotations

import time
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli import questions
from jinjie.cli.output import console, json_option, note, print_json

if TYPE_CHECKING:
    from jinjie.course.content.library import Library
    from jinjie.course.quizzes import Judged, Variant
    from jinjie.learner.attempt import Attempt
    from jinjie.path.review import Card


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("review", help=say("cli.review.help"), epilog=say("cli.review.example"))
    def review(
        most: int = typer.Option(20, "--most", min=1, max=200, help=say("cli.review.most")),
        list_: bool = typer.Option(False, "--list", help=say("cli.review.list")),
        answers: str = typer.Option(None, "--answers", metavar="FILE", help=say("cli.review.answers")),
        content: list[Path] = typer.Option([], "--content", metavar="DIR", help=say("cli.review.content")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.content.library import load, own

        library = load([own(), *content])
        if list_:
            _list(library, as_json)
        elif answers is not None:
            _judge_all(library, answers, as_json)
        elif as_json:
            _print(library, most)
        else:
            _ask_all(library, most)


def _log() -> list[Attempt]:
    from jinjie.learner import log

    return log.read()


def _now() -> datetime:
    return datetime.now().astimezone()


def _name(library: Library, concept: str) -> str:
    return str(library.concepts[concept].entry.name)


def _ask_all(library: Library, most: int) -> None:
    """One question after another. Every answer is in the log before the next question; Ctrl-C ends early."""
    from jinjie.course.quizzes.attempts import attempt
    from jinjie.learner.attempts import iterate, write
    from jinjie.learner.store import open_store
    from jinjie.path.evidence import day
    from jinjie.path.review import cards, due, reviewed_as
    from jinjie.path.variants import fresh

    out = console()
    with open_store() as store:
        events = list(iterate(store))
        waiting = due(library, events, _now())
        asked = fresh(library, events, [card.concept for card in waiting[:most]])
        if not asked:
            _nothing_due(library, events)
            return
        out.print(say("cli.review.may_pass"), style="dim", soft_wrap=True)
        judged: list[Judged] = []
        code = 0
        try:
            for number, (concept, variant) in enumerate(asked.items(), 1):
                questions.show(
                    variant,
                    say("cli.review.about", number=number, count=len(asked), concept=_name(library, concept)),
                    out,
                )
                begun = time.monotonic()
                answer, found = questions.answer(variant, may_pass=True)
                event = reviewed_as(attempt(variant, found, answer, round(time.monotonic() - begun, 1)))
                write(store, event)
                judged.append(found)
                events.append(event)
                questions.explain(found, out)
                again = cards(library, events)[concept]
                when = _when(again.due, day(event.time))
                out.print(
                    say("cli.review.again_in", concept=_name(library, concept), when=when),
                    style="dim",
                    markup=False,
                    soft_wrap=True,
                )
        except KeyboardInterrupt:
            code = 130
        except EOFError:
            pass
    out.print()
    right = sum(one.passed for one in judged)
    out.print(say("cli.review.score", right=right, count=len(judged)), style="bold")
    if left := len(waiting) - len(judged):
        out.print(say("cli.review.one_more") if left == 1 else say("cli.review.more", count=left))
    raise typer.Exit(code)


def _nothing_due(library: Library, events: list[Attempt]) -> None:
    from jinjie.path.evidence import day
    from jinjie.path.review import cards

    out = console()
    dates = [card.due for card in cards(library, events).values()]
    if not dates:
        out.print(say("cli.review.none"), soft_wrap=True)
        return
    first = min(dates)
    said = say(
        "cli.review.nothing_due",
        count=dates.count(first),
        day=first.isoformat(),
        when=_when(first, day(_now())),
    )
    out.print(said, soft_wrap=True)


def _print(library: Library, most: int) -> None:
    """The questions that are due, and not a word on what is right."""
    from jinjie.path.evidence import day
    from jinjie.path.review import due
    from jinjie.path.variants import fresh

    events, now = _log(), _now()
    waiting = due(library, events, now)
    by_concept = {card.concept: card for card in waiting}
    asked = fresh(library, events, [card.concept for card in waiting[:most]])
    items = [
        {**variant.asked(), "due": by_concept[concept].due.isoformat()} for concept, variant in asked.items()
    ]
    print_json({"day": day(now).isoformat(), "due": len(waiting), "items": items})


def _judge_all(library: Library, file: str, as_json: bool) -> None:
    """Answers from a file: all of them are looked at before the first is written."""
    from jinjie.base.errors import InvalidInput, JinjieError, Problem
    from jinjie.course.quizzes import variant
    from jinjie.course.quizzes.attempts import attempt
    from jinjie.course.quizzes.judging import answered
    from jinjie.learner.attempts import iterate, write
    from jinjie.learner.store import open_store
    from jinjie.path.review import cards, reviewed_as

    given = questions.read_json(file, "cli.review.no_answers")
    given = given.get("items") if isinstance(given, dict) else given
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise InvalidInput([Problem(file, "cli.review.no_answers")])
    problems: list[Problem] = []
    judged: list[tuple[Variant, Judged, Attempt]] = []
    for place, one in enumerate(given):
        if one.get("answer") is None:
            continue
        missing = [name for name in ("quiz", "item", "seed") if one.get(name) is None]
        if missing:
            problems.append(Problem(f"items[{place}]", "cli.review.misses", name=missing[0]))
            continue
        quiz, item = str(one["quiz"])[:80], str(one["item"])[:80]
        written = library.quizzes.get(quiz)
        if written is None or item not in {known.id for known in written.entry.items}:
            problems.append(Problem(f"items[{place}]", "cli.review.no_question", quiz=quiz, item=item))
            continue
        try:
            asked = variant(written, item, one["seed"])
            answer = one["answer"]
            found = answered(asked, answer)
            judged.append((asked, found, reviewed_as(attempt(asked, found, answer))))
        except InvalidInput as error:
            problems += error.problems
        except JinjieError as error:
            problems.append(Problem(f"items[{place}]", error.key, **error.params))
    if problems:
        raise InvalidInput(problems)
    with open_store() as store:
        write(store, *(event for _, _, event in judged))
        log = list(iterate(store))
    made = cards(library, log)
    right = sum(found.passed for _, found, _ in judged)
    if as_json:
        results = [
            {
                "quiz": asked.quiz,
                "item": asked.id,
                "seed": asked.seed,
                **found.for_json(),
                "due": made[asked.item.concept].due.isoformat(),
            }
            for asked, found, _ in judged
        ]
        print_json({"items": results, "right": right, "count": len(judged)})
        return
    out = console()
    for asked, found, _ in judged:
        out.print(f"\n[cyan]{asked.quiz} {asked.id}[/]", soft_wrap=True)
        questions.explain(found, out)
    out.print(f"\n{say('cli.review.score', right=right, count=len(judged))}", style="bold")


def _list(library: Library, as_json: bool) -> None:
    """What comes up again and when, the soonest first."""
    from jinjie.path.evidence import day
    from jinjie.path.review import cards, replayed, scheduled_by

    events, today = _log(), day(_now())
    found = sorted(cards(library, events).values(), key=lambda card: (card.due, card.recall(today)))
    before = replayed(events)
    if as_json:
        listed = [_as_json(card, library, today) for card in found]
        print_json(
            {
                "day": today.isoformat(),
                "scheduler": scheduled_by(),
                "scheduled_before_by": before,
                "cards": listed,
            }
        )
        return
    from rich.table import Table

    out = console()
    if not found:
        out.print(say("cli.review.none"), soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for key in ("cli.review.concept", "cli.review.due"):
        table.add_column(say(key), header_style="bright_black")
    for key in ("cli.review.interval", "cli.review.recall", "cli.review.times"):
        table.add_column(say(key), header_style="bright_black", justify="right", no_wrap=True)
    for card in found:
        late = card.due <= today
        table.add_row(
            _name(library, card.concept),
            _when(card.due, today),
            say("cli.review.days", days=card.interval),
            f"{card.recall(today):.0%}",
            str(card.answers),
            style="yellow" if late else None,
        )
    out.print(table)
    out.print(say("cli.review.count", due=sum(card.due <= today for card in found), all=len(found)))
    if before:
        now = " ".join(scheduled_by().values())
        note(say("cli.review.anew", before=say("cli.lesson.comma").join(before), now=now))


def _as_json(card: Card, library: Library, today: date) -> dict[str, Any]:
    return {
        "concept": card.concept,
        "name": library.concepts[card.concept].entry.name.both(),
        "due": card.due.isoformat(),
        "last": card.last.isoformat(),
        "interval_days": card.interval,
        "recall": round(card.recall(today), 4),
        "answers": card.answers,
        "lapses": card.lapses,
    }


def _when(due: date, today: date) -> str:
    days = (due - today).days
    if days < -1:
        return say("cli.review.late", days=-days)
    if days == -1:
        return say("cli.review.late_one")
    if days <= 1:
        return say("cli.review.tomorrow") if days else say("cli.review.today")
    return say("cli.review.in_days", days=days)
