"""MNIST from the real package, and pictures of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from jinjie.base.errors import InvalidInput
from jinjie.data import cache, digits
from jinjie.data.batching import Examples
from jinjie.data.dataset import SPLITS
from jinjie.data.pictures import centred, cutout, grey, opened, squared

SHAPE = {"inputs": 784, "channels": 1, "height": 28, "width": 28}
IN_ALL = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]
"""Digits 0 to 9 in the package, counted once by hand."""


@pytest.fixture(scope="module")
def mnist(data_home: Path) -> Examples:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return digits.Config().load()


def whole(data: Examples) -> tuple[np.ndarray, np.ndarray]:
    parts = [next(data.batches(split, 10_000)) for split in SPLITS]
    return np.concatenate([p["x"] for p in parts]), np.concatenate([p["y"] for p in parts])


def test_the_whole_package_is_there_once(mnist: Examples) -> None:
    x, y = whole(mnist)
    assert np.bincount(y).tolist() == IN_ALL
    assert len(np.unique(x, axis=0)) == 10_000
    assert x.dtype == np.float32 and y.dtype == np.int64
    assert x.min() == 0 and x.max() == 1
    bytes_ = x * 255
    assert np.abs(bytes_ - np.rint(bytes_)).max() < 1e-4  # float32 steps at 255 are 1.5e-5


def test_splits_are_exact_stratified_and_the_same_every_time(mnist: Examples) -> None:
    assert {split: mnist.count(split) for split in SPLITS} == digits.SHARES
    for split, share in (("train", 0.7), ("validation", 0.1), ("test", 0.2)):
        counts = np.bincount(mnist.splits[split]["y"])
        assert np.abs(counts - share * np.array(IN_ALL)).max() <= 2
    assert mnist.fingerprint() == "9a67eedb76400eae"


def test_about_is_true_before_loading(mnist: Examples) -> None:
    about = digits.Config().about()
    assert about == mnist.about and about.real and about.cached
    assert about.counts == {split: mnist.count(split) for split in SPLITS}
    assert about.facts == dict(mnist.facts) == {**SHAPE, "outputs": 10}


def test_a_home_without_the_data_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINJIE_DATA", str(tmp_path))
    about = digits.Config().about()
    assert not about.cached and about.download_bytes == 4_901_319


def test_a_damaged_copy_is_made_anew_from_the_package(
    empty: Path, mnist_package: Path, mnist: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty / "downloads").mkdir(parents=True)
    (empty / "downloads" / mnist_package.name).write_bytes(mnist_package.read_bytes())
    digits.Config().load()
    pixels = cache.folder_of("digits", digits.VERSION) / "pixels.npy"
    content = bytearray(pixels.read_bytes())
    content[5000] ^= 255
    pixels.write_bytes(content)
    said: list[str] = []
    assert (
        digits.Config().load(lambda what, done, total: said.append(what)).fingerprint() == mnist.fingerprint()
    )
    assert any("damaged" in what for what in said)


def test_a_drawing_of_any_size_is_seen_as_mnist_saw_it(mnist: Examples, tmp_path: Path) -> None:
    """A digit of MNIST drawn large, dark on white, in a corner of a page, comes back as about the same 28×28."""
    rows = mnist.splits["test"]["x"][:50]
    likeness = []
    for row in rows:
        pixels = Image.fromarray(np.rint(row.reshape(28, 28) * 255).astype(np.uint8))
        page = Image.new("L", (400, 300), 255)
        page.paste(ImageOps.invert(pixels.resize((168, 168), Image.Resampling.BICUBIC)), (200, 100))
        page.save(tmp_path / "drawn.png")
        seen = mnist.processor.encode(str(tmp_path / "drawn.png"))["x"]
        assert seen.shape == (1, 784) and seen.dtype == np.float32
        likeness.append(np.corrcoef(seen[0], row)[0, 1])
    # 0.95 is far above what another digit of the same class reaches (about 0.5)
    assert np.median(likeness) > 0.95 and min(likeness) > 0.75, sorted(likeness)[:5]


def test_mnist_itself_passes_unchanged(mnist: Examples, tmp_path: Path) -> None:
    row = mnist.splits["test"]["x"][0]
    Image.fromarray(np.rint(row.reshape(28, 28) * 255).astype(np.uint8)).save(tmp_path / "one.png")
    mnist.processor.save(tmp_path)
    opened = digits.Config().open_processor(tmp_path)
    assert np.array_equal(opened.encode(str(tmp_path / "one.png"))["x"][0], row)
    assert opened.labels == [str(i) for i in range(10)]


def test_transparent_ink_and_empty_paper() -> None:
    drawing = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    drawing.paste((10, 10, 10, 255), (40, 20, 60, 80))
    assert centred(grey(drawing)).max() > 200
    assert centred(grey(Image.new("RGB", (50, 50), "white"))).max() == 0


def shape_folder(root: Path, each: int = 10) -> Path:
    """Two classes: bars that lie, in colour JPEG, and bars that stand, in wide PNG; dark on light."""
    for number in range(each):
        for name, box in (("lying", (4, 20, 44, 26)), ("standing", (20, 4, 26, 44))):
            (root / name).mkdir(parents=True, exist_ok=True)
            picture = Image.new("RGB", (48, 48), "white")
            picture.paste((number, 20, 90), box)
            picture.save(root / name / f"{number}.{'jpg' if name == 'lying' else 'png'}")
    return root


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    config = digits.Config(path=str(shape_folder(tmp_path / "bars")))
    data = config.load()
    assert dict(data.facts) == {**SHAPE, "outputs": 2}
    assert {split: data.count(split) for split in SPLITS} == {"train": 14, "validation": 2, "test": 4}
    for split in SPLITS:
        for batch in data.batches(split, 3):
            for x, y in zip(batch["x"].reshape(-1, 28, 28), batch["y"], strict=True):
                assert (x.max(0).sum() > x.max(1).sum()) == (y == 0)  # lying ink covers more columns
                assert x[0, 0] < 0.1 < 0.6 < x.max()  # light on dark
    data.processor.save(tmp_path)
    opened = config.open_processor(tmp_path)
    picture = tmp_path / "bars" / "standing" / "3.png"
    assert opened.labels == ["lying", "standing"]
    assert any(
        np.allclose(opened.encode(str(picture))["x"][0], row) for s in SPLITS for row in data.splits[s]["x"]
    )


def test_proportions_are_kept() -> None:
    wide = squared(grey(Image.new("L", (56, 28), 0)))
    assert wide.shape == (784,)
    line = Image.new("L", (56, 28), 0)
    line.paste(255, (0, 0, 56, 28))
    assert squared(line).reshape(28, 28).max(1).sum() == 14 * 255


@pytest.mark.parametrize(("dtype", "whole"), [(np.uint16, 65535), (np.int32, 65535), (np.float32, 1.0)])
def test_pixels_of_more_bits_keep_their_shades(dtype: type, whole: float, tmp_path: Path) -> None:
    """Pillow cuts off at 255: a scan of 16 bits once became white paper."""
    shades = np.linspace(0, 1, 28 * 28).reshape(28, 28)
    kind = "png" if dtype == np.uint16 else "tif"
    Image.fromarray((shades * whole).astype(dtype)).save(tmp_path / f"scan.{kind}")
    assert np.abs(np.asarray(opened(str(tmp_path / f"scan.{kind}"))) - 255 * shades).max() <= 1
    assert cutout(opened(str(tmp_path / f"scan.{kind}")), 28)[0].std() > 70


def test_what_systems_leave_in_folders_is_no_picture(tmp_path: Path) -> None:
    root = shape_folder(tmp_path / "bars")
    for name in ("lying/Thumbs.db", "standing/desktop.ini", "lying/.DS_Store", "__MACOSX/lying/._0.jpg"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"\0")
    data = digits.Config(path=str(root)).load()
    assert sum(data.count(split) for split in SPLITS) == 20 and data.processor.labels == ["lying", "standing"]


def test_classes_one_folder_deeper_are_pointed_at(tmp_path: Path) -> None:
    shape_folder(tmp_path / "bars" / "train")
    shape_folder(tmp_path / "bars" / "test")
    with pytest.raises(InvalidInput) as failure:
        digits.Config(path=str(tmp_path / "bars")).load()
    assert [problem.key for problem in failure.value.problems] == ["data.classes_deeper"]
    assert str(tmp_path / "bars" / "test") in str(failure.value)


def test_every_bad_picture_is_named_at_once(tmp_path: Path) -> None:
    root = shape_folder(tmp_path / "bars", each=5)
    (root / "lying" / "notes.txt").write_text("not a picture")
    good = (root / "standing" / "1.png").read_bytes()
    (root / "standing" / "1.png").write_bytes(good[: len(good) // 2])
    (root / "few").mkdir()
    with pytest.raises(InvalidInput) as failure:
        digits.Config(path=str(root)).load()
    named = {Path(problem.where).name: problem.key for problem in failure.value.problems}
    assert named == {
        "notes.txt": "data.no_picture",
        "1.png": "data.no_picture",
        "few": "data.too_few_pictures",
    }
    assert "notes.txt" in failure.value.in_("zh")


@pytest.mark.parametrize(("make", "key"), [(None, "data.no_such_folder"), ("one", "data.too_few_classes")])
def test_a_folder_of_another_form(tmp_path: Path, make: str | None, key: str) -> None:
    root = tmp_path / "pictures"
    if make:
        (root / make).mkdir(parents=True)
    with pytest.raises(InvalidInput) as failure:
        digits.Config(path=str(root)).load()
    assert [problem.key for problem in failure.value.problems] == [key]


def test_an_input_that_is_no_picture(mnist: Examples, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("text")
    for path, key in (
        (tmp_path / "text.png", "data.no_picture"),
        (tmp_path / "none.png", "data.no_such_file"),
    ):
        with pytest.raises(InvalidInput) as failure:
            mnist.processor.encode(str(path))
        assert failure.value.problems[0].key == key
