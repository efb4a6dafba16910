"""Pictures of a user's own: 28×28 grey pixels, light ink on a dark ground, or 32×32 colours with their opacity."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinjie.base.errors import InvalidInput, Problem
from jinjie.base.lazy import lazy
from jinjie.base.words import say
from jinjie.data.dataset import Report, Split
from jinjie.data.fetch import tell
from jinjie.data.reading import at_most, existing_file

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image, ImageOps

    Read = Callable[[Image.Image], np.ndarray[Any, Any]]
else:
    np = lazy("numpy")
    Image = lazy("PIL.Image")
    ImageOps = lazy("PIL.ImageOps")

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
"""What a file may be, by what is in it and whatever its name says. Pillow knows forty more, and for some of them
(EPS) has another program run what the file says."""
SIDE = 28
FEWEST = 3
"""Pictures that a class must have: one for each split."""


_PER_CENT: dict[Split, int] = {"validation": 10, "test": 20}


def opened(path: str, where: str = "") -> Image.Image:
    """The picture at `path`, turned upright. Raises InvalidInput when it is missing or no picture."""
    file = existing_file(path, where)
    try:
        with Image.open(file, formats=FORMATS) as image:
            return _eight_bits(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidInput([Problem(where, "data.no_picture", path=path, reason=str(error))]) from error


def _eight_bits(image: Image.Image) -> Image.Image:
    """Pixels of 16 bits and more, as scanners and microscopes give them, brought to 8; Pillow would cut off at 255."""
    if image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
        return image
    pixels = np.asarray(image, np.float64)
    most = float(np.nan_to_num(pixels, posinf=0.0).max(initial=0.0))
    whole = 1.0 if image.mode == "F" and most <= 1 else 255.0 if most <= 255 else max(65535.0, most)
    return Image.fromarray((np.nan_to_num(pixels).clip(0, whole) * (255 / whole)).round().astype(np.uint8))


def grey(image: Image.Image) -> Image.Image:
    """Mode L, transparent parts taken as white paper, inverted when the border is light: 0 is background."""
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    image = image.convert("L")
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return ImageOps.invert(image) if np.median(border) > 127 else image


def squared(image: Image.Image) -> np.ndarray[Any, Any]:
    """(784) uint8: fitted into 28×28, its proportions kept, the rest background."""
    return np.asarray(ImageOps.pad(image, (SIDE, SIDE), color=0)).reshape(-1)


def centred(image: Image.Image) -> np.ndarray[Any, Any]:
    """(784) uint8: as `squared`, but made like MNIST (LeCun et al. 1998, section III.A) unless it is 28×28 already.

    The ink's box is fitted into 20×20 and put so that its centre of mass is the middle of pixel 14 of 28, where the
    mean of MNIST's own digits is (14.50 ± 0.29, measured).
    """
    if image.size == (SIDE, SIDE):
        return np.asarray(image).reshape(-1)
    image = image.point(lambda value: 0 if value < 40 else value)  # paper is never evenly white
    box = image.getbbox()
    if box is None:
        return np.zeros(SIDE * SIDE, np.uint8)
    ink = np.asarray(ImageOps.contain(image.crop(box), (20, 20)))
    mass = ink.sum(dtype=float)
    middle = [float((ink.sum(1 - axis) * (np.arange(ink.shape[axis]) + 0.5)).sum() / mass) for axis in (0, 1)]
    down, right = (
        min(max(round(SIDE / 2 + 0.5 - centre), 0), SIDE - size)
        for centre, size in zip(middle, ink.shape, strict=True)
    )
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    canvas[down : down + ink.shape[0], right : right + ink.shape[1]] = ink
    return canvas.reshape(-1)


def cutout(image: Image.Image, side: int) -> np.ndarray[Any, Any]:
    """(4, side, side) uint8, red, green, blue and opacity: fitted in, its proportions kept, the rest transparent.

    A picture without transparency is opaque all over.
    """
    image = image.convert("RGBA")
    if image.size != (side, side):
        image = ImageOps.pad(image, (side, side), color=(0, 0, 0, 0))
    return np.asarray(image).transpose(2, 0, 1)


def shares(count: int) -> dict[Split, int]:
    """70 % of a folder to learn from, 10 % to watch, 20 % to test."""
    validation, test = (max(1, count * _PER_CENT[split] // 100) for split in ("validation", "test"))
    return {"train": count - validation - test, "validation": validation, "test": test}


def _left_behind(place: Path) -> bool:
    """What systems leave in folders and archives, and nobody put there."""
    return place.name.startswith(".") or place.name.lower() in ("thumbs.db", "desktop.ini", "__macosx")


def _holds_classes(folder: Path) -> bool:
    """Whether a folder that should be a class holds no picture itself, but folders that do."""
    inside = [place for place in folder.iterdir() if not _left_behind(place)]
    return bool(inside) and all(place.is_dir() for place in inside) and any(any(p.iterdir()) for p in inside)


def read_folder(
    path: str, read: Read, report: Report | None = None
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], list[str]]:
    """What `read` makes of each picture (N, …), classes (N) and their names from `path`/CLASS/PICTURE, in name order.

    Raises InvalidInput naming every picture that cannot be read and every class with fewer than three, or the folder
    below whose sub-folders are the classes.
    """
    root = Path(path)
    if not root.is_dir():
        raise InvalidInput([Problem("data.path", "data.no_such_folder", path=path)])
    folders = sorted(place for place in root.iterdir() if place.is_dir() and not _left_behind(place))
    if deeper := [place for place in folders if _holds_classes(place)]:
        raise InvalidInput([Problem("data.path", "data.classes_deeper", path=path, deeper=deeper[0])])
    if len(folders) < 2:
        raise InvalidInput([Problem("data.path", "data.too_few_classes", path=path, came=len(folders))])
    files = [
        (number, file)
        for number, folder in enumerate(folders)
        for file in sorted(folder.iterdir())
        if file.is_file() and not _left_behind(file)
    ]
    problems: list[Problem] = []
    pixels, labels = [], []
    for done, (number, file) in enumerate(files):
        if done % 100 == 0:
            tell(report, say("data.reading_pictures", path=path), done, len(files))
        try:
            pixels.append(read(opened(str(file), str(file))))
            labels.append(number)
        except InvalidInput as error:
            problems += error.problems
    for number, folder in enumerate(folders):
        count = sum(1 for owner, _ in files if owner == number)
        if count < FEWEST:
            problems.append(Problem(str(folder), "data.too_few_pictures", came=count, fewest=FEWEST))
    if problems:
        raise at_most(problems)
    return np.stack(pixels), np.array(labels, np.int64), [folder.name for folder in folders]
