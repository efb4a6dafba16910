"""The tensors of a model folder's safetensors files, read and written one at a time, in one file or in several.

Several are listed in `model.safetensors.index.json`, as on the Hugging Face hub. Nothing but safetensors is read: the
other formats that weights come in can run any program when they are opened.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jinjie.base.errors import JinjieError, NotFound
from jinjie.base.files import write_json
from jinjie.base.words import say

if TYPE_CHECKING:
    import torch

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle", "*.bin.index.json")
"""What torch's own files are called: pickles, which run what they name when they are opened."""
_NO_WEIGHTS = ("training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state.pth")
"""Pickles that some trainers leave beside the weights."""
_MARKS = (b"PK\x03\x04", *(b"\x80" + bytes([protocol]) for protocol in range(2, 6)))
"""What torch's files and plain pickles begin with, whatever they are called."""
OTHERS = ("*.h5", "*.msgpack", "*.onnx", "*.gguf", "*.tflite", "*.ot")
"""Weights of other programs."""

_LONGEST_HEADER = 100_000_000
"""Bytes; safetensors' own limit."""

Report = Callable[[str, int, int | None], None]
"""Hears how far reading or writing is: (what, bytes done, bytes in all)."""
LONG = 300_000_000
"""Bytes from which on a user waits long enough to want to know."""


class Stored(NamedTuple):
    """One tensor as its file's header describes it."""

    file: Path
    shape: tuple[int, ...]
    dtype: str
    """In safetensors' words: F32, BF16, I64, …"""


@dataclass(frozen=True)
class Shards:
    """The tensors of a folder by name, and the files they are in."""

    folder: Path
    stored: dict[str, Stored]

    def read(self, name: str) -> torch.Tensor:
        """One tensor; its file is mapped, so that no more than this one is in memory.

        Raises JinjieError when the file is damaged.
        """
        from safetensors import SafetensorError

        file = self.stored[name].file
        try:
            tensor: torch.Tensor = self._open(file).get_tensor(name)
        except (OSError, SafetensorError) as error:
            raise JinjieError("model.damaged", file=file, reason=str(error)) from error
        return tensor

    def _open(self, file: Path) -> Any:
        from safetensors import safe_open

        if file not in self._opened:
            self._opened[file] = safe_open(file, framework="pt")
        return self._opened[file]

    @cached_property
    def _opened(self) -> dict[Path, Any]:
        return {}


def find(folder: Path) -> Shards:
    """The tensors of a folder: of `model.safetensors`, else of the files in its index. Reads headers alone.

    Raises JinjieError when the weights are there in another format only, with the reason that it is not opened; when a
    file is damaged or a shard missing, when the index says what is not so, or a tensor is there twice; NotFound when
    there are no weights at all.
    """
    if (folder / WEIGHTS).is_file():
        return Shards(folder, header(folder / WEIGHTS))
    if (folder / INDEX).is_file():
        return Shards(folder, _indexed(folder))
    for pattern, key in (
        *((p, "model.pickle_only") for p in PICKLES),
        *((p, "model.foreign_only") for p in OTHERS),
    ):
        if found := sorted(file for file in folder.glob(pattern) if file.name not in _NO_WEIGHTS):
            raise JinjieError(key, folder=folder, file=found[0].name)
    if found := sorted(folder.glob("*.safetensors")):
        raise NotFound("model.weights_elsewhere", folder=folder, file=found[0].name)
    raise NotFound("model.no_weights", folder=folder)


def header(file: Path) -> dict[str, Stored]:
    """What a safetensors file holds, without torch. Raises JinjieError when it is damaged or cut short."""
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            if length > _LONGEST_HEADER:
                raise ValueError(f"its header would have {length} bytes")
            told = json.loads(opened.read(length))
            size = opened.seek(0, 2) - 8 - length
        told.pop("__metadata__", None)
        found = {n: Stored(file, tuple(map(int, one["shape"])), str(one["dtype"])) for n, one in told.items()}
        end = max((int(one["data_offsets"][1]) for one in told.values()), default=0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error) as error:
        if _begins_as_a_pickle(file):
            raise JinjieError("model.pickle_renamed", file=file) from error
        raise JinjieError("model.damaged", file=file, reason=str(error)) from error
    if end != size:
        raise JinjieError("model.damaged", file=file, reason=f"{size} of {end} bytes of tensors")
    return found


def _begins_as_a_pickle(file: Path) -> bool:
    """For a file that is no safetensors: the header of one may be so long that it begins in the same way."""
    try:
        with file.open("rb") as opened:
            return opened.read(4).startswith(_MARKS)
    except OSError:
        return False


def _indexed(folder: Path) -> dict[str, Stored]:
    file = folder / INDEX
    try:
        told = json.loads(file.read_bytes())["weight_map"]
        index = {str(name): str(shard) for name, shard in told.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise JinjieError("model.damaged", file=file, reason=repr(error)) from error
    names = sorted(set(index.values()))
    if strange := [name for name in names if Path(name).name != name or not name.endswith(".safetensors")]:
        raise JinjieError("model.index_names", file=file, came=", ".join(strange))
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise JinjieError("model.shards_missing", folder=folder, names=", ".join(missing), count=len(missing))
    found: dict[str, Stored] = {}
    for shard in names:
        for name, stored in header(folder / shard).items():
            if name in found:
                raise JinjieError(
                    "model.twice", folder=folder, name=name, one=found[name].file.name, other=shard
                )
            found[name] = stored
    wrong = [name for name, shard in index.items() if name not in found or found[name].file.name != shard]
    if wrong:
        raise JinjieError("model.index_wrong", file=file, names=", ".join(wrong[:5]), count=len(wrong))
    return found


class Piece(NamedTuple):
    """A tensor to be written: its size before it is made, and how to make it."""

    name: str
    bytes: int
    make: Callable[[], torch.Tensor]


def write(
    pieces: list[Piece], folder: Path, shard_bytes: int | None = None, report: Report | None = None
) -> None:
    """Write tensors into a folder that is there: to one file, or to several of at most `shard_bytes` and an index.

    A shard's tensors are made when it is written, and let go of after. A tensor that is larger than a shard has one
    for itself. `report` hears of each shard of many bytes.
    """
    from safetensors.torch import save_file

    shards = list(_cut(pieces, shard_bytes))
    names = [f"model-{i + 1:05}-of-{len(shards):05}.safetensors" for i in range(len(shards))]
    if len(shards) == 1:
        names = [WEIGHTS]
    total, done = sum(piece.bytes for piece in pieces), 0
    for name, shard in zip(names, shards, strict=True):
        if report is not None and total > LONG:
            report(say("model.writing", file=name), done, total)
        done += sum(piece.bytes for piece in shard)
        save_file({piece.name: piece.make() for piece in shard}, folder / name, metadata={"format": "pt"})
    if len(shards) > 1:
        index = {piece.name: name for name, shard in zip(names, shards, strict=True) for piece in shard}
        write_json(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": index})


def _cut(pieces: list[Piece], most: int | None) -> Iterator[list[Piece]]:
    shard: list[Piece] = []
    size = 0
    for piece in pieces:
        if shard and most is not None and size + piece.bytes > most:
            yield shard
            shard, size = [], 0
        shard.append(piece)
        size += piece.bytes
    yield shard
