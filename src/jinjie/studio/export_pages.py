"""A trained model to take along: the forms that `jinjie export` offers of it, each as one download."""

from __future__ import annotations

import importlib.util
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal, get_args

from fastapi import APIRouter, Request
from fastapi.responses import Response

from jinjie.base.errors import JinjieError
from jinjie.base.words import say
from jinjie.data.tokenization.gguf import described
from jinjie.models.folder import OWN, open_config
from jinjie.studio import views
from jinjie.studio.playing import Kept, Playing
from jinjie.studio.render import download_of, page
from jinjie.training import adapter_files, gguf
from jinjie.training import export as exporting
from jinjie.training.export import Dtype
from jinjie.training.runs import Run

router = APIRouter(include_in_schema=False)
Form = Literal["published", "gguf", "adapters", "own"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True)
class Offer:
    """One form of a model: what it is for, how it is opened, and why it is not to be had (empty when it is)."""

    form: Form
    title: str
    use: str
    opens: str
    """A line to type, with the name of what is in the download; empty where no program alone can use it."""
    command: str
    """The command that makes the same."""
    obstacle: str = ""
    note: str = ""
    dtypes: tuple[str, ...] = exporting.DTYPES
    stored: str = ""
    """The precision that it has where none is chosen."""


@router.get("/runs/{name}/export")
def export(request: Request, name: str) -> Response:
    """The forms, and what each is for."""
    run = views.run_named(name)
    kept = _opened(request, run)
    summary = views.summary(request.app.state.stories.of(run))
    return page(request, "export.html", name=name, title=summary["title"], offers=offers(kept, run))


@router.get("/runs/{name}/export/{form}.zip")
def download(request: Request, name: str, form: Form, dtype: Dtype | None = None) -> Response:
    """One form, whole, as a zip. Raises JinjieError where the model does not fit it."""
    run = views.run_named(name)
    kept = _opened(request, run)
    folder = Path(mkdtemp(prefix="jinjie-export-"))
    try:
        made = packed(kept, run, form, dtype, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return download_of(made, folder, "application/zip")


def offers(kept: Kept, run: Run) -> list[Offer]:
    """Every form, last those that the model does not fit, with the reason; adapters only where there are some."""
    source, name = kept.model.folder, run.name
    stored, alone = exporting.as_stored(source), _ids_alone(kept)
    found = [
        Offer(
            "published",
            say("studio.take.published"),
            say("studio.take.published_use"),
            f'AutoModel.from_pretrained("{name}")',
            f"jinjie export {name} {name}",
            _obstacle_of_layout(source),
            stored=stored,
        ),
        Offer(
            "gguf",
            say("studio.take.gguf"),
            say("studio.take.gguf_use"),
            "" if alone else f"llama-cli -m {name}.gguf",
            f"jinjie export {name} {name}.gguf --to gguf{' --no-tokenizer' if alone else ''}",
            _obstacle_of_gguf(source),
            alone,
            stored=stored,
        ),
        Offer(
            "own",
            say("studio.take.own"),
            say("studio.take.own_use"),
            f"jinjie {'generate' if hasattr(kept.model.network, 'cache') else 'predict'} ./{name} …",
            f"jinjie export {name} {name} --layout {OWN}",
            stored=stored,
        ),
    ]
    if (source / adapter_files.FOLDER).is_dir():
        found.append(
            Offer(
                "adapters",
                say("studio.take.adapters"),
                say("studio.take.adapters_use"),
                f'PeftModel.from_pretrained(model, "{name}")',
                f"jinjie export {name} {name} --adapters",
                dtypes=(),
            )
        )
    return sorted(found, key=lambda one: bool(one.obstacle))


def packed(kept: Kept, run: Run, form: Form, dtype: Dtype | None, folder: Path) -> Path:
    """The zip in `folder`: one folder of the run's name, its files uncompressed, for weights hardly shrink."""
    place = folder / run.name
    match form:
        case "published":
            exporting.export(kept.model.folder, place, dtype=dtype)
        case "own":
            exporting.export(kept.model.folder, place, layout=OWN, dtype=dtype)
        case "adapters":
            adapter_files.export(kept.model.folder, place, False)
        case "gguf":
            place.mkdir()
            kind = dtype or exporting.as_stored(kept.model.folder)
            whole = not _ids_alone(kept)
            gguf.write(kept.model, place / f"{run.name}.gguf", dtype=kind, tokenizer=whole)
    made = folder / f"{run.name}-{form}.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(place.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    shutil.rmtree(place)
    return made


def _obstacle_of_layout(source: Path) -> str:
    try:
        exporting.check(source)
    except JinjieError as error:
        known = error.key == "export.no_layout"
        return say("studio.take.no_layout", kind=error.params["kind"]) if known else error.in_()
    return ""


def _obstacle_of_gguf(source: Path) -> str:
    try:
        gguf.described_model(open_config(source))
        if importlib.util.find_spec("gguf") is None:
            raise JinjieError("gguf.no_package", package="gguf")
    except JinjieError as error:
        return error.in_()
    return ""


def _ids_alone(kept: Kept) -> str:
    """Why a GGUF file knows token ids alone; empty where it knows the words too, or there is none."""
    if _obstacle_of_gguf(kept.model.folder):
        return ""
    try:
        described(kept.model.processor, kept.model.config.known("vocabulary"))  # type: ignore[arg-type]
    except JinjieError:
        return say("studio.take.ids_alone")
    return ""


def _opened(request: Request, run: Run) -> Kept:
    kept: Playing = request.app.state.playing
    return kept.open(run.name)
