"""`jinjie data`: what data there is, where it comes from, under which licence, and fetching it before it is needed."""

from __future__ import annotations

from typing import Any

import typer

from jinjie.base.words import Text, say
from jinjie.cli.output import console, json_option, print_json, progress


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=say("cli.data.help"), invoke_without_command=True)
    app.add_typer(group, name="data")

    @group.callback()
    def data(context: typer.Context, as_json: bool = json_option()) -> None:
        if context.invoked_subcommand is not None:
            return
        from jinjie.analyse import told

        found = told.data()
        if as_json:
            print_json(found)
            return
        out = console()
        for one in found:
            title = Text(**one["title"])
            facts = f"{told.kind_of(one['real'])} · {told.where(one['cached'], one['download_bytes'])}"
            out.print(f"[bold]{one['name']}[/]  {title}  [dim]{facts}[/]")
            out.print(f"  {told.counted(one['counts'])}", soft_wrap=True)
            source = say("cli.data.source", source=one["source"], licence=one["licence"])
            out.print(f"  [dim]{source}[/]", soft_wrap=True)

    @group.command("fetch", help=say("cli.data.fetch"))
    def fetch(
        names: list[str] = typer.Argument(None, help=say("cli.data.names")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.errors import InvalidInput, Problem, did_you_mean
        from jinjie.data.catalogue import catalogue

        entries = {entry.name: entry for entry in catalogue()}
        unknown = [n for n in names or [] if n not in entries]
        if unknown:
            raise InvalidInput(
                [Problem(n, "cli.data.unknown", suggestion=did_you_mean(n, entries)) for n in unknown]
            )
        chosen = [entries[n] for n in names or entries]
        for entry in chosen:
            _fetch(entry, quiet=as_json)
        if as_json:
            print_json([entry.name for entry in chosen])

    @group.command("look", help=say("cli.data.look"))
    def look(
        name: str = typer.Argument(..., help=say("cli.data.one"), metavar="NAME"),
        count: int = typer.Option(6, "-n", min=1, max=100, help=say("cli.data.examples")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.analyse import examples

        with progress(quiet=as_json) as report:
            found = examples.look(examples.entry(name), count, report)
        if as_json:
            print_json(found.plain(name))
            return
        for one in found.examples:
            words = one.words or say("examples.picture", shape=" × ".join(map(str, found.inputs)))
            words += "…" if one.cut else ""
            console().print(f"{words}  → {one.answer}" if one.answer else words, markup=False, soft_wrap=True)
            console().print()


def _fetch(entry: Any, quiet: bool) -> None:
    if quiet:
        entry.config.load(None)
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    out = console()
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=out, transient=True
    ) as bar:
        task = bar.add_task(entry.name, total=None)
        entry.config.load(
            lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
        )
    out.print(say("cli.data.ready", name=entry.name, title=entry.about.title))
