"""entities-zh and answers in small, on texts of one's own, and from one's own pre-training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from test_recipes import last, trained

from jinjie import recipes
from jinjie.data.tokenization.train import WordPiece, train_wordpiece
from jinjie.models import bert
from jinjie.models.folder import open_model
from jinjie.training import finished
from jinjie.training.launch import create
from jinjie.training.networks import Networks

SENTENCES = [("张三", "PER", "在"), ("北京", "LOC", "有"), ("李四", "PER", "到")]


@pytest.fixture
def names(tmp_path: Path) -> Path:
    lines = []
    for i in range(90):
        name, kind, verb = SENTENCES[i % 3]
        lines += [f"{name[0]} B-{kind}", f"{name[1]} I-{kind}", f"{verb} O"]
        lines += [f"{character} O" for character in f"第{i}次"] + [""]
    (tmp_path / "own.conll").write_text("\n".join(lines) + "\n", "utf-8")
    return tmp_path / "own.conll"


@pytest.fixture
def pretrained(tmp_path: Path) -> Path:
    """A BERT as one's own pre-training leaves it: a head for gaps, one for next sentences, and a tokenizer."""
    folder = tmp_path / "pretrained"
    folder.mkdir()
    words = train_wordpiece(WordPiece(size=200), ["张三在北京有李四到第次0123456789"] * 4)
    config = bert.Config(
        vocabulary=words.vocabulary,
        block=32,
        layers=1,
        width=32,
        heads=2,
        masked=True,
        pooler=True,
        next_sentence=True,
    )
    torch.manual_seed(1)
    finished.write(folder, config.build().state_dict(), config, words)
    return folder


def test_names_from_ones_own_pre_training(
    names: Path, pretrained: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    """The body and the tokenizer are the start's, the head is the tagger's; it learns, and its folder answers."""
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "home"))
    changes = {
        "data.path": str(names),
        "data.block": 32,
        "start": str(pretrained),
        "budget.steps": 80,
        "budget.evaluate_every": 80,
        "optimizer.lr": 5e-3,
        "schedule.warmup": 5,
        "model.dropout": 0.0,
    }
    run = create(recipes.find("entities-zh").changed(changes))
    recipe = run.recipe
    config: Any = recipe.model
    assert (config.width, config.layers, config.head, config.masked, config.positions) == (
        32,
        1,
        "tokens",
        False,
        "learned",
    )
    networks = Networks(recipe, recipe.data.load(None).facts, "fp32", "cpu")
    theirs = open_model(pretrained)[1].state_dict()
    assert torch.equal(networks.weights("model")["embed.weight"], theirs["embed.weight"])
    trained(recipe, run.path)
    assert last(run.path, "test")["f1"] > 0.9
    model = finished.open_finished(run.path / "model")
    (said,) = model.task.predict_all({"model": model.network}, model.processor, ["李四在北京"])
    assert [(one["text"], one["kind"]) for one in said.values["entities"]][0] == ("李四", "PER")


def test_answers_from_a_file_of_ones_own(tmp_path: Path, pretrained: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "home"))
    rows = [
        {"question": "谁?", "context": f"{a}在{i}次", "answers": [{"text": a, "answer_start": 0}]}
        for i in range(60)
        for a in ("张三", "李四")
    ]
    (tmp_path / "own.jsonl").write_text(
        "\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8"
    )
    changes = {
        "data.path": str(tmp_path / "own.jsonl"),
        "data.language": "zh",
        "data.block": 32,
        "start": str(pretrained),
        "budget.steps": 40,
        "budget.epochs": None,
        "budget.evaluate_every": 40,
        "optimizer.lr": 1e-2,
        "tuning.body": "lora",
        "model.dropout": 0.0,
    }
    run = create(recipes.find("answers").changed(changes))
    trained(run.recipe, run.path)
    assert last(run.path, "test")["exact"] > 0.9
    assert (run.path / "model" / "adapters" / "adapter_model.safetensors").is_file()
