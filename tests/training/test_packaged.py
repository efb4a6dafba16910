"""The small GPTs that travel in the package: they answer in the first minute, and are what their cards say."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from jinjie.decoding.sampling import Sampling
from jinjie.decoding.text import write
from jinjie.recipes import find
from jinjie.training import finished


@pytest.fixture(scope="module")
def poet() -> finished.Finished:
    return finished.open_finished(finished.packaged()[finished.PACKAGED])


def regular(poem: str) -> bool:
    """Four or eight lines of all five or all seven characters, under a title or without one."""
    couplets = [re.split("[，。]", line)[:-1] for line in poem.strip("\n").split("\n")]
    for body in (couplets, couplets[1:]):
        lines = [line for couplet in body for line in couplet]
        if all(len(couplet) == 2 for couplet in body) and len(lines) in (4, 8):
            return {len(line) for line in lines} in ({5}, {7})
    return False


def test_it_keeps_the_form(poet: finished.Finished) -> None:
    """199 of 200 on its card; of 40 all but four must (a chance of 1e-5 at 0.99 to see five broken ones)."""
    processor = finished.text_processor(poet)
    poems = [
        "".join(write(poet.network, processor, "", Sampling(temperature=0.8, max_tokens=127, seed=seed)))
        for seed in range(40)
    ]
    assert sum(map(regular, poems)) >= 36, "\n---\n".join(p for p in poems if not regular(p))
    assert len(set(poems)) == 40


def test_it_predicts_held_out_poems_as_its_card_says(poet: finished.Finished) -> None:
    """The weights travel in fp16: within 0.001 nats of the score in fp32."""
    data = find("gpt-poems").data.load()
    assert data.processor.ids("月落乌啼霜满天") == poet.processor.ids(
        "月落乌啼霜满天"
    )  # the same vocabulary still
    with torch.no_grad():
        loss = poet.task.metrics({"model": poet.network}, data, "test", None)["loss"]
    assert loss == pytest.approx(poet.card["test"]["loss"], abs=1e-3)


def test_it_opens_in_transformers_with_the_same_logits(poet: finished.Finished) -> None:
    from transformers import GPT2LMHeadModel

    folder = finished.packaged()[finished.PACKAGED]
    ids = torch.tensor([poet.processor.ids("\n春眠不觉晓，处处闻啼鸟。")])
    theirs = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        # fp32 sums in another order: 1e-4 on logits of size 10.
        torch.testing.assert_close(poet.network(ids), theirs(ids).logits, atol=1e-4, rtol=1e-5)


def test_generate_answers_with_a_poem_from_your_word(home: Path) -> None:
    """In a home without runs, data or network."""
    answer = subprocess.run(
        [sys.executable, "-m", "jinjie", "generate", "月", "--seed", "1", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    (sample,) = json.loads(answer.stdout)["samples"]
    assert sample["text"].startswith("月")
    assert len(sample["text"]) > 20
    assert list(home.iterdir()) == []


def test_the_bilingual_one_predicts_as_its_card_says_and_opens_in_transformers() -> None:
    """What `gpt-chat` begins from. In fp16, so within 0.001 nats of its score in fp32."""
    from transformers import AutoTokenizer, GPT2LMHeadModel

    folder = finished.packaged()["mix"]
    model = finished.open_finished(folder)
    data = find("gpt-mix").data.load()
    assert data.processor.ids("ROMEO. 月落乌啼") == model.processor.ids("ROMEO. 月落乌啼")
    with torch.no_grad():
        loss = model.task.metrics({"model": model.network}, data, "test", 10)["loss"]
    assert loss == pytest.approx(model.card["test"]["loss"], abs=0.15)  # a seventh of the split
    ids = AutoTokenizer.from_pretrained(folder)("ROMEO. 月落乌啼").input_ids
    assert ids == model.processor.prompt("ROMEO. 月落乌啼")
    theirs = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        # fp32 sums in another order: 1e-4 on logits of size 10.
        torch.testing.assert_close(
            model.network(torch.tensor([ids])), theirs(torch.tensor([ids])).logits, atol=1e-4, rtol=1e-5
        )
