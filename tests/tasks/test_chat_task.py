"""Answering in turn: what is scored, and a model that is taught, merged, exported and talked to, in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch.nn import functional as F

from jinjie import recipes
from jinjie.base.errors import InvalidInput
from jinjie.data import dialogues
from jinjie.data.packing import Dialogues
from jinjie.decoding.chat import open_form
from jinjie.decoding.conversation import Conversation
from jinjie.decoding.sampling import Sampling
from jinjie.models.adapters import Adapted
from jinjie.tasks import chat
from jinjie.tasks.task import Step
from jinjie.training import begin, finished, loop
from jinjie.training.events import Writer, read
from jinjie.training.export import export
from jinjie.training.networks import Networks

QUICK = {
    "data.languages": "en",
    "budget.steps": 12,
    "budget.batch": 2,
    "budget.evaluate_every": 12,
    "budget.evaluate_batches": 1,
    "task.asked": 4,
    "task.answer_tokens": 20,
    "precision": "fp32",
    "tuning.body": "lora",
    "optimizer.lr": 5e-3,
}


@pytest.fixture(scope="module")
def taught(data_home: Path, tmp_path_factory: pytest.TempPathFactory) -> loop.Session:
    """`gpt-chat` in small, through LoRA, as a launch and a worker would run it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        torch.set_num_threads(1)
        folder = tmp_path_factory.mktemp("run")
        recipe, start = begin.begun(recipes.find("gpt-chat").changed(QUICK))
        assert start is not None
        recipe = begin.with_tokenizer(recipe, start, folder)
        (folder / "checkpoints").mkdir()
        data = recipe.data.load(None)
        networks = Networks(recipe, data.facts, "fp32", "cpu")
        versions = {"torch": torch.__version__, "threads": 1, "precision": "fp32", "device": "cpu"}
        session = loop.Session(
            folder,
            recipe,
            data,
            recipe.task.build(),
            networks,
            Writer(folder / "events.jsonl"),
            versions,
            lambda: False,
        )
        assert loop.train(session)
        return session


def test_the_loss_is_the_assistants_alone(taught: loop.Session) -> None:
    """By hand, one conversation at a time, which also says that windows keep conversations apart."""
    data, network = cast(Dialogues, taught.data), taught.networks.models["model"]
    network.eval()
    arrays = {name: torch.from_numpy(values[:1]) for name, values in data.splits["test"].arrays.items()}
    nats, count = 0.0, 0
    for number in range(int(arrays["documents"].max()) + 1):
        inside = arrays["documents"][0] == number
        x, y = arrays["x"][0, inside], arrays["y"][0, inside]
        if (y == -100).all():
            continue  # the rest of the window
        with torch.no_grad():
            logits = network(x[None])[0]
        nats += float(F.cross_entropy(logits, y, ignore_index=-100, reduction="sum"))
        count += int((y != -100).sum())
    (update,) = taught.task.updates(taught.networks.models, arrays, Step(0, 0))
    # sums of some hundred places in another order, in fp32
    assert float(update.loss.detach()) == pytest.approx(nats / count, rel=1e-5)


def test_it_learns_and_says_how_much_is_in_form(taught: loop.Session) -> None:
    looks = [e["metrics"] for e in read(taught.run / "events.jsonl") if e["type"] == "evaluated"]
    assert looks[1]["loss"] < looks[0]["loss"] - 0.5
    assert all(0 <= look["in_form"] <= 1 for look in looks) and looks[0]["in_form"] == 0
    train = [e["train"] for e in read(taught.run / "events.jsonl") if "train" in e]
    assert "in_form" not in train[0]
    samples = [e["text"] for e in read(taught.run / "events.jsonl") if e["type"] == "sample"]
    assert samples[0].startswith("Hello, how are you?\n") and len(samples) == 4


def test_what_is_kept_is_merged_and_is_what_was_applied(taught: loop.Session) -> None:
    network = taught.networks.models["model"].eval()
    assert any(isinstance(module, Adapted) for module in network.modules())
    model = finished.open_finished(taught.run / "model")
    assert not any("lora" in name for name in model.network.state_dict())
    ids = torch.tensor([cast(Any, model.processor).form.ids([{"role": "user", "content": "Who?"}])])
    with torch.no_grad():
        # 1e-5 of scores of size 10: W + BA is added up in another order than xW + xBA
        torch.testing.assert_close(model.network(ids), network(ids), atol=1e-4, rtol=1e-5)


def test_it_is_talked_to_in_its_form_here_and_elsewhere(taught: loop.Session, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    target = tmp_path / "exported"
    export(taught.run / "model", target)
    turns = [{"role": "user", "content": "What is a robot?"}]
    asked = taught.data.processor.form.ids(turns)  # type: ignore[attr-defined]
    for folder in (taught.run / "model", target):
        model = finished.open_finished(folder)
        form = open_form(folder, finished.text_processor(model))
        assert form.taught and form.ids(turns) == asked
        talk = Conversation(
            model.network, finished.text_processor(model), form, Sampling(max_tokens=20, seed=0)
        )
        assert "".join(talk.answer("What is a robot?")) == talk.turns[-1]["content"]
        theirs = transformers.AutoTokenizer.from_pretrained(folder)
        assert list(theirs.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)) == asked
    network = transformers.AutoModelForCausalLM.from_pretrained(target, dtype=torch.float32).eval()
    with torch.no_grad():
        ids = torch.tensor([asked])
        torch.testing.assert_close(model.network(ids), network(ids).logits, atol=1e-4, rtol=1e-5)


def test_a_run_goes_on_from_a_chat_model_in_its_own_template(taught: loop.Session, tmp_path: Path) -> None:
    file = taught.run / "model" / "chat_template.jinja"
    kept = file.read_text()
    try:
        file.write_text(kept.replace("User:", "Human:"))
        recipe, start = begin.begun(recipes.find("gpt-chat").changed({"start": str(taught.run / "model")}))
        assert start is not None
        recipe = begin.with_tokenizer(recipe, start, tmp_path)
        data = cast(Dialogues, recipe.data.load(None))
        assert "Human:" in data.processor.template
        assert "Human:\n" in data.processor.text(data.splits["train"].arrays["x"][0].tolist())
    finally:
        file.write_text(kept)


def test_a_start_that_sees_less_is_said_before_the_run() -> None:
    with pytest.raises(InvalidInput, match=r"'poems' sees at once: set data.block=128"):
        begin.begun(recipes.find("gpt-chat").changed({"start": "poems"}))


def test_own_conversations_are_in_form_when_they_end(taught: loop.Session) -> None:
    """Of a user's own answers nothing is known but that they come to an end."""

    class Own(Dialogues):
        formed = False

    data = cast(Dialogues, taught.data)
    task = chat.Chat(chat.Config(asked=8, answer_tokens=20))
    models = {"model": finished.open_finished(taught.run / "model").network}
    own = Own(data.splits, data.questions, data.about, data.processor, data.facts, formed=False)
    with torch.no_grad():
        strict = task.metrics(models, data, "test", 1)["in_form"]
        loose = task.metrics(models, own, "test", 1)["in_form"]
    assert loose >= strict


def test_predict_answers(taught: loop.Session) -> None:
    model = finished.open_finished(taught.run / "model")
    assert isinstance(model.task, chat.Chat)
    said = model.task.predict({"model": model.network}, model.processor, "Hello")
    assert said.words == said.values["text"] and isinstance(said.values["ended"], bool)


def test_the_kind_is_found_by_name() -> None:
    assert isinstance(recipes.find("gpt-chat").data, dialogues.Config)
