"""Preferences: the loss by hand, what moves, pairs that a model writes, and a run of it in seconds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from jinjie import recipes
from jinjie.analyse.estimate import estimate
from jinjie.analyse.evidence import Evidence, Look
from jinjie.analyse.rules.finding import Finding
from jinjie.analyse.rules.fit import unfinished
from jinjie.base.errors import InvalidInput, JinjieError
from jinjie.data import pairs_of_answers
from jinjie.data.answer_pairs import AnswerPairs, Rows
from jinjie.data.poem_form import keeps, lines_of
from jinjie.models import gpt
from jinjie.scratch.language.preference import dpo_loss, dpo_loss_gradient
from jinjie.tasks import prefer
from jinjie.tasks.language import IGNORED
from jinjie.tasks.task import Step
from jinjie.training import answers, begin, finished, loop
from jinjie.training.events import Writer, read
from jinjie.training.networks import Networks

SHAPE = gpt.Config(vocabulary=11, block=16, layers=2, heads=2, width=8)
BETA = 0.3
PAIRS = [
    ([1, 2, 3], [4, 5, 6, 7], [8, 9]),
    ([3], [1], [2, 2, 2, 2, 2]),
    ([5, 5], [6, 10], [10, 6, 0]),
]
QUICK = {
    "data.pairs": 8,
    "budget.steps": 6,
    "budget.batch": 4,
    "budget.evaluate_every": 6,
    "budget.evaluate_batches": 1,
    "task.asked": 4,
    "task.sample_tokens": 70,
    "task.prompts": [],
    "optimizer.lr": 3e-4,
    "precision": "fp32",
}


def networks() -> tuple[Any, Any]:
    torch.manual_seed(0)
    return SHAPE.build().eval(), SHAPE.build().eval()


def batch(pairs: Any = PAIRS) -> dict[str, torch.Tensor]:
    rows = Rows.of([[(prompt, chosen), (prompt, rejected)] for prompt, chosen, rejected in pairs])
    return {name: torch.from_numpy(values) for name, values in rows.batch(slice(None)).items()}


def by_hand(network: Any, prompt: list[int], answer: list[int]) -> float:
    """ln p of an answer, token by token: each from all that stands before it."""
    whole, nats = [*prompt, *answer], 0.0
    for place in range(len(prompt), len(whole)):
        with torch.no_grad():
            scores = network(torch.tensor([whole[:place]]))[0, -1]
        nats += float(scores.log_softmax(-1)[whole[place]])
    return nats


def test_the_loss_is_equation_7_by_hand() -> None:
    network, reference = networks()
    numbers = np.array(
        [
            [by_hand(one, prompt, answer) for prompt, *two in PAIRS for answer in two]
            for one in (network, reference)
        ]
    )
    chosen, rejected = numbers[0, ::2], numbers[0, 1::2]
    before_chosen, before_rejected = numbers[1, ::2], numbers[1, 1::2]
    task = prefer.Config(beta=BETA).build()
    (update,) = task.updates({"model": network, "reference": reference}, batch(), Step(0, 0))
    expected = dpo_loss(chosen, rejected, before_chosen, before_rejected, BETA)
    # as trl writes it
    trl = -F.logsigmoid(BETA * torch.tensor((chosen - before_chosen) - (rejected - before_rejected))).mean()
    assert float(trl) == pytest.approx(expected, rel=1e-12)
    # sums of a dozen numbers of size 2 in fp32
    assert float(update.loss.detach()) == pytest.approx(expected, rel=1e-5)
    margin = (chosen - before_chosen) - (rejected - before_rejected)
    assert update.metrics["margin"] == pytest.approx(BETA * margin.mean(), rel=1e-4, abs=1e-6)
    assert update.metrics["accuracy"] == pytest.approx((margin > 0).mean())


def test_where_model_and_reference_are_one_nothing_is_preferred() -> None:
    network, _ = networks()
    margin = prefer.margins(network, network, batch())
    assert margin.tolist() == [0.0, 0.0, 0.0]
    assert float(prefer.dpo(margin, BETA).detach()) == pytest.approx(math.log(2))


def test_swapped_answers_turn_the_margin() -> None:
    network, reference = networks()
    there = prefer.margins(network, reference, batch())
    back = prefer.margins(network, reference, batch([(p, r, c) for p, c, r in PAIRS]))
    torch.testing.assert_close(there, -back)
    assert there.abs().min() > 1e-3


def test_the_gradient_goes_into_the_model_alone_and_up_the_chosen() -> None:
    network, reference = networks()
    task = prefer.Config(beta=BETA).build()
    (update,) = task.updates({"model": network, "reference": reference}, batch(), Step(0, 0))
    update.loss.backward()
    assert all(p.grad is None for p in reference.parameters())
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())
    before = prefer.margins(network, reference, batch()).mean()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter -= 0.05 * parameter.grad
        after = prefer.margins(network, reference, batch()).mean()
    assert after > before
    # and by each pair's log-likelihoods it is the formula's gradient
    numbers = [torch.tensor([-5.0, -4.0], requires_grad=True), torch.tensor([-4.5, -6.0], requires_grad=True)]
    prefer.dpo(numbers[0] - numbers[1], BETA).backward()
    zeros = np.zeros(2)
    up, down = dpo_loss_gradient(np.array([-5.0, -4.0]), np.array([-4.5, -6.0]), zeros, zeros, BETA)
    np.testing.assert_allclose(cast(Any, numbers[0].grad).numpy(), up, rtol=1e-6)
    np.testing.assert_allclose(cast(Any, numbers[1].grad).numpy(), down, rtol=1e-6)


def test_an_answer_is_predicted_from_the_token_before_it_and_the_prompt_is_not() -> None:
    rows = Rows.of([[([1, 2, 3], [4, 5]), ([1, 2, 3], [6])]])
    assert rows.x.tolist() == [[[1, 2, 3, 4], [1, 2, 3, 0]]]
    assert rows.y.tolist() == [[[IGNORED, IGNORED, 4, 5], [IGNORED, IGNORED, 6, IGNORED]]]
    more = Rows.of([[([1], [2]), ([1], [3])], [([1], [2] * 9), ([1], [3])]])
    assert more.batch([0])["x"].shape == (1, 2, 1) and more.batch([0, 1])["x"].shape == (2, 2, 9)


def test_the_rules_of_poems() -> None:
    five = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n"
    plain = "白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。"
    assert len(lines_of(five)) == 4 and lines_of(five)[0] == "床前明月光"
    assert keeps("quatrain", five) and keeps("form", five * 2) and not keeps("quatrain", five * 2)
    assert keeps("no-repeat", plain) and not keeps("no-repeat", five)
    for broken in (
        "",
        "床前明月光，",
        plain.replace("目", ""),
        plain + "一",
        plain.replace("。\n", "，"),
        "a，b。",
    ):
        assert not any(keeps(rule, broken) for rule in pairs_of_answers.RULES), broken
    seven = "月落乌啼霜满天，江枫渔火对愁眠。\n"
    assert not keeps("form", seven + five) and keeps("form", seven)


@pytest.fixture(scope="module")
def tuned(data_home: Path, tmp_path_factory: pytest.TempPathFactory) -> loop.Session:
    """`gpt-dpo` in small, as a launch and a worker would run it: eight pairs, written by the packaged poet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINJIE_DATA", str(data_home))
        torch.set_num_threads(1)
        folder = tmp_path_factory.mktemp("run")
        recipe, start = begin.begun(recipes.find("gpt-dpo").changed(QUICK))
        assert start is not None
        recipe = begin.with_tokenizer(recipe, start, folder)
        (folder / "checkpoints").mkdir()
        data = answers.load(recipe)
        made = Networks(recipe, data.facts, "fp32", "cpu")
        versions = {"torch": torch.__version__, "threads": 1, "precision": "fp32", "device": "cpu"}
        session = loop.Session(
            folder,
            recipe,
            data,
            recipe.task.build(),
            made,
            Writer(folder / "events.jsonl"),
            versions,
            lambda: False,
        )
        assert loop.train(session)
        return session


def test_pairs_are_the_writers_and_judged(tuned: loop.Session) -> None:
    data = cast(AnswerPairs, tuned.data)
    assert [data.count(split) for split in ("train", "validation", "test")] == [8, 1, 1]
    for x, y in zip(data.splits["train"].x, data.splits["train"].y, strict=True):
        texts = []
        for ids, following in zip(x, y, strict=True):
            said = following[following != IGNORED].tolist()
            prompt = ids[: int((following != IGNORED).argmax()) + 1].tolist()
            texts.append(data.processor.text([*prompt, *said]))
        chosen, rejected = texts
        assert chosen.endswith("。\n\n")  # its end is learned
        assert keeps("quatrain", chosen) and not keeps("quatrain", rejected)
        assert chosen[:6] == rejected[:6] and chosen[0] == "\n"
    train = {prompt for row in data.splits["train"].x for prompt in [tuple(row[0][:6])]}
    assert len(train) == 8


def test_a_run_shows_effect_and_cost_and_keeps_the_reference(tuned: loop.Session) -> None:
    looks = [e for e in read(tuned.run / "events.jsonl") if e["type"] == "evaluated"]
    first, after = looks[0]["metrics"], looks[1]["metrics"]
    assert first["loss"] == pytest.approx(math.log(2)) and first["kl"] == pytest.approx(0, abs=1e-6)
    assert first["perplexity"] == pytest.approx(first["perplexity_before"])
    assert first["kept"] == first["kept_before"] == after["kept_before"]
    assert after["perplexity_before"] == first["perplexity_before"]
    assert after["kl"] > 0 and after["loss"] < first["loss"]
    steps = [e for e in read(tuned.run / "events.jsonl") if e["type"] == "step"]
    assert steps[0]["loss"] == pytest.approx(math.log(2)) and steps[-1]["metrics"]["margin"] > 0
    packaged = finished.open_finished(finished.packaged()["poems"]).network
    reference = tuned.networks.models["reference"]
    for name, weight in packaged.state_dict().items():
        torch.testing.assert_close(reference.state_dict()[name], weight, rtol=0, atol=0)
    moved = tuned.networks.models["model"].state_dict()["blocks.0.attention.qkv.weight"]
    assert not torch.equal(moved, packaged.state_dict()["blocks.0.attention.qkv.weight"])


def test_perplexity_and_distance_by_hand(tuned: loop.Session) -> None:
    data = cast(AnswerPairs, tuned.data)
    network, reference = (tuned.networks.models[name].eval() for name in ("model", "reference"))
    rows = data.plain["test"]
    nats, apart, count = 0.0, 0.0, 0
    for row, following in zip(rows.x[: prefer.BATCH, 0], rows.y[: prefer.BATCH, 0], strict=True):
        length = int((following != IGNORED).sum())
        with torch.no_grad():
            now, then = (
                one(torch.from_numpy(row[None, :length]))[0].double().log_softmax(-1)
                for one in (network, reference)
            )
        nats -= float(now[range(length), following[:length]].sum())
        apart += float((then.exp() * (then - now)).sum())
        count += length
    with torch.no_grad():
        found = prefer._cost(network, reference, data, "test", 1)
    assert found["perplexity"] == pytest.approx(math.exp(nats / count), rel=1e-4)
    assert found["kl"] == pytest.approx(apart / count, rel=1e-3, abs=1e-6)
    # a whole poem is told, its end among it
    ids = [*rows.x[0, 0], rows.y[0, 0][rows.y[0, 0] != IGNORED][-1]]
    assert data.processor.text([i for i in ids if i]).startswith("\n")


def test_it_is_written_once_and_again_the_same(tuned: loop.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    data = answers.load(tuned.recipe, lambda what, *_: said.append(what))
    assert not any("writing answers" in line for line in said)
    assert data.fingerprint() == tuned.data.fingerprint()
    with pytest.raises(JinjieError, match="have not been written yet"):
        tuned.recipe.data.load(None)


def test_a_start_of_another_shape_takes_its_reference_along(tmp_path: Path) -> None:
    recipe, start = begin.begun(recipes.find("gpt-dpo").changed({"start": "mix"}))
    assert start is not None
    assert recipe.others["reference"].model == recipe.model
    assert cast(Any, recipe.model).width == 96 and cast(Any, recipe.data).writer == "mix"


def test_a_rule_that_is_always_kept_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What always (or never) keeps the rule gives no pairs: it says so, with numbers, and ends."""
    monkeypatch.setattr(answers, "keeps", lambda rule, text: True)
    monkeypatch.setattr(answers, "MOST", 1)
    recipe = recipes.find("gpt-dpo").changed(
        {"data.pairs": 8, "data.answers": 2, "data.sampling_seed": 77, "data.block": 30}
    )
    with pytest.raises(JinjieError, match="of 8 pairs"):
        answers.load(recipe)


def own(tmp_path: Path, rows: list[Any]) -> pairs_of_answers.Config:
    file = tmp_path / "own.jsonl"
    file.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return pairs_of_answers.Config(path=str(file), tokenizer=str(finished.packaged()["mix"]), block=32)


def test_own_pairs(tmp_path: Path) -> None:
    rows = [{"prompt": f"What is {n}?", "chosen": f" {n}.", "rejected": " No."} for n in range(30)]
    data = own(tmp_path, [*rows, {"prompt": "long", "chosen": "word " * 60, "rejected": "a"}]).load()
    assert sum(data.count(split) for split in ("train", "validation", "test")) == 30  # type: ignore[arg-type]
    assert data.rule is None and not data.prompts
    said = data.splits["train"].y[0, 0]
    assert data.processor.text(said[said != IGNORED].tolist()).endswith(".<|endoftext|>")
    network = finished.open_finished(finished.packaged()["mix"]).network
    task = prefer.Config().build()
    with torch.no_grad():
        found = task.metrics({"model": network, "reference": network}, data, "test", None)
    assert "kept" not in found and found["perplexity"] == pytest.approx(found["perplexity_before"])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "not JSON"),
        ({"prompt": "a", "chosen": "b"}, "'rejected' must be text"),
        ({"prompt": "a", "chosen": "", "rejected": "b"}, "'chosen' must be text"),
        ({"prompt": 1, "chosen": "c", "rejected": "b"}, "'prompt' must be text"),
        ({"prompt": "a", "chosen": "b", "rejected": "b "}, "are the same"),
        ('{"prompt": "\\ud800", "chosen": "c", "rejected": "b"}', "'prompt' must be text"),
    ],
)
def test_faults_of_a_file_are_named_by_their_line(row: Any, said: str, tmp_path: Path) -> None:
    good = {"prompt": "a", "chosen": "b", "rejected": "c"}
    with pytest.raises(InvalidInput) as caught:
        own(tmp_path, [good, row, good]).load()
    assert caught.value.problems[0].where.endswith("own.jsonl:2")
    assert said in caught.value.problems[0].in_("en")


def test_too_few_prompts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="at least 3"):
        own(tmp_path, [{"prompt": "a", "chosen": "b", "rejected": "c"}]).load()


def test_a_loss_that_still_falls_is_no_reason_to_prefer_longer() -> None:
    """At twice the rate the loss went to 0.01, and the rule was kept in 2 % of the texts."""

    def found(kind: str) -> Any:
        looks = [
            Look(s, 0.69 - s / 100, {}, {"loss": 0.69 - s / 100}, None, None, None) for s in range(0, 61, 10)
        ]
        recipe = {"task": {"kind": kind}, "budget": {"steps": 60}}
        started: Any = {"total": 60, "baseline": {"loss": math.log(2)}}
        return unfinished(Evidence(recipe, "finished", started, [], looks, {}, cast(Any, {}), cast(Any, {})))

    assert isinstance(found("language"), Finding)
    assert found("prefer") is None


def test_what_is_written_is_estimated() -> None:
    """In tokens: two prompts a pair, four answers each, forty tokens; and a hundred answers in each look."""
    recipe = recipes.find("gpt-dpo")
    fewer = recipe.changed({"data.pairs": 8})
    assert recipe.data.writes() == 2 * (256 + 32 + 32) * 4 * 40 and fewer.data.writes() == 2 * 10 * 4 * 40
    one = fewer.changed({"task.asked": 1})
    seconds = [estimate(each).seconds or 0.0 for each in (recipe, fewer, one)]
    assert seconds[0] > seconds[1] + 20 > seconds[2] + 20
