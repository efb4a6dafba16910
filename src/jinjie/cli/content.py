"""`jinjie content`: for those who write the course: check it, declare two texts equal, its schema, record a run."""

from __future__ import annotations

from pathlib import Path

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json

CONTENT = "--content"


def register(app: typer.Typer) -> None:
    """Add the group."""
    from jinjie.cli import begin, preview, record

    group = typer.Typer(no_args_is_help=True, help=say("cli.content.help"))
    app.add_typer(group, name="content")
    begin.register(group)
    record.register(group)
    preview.register(group)

    @group.command("check", help=say("cli.content.check"))
    def check(
        slugs: list[str] = typer.Argument(None, metavar="[SLUG]...", help=say("cli.content.check_slugs")),
        content: list[Path] = typer.Option([], CONTENT, metavar="DIR", help=say("cli.content.folder")),
        quick: bool = typer.Option(False, "--quick", help=say("cli.content.quick")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.cli.quoted import commands, in_answers
        from jinjie.course.check import check as every_rule
        from jinjie.path import figures

        library, found = every_rule(
            content, run=not quick, slugs=slugs or (), also=(commands, in_answers, figures.findings)
        )
        planned = sum(one.entry.planned for one in library.concepts.values())
        counts = {
            "lessons": len(library.lessons),
            "exercises": len(library.exercises),
            "concepts": len(library.concepts),
            "planned": planned,
        }
        if as_json:
            print_json({**counts, "findings": [one.for_json() for one in found]})
        else:
            out = console()
            for one in found:
                out.print(str(one), markup=False, soft_wrap=True)
                out.print(f"    {one.fix()}", style="dim", markup=False, soft_wrap=True)
            key = "cli.content.findings" if found else "cli.content.clean"
            out.print(say(key, None, count=len(found), **counts), soft_wrap=True)
        raise typer.Exit(1 if found else 0)

    @group.command("sync", help=say("cli.content.sync"))
    def sync(
        slugs: list[str] = typer.Argument(..., metavar="SLUG...", help=say("cli.content.slug")),
        content: list[Path] = typer.Option([], CONTENT, metavar="DIR", help=say("cli.content.folder")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.course.content import load, own
        from jinjie.course.content.sync import declare_equal

        library = load([own(), *content])
        files = [str(declare_equal(library.lesson(slug))) for slug in slugs]
        if as_json:
            print_json({"files": files})
            return
        for slug, file in zip(slugs, files, strict=True):
            console().print(say("cli.content.synced", slug=slug, file=file), soft_wrap=True)

    @group.command("schema", help=say("cli.content.schema"))
    def schema() -> None:
        from jinjie.course.content.editors import json_schema

        print_json(json_schema())
