"""What the commands print with: one console, and JSON for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say

if TYPE_CHECKING:
    from rich.console import Console

    from jinjie.data.dataset import Report


def console() -> Console:
    """Rich on standard output; plain text when it is piped."""
    from rich.console import Console

    return Console(highlight=False)


def print_json(value: Any) -> None:
    """`value` as JSON for a script."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")


def json_option() -> Any:
    """The `--json` that every command has."""
    return typer.Option(False, "--json", help=say("cli.json"))


@contextmanager
def progress(quiet: bool = False) -> Iterator[Report | None]:
    """What hears how far a fetching is, and shows it on standard error with the time left; nothing when `quiet`.

    No bar appears where nothing is fetched.
    """
    if quiet:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    tasks: list[Any] = []

    def report(what: str, done: int, total: int | None) -> None:
        if not tasks:
            tasks.append(bar.add_task(what, total=total))
            bar.start()
        bar.update(tasks[0], description=what, completed=done, total=total)

    try:
        yield report
    finally:
        bar.stop()


def note(text: str) -> None:
    """What the program says for itself goes to standard error, so that a pipe holds answers alone."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, soft_wrap=True).print(Text(text, style="dim"))
