"""Documents come out of every format as they went in, and whatever is wrong is named by file and line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.base.errors import InvalidInput
from jinjie.data.corpus import Config, cutting
from jinjie.data.corpus.cutting import Piece, between, cut, pieces
from jinjie.data.corpus.files import File, changed, find, identity

Read = Callable[..., list[str]]


def wrong(read: Read, path: Path, **options: str) -> list[str]:
    with pytest.raises(InvalidInput) as raised:
        read(path, **options)
    return [str(problem) for problem in raised.value.problems]


def test_a_text_is_a_document_with_its_line_ends_made_one(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeff一\r\n二\rthree\n\nfour\r\n".encode())
    assert read(tmp_path / "a.txt") == ["一\n二\nthree\n\nfour\n"]


def test_a_file_of_any_name_is_text(tmp_path: Path, read: Read) -> None:
    (tmp_path / "README").write_text("hello")
    assert read(tmp_path / "README") == ["hello"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"kind": "blank-lines"}, ["one\n two", "three", "four"]),
        ({"kind": "lines"}, ["one", " two", "", "", "three", "  ", "four"]),
        ({"separator": "\n  \n"}, ["one\n two\n\n\nthree", "four"]),
        ({"separator": "e"}, ["on", " two\n\n\nthr", "", "  \nfour"]),
    ],
)
def test_a_text_is_cut_into_documents(
    tmp_path: Path, read: Read, options: dict[str, str], expected: list[str]
) -> None:
    (tmp_path / "a.txt").write_text("one\n two\n\n\nthree\n  \nfour\n")
    assert [text.strip("\n") for text in read(tmp_path / "a.txt", **options)] == expected


@given(
    st.text(alphabet="ab \n<|>", max_size=60),
    st.lists(st.integers(0, 60), max_size=5),
    st.sampled_from(["", "<|>", "\n\n", "a"]),
    st.sampled_from(["file", "blank-lines", "lines"]),
)
def test_where_blocks_end_does_not_matter(text: str, ends: list[int], separator: str, kind: str) -> None:
    """A text cut at a pattern gives the same documents whole and in any blocks, a pattern across two of them too."""
    pattern = between(kind, separator)
    ends = sorted({min(end, len(text)) for end in ends} | {0, len(text)})
    blocks = [text[a:b] for a, b in zip(ends, ends[1:], strict=False)]
    strip = {"blank-lines", "lines"} if pattern else set()
    whole = [p.text for p in cut([text], pattern)]
    parts = [p.text for p in cut(blocks, pattern)]
    if kind == "blank-lines" and not separator and strip:
        # A block may end between two blank lines of one gap: that makes an empty document, which is dropped.
        whole, parts = [t for t in whole if t.strip()], [t for t in parts if t.strip()]
    assert parts == whole


@given(st.text(alphabet="ab 一\n\t", max_size=300), st.integers(5, 40))
def test_pieces_of_a_long_document_join_to_it(text: str, longest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "LONGEST", longest)
        patch.setattr(cutting, "_SEARCHED", longest // 2)
        found = list(pieces(text))
        blocks = list(cut([text[i : i + 7] for i in range(0, len(text), 7)]))
    for parts in (found, blocks):
        assert "".join(piece.text for piece in parts) == text
        assert [piece.first for piece in parts] == [True] + [False] * (len(parts) - 1)
        assert [piece.last for piece in parts] == [False] * (len(parts) - 1) + [True]
    assert all(len(piece.text) <= longest for piece in found)


def test_a_cut_stands_between_two_lines_where_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "LONGEST", 30)
    monkeypatch.setattr(cutting, "_SEARCHED", 25)
    assert [p.text for p in pieces("first line\n\nsecond line\nthird line of these\nfourth")] == [
        "first line\n\nsecond line\n",
        "third line of these\nfourth",
    ]
    assert [p.text for p in pieces("word " * 8)][0] == "word word word word word word"[:29]


def test_rows_come_from_json_lines_and_lists(tmp_path: Path, read: Read) -> None:
    rows = [{"text": "一\n二"}, {"text": "", "other": 1}, "plain", {"text": "\u2028 in a line"}]
    lines = "\n".join(json.dumps(row, ensure_ascii=i % 2 == 0) for i, row in enumerate(rows)) + "\n\n"
    expected = ["一\n二", "", "plain", "\u2028 in a line"]
    (tmp_path / "a.jsonl").write_text("\ufeff" + lines, "utf-8")
    (tmp_path / "b.json").write_text(json.dumps(rows))
    with gzip.open(tmp_path / "c.JSONL.gz", "wt", encoding="utf-8") as file:
        file.write(lines)
    for name in ("a.jsonl", "b.json", "c.JSONL.gz"):
        assert read(tmp_path / name) == expected, name
    (tmp_path / "d.jsonl").write_text('{"body": "x"}')
    assert read(tmp_path / "d.jsonl", field="body") == ["x"]


def test_rows_come_from_tables(tmp_path: Path, read: Read) -> None:
    frame = pl.DataFrame({"id": [1, 2, 3, 4], "text": ["a,b", '二\n"q"', None, "007"]})
    frame.write_csv(tmp_path / "a.csv")
    frame.write_csv(tmp_path / "b.tsv", separator="\t")
    frame.write_parquet(tmp_path / "c.parquet")
    (tmp_path / "d.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    for name in ("a.csv", "b.tsv", "c.parquet", "d.csv.gz"):
        assert read(tmp_path / name) == ["a,b", '二\n"q"', "", "007"], name


def test_a_folder_is_read_whole_in_the_order_of_names(tmp_path: Path, read: Read) -> None:
    for name in (
        "b/2.txt",
        "b/10.txt",
        "a.txt",
        "c.md",
        ".hidden/x.txt",
        ".x.txt",
        "picture.png",
        "z.txt.gz",
    ):
        file = tmp_path / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(b"z") if name.endswith("gz") else name.encode())
    assert read(tmp_path / "in") == ["a.txt", "b/10.txt", "b/2.txt", "c.md", "z"]
    assert read(tmp_path / "in" / "**" / "*.txt") == ["a.txt", "b/10.txt", "b/2.txt"]
    assert read(tmp_path / "in" / "b" / "[0-9].txt") == ["b/2.txt"]


def test_a_folder_with_a_star_in_its_name_is_a_folder(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a[1]").mkdir()
    (tmp_path / "a[1]" / "x.txt").write_text("x")
    assert read(tmp_path / "a[1]") == ["x"]
    assert read(tmp_path / "a[1]" / "x.txt") == ["x"]


def test_links_that_lead_back_do_not_trap(tmp_path: Path, read: Read) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.txt").write_text("x")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    assert read(tmp_path / "in") == ["x"]


def test_every_problem_is_named_by_file_and_line_at_once(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        b'{"text": "fine"}\n{"txet": "x"}\n{"text": 3}\n{"text": "\\ud800"}\nnot json\n{"text": "\xff"}\nnull\n'
    )
    (tmp_path / "b.txt").write_bytes(b"one\ntwo\nthr\xffee")
    (tmp_path / "c.json").write_text('{"text": "x"}')
    found = wrong(read, tmp_path)
    assert [line.split(": ")[0] for line in found] == [
        *(f"a.jsonl:{n}" for n in range(2, 8)),
        "b.txt:3",
        "c.json",
    ]
    assert "Did you mean 'txet'?" in found[0]
    assert "number" in found[1] and "U+D800" in found[2].upper().replace("\\U", "U+")
    assert "0xff" in found[4] and "0xff" in found[6] and "object" in found[7]


def test_a_line_is_counted_over_blocks(tmp_path: Path, read: Read) -> None:
    lines = 400_000
    (tmp_path / "a.txt").write_bytes(b"abc\r\n" * lines + b"\xe4\xb8")  # ends within a character
    assert wrong(read, tmp_path / "a.txt")[0].startswith(f"{tmp_path / 'a.txt'}:{lines + 1}: ")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"id,txt\n1,x\n", "Did you mean 'txt'?"),
        ("a.csv", b"id,text\n1,x\n2,\xff\n", "a.csv:3: byte 0xff"),
        ("a.parquet", b"PAR1 no", "parquet"),
        ("a.json", b"[1, 2", "a.json:1"),
        ("a.json", b"[1]", "number"),
        ("a.txt.gz", b"not gzip", "damaged"),
        ("a.txt.gz", gzip.compress(b"hello " * 9999)[:-20], "damaged"),
        ("a.jsonl", b"[" * 100_000, "not JSON"),
        ("a.csv", b"", "csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, read: Read, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (found,) = wrong(read, tmp_path / name)
    assert said in found


def test_a_column_of_numbers_is_no_text(tmp_path: Path, read: Read) -> None:
    pl.DataFrame({"text": [1, 2]}).write_parquet(tmp_path / "a.parquet")
    (found,) = wrong(read, tmp_path / "a.parquet")
    assert "Int64" in found


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x.png").write_bytes(b"x")
    for path, said in (("no.txt", "no file"), ("*.txt", "pattern"), ("folder", ".jsonl")):
        with pytest.raises(InvalidInput, match=said):
            find(str(tmp_path / path))


def test_a_corpus_is_told_by_its_content(tmp_path: Path) -> None:
    for name in ("a.txt", "moved.txt"):
        (tmp_path / name).write_text("same")
    one, other = (identity(find(str(tmp_path / name))) for name in ("a.txt", "moved.txt"))
    assert one == other
    (tmp_path / "a.txt").write_text("else")
    assert identity(find(str(tmp_path / "a.txt"))) != one


def test_a_large_corpus_is_told_by_size_and_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jinjie.data.corpus import files

    monkeypatch.setattr(files, "HASHED", 3)
    (tmp_path / "a.txt").write_text("same")
    found = find(str(tmp_path / "a.txt"))
    assert identity(found) == [[str(tmp_path / "a.txt"), "text", False, 4, found[0].changed]]
    assert changed(found) == []
    (tmp_path / "a.txt").write_text("longer")
    assert changed(found) == found
    assert changed([File(tmp_path / "gone", "gone", "text", False, 1, 1)]) != []


def test_two_ways_to_part_documents_are_one_too_many(tmp_path: Path) -> None:
    from jinjie.base.config import build

    with pytest.raises(InvalidInput, match="set one of the two"):
        build(Config, {"path": str(tmp_path), "documents": "lines", "separator": "--"})


def test_a_split_of_pieces_is_kept() -> None:
    assert list(pieces("x", "test")) == [Piece("x", True, True, "test")]
