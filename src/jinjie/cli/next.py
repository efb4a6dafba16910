"""`jinjie next`: the one best thing now, why, how long, and what to type."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json

KINDS = {
    "review": "cli.next.kind_review",
    "lesson": "cli.next.kind_lesson",
    "exercise": "cli.next.kind_exercise",
    "quiz": "cli.next.kind_quiz",
    "system": "cli.next.kind_system",
    "resources": "cli.next.kind_resources",
    "rest": "cli.next.kind_rest",
    "done": "cli.next.kind_done",
}
"""How each kind of step is called."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("next", help=say("cli.next.help"), epilog=say("cli.next.example"))
    def next_(
        content: list[Path] = typer.Option([], "--content", metavar="DIR", help=say("cli.next.content")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.content.library import load, own
        from jinjie.learner import log
        from jinjie.path.following import following
        from jinjie.path.goals import chosen

        library = load([own(), *content])
        events = log.read()
        step = following(library, events, datetime.now().astimezone())
        goal, _ = chosen(library, events)
        if as_json:
            from jinjie.path import plain

            print_json(plain.step(step, goal))
            return
        from rich.text import Text

        from jinjie.course.render.wrap import Words

        out = console()
        head = Text(say(KINDS[step.kind]), style="bold")
        if step.minutes:
            head.append(f"  {say('cli.next.minutes', minutes=step.minutes)}", style="dim")
        out.print(head)
        out.print(Words(Text(str(step.reason))))
        if step.command:
            out.print(Text(f"\n  {step.command}\n", style="cyan"), soft_wrap=True)
        if step.hint:
            out.print(Words(Text(str(step.hint))))
        out.print(Text(say("cli.next.goal", goal=goal.title), style="dim"))
