"""A CSV of one's own: read exactly, or every problem named by line and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinjie.base.errors import InvalidInput
from jinjie.data import line, table
from jinjie.data.dataset import SPLITS
from jinjie.data.reading import SHOWN

ROWS = "".join(f"{i},{i * i},{2 * i}\n" for i in range(20))


def written(tmp_path: Path, content: str | bytes) -> str:
    file = tmp_path / "table.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(file)


def problems(path: str, **settings: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as failure:
        table.Config(path=path, **settings).load()  # type: ignore[arg-type]
    assert failure.value.in_("en") and failure.value.in_("zh")
    return [(problem.where.removeprefix(path), problem.key) for problem in failure.value.problems]


def test_values_and_target(tmp_path: Path) -> None:
    data = table.Config(path=written(tmp_path, "a,b,c\n" + ROWS), standardise=False).load()
    rows = np.concatenate([np.hstack([b["x"], b["y"]]) for split in SPLITS for b in data.batches(split, 9)])
    expected = [[i, i * i, 2 * i] for i in range(20)]
    assert sorted(rows.tolist()) == expected
    assert dict(data.facts) == {"inputs": 2, "outputs": 1}
    other = table.Config(path=data.about.source, target="a", standardise=False).load()
    rows = np.concatenate([np.hstack([b["y"], b["x"]]) for split in SPLITS for b in other.batches(split, 9)])
    assert sorted(rows.tolist()) == expected


def test_standardised_by_the_training_rows_alone(tmp_path: Path) -> None:
    data = table.Config(
        path=written(tmp_path, "a,same,c\n" + "".join(f"{i},5,{2 * i}\n" for i in range(50)))
    ).load()
    x = next(data.batches("train", 50))["x"]
    # float32 of numbers about 1: 1e-6 is ten of its steps
    assert np.allclose(x.mean(0), 0, atol=1e-6) and np.allclose(x.std(0), [1, 0], atol=1e-6)
    batch = next(data.batches("test", 1))
    raw = batch["y"][0, 0] / 2
    assert np.allclose(data.processor.encode(f"{raw}, 5")["x"], batch["x"], atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffa,b,c\n" + ROWS,
        "a,b,c\r\n" + ROWS.replace("\n", "\r\n"),
        " a , b ,c\n" + ROWS.replace(",", " , "),
        "a,b,c\n\n" + ROWS + "\n\n",
        '"a","b","c"\n' + ROWS,
        '"a\nwith a line break",b,c\n' + ROWS,
        "a,2019,c\n" + ROWS.replace("4,", "4e0,"),
    ],
    ids=[
        "byte-order mark",
        "CRLF",
        "blanks",
        "empty lines",
        "quotes",
        "line break in a name",
        "a number as name",
    ],
)
def test_ordinary_files_are_read(tmp_path: Path, content: str) -> None:
    data = table.Config(path=written(tmp_path, content), standardise=False).load()
    assert data.count("train") + data.count("validation") + data.count("test") == 20
    assert float(sum(b["y"].sum() for split in SPLITS for b in data.batches(split, 5))) == sum(range(20)) * 2


def test_all_problems_at_once_by_line(tmp_path: Path) -> None:
    content = "a,b,c\n1,2,3\n1,two,3\n1,2\n,2,3\n\n1,2,inf\n1,2,3,4\n"
    assert problems(written(tmp_path, content)) == [
        (":3", "data.not_a_number"),
        (":4", "data.ragged"),
        (":5", "data.empty_cell"),
        (":7", "data.not_a_number"),
        (":8", "data.ragged"),
        ("", "data.too_few_rows"),
    ]


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    content = "a,b,c\n" + ROWS + '"1\n",2,3\nx,2,3\n'
    assert problems(written(tmp_path, content)) == [(":24", "data.not_a_number")]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("a,b,c\n1,2,3\n", "data.too_few_rows"),
        ("a\n" + "1\n" * 20, "data.one_column"),
        ("a;b\n" + "1;2\n" * 20, "data.one_column"),
        (ROWS, "data.no_header"),
        ("a,a,c\n" + ROWS, "data.column_twice"),
        (b"a,b\n" + b"1,2\n" * 20 + b"\xff\xfe,1\n", "data.not_utf8"),
        ("", "data.empty_file"),
        ("\n \n", "data.empty_file"),
    ],
)
def test_files_that_are_no_table(tmp_path: Path, content: str | bytes, key: str) -> None:
    assert key in [found for _, found in problems(written(tmp_path, content))]


def test_the_rest_of_many_problems_is_counted(tmp_path: Path) -> None:
    found = problems(written(tmp_path, "a,b\n" + "1,x\n" * 500))
    assert len(found) == SHOWN + 1 and found[-1][1] == "data.and_more"


def test_missing_files_and_columns(tmp_path: Path) -> None:
    assert problems(str(tmp_path / "none.csv")) == [("data.path", "data.no_such_file")]
    assert problems(str(tmp_path)) == [("data.path", "data.folder_not_file")]
    path = written(tmp_path, "hours,b,marks\n" + ROWS)
    assert problems(path, target="mark") == [("data.target", "data.no_such_column")]
    with pytest.raises(InvalidInput, match="Did you mean 'marks'"):
        table.Config(path=path, target="mark").load()


@pytest.mark.parametrize("typed", ["", "1", "1 2 3", "one, two", "1, nan"])
def test_a_typed_input_of_another_form_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as failure:
        table.NumbersProcessor(("a", "b")).encode(typed)
    assert "a, b" in failure.value.in_("en") and "a, b" in failure.value.in_("zh")


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=2))
def test_typed_numbers_keep_their_value(values: list[float]) -> None:
    for typed in (
        f"{values[0]!r}, {values[1]!r}",
        f"{values[0]!r} {values[1]!r}",
        f"{values[0]!r}，{values[1]!r}",
    ):
        assert table.NumbersProcessor(("a", "b")).encode(typed)["x"].tolist() == [values]


def test_a_path_is_absolute_in_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert table.Config(path="mine.csv").path == str(tmp_path / "mine.csv")


def test_a_form_sees_plain_types() -> None:
    assert type(line.Config()).model_fields["path"].annotation == str | None
    assert table.Config.model_fields["path"].annotation is str
