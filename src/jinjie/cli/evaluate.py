"""`jinjie evaluate`: the long look at a finished model, in the terminal and as a report in the run's folder."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from jinjie.analyse.evaluation import Evaluation

_CLASSES = 20
"""Classes that the terminal lists."""
_MISTAKES = 3
_WIDE = 140
"""Columns from which on intervals fit into the table of classes."""
_FEWEST = 20
"""Draws below which a deviation is no deviation."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate", help=say("evaluate.help"))(command())


def command() -> Any:
    """The command, its help in the current language."""

    def evaluate(
        name: str = typer.Argument("last", help=say("cli.run_name"), metavar="RUN"),
        split: str = typer.Option("test", "--split", help=say("evaluate.split"), metavar="test|validation"),
        samples: int = typer.Option(1000, "--samples", help=say("evaluate.samples")),
        as_json: bool = json_option(),
    ) -> None:
        from jinjie.base.errors import InvalidInput, Problem

        wrong = []
        if split not in ("test", "validation"):
            wrong.append(Problem("--split", "evaluate.no_split", came=split))
        if samples < _FEWEST:
            wrong.append(Problem("--samples", "evaluate.one_sample", came=samples, fewest=_FEWEST))
        if wrong:
            raise InvalidInput(wrong)
        from jinjie.analyse.evaluate import evaluate as ask
        from jinjie.analyse.evaluation_page import write
        from jinjie.training.runs import find

        run = find(name)
        waiting: Any = nullcontext() if as_json else console().status(say("evaluate.working"))
        with waiting:
            told, folder = write(run, ask(run, "test" if split == "test" else "validation", samples))
        if as_json:
            print_json({**told.model_dump(mode="json"), "folder": str(folder)})
            return
        _print(told, folder)

    return evaluate


def _print(told: Evaluation, folder: Path) -> None:
    from jinjie.analyse import evaluation as sentences

    out = console()
    out.print(sentences.headline(told), style="bold", soft_wrap=True, markup=False)
    for line in sentences.notes(told):
        out.print(line, style="yellow", soft_wrap=True, markup=False)
    out.print()
    _table(sentences.score_head(told), sentences.score_rows(told))
    out.print(sentences.how(told), style="dim", soft_wrap=True, markup=False)
    if told.threshold is not None:
        out.print()
        out.print(sentences.threshold_line(told.threshold), soft_wrap=True, markup=False)
    if told.classes:
        out.print()
        rows = sentences.class_rows(told, intervals=out.width >= _WIDE)
        _table(sentences.class_head(), rows[:_CLASSES])
        if len(rows) > _CLASSES:
            out.print(say("evaluate.more_classes", count=len(rows) - _CLASSES), style="dim")
    if told.mistakes:
        out.print()
        shown = told.model_copy(update={"mistakes": told.mistakes[:_MISTAKES]})
        out.print(sentences.mistakes_heading(shown), style="bold", soft_wrap=True, markup=False)
        for mistake in shown.mistakes:
            out.print(f"  {sentences.mistake_line(mistake)}", soft_wrap=True, markup=False)
            if mistake.words:
                out.print(f"    {mistake.words}", style="dim", soft_wrap=True, markup=False)
    out.print()
    written = say("evaluate.written", page=folder / "evaluation.html")
    out.print(written, style="dim", soft_wrap=True, markup=False)


def _table(head: list[str], rows: list[list[str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for i, heading in enumerate(head):
        table.add_column(heading, justify="right" if i else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)
