"""Checkpoints: everything a killed run needs to go on with the same bits, written whole or not at all.

See docs/decisions/0004-checkpoints.md for the files and the promise.
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from jinjie.base.errors import JinjieError
from jinjie.base.files import clear_partial, whole_folder, write_json
from jinjie.training.events import DiskFull, RunGone
from jinjie.training.networks import Networks

SCHEMA = 1


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose checksums hold."""

    folder: Path
    state: dict[str, Any]

    @property
    def step(self) -> int:
        return int(self.state["step"])


def save(run: Path, networks: Networks, step: int, state: dict[str, Any], keep: int) -> Path:
    """Write the checkpoint of `step` and remove all but the newest `keep`.

    Raises DiskFull or RunGone; older checkpoints then stand untouched.
    """
    folder = run / "checkpoints" / f"step-{step:08d}"
    try:
        with whole_folder(folder) as temporary:
            save_file(_weights(networks), temporary / "weights.safetensors")
            save_file(_moments(networks), temporary / "optimizer.safetensors")
            sums = {
                name: _sha256(temporary / name) for name in ("weights.safetensors", "optimizer.safetensors")
            }
            write_json(temporary / "state.json", {"schema": SCHEMA, "step": step, **state, "sha256": sums})
    except (OSError, SafetensorError) as error:
        raise unwritable(run, folder, error) from error
    for old in _folders(run)[keep:]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def newest(run: Path, damaged: list[str] | None = None) -> Checkpoint | None:
    """The newest checkpoint whose checksums hold, or None; the names of damaged ones are added to `damaged`."""
    for folder in _folders(run):
        try:
            return Checkpoint(folder, _checked(folder))
        except (OSError, ValueError, KeyError):
            if damaged is not None:
                damaged.append(folder.name)
    return None


def restore(checkpoint: Checkpoint, networks: Networks) -> None:
    """Put a checkpoint's weights and optimiser moments into freshly built networks."""
    weights = load_file(checkpoint.folder / "weights.safetensors", device=networks.device)
    for name in networks.models:
        prefix = f"{name}/"
        networks.load_weights(
            name, {k.removeprefix(prefix): t for k, t in weights.items() if k.startswith(prefix)}
        )
    moments = load_file(checkpoint.folder / "optimizer.safetensors", device="cpu")
    for prefix, optimizer, name, weight in _optimized(networks):
        saved = {k.rpartition("/")[2]: t for k, t in moments.items() if k.startswith(f"{prefix}/{name}/")}
        for key, tensor in saved.items():
            # Adam counts its steps on the CPU, wherever the weights are.
            target = tensor if tensor.ndim == 0 else tensor.to(weight.device)
            optimizer.state[weight][key] = target.clone()


def clear(run: Path) -> None:
    """Remove what a killed worker left half-written."""
    clear_partial(run / "checkpoints")
    clear_partial(run / "pictures")
    clear_partial(run)


def unwritable(run: Path, path: Path, error: Exception) -> JinjieError:
    """The error that a failed write means to the user."""
    if not run.is_dir():
        return RunGone("run.gone", run=run.name)
    full = (
        getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        or "os error 28" in str(error)
        or "No space left" in str(error)
    )
    if full:
        return DiskFull("run.disk_full", path=path, reason=str(error))
    return JinjieError("run.cannot_write", path=path, reason=str(error))


def _weights(networks: Networks) -> dict[str, torch.Tensor]:
    return {
        f"{name}/{n}": t.contiguous() for name in networks.models for n, t in networks.weights(name).items()
    }


def _moments(networks: Networks) -> dict[str, torch.Tensor]:
    found = {}
    for prefix, optimizer, name, weight in _optimized(networks):
        for key, value in optimizer.state.get(weight, {}).items():
            if isinstance(value, torch.Tensor):
                found[f"{prefix}/{name}/{key}"] = value.contiguous()
            elif value is not None:
                raise TypeError(
                    f"{type(optimizer).__name__} keeps {key} as {type(value).__name__}, which no checkpoint holds"
                )
    return found


def _optimized(networks: Networks) -> Iterator[tuple[str, torch.optim.Optimizer, str, torch.Tensor]]:
    """(prefix, optimiser, the weight's name, the weight) for every weight that an optimiser moves."""
    for model, optimizers in networks.optimizers.items():
        names = {id(weight): name for name, weight in networks.masters[model].items()}
        for i, optimizer in enumerate(optimizers):
            for group in optimizer.param_groups:
                for weight in group["params"]:
                    yield f"{model}.{i}", optimizer, names[id(weight)], weight


def _folders(run: Path) -> list[Path]:
    """Checkpoint folders, newest first."""
    return sorted((run / "checkpoints").glob("step-*"), reverse=True)


def _checked(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((folder / "state.json").read_bytes())
    if state["schema"] > SCHEMA:
        raise ValueError("written by a newer Jinjie")
    for name, expected in state["sha256"].items():
        if _sha256(folder / name) != expected:
            raise ValueError(f"{name} is damaged")
    return state


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
