"""A finished model's answers to every row of a user's table, put beside the columns that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jinjie.base.errors import InvalidInput, JinjieError, Problem
from jinjie.base.files import write_whole
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.cleaning.plan import Cleaning
from jinjie.data.cleaning.source import open_source
from jinjie.data.dataset import Report
from jinjie.data.fetch import tell
from jinjie.data.labelled_texts import LINES, SEPARATORS
from jinjie.data.reading import at_most, existing_file
from jinjie.data.rows import ending_of, read_rows, written
from jinjie.tasks.task import Prediction
from jinjie.training.finished import Finished

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

PIECE = 512
"""Rows that are asked together: enough to put texts of like lengths side by side, few enough for the bar to move."""


class Made(NamedTuple):
    """What was written where: `rows` in all, `empty` ones of which nothing could be said."""

    file: Path
    rows: int
    empty: int
    columns: tuple[str, ...]
    """Those that were added."""


def _of_class(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"predicted": values["label"], "probability": values["probabilities"][values["label"]]}


def _of_answer(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"predicted": values["answer"], **{n: values[n] for n in ("start", "end", "probability")}}


_ADDED: dict[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "classify": (("predicted", "probability"), _of_class),
    "tag": (("entities",), lambda values: {"entities": values["entities"]}),
    "answer": (("predicted", "start", "end", "probability"), _of_answer),
    "regress": (("predicted",), lambda values: {"predicted": values["value"]}),
}
"""Of each task the columns it adds, and how they come from a prediction's values."""


def predict_file(
    model: Finished,
    path: str,
    target: Path,
    *,
    text: str = "text",
    question: str = "question",
    context: str = "context",
    replace: bool = False,
    report: Report | None = None,
) -> Made:
    """Write `target` whole or not at all: the table at `path` with the model's answers in further columns.

    Of a model of tables the columns are found by their names, and the file is read as it is for training. Else `text`
    is the column of the texts; of a model that answers questions, `question` and `context` are theirs. A row of which
    nothing can be said keeps its place and gets no answer. A column that is there already keeps its name, the new one
    gets a number behind it.

    Raises InvalidInput naming every fault of the table by its line, a `target` that is there, or is the table itself;
    JinjieError when the model is one of neither texts nor tables.
    """
    kind = task_of(model)
    if kind in _ADDED and hasattr(model.processor, "encode_rows"):
        return _predict_table(model, path, target, replace, report)
    if kind not in _ADDED or not hasattr(model.processor, "framed_all"):
        raise JinjieError("predict.no_texts", name=model.card.get("run", model.folder.name), task=kind)
    asked = {question: "--question", context: "--context-column"} if kind == "answer" else {text: "--text"}
    ending = ending_of(str(target), "--out")
    _free(target, Path(path), replace)
    table = read_rows(path, asked)
    inputs = [_input([row.get(name) for name in asked]) for row in table.rows]
    problems = [
        Problem(where, "predict.not_text", came=str(type(value).__name__))
        for where, value in zip(table.where, inputs, strict=True)
        if not isinstance(value, str)
    ]
    problems += [
        Problem(where, "tokenizer.half_character", came=f"U+{ord(value[place]):04X}", place=place)
        for where, value in zip(table.where, inputs, strict=True)
        if isinstance(value, str) and (place := _half(value)) is not None
    ]
    if problems:
        raise at_most(problems, "--file")
    answers = list(_asked(model, [str(value) for value in inputs], report))
    return _write(target, ending, kind, table.columns, table.rows, answers)


def task_of(model: Finished) -> str:
    """The kind of a model's task, which is its module's name."""
    return type(model.task).__module__.rpartition(".")[2]


def _predict_table(model: Finished, path: str, target: Path, replace: bool, report: Report | None) -> Made:
    """The same for a model whose inputs are columns. A row that the model's own cleaning drops gets no answer."""
    ending = ending_of(str(target), "--out")
    if Path(path).suffix.lower() in LINES:
        raise InvalidInput(
            [Problem("--file", "texts.other_format", path=path, endings=", ".join(SEPARATORS))]
        )
    _free(target, Path(path), replace)
    rows: list[dict[str, Any]] = []
    answers: list[Prediction | None] = []
    source = open_source(existing_file(path, "--file"), Cleaning())
    task: Any = model.task
    processor: Any = model.processor
    for block in source.blocks():
        lines = block.lines(np.arange(len(block.frame)))
        x, kept = processor.encode_rows(
            block.frame, [f"{path}:{line}" for line in lines], source.missing_words
        )
        each = block.frame.rows(named=True)
        told = [", ".join(str(value) for value in each[row].values()) for row in kept]
        said = task.predict_rows({"model": model.network}, processor, x, told)
        found = dict(zip(kept.tolist(), said, strict=True))
        answers += [found.get(row) for row in range(len(each))]
        rows += each
        tell(report, say("predict.asking"), block.done, source.size)
    if not rows:
        raise InvalidInput([Problem("--file", "data.empty_file", path=path)])
    return _write(target, ending, task_of(model), source.names, rows, answers)


def _write(
    target: Path,
    ending: str,
    kind: str,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    answers: Sequence[Prediction | None],
) -> Made:
    """The rows with what was said of each, in columns whose names are free."""
    added, make = _ADDED[kind]
    names = _fresh(added, columns)
    made = [
        {**row, **({names[n]: v for n, v in make(said.values).items()} if said is not None else {})}
        for row, said in zip(rows, answers, strict=True)
    ]
    write_whole(target, written([*columns, *names.values()], made, ending))
    return Made(target, len(made), sum(said is None for said in answers), tuple(names.values()))


def _asked(model: Finished, texts: Sequence[str], report: Report | None) -> Iterator[Prediction | None]:
    """What the model says of each; None where there is no text."""
    models = {"model": model.network}
    for begin in range(0, len(texts), PIECE):
        tell(report, say("predict.asking"), begin, len(texts))
        piece = texts[begin : begin + PIECE]
        there = [i for i, value in enumerate(piece) if value]
        said = model.task.predict_all(models, model.processor, [piece[i] for i in there]) if there else []
        found: dict[int, Prediction] = dict(zip(there, said, strict=True))
        yield from (found.get(i) for i in range(len(piece)))
    tell(report, say("predict.asking"), len(texts), len(texts))


def _input(cells: Sequence[Any]) -> Any:
    """What the model is asked; "" where a part of it is empty, something else where a cell is no text."""
    for cell in cells:
        if cell is not None and not isinstance(cell, str):
            return cell
    if not all(cell and cell.strip() for cell in cells):
        return ""
    *above, last = cells
    return "\n".join(
        [*(" ".join(cell.split()) for cell in above), last]
    )  # a question is one line, its passage below


def _half(text: str) -> int | None:
    """Where a text holds half a character."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


def _fresh(added: Sequence[str], there: Sequence[str]) -> dict[str, str]:
    """Names for new columns that no column has."""
    names: dict[str, str] = {}
    for name in added:
        number, free = 1, name
        while free in there:
            number += 1
            free = f"{name}_{number}"
        names[name] = free
    return names


def _free(target: Path, source: Path, replace: bool) -> None:
    if target.exists() and target.resolve() == source.resolve():
        raise InvalidInput([Problem("--out", "predict.onto_itself", path=target)])
    if target.exists() and (not replace or target.is_dir()):
        raise InvalidInput([Problem("--out", "predict.there", path=target)])
    if not target.absolute().parent.is_dir():
        raise InvalidInput([Problem("--out", "predict.no_folder", path=target.absolute().parent)])
