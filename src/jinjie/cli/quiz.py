"""`jinjie quiz`: questions with numbers of their own, one after another, each with its reason."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from jinjie.base.words import say
from jinjie.cli import questions
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from jinjie.course.content.library import Library, Written
    from jinjie.course.content.schema import Quiz
    from jinjie.course.quizzes import Judged, Variant


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("quiz", help=say("cli.quiz.help"))
    def quiz(
        slug: str = typer.Argument(None, metavar="[SLUG]", help=say("cli.quiz.slug")),
        seed: int = typer.Option(None, "--seed", help=say("cli.quiz.seed")),
        answers: str = typer.Option(None, "--answers", metavar="FILE", help=say("cli.quiz.answers")),
        content: list[Path] = typer.Option(
            [], "--content", metavar="DIR", help=say("cli.experiment.content")
        ),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.errors import InvalidInput, Problem
        from jinjie.course.content.library import load, own

        library = load([own(), *content])
        if slug is None:
            if answers is not None:
                raise InvalidInput([Problem("--answers", "cli.quiz.answers_to_what")])
            _list(library, as_json)
            return
        asked = _variants(library.quiz(slug), seed)
        if answers is not None:
            _judge_all(asked, answers, as_json)
        elif as_json:
            print_json({"quiz": slug, "seed": asked[0].seed, "items": [variant.asked() for variant in asked]})
        else:
            _ask_all(asked)


def _variants(quiz: Written[Quiz], seed: int | None) -> list[Variant]:
    import secrets

    from jinjie.course.quizzes import variant

    drawn = secrets.randbelow(10**6) if seed is None else seed
    return [variant(quiz, item.id, drawn) for item in quiz.entry.items]


def _list(library: Library, as_json: bool) -> None:
    quizzes = library.quizzes
    taught = {lesson.entry.quiz: lesson.slug for lesson in library.climb if lesson.entry.quiz}
    if as_json:
        print_json(
            [
                {"slug": slug, "lesson": taught.get(slug), "items": [item.id for item in written.entry.items]}
                for slug, written in quizzes.items()
            ]
        )
        return
    from rich.markup import escape

    out = console()
    if not quizzes:
        out.print(say("cli.quiz.none"))
        return
    width = max(map(len, quizzes))
    for slug, written in quizzes.items():
        lesson = library.lessons.get(taught.get(slug, ""))
        title = escape(str(lesson.entry.title)) if lesson is not None else ""
        count = say("cli.quiz.count", count=len(written.entry.items))
        out.print(f"[cyan]{slug:<{width}}[/]  {count}  {title}", soft_wrap=True)


def _ask_all(asked: list[Variant]) -> None:
    """One question after another. Every answer is in the log before the next question; Ctrl-C ends early."""
    from jinjie.course.quizzes.attempts import attempt
    from jinjie.learner.attempts import write
    from jinjie.learner.store import open_store

    out = console()
    judged: list[Judged] = []
    code = 0
    with open_store() as store:
        try:
            for number, variant in enumerate(asked, 1):
                questions.show(variant, say("cli.quiz.number", number=number, count=len(asked)), out)
                begun = time.monotonic()
                answer, found = questions.answer(variant)
                judged.append(found)
                write(store, attempt(variant, found, answer, round(time.monotonic() - begun, 1)))
                questions.explain(found, out)
        except KeyboardInterrupt:
            code = 130
        except EOFError:
            pass
    out.print()
    right = sum(one.passed for one in judged)
    out.print(say("cli.quiz.score", right=right, count=len(judged)), style="bold")
    if len(judged) < len(asked):
        out.print(say("cli.quiz.left", count=len(asked) - len(judged)))
    out.print(say("cli.quiz.again", slug=asked[0].quiz, seed=asked[0].seed), style="dim", soft_wrap=True)
    raise typer.Exit(code)


def _judge_all(asked: list[Variant], file: str, as_json: bool) -> None:
    """Answers from a file: all of them are looked at before the first is written."""
    from jinjie.base.errors import InvalidInput, JinjieError, Problem, did_you_mean
    from jinjie.course.quizzes import judge
    from jinjie.course.quizzes.attempts import attempt
    from jinjie.learner.attempts import write
    from jinjie.learner.store import open_store

    given = questions.read_json(file, "cli.quiz.no_answers")
    if not isinstance(given, dict):
        raise InvalidInput([Problem(file, "cli.quiz.no_answers")])
    known = {variant.id: variant for variant in asked}
    problems = [
        Problem(
            str(name)[:80], "quiz.no_item", name=str(name)[:80], suggestion=did_you_mean(str(name), known)
        )
        for name in given
        if name not in known
    ]
    judged: dict[str, Judged] = {}
    for name, variant in known.items():
        if given.get(name) is not None:
            try:
                judged[name] = judge(variant, given[name])
            except JinjieError as error:
                problems.append(Problem(name, error.key, **error.params))
    if problems:
        raise InvalidInput(problems)
    with open_store() as store:
        write(store, *(attempt(known[name], found, given[name]) for name, found in judged.items()))
    right = sum(found.passed for found in judged.values())
    if as_json:
        results = {name: judged[name].for_json() if name in judged else None for name in known}
        print_json(
            {
                "quiz": asked[0].quiz,
                "seed": asked[0].seed,
                "items": results,
                "right": right,
                "count": len(judged),
            }
        )
        return
    out = console()
    for name, found in judged.items():
        out.print(f"\n[cyan]{name}[/]", soft_wrap=True)
        questions.explain(found, out)
    out.print(f"\n{say('cli.quiz.score', right=right, count=len(judged))}", style="bold")
