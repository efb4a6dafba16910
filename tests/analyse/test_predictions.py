"""A model's answers to a table: beside its columns, row by row what `predict` says, whole or not at all."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from jinjie.analyse.predictions import predict_file
from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.base.words import speaking
from jinjie.data import credit, labelled
from jinjie.data.digits import PictureProcessor
from jinjie.data.line import Config as Line
from jinjie.data.questions.pairs import AnswerProcessor
from jinjie.data.tokenization.labels import LabelledProcessor
from jinjie.data.tokenization.train import WordPiece, train_wordpiece
from jinjie.models import bert, linear, mlp
from jinjie.tasks import answer, classify, regress, tag
from jinjie.training.finished import Finished

WORDS = [f"good bad Ada Oslo film {c}" for c in "甲乙丙丁戊己庚辛"] * 3
TEXTS = ["good film", "bad", "甲乙丙" * 20, " Ada went to Oslo ", "", "good " * 90]


def model(task: Any, head: Any, labels: list[str], processor: Any = None) -> Finished:
    """A model that has learned nothing: what it says is of no use, but it says it of every row alike."""
    tokens = train_wordpiece(WordPiece(size=120), WORDS)
    words = processor or LabelledProcessor.of(tokens, labels, 32, "en")
    config = bert.Config(
        vocabulary=words.vocabulary,
        block=32,
        layers=1,
        width=16,
        heads=2,
        masked=False,
        head=head,
        outputs=len(labels),
    )
    torch.manual_seed(0)
    network = config.build().eval()
    torch.nn.init.normal_(network.head.weight, std=2.0)  # type: ignore[union-attr,arg-type]
    return Finished(Path("own"), config, network, words, task, {})


@pytest.fixture
def classifier() -> Finished:
    return model(classify.Config().build(), "text", ["no", "yes"])


def table(folder: Path, texts: list[str] = TEXTS, name: str = "own.csv") -> str:
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t" if name.endswith(".tsv") else ",")
        writer.writerow(["id", "text", "note"])
        writer.writerows([i, text, 'a, "b"\nc'] for i, text in enumerate(texts))
    return str(folder / name)


def read(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened, delimiter="\t" if file.suffix == ".tsv" else ","))


def test_every_row_has_what_predict_says_of_it(classifier: Finished, tmp_path: Path) -> None:
    """To 1e-5 in the probability: rows are asked in batches of like lengths, padded."""
    made = predict_file(classifier, table(tmp_path), tmp_path / "out.csv")
    rows = read(made.file)
    assert (made.rows, made.empty, made.columns) == (6, 1, ("predicted", "probability"))
    assert [row["id"] for row in rows] == [str(i) for i in range(6)]
    assert all(row["note"] == 'a, "b"\nc' for row in rows)
    for row, text in zip(rows, TEXTS, strict=True):
        assert row["text"] == text
        if not text:
            assert row["predicted"] == row["probability"] == ""
            continue
        said = classifier.task.predict({"model": classifier.network}, classifier.processor, text).values
        assert row["predicted"] == said["label"]
        assert float(row["probability"]) == pytest.approx(said["probabilities"][said["label"]], abs=1e-5)


def test_names_are_written_with_their_places(tmp_path: Path) -> None:
    tagger = model(tag.Config().build(), "tokens", ["O", "B-PER", "I-PER"])
    rows = read(predict_file(tagger, table(tmp_path), tmp_path / "out.csv").file)
    for row, text in zip(rows, TEXTS, strict=True):
        found = json.loads(row["entities"] or "[]")
        said = tagger.task.predict({"model": tagger.network}, tagger.processor, text).values if text else {}
        assert [one["start"] for one in found] == [one["start"] for one in said.get("entities", [])]
        assert all(text[one["start"] : one["end"]] == one["text"] for one in found)
    assert any(row["entities"] not in ("", "[]") for row in rows)


def test_questions_and_passages(tmp_path: Path) -> None:
    tokens = train_wordpiece(WordPiece(size=120), WORDS)
    answering = model(
        answer.Config().build(), "span", ["first", "last"], AnswerProcessor.answering(tokens, 32, "en")
    )
    file = tmp_path / "own.jsonl"
    asked = [
        {"question": "who\nis it?", "context": "\n Ada went to Oslo\nand stayed", "n": 1},
        {"question": "", "context": "Ada", "n": [2]},
        {"question": "what?", "context": "good film " * 40, "n": None},
    ]
    file.write_text("\n".join(map(json.dumps, asked)))
    made = predict_file(answering, str(file), tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in made.file.read_text().splitlines()]
    assert [row["n"] for row in rows] == [1, [2], None] and made.empty == 1
    for row in (rows[0], rows[2]):
        assert row["context"][row["start"] : row["end"]] == row["predicted"] and 0 < row["probability"] <= 1
    assert "predicted" not in rows[1]


@pytest.mark.parametrize("name", ["own.csv", "own.tsv"])
def test_columns_that_are_taken_keep_their_names(classifier: Finished, tmp_path: Path, name: str) -> None:
    first = predict_file(classifier, table(tmp_path, name=name), tmp_path / f"one{name[-4:]}")
    again = predict_file(classifier, str(first.file), tmp_path / "two.csv")
    assert again.columns == ("predicted_2", "probability_2")
    rows = read(again.file)
    assert [row["predicted"] for row in rows] == [row["predicted_2"] for row in rows]


def test_a_missing_column_says_which_there_are(classifier: Finished, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught, speaking("en"):
        predict_file(classifier, table(tmp_path), tmp_path / "out.csv", text="txt")
    said = str(caught.value)
    assert "id, text, note" in said and "--text" in said and "'txt'" in said
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("content", "name", "key"),
    [
        ("text,b\n1,2,3\n", "own.csv", "data.ragged"),
        ('text\n"open\n', "own.csv", "texts.bad_table"),
        ("text,text\na,b\n", "own.csv", "data.column_twice"),
        ("", "own.csv", "data.empty_file"),
        ("text\n", "own.csv", "data.empty_file"),
        ('{"text": "a"}\n{"texd": "b"}\n', "own.jsonl", "predict.no_field"),
        ('{"text": 3}\n', "own.jsonl", "predict.not_text"),
        ('{"text": "\\ud800"}\n', "own.jsonl", "tokenizer.half_character"),
        ("[]\n", "own.jsonl", "texts.no_object"),
        ("text\na\n", "own.xlsx", "texts.other_format"),
    ],
)
def test_faults_are_named_and_nothing_is_written(
    classifier: Finished, tmp_path: Path, content: str, name: str, key: str
) -> None:
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(InvalidInput) as caught:
        predict_file(classifier, str(file), tmp_path / "out.csv")
    assert key in {problem.key for problem in caught.value.problems}
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == [name]


def test_where_it_may_not_write(classifier: Finished, tmp_path: Path) -> None:
    source = table(tmp_path)
    for target, key in (
        (tmp_path / "own.csv", "predict.onto_itself"),
        (tmp_path / "none" / "out.csv", "predict.no_folder"),
        (tmp_path / "out.xlsx", "texts.other_format"),
    ):
        with pytest.raises(InvalidInput) as caught:
            predict_file(classifier, source, target, replace=True)
        assert [problem.key for problem in caught.value.problems] == [key]
    predict_file(classifier, source, tmp_path / "out.csv")
    with pytest.raises(InvalidInput, match="--replace"):
        predict_file(classifier, source, tmp_path / "out.csv")
    predict_file(classifier, source, tmp_path / "out.csv", replace=True)


def test_models_of_other_things_are_refused(tmp_path: Path) -> None:
    seen = Finished(
        Path("digits"),
        mlp.Config(inputs=784, outputs=10),
        mlp.Config(inputs=784, outputs=10).build(),
        PictureProcessor([str(i) for i in range(10)], False),
        classify.Config().build(),
        {},
    )
    with pytest.raises(JinjieError, match="cannot be asked by a table"):
        predict_file(seen, table(tmp_path), tmp_path / "out.csv")


def columns(cleaning: str | None = None) -> Finished:
    """A model of a table with numbers, words, holes and dates, that has learned nothing."""
    rows = [
        (
            i,
            None if i % 3 == 0 else 20 + i,
            ("rent", "own", "none")[i % 3],
            f"2024-01-{i + 1:02}",
            "good" if i % 2 else "bad",
        )
        for i in range(30)
    ]
    frame = pl.DataFrame(rows, ["n", "Age", "Home", "When", "Status"], orient="row")
    frame = frame.with_columns(pl.col("When").str.to_date())
    data = credit.Config(clean=cleaning) if cleaning else credit.Config()
    made = labelled.examples(data, labelled.Table.of(frame, "Status"))
    config = mlp.Config(hidden=(), inputs=made.facts["inputs"], outputs=2)
    torch.manual_seed(0)
    return Finished(Path("own"), config, config.build().eval(), made.processor, classify.Config().build(), {})


def test_every_row_of_a_table_of_columns_has_what_predict_says_of_it(tmp_path: Path) -> None:
    """Read as tables are for training: another encoding and delimiter, columns in another order, words for nothing
    unless the model knows them as words."""
    ours = columns()
    lines = [
        "Home;备注;Age;n;When",
        "RENT;一;35;3;2024-01-09",
        "own;二;n/a;1,200;2024-02-01",
        "?;;;4;",
        "none;;;5;",
    ]
    (tmp_path / "own.csv").write_bytes("\n".join(lines).encode("gb18030"))
    made = predict_file(ours, str(tmp_path / "own.csv"), tmp_path / "out.csv")
    assert (made.rows, made.empty, made.columns) == (4, 0, ("predicted", "probability"))
    asked = [
        "Home=rent, Age=35, n=3, When=2024-01-09",
        "Home=own, n=1200, When=2024-02-01",
        "n=4",
        "n=5, Home=none",
    ]
    for row, text in zip(read(made.file), asked, strict=True):
        said = ours.task.predict({"model": ours.network}, ours.processor, text).values
        assert row["predicted"] == said["label"]
        assert float(row["probability"]) == pytest.approx(said["probabilities"][said["label"]], abs=1e-6)
    assert [row["备注"] for row in read(made.file)] == ["一", "二", "", ""]


def test_a_row_that_the_models_cleaning_drops_keeps_its_place(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(
        "n,Age,Home,When\n1,30,own,2024-01-02\n2,,own,2024-01-02\n3,31,rent,2024-01-05\n"
    )
    made = predict_file(columns("missing.Age=drop"), str(tmp_path / "own.csv"), tmp_path / "out.csv")
    rows = read(made.file)
    assert made.empty == 1 and [bool(row["predicted"]) for row in rows] == [True, False, True]


def test_every_fault_of_a_table_of_columns_is_told_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("n,Age,Home,When\n1,x,owm,2024-01-02\n2,30,own,yesterday\n")
    with pytest.raises(InvalidInput) as caught:
        predict_file(columns(), str(tmp_path / "own.csv"), tmp_path / "out.csv")
    told = str(caught.value)
    assert "own.csv:2 Age: expected a number" in told and "own.csv:3 When: expected a date" in told
    assert "own.csv:2 Home: 'owm' never stood in this column. Did you mean 'own'?" in told
    (tmp_path / "own.csv").write_text("n,age,Home\n1,2,own\n")
    with pytest.raises(InvalidInput) as caught:
        predict_file(columns(), str(tmp_path / "own.csv"), tmp_path / "out.csv")
    assert "Age: the table has no such column" in str(caught.value) and "Did you mean 'age'?" in str(
        caught.value
    )
    assert "When: " in str(caught.value) and not (tmp_path / "out.csv").exists()


def test_numbers_are_predicted_by_row(tmp_path: Path) -> None:
    config = linear.Config(inputs=1, outputs=1)
    line = Finished(Path("l"), config, config.build(), Line().load().processor, regress.Config().build(), {})
    (tmp_path / "own.csv").write_text("id,x\na,0.5\nb,-2\n")
    made = predict_file(line, str(tmp_path / "own.csv"), tmp_path / "out.csv")
    for row in read(made.file):
        said = line.task.predict({"model": line.network}, line.processor, row["x"]).values["value"]
        assert float(row["predicted"]) == pytest.approx(said, abs=1e-6)
    (tmp_path / "own.csv").write_text("x\n\n0.5\nmany\n")
    with pytest.raises(InvalidInput, match=r"own\.csv:4 x: .*many"):
        predict_file(line, str(tmp_path / "own.csv"), tmp_path / "other.csv")
