"""Checkpoints: everything a killed run needs to go on with the same bits, written whole or not at all.

See docs/decisions/0004-checkpoints.md for the files and the promise.
"""

from __future__ import annotations

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
from jinjie.training.events import unwritable
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
    """Write the checkpoint of `step`; of the others keep the `keep` − 1 before it.

    Those of later steps are damaged, or the run would have gone on from them. Raises DiskFull or RunGone; the
    others then stand untouched.
    """
    folder = run / "checkpoints" / f"step-{step:08d}"
    try:
        with whole_folder(folder) as temporary:
            held = {"weights.safetensors": _weights(networks), "optimizer.safetensors": _moments(networks)}
            if networks.average is not None:
                held["average.safetensors"] = networks.average.weights
            for name, tensors in held.items():
                save_file(tensors, temporary / name)
            sums = {name: _sha256(temporary / name) for name in held}
            content = {"schema": SCHEMA, "step": step, **state, "sha256": sums}
            write_json(temporary / "state.json", {**content, "sum": _sum(content)})
    except (OSError, SafetensorError) as error:
        raise unwritable(run, folder, error) from error
    present = _folders(run)
    kept = [other for other in present if other.name <= folder.name][:keep]
    for other in present:
        if other not in kept:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def newest(run: Path, damaged: list[str] | None = None) -> Checkpoint | None:
    """The newest checkpoint whose checksums hold, or None; the names of damaged ones are added to `damaged`.

    Raises JinjieError when it was written by a newer Jinjie.
    """
    for folder in _folders(run):
        try:
            found = Checkpoint(folder, _checked(folder))
        except (OSError, ValueError, TypeError, KeyError):
            if damaged is not None:
                damaged.append(folder.name)
            continue
        if found.state["schema"] > SCHEMA:
            raise JinjieError("run.newer", run=run.name, schema=found.state["schema"], known=SCHEMA)
        return found
    return None


def restore(checkpoint: Checkpoint, networks: Networks) -> None:
    """Put a checkpoint's weights, their average and the optimiser's moments into freshly built networks."""
    weights = load_file(checkpoint.folder / "weights.safetensors", device=networks.device)
    for name in networks.models:
        prefix = f"{name}/"
        networks.load_weights(
            name, {k.removeprefix(prefix): t for k, t in weights.items() if k.startswith(prefix)}
        )
    if networks.average is not None:
        found = load_file(checkpoint.folder / "average.safetensors", device=networks.device)
        for name, tensor in networks.average.weights.items():
            tensor.copy_(found[name])
    moments: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in load_file(checkpoint.folder / "optimizer.safetensors", device="cpu").items():
        place, _, name = key.rpartition("/")
        moments.setdefault(place, {})[name] = tensor.clone()
    for places, optimizer in _optimizers(networks):
        state = {i: moments[place] for i, place in enumerate(places) if place in moments}
        # torch knows which of them belong on the weights' device.
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def clear(run: Path) -> None:
    """Remove what a killed worker left half-written."""
    clear_partial(run / "checkpoints")
    clear_partial(run / "pictures")
    clear_partial(run / "model")
    clear_partial(run)


def _weights(networks: Networks) -> dict[str, torch.Tensor]:
    return {
        f"{name}/{n}": t.contiguous() for name in networks.models for n, t in networks.weights(name).items()
    }


def _moments(networks: Networks) -> dict[str, torch.Tensor]:
    found = {}
    for places, optimizer in _optimizers(networks):
        for i, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                if isinstance(value, torch.Tensor):
                    found[f"{places[i]}/{key}"] = value.contiguous()
                elif value is not None:
                    raise TypeError(
                        f"{type(optimizer).__name__} keeps {key} as {type(value).__name__}, which no checkpoint holds"
                    )
    return found


def _optimizers(networks: Networks) -> Iterator[tuple[list[str], torch.optim.Optimizer]]:
    """Every optimiser with the places of its weights' moments (`model.0/embed.weight`), in torch's own order."""
    for model, optimizers in networks.optimizers.items():
        names = {id(weight): name for name, weight in networks.masters[model].items()}
        for i, optimizer in enumerate(optimizers):
            weights = [weight for group in optimizer.param_groups for weight in group["params"]]
            yield [f"{model}.{i}/{names[id(weight)]}" for weight in weights], optimizer


def _folders(run: Path) -> list[Path]:
    """Checkpoint folders, newest first."""
    return sorted((run / "checkpoints").glob("step-*"), reverse=True)


def _checked(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((folder / "state.json").read_bytes())
    if state.pop("sum") != _sum(state):
        raise ValueError("state.json is damaged")
    for name, expected in state["sha256"].items():
        if _sha256(folder / name) != expected:
            raise ValueError(f"{name} is damaged")
    return state


def _sum(state: dict[str, Any]) -> str:
    """A checksum of what state.json says, wherever its keys and blanks stand."""
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
