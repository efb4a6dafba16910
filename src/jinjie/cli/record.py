"""`jinjie content record`: run a training of the course and keep what it gave, for the lessons that draw it."""

from __future__ import annotations

from pathlib import Path

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json, progress


def register(group: typer.Typer) -> None:
    """Add `record` to the commands of `jinjie content`."""

    @group.command("record", help=say("cli.experiment.record"))
    def record(
        slug: str = typer.Argument(..., metavar="SLUG", help=say("cli.experiment.slug")),
        settings: list[str] = typer.Argument(
            None, metavar="[KNOB=VALUE]...", help=say("cli.experiment.knobs")
        ),
        content: list[Path] = typer.Option(
            [], "--content", metavar="DIR", help=say("cli.experiment.content")
        ),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.config import parse_changes
        from jinjie.cli import panels
        from jinjie.course.content.library import load, own
        from jinjie.course.experiments import recorded

        written = load([own(), *content]).experiment(slug)
        with progress(quiet=as_json) as report:
            made = recorded.record(written, parse_changes(settings or []), report)
        file = recorded.file(written)
        if as_json:
            print_json({"file": str(file), **made.model_dump(mode="json")})
            return
        out = console()
        panels.show(recorded.shown(made), out)
        out.print(say("cli.experiment.recorded", file=file), style="dim", soft_wrap=True)
