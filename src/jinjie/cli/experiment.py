"""`jinjie experiment`: the experiments of the course, each at any setting of its knobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import language, say
from jinjie.cli.output import console, json_option, print_json, progress

if TYPE_CHECKING:
    from jinjie.course.content.library import Library, Written
    from jinjie.course.content.schema import Experiment
    from jinjie.course.experiments.shown import Shown


def content_option() -> Any:
    """`--content DIR`: other people's content beside ours."""
    return typer.Option([], "--content", metavar="DIR", help=say("cli.experiment.content"))


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("experiment", help=say("cli.experiment.help"))
    def experiment(
        slug: str = typer.Argument(None, metavar="[SLUG]", help=say("cli.experiment.slug")),
        settings: list[str] = typer.Argument(
            None, metavar="[KNOB=VALUE]...", help=say("cli.experiment.knobs")
        ),
        svg: Path = typer.Option(None, "--svg", metavar="FILE", help=say("cli.experiment.svg")),
        detach: bool = typer.Option(False, "--detach", "-d", help=say("cli.run.detach")),
        content: list[Path] = content_option(),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.cli.progress import record
        from jinjie.course.content.library import load, own

        library = load([own(), *content])
        if slug is None:
            _list(library, as_json)
            return
        from jinjie.base.config import parse_changes  # late: a list does without pydantic

        given = parse_changes(settings or [])
        written = library.experiment(slug)
        if written.entry.recipe is not None:
            _run(written, given, svg, detach, as_json)
        else:
            _show(library, written, given, svg, as_json)
        record("experiment", slug, detail={"knobs": given})


def _list(library: Library, as_json: bool) -> None:
    entries = library.experiments
    from jinjie.course.experiments.knobs import about

    if as_json:
        print_json([about(written) for written in entries.values()])
        return
    from rich.markup import escape

    out = console()
    if not entries:
        out.print(say("cli.experiment.none"))
        return
    width = max(map(len, entries))
    for slug, written in entries.items():
        kind = say("cli.experiment.training") if written.entry.recipe is not None else ""
        out.print(
            f"[cyan]{slug:<{width}}[/]  {escape(str(written.entry.title))}  [dim]{kind}[/]", soft_wrap=True
        )
        for knob in written.entry.knobs:
            out.print(f"  [dim]{escape(_knob(knob))}[/]", soft_wrap=True)
    out.print(f"\n{say('cli.experiment.try')}", style="dim")


def _knob(knob: Any) -> str:
    from jinjie.course.experiments.knobs import allowed, as_written

    default = say("cli.experiment.default", value=as_written(knob.default))
    return f"{knob.name}  {knob.label}: {allowed(knob)}  {default}"


def _show(
    library: Library, written: Written[Experiment], given: dict[str, Any], svg: Path | None, as_json: bool
) -> None:
    from jinjie.course.experiments.knobs import values
    from jinjie.course.experiments.worker import Worker

    with Worker(library) as worker:
        shown = worker.show(written.slug, given)
    if svg is not None:
        write_svg(shown, str(written.entry.title), svg)
    used = values(written.entry, given)
    if as_json:
        file = str(svg.absolute()) if svg is not None else None
        print_json({"slug": written.slug, "knobs": used, **shown.plain(), "svg": file})
        return
    from rich.markup import escape

    from jinjie.cli import panels
    from jinjie.course.experiments.knobs import as_written

    out = console()
    out.print(f"[bold]{escape(str(written.entry.title))}[/]", soft_wrap=True)
    out.print(
        "  ".join(f"{name}={as_written(value)}" for name, value in used.items()), style="dim", soft_wrap=True
    )
    panels.show(shown, out)
    out.print(f"\n{escape(str(written.entry.notice))}", soft_wrap=True)
    if svg is not None:
        out.print(say("cli.experiment.written", file=svg.absolute()), style="dim", soft_wrap=True)


def write_svg(shown: Shown, title: str, file: Path) -> None:
    """All panels as one SVG, whole or not at all. Raises JinjieError where it cannot be written."""
    from jinjie.base.errors import JinjieError
    from jinjie.base.files import write_whole
    from jinjie.course.experiments.draw import whole

    drawn = whole(shown, language(), title)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, drawn)
    except OSError as error:
        raise JinjieError("compare.not_written", file=file, reason=error.strerror or error) from error


def _run(
    written: Written[Experiment], given: dict[str, Any], svg: Path | None, detach: bool, as_json: bool
) -> None:
    from jinjie.base.errors import InvalidInput, Problem
    from jinjie.cli.run import follow
    from jinjie.course.experiments import recipes

    if svg is not None:
        raise InvalidInput([Problem("--svg", "cli.experiment.no_svg", slug=written.slug)])
    recipe = recipes.recipe(written, given)
    if not as_json:
        console().print(str(written.entry.notice), style="dim", soft_wrap=True, markup=False)
    with progress(quiet=as_json or recipe.start is None) as report:
        run = recipes.start(written, given, report)
    follow(run.name, detach, as_json)
