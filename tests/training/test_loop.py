"""One step and a whole run in this process: several models, accumulation, clipping, rates, the best model kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from toys import small

from jinjie.data.dataset import Dataset, Processor, Split
from jinjie.models import mlp
from jinjie.tasks.task import Batch, Models, Prediction, Step, Task, Update
from jinjie.training import checkpoint, loop
from jinjie.training.events import read
from jinjie.training.optim import SGD, Adam
from jinjie.training.recipe import Other
from jinjie.training.runs import Run

MLP = mlp.Config(hidden=(16,), dropout=0.3)


class Toy(Task):
    """What every task of these tests shares: a loss to look at."""

    def metrics(self, models: Models, data: Dataset, split: Split, limit: int | None) -> dict[str, float]:
        batch = next(data.batches(split, 100))
        predicted = models["model"](torch.from_numpy(batch["x"]).to(next(models["model"].parameters()).dtype))
        return {"loss": float((predicted.float() - torch.from_numpy(batch["y"])).square().mean())}

    def predict(self, models: Models, processor: Processor, text: str) -> Prediction:
        raise AssertionError("never asked here")


class Gan(Toy):
    """A generator of y given x against a discriminator that also sees x; as docs/decisions/0002-task.md writes it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, list[torch.Tensor], list[torch.Tensor]]] = []

    def _note(self, name: str, models: Models) -> None:
        self.seen.append((name, *(copied(models[m]) for m in ("model", "discriminator"))))

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        judge = nn.functional.binary_cross_entropy_with_logits
        noise = torch.randn(len(batch["x"]), 1, generator=step.generator("noise")).to(batch["x"].dtype)
        fake = models["model"](batch["x"] + 0.1 * noise)
        self._note("begin", models)
        real_score, fake_score = models["discriminator"](batch["y"]), models["discriminator"](fake.detach())
        yield Update(
            judge(real_score, torch.ones_like(real_score)) + judge(fake_score, torch.zeros_like(fake_score)),
            "discriminator",
        )
        self._note("discriminator moved", models)
        score = models["discriminator"](fake)
        yield Update(judge(score, torch.ones_like(score)), "model")
        self._note("generator moved", models)


class Distil(Toy):
    """A student after a frozen teacher with dropout, which must be silent."""

    def updates(self, models: Models, batch: Batch, step: Step) -> Iterator[Update]:
        with torch.no_grad():
            goal = models["teacher"](batch["x"])
            again = models["teacher"](batch["x"])
        assert torch.equal(goal, again)  # in evaluation mode: dropout would make them differ
        yield Update(
            (models["model"](batch["x"]) - goal).float().square().mean(), metrics={"goal": float(goal.mean())}
        )


def copied(network: nn.Module) -> list[torch.Tensor]:
    return [p.detach().clone() for p in network.parameters()]


def equal(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def gan(**changes: Any) -> Any:
    recipe = small(**changes)
    return recipe.model_copy(
        update={
            "model": MLP,
            "optimizer": Adam(lr=0.01),
            "others": {
                "discriminator": Other(model=mlp.Config(inputs=1, outputs=1, hidden=(8,), dropout=0.2))
            },
            "optimizers": {"discriminator": SGD(lr=0.05)},
        }
    )


def distil(**changes: Any) -> Any:
    teacher = Other(model=MLP, trainable=False)
    return small(**changes).model_copy(
        update={"model": MLP, "optimizer": Adam(lr=0.01), "others": {"teacher": teacher}}
    )


TWO_MODELS: dict[str, tuple[Callable[..., Any], type[Toy]]] = {"gan": (gan, Gan), "distil": (distil, Distil)}


def finished_bits(session: Any) -> Mapping[str, bytes]:
    folder = checkpoint._folders(session.run)[0]
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_two_optimisers_move_their_own_weights_in_turn(begin: Any) -> None:
    task = Gan()
    session = begin(gan(), task)
    loop.one_step(session, 4)
    (_, model, judge), (_, model1, judge1), (_, model2, judge2) = task.seen
    assert equal(model, model1) and not equal(judge, judge1)  # the second loss comes after the first step
    assert not equal(model1, model2) and equal(judge1, judge2)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_loss_leaves_no_gradient_where_it_has_no_right_to(begin: Any, precision: str) -> None:
    """The generator's loss passes through the discriminator: nothing of it may stay there for the next step."""
    session = begin(gan(budget__accumulate=2), Gan(), precision)
    for _ in range(2):
        loop.one_step(session, 4)
        session.step += 1
    networks = session.networks
    for name in networks.models:
        assert all(p.grad is None for p in networks.models[name].parameters())
        assert all(weight.grad is None for weight in networks.masters[name].values())


def test_a_frozen_model_never_moves(begin: Any) -> None:
    session = begin(distil(), Distil())
    teacher, student = copied(session.networks.models["teacher"]), copied(session.networks.models["model"])
    assert loop.train(session)
    assert equal(teacher, copied(session.networks.models["teacher"]))
    assert not equal(student, copied(session.networks.models["model"]))
    assert "teacher" not in session.networks.optimizers


def test_a_frozen_copy_begins_as_the_model(begin: Any) -> None:
    recipe = small().model_copy(
        update={"model": MLP, "others": {"reference": Other(model=MLP, trainable=False, start="model")}}
    )
    networks = begin(recipe).networks
    assert equal(copied(networks.models["model"]), copied(networks.models["reference"]))
    assert not networks.models["reference"].training


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("kind", TWO_MODELS)
def test_several_models_resume_with_the_same_bits(kind: str, precision: str, begin: Any) -> None:
    """train(4) equals train(2), another process's networks, restore, train(2): both models, both optimisers."""
    make, task = TWO_MODELS[kind]
    changes = {"budget.checkpoint_every": 2}
    whole = begin(make(**changes), task(), precision, "whole")
    assert loop.train(whole)

    half = begin(make(**changes), task(), precision, "half")
    half.stop_asked = lambda: half.step == 2
    assert not loop.train(half)
    rest = begin(make(**changes), task(), precision, "half")
    found = checkpoint.newest(rest.run)
    assert found is not None and found.step == 2
    checkpoint.restore(found, rest.networks)
    rest.step, rest.best = 2, found.state["best"]
    assert loop.train(rest)
    assert finished_bits(whole) == finished_bits(rest)


@pytest.mark.parametrize("pieces", [2, 4, 8])
def test_accumulation_gives_the_whole_batchs_gradient(pieces: int, begin: Any) -> None:
    """The mean over equal pieces is the mean over the batch: apart only by the order of fp32 additions (1e-6)."""
    norms = []
    for accumulate in (1, pieces):
        recipe = small(budget__accumulate=accumulate).model_copy(
            update={"model": mlp.Config(hidden=(16,), dropout=0.0)}
        )
        session = begin(recipe, name=f"run-{accumulate}")
        learned = loop.one_step(session, 4)["shown"]
        norms.append((learned["loss"], learned["norm"], copied(session.networks.models["model"])))
    (loss, norm, weights), (loss2, norm2, weights2) = norms
    assert loss2 == pytest.approx(loss, rel=1e-6)
    assert norm2 == pytest.approx(norm, rel=1e-5)
    for a, b in zip(weights, weights2, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_the_data_trims_each_part_of_a_batch(begin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of texts, a part is as wide as its own longest; how wide is the data's to know."""
    session = begin(small(budget__accumulate=2))
    seen: list[int] = []
    monkeypatch.setattr(session.data, "trimmed", lambda part: seen.append(len(part["x"])) or part)
    loop.one_step(session, 4)
    assert len(seen) == 2 and seen[0] == seen[1] > 0


def test_a_batch_that_cannot_be_cut_evenly_is_taken_whole() -> None:
    """Five examples in two unequal pieces would weigh examples differently."""
    five = {"x": np.arange(5)}
    assert loop.cut(five, 2) == [five]
    assert [len(piece["x"]) for piece in loop.cut({"x": np.arange(6)}, 3)] == [2, 2, 2]


def test_clipping_bounds_the_step(begin: Any) -> None:
    """SGD moves by lr·g: with the norm clipped to 0.01 the step is 0.01·lr long (fp32: 1e-5 relative)."""
    session = begin(small(budget__clip=0.01, optimizer__lr=1.0))
    before = copied(session.networks.models["model"])
    shown = loop.one_step(session, 4)["shown"]
    moved = torch.cat(
        [(a - b).flatten() for a, b in zip(before, copied(session.networks.models["model"]), strict=True)]
    )
    assert shown["norm"] > 0.01  # what is told is the gradient's, before clipping
    assert float(moved.norm()) == pytest.approx(0.01, rel=1e-4)


def test_bf16_keeps_what_its_weights_cannot_hold(begin: Any) -> None:
    """A step below bf16's resolution (2⁻⁸ of a weight): the masters hold it, the weights are their rounding."""
    session = begin(small(optimizer__lr=1e-5), precision="bf16")
    for _ in range(3):
        loop.one_step(session, 4)
        session.step += 1
    weights, masters = (
        session.networks.models["model"].head.weight,
        session.networks.masters["model"]["head.weight"],
    )
    assert masters.dtype == torch.float32 and weights.dtype == torch.bfloat16
    assert not torch.equal(masters, masters.bfloat16().float())
    assert torch.equal(weights, masters.bfloat16())


def test_the_rate_follows_the_schedule(begin: Any) -> None:
    session = begin(small(**{"schedule.kind": "linear", "budget.log_every": 1, "optimizer.lr": 0.1}))
    assert loop.train(session)
    rates = [event["lr"] for event in read(session.run / "events.jsonl") if event["type"] == "step"]
    assert rates == pytest.approx([0.1, 0.075, 0.05, 0.025])


def test_the_best_model_is_kept_and_scored_on_the_test_split(begin: Any) -> None:
    """A rate that makes it worse: the model of step 0 is the best, stays in the folder, and is the one scored."""
    recipe = small(**{"optimizer.lr": 3.0, "budget.evaluate_every": 1, "budget.steps": 3})
    session = begin(recipe)
    first = copied(session.networks.models["model"])
    assert loop.train(session)
    card = json.loads((session.run / "model" / "jinjie.json").read_bytes())
    kept = load_file(session.run / "model" / "model.safetensors")
    assert card["step"] == 0
    assert equal(first, [kept[n] for n, _ in session.networks.models["model"].named_parameters()])
    evaluated = [e for e in read(session.run / "events.jsonl") if e["type"] == "evaluated"]
    assert [e["split"] for e in evaluated] == ["validation"] * 4 + ["test"]
    assert card["test"] == evaluated[-1]["metrics"]
    assert evaluated[-1]["metrics"]["loss"] < evaluated[-2]["metrics"]["loss"]  # not the last weights' score


WORSE = {"optimizer.lr": 3.0, "budget.evaluate_every": 2, "budget.steps": 20, "budget.patience": 3}
"""A rate with which every evaluation is worse than the one before training."""


def test_patience_ends_a_run_that_gets_no_better(begin: Any) -> None:
    session = begin(small(**WORSE))
    assert loop.train(session)
    events = read(session.run / "events.jsonl")
    assert session.step == 6 and events[-1]["type"] == "finished" and events[-1]["early"] is True
    assert [e["step"] for e in events if e["type"] == "evaluated" and e["split"] == "validation"] == [
        0,
        2,
        4,
        6,
    ]
    assert [e["step"] for e in events if e["type"] == "checkpoint"][-1] == 6, (
        "the end is saved, wherever it falls"
    )

    patient = begin(small(**{**WORSE, "budget.patience": None}), name="run-2")
    assert loop.train(patient) and patient.step == 20
    assert read(patient.run / "events.jsonl")[-1]["early"] is False


def test_an_evaluation_with_a_better_score_renews_patience(begin: Any) -> None:
    better = small(
        **{"budget.evaluate_every": 1, "budget.steps": 12, "budget.patience": 1, "optimizer.lr": 0.02}
    )
    session = begin(better)
    assert loop.train(session)
    scores = [e["metrics"]["loss"] for e in read(session.run / "events.jsonl") if e["type"] == "evaluated"][
        :-1
    ]
    assert session.step == 12 and scores == sorted(scores, reverse=True)


def test_patience_is_not_renewed_by_a_resume(begin: Any) -> None:
    """Stopped after one vain evaluation: the resumed run grants the two that are left, not three."""
    session = begin(small(**WORSE))
    session.stop_asked = lambda: session.step == 3
    assert not loop.train(session)
    found = checkpoint.newest(session.run)
    assert found is not None and found.state["waited"] == 1


def test_a_stop_saves_once(begin: Any) -> None:
    """A stop right after a checkpoint need not write it again: replacing it would leave a moment without any."""
    session = begin(small(**{"budget.checkpoint_every": 2}))
    session.stop_asked = lambda: session.step == 2
    assert not loop.train(session)
    written = [e["step"] for e in read(session.run / "events.jsonl") if e["type"] == "checkpoint"]
    assert written == [2]
    assert Run(session.run).state() == "stopped"


def test_the_clock_counts_training_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    now = [100.0]
    monkeypatch.setattr(loop.time, "perf_counter", lambda: now[0])
    clock = loop.Clock(total=10, step=0)
    clock.count(20)
    now[0] += 2.0
    with clock.paused():
        now[0] += 8.0
    reading = clock.read(step=2)
    assert reading["rate"] == pytest.approx(10.0)  # 20 examples in the 2 seconds that were training
    assert reading["left"] == pytest.approx(40.0)  # pauses will come again: 5 s a step, 8 steps
