"""Many prompts written together: each gets what it would get alone."""

from __future__ import annotations

from jinjie.decoding.sampling import Sampling
from jinjie.decoding.text import write
from jinjie.decoding.together import answers
from jinjie.training import finished

PROMPTS = ["春眠不觉晓，", "月", "白日依山尽，黄河入海流。\n", "故人西辞黄鹤楼，", "月落"]


def test_each_is_what_it_is_alone() -> None:
    """Rows come and go: three at a time, of different lengths, one of them cut by its budget, one by a stop word."""
    model = finished.open_finished(finished.packaged()["poems"])
    processor = finished.text_processor(model)
    samplings = [Sampling(max_tokens=80, seed=seed) for seed in range(len(PROMPTS))]
    samplings[1] = Sampling(max_tokens=5, seed=1)
    samplings[2] = Sampling(max_tokens=40, seed=2, stop=("。",))
    ids = [processor.prompt(prompt) for prompt in PROMPTS]
    heard: list[int] = []
    made = answers(model.network, processor, ids, samplings, before=PROMPTS, rows=3, told=heard.append)
    alone = ["".join(write(model.network, processor, p, s)) for p, s in zip(PROMPTS, samplings, strict=True)]
    assert [prompt + one.text for prompt, one in zip(PROMPTS, made, strict=True)] == alone
    assert heard == [1, 2, 3, 4, 5]
    assert not made[1].ended and len(made[1].tokens) == 5
    assert made[2].ended and "。" not in made[2].text
    assert made[0].ended and processor.text(made[0].tokens).endswith("\n\n")


def test_the_token_that_ends_an_answer_is_among_its_tokens() -> None:
    model = finished.open_finished(finished.packaged()["mix"])
    processor = finished.text_processor(model)
    prompt = processor.prompt("春眠不觉晓，处处闻啼鸟。\n夜来风雨声，花落知多少。")
    (one,) = answers(model.network, processor, [prompt], [Sampling(temperature=0, max_tokens=60)])
    assert one.ended == (one.tokens[-1] == processor.ends[0])
    assert one.text == processor.text(one.tokens, skip_special=True)  # type: ignore[call-arg]
