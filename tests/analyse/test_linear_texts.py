"""The linear classifier that fine-tuned models are held to: its figures on real texts, and where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jinjie.analyse import measures
from jinjie.analyse.evaluate import _inputs, _words
from jinjie.analyse.evaluation import Evaluation, Note, Score, how, score_head, score_rows
from jinjie.analyse.linear_texts import linear
from jinjie.base.words import Language, speaking
from jinjie.data import sentiment
from jinjie.data.texts import Rows, Texts


@pytest.fixture(scope="module")
def loaded(data_home: Path) -> dict[Language, Texts]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        return {language: sentiment.Config(language=language).load() for language in ("en", "zh")}


@pytest.mark.parametrize(("language", "accuracy"), [("en", 0.765), ("zh", 0.859)])
def test_it_reaches_what_is_promised(
    loaded: dict[Language, Texts], language: Language, accuracy: float
) -> None:
    found = linear(loaded[language])
    assert found is not None
    # another version of the solver may answer a handful of texts otherwise
    assert abs(found.accuracy - accuracy) < 0.01
    assert np.array_equal(found.made.y, loaded[language].splits["test"].each["y"])
    assert np.isfinite(found.made.log_shares).all()
    assert np.allclose(np.exp(found.made.log_shares).sum(1), 1)
    # and it knows how sure it is
    assert float(np.abs(measures.gaps(found.made, np.ones((1, len(found.made.y))))).sum()) < 0.06


def test_it_learns_from_training_rows_alone(loaded: dict[Language, Texts]) -> None:
    """Held-out labels turned round turn the choice among strengths at most, and none of the answers of one strength."""
    data = loaded["en"]
    turned = {
        split: Rows(
            rows.lengths, rows.tokens, {"y": 1 - rows.each["y"]} if split == "test" else rows.each, rows.texts
        )
        for split, rows in data.splits.items()
    }
    found, other = linear(data), linear(Texts(turned, data.about, data.processor, data.facts))
    assert found is not None and other is not None
    assert np.array_equal(found.made.log_shares, other.made.log_shares)
    assert found.accuracy + other.accuracy == pytest.approx(1)


def own(tmp_path: Path, rows: list[tuple[str, str]], **settings: Any) -> Texts:
    file = tmp_path / "own.csv"
    file.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows), encoding="utf-8")
    return sentiment.Config(path=str(file), **settings).load()


def test_a_few_texts_of_three_classes(tmp_path: Path) -> None:
    words = ["cat", "dog", "cow"]
    data = own(tmp_path, [(f"a {words[i % 3]} in place {i}", words[i % 3]) for i in range(60)])
    found = linear(data, "validation")
    assert found is not None and found.accuracy == 1 and found.made.classes == 3
    assert np.isfinite(found.made.log_shares).all()


def test_chinese_is_read_by_characters(tmp_path: Path) -> None:
    rows = [
        (f"{'一二三四五六七八九十'[i % 10]}号 房{'很好' if i % 2 else '太差'}住{i}", "ab"[i % 2])
        for i in range(60)
    ]
    found = linear(own(tmp_path, rows, language="zh"))
    assert found is not None and found.accuracy == 1


def test_where_there_is_nothing_to_fit(tmp_path: Path) -> None:
    data = own(tmp_path, [(f"{'!' * (i + 1)} {'?' * (i % 2 + 1)}", "ab"[i % 2]) for i in range(30)])
    assert linear(data) is None
    rows = Rows.of([np.array([1, 2])], tokens={"y": [np.array([0, 1])]}, texts=["ab"])
    tagged: Any = dict.fromkeys(("train", "validation", "test"), rows)
    assert linear(Texts(tagged, data.about, data.processor, data.facts)) is None


def test_it_stands_beside_the_scores() -> None:
    scores = {"accuracy": Score(value=0.9, low=0.8, high=0.95, trivial=0.5, linear=0.7654)}
    made = Evaluation(
        kind="classify",
        run="r",
        recipe="r",
        data=Note(en="a", zh="b"),
        split="test",
        step=1,
        examples=10,
        resamples=20,
        seed=0,
        trivial="bad",
        scores=scores,
        linear_features=1234,
    )
    for language in ("en", "zh"):
        with speaking(language):
            assert len(score_head(made)) == len(score_rows(made)[0]) == 5
            assert score_rows(made)[0][-1] == "0.7654" and "1,234" in how(made)
    plain = made.model_copy(update={"linear_features": None})
    assert len(score_head(plain)) == len(score_rows(plain)[0]) == 4 and "1,234" not in how(plain)


def test_inputs_of_texts_are_found_though_batches_are_sorted(loaded: dict[Language, Texts]) -> None:
    data = loaded["en"]
    rows = np.array([7, 0, 900, 3])
    for row, x in zip(rows.tolist(), _inputs(data, "test", rows), strict=True):
        text = data.splits["test"].texts[row]
        ids = data.processor.encode(text)["x"][0]
        assert np.array_equal(x[: len(ids)], ids) and not x[len(ids) :].any()
        assert _words(data, "test", row, x) == text
