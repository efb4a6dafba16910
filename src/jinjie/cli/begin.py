"""`jinjie content new`: files to begin from, which already work."""

from __future__ import annotations

from pathlib import Path

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json


def register(group: typer.Typer) -> None:
    """Add `new` to the commands of `jinjie content`."""

    @group.command("new", help=say("cli.begin.help"))
    def new(
        kind: str = typer.Argument(
            ..., metavar="lesson|exercise|experiment|quiz", help=say("cli.begin.kind")
        ),
        slug: str = typer.Argument(..., metavar="SLUG", help=say("cli.begin.slug")),
        content: Path = typer.Option(
            Path("content"), "--content", metavar="DIR", help=say("cli.begin.content")
        ),
        concept: str = typer.Option(None, "--concept", metavar="ID", help=say("cli.begin.concept")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.content import new as beginnings

        files = beginnings.new(beginnings.kind_of(kind), slug, content, concept)
        if as_json:
            print_json({"files": [str(file) for file in files]})
            return
        out = console()
        for file in files:
            out.print(f"  {file}", markup=False, soft_wrap=True)
        out.print(say("cli.begin.next"), soft_wrap=True)
        out.print(f"  jinjie content serve --content {content}", markup=False, soft_wrap=True)
        which = f" {slug}" if kind == "lesson" else ""
        out.print(f"  jinjie content check{which} --content {content}", markup=False, soft_wrap=True)
