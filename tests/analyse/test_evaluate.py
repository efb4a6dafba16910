"""Evaluations of real runs: digits (ten classes), tumours (two), tables of a user's own, a line."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from sklearn.dummy import DummyClassifier
from sklearn.metrics import (
    auc,
    average_precision_score,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from jinjie import recipes
from jinjie.analyse import measures
from jinjie.analyse.evaluate import Made, curve, evaluate
from jinjie.analyse.evaluation import Evaluation
from jinjie.analyse.evaluation_page import mistake_file, write
from jinjie.analyse.evaluation_pictures import stairs
from jinjie.base.errors import JinjieError
from jinjie.base.files import TEMPORARY
from jinjie.base.words import speaking
from jinjie.training import launch, worker
from jinjie.training.events import RunGone
from jinjie.training.finished import open_finished
from jinjie.training.runs import find

QUICK = {"threads": 1, "precision": "fp32"}
RUNS = {
    "mnist-mlp": {"budget.epochs": 1, "model.hidden": [16], "budget.evaluate_every": 219},
    "cancer": {"budget.epochs": 4},
    "line-1": {"budget.steps": 30, "budget.evaluate_every": 1000},
}
SAMPLES = 200


def table(file: Path, counts: dict[str, int]) -> None:
    """A CSV whose number nearly tells the class."""
    generator = np.random.default_rng(0)
    rows = [
        f"{generator.normal() + 2 * i:.4f},{label}"
        for i, (label, count) in enumerate(counts.items())
        for _ in range(count)
    ]
    file.write_text("\n".join(["size,kind", *rows]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, data_home):
    """A home with the runs, and two tables: in `three` a class of three rows, in `two` the same of only two classes."""
    home = tmp_path_factory.mktemp("evaluated")
    runs = dict(RUNS)
    for name, counts in (
        ("three", {"small": 40, "large": 40, "rare": 3}),
        ("two", {"common": 60, "rare": 3}),
    ):
        table(home / f"{name}.csv", counts)
        runs[name] = {"data.path": f"{home / name}.csv", "budget.epochs": 4}
    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_HOME", str(home))
        patch.setenv("JINJIE_DATA", str(data_home))
        for name, changes in runs.items():
            recipe = recipes.find(name if name in RUNS else "cancer").changed({**changes, **QUICK})
            made = launch.create(recipe)
            assert worker.main(made.path) == 0
            made.path.rename(made.path.with_name(f"{name}-1"))
    for number, handler in heard.items():  # a worker listens for a stop
        signal.signal(number, handler)
    return home


@pytest.fixture
def run(trained, home):
    """`run(name)`: a copy of that run in this test's home."""

    def copy(name):
        shutil.copytree(trained / "runs" / f"{name}-1", home / "runs" / f"{name}-1")
        return find(f"{name}-1")

    return copy


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def scores_of(run):
    return [e for e in run.events if e["type"] == "evaluated" and e["split"] == "test"][-1]["metrics"]


def answers(run, split):
    """Logits and truths of a split, from the model by itself."""
    model, data = open_finished(run.path / "model"), run.recipe.data.load()
    arrays = data.splits[split]
    with torch.no_grad():
        return model.network(torch.from_numpy(arrays["x"])).double().numpy(), arrays, data


def test_digits_score_as_the_run_says_and_each_mistake_is_one(run):
    digits = run("mnist-mlp")
    made, pixels, _ = evaluate(digits, samples=SAMPLES)
    said = scores_of(digits)
    # The run adds up in fp32.
    assert made.scores["accuracy"].value == pytest.approx(said["accuracy"], abs=1e-6)
    assert made.scores["f1_macro"].value == pytest.approx(said["f1"], abs=1e-6)
    assert made.scores["log_loss"].value == pytest.approx(said["loss"], abs=1e-5)
    for score in made.scores.values():
        assert score.low < score.value < score.high and score.trivial is not None
    logits, arrays, data = answers(digits, "test")
    guess, y = logits.argmax(1), arrays["y"]
    assert made.examples == 2000 and made.wrong == (guess != y).sum() == np.sum(made.confusion) - np.trace(
        made.confusion
    )
    assert [c.support for c in made.classes] == np.bincount(y).tolist()
    sure = np.exp(logits - logits.max(1, keepdims=True))
    sure /= sure.sum(1, keepdims=True)
    for mistake in made.mistakes:
        assert (mistake.true, mistake.said) == (str(y[mistake.index]), str(guess[mistake.index]))
        assert mistake.share == pytest.approx(sure[mistake.index].max(), abs=1e-6)
    assert made.mistakes[0].share == pytest.approx(sure.max(1)[guess != y].max(), abs=1e-6)
    assert [m.share for m in made.mistakes] == sorted((m.share for m in made.mistakes), reverse=True)
    assert pixels.shape == (24, 28, 28, 3)
    assert pixels[0, :, :, 0].reshape(-1) == pytest.approx(arrays["x"][made.mistakes[0].index])
    assert len(made.roc) == 6 and min(c.auc.value for c in made.classes) in [c.score for c in made.roc]
    assert sum(b.count for b in made.bins) == 2000
    assert made.threshold is None and not made.notes


def test_the_folder_is_whole_the_same_every_time_and_replaced(run):
    digits = run("mnist-mlp")
    told, folder = write(digits, evaluate(digits, samples=SAMPLES))
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    mistakes = [mistake_file(i) for i in range(24)]
    assert set(before) == {*told.pictures, *mistakes, "evaluation.json", "evaluation.html", "predictions.csv"}
    assert set(told.pictures) == {
        *("confusion.svg", "roc.svg", "precision-recall.svg", "calibration.svg", "mistakes.png")
    }
    assert Evaluation.model_validate_json(before["evaluation.json"]) == told
    assert "NaN" not in before["evaluation.json"].decode()
    page = before["evaluation.html"].decode()
    assert '<section id="zh" lang="zh">' in page and '<section id="en" lang="en">' in page
    assert "混淆矩阵" in page and "Confusion matrix" in page and page.count("data:image/png") == 2 * 24
    with Image.open(folder / "mistakes.png") as picture:
        assert picture.size == (8 * 84 + 7 * 4, 3 * 84 + 2 * 4)
    (folder / "old").write_text("x")
    write(digits, evaluate(digits, samples=SAMPLES))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert not list(digits.path.glob(f"{TEMPORARY}*"))
    with speaking("zh"):
        assert "的评估</h1>" in write(digits, evaluate(digits, samples=20))[1].joinpath(
            "evaluation.html"
        ).read_text("utf-8")


def test_the_answers_to_all_examples_give_the_same_scores_by_other_hands(run):
    for name in ("mnist-mlp", "cancer"):
        one = run(name)
        told, folder = write(one, evaluate(one, samples=20))
        rows = pd.read_csv(folder / "predictions.csv", dtype={"true": str, "predicted": str})
        shares = rows[[f"p({label})" for label in told.labels]].to_numpy()
        assert rows["index"].tolist() == list(range(told.examples))
        assert [told.labels[k] for k in shares.argmax(1)] == rows["predicted"].tolist()
        confusion = confusion_matrix(rows["true"], rows["predicted"], labels=told.labels)
        assert confusion.tolist() == [list(row) for row in told.confusion]
        truth = [told.labels.index(label) for label in rows["true"]]
        area = roc_auc_score(truth, shares[:, 1] if len(told.labels) == 2 else shares, multi_class="ovr")
        assert told.scores["auc"].value == pytest.approx(area, abs=1e-12)
        assert told.scores["log_loss"].value == pytest.approx(log_loss(truth, shares), abs=1e-9)
    line = run("line-1")
    told, folder = write(line, evaluate(line, samples=20))
    rows = pd.read_csv(folder / "predictions.csv")
    assert told.scores["rmse"].value ** 2 == pytest.approx(((rows["true"] - rows["predicted"]) ** 2).mean())


def test_two_classes_get_the_threshold_that_validation_likes_best(run):
    tumours = run("cancer")
    made = evaluate(tumours, samples=SAMPLES).evaluation
    said = scores_of(tumours)
    assert made.scores["auc"].value == pytest.approx(said["auc"], abs=1e-6)
    assert made.classes[1].f1.value == pytest.approx(said["f1"], abs=1e-6)
    logits, arrays, data = answers(tumours, "validation")
    margin = logits[:, 1] - logits[:, 0]
    cut = np.log(made.threshold.share / (1 - made.threshold.share))
    best = max(f1_score(arrays["y"], margin >= score) for score in margin)
    assert f1_score(arrays["y"], margin >= cut) == best
    logits, arrays, _ = answers(tumours, "test")
    margin = logits[:, 1] - logits[:, 0]
    assert made.threshold.label == "malignant"
    assert made.threshold.scores["f1"].value == pytest.approx(f1_score(arrays["y"], margin >= cut))
    assert made.threshold.at_half["f1"] == pytest.approx(made.classes[1].f1.value)
    assert [c.label for c in made.roc] == ["malignant"]
    false, true, _ = roc_curve(arrays["y"], margin)
    assert made.roc[0].score == pytest.approx(auc(false, true)) == pytest.approx(made.scores["auc"].value)


def test_mistakes_of_a_table_are_rows_that_can_be_asked_about(run):
    tumours = run("cancer")
    made = evaluate(tumours, samples=SAMPLES).evaluation
    assert made.mistakes
    _, arrays, data = answers(tumours, "test")
    for mistake in made.mistakes:
        asked = data.processor.encode(mistake.words)["x"][0]
        # Six digits of a number that is then brought to a deviation of 1.
        assert asked == pytest.approx(arrays["x"][mistake.index], abs=2e-4)


def test_the_trivial_prediction_is_scikit_learns_dummy(run):
    tumours = run("cancer")
    made = evaluate(tumours, samples=SAMPLES).evaluation
    splits = tumours.recipe.data.load().splits
    dummy = DummyClassifier(strategy="prior").fit(splits["train"]["x"], splits["train"]["y"])
    y, guess = splits["test"]["y"], dummy.predict(splits["test"]["x"])
    assert made.trivial == "benign"
    assert made.scores["accuracy"].trivial == (guess == y).mean()
    assert made.scores["f1_macro"].trivial == pytest.approx(f1_score(y, guess, average="macro"))
    assert made.scores["auc"].trivial == 0.5
    surprise = -np.log(dummy.predict_proba(splits["test"]["x"])[np.arange(len(y)), y]).mean()
    assert made.scores["log_loss"].trivial == pytest.approx(surprise, abs=0.01)  # one example more a class


def test_a_class_that_a_split_lacks_counts_in_no_mean(run):
    own = run("three")
    made = evaluate(own, "validation", SAMPLES).evaluation
    assert made.labels == ("large", "rare", "small")
    rare = made.classes[1]
    assert rare.support == 0 and rare.recall.value is rare.auc.value is rare.f1.value is None
    logits, arrays, _ = answers(own, "validation")
    present = f1_score(arrays["y"], logits.argmax(1), labels=[0, 2], average="macro")
    assert made.scores["f1_macro"].value == pytest.approx(present)
    english = " ".join(note.en for note in made.notes)
    assert "No example of: rare" in english and "8 examples are few" in english and "flatter" in english
    told, folder = write(own, evaluate(own, "validation", SAMPLES))
    assert folder == own.path / "evaluation-validation" and "–" in (folder / "evaluation.html").read_text(
        "utf-8"
    )
    test = evaluate(own, "test", SAMPLES).evaluation
    assert test.classes[1].support == 1, "one example: a recall of nought or one, and what that says"
    low, high = test.classes[1].recall.low, test.classes[1].recall.high
    assert (low, high) in [(pytest.approx(0.025), 1.0), (0.0, pytest.approx(0.975))]


def test_a_split_of_one_class_has_no_area_and_no_threshold(run):
    own = run("two")
    made = evaluate(own, "validation", SAMPLES).evaluation
    assert made.scores["auc"].value is None and made.roc == () and made.threshold is None
    assert made.scores["accuracy"].value == 1.0
    assert made.scores["accuracy"].high == 1.0
    assert made.scores["accuracy"].low == pytest.approx(0.025 ** (1 / made.examples))
    write(own, evaluate(own, "validation", SAMPLES))
    assert evaluate(own, "test", SAMPLES).evaluation.threshold is None, "validation lacks the class to call"


def test_data_that_changed_since_is_told_of(run, trained):
    own = run("two")
    file = trained / "two.csv"
    before = file.read_text("utf-8")
    assert not any("changed" in note.en for note in evaluate(own, samples=20).evaluation.notes)
    try:
        table(file, {"common": 61, "rare": 3})
        assert any("changed" in note.en for note in evaluate(own, samples=20).evaluation.notes)
    finally:
        file.write_text(before, encoding="utf-8")


def test_a_regression_gets_errors_and_residuals(run):
    line = run("line-1")
    made, pixels, said_of_all = evaluate(line, samples=SAMPLES)
    said = scores_of(line)
    assert pixels is None and set(made.scores) == {"mae", "rmse", "r2"}
    assert made.scores["rmse"].value ** 2 == pytest.approx(said["loss"], rel=1e-4)
    assert made.scores["r2"].value == pytest.approx(said["r2"], rel=1e-4)
    assert all(score.low < score.value < score.high for score in made.scores.values())
    assert made.scores["rmse"].trivial > made.scores["rmse"].value
    assert max(abs(left) for _, left in made.residuals) == pytest.approx(
        abs(float(made.mistakes[0].true) - float(made.mistakes[0].said)), abs=1e-5
    )
    assert made.mistakes[0].words.startswith("x=")
    assert any("synthetic" in note.en for note in made.notes)
    told, folder = write(line, Made(made, pixels, said_of_all))
    assert told.pictures == ("residuals.svg",) and (folder / "residuals.svg").is_file()


def test_a_run_without_a_model_and_one_that_is_gone(run):
    line = run("line-1")
    made = evaluate(line, samples=20)
    shutil.rmtree(line.path / "model")
    with pytest.raises(JinjieError, match="no model yet"):
        evaluate(line)
    shutil.rmtree(line.path)
    with pytest.raises(RunGone):
        write(line, made)


def test_a_model_that_answers_with_no_numbers_is_refused(run):
    from safetensors.torch import load_file, save_file

    line = run("line-1")
    file = line.path / "model" / "model.safetensors"
    save_file({name: weight * float("nan") for name, weight in load_file(file).items()}, file)
    with pytest.raises(JinjieError, match="20 of 20"):
        evaluate(line)


def test_the_area_under_the_stairs_is_the_average_precision():
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 90)
    score = np.round(y + generator.normal(size=90), 1)
    precision, recall, _ = precision_recall_curve(y, score)
    drawn = stairs(curve("", recall[::-1], precision[::-1], 0.0))
    below = np.sum(np.diff(drawn.x) * np.array(drawn.y[1:]))
    assert below == pytest.approx(average_precision_score(y, score), abs=1e-12)
    many = np.sort(generator.random(50_000))
    thin = curve("", many, many, 0.5)
    assert len(thin.x) <= 202 and max(np.diff(thin.x)) < 0.011, "no gap that can be seen"


def test_predictions_are_asked_in_the_order_of_the_split(run):
    """Batches of 1,000: an index must count over all of them."""
    digits = run("mnist-mlp")
    made = evaluate(digits, samples=20).evaluation
    assert max(m.index for m in made.mistakes) > 1000 > min(m.index for m in made.mistakes)
    logits, arrays, _ = answers(digits, "test")
    assert made.confusion == tuple(
        map(
            tuple,
            np.histogram2d(arrays["y"], measures.predictions(logits, arrays["y"]).guess, bins=np.arange(11))[
                0
            ].astype(int),
        )
    )
