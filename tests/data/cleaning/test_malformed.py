"""Every malformed file is read rightly, or named with the line and the remedy; and nothing is left where it failed."""

from __future__ import annotations

import codecs
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jinjie.base.errors import InvalidInput
from jinjie.data.cleaning import Cleaning, clean
from jinjie.data.cleaning.plan import parse
from jinjie.data.cleaning.source import BLOCK

CHINESE = "城市,人口\n北京,2189\n上海,2487\n广州,1868\n天津,1387\n"


def result(tmp_path: Path, content: bytes, plan: Cleaning | None = None) -> str:
    """What comes out for what goes in."""
    (tmp_path / "in.csv").write_bytes(content)
    clean(tmp_path / "in.csv", tmp_path / "out.csv", plan or Cleaning(duplicates="keep"))
    return (tmp_path / "out.csv").read_bytes().decode("utf-8")


def refusal(tmp_path: Path, content: bytes, plan: Cleaning | None = None) -> tuple[str, str]:
    """(where, which sentence) of the first problem; no output may be left."""
    (tmp_path / "in.csv").write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        clean(tmp_path / "in.csv", tmp_path / "out.csv", plan or Cleaning(duplicates="keep"))
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "home") == ["in.csv"]
    problem = caught.value.problems[0]
    assert problem.in_("en") and problem.in_("zh")
    return problem.where.removeprefix(f"{tmp_path}/"), problem.key


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"],
)
def test_every_encoding_is_recognised_and_written_as_utf8(encoding: str, tmp_path: Path) -> None:
    assert result(tmp_path, CHINESE.encode(encoding)) == CHINESE


def test_western_files_are_told_from_chinese_ones(tmp_path: Path) -> None:
    text = "name,city\nMüller,Köln\nCôté,Québec\nÑañez,Málaga\n"
    assert result(tmp_path, text.encode("latin-1")) == text
    assert result(tmp_path, "x,y\n“a”,50 €\n".encode("cp1252")) == "x,y\n“a”,50\n"


def test_a_stated_encoding_is_believed(tmp_path: Path) -> None:
    content = "a,b\n中,1\n".encode("gb18030")
    assert refusal(tmp_path, content, Cleaning(encoding="utf-8"))[1] == "clean.mixed_encoding"
    assert result(tmp_path, content, Cleaning(encoding="gb18030")) == "a,b\n中,1\n"


@pytest.mark.parametrize("first", ["utf-8", "gb18030"])
def test_a_line_in_another_encoding_is_named(first: str, tmp_path: Path) -> None:
    other = {"utf-8": "gb18030", "gb18030": "utf-8"}[first]
    content = CHINESE.encode(first) + "深圳特别行政区域,1756\n".encode(other) + "成都,2094\n".encode(first)
    assert refusal(tmp_path, content) == ("in.csv:6", "clean.mixed_encoding")


def test_a_short_line_in_another_encoding_is_named_wherever_it_stands(tmp_path: Path) -> None:
    """Two characters of UTF-8 are three of GB18030 and once went through as such: 李明 came out as 鏉庢槑."""
    names = "姓名,年龄\n张伟,3\n" + "王芳,4\n" * 30
    for at, stray in ((34, "李明,5\n"), (34, "李明,5")):
        content = names.encode("gb18030") + "刘洋,6\n".encode("gb18030") + stray.encode()
        assert refusal(tmp_path, content) == (f"in.csv:{at}", "clean.mixed_encoding")
    # The end of the first block cuts the line of UTF-8 behind its third letter.
    rows, stray = "王芳,4\n".encode("gb18030"), "李明王芳,5\n".encode()
    count = 1000
    head = "姓名,年龄\n".encode("gb18030")
    long = b"x" * (BLOCK - 9 - len(head) - 3 - count * len(rows)) + b",1\n"
    content = head + long + rows * count + stray + rows
    assert content[BLOCK - 9 : BLOCK] == stray[:9]
    assert refusal(tmp_path, content) == (f"in.csv:{count + 3}", "clean.mixed_encoding")
    chance = names + "涓板薄,7\n"  # GB2312 whose bytes are UTF-8 for 丰屡
    assert result(tmp_path, chance.encode("gb18030")) == chance


def test_a_line_with_fewer_cells_than_those_below_it_is_no_header(tmp_path: Path) -> None:
    """A title above the header once became the header of a table of one column."""
    assert refusal(tmp_path, b"Sales of 2024\n\na,b\n1,2\n3,4\n") == ("in.csv:1", "clean.title")
    assert refusal(tmp_path, b"\n# made by hand\na;b;c\n1;2;3\n") == ("in.csv:2", "clean.title")
    assert refusal(tmp_path, b"a\n1,2\n") == ("in.csv:1", "clean.title")
    said = "said\nyes, of course\nno, never\nmaybe\n"
    assert result(tmp_path, said.encode()) == 'said\n"yes, of course"\n"no, never"\nmaybe\n'
    assert result(tmp_path, b"x\n1,5\n2,5\n", Cleaning(delimiter=";", duplicates="keep")) == "x\n1.5\n2.5\n"
    assert result(tmp_path, b'x\n"1,200"\n"1,300"\n') == "x\n1200\n1300\n"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_every_delimiter_is_recognised(mark: str, tmp_path: Path) -> None:
    table = "a,b,c\n1,x,\n2,y,z\n"
    assert result(tmp_path, table.replace(",", mark).encode()) == table


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(end: str, tmp_path: Path) -> None:
    assert result(tmp_path, f"a,b{end}1,x{end}{end}2,y".encode()) == "a,b\n1,x\n2,y\n"


@pytest.mark.parametrize(
    ("content", "where", "key"),
    [
        (b"", "in.csv", "data.empty_file"),
        (b" \n\n", "in.csv", "data.empty_file"),
        (codecs.BOM_UTF8, "in.csv", "data.empty_file"),
        (b"a,b\n", "in.csv", "clean.no_rows"),
        (b"a,b", "in.csv", "clean.no_rows"),
        (b",\n1,2\n", "in.csv:1", "clean.no_names"),
        (b"a,b,a\n1,2,3\n", "in.csv:1", "data.column_twice"),
        (b"1,2\n3,4\n", "in.csv:1", "data.no_header"),
        (b"*,b\n1,2\n", "*", "clean.odd_name"),
        (b"^a$,b\n1,2\n", "^a$", "clean.odd_name"),
        (b"a,b\n1,2\n3\n4,5\n", "in.csv:3", "clean.ragged"),
        (b"a,b\n1,2\n3,4,5\n", "in.csv:3", "clean.ragged"),
        (b"a,b\n1,2\n3\n", "in.csv:3", "clean.ragged"),
        (b'a,b\n1,2\n"3,4\n5,6\n', "in.csv:3", "clean.open_quote"),
        (b'a,b\n1,2\n5"x,3\n5,6\n', "in.csv:3", "clean.stray_quote"),
        (b'a,b\n1,2\n"5"x,3\n5,6\n', "in.csv:3", "clean.stray_quote"),
        (b'a,b\n1,2\n"x "y" z",3\n5,6\n', "in.csv:3", "clean.stray_quote"),
        (b'a,b\n1,2\n"x" ,3\n5,6\n', "in.csv:3", "clean.stray_quote"),
        (b"a,b\n1,2\r3,4\n5,6\n", "in.csv:2", "clean.lone_return"),
        (b"a,b\r1,2\n3,4\n", "in.csv:1", "clean.lone_return"),
        (b"\x1f\x8b\x08\x00a,b\n", "in.csv", "clean.other_format"),
        (b"PK\x03\x04,\n1,2\n", "in.csv", "clean.other_format"),
        (b'\xef\xbb\xbf[{"a": 1},\n{"a": 2}]', "in.csv", "clean.other_format"),
        (b'{"a": 1}\n{"a": 2}', "in.csv", "clean.other_format"),
        (b"<!DOCTYPE html>\n<html>", "in.csv", "clean.other_format"),
        (b"\n\n,\n1,2\n", "in.csv:3", "clean.no_names"),
        (b'"a,b\n1,2\n', "in.csv:1", "clean.open_quote"),
        (b"a,b\n1,2\n3,\x004\n", "in.csv:3", "clean.nul"),
        (b"a\x00\xfe\x01\r\x00\x81,\xff\x13b\n1\x00,2\n", "in.csv:1", "clean.nul"),
        (b"a,b\n1,2\n3,\xff\xfe\xfd\n", "in.csv:3", None),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(
    content: bytes, where: str, key: str | None, tmp_path: Path
) -> None:
    if key is None:  # three bytes are no Chinese, so they are taken for a Western file
        assert result(tmp_path, content).splitlines()[2] == "3,ÿþý"
        return
    came = refusal(tmp_path, content)
    assert came == (where if key.startswith("clean.") or ":" in where else came[0], key)


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ("a,b\r\n1,2\n3,4\r\n", "a,b\n1,2\n3,4\n"),
        ("\n \na,b\n1,2\n", "a,b\n1,2\n"),
        ("sep=;\na;b\n1,5;2\n", "a,b\n1.5,2\n"),
        ('"SEP=|"\r\na|b\r\n1|2\r\n', "a,b\n1,2\n"),
        ("\ufeff\ufeffa,b\n\ufeff1,2\n", "a,b\n1,2\n"),
        ('a,b\n6\'2" x 5",1\n', 'a,b\n"6\'2"" x 5""",1\n'),
        ('a,b\n"say ""hi"", you",1\n"""",2\n', 'a,b\n"say ""hi"", you",1\n"""",2\n'),
        ("zip,id\n01234,7\n02345,8\n", "zip,id\n01234,7\n02345,8\n"),
        ("a,b\n0x1F,1e400\n0x20,2\n", "a,b\n0x1F,1e400\n0x20,2\n"),
        ("a,b\n9223372036854775808,12345678901234567890\n1,2\n", None),
        ("a,b\ninf,-Infinity\n1.5,2\n", None),
        ("a,b\n=1+2,@SUM(A1)\n+cmd|x,-2+3\n", None),
        ("a,b\n,1\n,2\n", None),
        ("a, A ,  c d \n1,2,3\n", "a,A,c d\n1,2,3\n"),
        ("only\n1\n\n3\n", None),
        ("a,b\n−5,１２\n2020-02-30,x\n", None),
    ],
)
def test_odd_tables_keep_what_stands_in_them(content: str, read: str | None, tmp_path: Path) -> None:
    assert result(tmp_path, content.encode()) == (content if read is None else read)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("big5", "名稱,城市\n臺灣,臺北\n書店,高雄\n學校,新竹\n"),
        ("shift-jis", "名前,都市\nりんご,東京\nアメリカ,さっぽろ\n"),
        ("shift-jis", "名前,都市\nたなか,とうきょう\nすずき,おおさか\n"),
        ("utf-16-le", "姓名,评语\n李明,今天天气很好我们一起去公园散步吧\n王芳,晚上再看一遍昨天学过的内容\n"),
        ("utf-16-be", "姓名,评语\n李明,今天天气很好我们一起去公园散步吧\n王芳,晚上再看一遍昨天学过的内容\n"),
        ("gb18030", "名,值\n𠮷野,2\n㐀,3\n"),
        ("latin-1", "name,city\nÁVILA,MÁLAGA\nÄpfel,KÖLN\n"),
    ],
)
def test_characters_of_other_places_are_recognised(encoding: str, text: str, tmp_path: Path) -> None:
    assert result(tmp_path, text.encode(encoding)) == text


def test_the_swallowed_lines_are_counted_from_the_quote(tmp_path: Path) -> None:
    # Once they were counted from the beginning of the block.
    (tmp_path / "in.csv").write_text("a,b\n" + "1,2\n" * 500 + '"3,4\n5,6\n')
    with pytest.raises(InvalidInput) as caught:
        clean(tmp_path / "in.csv", tmp_path / "out.csv", Cleaning())
    assert caught.value.problems[0].where.endswith("in.csv:502")
    assert caught.value.problems[0].params["lines"] == 2


def test_the_input_is_never_written_over_by_whatever_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in.csv"
    source.write_text("a,b\n1,2\n1,2\n")
    (tmp_path / "link.csv").symlink_to(source)
    (tmp_path / "again.csv").hardlink_to(source)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "report.json").symlink_to(source)
    monkeypatch.chdir(tmp_path)
    for out, folder in (
        ("in.csv", None),
        ("./folder/../in.csv", None),
        ("link.csv", None),
        ("again.csv", None),
        ("out.csv", Path("folder")),
    ):
        with pytest.raises(InvalidInput) as caught:
            clean(source, out, Cleaning(), folder=folder)
        assert [p.key for p in caught.value.problems] == ["clean.same_file"]
        with pytest.raises(InvalidInput):
            clean("link.csv", out, Cleaning(), folder=folder)
    assert source.read_text() == "a,b\n1,2\n1,2\n"
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInput) as caught:  # as /dev/null, which would become a file
        clean(source, tmp_path / "pipe", Cleaning())
    assert caught.value.problems[0].key == "clean.not_a_file"


def test_all_ragged_lines_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1\n1,2\n1,2,3\n")
    with pytest.raises(InvalidInput) as caught:
        clean(tmp_path / "in.csv", tmp_path / "out.csv", Cleaning())
    assert [p.where.rpartition(":")[2] for p in caught.value.problems] == ["2", "4"]


def test_a_header_of_a_third_of_a_megabyte_is_read(tmp_path: Path) -> None:
    """Longer than what is read at first to recognise the delimiter."""
    table = ",".join(f"column {i} {'x' * 3000}" for i in range(100)) + "\n" + ",".join("7" * 100) + "\n"
    assert result(tmp_path, table.encode()) == table


def test_words_for_missing_may_be_numbers(tmp_path: Path) -> None:
    plan = parse(["missing_words=-999,none", "missing=mean", "duplicates=keep"])
    assert result(tmp_path, b"a,b\n-999,x\n4,none\n6,x\n,x\n", plan) == "a,b\n5,x\n4,x\n6,x\n5,x\n"


def test_quotes_that_enclose_nothing_are_read_when_the_plan_says_so(tmp_path: Path) -> None:
    plan = Cleaning(quotes=False, duplicates="keep")
    assert result(tmp_path, b'a,b\n5" pipe,1\n6",2\n', plan) == 'a,b\n"5"" pipe",1\n"6""",2\n'


def test_a_nameless_column_gets_a_name(tmp_path: Path) -> None:
    assert result(tmp_path, b",b,column_1\n1,2,3\n") == "column_2,b,column_1\n1,2,3\n"


def test_blank_lines_are_passed_over_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    content = b'a,b\n\n1,"x\n\ny"\n\n,\n2,\n1,"x\n\ny"\n'
    (tmp_path / "in.csv").write_bytes(content)
    report = clean(tmp_path / "in.csv", tmp_path / "out.csv", Cleaning(missing="drop"))
    assert [(row.line, row.why) for row in report.dropped] == [
        (7, "missing"),
        (8, "missing"),
        (9, "duplicate"),
    ]
    assert report.found.rows == 4 and report.found.blank_lines == 2
    assert (tmp_path / "out.csv").read_text() == 'a,b\n1,"x\n\ny"\n'


def test_places_that_cannot_be_read_or_written_are_refused(tmp_path: Path) -> None:
    def problem(source: Path, out: Path, folder: Path | None = None) -> str:
        with pytest.raises(InvalidInput) as caught:
            clean(source, out, Cleaning(), folder=folder)
        return caught.value.problems[0].key

    table = tmp_path / "in.csv"
    table.write_text("a,b\n1,2\n")
    (tmp_path / "soft.csv").symlink_to(table)
    (tmp_path / "hard.csv").hardlink_to(table)
    (tmp_path / "report.json").hardlink_to(table)
    assert problem(tmp_path, tmp_path / "out.csv") == "data.folder_not_file"
    assert problem(tmp_path / "gone.csv", tmp_path / "out.csv") == "data.no_such_file"
    assert problem(table, tmp_path) == "data.folder_not_file"
    assert problem(table, tmp_path / "gone" / "out.csv") == "clean.no_folder"
    for name in ("in.csv", "soft.csv", "hard.csv"):
        assert problem(table, tmp_path / name) == "clean.same_file"
    assert problem(table, tmp_path / "out.csv", folder=tmp_path) == "clean.same_file"
    assert problem(table, tmp_path / "out.csv", folder=table) == "clean.not_a_folder"
    assert table.read_text() == "a,b\n1,2\n" and not (tmp_path / "out.csv").exists()


@pytest.mark.skipif(os.name == "nt", reason="permissions are another thing there")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    """Where the tests run as root, whom no permission stops, they become nobody for a moment."""
    table = tmp_path / "in.csv"
    table.write_text("a,b\n1,2\n")
    table.chmod(0)
    root = os.geteuid() == 0
    if root:
        for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
            folder.chmod(0o755)
        os.seteuid(65534)
    try:
        with pytest.raises(InvalidInput) as caught:
            clean(table, tmp_path / "out.csv", Cleaning())
    finally:
        if root:
            os.seteuid(0)
    assert caught.value.problems[0].key == "data.unreadable"


def test_records_longer_than_a_block_and_cut_anywhere_are_read(tmp_path: Path) -> None:
    """A cell of nine megabytes with quotes, delimiters and line ends in it, among rows cut by the block's end."""
    long = 'x"",\n' * (BLOCK // 5 + 100_000)
    rows = "".join(f'{i},"{i};\n{i}"\n' for i in range(40_000))
    content = f'a,b\n{rows}1,"{long}"\n{rows}'
    assert result(tmp_path, content.encode()) == content


def test_a_type_that_its_last_rows_belie_is_found(tmp_path: Path) -> None:
    """Two megabytes of whole numbers, then a fraction and a word: the first megabyte promised another type."""
    rows = "".join(f"{i},{i},007\n" for i in range(150_000))
    (tmp_path / "in.csv").write_text(f"a,b,c\n{rows}1.5,n. a.,8\n")
    report = clean(tmp_path / "in.csv", tmp_path / "out.csv", Cleaning())
    assert [c.type for c in report.found.columns] == ["number", "text", "text"]
    assert (tmp_path / "out.csv").read_text() == (tmp_path / "in.csv").read_text()
    assert report.found.columns[0].mean == pytest.approx((sum(range(150_000)) + 1.5) / 150_001, rel=1e-12)


@pytest.mark.slow
def test_two_gigabytes_with_a_bad_line_near_the_end(tmp_path: Path) -> None:
    """The line is named, memory stays small, and nothing is left."""
    table = tmp_path / "in.csv"
    lines = 0
    with table.open("wb") as file:
        file.write(b"id,name,value\n")
        block = b"".join(b"%d,some name of a thing,%d.25\n" % (i, i) for i in range(100_000))
        for _ in range(2 * 1024**3 // len(block) + 1):
            file.write(block)
            lines += 100_000
        file.write(b"1,2\n" + block)
    code = (
        "import re, sys; from jinjie.base.errors import InvalidInput; from jinjie.data.cleaning import *\n"
        "try: clean(sys.argv[1], sys.argv[2], Cleaning(missing='drop'))\n"
        "except InvalidInput as error: print(error.problems[0].where.rpartition(':')[2], error.problems[0].key)\n"
        # Its own peak: ru_maxrss begins with the memory of the process that started it.
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    )
    words = [sys.executable, "-c", code, str(table), str(tmp_path / "out.csv")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    (line, key), (memory,) = (row.split() for row in done.stdout.splitlines())
    assert (int(line), key) == (lines + 2, "clean.ragged")
    assert int(memory) < 800_000  # KB: some blocks of 8 MB, and 100 MB of hashes
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "home") == ["in.csv"]
