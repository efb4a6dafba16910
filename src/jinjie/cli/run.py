"""`jinjie run`, `resume`, `stop`: start a training and watch it, go on with it, end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from jinjie.base.words import say
from jinjie.cli.output import json_option, print_json, progress

if TYPE_CHECKING:
    from jinjie.training.events import Tail


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command("run", help=say("cli.run.help"))
    def run(
        recipe: str = typer.Argument(..., help=say("cli.recipe")),
        changes: list[str] = typer.Argument(None, help=say("cli.changes"), metavar="[KEY=VALUE]..."),
        detach: bool = typer.Option(False, "--detach", "-d", help=say("cli.run.detach")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie import recipes
        from jinjie.base.config import parse_changes
        from jinjie.training.launch import launch

        found = recipes.find(recipe).changed(parse_changes(changes or []))
        with progress(quiet=as_json or found.start is None) as report:
            started = launch(found, report)
        follow(started.name, detach, as_json)

    @app.command("resume", help=say("cli.resume.help"))
    def resume(
        name: str = typer.Argument("last", help=say("cli.run_name")),
        detach: bool = typer.Option(False, "--detach", "-d", help=say("cli.run.detach")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.training import launch, runs
        from jinjie.training.events import Tail

        run = runs.find(name)
        tail = Tail(run.path / "events.jsonl")
        tail.read()  # what was told before is not told again
        follow(launch.resume(run).name, detach, as_json, tail)

    @app.command("stop", help=say("cli.stop.help"))
    def stop(
        name: str = typer.Argument("last", help=say("cli.run_name")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.cli.watch import wait_for_end
        from jinjie.training import runs

        run = runs.find(name)
        asked = run.stop()
        if asked:
            wait_for_end(run)
        if as_json:
            print_json({"run": run.name, "stopped": asked, "state": run.state()})
        else:
            typer.echo(say("cli.stop.done" if asked else "cli.stop.not_running", run=run.name))


def follow(name: str, detach: bool, as_json: bool, tail: Tail | None = None) -> None:
    """Watch a run until it ends, or say its name alone where it is detached; ends the command."""
    from jinjie.cli import watch
    from jinjie.training import runs

    run = runs.find(name)
    if detach:
        if as_json:
            print_json({"run": run.name, "path": str(run.path), "pid": run.pid})
        else:
            typer.echo(say("cli.run.detached", run=run.name))
        return
    raise typer.Exit(watch.as_json(run, tail) if as_json else watch.live(run, tail))
