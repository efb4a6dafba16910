"""Texts of any size come in pieces, and no way of cutting a text into words sees where the pieces were cut."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from jinjie.base.errors import InvalidInput
from jinjie.data.tokenization import texts as reading
from jinjie.data.tokenization.bpe import WORDS
from jinjie.data.tokenization.texts import Texts, packaged_poems, pieces, poems

CUTTERS = {
    "mixed": tokenizers.pre_tokenizers.Split(tokenizers.Regex(WORDS), "isolated"),
    "gpt2": tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False),
    "bert": tokenizers.pre_tokenizers.BertPreTokenizer(),
}


def cut(name: str, text: str) -> list[str]:
    return [word for word, _ in CUTTERS[name].pre_tokenize_str(text)]


@pytest.mark.parametrize("name", CUTTERS)
def test_no_cutter_sees_the_pieces(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PIECE", 16)
    # A word of more than a piece is cut where the piece ends; so none is that long here.
    word = st.text(st.sampled_from("ab中1.'"), min_size=1, max_size=6)
    blank = st.text(st.sampled_from(" \n\t"), min_size=1, max_size=4)

    @settings(deadline=None)
    @given(st.lists(st.tuples(word, blank), max_size=40))
    def agrees(parts: list[tuple[str, str]]) -> None:
        text = "".join(word + blank for word, blank in parts)
        found = list(pieces([text]))
        assert "".join(found) == text
        assert [one for piece in found for one in cut(name, piece)] == cut(name, text)

    agrees()


@given(st.text(max_size=300), st.integers(1, 40))
def test_parts_of_any_length_give_the_same_pieces(text: str, step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "PIECE", 32)
        parts = [text[i : i + step] for i in range(0, len(text), step)]
        assert "".join(pieces(parts)) == text
        assert all(pieces(parts))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64])
def test_files_are_decoded_across_the_edges_of_what_is_read(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE", size)
    content = "\ufeff床前明月光\r\n🙂 é\rx\n\r\n"
    (tmp_path / "a.txt").write_bytes(content.encode())
    assert "".join(Texts([tmp_path / "a.txt"])) == "床前明月光\n🙂 é\nx\n\n"


@pytest.mark.parametrize("size", [1, 2, 5, 64])
@pytest.mark.parametrize(
    ("content", "offset"),
    [(b"ab\xffcd", 2), ("月".encode() + b"\xe6\x9c", 3), (b"\xef\xbb\xbfab\xc3(", 5), (b"abcdefg\x80", 7)],
)
def test_a_byte_that_is_no_text_is_found(
    content: bytes, offset: int, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE", size)
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(InvalidInput) as failure:
        list(Texts([tmp_path / "a.txt"]))
    assert failure.value.problems[0].params["offset"] == offset


def test_folders_are_read_in_order_without_what_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    for name, content in {"z.txt": "last", "b/a.md": "first", ".git/x": "no", ".hidden": "no"}.items():
        (tmp_path / name).write_text(content)
    assert list(Texts([tmp_path])) == ["first", "last"]


def test_json_lines_give_their_texts(tmp_path: Path) -> None:
    rows = [{"text": "床前"}, {"text": "a\nb", "more": 1}, {"text": ""}]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n\n")
    assert list(Texts([tmp_path / "a.jsonl"])) == ["床前", "a\nb"]


@pytest.mark.parametrize("line", ["{", "[]", '{"txt": "a"}', '{"text": 5}', '"a"', "5"])
def test_a_line_that_is_none_is_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "fine"}\n' + line + "\n")
    with pytest.raises(InvalidInput) as failure:
        list(Texts([tmp_path / "a.jsonl"]))
    assert failure.value.problems[0].where == f"{tmp_path / 'a.jsonl'}:2"


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput) as failure:
        Texts(["no.txt", tmp_path / "empty", "shakespeare", tmp_path / "neither"])
    assert [problem.where for problem in failure.value.problems] == [
        "no.txt",
        str(tmp_path / "empty"),
        str(tmp_path / "neither"),
    ]
    with pytest.raises(InvalidInput, match="poems"):
        Texts([])


def test_progress_goes_up_to_the_whole(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text("word " * 200_000)
    told: list[tuple[int, int | None]] = []
    list(Texts([tmp_path], lambda _, done, total: told.append((done, total))))
    done = [d for d, total in told if total is not None]
    assert done == sorted(done) and done[-1] == 2_000_000 == told[0][1]


def test_the_packaged_poems_are_the_test_split() -> None:
    from jinjie.data.poems import Config

    loaded = Config().load()
    ids = loaded.streams["test"].tolist()
    assert packaged_poems() == loaded.processor.text(ids)  # type: ignore[attr-defined]
    sum_ = "48c9fb9d77f037164e0de822ca2bf117388f203df820626aa7ffe99f141d50f9"
    assert hashlib.sha256(packaged_poems().encode()).hexdigest() == sum_
    assert len(gzip.compress(packaged_poems().encode())) < 70_000
    learnt = poems()
    assert len(learnt) == len(loaded.streams["train"])
    assert learnt[:500] == loaded.processor.text(loaded.streams["train"][:500].tolist())  # type: ignore[attr-defined]
