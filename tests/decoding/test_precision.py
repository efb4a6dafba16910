"""The format in which weights are held while text is written: what auto picks, and that the text stays what it was."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from test_generate import model

from jinjie.base.errors import InvalidInput
from jinjie.base.machine import Profile, Rates, RowRates
from jinjie.decoding import precision
from jinjie.decoding.engine import Ask, Engine
from jinjie.decoding.generate import generate
from jinjie.decoding.sampling import Sampling
from jinjie.models.packed import FORMATS, Format, Packed, format_of
from jinjie.training import finished

GPT2 = 124_439_808


def profile(fp32: float, bf16: float) -> Profile:
    rates = Rates(fp32=fp32, bf16=bf16)
    return Profile(
        cpu="", cores=2, torch="", time=0, one=rates, all=rates, read_gbytes=20, op_us=1, step_us=100
    )


@pytest.mark.parametrize(
    ("parameters", "rows", "rates", "format"),
    [
        (3_000_000, 1, (80, 200), "fp32"),
        (7_999_999, 16, (80, 200), "fp32"),
        (8_000_000, 1, (80, 200), "bf16"),
        (GPT2, 64, (80, 200), "bf16"),
        (GPT2, 1, (80, 20), "fp16"),
        (GPT2, 4, (80, 90), "fp16"),
        (GPT2, 5, (80, 90), "fp32"),
    ],
)
def test_auto_looks_at_the_size_the_machine_and_the_rows(
    parameters: int, rows: int, rates: tuple[float, float], format: str
) -> None:
    assert precision.pick(parameters, rows, profile(*rates)).format == format


@pytest.mark.parametrize(
    ("rows", "fp16", "format"), [(1, 12.0, "fp16"), (1, 11.0, "fp16"), (1, 10.9, "bf16"), (2, 30.0, "bf16")]
)
def test_one_row_is_as_it_was_measured(rows: int, fp16: float, format: str) -> None:
    measured = profile(80, 200).model_copy(update={"one_row": RowRates(bf16=10, fp16=fp16)})
    assert precision.pick(GPT2, rows, measured).format == format
    assert precision.pick(3_000_000, rows, measured).format == "fp32"


def test_unmeasured_the_processor_s_flags_decide() -> None:
    assert precision.pick(GPT2, 1, None, ("avx2", "avx512_bf16")).format == "bf16"
    assert precision.pick(GPT2, 1, None, ("avx2",)).format == "fp16"


def test_formats_that_are_none_are_named() -> None:
    with pytest.raises(InvalidInput) as wrong:
        precision.check("fp23")
    (problem,) = wrong.value.problems
    assert problem.where == "--weights" and "fp32" in str(wrong.value)
    for known in precision.WEIGHTS:
        precision.check(known)


def test_what_writes_nothing_has_no_other_format() -> None:
    network = torch.nn.Linear(2, 2)
    with pytest.raises(InvalidInput):
        precision.prepare(network, "int8", 1)
    assert precision.prepare(network, "auto", 1).format == "fp32"


def test_a_small_model_stays_as_it_is() -> None:
    for asked in ("auto", "fp32"):
        network = model()
        assert precision.prepare(network, asked, 1).format == "fp32"
        assert not any(isinstance(one, Packed) for one in network.modules())


@pytest.mark.parametrize("format", FORMATS)
def test_texts_written_together_are_each_what_they_are_alone(format: Format) -> None:
    """Greedy, from prompts of differing lengths, past the block too. Scores of one row and of several may differ in
    their last bit: in bf16 that would show where two are as near, and did for none of these."""
    network: Any = model()
    if format != "fp32":
        precision.prepare(network, format, 3)
    assert format_of(network) == format
    prompts = [[1, 2, 3], [7], [11, 12, 13, 14, 15, 16, 17]]
    sampling = Sampling(temperature=0, max_tokens=12)
    alone = [list(generate(network, prompt, sampling)) for prompt in prompts]
    engine = Engine(network, 3)
    numbers = {engine.admit(Ask(prompt, sampling)): i for i, prompt in enumerate(prompts)}
    texts: list[list[int]] = [[], [], []]
    while engine.busy:
        for written in engine.step():
            if written.token is not None:
                texts[numbers[written.ticket]].append(written.token)
    if format in ("fp32", "fp16"):
        assert texts == alone
    else:
        assert [text[0] for text in texts] == [text[0] for text in alone]


@pytest.mark.parametrize(("format", "least"), [("fp16", 0.99), ("bf16", 0.9), ("int8", 0.85), ("int4", 0.6)])
def test_the_packaged_model_chooses_nearly_the_same(format: str, least: float) -> None:
    """The likeliest next character at each of 400 places of a text that fp32 wrote."""
    opened = finished.open_finished(finished.model_folder("poems"))
    processor = finished.text_processor(opened)
    prompt = processor.prompt("春")
    text = [*prompt, *generate(opened.network, prompt, Sampling(max_tokens=400, seed=1))]
    block = int(opened.network.config.block)  # type: ignore[union-attr, arg-type]
    windows = [text[i : i + block] for i in range(0, len(text) - block + 1, block)]
    tokens = torch.tensor(windows or [text[:block]])
    with torch.no_grad():
        right = opened.network(tokens).argmax(-1)
        precision.prepare(opened.network, format, 1)
        found = opened.network(tokens).argmax(-1)
    assert float((found == right).float().mean()) >= least
