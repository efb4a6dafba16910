"""The long look at a model of text: a run's, or one that is no run's, as the packaged one or a folder's."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from jinjie.analyse import bootstrap
from jinjie.analyse.evaluate import Held, Made
from jinjie.analyse.evaluation import Evaluation, Note
from jinjie.analyse.texts.evaluate import language, notes
from jinjie.analyse.texts.held_out import held_out
from jinjie.analyse.texts.hidden import masked
from jinjie.base import words
from jinjie.base.errors import JinjieError
from jinjie.data.dataset import Dataset, Report
from jinjie.tasks.language import Language
from jinjie.training import recipe as recipes
from jinjie.training.finished import Finished, open_finished, text_processor


class Told(NamedTuple):
    """Which model it is, and what to know before the numbers are believed."""

    name: str
    recipe: str
    notes: tuple[Note, ...]


def evaluate_model(
    name: str,
    folder: Path,
    text: str | None = None,
    samples: int = bootstrap.SAMPLES,
    seed: int = 0,
    report: Report | None = None,
) -> Made:
    """Ask a model of text in a folder for the test split of the data that it learned from, or for `text`: "en", "zh" or
    a file (see `texts/held_out.py`).

    Raises JinjieError when it is no model of text, and as `evaluate` and `held_out` do.
    """
    model = open_finished(folder, report=report)
    if not isinstance(model.task, Language):
        raise JinjieError("evaluate.no_run", name=name, task=model.card["task"]["kind"])
    known = []
    if text is None and "data" in model.card:
        data: Dataset = TypeAdapter(recipes.Data).validate_python(model.card["data"]).load(report)
    else:
        data = held_out(text, text_processor(model), model.config.known("block"))
        known.append(Note(**words.text("evaluate.note.elsewhere").both()))
    told = Told(name, str(model.card.get("recipe", "")), tuple(known))
    return of_text(told, model, data, "test", samples, seed, report)


def of_text(
    told: Told,
    model: Finished,
    data: Dataset,
    split: Held,
    samples: int,
    seed: int,
    report: Report | None = None,
) -> Made:
    """Ask a model that writes, or fills gaps, for a split of its data, or of other data that its tokenizer cuts."""
    writes = isinstance(model.task, Language)
    look = language if writes else masked
    values, listed = look(model.network, model.task, data, split, samples, seed, report)
    made = Evaluation(
        kind="language" if writes else "masked",
        run=told.name,
        recipe=told.recipe,
        data=Note(**data.about.title.both()),
        split=split,
        step=int(model.card.get("step", 0)),
        resamples=samples,
        seed=seed,
        notes=(*told.notes, *notes(values["texts"])),
        **values,
    )
    return Made(made, None, listed)
