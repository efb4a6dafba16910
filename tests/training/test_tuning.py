"""What moves and how fast: frozen bodies, LoRA, layer-wise rates; and runs that begin from weights that are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from toys import small

from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.data.tokenization.bpe import BPE, train_bpe
from jinjie.models import bert, gpt, mlp
from jinjie.models.folder import open_model, save_model
from jinjie.tasks.task import Update
from jinjie.training import begin, checkpoint
from jinjie.training.launch import create
from jinjie.training.networks import Networks
from jinjie.training.optim import AdamW, Muon
from jinjie.training.recipe import Recipe
from jinjie.training.tuning import Tuning

BODY = bert.Config(vocabulary=20, block=8, layers=2, width=16, heads=2, types=2, dropout=0.0)
TEXTS = BODY.model_copy(update={"masked": False, "pooler": True, "head": "text", "outputs": 3})


def recipe(model: Any = TEXTS, **changes: Any) -> Recipe:
    return small().model_copy(
        update={"model": model, "optimizer": AdamW(lr=0.1, weight_decay=0.0), **changes}
    )


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """A BERT with the head for masked tokens."""
    torch.manual_seed(3)
    save_model(BODY.build(), BODY, tmp_path / "start")
    return tmp_path / "start"


def step(networks: Networks) -> dict[str, float]:
    """How far each weight of a text classifier went in one step."""
    before = {name: tensor.clone() for name, tensor in networks.weights("model").items()}
    network: Any = networks.models["model"]
    zeros = torch.zeros(2, 4, dtype=torch.int64)
    scores = network.scores(torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]]), zeros, zeros)
    loss = torch.nn.functional.cross_entropy(scores.float(), torch.tensor([0, 2]))
    networks.backward(Update(loss), 1.0)
    networks.step("model", 1.0)
    after = networks.weights("model")
    return {name: float((after[name] - tensor).abs().max()) for name, tensor in before.items()}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_body_is_the_starts_and_the_head_is_new(start: Path, precision: Any) -> None:
    networks = Networks(recipe(start=str(start)), {}, precision, "cpu")
    fresh = Networks(recipe(), {}, precision, "cpu")
    theirs = open_model(start)[1].state_dict()
    found = networks.weights("model")
    for name, tensor in found.items():
        if name.startswith(("head.", "pooler.")):
            assert torch.equal(tensor, fresh.weights("model")[name]), "heads begin by the seed"
        else:
            assert torch.equal(tensor, theirs[name]), name
    assert not any(name.startswith("masked.") for name in found)


def test_a_run_that_goes_on_needs_its_start_no_more(start: Path, tmp_path: Path) -> None:
    made = recipe(start=str(start), tuning=Tuning(body="lora", rank=2))
    networks = Networks(made, {}, "bf16", "cpu")
    step(networks)
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    checkpoint.save(tmp_path / "run", networks, 1, {"best": None}, 2)
    again = Networks(made.model_copy(update={"start": "no such thing"}), {}, "bf16", "cpu", begin=False)
    found = checkpoint.newest(tmp_path / "run")
    assert found is not None
    checkpoint.restore(found, again)
    assert step(again) == step(networks), "bit for bit, the optimiser's moments too"


def test_what_does_not_fit_is_named(start: Path) -> None:
    wide = TEXTS.model_copy(update={"width": 32})
    with pytest.raises(JinjieError, match="do not fit the model 'model'"):
        Networks(recipe(wide, start=str(start)), {}, "fp32", "cpu")


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_frozen(start: Path, precision: Any) -> None:
    """Heads move, the body has the same bits."""
    moved = step(Networks(recipe(start=str(start), tuning=Tuning(body="frozen")), {}, precision, "cpu"))
    assert {name.partition(".")[0] for name, far in moved.items() if far} == {"pooler", "head"}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_lora(start: Path, precision: Any) -> None:
    """The thin matrices and the heads move; what is finished has no adapters and says the same."""
    networks = Networks(recipe(start=str(start), tuning=Tuning(body="lora", rank=2)), {}, precision, "cpu")
    moved = step(networks)  # B alone: A's gradient is 0 while B is
    assert {name.rpartition(".")[2] for name, far in moved.items() if far and "blocks" in name} == {"lora_up"}
    moved = step(networks)
    tuned = {name for name, far in moved.items() if far}
    assert tuned == {n for n in moved if n.startswith(("pooler.", "head.")) or ".lora_" in n}
    finished = networks.finished("model")
    assert set(finished) == set(TEXTS.build().state_dict())
    assert not torch.equal(finished["blocks.0.up.weight"], networks.weights("model")["blocks.0.up.weight"])
    if precision == "fp32":
        plain = TEXTS.build().eval()
        plain.load_state_dict(finished)
        networks.train(False)
        x = torch.tensor([[1, 2, 3, 4]])
        with torch.no_grad():
            assert (plain.scores(x) - networks.models["model"].scores(x)).abs().max() < 1e-5  # type: ignore[operator]


def test_layers_have_rates_of_their_own(start: Path) -> None:
    """AdamW's first step is as long as its rate, whatever the gradient: 0.1 for heads, then a half each layer down."""
    made = recipe(start=str(start), tuning=Tuning(layer_decay=0.5))
    moved = step(Networks(made, {}, "fp32", "cpu"))
    expected = {
        "head.weight": 0.1,
        "pooler.weight": 0.1,
        "blocks.1.up.weight": 0.05,
        "blocks.0.up.weight": 0.025,
    }
    expected |= {"embed.weight": 0.0125, "norm.bias": 0.0125, "positions.weight": 0.0125}
    for name, far in expected.items():
        assert moved[name] == pytest.approx(far, rel=1e-3), name


def test_a_table_has_a_rate_of_its_own(start: Path) -> None:
    model = TEXTS.model_copy(update={"table": 64})
    for decay in (1.0, 0.5):
        made = recipe(model, start=str(start), tuning=Tuning(layer_decay=decay, table_rate=5))
        moved = step(Networks(made, {}, "fp32", "cpu"))
        assert moved["table.votes.weight"] == pytest.approx(0.5, rel=1e-3)
        assert moved["head.weight"] == pytest.approx(0.1, rel=1e-3)
    frozen = step(Networks(recipe(model, start=str(start), tuning=Tuning(body="frozen")), {}, "fp32", "cpu"))
    assert {name for name, far in frozen.items() if far} >= {"table.votes.weight", "head.weight"}
    assert not frozen["blocks.0.up.weight"]


def test_the_schedule_multiplies_them_all(start: Path) -> None:
    networks = Networks(recipe(start=str(start), tuning=Tuning(layer_decay=0.5)), {}, "fp32", "cpu")
    for optimizer in networks.optimizers["model"]:
        for group in optimizer.param_groups:
            assert group["base_lr"] in (0.1, 0.05, 0.025, 0.0125)
    step(networks)
    assert all(g["lr"] == g["base_lr"] for o in networks.optimizers["model"] for g in o.param_groups)


def test_gpts_last_norm_stands_above_the_blocks() -> None:
    config = gpt.Config(vocabulary=9, block=4, layers=1, width=8, heads=2)
    made = recipe(config, optimizer=Muon(), tuning=Tuning(layer_decay=0.5))
    networks = Networks(made, {}, "fp32", "cpu")
    rates = {
        name: group["base_lr"] / group["lr"]
        for optimizer in networks.optimizers["model"]
        for group in optimizer.param_groups
        for name, weight in networks.masters["model"].items()
        if any(weight is p for p in group["params"])
    }
    assert (rates["norm.weight"], rates["blocks.0.norm1.weight"], rates["embed.weight"]) == (1, 0.5, 0.25)


def test_settings_that_a_model_has_no_parts_for() -> None:
    line = mlp.Config(inputs=1, outputs=1, hidden=(2,))
    for tuning, where in (
        (Tuning(body="lora"), "tuning.body"),
        (Tuning(layer_decay=0.5), "tuning.layer_decay"),
    ):
        with pytest.raises(InvalidInput) as caught:
            Networks(recipe(line, tuning=tuning), {}, "fp32", "cpu")
        assert [p.where for p in caught.value.problems] == [where]
    with pytest.raises(InvalidInput, match="no head of its own"):
        small_gpt = gpt.Config(vocabulary=9, block=4, layers=1, width=8, heads=2)
        Networks(recipe(small_gpt, tuning=Tuning(body="frozen")), {}, "fp32", "cpu")


def test_a_recipe_takes_its_starts_shape(start: Path) -> None:
    """The body's sizes are the start's; heads, dropout and classes stay the recipe's."""
    asked = TEXTS.model_copy(
        update={"layers": 9, "width": 999, "heads": 9, "vocabulary": None, "dropout": 0.3}
    )
    made, folder = begin.begun(recipe(asked, start=str(start)))
    assert folder == start
    assert made.model == TEXTS.model_copy(update={"dropout": 0.3})
    assert made.start == str(start)
    with pytest.raises(InvalidInput, match="kind 'bert' does not fit a model of kind 'gpt'"):
        begin.begun(recipe(gpt.Config(), start=str(start)))
    with pytest.raises(InvalidInput, match="to begin from"):
        begin.begun(recipe(start="no-such-run"))
    assert begin.begun(recipe()) == (recipe(), None)


def test_the_tokenizer_travels_with_the_run(start: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """The start may be deleted: the run's recipe names its own copy of the tokenizer."""
    monkeypatch.setenv("JINJIE_HOME", str(tmp_path / "home"))
    train_bpe(BPE(size=258), ["one two three"] * 3).save(start)
    corpus = tmp_path / "text.txt"
    corpus.write_text("one two three\n" * 50)
    made = small().model_copy(update={"model": BODY, "start": str(start)})
    text = {"data.kind": "corpus", "data.path": str(corpus), "data.block": 8, "task.kind": "language"}
    made = made.changed(text)
    run = create(made)
    told = json.loads((run.path / "recipe.json").read_text())["recipe"]
    assert told["data"]["tokenizer"] == str(run.path / "tokenizer")
    assert (run.path / "tokenizer" / "tokenizer.json").is_file()
    assert told["model"]["width"] == BODY.width
