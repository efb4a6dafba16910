"""Models by their names on the Hugging Face hub: `owner/name`, or `owner/name@revision`.

Fetched with the hub's own client where it is installed, into the client's own cache, which other programs share. Taken
are safetensors, settings and tokenizer files alone: never a pickle, never code.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path
from typing import Any

from jinjie.base import paths
from jinjie.base.errors import JinjieError, NotFound

TAKEN = ("model*.safetensors", "*.json", "vocab.txt", "merges.txt", "tokenizer.model")
_LEFT = ("*/*", "*.fp16.*", "*.bf16.*")
"""Files in folders, and those of further precisions, are other versions of the same model."""
_PART = r"(?!\S*(?:--|\.\.))\w(?:[\w.-]{0,94}\w)?"
_NAME = re.compile(rf"{_PART}/{_PART}(@\w[\w./-]*)?", re.ASCII)
SHORT = {
    **{name: f"openai-community/{name}" for name in ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl")},
    "distilgpt2": "distilbert/distilgpt2",
    **{
        f"bert-{name}": f"google-bert/bert-{name}"
        for name in (
            "base-uncased",
            "base-cased",
            "large-uncased",
            "large-cased",
            "base-chinese",
            "base-multilingual-cased",
        )
    },
}
"""The names of models that were on the hub before it had owners, as books and articles still write them."""

_BROKEN_LINE = ("ConnectError", "ConnectTimeout", "ReadTimeout", "OfflineModeIsEnabled", "ProxyError")


class HubFailed(JinjieError):
    """A model did not arrive from the hub."""

    exit_code = 6


def is_name(name: str) -> bool:
    """Whether a name could be one of the hub's, and is no path that is there."""
    return _NAME.fullmatch(name) is not None and not paths.is_there(Path(name))


def cached(name: str) -> Path | None:
    """The folder of a model that has been fetched before; None where it has not, or there is no client."""
    if importlib.util.find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    repository, _, revision = name.partition("@")
    found = try_to_load_from_cache(repository, "config.json", revision=revision or None)
    return Path(found).parent if isinstance(found, str) else None


def fetched(name: str, *, quiet: bool = False) -> Path:
    """The folder of the hub's model `name`, fetched where it is not in the cache, or is there in an older state.

    What a broken download left is gone on with. Without a line, or with HF_HUB_OFFLINE=1, the cache alone is used.
    Shows the client's own bars, with the time left, unless `quiet`.

    Raises NotFound when the hub has no such model or revision, and HubFailed when there is no client or no line, or the
    model is not given to everyone, or there as a pickle alone, saying what to do.
    """
    if importlib.util.find_spec("huggingface_hub") is None:
        raise HubFailed("hub.no_client", name=name)
    client: Any = importlib.import_module("huggingface_hub")
    bars: Any = importlib.import_module("huggingface_hub.utils")
    errors: Any = importlib.import_module("huggingface_hub.errors")
    repository, _, revision = name.partition("@")
    quiet = quiet and not bars.are_progress_bars_disabled()
    if quiet:
        bars.disable_progress_bars()
    try:
        folder = Path(
            client.snapshot_download(
                repository, revision=revision or None, allow_patterns=[*TAKEN], ignore_patterns=[*_LEFT]
            )
        )
        if not any(folder.glob("*.safetensors")):
            _refuse(name, folder, client.HfApi(), revision or None)
    except errors.GatedRepoError as error:
        raise HubFailed("hub.gated", name=repository) from error
    except errors.RepositoryNotFoundError as error:
        raise NotFound("hub.no_model", name=repository) from error
    except errors.RevisionNotFoundError as error:
        raise NotFound("hub.no_revision", name=repository, revision=revision) from error
    except errors.LocalEntryNotFoundError as error:
        raise _no_line(name, error) from error
    except errors.HFValidationError as error:
        raise NotFound("hub.no_model", name=repository) from error
    except Exception as error:  # the client's HTTP library changes with its version, and so do its exceptions
        if isinstance(error, JinjieError):
            raise
        if type(error).__name__ in _BROKEN_LINE:
            raise _no_line(name, error) from error
        raise HubFailed("hub.failed", name=name, reason=str(error) or type(error).__name__) from error
    finally:
        if quiet:
            bars.enable_progress_bars()
    return folder


def _refuse(name: str, folder: Path, api: Any, revision: str | None) -> None:
    """Raise for a model without safetensors, naming what it has instead."""
    repository = name.partition("@")[0]
    files = api.list_repo_files(repository, revision=revision)
    pickles = [file for file in files if file.endswith((".bin", ".pt", ".pth", ".ckpt", ".pkl"))]
    if pickles:
        raise HubFailed("hub.pickle_only", name=name, file=pickles[0])
    raise HubFailed("hub.no_weights", name=name, files=", ".join(files[:8]))


def _no_line(name: str, error: Exception) -> HubFailed:
    repository, _, revision = name.partition("@")
    command = f"hf download {repository}" + (f" --revision {revision}" if revision else "")
    reason = str(error.__cause__ or error).splitlines()[0]
    return HubFailed("hub.no_line", name=name, command=command, reason=reason)
