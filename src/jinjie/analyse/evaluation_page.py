"""An evaluation on disk: `RUN/evaluation/` with evaluation.json, its pictures, and evaluation.html in both languages.

predictions.csv beside it has every answer. The page holds its pictures inside, so that it can be sent as it is. An
evaluation of the validation split goes to `RUN/evaluation-validation/`.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from jinjie.analyse import answers
from jinjie.analyse import evaluation as sentences
from jinjie.analyse.evaluation import Evaluation
from jinjie.analyse.evaluation_pictures import enlarged, pictures
from jinjie.analyse.texts.page import section as texts_section
from jinjie.base.files import whole_folder, write_json, write_whole
from jinjie.base.page import bilingual, table
from jinjie.base.paths import evaluations_home
from jinjie.base.svg import standalone
from jinjie.base.words import say
from jinjie.training.events import unwritable
from jinjie.training.runs import Run

if TYPE_CHECKING:
    import numpy as np

    from jinjie.analyse.evaluate import Made


def folder_of(run: Run, split: str) -> Path:
    """Where the evaluation of a split is kept."""
    return run.path / ("evaluation" if split == "test" else f"evaluation-{split}")


def folder_for(name: str) -> Path:
    """Where the evaluation of a model is kept that is no run's: by its name, or the last part of its path."""
    parts = [part for part in re.split(r"[\\/]+", name) if part.strip(".")]
    last = parts[-2] if len(parts) > 1 and parts[-1] == "model" else parts[-1] if parts else "model"
    return evaluations_home() / (re.sub(r"[^\w.@+-]+", "-", last).strip(".-") or "model")


def found(run: Run, split: str) -> Evaluation | None:
    """What is in the run's folder; None where there is none, or one of another version."""
    try:
        return Evaluation.model_validate_json((folder_of(run, split) / "evaluation.json").read_bytes())
    except (OSError, ValidationError):
        return None


def older(run: Run, made: Evaluation) -> bool:
    """Whether the run has a newer model than the one that was evaluated."""
    try:
        card = json.loads((run.path / "model" / "jinjie.json").read_bytes())
    except (OSError, ValueError):
        return False
    return int(card.get("step", made.step)) != made.step


def write(run: Run, made: Made) -> tuple[Evaluation, Path]:
    """Write the folder whole, in the place of an earlier one; the evaluation with its pictures' names, and the folder.

    Raises DiskFull, or RunGone when the run was deleted meanwhile.
    """
    return write_to(folder_of(run, made.evaluation.split), made)


def write_to(folder: Path, made: Made) -> tuple[Evaluation, Path]:
    """The same into a folder that is told, in a folder that is there."""
    drawn = pictures(made.evaluation, made.pixels)
    told = made.evaluation.model_copy(update={"pictures": tuple(drawn)})
    try:
        with whole_folder(folder) as temporary:
            write_json(temporary / "evaluation.json", told.model_dump(mode="json"))
            write_whole(temporary / answers.FILE, made.answers)
            write_whole(temporary / "evaluation.html", page(told, drawn, made.pixels))
            for name, content in drawn.items():
                content = standalone(content) if name.endswith(".svg") else content
                write_whole(temporary / name, content)
            for i, content in enumerate(_enlarged(made.pixels)):
                write_whole(temporary / mistake_file(i), content)
    except OSError as error:
        raise unwritable(folder.parent, folder, error) from error
    return told, folder


def page(made: Evaluation, drawn: dict[str, bytes], pixels: np.ndarray[Any, Any] | None = None) -> str:
    """The whole evaluation as one page, Chinese and English, the current language first."""
    return bilingual(made.run, lambda: _section(made, drawn, pixels))


def _section(made: Evaluation, drawn: dict[str, bytes], pixels: np.ndarray[Any, Any] | None) -> str:
    parts = [f"<h1>{escape(say('evaluate.page.title', run=made.run))}</h1>"]
    parts.append(f"<p>{escape(sentences.headline(made))}</p>")
    parts += [f'<p class="warning">{escape(line)}</p>' for line in sentences.notes(made)]
    parts.append(table(sentences.score_head(made), sentences.score_rows(made)))
    parts.append(f'<p class="note">{escape(sentences.how(made))}</p>')
    if made.threshold is not None:
        parts.append(f"<p>{escape(sentences.threshold_line(made.threshold))}</p>")
    if made.classes:
        parts.append(f"<h2>{escape(say('evaluate.page.classes'))}</h2>")
        parts.append(table(sentences.class_head(), sentences.class_rows(made)))
    for name, content in drawn.items():
        if name.endswith(".svg"):
            parts.append(f"<h2>{escape(sentences.picture_name(name))}</h2>")
            if name == "roc.svg" and 2 < len(made.roc) < len(made.classes):
                parts.append(f'<p class="note">{escape(sentences.hardest(made))}</p>')
            parts.append(content.decode())
    if made.texts is not None:
        return "".join([*parts, texts_section(made.texts)])
    parts.append(f"<h2>{escape(sentences.mistakes_heading(made))}</h2>")
    parts.append(_seen(made, pixels) if pixels is not None else _listed(made))
    return "".join(parts)


def _seen(made: Evaluation, pixels: np.ndarray[Any, Any]) -> str:
    """The mistakes as pictures with what was said of each."""
    figures = []
    for mistake, png in zip(made.mistakes, _enlarged(pixels), strict=True):
        content = b64encode(png).decode()
        line = escape(sentences.mistake_line(mistake))
        figures.append(
            f'<figure><img src="data:image/png;base64,{content}" alt="{escape(mistake.true)}">'
            f"<figcaption>{line}</figcaption></figure>"
        )
    return f'<div class="seen">{"".join(figures)}</div>'


def mistake_file(number: int) -> str:
    """The file beside `evaluation.json` that shows one mistake, where the data is pictures."""
    return f"mistake-{number:02d}.png"


def _enlarged(pixels: np.ndarray[Any, Any] | None) -> list[bytes]:
    """Each picture (height, width, 3) as a PNG of its own, large enough to be seen."""
    if pixels is None:
        return []
    from jinjie.base.pictures import image_grid

    return [image_grid(picture[None], scale=enlarged(picture.shape[0])) for picture in pixels]


def _listed(made: Evaluation) -> str:
    lines = [
        f"<li>{escape(sentences.mistake_line(m))}<br><span class='note'>{escape(m.words)}</span></li>"
        for m in made.mistakes
    ]
    return f"<ol>{''.join(lines)}</ol>" if lines else ""
