"""The line: its points lie on it, its noise has the size it says, and a CSV can take its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jinjie.data import line
from jinjie.data.dataset import SPLITS


def test_without_noise_every_point_lies_on_the_line() -> None:
    data = line.Config(slope=0.1, intercept=0.3, noise=0.0).load()
    for split in SPLITS:
        for batch in data.batches(split, 16):
            # float32 rounds twice: 1e-6 is about ten of its steps at this size
            assert np.allclose(batch["y"], 0.1 * batch["x"] + 0.3, atol=1e-6)
            assert batch["x"].dtype == batch["y"].dtype == np.float32
    assert [data.count(split) for split in SPLITS] == [70, 10, 20]
    assert dict(data.facts) == {"inputs": 1, "outputs": 1}


def test_the_noise_has_the_deviation_it_says() -> None:
    data = line.Config(slope=2, intercept=1, noise=0.25, examples=4000).load()
    batch = next(data.batches("train", 4000))
    rest = batch["y"] - (2 * batch["x"] + 1)
    assert abs(rest.std() - 0.25) < 0.02  # 2800 draws: the deviation's own error is 0.25/√5600 = 0.0033
    assert abs(rest.mean()) < 0.03
    slope, intercept = np.polyfit(batch["x"][:, 0], batch["y"][:, 0], 1)
    assert abs(slope - 2) < 0.05 and abs(intercept - 1) < 0.03


def test_about_is_true_before_and_after_loading() -> None:
    config = line.Config(intercept=-1.5, noise=0.0)
    about = config.about()
    assert not about.real and "synthetic" in about.title.en and "合成" in about.title.zh
    assert "y = 2x − 1.5" in about.title.zh
    assert about == config.load().about
    assert about.counts == {"train": 70, "validation": 10, "test": 20}


def test_the_seed_decides_the_points() -> None:
    assert line.Config(seed=1).load().fingerprint() == line.Config(seed=1).load().fingerprint()
    assert line.Config(seed=1).load().fingerprint() != line.Config(seed=2).load().fingerprint()


def test_a_csv_takes_its_place(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("hours,name of it,marks\n" + "".join(f"{i},{100 + i},{3 * i + 1}\n" for i in range(40)))
    config = line.Config(path=str(file))
    data = config.load()
    batch = data.batch(0, 0, 28)
    raw = data.processor.raw(batch["x"])  # type: ignore[attr-defined]
    assert np.allclose(
        batch["y"], 3 * raw + 1, atol=1e-4
    )  # the first and last columns; float32 of numbers up to 120
    assert abs(batch["x"].mean()) < 1e-6 and abs(batch["x"].std() - 1) < 1e-6
    assert data.about.real and data.about.counts == {"train": 28, "validation": 4, "test": 8}
    assert dict(data.facts) == config.about().facts == {"inputs": 1, "outputs": 1}


def test_the_processor_reads_a_number_and_travels(tmp_path: Path) -> None:
    config = line.Config()
    config.load().processor.save(tmp_path)
    opened = config.open_processor(tmp_path)
    assert opened.encode(" 3.5 ")["x"].tolist() == [[3.5]]
