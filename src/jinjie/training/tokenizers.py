"""The tokenizer that a name means: a path, a published one, a run's or a packaged model's; and those at hand."""

from __future__ import annotations

from jinjie.base import paths
from jinjie.base.errors import NotFound, did_you_mean
from jinjie.data.cache import present
from jinjie.data.tokenization import published
from jinjie.data.tokenization.opening import open_tokenizer
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.training import finished
from jinjie.training.runs import all_runs

NEWEST = 20
"""Runs whose names are looked at."""


def named(name: str) -> TokenProcessor:
    """The tokenizer of that name; a published one is fetched on first use.

    Raises NotFound with the nearest name of them all, and what `open_tokenizer` and `published` raise.
    """
    place = paths.place(name)
    if paths.is_there(place):
        return open_tokenizer(place / "model" if (place / "recipe.json").is_file() else place)
    if name in published.PUBLISHED:
        return published.published(name)
    try:
        folder = finished.model_folder(name)
    except NotFound as error:
        names = [*published.PUBLISHED, *finished.packaged(), *(run.name for run in all_runs()[:NEWEST])]
        raise NotFound("tokenizer.not_found", name=name, suggestion=did_you_mean(name, names)) from error
    return open_tokenizer(folder)


def at_hand() -> list[str]:
    """Names whose tokenizer is on this machine: of the packaged models, the published ones that are fetched, and runs.

    Each text of a page may name these and no path, so that an address makes nobody read a folder or fetch anything.
    """
    models = [name for name, folder in finished.packaged().items() if (folder / TOKENIZER).is_file()]
    fetched = [name for name in published.PUBLISHED if present(f"tokenizer-{name}", published.VERSION)]
    runs = [run.name for run in all_runs()[:NEWEST] if (run.path / "model" / TOKENIZER).is_file()]
    return [*models, *fetched, *runs]


TOKENIZER = "tokenizer.json"
