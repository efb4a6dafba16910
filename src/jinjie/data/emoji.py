"""Emoji (real, 32×32, in colour) sorted into nine kinds, or a folder of colour pictures of your own."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from jinjie.base.config import option
from jinjie.base.files import write_json
from jinjie.base.lazy import lazy
from jinjie.base.seeds import numpy_generator
from jinjie.base.words import Text, say
from jinjie.data.augment import Augment, Pictures, grounds, pasted
from jinjie.data.batching import split_evenly
from jinjie.data.cache import about as about_converted
from jinjie.data.cache import converted, present
from jinjie.data.dataset import SPLITS, About, Arrays, DataConfig, Processor, Report, Split, picture_bytes
from jinjie.data.fetch import fetch, tell
from jinjie.data.pictures import cutout, opened, read_folder, shares
from jinjie.data.reading import OptionalPath
from jinjie.data.sources import EMOJI

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image
else:
    np = lazy("numpy")
    Image = lazy("PIL.Image")

VERSION = 1
SIDE = 32
COUNTS: dict[Split, int] = {"train": 1254, "validation": 177, "test": 359}
FACTS = {"inputs": 3 * SIDE * SIDE, "channels": 3, "height": SIDE, "width": SIDE}
PEOPLE = "People & Body"
MOST = 270
"""Pictures of people that are kept, of 2,261: as many as there are flags, the next largest kind."""
_NO_KIND = "Component"
_PERSON = frozenset({"1F468", "1F469", "1F9D1", "2640", "2642", "FE0F", "200D", "27A1"})
"""Code points that say which person does a thing, and which way, and not what the thing is."""
_PITCH, _BORDER = SIDE + 2, 1
"""The sheet has a border of one pixel around every picture."""


class Config(DataConfig):
    """Pictures x (B, 3·32·32), channel first, float32 from 0 to 1, and their class y (B,), int64.

    An emoji has no ground. In training each gets an even one of random colour, another at every step; for validation
    and test the grounds are drawn once. Pictures that differ in skin tone, or in who is doing a thing, are in the same
    split: near copies of what was learned would flatter a model.
    """

    kind: Literal["emoji"] = "emoji"
    tasks: ClassVar[tuple[str, ...]] = ("classify",)
    path: OptionalPath = option(
        None,
        "a folder of your own colour pictures, one sub-folder a class; emoji when empty",
        "自己的彩色图片文件夹，每个类别一个子文件夹；留空则用表情符号",
    )
    augment: Augment = Augment()

    def about(self) -> About:
        if self.path is not None:
            title = Text(en=f"Your pictures {self.path}", zh=f"自己的图片 {self.path}")
            return About(title=title, real=True, source=self.path, licence="yours", facts=FACTS)
        return About(
            title=EMOJI.title,
            real=True,
            source=EMOJI.spec,
            licence=EMOJI.licence,
            download_bytes=EMOJI.bytes,
            cached=present("emoji", VERSION),
            counts=dict(COUNTS),
            facts={**FACTS, "outputs": 9},
        )

    def held(self, facts: Mapping[str, int], counts: Mapping[str, int]) -> int:
        """Beside the pictures those of the training split without a ground: four numbers a pixel, for new ones."""
        return picture_bytes(facts, counts) + 4 * counts.get("train", 0) * 4 * SIDE * SIDE

    def load(self, report: Report | None = None) -> Pictures:
        """Raises DownloadFailed when the emoji cannot be fetched, InvalidInput naming every bad picture."""
        if self.path is not None:
            pixels, y, labels = read_folder(self.path, lambda image: cutout(image, SIDE), report)
            parts = split_evenly(y, shares(len(y)), seed=0)
        else:
            folder = converted("emoji", VERSION, lambda place: _convert(place, report), report)
            pixels, y = np.load(folder / "pixels.npy"), np.load(folder / "labels.npy")
            labels = about_converted(folder)["labels"]
            parts = split_by_group(y, np.load(folder / "groups.npy"), seed=0)
        cut = {split: multiplied(pixels[rows]) for split, rows in parts.items()}
        splits: dict[Split, Arrays] = {
            split: {
                "x": pasted(cut[split], grounds(len(rows), 3, 0, "ground", split)).reshape(len(rows), -1),
                "y": y[rows].astype(np.int64),
            }
            for split, rows in parts.items()
        }
        facts = {**FACTS, "outputs": len(labels)}
        counts = {str(split): len(rows) for split, rows in parts.items()}
        about = self.about().model_copy(update={"cached": True, "facts": facts, "counts": counts})
        return Pictures(splits, about, ColourProcessor(labels), facts, self.augment, cut["train"])

    def open_processor(self, folder: Path) -> ColourProcessor:
        return ColourProcessor.load(folder)


class ColourProcessor(Processor):
    """A path to a picture, of any size and format, to x (1, 3·32·32).

    Fitted into 32×32 with its proportions kept; what is transparent, or empty beside it, is white.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = list(labels)

    def encode(self, text: str) -> Arrays:
        """Raises InvalidInput when there is no such file or it is no picture."""
        pixels = cutout(opened(text.strip()), SIDE)[None]
        return {"x": pasted(multiplied(pixels), np.ones((1, 3), np.float32)).reshape(1, -1)}

    def save(self, folder: Path) -> None:
        write_json(folder / "pictures.json", {"labels": self.labels})

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls(**json.loads((folder / "pictures.json").read_bytes()))


def multiplied(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(N, 4, H, W) uint8 as float32 from 0 to 1, the colours multiplied by the opacity."""
    scaled: np.ndarray[Any, np.dtype[np.float32]] = pixels.astype(np.float32) / np.float32(255)
    scaled[:, :-1] *= scaled[:, -1:]
    return scaled


def split_by_group(
    labels: np.ndarray[Any, Any], groups: np.ndarray[Any, Any], seed: int
) -> dict[Split, np.ndarray[Any, Any]]:
    """Indices (N) of the splits: of every class about 70, 10 and 20 %, no group in two of them.

    A class's groups are shuffled and laid end to end; where the middle of a group lies decides its split.
    """
    generator = numpy_generator(seed, "split")
    found: dict[Split, list[np.ndarray[Any, Any]]] = {split: [] for split in SPLITS}
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        names = generator.permutation(np.unique(groups[members]))
        begin = 0
        for name in names:
            rows = members[groups[members] == name]
            middle = (begin + len(rows) / 2) / len(members)
            begin += len(rows)
            found[SPLITS[int(middle >= 0.7) + int(middle >= 0.8)]].append(rows)
    return {split: generator.permutation(np.concatenate(rows)) for split, rows in found.items()}


def _convert(folder: Path, report: Report | None) -> dict[str, Any]:
    """pixels.npy (1790, 4, 32, 32), labels.npy and groups.npy (1790) from the package's sheet of pictures.

    Every kind but people gives each of its emoji once. Of the 386 emoji of people 270 are drawn, each in one skin
    tone drawn from those it has: so all tones occur.
    """
    with tarfile.open(fetch(EMOJI, report)) as package:
        tell(report, say("data.converting", name=EMOJI.name), 0, 1)
        listed, image = (
            package.extractfile(f"package/{name}") for name in ("emoji.json", "img/twitter/sheets/32.png")
        )
        assert listed is not None and image is not None  # the package's sha256 is right
        known = [e for e in json.load(listed) if e["has_img_twitter"] and e["category"] != _NO_KIND]
        sheet = np.asarray(Image.open(image).convert("RGBA"))
    generator = numpy_generator(0, "emoji")
    people = [e for e in known if e["category"] == PEOPLE]
    chosen = [e for e in known if e["category"] != PEOPLE]
    for row in generator.permutation(len(people))[:MOST]:
        tones = [e for e in people[row].get("skin_variations", {}).values() if e["has_img_twitter"]]
        shown = [people[row], *tones][generator.integers(1 + len(tones))]
        chosen.append({**people[row], "sheet_x": shown["sheet_x"], "sheet_y": shown["sheet_y"]})
    kinds = sorted({e["category"] for e in chosen})
    names = [_group(e) for e in chosen]
    order = sorted(set(names))
    np.save(folder / "pixels.npy", np.stack([_cut(sheet, e) for e in chosen]))
    np.save(folder / "labels.npy", np.array([kinds.index(e["category"]) for e in chosen], np.uint8))
    np.save(folder / "groups.npy", np.array([order.index(name) for name in names], np.int64))
    tell(report, say("data.converting", name=EMOJI.name), 1, 1)
    return {"source": EMOJI.spec, "licence": EMOJI.licence, "labels": kinds}


def _group(emoji: Mapping[str, Any]) -> str:
    """What must not be in two splits: the emoji, or, for people, what they are or do."""
    points = emoji["unified"].split("-")
    if emoji["category"] == PEOPLE:
        points = ["person", *(p for p in points if p not in _PERSON)]
    return "-".join(points)


def _cut(sheet: np.ndarray[Any, Any], emoji: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """One emoji's (4, 32, 32) out of the sheet."""
    left, top = (emoji[f"sheet_{axis}"] * _PITCH + _BORDER for axis in "xy")
    return sheet[top : top + SIDE, left : left + SIDE].transpose(2, 0, 1)
