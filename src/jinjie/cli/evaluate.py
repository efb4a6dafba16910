"""`jinjie evaluate`: the long look at a finished model, in the terminal and as a report in the run's folder."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import typer

from jinjie.base.words import say
from jinjie.cli.output import console, json_option, print_json, progress

if TYPE_CHECKING:
    from pathlib import Path

    from jinjie.analyse.evaluation import Evaluation
    from jinjie.analyse.texts.values import Texts
    from jinjie.training.runs import Run

_CLASSES = 20
"""Classes that the terminal lists."""
_MISTAKES = 3
_WIDE = 140
"""Columns from which on intervals fit into the table of classes."""
TEXT_TASKS = ("language", "masked")
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
        text: str | None = typer.Option(
            None, "--text", help=say("evaluate.text.option"), metavar="en|zh|FILE"
        ),
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
        from jinjie.analyse.evaluation_page import write

        run = None if text is not None else _run(name)
        if run is None:
            told, folder = _of_model(name, text, samples, as_json)
        elif run.recipe.task.kind in TEXT_TASKS:
            from jinjie.analyse.evaluate import evaluate as ask

            with progress(as_json) as report:
                made = ask(run, "test" if split == "test" else "validation", samples, report=report)
            told, folder = write(run, made)
        else:
            waiting: Any = nullcontext() if as_json else console().status(say("evaluate.working"))
            with waiting:
                from jinjie.analyse.evaluate import evaluate as ask

                told, folder = write(run, ask(run, "test" if split == "test" else "validation", samples))
        if as_json:
            print_json({**told.model_dump(mode="json"), "folder": str(folder)})
            return
        _print(told, folder)

    return evaluate


def _run(name: str) -> Run | None:
    """The run of that name; None where the name means a model that is no run's, as one that is packaged or a folder.

    Raises NotFound when it means neither.
    """
    from jinjie.base.errors import NotFound
    from jinjie.training import finished
    from jinjie.training.runs import find

    if name in finished.packaged():
        return None
    try:
        return find(name)
    except NotFound:
        finished.model_folder(name)  # which says it in the words of models
        return None


def _of_model(name: str, text: str | None, samples: int, quiet: bool) -> tuple[Evaluation, Path]:
    from jinjie.analyse.evaluate_texts import evaluate_model
    from jinjie.analyse.evaluation_page import folder_for, write_to
    from jinjie.training import finished

    with progress(quiet) as report:
        made = evaluate_model(name, finished.model_folder(name, report), text, samples, report=report)
    folder = folder_for(name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return write_to(folder, made)


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
    if told.texts is not None:
        _print_texts(told.texts)
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


def _print_texts(texts: Texts) -> None:
    from jinjie.analyse.texts import sentences

    out = console()
    for one in texts.written[:1]:
        out.print()
        out.print(sentences.written_heading(one), style="bold", soft_wrap=True, markup=False)
        out.print(one.opening, end="", soft_wrap=True, markup=False)
        out.print(one.written, style="cyan", soft_wrap=True, markup=False)
    for made in texts.benchmarks:
        out.print()
        out.print(sentences.benchmark_name(made), style="bold", soft_wrap=True, markup=False)
        _table(sentences.benchmark_head(), sentences.benchmark_rows(made))
    if texts.benchmarks:
        out.print(say("evaluate.text.how_benchmark"), style="dim", soft_wrap=True, markup=False)
    if texts.speed is not None:
        out.print()
        for line in sentences.speed_lines(texts.speed):
            out.print(line, soft_wrap=True, markup=False)


def _table(head: list[str], rows: list[list[str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for i, heading in enumerate(head):
        table.add_column(heading, justify="right" if i else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)
