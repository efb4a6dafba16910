"""`jinjie portfolio`: one static page from one's own runs and grades, and the check of such a page by its hashes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from jinjie.path.portfolio.folder import Portfolio
    from jinjie.path.portfolio.manifest import Checked

FOLDER = "portfolio"


class _WriteByDefault(TyperGroup):
    """`jinjie portfolio FOLDER` is `jinjie portfolio write FOLDER`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and (args[0] in self.commands or args[0] in ("-h", "--help"))
        return super().parse_args(ctx, args if named else ["write", *args])


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=say("cli.portfolio.help"), cls=_WriteByDefault)
    app.add_typer(group, name="portfolio")

    @group.command("write", help=say("cli.portfolio.write"))
    def write(
        folder: Path = typer.Argument(Path(FOLDER), metavar="FOLDER", help=say("cli.portfolio.folder")),
        runs: str = typer.Option(None, "--runs", metavar="RUN,RUN", help=say("cli.portfolio.runs")),
        name: str = typer.Option(None, "--name", help=say("cli.portfolio.name")),
        title: str = typer.Option(None, "--title", help=say("cli.portfolio.title")),
        own_examples: bool = typer.Option(False, "--own-examples", help=say("cli.portfolio.own_examples")),
        content: list[Path] = typer.Option([], "--content", metavar="DIR", help=say("cli.portfolio.content")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.paths import place
        from jinjie.course.content.library import load, own
        from jinjie.learner import attempts
        from jinjie.learner.store import open_store
        from jinjie.path.portfolio.folder import make

        names = None if runs is None else _names(runs)
        library = load([own(), *content])
        with open_store() as store:
            events = list(attempts.iterate(store))
        made = make(place(folder), library, events, names, name, title, own_examples)
        if as_json:
            print_json(_plain(made))
        else:
            _tell(made)

    @group.command("check", help=say("cli.portfolio.check"))
    def check(
        folder: Path = typer.Argument(Path(FOLDER), metavar="FOLDER", help=say("cli.portfolio.checked")),
        runs: Path = typer.Option(None, "--runs", metavar="DIR|here", help=say("cli.portfolio.against")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.errors import InvalidInput, Problem
        from jinjie.base.paths import place, runs_home
        from jinjie.path.portfolio import manifest

        against = None if runs is None else runs_home() if str(runs) == "here" else place(runs)
        for where, path in (("FOLDER", place(folder)), ("--runs", against)):
            if path is not None and not path.is_dir():
                raise InvalidInput([Problem(where, "cli.portfolio.no_folder", came=path)])
        found = manifest.check(place(folder), against)
        if as_json:
            from dataclasses import asdict

            print_json({"same": not found.differences, "folder": str(folder), **asdict(found)})
        else:
            _tell_checked(found)
        if found.differences:
            raise typer.Exit(1)


def _names(runs: str) -> list[str]:
    from jinjie.base.errors import InvalidInput, Problem

    names = [name.strip() for name in runs.replace("，", ",").split(",") if name.strip()]
    if not names:
        raise InvalidInput([Problem("--runs", "cli.portfolio.no_run", came=runs)])
    return names


def _plain(made: Portfolio) -> dict[str, Any]:
    from dataclasses import asdict

    shown = made.shown
    return {
        "folder": str(made.folder),
        "models": [
            {
                "run": card.run,
                "recipe": card.recipe,
                "state": card.state,
                "model": card.model_bytes is not None,
                "score": None if card.headline is None else asdict(card.headline),
                "evaluated": card.evaluation is not None,
                "command": card.command,
                "file": file,
                "fingerprint": mark,
            }
            for card, file, mark in zip(shown.cards, shown.files, shown.marks, strict=True)
        ],
        "built": [
            {"id": one.id, "name": one.name.both(), "runs": [card.run for card in one.cards]}
            for one in shown.built
        ],
        "exercises": [
            {
                "slug": one.slug,
                "day": one.day.isoformat(),
                "tries": one.tries,
                "hints": one.hints,
                "solution": one.solution,
            }
            for one in shown.passed
        ],
        "stages": [{**asdict(one), "name": one.name.both()} for one in shown.stages],
        "left_out": [asdict(one) for one in made.left_out],
        "kept": list(made.kept),
    }


def _tell(made: Portfolio) -> None:
    out, shown = console(), made.shown
    said = say(
        "cli.portfolio.written", folder=made.folder, models=len(shown.cards), exercises=len(shown.passed)
    )
    out.print(said, soft_wrap=True, markup=False)
    for one in made.left_out:
        if one.reason != "another":
            line = say("cli.portfolio.left_out", run=one.run, reason=_reason(one.reason))
            out.print(line, style="dim", soft_wrap=True, markup=False)
    if older := sum(one.reason == "another" for one in made.left_out):
        out.print(say("cli.portfolio.left_many", count=older), style="dim", soft_wrap=True, markup=False)
    if made.kept:
        out.print(
            say("cli.portfolio.kept", names=", ".join(made.kept)), style="dim", soft_wrap=True, markup=False
        )


def _moment(made: str) -> str:
    """When a portfolio was made, by the clock here; as it stands in the manifest where that is no time."""
    from datetime import datetime

    try:
        return f"{datetime.fromisoformat(made).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return made


def _reason(reason: str) -> str:
    match reason:
        case "running":
            return say("cli.portfolio.running")
        case "unfinished":
            return say("cli.portfolio.unfinished")
        case "no_model":
            return say("cli.portfolio.no_model")
        case _:
            return say("cli.portfolio.unreadable")


def _tell_checked(found: Checked) -> None:
    from rich.text import Text

    out, made = console(), _moment(found.made)
    if not found.differences:
        out.print(say("cli.portfolio.fine", files=found.files, made=made), style="green", soft_wrap=True)
    else:
        out.print(
            say("cli.portfolio.differs", count=len(found.differences), made=made),
            style="red",
            soft_wrap=True,
        )
        names = {
            "changed": say("cli.portfolio.changed"),
            "missing": say("cli.portfolio.missing"),
            "added": say("cli.portfolio.added"),
            "outside": say("cli.portfolio.outside"),
        }
        for one in found.differences:
            where = "/".join(part for part in (one.run, one.file) if part)
            out.print(Text.assemble("  ", (where, "bold"), "  ", names[one.what]), soft_wrap=True)
    if found.compared and not any(one.run for one in found.differences):
        out.print(
            say("cli.portfolio.runs_fine", runs=", ".join(found.compared)), soft_wrap=True, markup=False
        )
    elif found.runs and not found.compared and not any(one.run for one in found.differences):
        out.print(say("cli.portfolio.not_compared", count=len(found.runs)), style="dim", soft_wrap=True)
