"""Emoji from the real package, and colour pictures of one's own."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jinjie.base.errors import InvalidInput
from jinjie.data import cache, emoji
from jinjie.data.augment import Pictures
from jinjie.data.dataset import SPLITS
from jinjie.data.fetch import fetch
from jinjie.data.sources import EMOJI

KINDS = {
    "Activities": 85,
    "Animals & Nature": 159,
    "Flags": 270,
    "Food & Drink": 131,
    "Objects": 264,
    "People & Body": 270,
    "Smileys & Emotion": 169,
    "Symbols": 224,
    "Travel & Places": 218,
}
"""Counted in emoji.json with another program; people are capped."""


@pytest.fixture(scope="module")
def data(data_home: Path) -> Pictures:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return emoji.Config().load()


@pytest.fixture(scope="module")
def folder(data: Pictures, data_home: Path) -> Path:
    return data_home / "data" / f"emoji-{emoji.VERSION}"


def test_nine_kinds_none_above_the_cap(data: Pictures) -> None:
    y = np.concatenate([data.splits[split]["y"] for split in SPLITS])
    assert dict(zip(data.processor.labels, np.bincount(y).tolist(), strict=True)) == KINDS  # type: ignore[attr-defined]
    assert data.splits["train"]["x"].dtype == np.float32 and y.dtype == np.int64
    for split in SPLITS:
        x = data.splits[split]["x"]
        assert x.shape == (data.count(split), 3 * 32 * 32) and x.min() >= 0 and x.max() <= 1


def test_splits_keep_every_kind_in_proportion_and_are_the_same_every_time(data: Pictures) -> None:
    assert {split: data.count(split) for split in SPLITS} == emoji.COUNTS
    for split, share in (("train", 0.7), ("validation", 0.1), ("test", 0.2)):
        counts = np.bincount(data.splits[split]["y"])
        # The middle of a group decides: one group of people has up to six.
        assert np.abs(counts - share * np.array(list(KINDS.values()))).max() <= 4
    assert data.fingerprint() == "f634296fa12025a6"


def test_no_emoji_stands_in_two_splits_whatever_its_skin_tone(data: Pictures, folder: Path) -> None:
    labels, groups = np.load(folder / "labels.npy"), np.load(folder / "groups.npy")
    parts = emoji.split_by_group(labels, groups, seed=0)
    seen = [set(groups[parts[split]]) for split in SPLITS]
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])
    people = groups[labels == list(KINDS).index("People & Body")]
    assert len(np.unique(people)) < 0.8 * len(people)  # there is something to keep together
    assert sorted(np.concatenate(list(parts.values()))) == list(range(1790))
    names = [f"1F3{tone}" for tone in ("C3", "C3-200D-2642-FE0F", "C3-200D-2640-FE0F-200D-27A1-FE0F")]
    runners = {emoji._group({"unified": name, "category": emoji.PEOPLE}) for name in names}
    assert runners == {"person-1F3C3"}


def test_pictures_are_the_packages_own(data: Pictures, folder: Path) -> None:
    """The sheet's cells against the single pictures that the package also holds: within the rounding of a palette."""
    pixels = np.load(folder / "pixels.npy")
    with tarfile.open(fetch(EMOJI)) as package:
        listed = package.extractfile("package/emoji.json")
        assert listed is not None
        known = [e for e in json.load(listed) if e["category"] == "Food & Drink"]
    labels = np.load(folder / "labels.npy")
    food = pixels[labels == list(KINDS).index("Food & Drink")]
    assert len(food) == len(known)
    apple = food[next(i for i, e in enumerate(known) if e["name"] == "RED APPLE")]
    colours = apple[:3, apple[3] > 200].mean(1)
    assert colours[0] > 150 > 90 > colours[1:].max()  # red, and no cell of a neighbour
    assert (pixels[:, 3].max((1, 2)) > 250).mean() > 0.99  # nothing is empty
    assert (pixels[:, 3, 0, 0] == 0).mean() > 0.8  # corners are clear


def test_grounds_are_drawn_anew_in_training_and_once_for_the_rest(data: Pictures) -> None:
    corner = slice(0, 3 * 1024, 1024)
    one, same, other = data.batch(0, 0, 64)["x"], data.batch(0, 0, 64)["x"], data.batch(0, 1, 64)["x"]
    assert np.array_equal(one, same) and not np.array_equal(one[:, corner], other[:, corner])
    assert len(np.unique(one[:, corner], axis=0)) > 50
    again = emoji.Config().load()
    assert all(np.array_equal(again.splits[s]["x"], data.splits[s]["x"]) for s in SPLITS)


def test_about_is_true_before_loading(data: Pictures) -> None:
    about = emoji.Config().about()
    assert about == data.about and about.real and about.cached and "CC BY 4.0" in about.licence
    assert dict(data.facts) == {"inputs": 3072, "outputs": 9, "channels": 3, "height": 32, "width": 32}


def test_a_damaged_copy_is_made_anew(
    data: Pictures, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "other"
    (home / "downloads").mkdir(parents=True)
    (home / "downloads" / EMOJI.file).symlink_to(fetch(EMOJI))
    monkeypatch.setenv("JINJIE_DATA", str(home))
    assert not emoji.Config().about().cached
    emoji.Config().load()
    pixels = cache.folder_of("emoji", emoji.VERSION) / "pixels.npy"
    content = bytearray(pixels.read_bytes())
    content[5000] ^= 255
    pixels.write_bytes(content)
    assert emoji.Config().load().fingerprint() == data.fingerprint()
    assert pixels.read_bytes() == (folder / "pixels.npy").read_bytes()


def squares(root: Path, each: int = 10) -> Path:
    """Two classes: red on nothing (PNG with transparency) and blue on white (wide JPEG)."""
    for name, colour in (("red", (220, 20, 10)), ("blue", (10, 20, 220))):
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            if name == "red":
                picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
                picture.paste((*colour, 255), (16, 16, 48, 48 - number))
                picture.save(root / name / f"{number}.png")
            else:
                picture = Image.new("RGB", (96, 48), "white")
                picture.paste(colour, (24, 12, 72, 36 - number))
                picture.save(root / name / f"{number}.jpg")
    return root


def test_a_folder_of_colour_pictures(tmp_path: Path) -> None:
    config = emoji.Config(path=str(squares(tmp_path / "squares")))
    assert config.about().facts == {"inputs": 3072, "channels": 3, "height": 32, "width": 32}
    data = config.load()
    assert data.processor.labels == ["blue", "red"]  # type: ignore[attr-defined]
    assert dict(data.facts)["outputs"] == 2
    assert {split: data.count(split) for split in SPLITS} == {"train": 14, "validation": 2, "test": 4}
    for batch in (*(next(data.batches(split, 20)) for split in SPLITS), data.batch(0, 0, 14)):
        middle = batch["x"].reshape(-1, 3, 32, 32)[:, :, 14, 16]
        assert ((middle[:, 0] > middle[:, 2]) == (batch["y"] == 1)).all()
    data.processor.save(tmp_path)
    opened = config.open_processor(tmp_path)
    assert opened.labels == ["blue", "red"]
    red = opened.encode(str(tmp_path / "squares" / "red" / "3.png"))["x"].reshape(3, 32, 32)
    assert red.dtype == np.float32 and np.allclose(red[:, 12, 16], np.array([220, 20, 10]) / 255, atol=0.02)
    assert (red[:, 0, 0] == 1).all()  # what is transparent is white
    blue = opened.encode(str(tmp_path / "squares" / "blue" / "3.jpg"))["x"].reshape(3, 32, 32)
    assert blue[2, 16, 16] > 0.7 > 0.3 > blue[0, 16, 16] and (blue[:, 2, 16] == 1).all()  # wide: white above


def test_every_bad_picture_is_named_at_once(tmp_path: Path) -> None:
    root = squares(tmp_path / "squares", each=5)
    (root / "red" / "notes.txt").write_text("not a picture")
    (root / "red" / "nothing.png").touch()
    good = (root / "blue" / "1.jpg").read_bytes()
    (root / "blue" / "1.jpg").write_bytes(good[: len(good) // 2])
    (root / "few").mkdir()
    with pytest.raises(InvalidInput) as failure:
        emoji.Config(path=str(root)).load()
    named = {Path(problem.where).name: problem.key for problem in failure.value.problems}
    assert named == {
        "notes.txt": "data.no_picture",
        "nothing.png": "data.no_picture",
        "1.jpg": "data.no_picture",
        "few": "data.too_few_pictures",
    }


def test_an_input_that_is_no_picture(data: Pictures, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("text")
    for name, key in (("text.png", "data.no_picture"), ("none.png", "data.no_such_file")):
        with pytest.raises(InvalidInput) as failure:
            data.processor.encode(str(tmp_path / name))
        assert failure.value.problems[0].key == key
