"""Evaluations of models that write: real runs on real text, small ones."""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jinjie import recipes
from jinjie.analyse.evaluate import evaluate
from jinjie.analyse.evaluate_texts import evaluate_model
from jinjie.analyse.evaluation import Evaluation, score_rows
from jinjie.analyse.evaluation_page import folder_for, write, write_to
from jinjie.analyse.ngrams import KneserNey, unigram_nats
from jinjie.analyse.texts import scoring
from jinjie.analyse.texts.evaluate import language
from jinjie.analyse.texts.examples import pieces
from jinjie.analyse.texts.sentences import level
from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.base.files import TEMPORARY
from jinjie.base.words import speaking
from jinjie.data import corpus
from jinjie.data.batching import Tokens
from jinjie.data.tokenization.characters import character_tokenizer, vocabulary_of
from jinjie.data.tokenization.processor import TokenProcessor
from jinjie.data.tokenization.train import BPE, train
from jinjie.models import gpt
from jinjie.tasks import language as task
from jinjie.training import launch, worker
from jinjie.training.finished import model_folder, open_finished
from jinjie.training.runs import find

QUICK = {
    "threads": 1,
    "precision": "fp32",
    "budget.steps": 60,
    "budget.evaluate_every": 1000,
    "budget.evaluate_batches": 1,
    "model.layers": 1,
    "model.width": 32,
    "model.heads": 2,
    "model.block": 32,
    "data.block": 32,
    "task.sample_tokens": 4,
}
SAMPLES = 50


def books(folder: Path) -> Path:
    """120 short documents in both languages, of a few words each: something a tiny model can learn."""
    draw = np.random.default_rng(0)
    words = ["the", "cat", "sees", "a", "dog", "and", "runs", "home", "fast", "now", "月", "山", "水"]
    lines = [" ".join(draw.choice(words, draw.integers(8, 60))) for _ in range(120)]
    file = folder / "books.txt"
    file.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, data_home: Path) -> Path:
    """A home with a run on characters without documents, and one on documents under byte-level BPE."""
    home = tmp_path_factory.mktemp("evaluated")
    wanted: dict[str, tuple[str, dict[str, Any]]] = {
        "plays": ("gpt-shakespeare", {}),
        "books": (
            "gpt-mix",
            {
                "data": {
                    "kind": "corpus",
                    "path": str(books(home)),
                    "documents": "blank-lines",
                    "vocabulary": 280,
                    "validation": 20,
                    "test": 25,
                    "block": 32,
                    "distinct": False,
                }
            },
        ),
    }
    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_HOME", str(home))
        patch.setenv("JINJIE_DATA", str(data_home))
        for name, (recipe, changes) in wanted.items():
            made = launch.create(recipes.find(recipe).changed({**changes, **QUICK}))
            assert worker.main(made.path) == 0
            made.path.rename(made.path.with_name(f"{name}-1"))
    for number, handler in heard.items():  # a worker listens for a stop
        signal.signal(number, handler)
    return home


@pytest.fixture
def run(trained: Path, home: Path) -> Any:
    def copy(name: str) -> Any:
        shutil.copytree(trained / "runs" / f"{name}-1", home / "runs" / f"{name}-1")
        return find(f"{name}-1")

    return copy


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("jinjie.analyse.texts.speed.SECONDS", 0.05)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def said(run: Any) -> dict[str, float]:
    return [e for e in run.events if e["type"] == "evaluated" and e["split"] == "test"][-1]["metrics"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["plays", "books"])
def test_scores_are_those_that_the_run_says_and_baselines_stand_beside(run: Any, name: str) -> None:
    made = evaluate(run(name), samples=SAMPLES).evaluation
    told = said(find(f"{name}-1"))
    # The run adds up means of batches in fp32.
    assert made.scores["loss"].value == pytest.approx(told["loss"], rel=1e-5)
    assert made.scores["perplexity"].value == pytest.approx(told["perplexity"], rel=1e-4)
    assert made.scores["bits_per_byte"].value == pytest.approx(told["bits_per_byte"], rel=1e-5)
    # A character that a batch's border cuts is counted twice there, and once here.
    assert made.scores["bits_per_character"].value == pytest.approx(told["bits_per_character"], rel=2e-3)
    assert made.scores["bits_per_token"].value == pytest.approx(told["loss"] / math.log(2), rel=1e-5)
    for score in made.scores.values():
        assert score.low is not None and score.high is not None and score.value is not None
        assert score.low < score.value < score.high
    loss = made.scores["loss"]
    data = find(f"{name}-1").recipe.data.load()
    train, test = ([b["y"][b["y"] != -100] for b in data.batches(split, 16)] for split in ("train", "test"))
    counted, asked = np.concatenate(train), np.concatenate(test)
    size = data.processor.vocabulary
    assert loss.trivial == pytest.approx(unigram_nats(counted, asked, size).mean(), rel=1e-9)
    before = next(iter(data.batches("test", 16)))["x"][0, 0]
    wanted = KneserNey(counted, 5, size).nats(np.append(before, asked))[1:].mean()
    assert loss.ngram == pytest.approx(wanted, rel=1e-9)
    assert made.scores["bits_per_byte"].ngram is not None
    assert made.scores["next_token"].trivial == pytest.approx((asked == np.bincount(counted).argmax()).mean())
    assert len(score_rows(made)[0]) == 5 and made.texts is not None
    assert made.texts.tokens == len(asked) and sum(b.count for b in made.bins) == len(asked)
    assert sum(place.count for place in made.texts.places) == len(asked)


def test_documents_are_the_units_where_there_are_some(run: Any) -> None:
    made = evaluate(run("books"), samples=SAMPLES)
    texts = made.evaluation.texts
    assert texts is not None and texts.documents
    data: Any = find("books-1").recipe.data.load()
    assert texts.units == data.documents["test"]
    assert texts.bytes == data.bytes["test"]
    for one in (*texts.best, *texts.worst):
        stream = data.streams["test"].tokens(0, data.count("test"))
        ends = [-1, *np.flatnonzero(stream == data.end).tolist()]
        ids = stream[ends[one.index] + 1 : ends[one.index + 1] + 1].tolist()
        assert one.tokens == len(ids) and "".join(text for text, _ in one.pieces) == data.processor.text(ids)
        assert sum(nats for _, nats in one.pieces) == pytest.approx(one.nats * one.tokens)
    best, worst = ([one.bits_per_byte for one in part] for part in (texts.best, texts.worst))
    assert best == sorted(best) and worst == sorted(worst, reverse=True) and best[-1] < worst[-1]
    assert len(made.answers.splitlines()) == texts.units + 1
    stretches = evaluate(run("plays"), samples=SAMPLES).evaluation.texts
    assert stretches is not None and not stretches.documents
    assert stretches.units == -(-stretches.tokens // 512)


def test_context_helps_and_the_window_begins_without_any(run: Any) -> None:
    texts = evaluate(run("books"), samples=SAMPLES).evaluation.texts
    assert texts is not None
    assert [place.first for place in texts.places] == [0, 1, 2, 4, 8, 16]
    assert texts.places[-1].last == 31 and texts.places[0].nats > texts.places[-1].nats


def test_what_it_writes_is_seeded_and_the_opening_is_the_texts_own(run: Any) -> None:
    made, again = (evaluate(one, samples=SAMPLES).evaluation for one in (run("plays"), find("plays-1")))
    assert made.texts is not None and again.texts is not None
    assert made.texts.written == again.texts.written and len(made.texts.written) == 3
    whole = find("plays-1").recipe.data.load()
    held = whole.processor.text(whole.streams["test"].tolist())  # type: ignore[attr-defined]
    for one in made.texts.written:
        assert one.opening + one.true in held and one.written and one.written != one.true
    same = {"texts"}
    assert made.model_dump(exclude=same) == again.model_dump(exclude=same)


def test_the_page_shows_it_in_both_languages_and_the_folder_is_whole(run: Any) -> None:
    told, folder = write(run("books"), evaluate(find("books-1"), samples=SAMPLES))
    assert {file.name for file in folder.iterdir()} == {
        "evaluation.json",
        "evaluation.html",
        "predictions.csv",
        "calibration.svg",
        "places.svg",
    }
    page = (folder / "evaluation.html").read_text("utf-8")
    for words in (
        "Generated, seed",
        "模型生成，种子",
        "perplexity",
        "困惑度",
        "5-gram",
        "5 元模型",
        "Best predicted",
    ):
        assert words in page
    assert 'class="h7"' in page or 'class="h6"' in page
    assert "style=" not in page.partition("</style>")[2].replace("<style", ""), "colours are classes"
    assert Evaluation.model_validate_json((folder / "evaluation.json").read_bytes()) == told
    assert told.texts is not None and told.texts.speed is not None
    assert told.texts.speed.read > 0 and (told.texts.speed.written or 0) > 0
    config: Any = open_finished(find("books-1").path / "model").config
    assert told.texts.speed.cache == 2 * config.layers * config.width * 4
    assert told.texts.speed.weights == config.parameters() * 4


def test_an_interrupted_evaluation_leaves_no_half_folder(run: Any) -> None:
    folder = run("plays").path
    process = subprocess.Popen(
        [sys.executable, "-m", "jinjie", "evaluate", "plays-1", "--samples", "1000000"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) != 0
    assert not (folder / "evaluation").exists()
    assert not [file for file in Path(folder).iterdir() if TEMPORARY in file.name]


def test_the_packaged_model_is_no_run_and_has_its_own_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jinjie.analyse.texts.evaluate.most_tokens", lambda _: 8192)
    made = evaluate_model("poems", model_folder("poems"), samples=SAMPLES)
    card = open_finished(model_folder("poems")).card
    # A part of the split; the mean of all of it agrees to four digits (it was noted in bf16).
    assert made.evaluation.scores["loss"].value == pytest.approx(card["test"]["loss"], rel=0.02)
    assert any("tokens of 38,075" in note.en for note in made.evaluation.notes)
    assert made.evaluation.texts is not None
    assert [one.language for one in made.evaluation.texts.benchmarks] == ["zh"]
    folder = folder_for("poems")
    folder.parent.mkdir(parents=True)
    told, written = write_to(folder, made)
    assert written == folder and (folder / "evaluation.html").is_file() and told.run == "poems"
    assert folder_for("owner/name@main").name == "name@main"
    assert folder_for("runs/gpt-1/model/").name == "gpt-1"
    assert folder_for("../..").parent == folder.parent


def test_a_model_without_data_is_asked_about_text_that_is_there(run: Any, tmp_path: Path) -> None:
    """A folder without jinjie.json, as one made elsewhere: Shakespeare by default, or a file of one's own."""
    folder = tmp_path / "elsewhere"
    shutil.copytree(run("books").path / "model", folder)
    (folder / "jinjie.json").unlink()
    made = evaluate_model("elsewhere", folder, samples=SAMPLES).evaluation
    assert made.texts is not None and made.texts.documents and made.scores["loss"].ngram is not None
    with speaking("en"):
        assert "Shakespeare" in made.data.en and any("may be in it" in note.en for note in made.notes)
    mine = tmp_path / "mine.txt"
    mine.write_text("The cat sees a dog. 月山水。\n" * 200, encoding="utf-8")
    own = evaluate_model("elsewhere", folder, str(mine), samples=SAMPLES).evaluation
    assert own.texts is not None and own.texts.bytes == mine.stat().st_size
    assert own.scores["loss"].trivial is None and own.scores["loss"].ngram is None
    with pytest.raises(InvalidInput, match="mine2"):
        evaluate_model("elsewhere", folder, str(tmp_path / "mine2.txt"), samples=SAMPLES)
    letters = run("plays").path / "model"
    with pytest.raises(InvalidInput):  # letters it lacks
        evaluate_model("plays-1", letters, str(mine), samples=SAMPLES)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(JinjieError, match="tokenizer"):
        evaluate_model("elsewhere", folder, samples=SAMPLES)


def stream(count: int, block: int) -> Tokens:
    letters = "abcdefgh"
    draw = np.random.default_rng(0)
    made = {s: draw.integers(1, 9, n) for s, n in (("train", 400), ("validation", 40), ("test", count))}
    processor = TokenProcessor(character_tokenizer(vocabulary_of(letters)), start="a")
    return Tokens(made, block, corpus.Config(path=".").about(), processor, {"block": block})  # type: ignore[arg-type]


def tiny(block: int) -> gpt.GPT:
    torch.manual_seed(0)
    return gpt.Config(vocabulary=9, block=block, layers=1, width=8, heads=1, dropout=0.0).build().eval()  # type: ignore[return-value]


def test_a_split_shorter_than_a_window_is_scored_and_one_without_a_pair_is_refused() -> None:
    network = tiny(32)
    values, _ = language(network, task.Config().build(), stream(20, 32), "test", SAMPLES, 0)
    assert values["texts"].tokens == 19 and values["scores"]["loss"].low is None
    with pytest.raises(JinjieError, match="none of which can be predicted"):
        scoring.score(network, stream(1, 32), "test")
    with torch.no_grad():
        network.norm.weight.fill_(float("nan"))
    with pytest.raises(JinjieError, match="no number"):
        scoring.score(network, stream(20, 32), "test")


def test_a_long_split_is_scored_in_parts_that_are_spread() -> None:
    network, data = tiny(8), stream(5000, 8)
    whole, part = (scoring.score(network, data, "test", most) for most in (10_000, 1000))
    assert len(whole.nats) == 4992 and len(part.nats) == 7 * 128
    assert len(part.runs) == 7 and len(whole.runs) == 1
    for first, before in part.runs:
        place = np.flatnonzero(
            (
                np.lib.stride_tricks.sliding_window_view(whole.targets, 20)
                == part.targets[first : first + 20]
            ).all(1)
        )
        assert len(place) == 1 and before == data.streams["test"][place[0]]
        assert part.nats[first : first + 20] == pytest.approx(whole.nats[place[0] : place[0] + 20], abs=1e-5)
    assert scoring.most_tokens(1_000_000) == 200_000 and 4096 < scoring.most_tokens(124_000_000) < 10_000


def test_tokens_that_are_parts_of_a_character_are_one_piece() -> None:
    learned = train(BPE(size=258), ["the month is 月"])
    assert len(learned.ids("月")) == 3
    ids = learned.ids("a月b")
    assert pieces(learned, ids, [1.0, 2.0, 0.5, 0.25, 4.0]) == (("a", 1.0), ("月", 2.75), ("b", 4.0))
    half = pieces(learned, ids[:3], [1.0, 2.0, 0.5])  # the text ends within the character
    assert half == (("a", 1.0), ("\N{REPLACEMENT CHARACTER}", 2.5))
    assert [level(bits * math.log(2)) for bits in (0.1, 0.5, 3.0, 11.5)] == [0, 1, 3, 7]
